/**
 * Draws a window that slides over a picture: left the picture with its padding, the window and the places where it stands; right the
 * output, of a pooling the largest and the mean beside each other.
 *
 * @import { Surface, Theme } from "../../kit/types.d.ts"
 * @import { Slid } from "./slide.js"
 * @import { Box } from "./map_draw.js"
 */
import { mark } from "../../kit/canvas.js";
import { cellAt, frame, heading, largest, map, within } from "./map_draw.js";

const HEAD = 22;
const GAP = 14;
const MOST = 300; // pixels of a map
const NARROW = 300; // two maps stand below each other
const EDGE = 3; // for the frame of a window at the edge

/** Of a canvas as wide as this, with so many maps. @param {number} width @param {number} maps */
export const heightOf = (width, maps) => (maps > 1 && width < NARROW && width < MOST / 1.6 ? 2 : 1) * (HEAD + Math.min(width, MOST));

/** What the window spans. @param {number[]} shape of the window: size, stride, padding, dilation */
export const reachOf = ([size, , , dilation]) => dilation * (size - 1) + 1;

/** The padded picture. @param {Slid} s @param {Surface} page */
function inputBox({ from, shape }, { width, height }) {
  const [rows, columns] = from.map((n) => n + 2 * shape[2]);
  const each = Math.min((width - 2 * EDGE) / columns, (height - HEAD - 2 * EDGE) / rows);
  return { x: EDGE, y: HEAD + EDGE, w: columns * each, h: rows * each, each };
}

/** The maps of the output. @param {Slid} s @param {Surface} page @returns {Box[]} */
function outputBoxes({ maps, out: [rows, columns] }, { width, height }) {
  const stacked = maps.length > 1 && width < NARROW;
  const beside = maps.length > 1 && !stacked;
  const wide = (beside ? (width - GAP) / 2 : width) - 2 * EDGE;
  const high = (stacked ? height / 2 : height) - HEAD - 2 * EDGE;
  const each = Math.min(wide / columns, high / rows);
  return maps.map((_, i) => ({
    x: EDGE + (beside ? i * Math.max(columns * each + GAP + 2 * EDGE, 118) : 0), y: HEAD + EDGE + (stacked ? (i * height) / 2 : 0), w: columns * each, h: rows * each,
  }));
}

/** The cell of the output under a place; null beside it. @param {Slid} s @param {Surface} page @param {number} x @param {number} y */
export function outputAt(s, page, x, y) {
  const box = s.possible ? outputBoxes(s, page).find((b) => within(b, x, y)) : null;
  return box ? cellAt(box, s.out, x, y) : null;
}

/** The cell whose window is nearest to a place on the picture; null beside it. @param {Slid} s @param {Surface} page @param {number} x @param {number} y */
export function windowAt(s, page, x, y) {
  const box = inputBox(s, page);
  if (!s.possible || !within(box, x, y)) return null;
  const [row, column] = [y - box.y, x - box.x].map((v, i) => Math.max(0, Math.min(s.out[i] - 1, Math.round((v / box.each - reachOf(s.shape) / 2) / s.shape[1]))));
  return { row, column };
}

/** @param {Surface} page @param {Theme} theme @param {Slid} s */
export function drawInput(page, theme, s) {
  const { ctx, width, height } = page;
  const [, , padding] = s.shape;
  const box = inputBox(s, page);
  const { x, y, each } = box;
  const [rows, columns] = s.from;
  ctx.clearRect(0, 0, width, height);
  heading(ctx, theme, padding ? `Padded ${rows + 2 * padding} × ${columns + 2 * padding}` : `Picture ${rows} × ${columns}`, { ...box, y: HEAD });
  if (padding) ring(ctx, theme, box, padding);
  map(ctx, theme, s.input, s.from, { x: x + padding * each, y: y + padding * each, w: columns * each, h: rows * each }, 1);
  if (s.possible) stands(ctx, theme, s, box);
  ctx.save();
  ctx.beginPath();
  ctx.rect(0, HEAD - 2, width, height - HEAD + 2);
  ctx.clip(); // a window that does not fit reaches beyond the canvas
  taken(ctx, theme, s, box);
  ctx.restore();
}

