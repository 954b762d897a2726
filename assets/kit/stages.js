/** Stages and the numbers of an answer in words. */

const TITLES = { input: "Picture", conv: "Conv", pool: "Pool", batch_norm: "Norm", dropout: "Dropout", residual: "Residual", global_pool: "Mean", dense: "Dense", output: "Answer" };

/** @param {{name: string, kind: string} | undefined} stage such as conv2 @returns {string} "Conv 2" */
export function titleOf(stage) {
  if (!stage) return "";
  const title = /** @type {Record<string, string>} */ (TITLES)[stage.kind] ?? stage.kind;
  const number = stage.name.slice(stage.kind.length);
  return number ? `${title} ${number}` : title;
}

/** @param {number} p */
export const percent = (p) => ((p > 0.0005 && p < 0.01) || (p > 0.99 && p < 0.9995) ? `${(100 * p).toFixed(1)} %` : `${Math.round(100 * p)} %`);

/** A number without a power of ten. @param {number} v */
export const plain = (v) => (Math.abs(v) >= 100 ? v.toFixed(1) : Math.abs(v) >= 0.1 || v === 0 ? v.toFixed(3) : v.toFixed(4)).replace("-", "−");

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
