// Where everything of the backpropagation picture stands, and what lies under a pointer. Pure.

export const BOX = { width: 108, height: 84 };
export const INPUT = { width: 80, height: 34 };
const PITCH = 116;
const WIDEST = 150; // pitch where there is room
const LINE = 15; // of the numbers on the lines
const MARGIN = 14;
const LEAST = 280;
const GAP = 72; // between two columns of boxes: room for a number on each line
const TIGHT = 118; // below it the numbers on the lines have two digits
const LOSS = { width: 120, height: 116 };
const LANE = 40; // beside the outputs, where the ways to a loss under them run
const PILL = { width: 66, height: 20 };

/** Least width in which nothing overlaps; `below`: with the loss not behind the outputs, but under them. */
export function leastWidth(r, below = false) {
  const size = sizes(below);
  const network = 2 * size.margin + size.input.width + r.last * (BOX.width + size.gap);
  return network + (below ? LANE : 0.75 * size.gap + LOSS.width);
}

/** Width of the picture in a place so wide: where there is no room for the loss behind the outputs, it stands under them. */
export const widthOf = (r, room) => Math.max(room, leastWidth(r, room < leastWidth(r)));

const sizes = (below) =>
  below ? { margin: 8, gap: 55, input: { ...INPUT, width: 70 } } : { margin: MARGIN, gap: GAP, input: INPUT };

const networkHeight = (r) => {
  const rows = Math.max(...r.blocks.map((b) => b.fan_out));
  const numbers = Math.max(...r.blocks.map((b) => b.fan_in * b.fan_out));
  return 2 * MARGIN + Math.max(LEAST, rows * PITCH, r.units(0) * (INPUT.height + 12), numbers * LINE);
};

export const heightOf = (r, width) => networkHeight(r) + (width < leastWidth(r) ? LOSS.height + MARGIN : 0);

/**
 * {nodes, links, ways, loss, width, height, digits}: nodes carry their box and the pill of their bias, links their ends and
 * their label, ways lead from an output to the loss: {node, points, at(w): where a label w wide stands on it}.
 */
export function plan(r, width) {
  const below = width < leastWidth(r);
  const { margin, input } = sizes(below);
  const height = networkHeight(r);
  const inner = width - 2 * margin - input.width - r.last * BOX.width;
  const gap = below ? (inner - LANE) / r.last : (inner - LOSS.width) / (r.last + 0.75); // the way to the loss is shorter: one number stands on it
  const columns = [];
  let left = margin;
  for (let layer = 0; layer <= r.last; layer++) {
    const size = layer === 0 ? input : BOX;
    columns.push(column(r.units(layer), { layer, x: left + size.width / 2, height, size }));
    left += size.width + gap;
  }
  const nodes = columns.flatMap((c) => c.nodes);
  for (const node of nodes) {
    if (!node.layer) continue;
    node.bias = r.biasAt(node.layer, node.unit);
    node.pill = { x: node.x - BOX.width / 2 + PILL.width / 2, y: node.y + BOX.height / 2 + PILL.height / 2 + 1, ...PILL };
  }
  const links = [];
  for (let layer = 1; layer <= r.last; layer++) links.push(...linksTo(r, columns[layer - 1], columns[layer]));
  const loss = { x: width - margin - LOSS.width / 2, y: below ? height + LOSS.height / 2 : height / 2, ...LOSS };
  const ways = columns.at(-1).nodes.map((node) => (below ? wayDown(node, loss) : wayAcross(node, loss)));
  return { nodes, columns, links, ways, loss, width, height: heightOf(r, width), digits: gap < TIGHT ? 2 : 3 };
}

function wayAcross(node, loss) {
  const [x0, x1] = [node.x + node.width / 2, loss.x - loss.width / 2];
  const at = (w) => {
    const x = Math.max(x0 + w / 2 + 2, x0 + 0.4 * (x1 - x0));
    return [x, node.y + ((x - x0) / (x1 - x0)) * (loss.y - node.y)];
  };
  return { node, points: [[x0, node.y], [x1, loss.y]], at };
}

/** Along the right edge, past the outputs below; its label stands beside the pill of the bias. */
function wayDown(node, loss) {
  const edge = node.x + node.width / 2;
  const lane = edge + LANE - 13;
  return { node, points: [[edge, node.y], [lane, node.y], [lane, loss.y - loss.height / 2]], at: (w) => [edge + LANE + 6 - w / 2, node.pill.y] };
}

function column(count, { layer, x, height, size }) {
  const pitch = Math.min(layer ? WIDEST : WIDEST * 0.62, (height - 2 * MARGIN) / count);
  const top = height / 2 - (pitch * (count - 1)) / 2 - (layer ? PILL.height / 2 : 0);
  const nodes = Array.from({ length: count }, (_, unit) => ({ layer, unit, x, y: top + unit * pitch, ...size }));
  return { nodes, pitch };
}

/** Labels stand where all lines of a layer are equally far apart: a share R / (R + S n) of the way from the target. */
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

const inside = (box, x, y, more = 0) => Math.abs(x - box.x) <= box.width / 2 + more && Math.abs(y - box.y) <= box.height / 2 + more;

/** {kind: "bias"|"weight"|"input"|"neuron"|"loss", …} under a point, or null. Labels are wider targets than their lines. */
export function under(p, x, y) {
  const pill = p.nodes.find((node) => node.pill && inside(node.pill, x, y, 1));
  if (pill) return { kind: "bias", index: pill.bias, node: pill };
  const label = p.links.find((l) => Math.abs(x - l.lx) < 24 && Math.abs(y - l.ly) < 10);
  if (label) return { kind: "weight", index: label.index, link: label };
  const node = p.nodes.find((one) => inside(one, x, y));
  if (node) return { kind: node.layer ? "neuron" : "input", node };
  if (inside(p.loss, x, y)) return { kind: "loss" };
  let best = null;
  for (const link of p.links) {
    const away = distance(link, x, y);
    if (away < 7 && (!best || away < best.away)) best = { away, link };
  }
  return best && { kind: "weight", index: best.link.index, link: best.link };
}

function distance({ x0, y0, x1, y1 }, x, y) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const t = Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy)));
  return Math.hypot(x - x0 - t * dx, y - y0 - t * dy);
}
