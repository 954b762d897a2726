/**
 * The walk through one update: every addition, bend, product and move in order, each with a plain sentence. Pure.
 *
 * @import { Numbers, Parameter } from "./names.js"
 * @typedef {"edge" | "neuron" | "phase"} Size of a step
 * @typedef {Parameter & {phase: string, kind: string, rank: number}} Step `rank`: 2 ends a phase, 1 a neuron, 0 is one edge
 */
import { furthest } from "../../kit/numbers.js";
import { bent, factor, is, lossText, num, sum } from "./names.js";

/** @type {[name: string, title: string][]} */
export const PHASES = [["forward", "Forward"], ["loss", "Loss"], ["backward", "Backward"], ["update", "Update"], ["after", "New loss"]];
/** @type {[Size, string][]} */
export const SIZES = [["edge", "Edge by edge"], ["neuron", "Neuron by neuron"], ["phase", "Phase by phase"]];
const RANK = { edge: 0, neuron: 1, phase: 2 };

/** @param {Numbers} r @returns {Step[]} */
export function walk(r) {
  /** @type {Step[]} */
  const steps = [];
  const add = (/** @type {string} */ phase, /** @type {string} */ kind, layer = 0, unit = 0, from = -1, rank = 0) => steps.push({ phase, kind, layer, unit, from, rank });
  const endPhase = () => {
    steps[steps.length - 1].rank = 2;
  };
  add("start", "start");
  endPhase();
  for (let l = 1; l <= r.last; l++) {
    for (let u = 0; u < r.units(l); u++) {
      for (let i = 0; i < r.units(l - 1); i++) add("forward", "sum", l, u, i);
      add("forward", "bend", l, u, -1, 1);
    }
    if (r.activation(l) === "softmax") add("forward", "softmax", l, 0, -1, 1);
  }
  endPhase();
  add("loss", "loss", r.last, 0, -1, 2);
  for (let l = r.last; l >= 1; l--) {
    for (let u = 0; u < r.units(l); u++) {
      add("backward", "delta", l, u, -1);
      for (let i = 0; i < r.units(l - 1); i++) add("backward", "gradient", l, u, i);
      add("backward", "bias", l, u, -1, 1);
    }
  }
  endPhase();
  for (let l = 1; l <= r.last; l++) {
    for (let u = 0; u < r.units(l); u++) {
      for (let i = 0; i < r.units(l - 1); i++) add("update", "move", l, u, i);
      add("update", "movebias", l, u, -1, 1);
    }
  }
  endPhase();
  add("after", "after", r.last, 0, -1, 2);
  return steps;
}

/** The next place where a step of this size ends, onwards (1) or back (-1); null beyond the walk. @param {Step[]} steps @param {number} at @param {number} by @param {Size} size */
export function next(steps, at, by, size) {
  for (let i = at + by; i >= 0 && i < steps.length; i += by) if (steps[i].rank >= RANK[size]) return i;
  return null;
}

/** The steps that one step of this size to `at` consists of. @param {Step[]} steps @param {number} at @param {Size} size */
export function current(steps, at, size) {
  const before = next(steps, at, -1, size);
  return steps.slice(before === null ? at : before + 1, at + 1);
}

/** What a step is about, as one word: "bend 1 0", "gradient 2 0 1". @param {string} kind @param {{layer: number, unit: number, from?: number}} place */
export const keyOf = (kind, { layer, unit, from = -1 }) => `${kind} ${layer} ${unit}${from < 0 ? "" : ` ${from}`}`;

/** Where in the walk each thing becomes known. @param {Step[]} steps @returns {Map<string, number>} */
export const known = (steps) => new Map(steps.map((step, i) => [keyOf(step.kind, step), i]));

/** The sentence of the step to `at`. @param {Numbers} r @param {Step[]} steps @param {number} at @param {{size: Size, e: number}} options `e`: the example that is shown */
export function sentence(r, steps, at, { size, e }) {
  const step = steps[at];
  const whole = size === "phase" || (size === "neuron" && step.kind !== "bend");
  const words = (whole && SUMMARIES[step.kind]) || SENTENCES[step.kind];
  return words(r, step, e, size);
}

/** w·a of one that comes in. @param {Numbers} r @param {Parameter} weight @param {number} e */
function product(r, weight, e) {
  const [w, a] = [r.weights[r.weightAt(weight.layer, weight.unit, weight.from)], r.of("a", weight.layer - 1, weight.from, e)];
  return { w, a, value: w * a };
}

/** @param {Numbers} r @param {Parameter} neuron @param {number} e */
function products(r, { layer, unit }, e) {
  return r.each(layer - 1, (from) => product(r, { layer, unit, from }, e));
}

