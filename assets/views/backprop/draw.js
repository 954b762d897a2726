// Draws the picture of one update: boxes with the numbers of their neurons, lines with the numbers of their weights.
import { css, mix, rgb } from "../../kit/palette.js";
import { LOSSES, num, titleOf } from "./names.js";

const BACK = new Set(["backward"]);
const MOVE = new Set(["update", "after"]);

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {{r, plan, steps, seen, at, now, e, focus, hover, travel, theme}} v `seen`: where in the walk each thing becomes
 *   known; `now`: the steps that are being made; `travel`: 0…1, how far the dots on their lines have come
 */
export function draw(ctx, v) {
  const { plan } = v;
  v.phase = v.steps[v.at].phase;
  v.fresh = new Set(v.now.map((s) => `${s.kind} ${s.layer} ${s.unit}${s.from >= 0 ? ` ${s.from}` : ""}`));
  v.behind = v.focus ? downstream(v.r, v.focus) : new Set();
  ctx.clearRect(0, 0, plan.width, plan.height);
  for (const link of plan.links) drawLink(ctx, v, link);
  drawOutputs(ctx, v);
  if (v.phase === "backward") drawFirst(ctx, v);
  for (const link of plan.links) drawLabel(ctx, v, link);
  if (v.travel < 1) for (const link of plan.links) drawDot(ctx, v, link);
  for (const node of plan.nodes) node.layer ? drawNeuron(ctx, v, node) : drawInput(ctx, v, node);
  drawLoss(ctx, v);
}

const isKnown = (v, key) => (v.seen.get(key) ?? Infinity) <= v.at;
const keyOf = (kind, { layer, unit, from }) => `${kind} ${layer} ${unit}${from === undefined ? "" : ` ${from}`}`;

/** The lines that the gradient of the chosen parameter has come along. */
function downstream(r, { layer, unit }) {
  const found = new Set();
  let units = [unit];
  for (let l = layer + 1; l <= r.last; l++) {
    for (let k = 0; k < r.units(l); k++) for (const u of units) found.add(r.weightAt(l, k, u));
    units = Array.from({ length: r.units(l) }, (_, k) => k);
  }
  return found;
}

/** What a line shows in this phase: {text, value, known, fresh}. */
function shown(v, link) {
  const { r, phase } = v;
  const { digits } = v.plan;
  if (BACK.has(phase)) {
    const known = isKnown(v, keyOf("gradient", link));
    const value = known ? r.gradient[link.index] : r.weights[link.index];
    return { text: `${known ? "∂ " : ""}${num(value, digits)}`, value, known, fresh: v.fresh.has(keyOf("gradient", link)) };
  }
  if (MOVE.has(phase)) {
    const known = isKnown(v, keyOf("move", link));
    return { ...moved(r, link.index, known, digits), known, fresh: v.fresh.has(keyOf("move", link)) };
  }
  const known = isKnown(v, keyOf("sum", link));
  return { text: num(r.weights[link.index], digits), value: r.weights[link.index], known, fresh: v.fresh.has(keyOf("sum", link)) };
}

function moved(r, index, known, digits = 3) {
  const value = r.weights[index] + (known ? r.change[index] : 0);
  const mark = !known || r.change[index] === 0 ? "" : r.change[index] > 0 ? "▲ " : "▼ ";
  return { text: mark + num(value, Math.abs(value) >= 0.1 ? digits : 2), value };
}

function drawLink(ctx, v, link) {
  const { theme } = v;
  const what = (link.shown = shown(v, link));
  const chosen = v.focus?.index === link.index;
  const hot = chosen || v.hover?.index === link.index;
  ctx.beginPath();
  ctx.moveTo(link.x0, link.y0);
  ctx.lineTo(link.x1, link.y1);
  if (hot) {
    ctx.strokeStyle = theme.primary;
    ctx.globalAlpha = 0.45;
    ctx.lineWidth = widthOf(what.value) + 7;
    ctx.stroke();
  }
  ctx.strokeStyle = what.value < 0 ? theme.negative : theme.positive;
  ctx.globalAlpha = what.fresh ? 1 : what.known ? 0.8 : 0.28;
  ctx.lineWidth = widthOf(what.value) + (what.fresh ? 1.5 : 0);
  ctx.setLineDash(v.behind.has(link.index) ? [9, 5] : []);
  if (v.behind.has(link.index)) ctx.globalAlpha = Math.max(ctx.globalAlpha, 0.85);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.globalAlpha = 1;
}

const widthOf = (value) => Math.min(7, 1 + 2.2 * Math.log1p(1.5 * Math.abs(value)));

