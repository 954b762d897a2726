/** The two losses of the sigmoid neuron: how each is drawn, and the weights that it has led to. */

export const ROWS = [
  { name: "Squared error", dash: [8, 4], colour: (t) => t.negative },
  { name: "Cross-entropy", dash: [], colour: (t) => t.test },
];

export const row = (state, i) => Array.from(state.frame.arrays.neuron_rows.data.subarray(3 * i, 3 * i + 3));
