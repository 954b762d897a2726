/**
 * Draws the wall: headings, maps with what they carry, the answer, and at the foot the channel that is pointed at.
 *
 * @import { Surface, Theme } from "../../kit/types.d.ts"
 * @import { Picture, Strip } from "./paint.js"
 * @import { Plan, Stage, Tile } from "./tiles.js"
 * @import { Seen } from "./wall.js"
 * @typedef {object} Wall what is drawn
 * @property {Surface} page
 * @property {Theme | null} colours
 * @property {Plan | null} plan
 * @property {Seen | null} seen
 * @property {Stage[]} stages
 * @property {Strip[]} strips
 * @property {Picture | null} picture
 * @property {Tile | null} hover
 * @property {{at: number, kernels: Uint8Array}[]} past
 * @property {HTMLElement} scroll
 * @property {() => [number, number][]} off
 * @property {() => import("./receptive.js").Field | null} field
 * @property {() => {stage: number, channel: number} | null} strongest
 * @property {(stage: number) => string} named
 * @property {(c: number) => string} className
 */
import { fitted, haloed, wrapped } from "../../kit/canvas.js";
import { classColour } from "../../kit/palette.js";
import { BAR, isMap } from "./tiles.js";
import { percent } from "../../kit/stages.js";

export const FOOT = 62; // the channel that is pointed at: its map, its kernel and how that has changed
export const PAST = 12; // kernels of before
const LETTERS = 18; // pixels from line to line
const LOWEST = 17; // of a row with a text of its own
const HINT = "Blue bars speak for the answer, orange ones against it. Click a map to switch it off.";

/** @param {Wall} v */
export function drawWall(v) {
  const { page, plan, stages } = v;
  const theme = /** @type {Theme} */ (v.colours);
  page.ctx.clearRect(0, 0, page.width, page.height);
  const off = new Set(v.off().map((pair) => pair.join()));
  for (const { stage, x, width, tiles } of /** @type {Plan} */ (plan).columns) {
    heading(v, theme, stage, x, width);
    if (stage === stages.length - 1) answers(v, theme, tiles);
    else for (const tile of tiles) drawTile(v, theme, tile, off.has(`${tile.stage},${tile.channel}`));
  }
  seen(v, theme, /** @type {Plan} */ (plan).columns[0].tiles[0]);
  if (v.hover) detail(v, theme, v.hover);
  else hint(v, theme);
}

/** @param {Wall} v @param {Theme} theme @param {number} stage @param {number} x @param {number} width */
function heading(v, theme, stage, x, width) {
  const { ctx } = v.page;
  const { channels, height, width: wide } = v.stages[stage];
  ctx.textAlign = "center";
  ctx.textBaseline = "top";
  ctx.fillStyle = theme.text;
  ctx.font = `600 14px ${theme.font}`;
  ctx.fillText(fitted(ctx, v.named(stage), width + 12), x + width / 2, 0);
  ctx.fillStyle = theme.faint;
  ctx.font = `14px ${theme.font}`;
  const place = `${stage ? `${channels} of ` : ""}${height}×${wide}`;
  const whole = height * wide > 1 && ctx.measureText(place).width <= width + 14;
  ctx.fillText(whole ? place : String(channels), x + width / 2, 17);
}

/** @param {Wall} v @param {Theme} theme @param {Tile} tile @param {boolean} off */
function drawTile(v, theme, tile, off) {
  const { ctx } = v.page;
  const { x, y, w, h } = tile;
  ctx.globalAlpha = off ? 0.25 : 1;
  if (tile.stage === 0) v.picture?.draw(ctx, x, y, w, h);
  else v.strips[tile.stage].draw(ctx, tile.channel, x, y, w, h);
  ctx.globalAlpha = 1;
  const is = (/** @type {{stage: number, channel: number} | null} */ one) => one?.stage === tile.stage && one.channel === tile.channel;
  const hot = is(v.hover);
  const best = is(v.strongest());
  ctx.strokeStyle = hot ? theme.primary : best ? theme.text : theme.border;
  ctx.lineWidth = hot || best ? 2 : 1;
  ctx.strokeRect(x - 0.5, y - 0.5, w + 1, h + 1);
  if (off) cross(ctx, theme.bad, tile);
  if (tile.stage && isMap(v.stages[tile.stage])) bar(v, theme, tile);
}

/** A frame on the picture: what the cell that is pointed at can see. @param {Wall} v @param {Theme} theme @param {Tile} picture */
function seen(v, theme, { x, y, w, h }) {
  const field = v.field();
  if (!field) return;
  const { height, width } = v.stages[0];
  const box = /** @type {[number, number, number, number]} */ ([x + (field.left / width) * w, y + (field.top / height) * h, ((field.right - field.left + 1) / width) * w, ((field.bottom - field.top + 1) / height) * h]);
  for (const [colour, wide] of /** @type {[string, number][]} */ ([[theme.background, 4], [theme.primary, 2]])) {
    v.page.ctx.strokeStyle = colour;
    v.page.ctx.lineWidth = wide;
    v.page.ctx.strokeRect(...box);
  }
}

/** What it carries, from the middle: to the right for the answer, to the left against it. @param {Wall} v @param {Theme} theme @param {Tile} tile */
function bar(v, theme, { stage, channel, x, y, w, h }) {
  const { ctx } = v.page;
  const share = /** @type {Seen} */ (v.seen).shares[v.stages[stage].first + channel];
  ctx.fillStyle = theme.border;
  ctx.fillRect(x + w / 2 - 0.5, y + h + 1, 1, BAR);
  ctx.fillStyle = share < 0 ? theme.negative : theme.positive;
  const wide = (Math.min(1, Math.abs(share)) ** 0.5 * w) / 2; // the root: small shares are seen, too
  ctx.fillRect(share < 0 ? x + w / 2 - wide : x + w / 2, y + h + 2, wide, BAR - 2);
}

