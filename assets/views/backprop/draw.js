/**
 * Draws the picture of one update: boxes with the numbers of their neurons, lines with the numbers of their weights.
 *
 * @import { Theme } from "../../kit/types.d.ts"
 * @import { Box, Input, Link, Neuron, Part, Plan } from "./layout.js"
 * @import { Numbers, Parameter } from "./names.js"
 * @import { Step } from "./steps.js"
 * @typedef {object} Look
 * @property {Numbers} r
 * @property {Plan} plan
 * @property {Map<string, number>} seen where in the walk each thing becomes known
 * @property {Step[]} steps
 * @property {number} at the place in the walk
 * @property {Step[]} now the steps that are being made
 * @property {number} e the example that is shown
 * @property {(Parameter & {index: number}) | null} focus the parameter whose chain rule is written out
 * @property {Part | null} hover what lies under the pointer
 * @property {number} travel 0…1, how far the dots on their lines have come
 * @property {Theme} theme
 * @typedef {Look & {phase: string, fresh: Set<string>}} Picture `fresh`: what becomes known just now
 * @typedef {{text: string, value: number, known: boolean, fresh: boolean}} Shown of a weight
 * @typedef {{theme: Theme, fill: string, fresh?: boolean, hot?: boolean}} BoxLook
 */
import { stroke } from "../../kit/canvas.js";
import { css, mix, rgb } from "../../kit/palette.js";
import { LOSSES, num, titleOf } from "./names.js";
import { keyOf } from "./steps.js";

const MOVE = new Set(["update", "after"]);

/** @param {CanvasRenderingContext2D} ctx @param {Look} look */
export function draw(ctx, look) {
  const { plan, focus, r } = look;
  /** @type {Picture} */
  const v = { ...look, phase: look.steps[look.at].phase, fresh: new Set(look.now.map((step) => keyOf(step.kind, step))) };
  const behind = focus ? downstream(r, focus) : new Set();
  const links = plan.links.map((link) => ({ link, shown: shownOf(v, link) }));
  ctx.clearRect(0, 0, plan.width, plan.height);
  for (const { link, shown } of links) drawLink(ctx, v, link, { shown, behind: behind.has(link.index) });
  drawOutputs(ctx, v);
  if (v.phase === "backward") drawFirst(ctx, v);
  for (const { link, shown } of links) drawLabel(ctx, v, link, shown);
  if (v.travel < 1) for (const { link, shown } of links) if (shown.fresh) drawDot(ctx, v, link);
  for (const node of plan.inputs) drawInput(ctx, v, node);
  for (const node of plan.neurons) drawNeuron(ctx, v, node);
  drawLoss(ctx, v);
}

/** @param {Picture} v @param {string} key */
const isKnown = (v, key) => (v.seen.get(key) ?? Infinity) <= v.at;

/** @param {Picture} v @param {Part["kind"]} kind @param {number | Input} [what] */
function hovered({ hover }, kind, what) {
  if (hover?.kind !== kind) return false;
  return what === undefined || ("index" in hover ? hover.index === what : "node" in hover && hover.node === what);
}

/** The lines that the gradient of the chosen parameter has come along. @param {Numbers} r @param {Parameter} parameter */
function downstream(r, { layer, unit }) {
  const found = new Set();
  let units = [unit];
  for (let l = layer + 1; l <= r.last; l++) {
    const above = r.each(l, (k) => k);
    for (const k of above) for (const u of units) found.add(r.weightAt(l, k, u));
    units = above;
  }
  return found;
}

/** What a line shows in this phase. @param {Picture} v @param {Link} link @returns {Shown} */
function shownOf(v, link) {
  const { r, phase } = v;
  const { digits } = v.plan;
  const weight = r.weights[link.index];
  const key = keyOf(phase === "backward" ? "gradient" : MOVE.has(phase) ? "move" : "sum", link);
  const [known, fresh] = [isKnown(v, key), v.fresh.has(key)];
  if (MOVE.has(phase)) return { ...moved(r, link.index, known, digits), known, fresh };
  const value = phase === "backward" && known ? r.gradient[link.index] : weight;
  return { text: `${phase === "backward" && known ? "∂ " : ""}${num(value, digits)}`, value, known, fresh };
}