/** Of one step, for example `e`. @type {Record<string, (r: Numbers, step: Step, e: number) => string>} */
const SENTENCES = {
  start: (r, _, e) => `${r.n === 1 ? "The example" : `Example ${e + 1} of ${r.n}`} goes in: ${r.each(0, (i) => `${r.name(0, i)} = ${num(r.of("a", 0, i, e))}`).join(", ")}. Press → or play.`,
  sum(r, s, e) {
    const { w, a, value } = product(r, s, e);
    const total = products(r, s, e).slice(0, s.from + 1).reduce((all, one) => all + one.value, 0);
    return `${r.name(s.layer, s.unit)} takes ${r.name(s.layer - 1, s.from)} times its weight: ${factor(w)} · ${factor(a)} ${is(value)}.${s.from ? ` The sum so far is ${num(total)}.` : ""}`;
  },
  bend(r, s, e) {
    const z = r.of("z", s.layer, s.unit, e);
    const bias = r.weights[r.biasAt(s.layer, s.unit)];
    const line = `z(${r.name(s.layer, s.unit)}) = ${products(r, s, e).map(({ w, a }) => `${factor(w)}·${factor(a)}`).join(" + ")}${bias < 0 ? ` − ${num(-bias)}` : ` + ${num(bias)}`} ${is(z)}`;
    const bend = r.activation(s.layer);
    if (bend === "softmax") return `${line}. Softmax needs all of these sums first.`;
    if (bend === "linear") return `${line}. The activation is linear: a = z.`;
    return `${line}, and a = ${bent(bend, num(z))} ${is(r.of("a", s.layer, s.unit, e))}.`;
  },
  softmax(r, s, e) {
    const all = r.each(s.layer, (u) => `${r.name(s.layer, u)} ${is(r.of("a", s.layer, u, e))}`);
    return `Softmax turns the sums into probabilities, e^z divided by the sum of all e^z: ${all.join(", ")}.`;
  },
  loss(r, _, e) {
    const one = `${r.n === 1 ? "L" : `L${e + 1}`} = ${lossText(r, e)}`;
    const targets = r.each(r.last, (u) => num(r.target(u, e))).join(", ");
    const mean = r.n === 1 ? "" : ` The loss of the batch is the mean over ${r.n} examples: L ${is(r.loss[0])}.`;
    return `The loss compares the output with the target (${targets}): ${one}.${mean}`;
  },
  delta: (r, s, e) => `${deltaLine(r, s.layer, s.unit, e)}. δ is ∂L/∂z: how fast the loss rises with this neuron’s sum.`,
  gradient: (r, s) => `∂L/∂${r.parameter(s)} = δ(${r.name(s.layer, s.unit)}) · ${s.layer === 1 ? "" : "a of "}${r.name(s.layer - 1, s.from)} ${gradientText(r, s)}.`,
  bias: (r, s) => `∂L/∂${r.parameter({ ...s, from: -1 })} = δ${r.n > 1 ? `, summed over the ${r.n} examples,` : ""} ${is(r.gradient[r.biasAt(s.layer, s.unit)])}: the bias is added as it is, so its factor is 1.`,
  move: (r, s) => `${r.parameter(s)} ${moveText(r, r.weightAt(s.layer, s.unit, s.from))}.`,
  movebias: (r, s) => `${r.parameter({ ...s, from: -1 })} ${moveText(r, r.biasAt(s.layer, s.unit))}.`,
  after(r) {
    const [before, after] = [r.loss[0], r.loss_after[0]];
    const change = after < before ? `It fell by ${num(before - after)}.` : after > before ? "It rose: the step was too long. Try a lower learning rate." : "It did not move.";
    return `The same ${r.n === 1 ? "example" : "batch"} with the new weights: the loss goes from ${num(before)} to ${num(after)}. ${change}`;
  },
};

/** Of a step that is a whole neuron or phase. @type {Record<string, (r: Numbers, step: Step, e: number, size: Size) => string>} */
const SUMMARIES = {
  softmax: (r, s, e, size) => (size === "neuron" ? SENTENCES.softmax(r, s, e) : forwardSummary(r, e)),
  bend: (r, _, e) => forwardSummary(r, e),
  bias(r, s, e, size) {
    if (size === "neuron") return `${deltaLine(r, s.layer, s.unit, e)}. Each of its weights gets ∂L/∂w = δ · a of its input; its bias gets δ.`;
    return `From the loss back to the inputs: every δ passes back along the weights and is multiplied by each slope on its way. Every weight gets ∂L/∂w = δ · a. ${largest(r, r.gradient, "The steepest is ∂L/∂")}`;
  },
  movebias(r, s, e, size) {
    if (size === "neuron") return `All weights of ${r.name(s.layer, s.unit)} have moved; its bias: ${SENTENCES.movebias(r, s, e)}`;
    return `Every weight moves against its gradient: ${rule(r)} ${largest(r, r.change, "The longest move is that of ")}`;
  },
};

