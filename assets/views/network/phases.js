/**
 * What the phases of one update show on the diagram: numbers under the neurons and, going back, on the strongest links.
 *
 * @import { Frame, Theme, Values } from "../../kit/types.d.ts"
 * @import { Link, Plan } from "./layout.js"
 * @typedef {{x: number, y: number, width: number, height: number}} Spot
 * @typedef {ArrayLike<number | string | undefined>} Shown what stands under each neuron
 */
import { haloed } from "../../kit/canvas.js";
import { figure } from "../../kit/numbers.js";
import { along } from "./layout.js";

const MOST = 14; // numbers on links; more could not be told apart
const PLACES = [0.5, 0.36, 0.64, 0.22, 0.78]; // along a link, tried in this order
const GAP = 3;

/** @type {Record<string, string>} */
const going = { backward: "grad", update: "delta" };

/** What the lines show in the backward and update phases: gradient or change, scaled so that the largest counts as 3. @param {Frame} frame */
export function linesOf(frame) {
  const array = frame.arrays[going[frame.phase]];
  if (!array) return null;
  let most = 0;
  for (const value of array.data) most = Math.max(most, Math.abs(value));
  return { values: array.data, unit: most > 0 ? 3 / most : 0 };
}

/** The numbers under the neurons: activations, the loss under the output, and then each bias's gradient or change. @param {Frame} frame @param {Plan} plan @returns {Shown | null} */
export function numbersOf(frame, plan) {
  if (frame.phase === "forward") return frame.arrays.a?.data ?? null;
  const array = frame.arrays[going[frame.phase]];
  if (array) return plan.nodes.map((node) => (node.bias < 0 ? undefined : array.data[node.bias]));
  if (frame.phase !== "loss" || !frame.arrays.loss) return null;
  const numbers = new Array(plan.nodes.length);
  numbers[numbers.length - 1] = `loss ${figure(frame.arrays.loss.data[0])}`;
  return numbers;
}

/** The values of the strongest links, written on them where there is room. @param {CanvasRenderingContext2D} ctx @param {Link[]} links @param {Values} values @param {Theme} theme */
export function drawLinkNumbers(ctx, links, values, theme) {
  ctx.font = `600 14px ${theme.font}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillStyle = theme.text;
  /** @type {Spot[]} */
  const taken = [];
  for (const link of [...links].sort((a, b) => Math.abs(values[b.index]) - Math.abs(values[a.index])).slice(0, MOST)) {
    const text = figure(values[link.index]);
    const spot = free(link, ctx.measureText(text).width, taken);
    if (!spot) continue;
    taken.push(spot);
    haloed(ctx, text, spot.x, spot.y, { rim: theme.background, width: 3.5 });
  }
}

/** @param {Link} link @param {number} width @param {Spot[]} taken */
function free(link, width, taken) {
  for (const t of PLACES) {
    const { x, y } = along(link, t);
    const spot = { x, y, width, height: 14 };
    const inside = x - width / 2 > link.x0 && x + width / 2 < link.x1; // not over a neuron
    if (inside && !taken.some((other) => overlap(spot, other))) return spot;
  }
  return null;
}

/** @param {Spot} a @param {Spot} b */
const overlap = (a, b) => Math.abs(a.x - b.x) < (a.width + b.width) / 2 + GAP && Math.abs(a.y - b.y) < (a.height + b.height) / 2 + GAP;
