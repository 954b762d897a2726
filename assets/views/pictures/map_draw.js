/**
 * Maps of numbers, frames on them and small tables of numbers, as all views of a single window draw them.
 *
 * @import { Theme } from "../../kit/types.d.ts"
 * @typedef {{x: number, y: number, w: number, h: number}} Box
 */
import { haloed, label } from "../../kit/canvas.js";
import { figure } from "../../kit/numbers.js";
import { tint } from "../../kit/palette.js";

/** @param {Box} b @param {number} x @param {number} y */
export const within = (b, x, y) => x >= b.x && x < b.x + b.w && y >= b.y && y < b.y + b.h;

/** The cell of a map under a place in its box. @param {Box} box @param {number[]} shape @param {number} x @param {number} y */
export const cellAt = (box, [rows, columns], x, y) => ({
  row: Math.min(rows - 1, Math.floor(((y - box.y) / box.h) * rows)),
  column: Math.min(columns - 1, Math.floor(((x - box.x) / box.w) * columns)),
});

/** The largest of their sizes. @param {ArrayLike<number>} values */
export function largest(values) {
  let most = 1e-9;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]));
  return most;
}

/** A name above a box. @param {CanvasRenderingContext2D} ctx @param {Theme} theme @param {string} text @param {Box} box */
export function heading(ctx, theme, text, { x, y }) {
  ctx.textAlign = "left";
  ctx.textBaseline = "alphabetic";
  label(ctx, theme, text, x, y - 6);
}

/**
 * Blue above 0, orange below. @param {CanvasRenderingContext2D} ctx @param {Theme} theme @param {ArrayLike<number>} values
 * @param {number[]} shape @param {Box} box @param {number} [most] the number of the strongest colour
 */
export function map(ctx, theme, values, [rows, columns], { x, y, w, h }, most = largest(values)) {
  const image = new ImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < pixels.length; i++) pixels[i] = theme.lut[Math.max(0, Math.min(255, Math.round(127.5 * (values[i] / most + 1))))];
  const sheet = new OffscreenCanvas(columns, rows);
  sheet.getContext("2d")?.putImageData(image, 0, 0);
  ctx.imageSmoothingEnabled = false;
  ctx.drawImage(sheet, x, y, w, h);
  ctx.strokeStyle = theme.border;
  ctx.lineWidth = 1;
  ctx.strokeRect(x - 0.5, y - 0.5, w + 1, h + 1);
}

/** @param {CanvasRenderingContext2D} ctx @param {Theme} theme @param {Box} box @param {number} wide @param {string} [colour] */
export function frame(ctx, theme, { x, y, w, h }, wide, colour = theme.primary) {
  ctx.strokeStyle = theme.background;
  ctx.lineWidth = wide + 2;
  ctx.strokeRect(x, y, w, h);
  ctx.strokeStyle = colour;
  ctx.lineWidth = wide;
  ctx.strokeRect(x, y, w, h);
}

/** @param {CanvasRenderingContext2D} ctx @param {Theme} theme @param {Float32Array} values @param {number} k @param {Box} box */
export function numbers(ctx, theme, values, k, { x, y, w }) {
  const each = w / k;
  const most = largest(values);
  values.forEach((v, i) => {
    const [left, top] = [x + (i % k) * each, y + Math.floor(i / k) * each];
    ctx.fillStyle = tint(theme, (0.7 * v) / most);
    ctx.fillRect(left, top, each - 1, each - 1);
    if (each < 38) return;
    ctx.font = `14px ${theme.font}`;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillStyle = theme.text;
    haloed(ctx, figure(v), left + each / 2, top + each / 2, { rim: tint(theme, (0.7 * v) / most), width: 3 });
  });
}