function drawLabel(ctx, v, link) {
  const { theme } = v;
  const { text, known, fresh } = link.shown;
  const chosen = v.focus?.index === link.index;
  ctx.font = `${fresh || chosen ? 700 : 500} ${fresh && v.plan.digits > 2 ? 15 : 13}px ${theme.font}`;
  const width = ctx.measureText(text).width + 8;
  const x = Math.max(link.x0 + width / 2 + 2, Math.min(link.x1 - width / 2 - 2, link.lx)); // never behind a box
  ctx.fillStyle = fresh || chosen ? theme.primary : theme.background;
  ctx.globalAlpha = fresh || chosen ? 1 : 0.86;
  round(ctx, x - width / 2, link.ly - 9.5, width, 19, 5);
  ctx.fill();
  ctx.globalAlpha = known || chosen ? 1 : 0.62;
  ctx.fillStyle = fresh || chosen ? "#fff" : theme.text;
  write(ctx, text, x, link.ly + 0.5, "center");
  ctx.globalAlpha = 1;
}

/** A dot on its way: forwards with the activations, backwards with the gradient. */
function drawDot(ctx, v, link) {
  if (!link.shown.fresh || MOVE.has(v.phase)) return;
  const t = BACK.has(v.phase) ? 1 - v.travel : v.travel;
  ctx.beginPath();
  ctx.arc(link.x0 + t * (link.x1 - link.x0), link.y0 + t * (link.y1 - link.y0), 6, 0, 7);
  ctx.fillStyle = v.theme.primary;
  ctx.fill();
}

function drawInput(ctx, v, node) {
  const { r, theme } = v;
  box(ctx, node, { theme, fill: theme.panel, hot: v.hover?.node === node });
  ctx.fillStyle = theme.text;
  ctx.font = `600 15px ${theme.font}`;
  write(ctx, `${r.name(0, node.unit)} = ${num(r.of("a", 0, node.unit, v.e))}`, node.x, node.y, "center", node.width - 6);
}

function drawNeuron(ctx, v, node) {
  const { r, theme, e } = v;
  const { layer, unit } = node;
  const place = { layer, unit };
  const softmax = r.activation(layer) === "softmax";
  const after = v.phase === "after";
  const hasZ = isKnown(v, keyOf("bend", place));
  const hasA = softmax ? isKnown(v, keyOf("softmax", { layer, unit: 0 })) : hasZ;
  const hasDelta = isKnown(v, keyOf("delta", place));
  const a = r.of(after ? "a_after" : "a", layer, unit, e);
  const fresh = ["bend", "delta"].some((kind) => v.fresh.has(keyOf(kind, place))) || (softmax && v.fresh.has(`softmax ${layer} 0`)) || (after && layer === r.last);
  box(ctx, node, { theme, fill: hasA ? tint(a, theme) : theme.panel, hot: v.hover?.node === node, fresh });
  const [x, top] = [node.x - node.width / 2, node.y - node.height / 2];
  ctx.fillStyle = theme.text;
  ctx.font = `700 14px ${theme.font}`;
  write(ctx, r.name(layer, unit), x + 8, top + 14, "left");
  ctx.font = `500 12px ${theme.font}`;
  write(ctx, titleOf(r.activation(layer)), x + node.width - 8, top + 14, "right", 78);
  row(ctx, { x, y: top + 34, width: node.width, name: after ? "a" : "z", text: hasZ ? num(r.of(after ? "a" : "z", layer, unit, e)) : "", theme });
  row(ctx, { x, y: top + 53, width: node.width, name: after ? "new a" : "a", text: hasA ? num(a) : "", theme, bold: true });
  row(ctx, { x, y: top + 72, width: node.width, name: after ? "" : "δ", text: hasDelta && !after ? num(r.of("delta", layer, unit, e)) : "", theme, bold: v.phase === "backward" });
  drawBias(ctx, v, node);
}

function row(ctx, { x, y, width, name, text, theme, bold = false }) {
  ctx.fillStyle = theme.text;
  ctx.globalAlpha = text ? 0.75 : 0.4;
  ctx.font = `500 13px ${theme.font}`;
  write(ctx, name, x + 8, y, "left");
  ctx.globalAlpha = 1;
  ctx.font = `${bold ? 700 : 500} 15px ${theme.font}`;
  write(ctx, text, x + width - 8, y, "right", width - 30);
}

function drawBias(ctx, v, node) {
  const { r, theme } = v;
  const { pill, bias } = node;
  const place = { layer: node.layer, unit: node.unit };
  const back = BACK.has(v.phase);
  const move = MOVE.has(v.phase);
  const kind = back ? "bias" : move ? "movebias" : "bend";
  const [known, fresh] = [isKnown(v, keyOf(kind, place)), v.fresh.has(keyOf(kind, place))];
  const chosen = v.focus?.index === bias;
  const text = back && known ? `∂b ${num(r.gradient[bias])}` : `b ${move ? moved(r, bias, known).text : num(r.weights[bias])}`;
  ctx.font = `${fresh || chosen ? 700 : 500} 13px ${theme.font}`;
  pill.width = Math.max(54, ctx.measureText(text).width + 14);
  pill.x = node.x - node.width / 2 + pill.width / 2;
  ctx.fillStyle = fresh || chosen ? theme.primary : theme.panel;
  ctx.strokeStyle = v.hover?.index === bias ? theme.primary : theme.border;
  ctx.lineWidth = v.hover?.index === bias ? 2 : 1;
  round(ctx, pill.x - pill.width / 2, pill.y - pill.height / 2, pill.width, pill.height, 7);
  ctx.fill();
  ctx.stroke();
  ctx.fillStyle = fresh || chosen ? "#fff" : theme.text;
  write(ctx, text, pill.x, pill.y + 0.5, "center");
}

