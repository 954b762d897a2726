/**
 * Where features, neurons, links and biases stand, and what lies under a point. Pure: no DOM, no canvas.
 *
 * @import { Block, Norm, Unit } from "../../kit/types.d.ts"
 * @typedef {{kind: "feature", layer: 0, unit: number, name: string, sign: string, active: boolean, x: number, y: number, size: number}} FeatureRow
 * @typedef {{kind: "neuron", layer: number, unit: number, x: number, y: number, size: number, output: boolean, disc: boolean, bias: number,
 *   mark: number, bx: number, by: number, parts: Part[]}} Node `bias`: its place in the flat vector, `mark`: size of the drawn bias at (bx, by)
 * @typedef {{kind: "bias"|"gain"|"shift", layer: number, unit: number, index: number, x: number, y: number, node: Node}} Part
 * @typedef {{kind: "link", layer: number, from: number, to: number, index: number, x0: number, y0: number, x1: number, y1: number, bend: number, path?: Path2D}} Link
 * @typedef {FeatureRow | Node | Part | Link} Thing what a pointer or a key can be at
 * @typedef {{layer: number, centre: number, nodes: Node[], size: number, pitch: number, output: boolean, across: number, discs: boolean}} Column
 * @typedef {{features: FeatureRow[], nodes: Node[], links: Link[], columns: Column[], width: number, height: number, tight: boolean}} Plan
 */
import { FEATURES } from "../../kit/features.js";

const LEFT = 104; // the feature column: name and map
const RIGHT = 72; // the output column: its map, and the classes' names where there are several
const NAMES = 84;
const FOOT = 12; // room for a number under the lowest neuron
const CELL = 61; // a hidden layer with its controls, drawn narrow, needs this much
export const ROOMY = 90; // from here on the controls have their full width
const SMALLEST_MAP = 15; // below this a map says nothing: a disc is drawn
const FEWEST_MAPS = 32; // wider layers come without maps
export const MOST_LINKS = 1500; // more are drawn by strength

/** Hit areas are larger than what is drawn, so that a finger or a shaky mouse still meets them. */
const BIAS_REACH = 4;
const LINK_REACH = 5;

/** @param {Block[]} blocks */
export function narrowest(blocks) {
  return LEFT + right(blocks) + Math.max(1, blocks.length - 1) * CELL;
}

/** Width of the output column. @param {Block[]} blocks */
function right(blocks) {
  return RIGHT + (blocks[blocks.length - 1].fan_out > 1 ? NAMES : 0);
}

/** @param {{blocks: Block[], norms?: Norm[], features: string[], width: number, height: number}} of blocks, gains and shifts, chosen feature names, size in CSS pixels @returns {Plan} */
export function arrange({ blocks, norms = [], features, width, height }) {
  const wide = Math.max(width, narrowest(blocks));
  const rows = featureRows(features, height);
  const sources = features.flatMap((name) => rows.filter((row) => row.name === name));
  const cell = (wide - LEFT - right(blocks)) / Math.max(1, blocks.length - 1);
  const columns = blocks.map((block, b) => {
    const output = b === blocks.length - 1;
    const centre = output ? wide - right(blocks) + 36 : LEFT + cell * (b + 0.5);
    return column(block, b + 1, { centre, height: height - FOOT, output, room: cell - 40 });
  });
  const nodes = columns.flatMap((c) => c.nodes);
  for (const node of nodes) node.parts = partsOf(node, norms[node.layer - 1]);
  /** @type {Link[]} */
  const links = [];
  /** @type {{x: number, y: number, size: number}[]} */
  let before = sources;
  blocks.forEach((block, b) => {
    for (const to of columns[b].nodes) {
      for (let j = 0; j < Math.min(block.fan_in, before.length); j++) links.push(link(block, before[j], to, j));
    }
    before = columns[b].nodes;
  });
  return { features: rows, nodes, links, columns, width: wide, height, tight: cell < ROOMY };
}

/** @param {string[]} chosen @param {number} height @returns {FeatureRow[]} */
function featureRows(chosen, height) {
  const pitch = height / FEATURES.length;
  const size = Math.min(30, pitch - 6);
  return FEATURES.map((feature, i) => ({
    kind: "feature", layer: 0, unit: chosen.indexOf(feature.name), name: feature.name, sign: feature.sign,
    active: chosen.includes(feature.name), x: LEFT - 12 - size / 2, y: pitch * (i + 0.5), size,
  }));
}

/** @param {Block} block @param {number} layer @param {{centre: number, height: number, output: boolean, room: number}} place @returns {Column} */
function column(block, layer, { centre, height, output, room }) {
  const units = block.fan_out;
  const maps = units <= FEWEST_MAPS;
  const perColumn = Math.ceil(units / Math.ceil(units / Math.floor(height / (maps ? 21 : 15))));
  const across = Math.ceil(units / perColumn);
  const pitch = Math.min(output ? 84 : 82, height / perColumn, across > 1 ? Math.max(12, room / across) : Infinity);
  const size = Math.min(output ? 58 : Math.max(20, Math.min(52, room + 14)), pitch >= 34 ? pitch - 14 : pitch - 4);
  const nodes = Array.from({ length: units }, (_, unit) => {
    const inColumn = Math.min(perColumn, units - Math.floor(unit / perColumn) * perColumn);
    const x = centre + (Math.floor(unit / perColumn) - (across - 1) / 2) * Math.min(pitch, size + 6);
    const y = height / 2 + ((unit % perColumn) - (inColumn - 1) / 2) * pitch;
    return node(block, { layer, unit, x, y, size, output, disc: !maps || size < SMALLEST_MAP });
  });
  return { layer, centre, nodes, size, pitch, output, across, discs: nodes[0]?.disc ?? false };
}

