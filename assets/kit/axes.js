/**
 * Axes: scales from values to pixels and back, round numbers along them, grid and names. Texts are 12 px in the colours of
 * the theme and stand clear of each other: what would lie over its neighbour, or over the name of the axis, is left out.
 *
 * @import { Surface, Theme } from "./types.d.ts"
 * @typedef {{left: number, right: number, top: number, bottom: number}} Box the sides of a plot in pixels, or the room around it
 * @typedef {{low: number, high: number, at: (value: number) => number, value: (px: number) => number, ticks: (most: number) => number[]}} Scale
 * @typedef {object} Axis
 * @property {Scale} scale
 * @property {number | [value: number, text: string][]} [marks] how many numbers, or which with their texts; none where it is 0
 * @property {string} [name]
 * @property {boolean} [beside] the name has a line of its own in the middle of the axis; else it stands among the numbers, at the end
 * @property {boolean} [grid] a line through the plot at each number
 * @property {boolean} [zero] a line through the plot at 0
 * @property {boolean} [strokes] a short stroke at each number
 * @property {boolean} [inside] the outermost numbers do not stick out of the plot
 */
import { fitted, label, stroke } from "./canvas.js";
import { decades, logTicks, tickText, ticks } from "./numbers.js";

const GAP = 6; // pixels between the plot and its numbers
const LINE = 16; // of text
const APART = 5; // least distance of two texts
const CORNER = 6; // in a frame no number stands nearer to a corner
const STROKE = 5;

/** @param {Surface} surface @param {Box} room @returns {Box} */
export const boxOf = ({ width, height }, { left, right, top, bottom }) => ({ left, right: width - right, top, bottom: height - bottom });

/** @param {number[]} range @param {number[]} pixels where its ends lie @returns {Scale} */
export function linear([low, high], [from, to]) {
  const k = (to - from) / (high - low || 1);
  return { low, high, at: (v) => from + k * (v - low), value: (px) => low + (px - from) / k, ticks: (most) => ticks(low, high, most) };
}

/** What is lower than the range lies at its low end: 0 has no logarithm. @param {number[]} range @param {number[]} pixels @returns {Scale} */
export function logarithmic([low, high], [from, to]) {
  const k = (to - from) / Math.log(high / low);
  return {
    low, high, at: (v) => from + k * Math.log(Math.max(v, low) / low), value: (px) => low * Math.exp((px - from) / k),
    ticks: (most) => (high / low < 900 ? logTicks(low, high, most) : decades(low, high, most)),
  };
}

/**
 * Draws frame, grid and lines at 0, then numbers and names; either axis may be missing.
 * @param {Surface} surface @param {Theme} theme @param {Box} box
 * @param {{x?: Axis, y?: Axis, frame?: boolean, title?: string}} parts `title`: above the plot on the left
 */
export function drawAxes(surface, theme, box, { x, y, frame = false, title = "" }) {
  const { ctx } = surface;
  const across = x ? marksOf(x) : [];
  const up = y ? marksOf(y) : [];
  ctx.lineWidth = 1;
  ctx.strokeStyle = theme.border;
  if (frame) ctx.strokeRect(box.left - 0.5, box.top - 0.5, box.right - box.left + 1, box.bottom - box.top + 1);
  for (const v of linesOf(x, across)) stroke(ctx, [[crisp(v), box.top], [crisp(v), box.bottom]], theme.border);
  for (const v of linesOf(y, up)) stroke(ctx, [[box.left, crisp(v)], [box.right, crisp(v)]], theme.border);
  ctx.font = `14px ${theme.font}`;
  if (x) numbersBelow(surface, theme, box, { axis: x, marks: across, clear: frame ? CORNER : -1 });
  if (y) numbersBeside(surface, theme, box, { axis: y, marks: up, clear: frame ? CORNER : -1 });
  if (title) drawTitle(ctx, theme, box, title);
}

/** Values along an axis and how each is written. @param {number[]} values @param {(value: number) => string} text @returns {[value: number, text: string][]} */
export const marksAt = (values, text) => values.map((v) => [v, text(v)]);

const crisp = (/** @type {number} */ px) => Math.round(px) + 0.5;

/** @param {Axis} axis @returns {[px: number, text: string][]} */
function marksOf({ scale, marks = 5 }) {
  const listed = typeof marks === "number" ? marksAt(marks ? scale.ticks(marks) : [], tickText) : marks;
  return listed.map(([v, text]) => [scale.at(v), text]);
}

/** Pixels at which a line runs through the plot. @param {Axis|undefined} axis @param {[number, string][]} marks */
function linesOf(axis, marks) {
  const grid = axis?.grid ? marks.map(([px]) => px) : [];
  return axis?.zero && axis.scale.low < 0 && axis.scale.high > 0 ? [...grid, axis.scale.at(0)] : grid;
}

