/**
 * What the network diagram says: a neuron's formula with its numbers, a weight's name, the sentence of each phase. Pure.
 *
 * @import { Block, Frame, Named, Scene, Values } from "../../kit/types.d.ts"
 * @import { Link, Part, Plan, Thing } from "./layout.js"
 * @typedef {{gain: number, shift: number}} Scaling
 */
import { signOf } from "../../kit/features.js";
import { figure, furthest, subscript } from "../../kit/numbers.js";
import { MOST_LINKS } from "./layout.js";

export const HINT = "Hover for numbers. Click a line or a small square (bias) to change it, a feature to switch it.";
export const NORM_HINT = "Hover for numbers. Click to change lines, biases (left squares), gains (discs), shifts (right squares), features.";
/** The network in words. @param {Scene} scene @param {Values} [weights] */
export function spokenShape({ blocks, features, facts }, weights) {
  const shape = [features.length, ...blocks.map((block) => block.fan_out)].join("–");
  const largest = weights ? `; largest weight ${figure(weights[furthest(weights)])}` : "";
  return `Network ${shape}, ${facts.parameters} parameters${largest}.`;
}

/** Attributes of the canvas. */
export const SPOKEN = {
  tabindex: "0", "data-keys": "", role: "application", "aria-roledescription": "network diagram",
  "aria-label": "Network. Arrow keys choose a neuron, comma and full stop one of its weights, Enter changes it, B its bias, G and S gain and shift of its norm.",
};

/** @type {Record<string, string>} */
const FUNCTION = { relu: "ReLU", leaky_relu: "LeakyReLU", gelu: "GELU", silu: "SiLU", sine: "sin", linear: "" };
const MOST_TERMS = 8;

/** The names of what layer `layer` (1 = first hidden) is given. @param {Scene} scene @param {number} layer */
function inputNames(scene, layer) {
  const block = scene.blocks[layer - 1];
  if (layer === 1) return scene.features.map(signOf);
  return Array.from({ length: block.fan_in }, (_, j) => `a${subscript(j + 1)}`);
}

/** @param {Scene} scene @param {number} layer @param {number} unit */
export function unitName(scene, layer, unit) {
  if (layer === 0) return `feature ${signOf(scene.features[unit])}`;
  if (layer < scene.blocks.length) return `neuron ${unit + 1} of layer ${layer}`;
  const names = scene.class_names ?? [];
  return scene.blocks[layer - 1].fan_out === 1 ? "the output" : `output ${names[unit] ?? unit}`;
}

/** "Bias of neuron 2 of layer 1": a parameter at a neuron's corner. @param {Scene} scene @param {Part} part */
export function partName(scene, { kind, layer, unit }) {
  return `${kind.replace(/^./, (c) => c.toUpperCase())} of ${unitName(scene, layer, unit)}`;
}

/** {gain, shift} of a hidden unit where its layer is normalised, else null. @param {Scene} scene @param {number} layer @param {number} unit @param {Values} flat @returns {Scaling | null} */
export function normOf(scene, layer, unit, flat) {
  const norm = scene.facts.norms?.[layer - 1];
  return norm ? { gain: flat[norm.start + unit], shift: flat[norm.start + norm.units + unit] } : null;
}

/** "1.03·n − 0.20" @param {Scaling} own @param {string} inside */
export function rescaled({ gain, shift }, inside) {
  return weightedSum([gain], shift, [inside]);
}

/** @param {Scene} scene @param {Link} link */
export function linkName(scene, link) {
  return `${unitName(scene, link.layer - 1, link.from)} → ${unitName(scene, link.layer, link.to)}`;
}

/** Weights and bias of one unit from the flat vector. @param {Block} block @param {number} unit @param {Values} flat */
export function unitParameters(block, unit, flat) {
  const weights = Array.from({ length: block.fan_in }, (_, j) => flat[block.start + unit * block.stride + j]);
  return { weights, bias: block.bias < 0 ? 0 : flat[block.bias + unit * block.bias_stride] };
}

/** "0.73·x − 1.20·y + 0.10": the largest `most` terms in their order, then how many were left out. @param {number[]} weights @param {number} bias @param {string[]} names */
function weightedSum(weights, bias, names, most = MOST_TERMS) {
  const order = weights.map((_, j) => j).sort((a, b) => Math.abs(weights[b]) - Math.abs(weights[a])).slice(0, most);
  const shown = weights.map((_, j) => j).filter((j) => order.includes(j));
  let text = shown.map((j, i) => signed(weights[j], i === 0, `·${names[j]}`)).join("");
  if (shown.length < weights.length) text += ` + … ${weights.length - shown.length} more`;
  return text + signed(bias, shown.length === 0, "");
}

/** @param {number} value @param {boolean} first @param {string} rest */
function signed(value, first, rest) {
  const text = figure(value) + rest;
  if (first) return text;
  return value < 0 ? ` − ${text.slice(1)}` : ` + ${text}`;
}

/** @param {string} activation @param {string} inside */
export function applied(activation, inside) {
  const name = FUNCTION[activation] ?? activation;
  return name ? `${name}(${inside})` : inside;
}

