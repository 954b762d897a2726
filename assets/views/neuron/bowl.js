/**
 * The loss over (w, b) as a surface that can be turned, with the path of descent on it.
 *
 * @import { Board } from "../../kit/types.d.ts"
 * @import { Now } from "./unit.js"
 */
import { PlotlyPanel, sceneLayout } from "../../kit/plotly_panel.js";
import { optimum, walk, weights } from "./unit.js";

const HEIGHT = 430;
const EYE = { x: 1.4, y: -1.6, z: 1.05 };

export class Bowl {
  /** @type {PlotlyPanel | null} */
  panel = null;
  on = false;

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    this.root = root;
    this.board = board;
  }

  /** @param {boolean} on */
  show(on) {
    this.on = on;
    this.root.hidden = !on;
    this.panel ??= new PlotlyPanel(this.root, { height: HEIGHT, label: "Loss over slope and bias as a surface that can be turned" });
    this.board.redraw();
  }

  /** @param {Now} now */
  frame(now) {
    if (this.on && now.frame.arrays.bowl) this.panel?.show(() => figure(now));
  }

  fit() {
    this.panel?.resize();
  }

  destroy() {
    this.panel?.destroy();
  }
}

/** @param {Now} now */
function figure(now) {
  const { theme } = now;
  const { bowl, bowl_axes: axes, neuron_trace_costs: costs } = now.frame.arrays;
  const [side] = bowl.shape;
  const z = Array.from({ length: side }, (_, i) => bowl.data.subarray(i * side, (i + 1) * side));
  const line = (/** @type {number} */ from, /** @type {number} */ to) => Array.from({ length: side }, (_, i) => from + ((to - from) * i) / (side - 1));
  const [a0, a1, b0, b1] = axes.data;
  const top = Math.max(...bowl.data);
  const path = walk(now).map(([a, b], i) => [a, b, costs.data[i]]).filter(([a, b, c]) => a >= a0 && a <= a1 && b >= b0 && b <= b1 && c <= top * 1.01);
  const lift = top * 0.012; // so that the path lies on the surface, not in it
  const at = (/** @type {number[][]} */ places) => ({ x: places.map((p) => p[0]), y: places.map((p) => p[1]), z: places.map((p) => p[2] + lift) });
  const here = [[...weights(now), costs.data[costs.data.length - 1]]].filter((p) => p[2] <= top);
  const dots = (/** @type {number[][]} */ places, /** @type {string} */ colour, /** @type {number} */ size) => ({ type: "scatter3d", mode: "markers", ...at(places), marker: { size, color: colour, line: { color: theme.background, width: 1 } }, hoverinfo: "skip" });
  const data = [
    { type: "surface", x: line(a0, a1), y: line(b0, b1), z, showscale: false, opacity: 0.92, colorscale: [[0, theme.positive], [1, theme.middle]], contours: { z: { show: true, usecolormap: false, color: theme.faint, start: 0, end: top, size: top / 14 } }, hovertemplate: "w %{x:.3~g}<br>b %{y:.3~g}<br>loss %{z:.3f}<extra></extra>" },
    { type: "scatter3d", mode: "lines+markers", ...at(path), line: { color: theme.negative, width: 6 }, marker: { size: path.length < 60 ? 2.5 : 0.1, color: theme.negative }, hoverinfo: "skip" },
    dots([optimum(now)], theme.text, 4),
    dots(here, theme.primary, 7),
  ];
  const title = (/** @type {string} */ text) => ({ title: { text } });
  return { data, layout: sceneLayout(theme, { axes: [title("w"), title("b"), title("loss")], revision: "bowl", eye: EYE }) };
}
