/** Numbers of an answer in words. */

/** @param {number} p */
export const percent = (p) => (p > 0.0005 && p < 0.01 ? `${(100 * p).toFixed(1)} %` : `${Math.round(100 * p)} %`);

/** @param {number} from @param {number} to */
export function moved(from, to) {
  if (Math.abs(to - from) < 0.005) return `stays at ${percent(to)}`;
  return `${to < from ? "falls" : "rises"} from ${percent(from)} to ${percent(to)}`;
}

/** @param {ArrayLike<number>} values */
export function argmax(values) {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}
