// What the network diagram says: a neuron's formula with its numbers, a weight's name, the sentence of each phase. Pure.
import { signOf } from "../../kit/features.js";
import { figure, subscript } from "../../kit/numbers.js";

export const ACTIVATIONS = [
  ["relu", "ReLU"], ["leaky_relu", "Leaky ReLU"], ["gelu", "GELU"], ["tanh", "Tanh"], ["sigmoid", "Sigmoid"],
  ["silu", "SiLU"], ["sine", "Sine"], ["linear", "Linear"],
];
const FUNCTION = { relu: "ReLU", leaky_relu: "LeakyReLU", gelu: "GELU", silu: "SiLU", sine: "sin", linear: "" };
export const MOST_TERMS = 8;

/** The names of what layer `layer` (1 = first hidden) is given. */
export function inputNames(scene, layer) {
  const block = scene.blocks[layer - 1];
  if (layer === 1) return scene.features.map(signOf);
  return Array.from({ length: block.fan_in }, (_, j) => `a${subscript(j + 1)}`);
}

export function layerName(scene, layer) {
  return layer === scene.blocks.length ? "output" : `layer ${layer}`;
}

export function unitName(scene, layer, unit) {
  if (layer === 0) return `feature ${signOf(scene.features[unit])}`;
  if (layer < scene.blocks.length) return `neuron ${unit + 1} of layer ${layer}`;
  const names = scene.class_names ?? [];
  return scene.blocks[layer - 1].fan_out === 1 ? "the output" : `output ${names[unit] ?? unit}`;
}

/** "Bias of neuron 2 of layer 1": a parameter at a neuron's corner. */
export function partName(scene, { kind, layer, unit }) {
  return `${kind.replace(/^./, (c) => c.toUpperCase())} of ${unitName(scene, layer, unit)}`;
}

/** {gain, shift} of a hidden unit where its layer is normalised, else null. */
export function normOf(scene, layer, unit, flat) {
  const norm = scene.facts.norms?.[layer - 1];
  return norm ? { gain: flat[norm.start + unit], shift: flat[norm.start + norm.units + unit] } : null;
}

/** "1.03·n − 0.20" */
export function rescaled({ gain, shift }, inside) {
  return weightedSum([gain], shift, [inside]);
}

export function linkName(scene, link) {
  return `${unitName(scene, link.layer - 1, link.from)} → ${unitName(scene, link.layer, link.to)}`;
}

/** weights[] and bias of one unit from the flat vector. */
export function unitParameters(block, unit, flat) {
  const weights = Array.from({ length: block.fan_in }, (_, j) => flat[block.start + unit * block.stride + j]);
  return { weights, bias: block.bias < 0 ? 0 : flat[block.bias + unit * block.bias_stride] };
}

/** "0.73·x − 1.20·y + 0.10": the largest `most` terms in their order, then how many were left out. */
export function weightedSum(weights, bias, names, most = MOST_TERMS) {
  const order = weights.map((_, j) => j).sort((a, b) => Math.abs(weights[b]) - Math.abs(weights[a])).slice(0, most);
  const kept = weights.map((_, j) => j).filter((j) => order.includes(j));
  let text = kept.map((j, i) => signed(weights[j], i === 0, `·${names[j]}`)).join("");
  if (kept.length < weights.length) text += ` + … ${weights.length - kept.length} more`;
  return text + signed(bias, kept.length === 0, "");
}

function signed(value, first, rest) {
  const text = figure(value) + rest;
  if (first) return text;
  return value < 0 ? ` − ${text.slice(1)}` : ` + ${text}`;
}

export function applied(activation, inside) {
  const name = FUNCTION[activation] ?? activation;
  return name ? `${name}(${inside})` : inside;
}

/** a = tanh(0.73·x − 1.20·y + 0.10), with normalisation and skip connection where the model has them. */
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

/** z written out at one point: "0.73·1.20 − 1.20·(−0.50) + 0.10". */
export function substituted(weights, bias, inputs) {
  const values = Array.from(inputs, (value) => (value < 0 ? `(${figure(value)})` : figure(value)));
  return weightedSum(weights, bias, values);
}

export const PHASE_TITLES = { forward: "Forward", loss: "Loss", backward: "Backward", update: "Update" };

/** The plain sentence of a phase, with its numbers where there are some. */
export function phaseSentence(frame, scene) {
  const size = frame.arrays.losses?.data.length;
  const examples = size ? `the ${size === 1 ? "one example" : `${size} examples`} of this batch` : "this batch";
  if (frame.phase === "forward") {
    return "each neuron sums its inputs times their weights, adds its bias and bends the result. The numbers are for the batch’s first example.";
  }
  if (frame.phase === "loss") {
    const loss = frame.arrays.loss?.data[0];
    return `the answers are compared with the right ones. The mean over ${examples} is ${figure(loss)}.`;
  }
  if (frame.phase === "backward") {
    return `back from the output: how steeply the loss rises with each weight and, under the neurons, each bias. ${largest("steepest slope", frame.arrays.grad)}`;
  }
  if (frame.phase === "update") {
    const rule = scene.experiment.training?.optimizer?.kind ?? "the optimiser";
    return `downhill: how far ${OPTIMISERS[rule] ?? rule} moves each weight and, under the neurons, each bias. ${largest("longest step", frame.arrays.delta)}`;
  }
  return "";
}

function largest(what, array) {
  if (!array) return "";
  const most = array.data.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
  return `The ${what} is ${figure(most)}.`;
}

const OPTIMISERS = {
  sgd: "SGD", momentum: "momentum", nesterov: "Nesterov’s momentum", adagrad: "AdaGrad", rmsprop: "RMSprop", adam: "Adam",
  adamw: "AdamW", lion: "Lion", muon: "Muon",
};

export function thousands(value) {
  return Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, ",");
}