/** a = tanh(0.73·x − 1.20·y + 0.10), with normalisation and skip connection where the model has them. @param {Scene} scene @param {number} layer @param {number} unit @param {Values} flat */
export function formula(scene, layer, unit, flat) {
  const block = scene.blocks[layer - 1];
  const { weights, bias } = unitParameters(block, unit, flat);
  const sum = weightedSum(weights, bias, inputNames(scene, layer));
  const { norm, skip } = scene.experiment.model;
  const hidden = layer < scene.blocks.length;
  const own = normOf(scene, layer, unit, flat);
  const inside = own ? rescaled(own, `${norm === "batch" ? "BatchNorm" : "LayerNorm"}(${sum})`) : sum;
  const skipped = hidden && skip && block.fan_in === block.fan_out ? ` + ${inputNames(scene, layer)[unit]}` : "";
  return `a = ${applied(block.activation, inside)}${skipped}`;
}

/** z written out at one point: "0.73·1.20 − 1.20·(−0.50) + 0.10". @param {number[]} weights @param {number} bias @param {Values} inputs */
export function substituted(weights, bias, inputs) {
  const values = Array.from(inputs, (value) => (value < 0 ? `(${figure(value)})` : figure(value)));
  return weightedSum(weights, bias, values);
}

/** @type {Record<string, string>} */
export const PHASE_TITLES = { forward: "Forward", loss: "Loss", backward: "Backward", update: "Update" };

/** The plain sentence of a phase, with its numbers where there are some. @param {Frame} frame @param {Scene} scene */
export function phaseSentence(frame, scene) {
  const size = frame.arrays.losses?.data.length;
  const examples = size ? `the ${size === 1 ? "one example" : `${size} examples`} of this batch` : "this batch";
  if (frame.phase === "forward") {
    return "Each neuron adds up its weighted inputs and its bias, then applies its activation. The numbers are for the batch’s first example.";
  }
  if (frame.phase === "loss") {
    const loss = frame.arrays.loss?.data[0];
    return `The loss compares the outputs with the targets. Its mean over ${examples} is ${figure(loss)}.`;
  }
  if (frame.phase === "backward") {
    return `From the output back: how steeply the loss rises with each weight and, under the neurons, each bias. ${largest("steepest slope", frame.arrays.grad)}`;
  }
  if (frame.phase === "update") {
    const rule = scene.experiment.training?.optimizer?.kind ?? "the optimiser";
    return `Downhill: how far ${OPTIMISERS[rule] ?? rule} moves each weight and, under the neurons, each bias. ${largest("longest step", frame.arrays.delta)}`;
  }
  return "";
}

/** @param {string} what @param {Named} [array] */
function largest(what, array) {
  if (!array) return "";
  return `The ${what} is ${figure(array.data[furthest(array.data)] ?? 0)}.`;
}

/** @type {Record<string, string>} */
const OPTIMISERS = {
  sgd: "SGD", momentum: "momentum", nesterov: "Nesterov’s momentum", adagrad: "AdaGrad", rmsprop: "RMSprop", adam: "Adam",
  adamw: "AdamW", lion: "Lion", muon: "Muon",
};

/** @param {number} value */
function thousands(value) {
  return Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Size and cost of the network, and what of it is not drawn. @param {Scene} scene @param {Plan | null} plan */
export function captionOf({ facts, blocks }, plan) {
  const links = plan?.links.length ?? 0;
  const discs = plan?.columns.some((column) => column.discs) ? " · discs show the bias: no room for maps" : "";
  const most = links > MOST_LINKS ? ` · the ${thousands(MOST_LINKS)} strongest of ${thousands(links)} weights` : "";
  const flops = facts.flops === undefined ? "" : ` · ${thousands(facts.flops)} operations per step`;
  const parameters = facts.parameters ?? blocks.reduce((sum, block) => sum + block.fan_out * (block.fan_in + 1), 0);
  return `${thousands(parameters)} parameters${flops}${most}${discs}`;
}

/** What is under the pointer, with its numbers. @param {Scene} scene @param {Frame | null} frame @param {Thing} thing */
export function thingWords(scene, frame, thing) {
  const { arrays = {}, phase = "" } = frame ?? {};
  if (thing.kind === "feature") return `${thing.sign}\n${thing.active ? "Click to remove it" : "Click to use it"}`;
  if (thing.kind === "neuron") return unitName(scene, thing.layer, thing.unit).replace(/^./, (c) => c.toUpperCase());
  const name = "node" in thing ? partName(scene, thing) : linkName(scene, thing);
  const lines = [name, `${"node" in thing ? "value" : "weight"} ${figure(arrays.weights?.data[thing.index])}`];
  const slope = phase === "backward" || phase === "update" ? arrays.grad : arrays.gradients;
  if (slope) lines.push(`gradient ${figure(slope.data[thing.index])}`);
  if (phase === "update" && arrays.delta) lines.push(`change ${figure(arrays.delta.data[thing.index])}`);
  return lines.join("\n");
}
