/**
 * The largest learning rate that is stable on a quadratic of largest curvature λmax, for an optimiser; `limit` is 2/λmax.
 * Heavy-ball momentum reaches further (Polyak 1964), Nesterov's less far: with β the momentum its steps shrink as long as
 * rate · λmax < 2 (1 + β) / (1 + 2 β). Rules that rescale the gradient have no such limit: `exact` is false.
 *
 * @param {string} kind @param {{momentum?: number}} settings @param {number} limit
 */
export function largestRate(kind, settings, limit) {
  const beta = settings?.momentum ?? 0;
  if (kind === "momentum" && beta) return { bound: limit * (1 + beta), words: "2 (1 + momentum) / λmax", exact: true };
  if (kind === "nesterov" && beta) return { bound: (limit * (1 + beta)) / (1 + 2 * beta), words: "2 (1 + momentum) / ((1 + 2 momentum) λmax)", exact: true };
  return { bound: limit, words: "2/λmax", exact: ["sgd", "momentum", "nesterov"].includes(kind) };
}
