/**
 * How weights and gradients are spread in each layer: one small histogram a layer, on axes that do not breathe.
 *
 * @import { Box } from "../../kit/axes.js"
 * @import { Readable } from "../../kit/tooltip.js"
 * @import { Block, Board, Frame, Scene, Theme, Values, View } from "../../kit/types.d.ts"
 */
import { drawAxes, linear, marksAt } from "../../kit/axes.js";
import { fitted, stroke, surface } from "../../kit/canvas.js";
import { make } from "../../kit/dom.js";
import { layerName } from "../../kit/layers.js";
import { figure } from "../../kit/numbers.js";
import { css, mix, rgb } from "../../kit/palette.js";
import { readable } from "../../kit/tooltip.js";

const ROW = 132;
const CELL = 150; // narrowest histogram
const GAP = 16;
const KINDS = [["Weights", "hist_weights"], ["Gradients", "hist_gradients"]];

/** @implements {View} */
class Histograms {
  /** @type {Theme | null} */
  colours = null;
  /** @type {Block[]} */
  blocks = [];
  /** @type {Readable[]} */
  boxes = [];

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    this.board = board;
    this.note = make("p", { style: "margin:0 0 4px;font-size: 14px" }, "The weights of each layer, and under them their gradients over the whole training set; biases are left out.");
    root.append(this.note);
    this.page = surface(root, { height: (width) => this.height(width), label: "Histograms of weights and gradients in each layer" });
    readable(this.page.canvas, board, () => this.boxes);
  }

  /** @param {Theme} theme */
  theme(theme) {
    this.colours = theme;
    this.note.style.color = theme.faint;
  }

  /** @param {Scene} scene */
  scene({ blocks }) {
    this.blocks = blocks;
    this.page.fit();
    this.board.redraw(this);
  }

  resize() {
    this.page.fit();
  }

  /** @param {number} width */
  across(width) {
    return Math.max(1, Math.min(this.blocks.length, Math.floor((width + GAP) / (CELL + GAP))));
  }

  /** @param {number} width */
  height(width) {
    const lines = Math.ceil(Math.max(1, this.blocks.length) / this.across(width));
    return lines * (2 * ROW + 34) + 4;
  }

  /** @param {Frame} frame */
  frame({ arrays }) {
    const { hist_weights: weights, hist_ranges: ranges } = arrays;
    const { ctx, width, height } = this.page;
    const theme = this.colours;
    if (!weights || !ranges || !width || !theme || weights.shape[0] !== this.blocks.length) return;
    ctx.clearRect(0, 0, width, height);
    this.boxes.length = 0;
    const across = this.across(width);
    const cell = (width - GAP * (across - 1)) / across;
    this.blocks.forEach((_, b) => {
      const left = (b % across) * (cell + GAP);
      const top = Math.floor(b / across) * (2 * ROW + 34);
      ctx.font = `600 14px ${theme.font}`;
      ctx.fillStyle = theme.text;
      ctx.textAlign = "left";
      ctx.textBaseline = "top";
      ctx.fillText(fitted(ctx, layerName(this.blocks, b), cell), left, top);
      KINDS.forEach(([title, name], kind) => {
        const bins = arrays[name].shape[1];
        const counts = arrays[name].data.subarray(b * bins, (b + 1) * bins);
        const [low, high] = ranges.data.subarray(4 * b + 2 * kind, 4 * b + 2 * kind + 2);
        const y = top + 22 + kind * ROW;
        this.draw(theme, { left, right: left + cell, top: y, bottom: y + ROW - 34 }, { counts, low, high, title });
      });
    });
  }

  /** @param {Theme} theme @param {Box} box @param {{counts: Values, low: number, high: number, title: string}} of */
  draw(theme, box, { counts, low, high, title }) {
    const { ctx } = this.page;
    const { left, right, top, bottom } = box;
    const finite = Math.abs(low) < 1e30 && Math.abs(high) < 1e30;
    stroke(ctx, [[left, bottom + 0.5], [right, bottom + 0.5]], theme.border);
    ctx.font = `14px ${theme.font}`;
    ctx.textAlign = "left";
    ctx.textBaseline = "top";
    ctx.fillStyle = finite ? theme.faint : theme.bad;
    ctx.fillText(finite ? title : `${title}: no longer finite`, left, finite ? top : (top + bottom) / 2);
    if (!finite) return;
    const reach = Math.max(Math.abs(low), Math.abs(high)); // the server keeps it calm: symmetric, and only steps
    const scale = linear([-reach, reach], [left, right]);
    const marks = marksAt([-reach, 0, reach], (v) => (v ? figure(v) : "0"));
    drawAxes(this.page, theme, { ...box, top: top + 14 }, { x: { scale, marks, zero: true, inside: true } });
    this.bars(theme, box, { counts, low, high, at: scale.at, weights: title === "Weights" });
  }

  /** @param {Theme} theme @param {Box} box @param {{counts: Values, low: number, high: number, at: (value: number) => number, weights: boolean}} of */
  bars(theme, { top, bottom }, { counts, low, high, at, weights }) {
    const { ctx } = this.page;
    const most = Math.max(...counts);
    if (!most) return;
    const width = (high - low) / counts.length;
    const step = Math.max(at(low + width) - at(low), 1.5);
    counts.forEach((count, i) => {
      if (!count) return;
      const value = low + width * (i + 0.5);
      const tall = Math.max(1.5, (count / most) * (bottom - top - 18));
      const ink = rgb(value < 0 ? theme.negative : theme.positive);
      ctx.fillStyle = weights ? css(ink, 0.95) : css(mix(ink, rgb(theme.background), 0.3));
      ctx.fillRect(at(value) - step / 2, bottom - tall, step > 4 ? step - 1 : step, tall);
      const words = () => `${figure(value - width / 2)} to ${figure(value + width / 2)}: ${count} ${weights ? "weight" : "gradient"}${count === 1 ? "" : "s"}`;
      this.boxes.push({ x: at(value) - Math.max(step, 6) / 2, y: top, width: Math.max(step, 6), height: bottom - top, words });
    });
  }

  alt() {
    const ranges = this.board.frame?.arrays.hist_ranges?.data;
    if (!ranges) return "";
    return this.blocks.map((_, b) => `${layerName(this.blocks, b)}: weights ${figure(ranges[4 * b])} to ${figure(ranges[4 * b + 1])}`).join("; ");
  }

  destroy() {
    this.page.canvas.remove();
  }
}

/** @type {import("../../kit/types.d.ts").ViewModule} */
export default { create: (root, board) => new Histograms(root, board) };