/** The padding: zeros, hatched. @param {CanvasRenderingContext2D} ctx @param {Theme} theme @param {Box & {each: number}} box @param {number} padding */
function ring(ctx, theme, { x, y, w, h, each }, padding) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(x, y, w, h);
  ctx.clip();
  ctx.strokeStyle = theme.border;
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (let d = -h; d < w; d += 7) {
    ctx.moveTo(x + d, y + h);
    ctx.lineTo(x + d + h, y);
  }
  ctx.stroke();
  ctx.restore();
  ctx.strokeStyle = theme.faint;
  ctx.lineWidth = 1;
  ctx.setLineDash([4, 3]);
  ctx.strokeRect(x, y, w, h);
  ctx.setLineDash([]);
  if (each * padding < 16) return;
  ctx.font = `14px ${theme.font}`;
  ctx.fillStyle = theme.text;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  for (const [u, v] of [[0.5, 0], [0.5, 1], [0, 0.5], [1, 0.5]]) {
    const edge = (padding * each) / 2;
    ctx.fillText("0", x + edge + u * (w - 2 * edge), y + edge + v * (h - 2 * edge));
  }
}

/** A dot in the middle of each place of the window. @param {CanvasRenderingContext2D} ctx @param {Theme} theme @param {Slid} s @param {Box & {each: number}} box */
function stands(ctx, theme, { shape, out, at }, { x, y, each }) {
  const [, stride] = shape;
  const middle = reachOf(shape) / 2;
  const size = Math.max(0.7, Math.min(3, stride * each * 0.09));
  ctx.fillStyle = theme.text;
  ctx.globalAlpha = stride === 1 ? 0.25 : 0.7;
  for (let r = 0; r < out[0]; r++) {
    for (let c = 0; c < out[1]; c++) ctx.fillRect(x + (c * stride + middle) * each - size, y + (r * stride + middle) * each - size, 2 * size, 2 * size);
  }
  ctx.globalAlpha = 1;
  mark(ctx, "circle", x + (at[1] * stride + middle) * each, y + (at[0] * stride + middle) * each, size + 1.5);
  ctx.fill();
}

/** The window: its outline and, where they lie apart, each pixel that it takes. @param {CanvasRenderingContext2D} ctx @param {Theme} theme @param {Slid} s @param {Box & {each: number}} box */
function taken(ctx, theme, s, { x, y, each }) {
  const [size, stride, , dilation] = s.shape;
  const reach = reachOf(s.shape);
  const [top, left] = s.possible ? [s.at[0] * stride, s.at[1] * stride] : [0, 0];
  const whole = { x: x + left * each, y: y + top * each, w: reach * each, h: reach * each };
  const pixel = (/** @type {number} */ i) => ({ x: x + (left + (i % size) * dilation) * each, y: y + (top + Math.floor(i / size) * dilation) * each, w: each, h: each });
  if (dilation === 1) frame(ctx, theme, whole, 2.5, theme.text);
  else {
    ctx.strokeStyle = theme.text;
    ctx.lineWidth = 1.5;
    ctx.setLineDash([5, 4]);
    ctx.strokeRect(whole.x, whole.y, whole.w, whole.h);
    ctx.setLineDash([]);
    for (let i = 0; i < size * size; i++) frame(ctx, theme, pixel(i), 1.5, theme.text);
  }
  if (s.at[2] < 0) return;
  const won = pixel(s.at[2]);
  ctx.fillStyle = theme.text;
  ctx.strokeStyle = theme.background;
  ctx.lineWidth = 3;
  mark(ctx, "star", won.x + each / 2, won.y + each / 2, Math.max(5, each * 0.45));
  ctx.stroke();
  ctx.fill();
}

/** @param {Surface} page @param {Theme} theme @param {Slid} s @param {{pinned: boolean, shown: number}} look `shown`: cells so far, while the window slides */
export function drawOutput(page, theme, s, { pinned, shown }) {
  const { ctx, width, height } = page;
  const [rows, columns] = s.out;
  ctx.clearRect(0, 0, width, height);
  if (!s.possible) return heading(ctx, theme, "No output", { x: EDGE, y: HEAD, w: 0, h: 0 });
  const names = s.maps.length > 1 ? ["Largest", "Mean"] : ["Output"];
  const chosen = s.operation === "average" ? 1 : 0;
  outputBoxes(s, page).forEach((box, i) => {
    heading(ctx, theme, `${names[i]} ${rows} × ${columns}`, { ...box, y: box.y - EDGE });
    map(ctx, theme, s.maps[i], s.out, box, s.maps.length > 1 ? 1 : largest(s.maps[i]));
    const [h, w] = [box.h / rows, box.w / columns];
    const [row, rest] = [Math.floor(shown / columns), shown % columns];
    ctx.fillStyle = theme.background;
    if (shown < rows * columns) {
      ctx.fillRect(box.x + rest * w, box.y + row * h, box.w - rest * w, h);
      ctx.fillRect(box.x, box.y + (row + 1) * h, box.w, box.h - (row + 1) * h);
    }
    frame(ctx, theme, { x: box.x + s.at[1] * w, y: box.y + s.at[0] * h, w, h }, pinned && i === chosen ? 3.5 : 2, theme.text);
  });
}
