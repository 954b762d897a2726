/**
 * Draws one number of a convolution: the input with the kernel on it, patch and kernel in numbers, the sum as steps, the output.
 *
 * @import { Surface, Theme } from "../../kit/types.d.ts"
 * @import { Cell } from "./cell.js"
 * @import { Box } from "./map_draw.js"
 * @typedef {{input: number, sum: number}} Part what one input channel gives
 * @typedef {{kind: "output", row: number, column: number} | {kind: "part", input: number} | {kind: "weight", place: number}} Found
 */
import { plain } from "../../kit/stages.js";
import { cellAt, frame, heading, map, numbers, within } from "./map_draw.js";

const HEAD = 22;
const GAP = 26;
const ROOM = 304; // below the headings
const LEAST = 39; // pixels of a number's cell
const MOST = 180; // pixels of a map where all stands in rows
const STEPS = 215; // pixels of the sum, at least
const NOTE = 24; // below the input: what the kernel is
const PITCH = 28; // from row to row of the sum
const MOST_PARTS = 9; // rows of the sum; the rest is one row

/** What each input channel gives, the largest first. @param {Cell} cell @returns {Part[]} */
export function partsOf({ patch, kernel, channels, k }) {
  const found = [];
  for (let c = 0; c < channels; c++) {
    let sum = 0;
    for (let i = c * k * k; i < (c + 1) * k * k; i++) sum += patch[i] * kernel[i];
    found.push({ input: c, sum });
  }
  return found.sort((a, b) => Math.abs(b.sum) - Math.abs(a.sum));
}

/** Where everything stands: beside each other, or where that is too narrow in rows; and how high it is. @param {Cell} cell @param {number} width */
function boxes(cell, width) {
  const { from, out, k } = cell;
  const least = LEAST * k; // so that each number reads
  const sized = (/** @type {number[]} */ [h, w], /** @type {number} */ x, /** @type {number} */ side) => ({ x, y: HEAD, w: side * Math.min(1, w / h), h: side * Math.min(1, h / w) });
  const square = (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ side) => ({ x, y, w: side, h: side });
  const grid = Math.max(least, Math.min((ROOM - GAP) / 2, (width - 3 * GAP) * 0.2));
  const side = Math.min(ROOM, (width - 3 * GAP) * 0.24);
  const [x2, x3] = [side + GAP, side + grid + 2 * GAP];
  const rest = width - x3 - side - GAP;
  if (rest >= STEPS) {
    const h = Math.max(ROOM, 2 * grid + GAP);
    return { input: sized(from, 0, side), output: sized(out, width - side, side), patch: square(x2, HEAD, grid), kernel: square(x2, HEAD + grid + GAP, grid), steps: { x: x3, y: HEAD, w: rest, h: ROOM }, height: HEAD + h + 4 };
  }
  const half = (width - GAP) / 2;
  const beside = half >= least;
  const each = Math.min(beside ? half : width, Math.max(least, MOST));
  const [input, output] = [sized(from, 0, Math.min(half, MOST)), sized(out, half + GAP, Math.min(half, MOST))];
  const below = HEAD + Math.max(input.h + NOTE, output.h) + GAP;
  const kernel = square(beside ? half + GAP : 0, beside ? below : below + each + GAP, each);
  const last = kernel.y + each + GAP;
  const h = steps(cell).length * PITCH;
  return { input, output, patch: square(0, below, each), kernel, steps: { x: 0, y: last, w: width, h }, height: last + h + 4 };
}

/** Of the canvas. @param {Cell | null} cell @param {number} width */
export const heightOf = (cell, width) => (cell ? boxes(cell, width).height : HEAD + ROOM + 4);

/** What lies at a place. @param {Cell} cell @param {number} width @param {number} x @param {number} y @returns {Found | null} */
export function placesIn(cell, width, x, y) {
  const b = boxes(cell, width);
  if (within(b.output, x, y)) return { kind: "output", ...cellAt(b.output, cell.out, x, y) };
  if (within(b.kernel, x, y)) return { kind: "weight", place: Math.floor(((y - b.kernel.y) / b.kernel.h) * cell.k) * cell.k + Math.floor(((x - b.kernel.x) / b.kernel.w) * cell.k) };
  if (!within(b.steps, x, y)) return null;
  const rowsOf = steps(cell);
  const row = rowsOf[Math.floor((y - b.steps.y) / pitchOf(rowsOf, b.steps))];
  return row?.input === undefined ? null : { kind: "part", input: row.input };
}

/** The rows of the sum: input channels, the bias, and what the activation makes of it. @param {Cell} cell @returns {{name: string, from: number, to: number, input?: number}[]} */
function steps(cell) {
  const parts = partsOf(cell);
  const [bias, , after] = cell.facts;
  const shown = parts.length > MOST_PARTS ? parts.slice(0, MOST_PARTS - 1) : parts;
  const rest = parts.slice(shown.length).reduce((a, p) => a + p.sum, 0);
  const rows = [];
  let at = 0;
  const add = (/** @type {string} */ name, /** @type {number} */ by, /** @type {number} */ input) => {
    rows.push({ name, from: at, to: at + by, ...(input >= 0 ? { input } : {}) });
    at += by;
  };
  for (const { input, sum } of shown) add(cell.channels > 1 ? `channel ${input + 1}` : "picture", sum, input);
  if (parts.length > shown.length) add(`${parts.length - shown.length} others`, rest, -1);
  add("bias", bias, -1);
  rows.push({ name: "= sum", from: 0, to: at }, { name: "activation", from: 0, to: after });
  return rows;
}