/** @param {Numbers} r @param {number} index @param {boolean} known @param {number} [digits] */
function moved(r, index, known, digits = 3) {
  const change = known ? r.change[index] : 0;
  const value = r.weights[index] + change;
  const mark = change > 0 ? "▲ " : change < 0 ? "▼ " : "";
  return { text: mark + num(value, Math.abs(value) >= 0.1 ? digits : 2), value };
}

/** @param {CanvasRenderingContext2D} ctx @param {Picture} v @param {Link} link @param {{shown: Shown, behind: boolean}} look */
function drawLink(ctx, v, link, { shown, behind }) {
  const { theme } = v;
  const ends = [[link.x0, link.y0], [link.x1, link.y1]];
  if (v.focus?.index === link.index || hovered(v, "weight", link.index)) {
    ctx.globalAlpha = 0.45;
    stroke(ctx, ends, theme.primary, widthOf(shown.value) + 7);
  }
  const alpha = shown.fresh ? 1 : shown.known ? 0.8 : 0.28;
  ctx.globalAlpha = behind ? Math.max(alpha, 0.85) : alpha;
  stroke(ctx, ends, shown.value < 0 ? theme.negative : theme.positive, widthOf(shown.value) + (shown.fresh ? 1.5 : 0), behind ? [9, 5] : []);
  ctx.globalAlpha = 1;
}

const widthOf = (/** @type {number} */ value) => Math.min(7, 1 + 2.2 * Math.log1p(1.5 * Math.abs(value)));

/** @param {CanvasRenderingContext2D} ctx @param {Picture} v @param {Link} link @param {Shown} shown */
function drawLabel(ctx, v, link, { text, known, fresh }) {
  const { theme } = v;
  const chosen = v.focus?.index === link.index;
  ctx.font = `${fresh || chosen ? 700 : 500} ${fresh && v.plan.digits > 2 ? 15 : 14}px ${theme.font}`;
  const width = ctx.measureText(text).width + 8;
  const x = Math.max(link.x0 + width / 2 + 2, Math.min(link.x1 - width / 2 - 2, link.lx)); // never behind a box
  ctx.fillStyle = fresh || chosen ? theme.primary : theme.background;
  ctx.globalAlpha = fresh || chosen ? 1 : 0.86;
  round(ctx, { x, y: link.ly, width, height: 19 }, 5);
  ctx.fill();
  ctx.globalAlpha = known || chosen ? 1 : 0.62;
  ctx.fillStyle = fresh || chosen ? "#fff" : theme.text;
  write(ctx, text, x, link.ly + 0.5, "center");
  ctx.globalAlpha = 1;
}

/** A dot on its way: forwards with the activations, backwards with the gradient. @param {CanvasRenderingContext2D} ctx @param {Picture} v @param {Link} link */
function drawDot(ctx, v, link) {
  if (MOVE.has(v.phase)) return;
  const t = v.phase === "backward" ? 1 - v.travel : v.travel;
  ctx.beginPath();
  ctx.arc(link.x0 + t * (link.x1 - link.x0), link.y0 + t * (link.y1 - link.y0), 6, 0, 7);
  ctx.fillStyle = v.theme.primary;
  ctx.fill();
}

/** @param {CanvasRenderingContext2D} ctx @param {Picture} v @param {Input} node */
function drawInput(ctx, v, node) {
  const { r, theme } = v;
  box(ctx, node, { theme, fill: theme.panel, hot: hovered(v, "input", node) });
  ctx.fillStyle = theme.text;
  ctx.font = `600 15px ${theme.font}`;
  write(ctx, `${r.name(0, node.unit)} = ${num(r.of("a", 0, node.unit, v.e))}`, node.x, node.y, "center", node.width - 6);
}