/** @param {Numbers} r @param {number} e */
function forwardSummary(r, e) {
  const answers = r.each(r.last, (u) => `${r.name(r.last, u)} ${is(r.of("a", r.last, u, e))}`).join(", ");
  return `Every neuron multiplies its inputs by its weights, adds them and its bias, and applies its activation. The output is ${answers}.`;
}

/** @param {Numbers} r @param {number[]} values @param {string} words */
function largest(r, values, words) {
  const index = furthest(values);
  const where = r.where(index);
  return where ? `${words}${r.parameter(where)}: ${num(values[index])}.` : "";
}

/** δ of a neuron with its numbers. @param {Numbers} r @param {number} layer @param {number} unit @param {number} e */
export function deltaLine(r, layer, unit, e) {
  const [name, delta] = [`δ(${r.name(layer, unit)})`, is(r.of("delta", layer, unit, e))];
  const share = r.n > 1 ? ` / ${r.n}` : "";
  if (layer === r.last && !r.slopeAtOutput()) {
    if (r.scene.experiment.training.loss === "hinge") return `${name} = slope of the hinge loss${share} ${delta}`;
    return `${name} = (ŷ − target)${share} = (${num(r.of("a", layer, unit, e))} − ${num(r.target(unit, e))})${share} ${delta}`;
  }
  const da = r.of("da", layer, unit, e);
  const slope = r.of("slope", layer, unit, e);
  if (layer === r.last) return `${name} = ∂L/∂ŷ · f′(z) = ${factor(da)} · ${factor(slope)} ${delta}`;
  const down = r.each(layer + 1, (k) => `${factor(r.weights[r.weightAt(layer + 1, k, unit)])}·${factor(r.of("delta", layer + 1, k, e))}`);
  const sumText = down.length > 1 ? `(${down.join(" + ")})` : down[0];
  return `${name} = ${down.length > 1 ? "Σ w·δ" : "w·δ"} · f′(z) = ${sumText} · ${factor(slope)} ${delta}`;
}

/** "= 1.46 · 0.5 ≈ 0.731", summed over the examples of a batch. @param {Numbers} r @param {Parameter} weight @param {number} [most] */
export function gradientText(r, { layer, unit, from }, most = 4) {
  const value = is(r.gradient[r.weightAt(layer, unit, from)]);
  const term = (/** @type {number} */ i) => `${factor(r.of("delta", layer, unit, i))}·${factor(r.of("a", layer - 1, from, i))}`;
  if (r.n === 1) return `= ${term(0)} ${value}`;
  const shown = Array.from({ length: Math.min(most, r.n) }, (_, i) => term(i)).join(" + ");
  return `Σ over the examples = ${shown}${r.n > most ? " + …" : ""} ${value}`;
}

/** What the update rule makes of one parameter: "← 2 − 0.1 · (−0.731) ≈ 2.07". @param {Numbers} r @param {number} index */
export function moveText(r, index) {
  const [before, after] = [r.weights[index], r.weights[index] + r.change[index]];
  if (r.scene.experiment.training.optimizer.kind === "sgd" && r.parts.size === 1) {
    return `← ${num(before)} − ${num(r.at[2])} · ${factor(r.used[index])} ${is(after)}`;
  }
  // Muon moves hidden matrices one way and the rest another: the half that has no part in this parameter is left out.
  const all = [...r.parts].map(([name, values]) => ({ name: PARTS[name] ?? name, value: values[index] }));
  const muon = r.scene.experiment.training.optimizer.kind === "muon";
  const some = all.filter(({ value }) => value !== 0 || !muon);
  const parts = some.length ? some : all.slice(0, 1);
  return `← ${sum([before, ...parts.map(({ value }) => value)])} ${is(after)} (${parts.map(({ name, value }) => `${name} ${num(value)}`).join(", ")})`;
}

/** What the terms of update rules are called. @type {Record<string, string>} */
const PARTS = {
  gradient: "this gradient", momentum: "earlier gradients", ahead: "looking ahead", decay: "weight decay", sign: "the sign’s step",
  muon: "the orthogonal step", "adamw gradient": "this gradient", "adamw momentum": "earlier gradients",
};

/** @param {Numbers} r */
function rule(r) {
  const kind = r.scene.experiment.training.optimizer.kind;
  if (kind === "sgd") return `w ← w − ${num(r.at[2])} · ∂L/∂w.`;
  if (kind === "muon") return "hidden weights: the momentum’s matrix, made orthogonal by Newton–Schulz steps; everything else: AdamW. Click a weight to see the numbers.";
  return "the optimiser combines this gradient with earlier ones. Click a weight to see the numbers.";
}
