// The ten features of the plane as the network diagram lists them: name, sign, and a small map for those not in use.
// Formulas are those of nnlab/families/mlp; active ones come as maps from the server and win over these.

export const FEATURES = [
  { name: "x", sign: "x", of: (x, y) => x },
  { name: "y", sign: "y", of: (x, y) => y },
  { name: "x2", sign: "x²", of: (x, y) => x * x },
  { name: "y2", sign: "y²", of: (x, y) => y * y },
  { name: "xy", sign: "x·y", of: (x, y) => x * y },
  { name: "sin_x", sign: "sin x", of: (x, y) => Math.sin(x) },
  { name: "sin_y", sign: "sin y", of: (x, y) => Math.sin(y) },
  { name: "cos_x", sign: "cos x", of: (x, y) => Math.cos(x) },
  { name: "cos_y", sign: "cos y", of: (x, y) => Math.cos(y) },
  { name: "r", sign: "radius", of: (x, y) => Math.hypot(x, y) },
];

export const SIDE = 25;

export function signOf(name) {
  return FEATURES.find((feature) => feature.name === name)?.sign ?? name;
}

/** (side, side) bytes of one feature over [-limit, limit]², row 0 at the bottom, -1…1 as 0…255. */
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

function at(index, limit, side) {
  return -limit + (2 * limit * (index + 0.5)) / side;
}

function percentile(values, share) {
  const sizes = values.map(Math.abs).sort();
  return sizes[Math.floor(share * (sizes.length - 1))];
}