/** @param {Block} block @param {{layer: number, unit: number, x: number, y: number, size: number, output: boolean, disc: boolean}} place @returns {Node} */
function node(block, { layer, unit, x, y, size, output, disc }) {
  const mark = Math.max(6, Math.min(10, size / 3.4));
  const bias = block.bias < 0 ? -1 : block.bias + unit * block.bias_stride;
  const corner = size / 2 + (size > 24 ? 1 : 0);
  return { kind: "neuron", layer, unit, x, y, size, output, disc, bias, mark, bx: x - corner, by: y + corner - mark / 2, parts: [] };
}

/**
 * The parameters drawn at a neuron's corners: its bias, and where its layer is normalised its gain and shift. A part knows
 * its neuron's place in the network, its place in the flat vector, and where it stands.
 * @param {Node} node @param {Norm} [norm] @returns {Part[]}
 */
function partsOf(node, norm) {
  const { layer, unit, bx, by } = node;
  const part = (/** @type {Part["kind"]} */ kind, /** @type {number} */ index, /** @type {number} */ x, /** @type {number} */ y) => ({ kind, layer, unit, index, x, y, node });
  const found = node.bias < 0 ? [] : [part("bias", node.bias, bx, by)];
  if (!norm || node.disc) return found;
  const right = 2 * node.x - bx;
  return [...found, part("gain", norm.start + unit, right, 2 * node.y - by), part("shift", norm.start + norm.units + unit, right, by)];
}

/** @param {Block} block @param {{x: number, y: number, size: number}} from @param {Node} to @param {number} column @returns {Link} */
function link(block, from, to, column) {
  const x0 = from.x + from.size / 2, x1 = to.x - to.size / 2;
  return {
    kind: "link", layer: to.layer, from: column, to: to.unit, index: block.start + to.unit * block.stride + column,
    x0, y0: from.y, x1, y1: to.y, bend: (x0 + x1) / 2,
  };
}

/** The thing under (x, y): a bias, gain or shift, a neuron, a feature, or the nearest of the `drawn` links; null for none. @param {Plan} plan @param {number} x @param {number} y @param {Link[]} [drawn] @returns {Thing | null} */
export function under(plan, x, y, drawn = plan.links) {
  for (const node of plan.nodes) {
    const reach = node.mark / 2 + Math.min(BIAS_REACH, node.size / 6);
    const part = node.parts.find((one) => Math.abs(x - one.x) <= reach && Math.abs(y - one.y) <= reach);
    if (part) return part;
  }
  for (const node of plan.nodes) if (inside(node, x, y)) return node;
  for (const row of plan.features) {
    if (x >= 0 && x <= row.x + row.size / 2 && Math.abs(y - row.y) <= row.size / 2 + 3) return row;
  }
  return nearest(drawn, x, y);
}

/** @param {Node} node @param {number} x @param {number} y */
function inside(node, x, y) {
  return Math.abs(x - node.x) <= node.size / 2 + 1 && Math.abs(y - node.y) <= node.size / 2 + 1;
}

/** @param {Link[]} links @param {number} x @param {number} y */
function nearest(links, x, y) {
  let best = LINK_REACH;
  /** @type {Link | null} */
  let found = null;
  for (const link of links) {
    if (x < link.x0 || x > link.x1) continue;
    if (y < Math.min(link.y0, link.y1) - best || y > Math.max(link.y0, link.y1) + best) continue;
    const distance = away(link, x, y);
    if (distance < best) [best, found] = [distance, link];
  }
  return found;
}

/** Distance of a point from a link's curve: the curve is a function of x, so its place at x is found by bisection. @param {Link} link @param {number} x @param {number} y */
export function away(link, x, y) {
  let low = 0, high = 1;
  for (let i = 0; i < 14; i++) {
    const t = (low + high) / 2;
    if (along(link, t).x < x) low = t;
    else high = t;
  }
  const t = (low + high) / 2;
  const slope = along(link, Math.min(1, t + 0.01)), base = along(link, Math.max(0, t - 0.01));
  const dx = slope.x - base.x, dy = slope.y - base.y;
  const here = along(link, t);
  return Math.abs(y - here.y) * (dx / (Math.hypot(dx, dy) || 1)) + Math.abs(x - here.x);
}

/** The point of a link's Bézier curve at t in 0…1. @param {Link} link @param {number} t */
export function along(link, t) {
  const u = 1 - t;
  return {
    x: u * u * u * link.x0 + 3 * u * t * link.bend + t * t * t * link.x1,
    y: u * u * (u + 3 * t) * link.y0 + t * t * (t + 3 * u) * link.y1,
  };
}

/** The strongest links' positions in `plan.links`, at most `most`, weak ones first so that strong ones lie on top. @param {Link[]} links @param {ArrayLike<number>} weights */
export function strongest(links, weights, most = MOST_LINKS) {
  if (links.length <= most) return links;
  const sizes = Float32Array.from(links, (link) => Math.abs(weights[link.index])).sort();
  const least = sizes[sizes.length - most];
  return links.filter((link) => Math.abs(weights[link.index]) >= least).slice(0, most);
}

/** The neuron that is meant, itself or by one of its parts. @param {Thing | null} thing @returns {Unit | null} */
export const unitOf = (thing) => (thing && (thing.kind === "neuron" || "node" in thing) ? [thing.layer, thing.unit] : null);

/** Whether two are of one place, also where the diagram was laid out anew between them. @param {Thing | null} a @param {Thing | null} b */
export function same(a, b) {
  const place = (/** @type {Thing | null} */ thing) => thing && JSON.stringify([thing.kind, thing.layer, "unit" in thing && thing.unit, "index" in thing && thing.index, "name" in thing && thing.name]);
  return a === b || place(a) === place(b);
}
