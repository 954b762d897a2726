/**
 * The two losses of the sigmoid neuron: how each is drawn, and the weights that it has led to.
 *
 * @import { Frame, Theme } from "../../kit/types.d.ts"
 */

export const ROWS = [
  { name: "Squared error", dash: [8, 4], colour: (/** @type {Theme} */ t) => t.negative },
  { name: "Cross-entropy", dash: [], colour: (/** @type {Theme} */ t) => t.test },
];

/** Weights (w1, w2, b) of row `i`. @param {Frame} frame @param {number} i */
export const row = (frame, i) => Array.from(frame.arrays.neuron_rows.data.subarray(3 * i, 3 * i + 3));
