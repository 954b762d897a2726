/**
 * How long the gradient is in each layer: bars now, lines over the last steps, both on one logarithmic axis.
 *
 * @import { Readable } from "../../kit/tooltip.js"
 * @import { Block, Board, Frame, Scene, Theme, Values, View } from "../../kit/types.d.ts"
 */
import { boxOf, drawAxes, drawLine, linear, logarithmic, marksAt } from "../../kit/axes.js";
import { surface } from "../../kit/canvas.js";
import { make, write } from "../../kit/dom.js";
import { layerName, numbered } from "../../kit/layers.js";
import { figure, powerOfTen } from "../../kit/numbers.js";
import { css, mix, rgb } from "../../kit/palette.js";
import { readable } from "../../kit/tooltip.js";

const HEIGHT = 330;
const ROOM = { left: 58, right: 0, top: 26, bottom: 46 };
const MOST_SAMPLES = 400; // of the lines
const VANISHING = 1e-6;
const EXPLODING = 1e2;
const NOTE = "Bars: the gradient’s length now. Lines: over the last steps. Under each bar, how large one update is compared with the weights it changes; about 0.001 is healthy.";

/** @implements {View} */
class GradientNorms {
  /** @type {Theme | null} */
  colours = null;
  /** @type {{step: number, norms: Float32Array}[]} */
  past = [];
  /** @type {Block[]} */
  blocks = [];
  shape = "";
  /** Decades: from below the smallest to above the largest seen; only ever wider for one network. @type {[number, number]} */
  span = [-4, 1];
  box = { left: 0, right: 0, top: 0, bottom: 0 };
  scale = logarithmic([1, 10], [0, 0]);
  /** @type {Readable[]} */
  boxes = [];

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    this.page = surface(root, { height: HEIGHT, label: "Length of the gradient in each layer on a logarithmic axis" });
    this.note = make("p", { style: "margin:4px 0 0;font-size: 14px" }, NOTE);
    root.append(this.note);
    readable(this.page.canvas, board, () => this.boxes);
  }

  /** @param {Theme} theme */
  theme(theme) {
    this.colours = theme;
    this.note.style.color = theme.faint;
  }

  /** @param {Scene} scene */
  scene({ blocks }) {
    const shape = blocks.map((block) => `${block.fan_in}-${block.fan_out}`).join();
    if (shape !== this.shape) this.past = [];
    this.shape = shape;
    this.blocks = blocks;
    this.span = [-4, 1];
  }

  resize() {
    this.page.fit();
  }

  /** @param {Frame} frame */
  frame(frame) {
    const norms = frame.arrays.gradient_norms;
    const { page, colours } = this;
    if (!norms || norms.data.length !== this.blocks.length || !page.width || !colours) return;
    this.sample(frame, norms.data);
    const { ctx, width, height } = page;
    ctx.clearRect(0, 0, width, height);
    this.box = boxOf(page, ROOM);
    this.scale = logarithmic(this.decades(), [this.box.bottom, this.box.top]);
    const { left } = this.box;
    const split = left + Math.min((this.blocks.length > 5 ? 0.66 : 0.5) * (width - left), Math.max(150, this.blocks.length * 74));
    this.axis(colours, split);
    this.bars(colours, split - 24, norms.data, frame.arrays.update_ratio?.data);
    this.lines(colours, split + 8);
  }

  /** @param {Frame} frame @param {Values} norms */
  sample(frame, norms) {
    const last = this.past.at(-1);
    if (last && frame.step < last.step) this.past = this.past.filter((sample) => sample.step < frame.step);
    if (frame.restarted) this.past = [];
    if (!frame.fresh.has("gradient_norms") || this.past.at(-1)?.step === frame.step) return;
    this.past.push({ step: frame.step, norms: Float32Array.from(norms) });
    if (this.past.length > MOST_SAMPLES) this.past.shift();
  }

  decades() {
    let [low, high] = this.span;
    for (const { norms } of this.past) {
      for (const norm of norms) {
        if (norm > 0 && norm < 1e30) [low, high] = [Math.min(low, Math.max(-12, Math.floor(Math.log10(norm)))), Math.max(high, Math.ceil(Math.log10(norm)))];
      }
    }
    this.span = [low, high];
    return [10 ** low, 10 ** high];
  }

  /** The place of a norm, inside the plot. @param {number} norm */
  y(norm) {
    return Math.max(this.box.top, Math.min(this.box.bottom, this.scale.at(norm)));
  }

  /** @param {Theme} theme @param {number} b */
  ink(theme, b) {
    return mix(rgb(theme.positive), rgb(theme.negative), b / Math.max(1, this.blocks.length - 1));
  }

  /** @param {Theme} theme @param {number} split */
  axis(theme, split) {
    const { box, scale } = this;
    const { ctx, width } = this.page;
    this.bands(theme);
    const [low, high] = this.span;
    const stride = Math.ceil((high - low) / 8);
    const marks = marksAt(Array.from({ length: Math.floor((high - low) / stride) + 1 }, (_, i) => 10 ** (low + i * stride)), (v) => powerOfTen(Math.round(Math.log10(v))));
    drawAxes(this.page, theme, box, { y: { scale, marks, grid: true } });
    ctx.textAlign = "left";
    ctx.fillText("Gradient norm", 0, 8);
    ctx.textAlign = "center";
    if (this.past.length > 1) ctx.fillText(`steps ${this.past[0].step} to ${this.past[this.past.length - 1].step}`, (split + width) / 2, box.bottom + 14);
  }

  /** @param {Theme} theme */
  bands(theme) {
    const { ctx } = this.page;
    const { left, right, top, bottom } = this.box;
    const [vanishing, exploding] = [this.y(VANISHING), this.y(EXPLODING)];
    ctx.font = `14px ${theme.font}`;
    ctx.textAlign = "right";
    ctx.textBaseline = "middle";
    for (const { from, to, words } of [{ from: vanishing, to: bottom, words: "vanishing" }, { from: top, to: exploding, words: "exploding" }]) {
      if (to - from < 3) continue;
      ctx.fillStyle = css(rgb(theme.bad), 0.12);
      ctx.fillRect(left, from, right - left, to - from);
      ctx.fillStyle = theme.bad;
      if (to - from > 16) ctx.fillText(words, right - 6, (from + to) / 2);
    }
  }

  /** @param {Theme} theme @param {number} right @param {Values} norms @param {Values} [ratios] */
  bars(theme, right, norms, ratios) {
    const { ctx, height } = this.page;
    const { left, top, bottom } = this.box;
    const pitch = (right - left) / norms.length;
    const wide = Math.min(46, pitch * 0.62);
    ctx.textAlign = "center";
    ctx.font = `14px ${theme.font}`;
    const titles = this.blocks.every(({ title }) => title && ctx.measureText(title).width < pitch - 4); // else their numbers
    const known = titles ? "" : numbered(this.blocks);
    write(this.note, known ? `${NOTE} Layers: ${known}.` : NOTE);
    this.boxes.length = 0;
    norms.forEach((norm, b) => {
      const x = left + pitch * (b + 0.5);
      const finite = norm < 1e30;
      const upper = finite ? this.y(norm) : top;
      const last = b === norms.length - 1;
      ctx.fillStyle = finite ? css(this.ink(theme, b)) : theme.bad;
      ctx.fillRect(x - wide / 2, upper, wide, Math.max(1.5, bottom - upper));
      ctx.fillStyle = theme.text;
      ctx.font = `600 14px ${theme.font}`;
      ctx.textBaseline = "bottom";
      if (pitch > 44) ctx.fillText(finite ? figure(norm) : "not finite", x, upper - 3);
      ctx.textBaseline = "top";
      ctx.font = `14px ${theme.font}`;
      ctx.fillText(titles ? this.blocks[b].title : last && !known ? "out" : String(b + 1), x, bottom + 6);
      ctx.fillStyle = theme.faint;
      ctx.font = `14px ${theme.font}`;
      const words = () => `${layerName(this.blocks, b)}\ngradient norm ${finite ? figure(norm) : "not finite"}${ratios ? `\none update is ${figure(ratios[b])} of the weights` : ""}`;
      this.boxes.push({ x: x - pitch / 2, y: top, width: pitch, height: height - top, words });
      if (ratios && pitch > 40) ctx.fillText(figure(ratios[b]), x, bottom + 25);
    });
    ctx.textAlign = "right";
    ctx.fillText("layer", left - 8, bottom + 7);
    if (ratios && pitch > 40) ctx.fillText("update", left - 8, bottom + 25);
  }

  /** @param {Theme} theme @param {number} left */
  lines(theme, left) {
    const { past } = this;
    if (past.length < 2) return;
    const first = past[0].step;
    const x = linear([first, Math.max(first + 1, past[past.length - 1].step)], [left, this.box.right - 16]);
    this.blocks.forEach((_, b) => drawLine(this.page.ctx, past.length, (i) => x.at(past[i].step), (i) => this.y(past[i].norms[b]), { colour: css(this.ink(theme, b)) }));
  }

  alt() {
    const norms = this.past.at(-1)?.norms;
    if (!norms) return "";
    return `Gradient norms: ${[...norms].map((norm, b) => `${layerName(this.blocks, b)} ${figure(norm)}`).join(", ")}`;
  }

  destroy() {
    this.page.canvas.remove();
  }
}

/** @type {import("../../kit/types.d.ts").ViewModule} */
export default { create: (root, board) => new GradientNorms(root, board) };
