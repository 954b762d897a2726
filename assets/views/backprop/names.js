/**
 * Names, numbers and places of the backpropagation page: what a neuron is called, how a number is written, where it lies. Pure.
 *
 * @import { Answer, Scene } from "../../kit/types.d.ts"
 * @typedef {{layer: number, unit: number, from: number}} Parameter a weight or, with `from` = -1, a bias
 */
import { signOf } from "../../kit/features.js";
import { subscript } from "../../kit/numbers.js";

const DIGITS = 3; // significant: enough to check by head, few enough for the back row
const EXACT = 1e-9;

/** A number as people write it: three significant digits, no trailing zeros, a real minus. @param {number | null | undefined} x @param {number} [digits] */
export function num(x, digits = DIGITS) {
  if (x === null || x === undefined || Number.isNaN(x)) return "—";
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  const size = Math.abs(x);
  if (size < 1e-12) return "0";
  const text = size < 1e-3 || size >= 1e5 ? x.toExponential(Math.max(0, digits - 2)) : String(Number(x.toPrecision(digits)));
  return text.replace("e+", "e").replaceAll("-", "−");
}

/** "= 0.5" where that is the number, "≈ 0.269" where it is rounded. @param {number} x */
export function is(x) {
  const size = Math.abs(x);
  const exact = !(size >= 1e-12) || (size >= 1e-3 && size < 1e5 && Math.abs(Number(x.toPrecision(DIGITS)) - x) < EXACT * size);
  return `${exact ? "=" : "≈"} ${num(x)}`;
}

/** A factor in a product: negative ones in brackets. */
export const factor = (/** @type {number} */ x) => (x < 0 ? `(${num(x)})` : num(x));

/** Terms of a sum: "a + b − c". @param {number[]} values */
export function sum(values) {
  return values.map((v, i) => (i === 0 ? num(v) : v < 0 ? ` − ${num(-v)}` : ` + ${num(v)}`)).join("");
}

/** The numbers of one update (nnlab/analysis/mlp/backprop.py), NaN where there is none. Layer 0 = features, last = output. */
export class Numbers {
  /** @type {number[]} step, epoch, learning rate, examples */
  at = [];
  /** @type {number[]} */
  ids = [];
  /** @type {number[]} */
  inputs = [];
  /** @type {number[]} */
  targets = [];
  /** @type {number[]} of each example */
  losses = [];
  /** @type {number[]} */
  loss = [];
  /** @type {number[]} */
  loss_after = [];
  /** @type {number[]} */
  weights = [];
  /** @type {number[]} */
  gradient = [];
  /** @type {number[]} */
  autograd = [];
  /** @type {number[]} */
  difference = [];
  /** @type {number[]} 1 where the loss has a corner */
  kink = [];
  /** @type {number[]} the gradient after penalties and clipping */
  used = [];
  /** @type {number[]} */
  change = [];
  /** @type {number[]} */
  z = [];
  /** @type {number[]} */
  a = [];
  /** @type {number[]} */
  da = [];
  /** @type {number[]} */
  slope = [];
  /** @type {number[]} */
  delta = [];
  /** @type {number[]} */
  a_after = [];
  /** @type {Map<string, number[]>} of the update rule */
  parts = new Map();
  /** @type {Map<string, number[]>} that the update rule remembers */
  quantities = new Map();

  /** @param {Scene} scene @param {Answer["arrays"]} arrays */
  constructor(scene, arrays) {
    this.scene = scene;
    this.blocks = scene.blocks;
    this.last = this.blocks.length;
    for (const [name, { data }] of Object.entries(arrays)) {
      const values = Array.from(data);
      const [kind, of] = name.split(/\.(.*)/s);
      if (kind === "part") this.parts.set(of, values);
      else if (kind === "quantity") this.quantities.set(of, values);
      else Object.assign(this, { [name]: values });
    }
    this.n = this.losses.length;
    /** @type {number[]} before each layer, in arrays of all neurons */
    this.first = [];
    let units = 0;
    for (const block of this.blocks) {
      this.first.push(units);
      units += block.fan_out;
    }
  }

  /** Of a hidden or output neuron for example `e`; the inputs are the a of layer 0. @param {"z" | "a" | "da" | "slope" | "delta" | "a_after"} name @param {number} layer @param {number} unit @param {number} e */
  of(name, layer, unit, e) {
    if (layer === 0) return this.inputs[unit * this.n + e];
    return this[name][(this.first[layer - 1] + unit) * this.n + e];
  }

  /** @param {number} layer @param {number} unit @param {number} from */
  weightAt(layer, unit, from) {
    const block = this.blocks[layer - 1];
    return block.start + unit * block.stride + from;
  }

  /** @param {number} layer @param {number} unit */
  biasAt(layer, unit) {
    const block = this.blocks[layer - 1];
    return block.bias + unit * block.bias_stride;
  }

