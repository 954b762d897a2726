/**
 * A card at the neuron under the pointer: its formula of the neuron under the pointer, and its numbers at one point of the plane.
 *
 * @import { Block, Board, Frame, Scene, Unit, Values } from "../../kit/types.d.ts"
 * @import { Scaling } from "./text.js"
 */
import { make } from "../../kit/dom.js";
import { figure } from "../../kit/numbers.js";
import { applied, formula, normOf, rescaled, substituted, unitName, unitParameters } from "./text.js";

const EVERY_MS = 100;
const GAP = 12;
const WIDEST = 420;

export class Formula {
  /** @type {Unit | null} */
  neuron = null;
  written = 0;

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    this.board = board;
    this.root = root;
    root.hidden = true;
    this.title = make("div", { class: "nn-title" });
    this.line = make("div", { class: "nn-line" });
    this.where = make("div", { class: "nn-where" });
    this.values = make("div", { class: "nn-line" });
    root.append(this.title, this.line, this.where, this.values);
  }

  /** @param {Unit | null} neuron */
  show(neuron) {
    if (String(neuron) === String(this.neuron)) return;
    this.neuron = neuron;
    this.root.hidden = !neuron;
    this.board.option("formula", "neuron", neuron ?? undefined);
    this.board.option("formula", "at", neuron ? this.point() : undefined);
    this.board.want("formula", Boolean(neuron));
    this.written = 0;
    if (neuron && this.board.frame) this.write(this.board.frame);
  }

  /** Beside the neuron, on the side where there is more room, and never over it. @param {{x: number, y: number, size: number}} node @param {{width: number, height: number, top: number}} stage */
  place({ x, y, size }, { width, height, top }) {
    const right = x < width / 2;
    const style = this.root.style;
    style.left = right ? `${x + size / 2 + GAP}px` : "";
    style.right = right ? "" : `${width - x + size / 2 + GAP}px`;
    style.maxWidth = `${Math.min(WIDEST, (right ? width - x : x) - size / 2 - GAP)}px`;
    style.top = `${top + Math.max(0, Math.min(y - size / 2, height - this.root.offsetHeight))}px`;
  }

  /** Where the plane was last pointed at, else the first point of the data. */
  point() {
    const { pointed, scene } = this.board;
    if (pointed) return pointed.map(round);
    const points = scene?.points ?? [];
    return points.length >= 2 ? [round(points[0]), round(points[1])] : [1, 1];
  }

  /** @param {Frame} frame */
  frame(frame) {
    if (!this.neuron || performance.now() - this.written < EVERY_MS) return;
    this.write(frame);
  }

  /** @param {Frame} frame */
  write(frame) {
    const weights = frame.arrays.weights?.data;
    const { scene } = this.board;
    if (!scene || !this.neuron) return;
    const [layer, unit] = this.neuron;
    const block = scene.blocks[layer - 1];
    if (!weights || !block || unit >= block.fan_out) return;
    this.written = performance.now();
    this.title.textContent = unitName(scene, layer, unit).replace(/^./, (c) => c.toUpperCase());
    this.line.textContent = formula(scene, layer, unit, weights);
    this.numbers(frame, scene, this.neuron, { block, weights });
  }

  /** z and a at the point, once the server's answer for this very neuron is here. @param {Frame} frame @param {Scene} scene @param {Unit} neuron @param {{block: Block, weights: Values}} of */
  numbers(frame, scene, [layer, unit], { block, weights }) {
    const answer = frame.arrays.formula?.data;
    const inputs = frame.arrays.formula_inputs?.data;
    if (!answer || !inputs || answer[0] !== layer || answer[1] !== unit || inputs.length !== block.fan_in) {
      this.where.textContent = this.values.textContent = "";
      return;
    }
    const [x, y, , z, a] = answer.subarray(2);
    const { weights: mine, bias } = unitParameters(block, unit, weights);
    const { skip } = scene.experiment.model;
    const own = normOf(scene, layer, unit, weights);
    const added = layer < scene.blocks.length && skip && block.fan_in === block.fan_out ? ` + ${figure(inputs[unit])}` : "";
    this.where.textContent = `At the point x = ${figure(x)}, y = ${figure(y)} (${this.board.pointed ? "the last one you pointed at" : "the first example"}):`;
    const [normed, inside] = own ? scaled(own, z, frame.arrays.formula_norm.data) : ["", figure(z)];
    this.values.textContent = `z = ${substituted(mine, bias, inputs)} = ${figure(z)}${normed}   →   a = ${applied(block.activation, inside)}${added} = ${figure(a)}`;
  }
}

/** The normalised sum n with its numbers, and what goes into the activation. @param {Scaling} own @param {number} z @param {Values} norm */
function scaled(own, z, [mean, deviation]) {
  const n = (z - mean) / deviation;
  const off = mean < 0 ? `+ ${figure(-mean)}` : `− ${figure(mean)}`;
  return [`   →   n = (${figure(z)} ${off}) / ${figure(deviation)} = ${figure(n)}`, rescaled(own, n < 0 ? `(${figure(n)})` : figure(n))];
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 100) / 100;
}