/** @param {CanvasRenderingContext2D} ctx @param {Picture} v @param {Neuron} node */
function drawNeuron(ctx, v, node) {
  const { r, theme, e } = v;
  const { layer, unit } = node;
  const softmax = r.activation(layer) === "softmax";
  const probabilities = keyOf("softmax", { layer, unit: 0 });
  const after = v.phase === "after";
  const hasZ = isKnown(v, keyOf("bend", node));
  const hasA = softmax ? isKnown(v, probabilities) : hasZ;
  const hasDelta = isKnown(v, keyOf("delta", node));
  const a = r.of(after ? "a_after" : "a", layer, unit, e);
  const fresh = ["bend", "delta"].some((kind) => v.fresh.has(keyOf(kind, node))) || (softmax && v.fresh.has(probabilities)) || (after && layer === r.last);
  box(ctx, node, { theme, fill: hasA ? tint(a, theme) : theme.panel, hot: hovered(v, "neuron", node) || hovered(v, "bias", node.bias), fresh });
  const [x, top] = [node.x - node.width / 2, node.y - node.height / 2];
  ctx.fillStyle = theme.text;
  ctx.font = `700 14px ${theme.font}`;
  write(ctx, r.name(layer, unit), x + 8, top + 14, "left");
  ctx.font = `500 14px ${theme.font}`;
  write(ctx, titleOf(r.activation(layer)), x + node.width - 8, top + 14, "right", node.width - 30);
  const row = { x, width: node.width, theme };
  drawRow(ctx, { ...row, y: top + 34, name: after ? "a" : "z", text: hasZ ? num(r.of(after ? "a" : "z", layer, unit, e)) : "" });
  drawRow(ctx, { ...row, y: top + 53, name: after ? "new a" : "a", text: hasA ? num(a) : "", bold: true });
  drawRow(ctx, { ...row, y: top + 72, name: after ? "" : "δ", text: hasDelta && !after ? num(r.of("delta", layer, unit, e)) : "", bold: v.phase === "backward" });
  drawBias(ctx, v, node);
}

/** @param {CanvasRenderingContext2D} ctx @param {{x: number, y: number, width: number, name: string, text: string, theme: Theme, bold?: boolean}} row */
function drawRow(ctx, { x, y, width, name, text, theme, bold = false }) {
  ctx.fillStyle = theme.text;
  ctx.globalAlpha = text ? 0.75 : 0.4;
  ctx.font = `500 14px ${theme.font}`;
  write(ctx, name, x + 8, y, "left");
  ctx.globalAlpha = 1;
  ctx.font = `${bold ? 700 : 500} 15px ${theme.font}`;
  write(ctx, text, x + width - 8, y, "right", width - 30);
}

/** @param {CanvasRenderingContext2D} ctx @param {Picture} v @param {Neuron} node */
function drawBias(ctx, v, node) {
  const { r, theme } = v;
  const { pill, bias } = node;
  const back = v.phase === "backward";
  const move = MOVE.has(v.phase);
  const key = keyOf(back ? "bias" : move ? "movebias" : "bend", node);
  const [known, fresh] = [isKnown(v, key), v.fresh.has(key)];
  const chosen = v.focus?.index === bias;
  const hot = hovered(v, "bias", bias);
  const text = back && known ? `∂b ${num(r.gradient[bias])}` : `b ${move ? moved(r, bias, known).text : num(r.weights[bias])}`;
  ctx.font = `${fresh || chosen ? 700 : 500} 14px ${theme.font}`;
  pill.width = Math.max(54, ctx.measureText(text).width + 14);
  pill.x = node.x - node.width / 2 + pill.width / 2;
  ctx.fillStyle = fresh || chosen ? theme.primary : theme.panel;
  ctx.strokeStyle = hot ? theme.primary : theme.border;
  ctx.lineWidth = hot ? 2 : 1;
  round(ctx, pill, 7);
  ctx.fill();
  ctx.stroke();
  ctx.fillStyle = fresh || chosen ? "#fff" : theme.text;
  write(ctx, text, pill.x, pill.y + 0.5, "center");
}

/** The way from the outputs to the loss. @param {CanvasRenderingContext2D} ctx @param {Picture} v */
function drawOutputs(ctx, v) {
  const { plan, theme } = v;
  const known = isKnown(v, lossKey(v.r));
  ctx.globalAlpha = known ? 0.75 : 0.3;
  for (const { points } of plan.ways) stroke(ctx, points, theme.text, known ? 2 : 1);
  ctx.globalAlpha = 1;
}

