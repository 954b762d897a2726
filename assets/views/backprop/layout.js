/**
 * Where everything of the backpropagation picture stands, and what lies under a pointer. Pure.
 *
 * @import { Numbers } from "./names.js"
 * @typedef {Pick<Numbers, "blocks" | "last" | "units" | "weightAt" | "biasAt">} Net
 * @typedef {{x: number, y: number, width: number, height: number}} Box `x`, `y`: its middle
 * @typedef {Box & {layer: number, unit: number}} Input
 * @typedef {Input & {bias: number, pill: Box}} Neuron `pill`: the box of its bias
 * @typedef {{layer: number, unit: number, from: number, index: number, x0: number, y0: number, x1: number, y1: number, lx: number, ly: number}} Link
 *   the line of a weight, and where its number stands
 * @typedef {{node: Neuron, points: [number, number][], at: (width: number) => [number, number]}} Way from an output to the loss; `at`: where a label so wide stands on it
 * @typedef {{nodes: Input[], pitch: number}} Column
 * @typedef {{inputs: Input[], neurons: Neuron[], nodes: (Input | Neuron)[], columns: Column[], links: Link[], ways: Way[], loss: Box, width: number, height: number, digits: number}} Plan
 * @typedef {{kind: "bias", index: number} | {kind: "weight", index: number} | {kind: "input", node: Input} | {kind: "neuron", node: Input} | {kind: "loss"}} Part of the picture
 */

const BOX = { width: 108, height: 84 };
const INPUT = { width: 80, height: 34 };
const PITCH = 116;
const WIDEST = 150; // pitch where there is room
const LINE = 15; // of the numbers on the lines
const MARGIN = 14;
const LEAST = 250;
const TIGHT = 118; // below it the numbers on the lines have two digits
const LOSS = { width: 120, height: 116 };
const LANE = 40; // beside the outputs, where the ways to a loss under them run
const PILL = { width: 66, height: 20 };
const WIDE = { margin: MARGIN, gap: 72, way: 0.75, input: INPUT, box: BOX, loss: LOSS, below: false };
const NARROW = { margin: 6, gap: 54, way: 1, input: { ...INPUT, width: 68 }, box: { ...BOX, width: 98 }, loss: { ...LOSS, width: 98 }, below: false };
const UNDER = { ...NARROW, box: BOX, loss: LOSS, below: true };
/**
 * How large everything is, the largest first. `gap`: least between two columns of boxes, room for a number on each line; `way`: from
 * the outputs to the loss, in gaps, for one number stands on it; `below`: the loss stands not behind the outputs, but under them.
 */
export const SIZES = [WIDE, NARROW, UNDER];

/** Least width in which nothing overlaps. @param {Net} r @param {typeof WIDE} size */
export const leastWidth = (r, { margin, gap, way, input, box, loss, below }) => 2 * margin + input.width + r.last * (box.width + gap) + (below ? LANE : way * gap + loss.width);

/** The largest that fit into a place so wide. @param {Net} r @param {number} room */
const sizesIn = (r, room) => SIZES.find((size) => leastWidth(r, size) <= room) ?? UNDER;

/** Width of the picture in a place so wide: where not even the smallest fits, it is scrolled. @param {Net} r @param {number} room */
export const widthOf = (r, room) => Math.max(room, leastWidth(r, sizesIn(r, room)));

const networkHeight = (/** @type {Net} */ r) => {
  const rows = Math.max(...r.blocks.map((b) => b.fan_out));
  const numbers = Math.max(...r.blocks.map((b) => b.fan_in * b.fan_out));
  return 2 * MARGIN + Math.max(LEAST, rows * PITCH, r.units(0) * (INPUT.height + 12), numbers * LINE);
};

/** @param {Net} r @param {number} width */
export const heightOf = (r, width) => networkHeight(r) + (sizesIn(r, width).below ? LOSS.height + MARGIN : 0);

/** @param {Net} r @param {number} width @returns {Plan} */
export function plan(r, width) {
  const { margin, way, input, box, loss: size, below } = sizesIn(r, width);
  const height = networkHeight(r);
  const inner = width - 2 * margin - input.width - r.last * box.width;
  const gap = below ? (inner - LANE) / r.last : (inner - size.width) / (r.last + way);
  const across = (/** @type {number} */ layer) => margin + input.width + gap + (layer - 1) * (box.width + gap) + box.width / 2;
  const inputs = column(r.units(0), { layer: 0, x: margin + input.width / 2, height, size: input });
  const layers = r.blocks.map((_, i) => withBiases(r, column(r.units(i + 1), { layer: i + 1, x: across(i + 1), height, size: box })));
  const columns = [inputs, ...layers];
  const links = layers.flatMap((layer, i) => linksTo(r, columns[i], layer));
  const loss = { x: width - margin - size.width / 2, y: below ? height + size.height / 2 : height / 2, ...size };
  const outputs = layers[layers.length - 1].nodes;
  const ways = outputs.map((node) => (below ? wayDown(node, loss) : wayAcross(node, loss)));
  const neurons = layers.flatMap((layer) => layer.nodes);
  return { inputs: inputs.nodes, neurons, nodes: [...inputs.nodes, ...neurons], columns, links, ways, loss, width, height: heightOf(r, width), digits: gap < TIGHT ? 2 : 3 };
}

