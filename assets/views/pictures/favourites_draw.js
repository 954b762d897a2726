/**
 * Draws what a channel likes: nine pictures with the patch that excites it, the classes of its favourites, what it sees, and the picture
 * that was made for it with what two networks say.
 *
 * @import { Arrays, Named, Surface, Theme } from "../../kit/types.d.ts"
 */
import { drawAxes, drawLine, linear } from "../../kit/axes.js";
import { fitted, mark } from "../../kit/canvas.js";
import { number } from "../../kit/numbers.js";
import { css, rgb } from "../../kit/palette.js";
import { across, sideOf } from "./favourites_words.js";
import { Picture } from "./paint.js";
import { percent } from "../../kit/stages.js";

const GAP = 8;
const LINES = 38; // of words below a picture
const ROW = 20; // of a bar
const MOST_BARS = 12;
const HEAD = 24; // over the bars
const TILE = 84;
const NARROW = 400;
const HEAT = 190;
const LEGEND = 22;
const PLOT = { height: 168, left: 34, right: 12, top: 30, bottom: 24 };
const MADE = 200;
const DASH = [6, 4];
const GAMMA = 0.6; // so that a weak gradient is seen, too

// ---- the favourites --------------------------------------------------------------------------------------------------------
/** @param {number} width */
const nine = (width) => Math.min(TILE, Math.floor(((width < NARROW ? width : 0.6 * width) - 2 * GAP) / 3));

/** @param {number} classes */
const bars = (classes) => HEAD + ROW * (Math.min(classes, MOST_BARS) + 1);

/** @param {number} width @param {number} classes */
export function heightOfNine(width, classes) {
  const high = 3 * (nine(width) + LINES);
  return width < NARROW ? high + GAP + bars(classes) : Math.max(high, bars(classes));
}

/** Where each of nine pictures stands. @param {number} width @param {number} k */
const placeOf = (width, k) => ({ x: (k % 3) * (nine(width) + GAP), y: Math.floor(k / 3) * (nine(width) + LINES), side: nine(width) });

/** The picture at a place; null where there is none. @param {number} width @param {number} n @param {number} px @param {number} py */
export function favouriteAt(width, n, px, py) {
  for (let k = 0; k < n; k++) {
    const { x, y, side } = placeOf(width, k);
    if (px >= x && px < x + side && py >= y && py < y + side + LINES) return k;
  }
  return null;
}

/** @param {Surface} page @param {Theme} theme @param {Arrays} found @param {Picture[]} pictures @param {{className: (c: number) => string, at: number | null, least: boolean}} how */
export function drawFavourites({ ctx, width, height }, theme, found, pictures, { className, at, least }) {
  ctx.clearRect(0, 0, width, height);
  const { liked_boxes: { data: boxes }, liked_values: { data: values }, liked_classes: { data: classes }, liked_range: { data: range } } = found;
  ctx.textBaseline = "top";
  ctx.textAlign = "left";
  pictures.forEach((picture, k) => {
    const { x, y, side } = placeOf(width, k);
    const place = { x, y, width: side, height: side };
    picture.draw(ctx, x, y, side, side);
    if (least || values[k] > range[0]) frame(ctx, theme, boxes, k, picture.shape, place, []);
    if (k === at) outline(ctx, theme, place);
    ctx.font = `600 14px ${theme.font}`;
    ctx.fillStyle = theme.text;
    ctx.fillText(fitted(ctx, className(classes[k]), side), x, y + side + 2);
    ctx.font = `14px ${theme.font}`;
    ctx.fillStyle = theme.faint;
    ctx.fillText(fitted(ctx, number(values[k], 3), side), x, y + side + 18);
  });
  const narrow = width < NARROW;
  const left = narrow ? 0 : placeOf(width, 2).x + nine(width) + 3 * GAP;
  drawShares(ctx, theme, found, className, { x: left, y: narrow ? 3 * (nine(width) + LINES) + GAP : 0, width: width - left });
}

/** @param {CanvasRenderingContext2D} ctx @param {Theme} theme @param {{x: number, y: number, width: number, height: number}} place */
function outline(ctx, theme, { x, y, width, height }) {
  ctx.strokeStyle = theme.primary;
  ctx.lineWidth = 3;
  ctx.strokeRect(x + 1.5, y + 1.5, width - 3, height - 3);
}

/** A box of pixels on a picture, dark within light so that it is seen on both. @param {CanvasRenderingContext2D} ctx @param {Theme} theme @param {ArrayLike<number>} boxes @param {number} i
 *  @param {number[]} shape of the picture @param {{x: number, y: number, width: number, height: number}} place @param {number[]} dash @param {string} [colour] */
