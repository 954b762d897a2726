// The network diagram by keyboard: arrows choose a neuron or feature, comma and full stop one of its weights. Pure.

const PARTS = { b: "bias", g: "gain", s: "shift" };

/** What `key` does while `chosen` is chosen: {choose} or {act, x, y}; null for a key that is not ours. */
export function moved(plan, chosen, key) {
  if (!plan) return null;
  if (key === "Escape") return chosen ? { choose: null } : null;
  if (key === "Enter") return chosen ? opened(chosen) : null;
  if (key.startsWith("Arrow")) return { choose: neighbour(plan, chosen, key) };
  const neuron = neuronOf(plan, chosen);
  if (!neuron) return null;
  const kind = PARTS[key.toLowerCase()];
  if (kind) return part(neuron, kind);
  if (key === "," || key === ".") return { choose: turned(plan, chosen, neuron, key === "." ? 1 : -1) };
  return null;
}

function opened(chosen) {
  if (chosen.kind === "feature") return { act: chosen, x: 0, y: 0 };
  if (chosen.kind === "link") return { act: chosen, x: (chosen.x0 + chosen.x1) / 2, y: (chosen.y0 + chosen.y1) / 2 };
  return chosen.node ? part(chosen.node, chosen.kind) : part(chosen, "bias");
}

function part(node, kind) {
  const found = node.parts.find((one) => one.kind === kind);
  return found ? { act: found, x: found.x, y: found.y } : null;
}

function neuronOf(plan, chosen) {
  if (chosen?.kind === "neuron") return chosen;
  if (chosen?.node) return chosen.node;
  if (chosen?.kind === "link") return plan.columns[chosen.layer - 1].nodes[chosen.to];
  return null;
}

function neighbour(plan, chosen, key) {
  const stages = [plan.features, ...plan.columns.map((column) => column.nodes)];
  const here = neuronOf(plan, chosen) ?? chosen;
  if (!here) return stages[1][0];
  const layer = here.layer;
  const place = stages[layer].indexOf(here);
  if (key === "ArrowUp" || key === "ArrowDown") {
    const to = Math.max(0, Math.min(stages[layer].length - 1, place + (key === "ArrowDown" ? 1 : -1)));
    return stages[layer][to];
  }
  const stage = stages[Math.max(0, Math.min(stages.length - 1, layer + (key === "ArrowRight" ? 1 : -1)))];
  return stage.reduce((best, thing) => (Math.abs(thing.y - here.y) < Math.abs(best.y - here.y) ? thing : best));
}

function turned(plan, chosen, neuron, by) {
  const links = plan.links.filter((link) => link.layer === neuron.layer && link.to === neuron.unit);
  const place = chosen.kind === "link" ? links.indexOf(chosen) : by > 0 ? -1 : 0;
  return links[(place + by + links.length) % links.length];
}