const lossKey = (/** @type {Numbers} */ r) => keyOf("loss", { layer: r.last, unit: 0 });

/** Where the way back begins: how fast the loss rises with each answer. @param {CanvasRenderingContext2D} ctx @param {Picture} v */
function drawFirst(ctx, v) {
  const { r, plan, theme } = v;
  ctx.font = `500 14px ${theme.font}`;
  for (const { node, at } of plan.ways) {
    const da = r.of("da", node.layer, node.unit, v.e);
    if (Number.isNaN(da) || !isKnown(v, keyOf("delta", node))) continue;
    const text = `∂ ${num(da, 2)}`;
    const width = ctx.measureText(text).width + 8;
    const [x, y] = at(width);
    ctx.fillStyle = theme.background;
    round(ctx, { x, y, width, height: 19 }, 5);
    ctx.fill();
    ctx.fillStyle = theme.text;
    write(ctx, text, x, y + 0.5, "center");
  }
}

/** @param {CanvasRenderingContext2D} ctx @param {Picture} v */
function drawLoss(ctx, v) {
  const { r, theme, plan, e } = v;
  const loss = plan.loss;
  const known = isKnown(v, lossKey(r));
  const after = v.phase === "after";
  box(ctx, loss, { theme, fill: theme.panel, fresh: v.fresh.has(lossKey(r)) || after, hot: hovered(v, "loss") });
  const [x, top] = [loss.x - loss.width / 2, loss.y - loss.height / 2];
  ctx.fillStyle = theme.text;
  ctx.font = `700 14px ${theme.font}`;
  write(ctx, r.n === 1 ? "Loss L" : `Loss L, mean of ${r.n}`, x + 8, top + 16, "left", loss.width - 16);
  const targets = r.each(r.last, (u) => num(r.target(u, e))).join(" ");
  ctx.font = `500 14px ${theme.font}`;
  write(ctx, LOSSES[r.scene.experiment.training.loss], x + 8, top + 35, "left", loss.width - 16);
  write(ctx, `target ${targets}`, x + 8, top + 54, "left", loss.width - 16);
  ctx.font = `700 ${after ? 16 : 20}px ${theme.font}`;
  if (known) write(ctx, num(r.loss[0]), x + 8, top + 78, "left", loss.width - 16);
  if (!after) return;
  ctx.font = `700 20px ${theme.font}`;
  ctx.fillStyle = r.loss_after[0] < r.loss[0] ? theme.good : theme.bad;
  write(ctx, `→ ${num(r.loss_after[0])}`, x + 8, top + 101, "left", loss.width - 16);
}

/** @param {CanvasRenderingContext2D} ctx @param {Box} node @param {BoxLook} look */
function box(ctx, node, { theme, fill, fresh = false, hot = false }) {
  round(ctx, node, 10);
  ctx.fillStyle = theme.background; // lines end at the box, not behind what shows through it
  ctx.fill();
  ctx.fillStyle = fill;
  ctx.fill();
  ctx.strokeStyle = fresh || hot ? theme.primary : theme.border;
  ctx.lineWidth = fresh ? 3.5 : hot ? 2 : 1.25;
  ctx.stroke();
}

/** A pale ground in the colour of the activation: orange below zero, blue above. @param {number} a @param {Theme} theme */
function tint(a, theme) {
  const share = 0.3 * Math.tanh(Math.abs(a) || 0);
  return css(mix(rgb(theme.panel), rgb(a < 0 ? theme.negative : theme.positive), share));
}

/** A box with round corners as the present path. @param {CanvasRenderingContext2D} ctx @param {Box} box @param {number} radius */
function round(ctx, { x, y, width, height }, radius) {
  ctx.beginPath();
  ctx.roundRect(x - width / 2, y - height / 2, width, height, radius);
}

/** @param {CanvasRenderingContext2D} ctx @param {string} text @param {number} x @param {number} y @param {CanvasTextAlign} align @param {number} [most] pixels */
function write(ctx, text, x, y, align, most) {
  ctx.textAlign = align;
  ctx.textBaseline = "middle";
  ctx.fillText(text, x, y, most);
}
