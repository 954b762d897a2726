/**
 * Draws the learning rate beside its limit, the largest eigenvalues, and the limit over the run.
 *
 * @import { Box } from "../../kit/axes.js"
 * @import { Surface, Theme } from "../../kit/types.d.ts"
 * @typedef {{step: number, limit: number, lr: number}} Past a measurement: 2/λmax and the learning rate then
 * @typedef {{bound: number, words: string}} Bound of the learning rate, and its formula
 */
import { drawAxes, drawLine, linear, logarithmic, marksAt } from "../../kit/axes.js";
import { number, subscript, tickText } from "../../kit/numbers.js";
import { css, rgb } from "../../kit/palette.js";

/** The learning rate in force on a logarithmic bar, green below its bound and red above it. @param {Surface} page @param {Theme} theme @param {Box} box @param {{lr: number} & Bound} of */
export function drawRate(page, theme, box, { lr, bound, words }) {
  const { ctx } = page;
  const { left, right } = box;
  const known = Number.isFinite(bound);
  const rates = known ? [lr, bound] : [lr];
  const x = logarithmic([Math.min(...rates) / 10, Math.max(...rates) * 10], [left, right]);
  const edge = known ? x.at(bound) : right;
  ctx.fillStyle = css(rgb(theme.good), 0.3);
  ctx.fillRect(left, box.top, edge - left, box.bottom - box.top);
  ctx.fillStyle = css(rgb(theme.bad), 0.3);
  ctx.fillRect(edge, box.top, right - edge, box.bottom - box.top);
  drawAxes(page, theme, box, { x: { scale: x, marks: 8, strokes: true } });
  if (known) drawFlag(ctx, theme, box, { x: edge, up: false, colour: theme.bad, text: `${words} = ${number(bound, 3)}` });
  drawFlag(ctx, theme, box, { x: x.at(lr), up: true, colour: theme.text, text: `learning rate ${tickText(lr)}` });
}

/** @param {CanvasRenderingContext2D} ctx @param {Theme} theme @param {Box} box @param {{x: number, up: boolean, colour: string, text: string}} flag */
function drawFlag(ctx, theme, { left, right, top, bottom }, { x, up, colour, text }) {
  const y = up ? top : bottom;
  const side = up ? -1 : 1;
  ctx.fillStyle = colour;
  ctx.fillRect(x - 1.5, top, 3, bottom - top);
  ctx.beginPath();
  ctx.moveTo(x, y);
  ctx.lineTo(x - 6, y + side * 9);
  ctx.lineTo(x + 6, y + side * 9);
  ctx.fill();
  ctx.font = `600 14px ${theme.font}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  const half = ctx.measureText(text).width / 2;
  ctx.fillText(text, Math.max(left + half, Math.min(right - half, x)), y + side * (up ? 21 : 31));
}

/** Bars, outlined ones of the run beside this one. @param {Surface} page @param {Theme} theme @param {Box} box @param {{values: Float64Array, others: ArrayLike<number>}} of */
export function drawEigenvalues({ ctx }, theme, { left, right, top, bottom }, { values, others }) {
  const all = [...values, ...Array.from(others)];
  const y = linear([Math.min(0, ...all), Math.max(1e-12, ...all)], [bottom, top]);
  const bar = (/** @type {number} */ v) => /** @type {const} */ ([Math.min(y.at(v), y.at(0)), Math.abs(y.at(v) - y.at(0))]);
  drawTitle(ctx, theme, "Largest eigenvalues of the Hessian", left - 40, top);
  const pitch = (right - left) / values.length;
  ctx.textAlign = "center";
  values.forEach((v, i) => {
    const middle = left + pitch * (i + 0.5);
    const [upper, high] = bar(v);
    ctx.fillStyle = v < 0 ? theme.negative : theme.positive;
    ctx.fillRect(middle - pitch * 0.34, upper, pitch * 0.68, Math.max(1.5, high));
    ctx.fillStyle = theme.text;
    ctx.font = `14px ${theme.font}`;
    if (pitch > 30) ctx.fillText(number(v, 2), middle, upper - 10);
    ctx.fillText(`λ${subscript(i + 1)}`, middle, bottom + 16);
    if (i >= others.length) return;
    const [above, tall] = bar(others[i]);
    ctx.strokeStyle = theme.text;
    ctx.lineWidth = 2;
    ctx.strokeRect(middle - pitch * 0.42, above, pitch * 0.84, tall);
  });
  ctx.fillStyle = theme.faint;
  ctx.fillRect(left, y.at(0) - 0.5, right - left, 1);
}

/** 2/λmax at every measurement against the learning rate: with full batches it sinks to it and stays (Cohen et al. 2021). @param {Surface} page @param {Theme} theme @param {Box} box @param {Past[]} all */
export function drawPast(page, theme, box, all) {
  const { ctx } = page;
  const { left, right, top, bottom } = box;
  const past = all.filter((p) => Number.isFinite(p.limit));
  drawTitle(ctx, theme, "2/λmax over the run", left - 46, top);
  if (past.length < 2) {
    ctx.font = `14px ${theme.font}`;
    ctx.fillStyle = theme.faint;
    ctx.fillText("Play: each measurement adds a point.", left - 40, (top + bottom) / 2);
    return;
  }
  const values = past.flatMap((p) => [p.limit, p.lr]);
  const [first, last] = [past[0], past[past.length - 1]];
  const x = linear([first.step, last.step], [left, right]);
  const y = logarithmic([Math.min(...values) / 10 ** 0.15, Math.max(...values) * 10 ** 0.15], [bottom, top]);
  const marks = marksAt([first.step, last.step], (step) => `step ${step}`);
  drawAxes(page, theme, box, { x: { scale: x, marks, inside: true }, y: { scale: y, grid: true } });
  drawLine(ctx, past.length, (i) => x.at(past[i].step), (i) => y.at(past[i].lr), { colour: theme.text, width: 2.5, dash: [6, 4] });
  drawLine(ctx, past.length, (i) => x.at(past[i].step), (i) => y.at(past[i].limit), { colour: theme.bad, width: 2.5 });
  ctx.font = `600 14px ${theme.font}`;
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  const side = last.lr < last.limit ? 1 : -1; // the names stand on the outer sides of the two lines
  ctx.fillStyle = theme.bad;
  ctx.fillText("2/λmax", right - 4, y.at(last.limit) - side * 12);
  ctx.fillStyle = theme.text;
  ctx.fillText("learning rate", right - 4, y.at(last.lr) + side * 12);
}

/** @param {CanvasRenderingContext2D} ctx @param {Theme} theme @param {string} words @param {number} x @param {number} top of the plot */
function drawTitle(ctx, theme, words, x, top) {
  ctx.font = `600 14px ${theme.font}`;
  ctx.fillStyle = theme.text;
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  ctx.fillText(words, x, top - 26);
}
