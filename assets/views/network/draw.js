/**
 * Draws the network diagram: links, maps, biases and numbers every frame on one canvas, what stands still on another.
 *
 * @import { MapStrip } from "../../kit/maps.js"
 * @import { Theme, Values } from "../../kit/types.d.ts"
 * @import { Link, Node, Part, Plan, Thing } from "./layout.js"
 * @import { Shown } from "./phases.js"
 */
import { fitted, haloed } from "../../kit/canvas.js";
import { figure } from "../../kit/numbers.js";
import { tint } from "../../kit/palette.js";

/** Links get their curve once; a frame changes only colour and width. @param {Plan} plan */
export function trace(plan) {
  for (const link of plan.links) {
    const path = new Path2D();
    path.moveTo(link.x0, link.y0);
    path.bezierCurveTo(link.bend, link.y0, link.bend, link.y1, link.x1, link.y1);
    link.path = path;
  }
}

/** Logarithmic, so that both 0.1 and 10 can be told apart: about 1 px at 0.1, 3.5 px at 1, 9 px at 10. @param {number} size @param {number} scale */
function linkWidth(size, scale) {
  return scale * Math.min(9, 0.7 + 3 * Math.log1p(1.5 * size));
}

/** @param {CanvasRenderingContext2D} ctx @param {Link[]} links @param {{values: Values, unit: number, theme: Theme, scale: number, marked?: Link}} of */
export function drawLinks(ctx, links, { values, unit, theme, scale, marked }) {
  ctx.lineCap = "butt";
  for (const link of links) {
    const value = values[link.index] * unit;
    const size = Math.abs(value);
    const broken = !(size < 1e12);
    ctx.strokeStyle = broken ? theme.bad : value < 0 ? theme.negative : theme.positive;
    ctx.globalAlpha = broken ? 0.6 : Math.min(0.95, 0.2 + 0.65 * Math.log1p(2 * size));
    ctx.lineWidth = broken ? 1 : linkWidth(size, scale);
    if (link.path) ctx.stroke(link.path);
  }
  ctx.globalAlpha = 1;
  if (marked) drawMarkedLink(ctx, marked, values[marked.index] * unit, { theme, scale });
}

/** @param {CanvasRenderingContext2D} ctx @param {Link} link @param {number} value @param {{theme: Theme, scale: number}} look */
function drawMarkedLink(ctx, link, value, { theme, scale }) {
  if (!link.path) return;
  const width = linkWidth(Math.abs(value) || 0, scale);
  ctx.strokeStyle = theme.text;
  ctx.lineWidth = width + 4;
  ctx.stroke(link.path);
  ctx.strokeStyle = value < 0 ? theme.negative : theme.positive;
  ctx.lineWidth = width + 1;
  ctx.stroke(link.path);
}

/** @param {CanvasRenderingContext2D} ctx @param {Plan} plan @param {{strip: MapStrip | null, mapOf: (node: Node) => number, values: Values, theme: Theme, marked: Node | Part | null}} of */
export function drawNeurons(ctx, plan, { strip, mapOf, values, theme, marked }) {
  for (const node of plan.nodes) {
    const map = node.disc ? -1 : mapOf(node);
    if (map >= 0 && strip) strip.draw(ctx, map, node.x, node.y, node.size);
    else drawDisc(ctx, node, values, theme);
  }
  ctx.strokeStyle = theme.border;
  ctx.lineWidth = 1;
  for (const node of plan.nodes) {
    if (!node.disc) ctx.strokeRect(node.x - node.size / 2, node.y - node.size / 2, node.size, node.size);
  }
  drawParts(ctx, plan.nodes, { values, theme });
  if (marked) drawFrame(ctx, marked, theme);
}

/** @param {CanvasRenderingContext2D} ctx @param {Node} node @param {Values} values @param {Theme} theme */
function drawDisc(ctx, node, values, theme) {
  ctx.beginPath();
  ctx.arc(node.x, node.y, node.size / 2, 0, 7);
  ctx.fillStyle = inked(node.bias < 0 ? 0 : values[node.bias], theme);
  ctx.fill();
  ctx.strokeStyle = theme.border;
  ctx.lineWidth = 1;
  ctx.stroke();
}