/** @param {Surface} page @param {Theme} theme @param {Cell} cell @param {number} input the channel whose numbers are shown @param {boolean} pinned */
export function drawCell({ ctx, width, height }, theme, cell, input, pinned) {
  const b = boxes(cell, width);
  const { k, from, out, at, size } = cell;
  const [, stride, , dilation] = size;
  const [, , , , top, left] = cell.facts;
  ctx.clearRect(0, 0, width, height);
  const cells = from[0] * from[1];
  map(ctx, theme, cell.inputs.subarray(input * cells, (input + 1) * cells), from, b.input);
  map(ctx, theme, cell.map, out, b.output);
  const title = (/** @type {Box} */ box, /** @type {string} */ text) => heading(ctx, theme, text, box);
  title(b.input, cell.channels > 1 ? `Input, channel ${input + 1}` : "Input");
  title(b.patch, "Under the kernel");
  title(b.kernel, "Kernel");
  title(b.steps, "The sum");
  const long = "Output before activation";
  title(b.output, ctx.measureText(long).width <= width - b.output.x ? long : "Output"); // in the heading's letters
  const [ey, ex] = [b.input.h / from[0], b.input.w / from[1]];
  const reach = dilation * (k - 1) + 1;
  frame(ctx, theme, { x: b.input.x + left * ex, y: b.input.y + top * ey, w: reach * ex, h: reach * ey }, 2.5);
  const [oy, ox] = [b.output.h / out[0], b.output.w / out[1]];
  frame(ctx, theme, { x: b.output.x + at[3] * ox, y: b.output.y + at[2] * oy, w: ox, h: oy }, pinned ? 3.5 : 2);
  const part = (/** @type {Float32Array} */ values) => values.subarray(input * k * k, (input + 1) * k * k);
  numbers(ctx, theme, part(cell.patch), k, b.patch);
  numbers(ctx, theme, part(cell.kernel), k, b.kernel);
  ctx.fillStyle = theme.faint;
  ctx.font = `14px ${theme.font}`;
  ctx.textAlign = "left";
  ctx.textBaseline = "top";
  ctx.fillText(`Kernel ${k}×${k}${stride > 1 ? `, stride ${stride}` : ""}${dilation > 1 ? `, dilation ${dilation}` : ""}`, b.input.x, b.input.y + b.input.h + 6);
  waterfall(ctx, theme, cell, input, b.steps);
}

/** Pixels from row to row. @param {unknown[]} rows @param {Box} box */
const pitchOf = (rows, { h }) => Math.min(PITCH, h / rows.length);

/** The sum as steps from 0: blue to the right, orange to the left. @param {CanvasRenderingContext2D} ctx @param {Theme} theme @param {Cell} cell @param {number} input @param {Box} box */
function waterfall(ctx, theme, cell, input, { x, y, w, h }) {
  const rows = steps(cell);
  const each = pitchOf(rows, { x, y, w, h });
  const named = Math.min(96, w * 0.4);
  let [low, high] = [0, 0];
  for (const { from, to } of rows) [low, high] = [Math.min(low, from, to), Math.max(high, from, to)];
  const [first, span] = [x + named, Math.max(20, w - named - 52)];
  const place = (/** @type {number} */ v) => first + (span * (v - low)) / (high - low || 1);
  ctx.textBaseline = "middle";
  rows.forEach(({ name, from, to, input: own }, i) => {
    const middle = y + (i + 0.5) * each;
    if (own === input && cell.channels > 1) {
      ctx.fillStyle = theme.panel;
      ctx.fillRect(x - 4, middle - each / 2, w + 8, each);
    }
    ctx.font = `${own === input ? 600 : 400} 14px ${theme.font}`;
    ctx.fillStyle = theme.text;
    ctx.textAlign = "left";
    ctx.fillText(name, x, middle);
    const [a, b] = [place(Math.min(from, to)), place(Math.max(from, to))];
    ctx.fillStyle = to < from ? theme.negative : theme.positive;
    ctx.fillRect(a, middle - each * 0.32, Math.max(1.5, b - a), each * 0.64);
    ctx.fillStyle = theme.text;
    ctx.textAlign = "right";
    ctx.fillText(plain(to - from), x + w, middle);
    if (name !== "= sum") return;
    ctx.fillStyle = theme.faint;
    ctx.fillRect(x, middle - each / 2, w, 1);
  });
  ctx.fillStyle = theme.faint;
  ctx.fillRect(place(0) - 0.5, y, 1, each * rows.length);
}