function frame(ctx, theme, boxes, i, [, rows, columns], { x, y, width, height }, dash, colour = theme.warn) {
  const [sy, sx] = [height / rows, width / columns];
  const [high, wide] = sideOf(boxes, i);
  if (!high || !wide) return;
  const box = [x + boxes[4 * i + 1] * sx + 1, y + boxes[4 * i] * sy + 1, wide * sx - 2, high * sy - 2];
  ctx.setLineDash([]);
  ctx.strokeStyle = theme.halo;
  ctx.lineWidth = 4;
  ctx.strokeRect(box[0], box[1], box[2], box[3]);
  ctx.setLineDash(dash);
  ctx.strokeStyle = colour;
  ctx.lineWidth = 2;
  ctx.strokeRect(box[0], box[1], box[2], box[3]);
  ctx.setLineDash([]);
}

/** How often each class is among the favourites; a stroke stands where chance would put it. @param {CanvasRenderingContext2D} ctx @param {Theme} theme @param {Arrays} found
 *  @param {(c: number) => string} className @param {{x: number, y: number, width: number}} place */
function drawShares(ctx, theme, { liked_shares, liked_examples }, className, { x, y, width }) {
  const n = liked_shares.shape[1];
  const [top, all] = [liked_shares.data.subarray(0, n), liked_shares.data.subarray(n)];
  const total = Array.from(top).reduce((a, b) => a + b, 0);
  const order = Array.from({ length: n }, (_, c) => c);
  if (n > MOST_BARS) order.sort((a, b) => top[b] - top[a]);
  ctx.font = `600 14px ${theme.font}`;
  ctx.fillStyle = theme.text;
  ctx.fillText(fitted(ctx, `Classes of its ${total} favourites`, width), x, y + 2);
  ctx.font = `14px ${theme.font}`;
  const named = Math.min(0.45 * width, Math.max(...order.slice(0, MOST_BARS).map((c) => ctx.measureText(className(c)).width)) + GAP);
  const room = width - named - 26;
  const most = Math.max(1, ...top, (total * Math.max(...all)) / liked_examples.data[0]);
  order.slice(0, MOST_BARS).forEach((c, i) => {
    const at = y + HEAD + i * ROW;
    const length = (room * top[c]) / most;
    ctx.fillStyle = theme.text;
    ctx.fillText(fitted(ctx, className(c), named - 4), x, at + 2);
    ctx.fillStyle = theme.positive;
    ctx.fillRect(x + named, at + 3, length, ROW - 7);
    ctx.fillStyle = theme.faint;
    ctx.fillRect(x + named + (room * total * all[c]) / liked_examples.data[0] / most, at + 1, 2, ROW - 3);
    ctx.fillText(String(top[c]), x + named + Math.max(length, (room * total * all[c]) / liked_examples.data[0] / most) + 6, at + 2);
  });
  const below = y + HEAD + ROW * Math.min(n, MOST_BARS);
  ctx.fillRect(x + named, below + 3, 2, ROW - 5);
  ctx.fillText(fitted(ctx, "by chance", room), x + named + 8, below + 3);
}

// ---- what it sees ------------------------------------------------------------------------------------------------------------
export const heightOfSight = () => HEAT + GAP + PLOT.height;

/** @param {Surface} page @param {Theme} theme @param {Arrays} found @param {Named | undefined} picture that lies below @param {string[]} stages names, the picture left out */
export function drawSight(page, theme, found, picture, stages) {
  const { ctx, width, height } = page;
  ctx.clearRect(0, 0, width, height);
  const { sight_heat: { data: heat, shape: [rows, columns] }, sight_boxes: { data: boxes }, sight_facts: { data: facts } } = found;
  const side = Math.min(HEAT, 0.5 * width);
  const place = { x: 0, y: 0, width: side, height: (side * rows) / Math.max(rows, columns) };
  ctx.fillStyle = theme.panel;
  ctx.fillRect(0, 0, place.width, place.height);
  if (picture && picture.shape[1] === rows && picture.shape[2] === columns) {
    const below = new Picture(picture.shape);
    below.update(picture.data);
    ctx.globalAlpha = 0.35;
    below.draw(ctx, 0, 0, place.width, place.height);
    ctx.globalAlpha = 1;
  }
  const [sy, sx] = [place.height / rows, place.width / columns];
  const colour = rgb(theme.positive);
  const most = Math.max(1e-12, ...heat);
  heat.forEach((/** @type {number} */ v, /** @type {number} */ i) => {
    if (!v) return;
    ctx.fillStyle = css(colour, (v / most) ** GAMMA);
    ctx.fillRect((i % columns) * sx, Math.floor(i / columns) * sy, sx + 0.3, sy + 0.3);
  });
  frame(ctx, theme, boxes, 0, [1, rows, columns], place, []);
  frame(ctx, theme, boxes, 1, [1, rows, columns], place, DASH, theme.test);
  const texts = [
    { text: `can see ${across(sideOf(boxes))}`, colour: theme.warn, dash: [] },
    ...(sideOf(boxes, 1)[0] ? [{ text: `${percent(facts[2])} in ${across(sideOf(boxes, 1))}`, colour: theme.test, dash: DASH }] : []),
  ];
  texts.forEach((entry, i) => legend(ctx, theme, entry, side + 2 * GAP, i * LEGEND, width - side - 2 * GAP));
  ctx.fillStyle = theme.faint;
  [`${facts[0]} pictures, of which`, `${facts[1]} move it`].forEach((text, i) => ctx.fillText(fitted(ctx, text, width - side - 2 * GAP), side + 2 * GAP, (texts.length + i) * LEGEND + 4));
  drawSteps(page, theme, found, stages);
}

