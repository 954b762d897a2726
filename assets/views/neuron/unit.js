/**
 * What is read off the frames of linear units: their weights, answers and paths, and the lowest points of the losses.
 *
 * @import { Frame, Scene, Theme } from "../../kit/types.d.ts"
 * @typedef {{scene: Scene, frame: Frame, theme: Theme, hand?: number[] | null}} Now all that is there to draw; `hand`: weights that are being dragged
 */

export const LOSSES = ["mse", "mae", "huber"];
/** @type {Record<string, string>} */
export const SHORT = { mse: "squared error", mae: "absolute error", huber: "Huber" };

/** What there is to draw once all of it has come, for so many units; else null. @param {{scene: Scene | null, frame: Frame | null, theme: Theme | null, hand?: number[] | null}} view @param {number} [units] @returns {Now | null} */
export function ready({ scene, frame, theme, hand }, units = 1) {
  const rows = frame?.arrays.neuron_rows?.shape ?? [];
  return scene && theme && frame && rows[0] === units && rows[1] === 2 && frame.arrays.bowl_optima ? { scene, frame, theme, hand } : null;
}

/** @param {Now} now */
export const lossOf = ({ scene }) => scene.experiment.training.loss ?? "mse";

/** Weights (w, b) of a unit, as a hand has them or as the newest frame does. @param {Now} now @param {number} [row] @returns {number[]} */
export const weights = ({ hand, frame }, row = 0) => hand ?? Array.from(frame.arrays.neuron_rows.data.subarray(2 * row, 2 * row + 2));

/** The lowest point of the present loss, or of another: w, b and the loss there. @param {Now} now @param {string} [loss] @returns {number[]} */
export function optimum(now, loss = lossOf(now)) {
  const at = 3 * LOSSES.indexOf(loss);
  return Array.from(now.frame.arrays.bowl_optima.data.subarray(at, at + 3));
}

/** The unit's answer at x, whose weights may count in scaled units. @param {Now} now @param {number[]} weights @param {number} x */
export function answer({ scene }, [w, b], x) {
  const { shift = [0], spread = [1] } = scene.facts;
  return (w * (x - shift[0])) / spread[0] + b;
}

/** The line of answers from side to side of the plane, kept near enough to be drawn. @param {Now} now @param {number[]} weights @param {{x: (v: number) => number, y: (v: number) => number}} plane */
export const straight = (now, weights, plane) =>
  [-now.scene.limit, now.scene.limit].map((x) => [plane.x(x), plane.y(Math.max(-1e6, Math.min(1e6, answer(now, weights, x))))]);

/** Places (w, b) of the path of neuron `row` of `rows`. @param {Now} now @param {number} [row] @param {number} [rows] @returns {number[][]} */
export function walk({ frame }, row = 0, rows = 1) {
  const trace = frame.arrays.neuron_trace;
  const [n, width] = trace.shape;
  if (width !== 1 + 2 * rows) return [];
  return Array.from({ length: n }, (_, i) => Array.from(trace.data.subarray(i * width + 1 + 2 * row, i * width + 3 + 2 * row)));
}

/** Draws the loss over (w, b) with what `paint` lays on it. @param {import("./contour.js").Contour} map @param {Now} now @param {(ctx: CanvasRenderingContext2D) => void} paint */
export function drawBowl(map, { frame }, paint) {
  const { bowl, bowl_axes: axes } = frame.arrays;
  if (!bowl) return;
  map.show(bowl.data, axes.data, bowl.shape[0]);
  map.draw(paint);
}