  /** @param {number} layer */
  units(layer) {
    return layer === 0 ? this.blocks[0].fan_in : this.blocks[layer - 1].fan_out;
  }

  /** One value for each neuron of a layer. @template T @param {number} layer @param {(unit: number) => T} value */
  each(layer, value) {
    return Array.from({ length: this.units(layer) }, (_, unit) => value(unit));
  }

  /** @param {number} unit @param {number} e */
  target(unit, e) {
    return this.targets[unit * this.n + e];
  }

  /** A neuron's name: x, h₁ or, with several hidden layers, h₂₁ (layer 2, neuron 1), ŷ or, for class 2, ŷ₂. @param {number} layer @param {number} unit */
  name(layer, unit) {
    if (layer === 0) return signOf(this.scene.features[unit]);
    if (layer === this.last) return this.units(layer) === 1 ? "ŷ" : `ŷ${subscript(unit)}`;
    return this.last === 2 ? `h${subscript(unit + 1)}` : `h${subscript(layer)}${subscript(unit + 1)}`;
  }

  /** What parameter `index` is: {layer, unit, from} with from = -1 for a bias; null where there is none. @param {number} index @returns {(Parameter & {index: number}) | null} */
  where(index) {
    for (let layer = 1; layer <= this.last; layer++) {
      const block = this.blocks[layer - 1];
      const at = index - block.start;
      if (at < 0 || at >= block.fan_out * block.stride) continue;
      const from = at % block.stride;
      return { layer, unit: Math.floor(at / block.stride), from: from === block.fan_in ? -1 : from, index };
    }
    return null;
  }

  /** w(x→h₁) or b(h₁). @param {Parameter} of */
  parameter({ layer, unit, from }) {
    return from < 0 ? `b(${this.name(layer, unit)})` : `w(${this.name(layer - 1, from)}→${this.name(layer, unit)})`;
  }

  /** @param {number} layer */
  activation(layer) {
    return this.blocks[layer - 1].activation;
  }

  /** Whether what the loss compares has a slope of its own (softmax has none, and cross-entropy and hinge look at z). */
  slopeAtOutput() {
    return ["mse", "mae", "huber"].includes(this.scene.experiment.training.loss);
  }
}

/** @type {Record<string, string>} */
const FUNCTIONS = {
  relu: "ReLU", leaky_relu: "LeakyReLU", gelu: "GELU", tanh: "tanh", sigmoid: "σ", silu: "SiLU", sine: "sin", linear: "", softmax: "softmax",
};

/** f(z) with the function's name; the linear one leaves z as it is. @param {string} activation @param {string} inside */
export function bent(activation, inside) {
  const name = FUNCTIONS[activation] ?? activation;
  return name ? `${name}(${inside})` : inside;
}

/** @type {Record<string, string>} */
export const LOSSES = { cross_entropy: "cross-entropy", mse: "squared error", mae: "absolute error", huber: "Huber loss", hinge: "hinge loss" };

/** @type {Record<string, string>} */
const TITLES = { relu: "ReLU", leaky_relu: "Leaky ReLU", gelu: "GELU", silu: "SiLU" };

export const titleOf = (/** @type {string} */ activation) => TITLES[activation] ?? activation;

/** The loss of one example with its numbers. @param {Numbers} r @param {number} e */
export function lossText(r, e) {
  const { loss } = r.scene.experiment.training;
  const outputs = r.each(r.last, (u) => ({ y: r.of("a", r.last, u, e), target: r.target(u, e) }));
  const [first] = outputs;
  const mean = (/** @type {string[]} */ terms) => (terms.length === 1 ? terms[0] : `(${terms.join(" + ")}) / ${terms.length}`);
  const value = is(r.losses[e]);
  if (loss === "mse") return `${mean(outputs.map(({ y, target }) => `(${num(y)} − ${factor(target)})²`))} ${value}`;
  if (loss === "mae") return `${mean(outputs.map(({ y, target }) => `|${num(y)} − ${factor(target)}|`))} ${value}`;
  if (loss === "huber") return `${mean(outputs.map(({ y, target }) => `huber(${num(y)} − ${factor(target)})`))} ${value}`;
  const right = outputs.find(({ target }) => target > (loss === "cross_entropy" ? 0.5 : 0)) ?? first;
  if (loss === "cross_entropy") {
    if (outputs.length === 1) return first.target > 0.5 ? `−ln ${num(first.y)} ${value}` : `−ln(1 − ${num(first.y)}) ${value}`;
    return `−ln ${num(right.y)} ${value}`;
  }
  if (outputs.length === 1) return `max(0, 1 − ${factor(first.target)} · ${factor(first.y)}) ${value}`;
  const others = outputs.filter((one) => one !== right);
  return `(${others.map(({ y }) => `max(0, 1 − ${factor(right.y)} + ${factor(y)})`).join(" + ")}) / ${outputs.length} ${value}`;
}
