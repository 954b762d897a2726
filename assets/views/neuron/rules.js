/** The lines of the perceptron's page: three rules, the pocket and the widest margin, and the point that was looked at last. */

export const RULES = [
  { name: "Perceptron rule", dash: [], colour: (t) => t.text },
  { name: "Delta rule", dash: [10, 5], colour: (t) => t.good },
  { name: "Logistic loss", dash: [3, 4], colour: (t) => t.test },
  { name: "Pocket", dash: [14, 4, 2, 4], colour: (t) => t.warn },
  { name: "Widest margin", dash: [2, 3], colour: (t) => t.faint },
];

/** Weights of line `i` (three rules, pocket, widest margin), or null where there is none. */
export function weightsOf(state, i) {
  const lines = state.frame?.arrays.perceptron_lines;
  if (!lines || lines.shape[1] !== 3) return null;
  const w = lines.data.subarray(3 * i, 3 * i + 3);
  return Math.hypot(w[0], w[1]) > 1e-12 && w.every((v) => Math.abs(v) < 1e8) ? w : null;
}

/** The place in the scene of the point that was looked at last, or -1. */
export function lastSeen(state) {
  const table = state.frame?.arrays.perceptron_table;
  if (!table || !state.frame.arrays.perceptron.data[1]) return -1;
  const row = table.data.subarray(table.data.length - 9);
  const at = state.scene.ids.indexOf(Math.round(row[0]));
  return at >= 0 && Math.abs(state.scene.points[4 * at] - row[1]) < 1e-3 ? at : -1;
}