/** @param {Surface} surface @param {Theme} theme @param {Box} box @param {{axis: Axis, marks: [number, string][], clear: number}} of */
function numbersBelow({ ctx, width }, theme, box, { axis, marks, clear }) {
  const top = box.bottom + (axis.strokes ? STROKE + 4 : GAP - 1);
  const taken = /** @type {[number, number][]} */ ([]);
  ctx.textBaseline = "top";
  ctx.fillStyle = theme.text;
  if (axis.name) {
    const name = fitted(ctx, axis.name, box.right - box.left);
    ctx.textAlign = axis.beside ? "center" : "right";
    ctx.fillText(name, axis.beside ? (box.left + box.right) / 2 : box.right, top + (axis.beside ? LINE : 0));
    if (!axis.beside) taken.push([box.right - ctx.measureText(name).width, box.right]);
  }
  ctx.textAlign = "center";
  ctx.fillStyle = theme.faint;
  for (const [px, text] of marks) {
    if (axis.strokes) ctx.fillRect(px - 0.5, box.bottom, 1, STROKE);
    if (px < box.left + clear || px > box.right - clear) continue;
    const half = ctx.measureText(text).width / 2;
    const [low, high] = axis.inside ? [box.left, box.right] : [0, width];
    const at = Math.min(high - half, Math.max(low + half, px));
    if (free(taken, at - half, at + half, APART)) ctx.fillText(text, at, top);
  }
}

/** @param {Surface} surface @param {Theme} theme @param {Box} box @param {{axis: Axis, marks: [number, string][], clear: number}} of */
function numbersBeside({ ctx }, theme, box, { axis, marks, clear }) {
  const right = box.left - GAP;
  const taken = /** @type {[number, number][]} */ ([]);
  ctx.fillStyle = theme.text;
  if (axis.name && axis.beside) upright(ctx, fitted(ctx, axis.name, box.bottom - box.top), (box.top + box.bottom) / 2);
  else if (axis.name) {
    ctx.textAlign = "right";
    ctx.textBaseline = "top";
    ctx.fillText(axis.name, right, box.top - 1);
    taken.push([box.top - 1, box.top + 12]);
  }
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  ctx.fillStyle = theme.faint;
  for (const [px, text] of marks) {
    if (px < box.top + clear || px > box.bottom - clear) continue;
    if (free(taken, px - 6, px + 6, 1)) ctx.fillText(text, right, px);
  }
}

/** Whether nothing stands there yet; then it is taken. @param {[number, number][]} taken @param {number} low @param {number} high @param {number} apart */
function free(taken, low, high, apart) {
  const clear = taken.every(([from, to]) => high + apart < from || low - apart > to);
  if (clear) taken.push([low, high]);
  return clear;
}

/** @param {CanvasRenderingContext2D} ctx @param {string} text @param {number} y its middle */
function upright(ctx, text, y) {
  ctx.save();
  ctx.translate(8, y);
  ctx.rotate(-Math.PI / 2);
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(text, 0, 0);
  ctx.restore();
}

/**
 * Above the plot on the left, or inside it on the right; there it is drawn after the lines, so that it reads where they end.
 * @param {CanvasRenderingContext2D} ctx @param {Theme} theme @param {Box} box @param {string} title @param {"above"|"top"|"bottom"} [corner]
 */
export function drawTitle(ctx, theme, box, title, corner = "above") {
  ctx.textAlign = corner === "above" ? "left" : "right";
  ctx.textBaseline = corner === "top" ? "top" : "bottom";
  const y = { above: box.top - 5, top: box.top + 4, bottom: box.bottom - 4 }[corner];
  label(ctx, theme, title, corner === "above" ? box.left : box.right - 2, y);
}

/**
 * A line through `n` places, at most one every `spacing` pixels: more are not seen. It is broken where a place is no number.
 * @param {CanvasRenderingContext2D} ctx @param {number} n @param {(i: number) => number} x @param {(i: number) => number} y
 * @param {{colour: string, width?: number, dash?: number[], spacing?: number}} style
 */
export function drawLine(ctx, n, x, y, { colour, width = 2, dash = [], spacing = 1 }) {
  ctx.beginPath();
  let pen = false;
  let last = -10;
  for (let i = 0; i < n; i++) {
    const px = x(i);
    const py = y(i);
    if (!Number.isFinite(py)) {
      pen = false;
      continue;
    }
    if (pen && px - last < spacing && i < n - 1) continue;
    if (pen) ctx.lineTo(px, py);
    else ctx.moveTo(px, py);
    pen = true;
    last = px;
  }
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.lineJoin = "bevel"; // round joins cost a third of the picture and are not seen at this width
  ctx.setLineDash(dash);
  ctx.stroke();
  ctx.setLineDash([]);
}