/** The colour of any number; most are about -1…1. @param {number} value @param {Theme} theme */
const inked = (value, theme) => tint(theme, Math.tanh(Number.isFinite(value) ? value : 0));

/** Bias and shift, which are added, are squares; the gain, which multiplies, is round and white where it is 1. @param {CanvasRenderingContext2D} ctx @param {Node[]} nodes @param {{values: Values, theme: Theme}} of */
function drawParts(ctx, nodes, { values, theme }) {
  ctx.lineWidth = 1.25;
  ctx.strokeStyle = theme.text;
  for (const node of nodes) {
    if (node.disc) continue;
    for (const { kind, index, x, y } of node.parts) {
      ctx.fillStyle = inked(1.5 * (kind === "gain" ? values[index] - 1 : values[index]), theme);
      ctx.beginPath();
      if (kind === "gain") ctx.arc(x, y, node.mark / 2, 0, 7);
      else ctx.rect(x - node.mark / 2, y - node.mark / 2, node.mark, node.mark);
      ctx.fill();
      ctx.stroke();
    }
  }
}

/** @param {CanvasRenderingContext2D} ctx @param {Exclude<Thing, Link>} thing @param {Theme} theme */
function drawFrame(ctx, thing, theme) {
  ctx.strokeStyle = theme.primary;
  ctx.lineWidth = 3;
  const size = "node" in thing ? thing.node.mark + 4 : thing.size + 3;
  ctx.strokeRect(thing.x - size / 2, thing.y - size / 2, size, size);
}

/** Numbers under the neurons (inside where there is no room below), with a halo so that links do not cross them. @param {CanvasRenderingContext2D} ctx @param {Plan} plan @param {Shown} numbers @param {Theme} theme */
export function drawNumbers(ctx, plan, numbers, theme) {
  const roomy = plan.nodes.every((node) => node.size >= 22);
  ctx.font = `600 14px ${theme.font}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillStyle = theme.text;
  for (let i = 0; i < plan.nodes.length; i++) {
    const node = plan.nodes[i];
    const shown = numbers[i];
    if (node.size < 17 || shown === undefined) continue;
    const y = roomy ? node.y + node.size / 2 + 8 : node.y;
    const text = typeof shown === "string" ? shown : roomy ? figure(shown) : shown.toFixed(1).replace("-", "−");
    haloed(ctx, text, node.x, y, { rim: theme.panel, width: 3 });
  }
}

/** What does not move: the feature column and the names of the outputs. @param {CanvasRenderingContext2D} ctx @param {Plan} plan @param {{strip: MapStrip, theme: Theme, names: string[], marked?: Exclude<Thing, Link>}} of */
export function drawStill(ctx, plan, { strip, theme, names, marked }) {
  ctx.textBaseline = "middle";
  ctx.lineWidth = 1;
  plan.features.forEach((row, i) => {
    ctx.globalAlpha = row.active ? 1 : 0.42;
    strip.draw(ctx, i, row.x, row.y, row.size);
    ctx.strokeStyle = row.active ? theme.text : theme.border;
    ctx.strokeRect(row.x - row.size / 2, row.y - row.size / 2, row.size, row.size);
    ctx.globalAlpha = row.active ? 1 : 0.7;
    ctx.fillStyle = row.active ? theme.text : theme.faint;
    ctx.font = `${row.active ? 600 : 400} 14px ${theme.font}`;
    ctx.textAlign = "right";
    ctx.fillText(row.sign, row.x - row.size / 2 - 8, row.y);
  });
  ctx.globalAlpha = 1;
  if (marked) drawFrame(ctx, marked, theme);
  const last = plan.columns[plan.columns.length - 1];
  ctx.font = `14px ${theme.font}`;
  ctx.textAlign = "left";
  ctx.fillStyle = theme.text;
  last.nodes.forEach((node, i) => {
    if (names[i]) ctx.fillText(fitted(ctx, names[i], plan.width - node.x - node.size / 2 - 8), node.x + node.size / 2 + 6, node.y);
  });
}
