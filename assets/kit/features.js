/**
 * The ten features of the plane as the network diagram lists them: name, sign, and a small map for those not in use.
 * Formulas are those of nnlab/families/mlp; active ones come as maps from the server and win over these.
 *
 * @import { Named } from "./types.d.ts"
 * @typedef {{name: string, sign: string, of: (x: number, y: number) => number}} Feature
 */

/** @type {Feature[]} */
export const FEATURES = [
  { name: "x", sign: "x", of: (x) => x },
  { name: "y", sign: "y", of: (_, y) => y },
  { name: "x2", sign: "x²", of: (x) => x * x },
  { name: "y2", sign: "y²", of: (_, y) => y * y },
  { name: "xy", sign: "x·y", of: (x, y) => x * y },
  { name: "sin_x", sign: "sin x", of: (x) => Math.sin(x) },
  { name: "sin_y", sign: "sin y", of: (_, y) => Math.sin(y) },
  { name: "cos_x", sign: "cos x", of: (x) => Math.cos(x) },
  { name: "cos_y", sign: "cos y", of: (_, y) => Math.cos(y) },
  { name: "r", sign: "radius", of: (x, y) => Math.hypot(x, y) },
];

export const SIDE = 25;

/** @param {string} name */
export const signOf = (name) => FEATURES.find((feature) => feature.name === name)?.sign ?? name;

/** (side, side) bytes of one feature over [-limit, limit]², row 0 at the bottom, -1…1 as 0…255. @param {Feature} feature @param {number} limit */
export function featureMap(feature, limit, side = SIDE) {
  const values = new Float32Array(side * side);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      values[row * side + column] = feature.of(at(column, limit, side), at(row, limit, side));
    }
  }
  const scale = Math.max(1, percentile(values, 0.98)); // unbounded features: as the server scales its maps
  return Uint8Array.from(values, (v) => Math.round(127.5 + 127.5 * Math.max(-1, Math.min(1, v / scale))));
}

/**
 * The maps of all features, one after the other: those in use as they were sent, the others as they are known here.
 * @param {number} limit @param {string[]} used @param {Named} [given] the maps of those in use
 */
export function featureMaps(limit, used, given) {
  const cells = SIDE * SIDE;
  const bytes = new Uint8Array(FEATURES.length * cells);
  FEATURES.forEach((feature, i) => {
    const at = used.indexOf(feature.name);
    const fits = at >= 0 && given?.shape[1] === SIDE && at < given.shape[0];
    bytes.set(fits ? given.data.subarray(at * cells, (at + 1) * cells) : featureMap(feature, limit), i * cells);
  });
  return bytes;
}

/** The middle of a cell. @param {number} index @param {number} limit @param {number} side */
const at = (index, limit, side) => -limit + (2 * limit * (index + 0.5)) / side;

/** @param {Float32Array} values @param {number} share */
function percentile(values, share) {
  const sizes = values.map((v) => Math.abs(v)).sort();
  return sizes[Math.floor(share * (sizes.length - 1))];
}