/** @param {CanvasRenderingContext2D} ctx @param {Theme} theme @param {{text: string, colour: string, dash: number[]}} entry @param {number} x @param {number} y @param {number} room */
function legend(ctx, theme, { text, colour, dash }, x, y, room) {
  drawLine(ctx, 2, (i) => x + 24 * i, () => y + 10, { colour, dash });
  ctx.font = `14px ${theme.font}`;
  ctx.textAlign = "left";
  ctx.textBaseline = "top";
  ctx.fillStyle = theme.text;
  ctx.fillText(fitted(ctx, text, room - 32), x + 32, y + 3);
}

/** From stage to stage: what the middle cell can see, and what moves it. @param {Surface} page @param {Theme} theme @param {Arrays} found @param {string[]} stages */
function drawSteps(page, theme, { sight_lines, sight_unit, sight_boxes }, stages) {
  const { ctx, width } = page;
  const n = sight_lines.shape[1];
  const [theory, measured] = [sight_lines.data.subarray(0, n), sight_lines.data.subarray(n)];
  const top = HEAT + GAP;
  const box = { left: PLOT.left, right: width - PLOT.right, top: top + PLOT.top, bottom: top + PLOT.height - PLOT.bottom };
  const x = linear([0, n], [box.left, box.right]);
  const y = linear([0, Math.max(...theory) * 1.06], [box.bottom, box.top]);
  drawAxes(page, theme, box, {
    x: { scale: x, marks: stages.map((name, i) => [i + 0.5, name]) },
    y: { scale: y, marks: 4, grid: true }, frame: true, title: "Pixels, stage by stage",
  });
  const steps = (/** @type {ArrayLike<number>} */ values, /** @type {string} */ colour, /** @type {number[]} */ dash) =>
    drawLine(ctx, 2 * n, (i) => x.at(Math.floor((i + 1) / 2)), (i) => y.at(values[Math.floor(i / 2)] || NaN), { colour, dash, spacing: 0 });
  steps(theory, theme.warn, []);
  steps(measured, theme.test, DASH);
  const own = Math.max(...sideOf(sight_boxes.data, 1));
  if (!own) return;
  mark(ctx, "circle", x.at(sight_unit.data[0] - 0.5), y.at(own), 5); // this channel
  ctx.fillStyle = theme.test;
  ctx.fill();
}

// ---- the made picture ----------------------------------------------------------------------------------------------------------
export const heightOfMade = () => MADE + GAP;

/** @param {Surface} page @param {Theme} theme @param {Arrays | null} found @param {(c: number) => string} className @param {number | null} wanted */
export function drawMade({ ctx, width, height }, theme, found, className, wanted) {
  ctx.clearRect(0, 0, width, height);
  if (!found) return;
  const { made_picture: { data, shape }, made_likely } = found;
  const side = Math.min(MADE, 0.45 * width);
  const picture = new Picture(shape);
  picture.update(data);
  picture.draw(ctx, 0, 0, side, side);
  const n = made_likely.shape[1];
  const left = side + 2 * GAP;
  const tops = [0, 1].map((i) => {
    const p = made_likely.data.subarray(i * n, (i + 1) * n);
    const order = Array.from({ length: n }, (_, c) => c).sort((a, b) => p[b] - p[a]).slice(0, 3);
    if (wanted !== null && !order.includes(wanted)) order[order.length - 1] = wanted;
    return { p, order };
  });
  ctx.font = `14px ${theme.font}`;
  ctx.textAlign = "left";
  ctx.textBaseline = "top";
  const named = Math.min(0.4 * (width - left), Math.max(...tops.flatMap(({ order }) => order).map((c) => ctx.measureText(className(c)).width)) + GAP);
  const room = width - left - named - 54;
  tops.forEach(({ p, order }, i) => {
    const y = i * (HEAD + 3 * ROW + 2 * GAP);
    ctx.font = `600 14px ${theme.font}`;
    ctx.fillStyle = theme.text;
    ctx.fillText(fitted(ctx, i ? "A second network" : "This network", width - left), left, y + 2);
    ctx.font = `14px ${theme.font}`;
    order.forEach((c, k) => {
      const at = y + HEAD + k * ROW;
      ctx.fillStyle = theme.text;
      ctx.fillText(fitted(ctx, className(c), named - 4), left, at + 2);
      ctx.fillStyle = c === wanted ? theme.positive : theme.faint;
      ctx.fillRect(left + named, at + 3, room * p[c], ROW - 7);
      ctx.fillStyle = theme.text;
      ctx.fillText(percent(p[c]), left + named + room * p[c] + 6, at + 2);
    });
  });
}
