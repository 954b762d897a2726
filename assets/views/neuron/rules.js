/**
 * The lines of the perceptron's page: three rules, the pocket and the widest margin, and the point that was looked at last.
 *
 * @import { Frame, Scene, Theme } from "../../kit/types.d.ts"
 */

export const RULES = [
  { name: "Perceptron rule", dash: [], colour: (/** @type {Theme} */ t) => t.text },
  { name: "Delta rule", dash: [10, 5], colour: (/** @type {Theme} */ t) => t.good },
  { name: "Logistic loss", dash: [3, 4], colour: (/** @type {Theme} */ t) => t.test },
  { name: "Pocket", dash: [14, 4, 2, 4], colour: (/** @type {Theme} */ t) => t.warn },
  { name: "Widest margin", dash: [2, 3], colour: (/** @type {Theme} */ t) => t.faint },
];

/** Weights of line `i` of `RULES`, or null where there is none. @param {Frame | null} frame @param {number} i */
export function weightsOf(frame, i) {
  const lines = frame?.arrays.perceptron_lines;
  if (lines?.shape[1] !== 3) return null;
  const w = lines.data.subarray(3 * i, 3 * i + 3);
  return Math.hypot(w[0], w[1]) > 1e-12 && w.every((v) => Math.abs(v) < 1e8) ? w : null;
}

/** Whether line `i` has left every measure: its weights are too large to be drawn, or no numbers. @param {Frame | null} frame @param {number} i */
export function diverged(frame, i) {
  const lines = frame?.arrays.perceptron_lines;
  return lines?.shape[1] === 3 && lines.data.subarray(3 * i, 3 * i + 3).some((v) => !(Math.abs(v) < 1e8));
}

/** The place in the scene of the point that was looked at last, or -1. @param {Frame | null} frame @param {Scene} scene */
export function lastSeen(frame, scene) {
  const table = frame?.arrays.perceptron_table;
  if (!table || !frame.arrays.perceptron.data[1]) return -1;
  const [id, x] = table.data.subarray(table.data.length - 9);
  const at = scene.ids.indexOf(Math.round(id));
  return at >= 0 && Math.abs(scene.points[4 * at] - x) < 1e-3 ? at : -1;
}