/** A bar a class; the right one has a frame. @param {Wall} v @param {Theme} theme @param {Tile[]} tiles */
function answers(v, theme, tiles) {
  const { ctx } = v.page;
  const { answer, classes } = /** @type {Seen} */ (v.seen);
  const n = answer.length / 2;
  const told = toldOf(answer, n, tiles, classes[1]);
  for (let c = 0; c < n; c++) {
    const { x, y, w, h } = tiles[Math.min(c, tiles.length - 1)];
    ctx.fillStyle = classColour(theme, c);
    ctx.globalAlpha = 0.75;
    ctx.fillRect(x, y + 1, Math.max(1, w * answer[c]), h - 3);
    ctx.globalAlpha = 1;
    if (c === classes[1]) {
      ctx.strokeStyle = theme.text;
      ctx.lineWidth = 2;
      ctx.strokeRect(x + 1, y, w - 2, h - 2);
    }
    if (!told.has(c)) continue;
    ctx.font = `${c === classes[0] ? 700 : 400} 14px ${theme.font}`;
    ctx.fillStyle = theme.text;
    ctx.textBaseline = "middle";
    ctx.textAlign = "left";
    haloed(ctx, fitted(ctx, v.className(c), w - 48), x + 5, y + h / 2, { rim: theme.background, width: 3 });
    ctx.textAlign = "right";
    haloed(ctx, percent(answer[c]), x + w - 4, y + h / 2, { rim: theme.background, width: 3 });
  }
}

/**
 * The classes with a text: all, or where the rows are lower than their letters the likeliest, as far apart as letters are high; the right one comes second.
 * @param {ArrayLike<number>} answer @param {number} n @param {Tile[]} tiles @param {number} right
 */
export function toldOf(answer, n, tiles, right) {
  const apart = Math.ceil(LOWEST / Math.max(1, tiles[0]?.h ?? 1));
  const all = Array.from({ length: n }, (_, c) => c).sort((a, b) => answer[b] - answer[a]);
  const first = right >= 0 ? [all[0], right, ...all] : all;
  /** @type {Set<number>} */
  const told = new Set();
  for (const c of first) if ([...told].every((other) => Math.abs(other - c) >= apart)) told.add(c);
  return told;
}

/** @param {Wall} v @param {Theme} theme */
function hint({ page: { ctx, height }, scroll }, theme) {
  ctx.font = `14px ${theme.font}`;
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  ctx.fillStyle = theme.faint;
  const lines = wrapped(ctx, HINT, scroll.clientWidth);
  lines.forEach((line, i) => ctx.fillText(line, scroll.scrollLeft, height - FOOT / 2 + (i - (lines.length - 1) / 2) * LETTERS));
}

/** The channel that is pointed at: its map, its kernel, and the kernel's past. @param {Wall} v @param {Theme} theme @param {Tile} tile */
function detail(v, theme, tile) {
  const { page: { ctx, height }, scroll } = v;
  const stage = v.stages[tile.stage];
  const side = FOOT - 10;
  const y = height - side;
  let x = scroll.scrollLeft;
  if (tile.stage === 0) v.picture?.draw(ctx, x, y, side, side);
  else v.strips[tile.stage].draw(ctx, tile.channel, x, y, side, side);
  x += side + 10;
  if (!stage.kernel) return;
  kernel(v, theme, /** @type {Seen} */ (v.seen).kernels, tile, { x, y, side });
  x += side + 10;
  ctx.font = `14px ${theme.font}`;
  ctx.textAlign = "left";
  ctx.textBaseline = "top";
  ctx.fillStyle = theme.faint;
  ctx.fillText("its strongest kernel now, and before", x, y - 2);
  const small = Math.min(side * 0.6, Math.max(10, (scroll.clientWidth - (x - scroll.scrollLeft)) / PAST - 3));
  v.past.forEach(({ kernels }, i) => kernel(v, theme, kernels, tile, { x: x + i * (small + 3), y: y + side - small, side: small }));
}

/** @param {Wall} v @param {Theme} theme @param {ArrayLike<number>} bytes @param {Tile} tile @param {{x: number, y: number, side: number}} place */
function kernel({ page: { ctx }, stages }, theme, bytes, { stage, channel }, { x, y, side }) {
  const { kernel: k, kernelByte } = stages[stage];
  const each = side / k;
  for (let i = 0; i < k * k; i++) {
    const c = theme.lut[bytes[kernelByte + channel * k * k + i]];
    ctx.fillStyle = `rgb(${c & 255} ${(c >> 8) & 255} ${(c >> 16) & 255})`;
    ctx.fillRect(x + (i % k) * each, y + Math.floor(i / k) * each, each + 0.5, each + 0.5);
  }
  ctx.strokeStyle = theme.border;
  ctx.lineWidth = 1;
  ctx.strokeRect(x - 0.5, y - 0.5, side + 1, side + 1);
}

/** @param {CanvasRenderingContext2D} ctx @param {string} colour @param {Tile} tile */
function cross(ctx, colour, { x, y, w, h }) {
  ctx.beginPath();
  for (const [x0, y0, x1, y1] of [[x, y, x + w, y + h], [x + w, y, x, y + h]]) {
    ctx.moveTo(x0, y0);
    ctx.lineTo(x1, y1);
  }
  ctx.strokeStyle = colour;
  ctx.lineWidth = 2;
  ctx.stroke();
}
