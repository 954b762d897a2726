/**
 * Draws the loss on a straight line between two sets of weights, with the chord between its ends and the barrier above it.
 *
 * @import { Scale } from "../../kit/axes.js"
 * @import { Surface, Theme } from "../../kit/types.d.ts"
 * @typedef {{alpha: Float64Array, train: Float64Array, test: Float64Array, barrier: Float64Array}} Losses at the shares `alpha` of the way
 * @typedef {{names: string[], log: boolean, lines: {words: string, losses: Float64Array, colour: string, dash: number[]}[]}} Look `names` of the ends
 */
import { boxOf, drawAxes, drawLine, linear, logarithmic, marksAt } from "../../kit/axes.js";
import { stroke } from "../../kit/canvas.js";
import { number } from "../../kit/numbers.js";

const ROOM = { left: 62, right: 16, top: 34, bottom: 52 };
const FLOOR = 1e-9;
const LEGEND = 140; // pixels an entry

/** @param {Surface} page @param {Theme} theme @param {Losses} found @param {Look} look */
export function drawLosses(page, theme, found, { names, log, lines }) {
  const { ctx, width, height } = page;
  const { alpha } = found;
  const box = boxOf(page, ROOM);
  const y = losses(lines.flatMap((line) => [...line.losses]), log, [box.bottom, box.top]);
  if (!width || !y) return;
  ctx.clearRect(0, 0, width, height);
  const x = linear([alpha[0], alpha[alpha.length - 1]], [box.left, box.right]);
  const marks = marksAt([0.25, 0.5, 0.75], (share) => `${100 * share} %`);
  drawAxes(page, theme, box, { x: { scale: x, marks, name: "position on the line", beside: true }, y: { scale: y, grid: true, name: "loss" } });
  ctx.font = `600 14px ${theme.font}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "top";
  ctx.fillStyle = theme.text;
  [0, 1].forEach((end) => {
    stroke(ctx, [[x.at(end), box.top], [x.at(end), box.bottom]], theme.faint, 1, [2, 4]);
    ctx.fillText(names[end], x.at(end), box.bottom + 5);
  });
  for (const line of [...lines].reverse()) drawLine(ctx, alpha.length, (i) => x.at(alpha[i]), (i) => (Number.isFinite(line.losses[i]) ? y.at(line.losses[i]) : NaN), { colour: line.colour, width: 2.5, dash: line.dash });
  drawBarrier(ctx, theme, found, { x, y });
  drawLegend(ctx, theme, lines, box.right - 250);
}

/** A scale with some room above and below; null where no loss is a number. @param {number[]} values @param {boolean} log @param {number[]} pixels */
function losses(values, log, pixels) {
  const finite = values.filter(Number.isFinite).map((v) => (log ? Math.log10(Math.max(v, FLOOR)) : v));
  if (!finite.length) return null;
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const room = 0.06 * (high - low || Math.abs(high) || 1);
  return log ? logarithmic([10 ** (low - room), 10 ** (high + room)], pixels) : linear([Math.max(0, low - room), high + room], pixels);
}

/** A loss at an end of the line, 0 or 1. @param {Losses} found @param {number} end */
export function lossAt({ alpha, train }, end) {
  let best = 0;
  alpha.forEach((a, i) => {
    if (Math.abs(a - end) < Math.abs(alpha[best] - end)) best = i;
  });
  return train[best];
}

/** The chord between the ends and, where the loss rises above it, an arrow as high as the barrier. @param {CanvasRenderingContext2D} ctx @param {Theme} theme @param {Losses} found @param {{x: Scale, y: Scale}} plot */
function drawBarrier(ctx, theme, found, { x, y }) {
  const { alpha, train, barrier } = found;
  const [first, last] = [lossAt(found, 0), lossAt(found, 1)];
  if (!Number.isFinite(first + last)) return;
  const chord = (/** @type {number} */ a) => first + a * (last - first);
  stroke(ctx, Array.from({ length: 41 }, (_, i) => [x.at(i / 40), y.at(chord(i / 40))]), theme.faint, 1.5, [4, 4]);
  let top = -1;
  alpha.forEach((a, i) => {
    if (a >= 0 && a <= 1 && (top < 0 || train[i] - chord(a) > train[top] - chord(alpha[top]))) top = i;
  });
  const [px, from, to] = [x.at(alpha[top]), y.at(chord(alpha[top])), y.at(train[top])];
  if (!(from - to > 8)) return;
  stroke(ctx, [[px, from], [px, to + 6]], theme.bad, 2);
  ctx.fillStyle = theme.bad;
  ctx.beginPath();
  ctx.moveTo(px, to);
  ctx.lineTo(px - 5, to + 9);
  ctx.lineTo(px + 5, to + 9);
  ctx.fill();
  ctx.font = `600 14px ${theme.font}`;
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  ctx.fillText(`barrier ${number(barrier[0], 3)}`, px + 9, (from + to) / 2);
}

/** @param {CanvasRenderingContext2D} ctx @param {Theme} theme @param {Look["lines"]} lines @param {number} left */
function drawLegend(ctx, theme, lines, left) {
  ctx.font = `14px ${theme.font}`;
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  ctx.fillStyle = theme.text;
  lines.forEach(({ words, colour, dash }, i) => {
    const at = left + i * LEGEND;
    stroke(ctx, [[at, 14], [at + 26, 14]], colour, 2.5, dash);
    ctx.fillText(words, at + 32, 14);
  });
}
