// Names, numbers and places of the backpropagation page: what a neuron is called, how a number is written, where it lies. Pure.
import { signOf } from "../../kit/features.js";
import { subscript } from "../../kit/numbers.js";

const DIGITS = 3; // significant: enough to check by head, few enough for the back row
const EXACT = 1e-9;

/** A number as people write it: three significant digits, no trailing zeros, a real minus. */
export function num(x, digits = DIGITS) {
  if (x === null || x === undefined || Number.isNaN(x)) return "—";
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  const size = Math.abs(x);
  if (size < 1e-12) return "0";
  const text = size < 1e-3 || size >= 1e5 ? x.toExponential(Math.max(0, digits - 2)) : String(Number(x.toPrecision(digits)));
  return text.replace("e+", "e").replaceAll("-", "−");
}

/** "= 0.5" where that is the number, "≈ 0.269" where it is rounded. */
export function is(x) {
  const size = Math.abs(x);
  const exact = size < 1e-12 || (size >= 1e-3 && size < 1e5 && Math.abs(Number(x.toPrecision(DIGITS)) - x) < EXACT * size);
  return `${exact ? "=" : "≈"} ${num(x)}`;
}

/** A factor in a product: negative ones in brackets. */
export const factor = (x) => (x < 0 ? `(${num(x)})` : num(x));

/** Terms of a sum: "a + b − c". */
export function sum(values) {
  return values.map((v, i) => (i === 0 ? num(v) : v < 0 ? ` − ${num(-v)}` : ` + ${num(v)}`)).join("");
}

/** The numbers of one update, from the answer's arrays, with the layers of the scene. Layer 0 = features, last = output. */
export class Numbers {
  constructor(scene, arrays) {
    this.scene = scene;
    this.blocks = scene.blocks;
    this.last = this.blocks.length;
    for (const [name, { data }] of Object.entries(arrays)) this[name] = data;
    this.n = this.losses.length;
    this.parts = Object.keys(arrays).filter((name) => name.startsWith("part.")).map((name) => name.slice(5));
    this.quantities = Object.keys(arrays).filter((name) => name.startsWith("quantity.")).map((name) => name.slice(9));
    this.first = [];
    this.blocks.reduce((at, block) => (this.first.push(at), at + block.fan_out), 0);
  }

  /** z, a, da, slope, delta or a_after of a hidden or output neuron for example `e`; the inputs are the a of layer 0. */
  of(name, layer, unit, e) {
    if (layer === 0) return this.inputs[unit * this.n + e];
    return this[name][(this.first[layer - 1] + unit) * this.n + e];
  }

  weightAt(layer, unit, from) {
    const block = this.blocks[layer - 1];
    return block.start + unit * block.stride + from;
  }

  biasAt(layer, unit) {
    const block = this.blocks[layer - 1];
    return block.bias + unit * block.bias_stride;
  }

  units(layer) {
    return layer === 0 ? this.blocks[0].fan_in : this.blocks[layer - 1].fan_out;
  }

  target(unit, e) {
    return this.targets[unit * this.n + e];
  }

  /** A neuron's name: x, h₁ or, with several hidden layers, h₂₁ (layer 2, neuron 1), ŷ or, for class 2, ŷ₂. */
  name(layer, unit) {
    if (layer === 0) return signOf(this.scene.features[unit]);
    if (layer === this.last) return this.units(layer) === 1 ? "ŷ" : `ŷ${subscript(unit)}`;
    return this.last === 2 ? `h${subscript(unit + 1)}` : `h${subscript(layer)}${subscript(unit + 1)}`;
  }

  /** What parameter `index` is: {layer, unit, from} with from = -1 for a bias; null where there is none. */
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

  /** w(x→h₁) or b(h₁). */
  parameter({ layer, unit, from }) {
    return from < 0 ? `b(${this.name(layer, unit)})` : `w(${this.name(layer - 1, from)}→${this.name(layer, unit)})`;
  }

  activation(layer) {
    return this.blocks[layer - 1].activation;
  }

  /** Whether what the loss compares has a slope of its own (softmax has none, and cross-entropy and hinge look at z). */
  slopeAtOutput() {
    return ["mse", "mae", "huber"].includes(this.scene.experiment.training.loss);
  }
}

const FUNCTIONS = {
  relu: "ReLU", leaky_relu: "LeakyReLU", gelu: "GELU", tanh: "tanh", sigmoid: "σ", silu: "SiLU", sine: "sin", linear: "", softmax: "softmax",
};

/** f(z) with the function's name; the linear one leaves z as it is. */
export function bent(activation, inside) {
  const name = FUNCTIONS[activation] ?? activation;
  return name ? `${name}(${inside})` : inside;
}

export const titleOf = (activation) =>
  ({ relu: "ReLU", leaky_relu: "Leaky ReLU", gelu: "GELU", silu: "SiLU" })[activation] ?? activation;

export const LOSSES = { cross_entropy: "cross-entropy", mse: "squared error", mae: "absolute error", huber: "Huber loss", hinge: "hinge loss" };

/** The loss of one example with its numbers. */
export function lossText(r, e) {
  const { loss } = r.scene.experiment.training;
  const outputs = Array.from({ length: r.units(r.last) }, (_, u) => [r.of("a", r.last, u, e), r.target(u, e)]);
  const mean = (terms) => (terms.length === 1 ? terms[0] : `(${terms.join(" + ")}) / ${terms.length}`);
  const value = is(r.losses[e]);
  if (loss === "mse") return `${mean(outputs.map(([y, t]) => `(${num(y)} − ${factor(t)})²`))} ${value}`;
  if (loss === "mae") return `${mean(outputs.map(([y, t]) => `|${num(y)} − ${factor(t)}|`))} ${value}`;
  if (loss === "huber") return `${mean(outputs.map(([y, t]) => `huber(${num(y)} − ${factor(t)})`))} ${value}`;
  if (loss === "cross_entropy") {
    if (outputs.length === 1) return outputs[0][1] > 0.5 ? `−ln ${num(outputs[0][0])} ${value}` : `−ln(1 − ${num(outputs[0][0])}) ${value}`;
    return `−ln ${num(outputs.find(([, t]) => t > 0.5)[0])} ${value}`;
  }
  if (outputs.length === 1) return `max(0, 1 − ${factor(outputs[0][1])} · ${factor(outputs[0][0])}) ${value}`;
  const right = outputs.find(([, t]) => t > 0);
  const others = outputs.filter((o) => o !== right);
  return `(${others.map(([y]) => `max(0, 1 − ${factor(right[0])} + ${factor(y)})`).join(" + ")}) / ${outputs.length} ${value}`;
}
