/** What is read off the frames of a linear unit: its weights, its answer, the lowest points of its losses and its path. */

export const LOSSES = ["mse", "mae", "huber"];
export const SHORT = { mse: "squared error", mae: "absolute error", huber: "Huber" };

export const lossOf = (state) => state.scene?.experiment.training.loss ?? "mse";

/** Weights (w, b) of the unit, as a hand has them or as the newest frame does. */
export const weights = (state) => state.hand ?? Array.from(state.frame?.arrays.neuron_rows?.data.subarray(0, 2) ?? []);

/** The lowest point of the present loss, or of another. */
export function optimum(state, loss = lossOf(state)) {
  return Array.from(state.frame.arrays.bowl_optima.data.subarray(3 * LOSSES.indexOf(loss), 3 * LOSSES.indexOf(loss) + 3));
}

/** The unit's answer at x, whose weights may count in scaled units. */
export function answer(state, [w, b], x) {
  const { shift = [0], spread = [1] } = state.scene.facts;
  return (w * (x - shift[0])) / spread[0] + b;
}

/** Places (w, b) of the path of neuron `row` of `rows`. */
export function walk(state, row = 0, rows = 1) {
  const trace = state.frame.arrays.neuron_trace;
  const [n, width] = trace.shape;
  if (width !== 1 + 2 * rows) return [];
  return Array.from({ length: n }, (_, i) => [trace.data[i * width + 1 + 2 * row], trace.data[i * width + 2 + 2 * row]]);
}