/** @param {Net} r @param {Column} column */
function withBiases(r, { nodes, pitch }) {
  const pill = (/** @type {Input} */ node) => ({ ...PILL, x: node.x - node.width / 2 + PILL.width / 2, y: node.y + node.height / 2 + PILL.height / 2 + 1 });
  return { pitch, nodes: nodes.map((node) => ({ ...node, bias: r.biasAt(node.layer, node.unit), pill: pill(node) })) };
}

/** @param {Neuron} node @param {Box} loss @returns {Way} */
function wayAcross(node, loss) {
  const [x0, x1] = [node.x + node.width / 2, loss.x - loss.width / 2];
  const at = (/** @type {number} */ w) => {
    const x = Math.max(x0 + w / 2 + 2, x0 + 0.4 * (x1 - x0));
    return /** @type {[number, number]} */ ([x, node.y + ((x - x0) / (x1 - x0)) * (loss.y - node.y)]);
  };
  return { node, points: [[x0, node.y], [x1, loss.y]], at };
}

/** Along the right edge, past the outputs below; its label stands beside the pill of the bias. @param {Neuron} node @param {Box} loss @returns {Way} */
function wayDown(node, loss) {
  const edge = node.x + node.width / 2;
  const lane = edge + LANE - 13;
  return { node, points: [[edge, node.y], [lane, node.y], [lane, loss.y - loss.height / 2]], at: (w) => [edge + LANE + 6 - w / 2, node.pill.y] };
}

/** @param {number} count @param {{layer: number, x: number, height: number, size: {width: number, height: number}}} place @returns {Column} */
function column(count, { layer, x, height, size }) {
  const pitch = Math.min(layer ? WIDEST : WIDEST * 0.62, (height - 2 * MARGIN) / count);
  const top = height / 2 - (pitch * (count - 1)) / 2 - (layer ? PILL.height / 2 : 0);
  const nodes = Array.from({ length: count }, (_, unit) => ({ layer, unit, x, y: top + unit * pitch, ...size }));
  return { nodes, pitch };
}

/** Labels stand where all lines of a layer are equally far apart: a share R / (R + S n) of the way from the target. @param {Net} r @param {Column} below @param {Column} above @returns {Link[]} */
function linksTo(r, below, above) {
  const n = below.nodes.length;
  const share = above.nodes.length === 1 ? 0.42 : Math.min(0.42, Math.max(0.17, above.pitch / (above.pitch + below.pitch * n)));
  return above.nodes.flatMap((to) =>
    below.nodes.map((from) => {
      const [x0, y0, x1, y1] = [from.x + from.width / 2, from.y, to.x - to.width / 2, to.y];
      return { layer: to.layer, unit: to.unit, from: from.unit, index: r.weightAt(to.layer, to.unit, from.unit), x0, y0, x1, y1, lx: x1 - share * (x1 - x0), ly: y1 - share * (y1 - y0) };
    }),
  );
}

/** @param {Box} box @param {number} x @param {number} y */
const inside = (box, x, y, more = 0) => Math.abs(x - box.x) <= box.width / 2 + more && Math.abs(y - box.y) <= box.height / 2 + more;

/** What lies under a point. Labels are wider targets than their lines. @param {Plan} plan @param {number} x @param {number} y @returns {Part | null} */
export function under({ neurons, nodes, links, loss }, x, y) {
  const neuron = neurons.find(({ pill }) => inside(pill, x, y, 1));
  if (neuron) return { kind: "bias", index: neuron.bias };
  const label = links.find((l) => Math.abs(x - l.lx) < 24 && Math.abs(y - l.ly) < 10);
  if (label) return { kind: "weight", index: label.index };
  const node = nodes.find((one) => inside(one, x, y));
  if (node) return { kind: node.layer ? "neuron" : "input", node };
  if (inside(loss, x, y)) return { kind: "loss" };
  let [nearest, least] = [-1, 7];
  for (const link of links) {
    const away = distance(link, x, y);
    if (away < least) [nearest, least] = [link.index, away];
  }
  return nearest < 0 ? null : { kind: "weight", index: nearest };
}

/** @param {Link} link @param {number} x @param {number} y */
function distance({ x0, y0, x1, y1 }, x, y) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const t = Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy)));
  return Math.hypot(x - x0 - t * dx, y - y0 - t * dy);
}
