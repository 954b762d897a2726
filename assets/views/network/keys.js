/**
 * The network diagram by keyboard: arrows choose a neuron or feature, comma and full stop one of its weights. Pure.
 *
 * @import { FeatureRow, Node, Part, Plan, Thing } from "./layout.js"
 * @typedef {{choose?: Thing | null, act?: Thing, x?: number, y?: number}} Step choose a thing, or act on it at (x, y)
 */

/** @type {Record<string, Part["kind"]>} */
const PARTS = { b: "bias", g: "gain", s: "shift" };

/** What `key` does while `chosen` is chosen: {choose} or {act, x, y}; null for a key that is not ours. @param {Plan | null} plan @param {Thing | null} chosen @param {string} key @returns {Step | null} */
export function moved(plan, chosen, key) {
  if (!plan) return null;
  if (key === "Escape") return chosen ? { choose: null } : null;
  if (key === "Enter") return chosen ? opened(chosen) : null;
  if (key.startsWith("Arrow")) return { choose: neighbour(plan, chosen, key) };
  const neuron = neuronOf(plan, chosen);
  if (!neuron) return null;
  const kind = PARTS[key.toLowerCase()];
  if (kind) return part(neuron, kind);
  if (chosen && (key === "," || key === ".")) return { choose: turned(plan, chosen, neuron, key === "." ? 1 : -1) };
  return null;
}

/** @param {Thing} chosen @returns {Step | null} */
function opened(chosen) {
  if (chosen.kind === "feature") return { act: chosen, x: 0, y: 0 };
  if (chosen.kind === "link") return { act: chosen, x: (chosen.x0 + chosen.x1) / 2, y: (chosen.y0 + chosen.y1) / 2 };
  return "node" in chosen ? part(chosen.node, chosen.kind) : part(chosen, "bias");
}

/** @param {Node} node @param {Part["kind"]} kind @returns {Step | null} */
function part(node, kind) {
  const found = node.parts.find((one) => one.kind === kind);
  return found ? { act: found, x: found.x, y: found.y } : null;
}

/** @param {Plan} plan @param {Thing | null} chosen */
function neuronOf(plan, chosen) {
  if (chosen?.kind === "neuron") return chosen;
  if (chosen && "node" in chosen) return chosen.node;
  if (chosen?.kind === "link") return plan.columns[chosen.layer - 1].nodes[chosen.to];
  return null;
}

/** @param {Plan} plan @param {Thing | null} chosen @param {string} key @returns {Thing} */
function neighbour(plan, chosen, key) {
  /** @type {(FeatureRow | Node)[][]} */
  const stages = [plan.features, ...plan.columns.map((column) => column.nodes)];
  const here = neuronOf(plan, chosen) ?? chosen;
  if (here?.kind !== "neuron" && here?.kind !== "feature") return stages[1][0];
  const layer = here.layer;
  const place = stages[layer].indexOf(here);
  if (key === "ArrowUp" || key === "ArrowDown") {
    const to = Math.max(0, Math.min(stages[layer].length - 1, place + (key === "ArrowDown" ? 1 : -1)));
    return stages[layer][to];
  }
  const stage = stages[Math.max(0, Math.min(stages.length - 1, layer + (key === "ArrowRight" ? 1 : -1)))];
  return stage.reduce((best, thing) => (Math.abs(thing.y - here.y) < Math.abs(best.y - here.y) ? thing : best));
}

/** @param {Plan} plan @param {Thing} chosen @param {Node} neuron @param {number} by */
function turned(plan, chosen, neuron, by) {
  const links = plan.links.filter((link) => link.layer === neuron.layer && link.to === neuron.unit);
  const place = chosen.kind === "link" ? links.indexOf(chosen) : by > 0 ? -1 : 0;
  return links[(place + by + links.length) % links.length];
}
