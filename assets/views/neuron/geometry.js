/** Half-planes and lines within a square, and a range that does not breathe. Pure. @typedef {number[]} Point [x, y] */

/** The part of a convex polygon where a x + b y + c >= 0. @param {Point[]} polygon @param {number} a @param {number} b @param {number} c */
export function clip(polygon, a, b, c) {
  const kept = [];
  const side = (/** @type {Point} */ [x, y]) => a * x + b * y + c;
  for (let i = 0; i < polygon.length; i++) {
    const [p, q] = [polygon[i], polygon[(i + 1) % polygon.length]];
    const [u, v] = [side(p), side(q)];
    if (u >= 0) kept.push(p);
    if (u >= 0 !== v >= 0) {
      const s = u / (u - v);
      kept.push([p[0] + s * (q[0] - p[0]), p[1] + s * (q[1] - p[1])]);
    }
  }
  return kept;
}

/** @param {number} low @param {number} high @returns {Point[]} */
export const square = (low, high) => [[low, low], [high, low], [high, high], [low, high]];

/** Where a x + b y + c = 0 crosses the square [low, high]²: two points, or null. @param {number} a @param {number} b @param {number} c @param {number} low @param {number} high @returns {Point[] | null} */
export function chord(a, b, c, low, high) {
  /** @type {Point[]} */
  const found = [];
  const keep = (/** @type {number} */ x, /** @type {number} */ y) => {
    if (x >= low - 1e-9 && x <= high + 1e-9 && y >= low - 1e-9 && y <= high + 1e-9) found.push([x, y]);
  };
  if (Math.abs(b) > 1e-12) for (const x of [low, high]) keep(x, -(a * x + c) / b);
  if (Math.abs(a) > 1e-12) for (const y of [low, high]) keep(-(b * y + c) / a, y);
  let best = 1e-9; // of a line that only touches a corner there is nothing to draw
  /** @type {Point[] | null} */
  let ends = null;
  for (const p of found) {
    for (const q of found) {
      const d = Math.hypot(p[0] - q[0], p[1] - q[1]);
      if (d > best) [best, ends] = [d, [p, q]];
    }
  }
  return ends;
}

/** A range that only widens, in steps of the square root of 2, until it would be eight times too wide. @param {number} held @param {number} wanted */
export function reach(held, wanted) {
  const next = 2 ** (Math.ceil(2 * Math.log2(Math.max(wanted, 1e-6))) / 2);
  return held >= wanted && held < 8 * wanted ? held : next;
}