/** The way from the outputs to the loss. */
function drawOutputs(ctx, v) {
  const { plan, theme } = v;
  const known = isKnown(v, `loss ${v.r.last} 0`);
  ctx.strokeStyle = theme.text;
  ctx.lineWidth = known ? 2 : 1;
  ctx.globalAlpha = known ? 0.75 : 0.3;
  for (const { points } of plan.ways) {
    ctx.beginPath();
    for (const point of points) ctx.lineTo(...point);
    ctx.stroke();
  }
  ctx.globalAlpha = 1;
}

/** Where the way back begins: how fast the loss rises with each answer. */
function drawFirst(ctx, v) {
  const { r, plan, theme } = v;
  ctx.font = `500 13px ${theme.font}`;
  for (const { node, at } of plan.ways) {
    const da = r.of("da", node.layer, node.unit, v.e);
    if (Number.isNaN(da) || !isKnown(v, keyOf("delta", { layer: node.layer, unit: node.unit }))) continue;
    const text = `∂ ${num(da, 2)}`;
    const width = ctx.measureText(text).width + 8;
    const [x, y] = at(width);
    ctx.fillStyle = theme.background;
    round(ctx, x - width / 2, y - 9.5, width, 19, 5);
    ctx.fill();
    ctx.fillStyle = theme.text;
    write(ctx, text, x, y + 0.5, "center");
  }
}

function drawLoss(ctx, v) {
  const { r, theme, plan, e } = v;
  const loss = plan.loss;
  const known = isKnown(v, `loss ${r.last} 0`);
  const after = v.phase === "after";
  box(ctx, loss, { theme, fill: theme.panel, fresh: v.fresh.has(`loss ${r.last} 0`) || after, hot: v.hover?.kind === "loss" });
  const [x, top] = [loss.x - loss.width / 2, loss.y - loss.height / 2];
  ctx.fillStyle = theme.text;
  ctx.font = `700 14px ${theme.font}`;
  write(ctx, r.n === 1 ? "Loss L" : `Loss L, mean of ${r.n}`, x + 8, top + 16, "left", loss.width - 16);
  const wanted = Array.from({ length: r.units(r.last) }, (_, u) => num(r.target(u, e))).join(" ");
  ctx.font = `500 13px ${theme.font}`;
  write(ctx, LOSSES[r.scene.experiment.training.loss], x + 8, top + 35, "left", loss.width - 16);
  write(ctx, `target ${wanted}`, x + 8, top + 54, "left", loss.width - 16);
  ctx.font = `700 ${after ? 16 : 20}px ${theme.font}`;
  if (known) write(ctx, num(r.loss[0]), x + 8, top + 78, "left", loss.width - 16);
  if (!after) return;
  ctx.font = `700 20px ${theme.font}`;
  ctx.fillStyle = r.loss_after[0] < r.loss[0] ? theme.good : theme.bad;
  write(ctx, `→ ${num(r.loss_after[0])}`, x + 8, top + 101, "left", loss.width - 16);
}

function box(ctx, node, { theme, fill, fresh = false, hot = false }) {
  round(ctx, node.x - node.width / 2, node.y - node.height / 2, node.width, node.height, 10);
  ctx.fillStyle = theme.background; // lines end at the box, not behind what shows through it
  ctx.fill();
  ctx.fillStyle = fill;
  ctx.fill();
  ctx.strokeStyle = fresh || hot ? theme.primary : theme.border;
  ctx.lineWidth = fresh ? 3.5 : hot ? 2 : 1.25;
  ctx.stroke();
}

/** A pale ground in the colour of the activation: orange below zero, blue above. */
function tint(a, theme) {
  const share = 0.3 * Math.tanh(Math.abs(a) || 0);
  return css(mix(rgb(theme.panel), rgb(a < 0 ? theme.negative : theme.positive), share));
}

function round(ctx, x, y, width, height, radius) {
  ctx.beginPath();
  ctx.roundRect(x, y, width, height, radius);
}

function write(ctx, text, x, y, align, most) {
  ctx.textAlign = align;
  ctx.textBaseline = "middle";
  if (most) ctx.fillText(text, x, y, most);
  else ctx.fillText(text, x, y);
}
