/**
 * The network's output as a landscape over the plane, with the points at the height that they should have.
 *
 * @import { Arrays, Board, Frame, Scene, Theme, Values, View } from "../../kit/types.d.ts"
 */
import { make } from "../../kit/dom.js";
import { pointColour } from "../../kit/palette.js";
import { PlotlyPanel, sceneLayout } from "../../kit/plotly_panel.js";
import { axisName, real } from "../../kit/points.js";

const HEIGHT = 460;
const MOST_POINTS = 600;
const SLANTED = { x: -1.05, y: -1.26, z: 0.8 };
const NARROW = 560; // pixels; below it the eye stands further off, or numbers along the axes would be cut
const ABOVE = { x: 0, y: -0.01, z: 1.75 };

/** @implements {View} */
class Surface {
  /** @type {Scene | null} */
  sceneNow = null;
  /** @type {Theme | null} */
  colours = null;
  reach = 1.1; // of the upward axis

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    this.root = root;
    this.board = board;
    this.points = make("input", { type: "checkbox", checked: true, onchange: () => board.redraw(this) });
    const tools = make("div", { class: "tools" },
      make("label", {}, this.points, "Points"),
      make("button", { class: "small", type: "button", onclick: () => this.panel.look(this.slanted()) }, "From the side"),
      make("button", { class: "small", type: "button", onclick: () => this.panel.look(ABOVE) }, "From above"));
    root.append(tools);
    this.panel = new PlotlyPanel(root, { height: HEIGHT, label: "Output of the network over the plane as a surface that can be turned" });
    this.note = make("p", { style: "margin:4px 0 0;font-size: 14px;min-height:1.4em" });
    root.append(this.note);
  }

  slanted() {
    const away = this.root.clientWidth && this.root.clientWidth < NARROW ? 1.35 : 1.06;
    return { x: away * SLANTED.x, y: away * SLANTED.y, z: away * SLANTED.z };
  }

  /** @param {Theme} theme */
  theme(theme) {
    this.colours = theme;
    this.note.style.color = theme.faint;
  }

  /** @param {Scene} scene */
  scene(scene) {
    this.sceneNow = scene;
    this.reach = 1.1;
    const many = scene.classes > 2;
    this.note.textContent = many ? "Height is the probability of the winning class, colour says which class it is. Points float above."
      : scene.numbers ? "Height is the prediction; each point sits at its true value."
        : "Height is the output, from −1 to 1; each point sits at its true class, so a good network passes through them.";
  }

  /** @param {Frame} frame */
  frame({ arrays }) {
    const { sceneNow: scene, colours: theme } = this;
    if (arrays.surface && scene && theme) this.panel.show(() => this.figure(scene, theme, arrays));
  }

  resize() {
    this.panel.resize();
    this.board.redraw(this);
  }

  /** @param {Scene} scene @param {Theme} theme @param {Arrays} arrays */
  figure(scene, theme, arrays) {
    const { data, shape: [rows, columns] } = arrays.surface;
    const { limit } = scene;
    const line = (/** @type {number} */ n, /** @type {number} */ axis) => Array.from({ length: n }, (_, i) => real(scene, axis, -limit + (2 * limit * i) / (n - 1)));
    const [across, deep] = [0, 1].map((axis) => axisName(scene, axis));
    const surface = {
      type: "surface", x: line(columns, 0), y: line(rows, 1), z: rowsOf(data, rows, columns), showscale: false, lighting: LIGHT, ...colouring(scene, theme, arrays),
      hovertemplate: `${across} %{x:.3~g}<br>${deep} %{y:.3~g}<br>output %{z:.3f}<extra></extra>`,
    };
    const layout = sceneLayout(theme, { axes: this.axes(scene, data), revision: `surface ${scene.numbers} ${scene.classes}`, eye: this.slanted() });
    return { data: this.points.checked ? [surface, dots(scene, theme)] : [surface], layout };
  }

  /** @param {Scene} scene @param {Values} data */
  axes(scene, data) {
    const title = (/** @type {string} */ text) => ({ title: { text } });
    const [across, deep] = [0, 1].map((axis) => ({ ...title(axisName(scene, axis)), range: [real(scene, axis, -scene.limit), real(scene, axis, scene.limit)] }));
    if (scene.classes > 2) return [across, deep, { ...title("probability"), range: [0, 1.1] }];
    let most = 0;
    for (const value of data) if (Math.abs(value) < 1e6) most = Math.max(most, Math.abs(value));
    if (most > this.reach) this.reach = most * 1.1; // only ever wider: the axis does not breathe with the training
    return [across, deep, { ...title("output"), range: [-this.reach, this.reach] }];
  }

  alt() {
    const data = this.board.frame?.arrays.surface?.data;
    if (!data) return "";
    let [low, high] = [Infinity, -Infinity];
    for (const value of data) [low, high] = [Math.min(low, value), Math.max(high, value)];
    return `Surface of the output, from ${low.toFixed(2)} to ${high.toFixed(2)}.`;
  }

  destroy() {
    this.panel.destroy();
  }
}

const LIGHT = { ambient: 0.75, diffuse: 0.5, specular: 0.06, roughness: 0.9 };

/** @param {Values} data @param {number} rows @param {number} columns */
const rowsOf = (data, rows, columns) => Array.from({ length: rows }, (_, i) => Array.from(data.subarray(i * columns, (i + 1) * columns)));

/** By the output, or by the class that wins. @param {Scene} scene @param {Theme} theme @param {Arrays} arrays */
function colouring({ classes: n }, theme, { surface, surface_class: winner }) {
  if (n <= 2) return { cmin: -1, cmax: 1, colorscale: [[0, theme.negative], [0.5, theme.middle], [1, theme.positive]] };
  const colorscale = Array.from({ length: n }, (_, k) => [[k / n, theme.classes[k]], [(k + 1) / n, theme.classes[k]]]).flat();
  return { surfacecolor: winner && rowsOf(winner.data, surface.shape[0], surface.shape[1]), cmin: -0.5, cmax: n - 0.5, colorscale };
}

/** The training points at the height that they should have; those of many classes float above. @param {Scene} scene @param {Theme} theme */
function dots(scene, theme) {
  const n = scene.points.length / 4;
  const m = Math.min(n, MOST_POINTS);
  const rows = Array.from({ length: m }, (_, i) => scene.points.subarray(4 * Math.floor((i * n) / m), 4 * Math.floor((i * n) / m) + 4)); // evenly, but not every k-th: classes may alternate
  const shown = rows.filter((row) => !row[3]);
  const height = (/** @type {number} */ label) => (scene.classes > 2 ? 1.05 : scene.classes === 2 ? 2 * label - 1 : label);
  const color = shown.map((row) => pointColour(theme, row[2], scene.numbers ? 1 : scene.classes));
  return {
    type: "scatter3d", mode: "markers", x: shown.map((row) => real(scene, 0, row[0])), y: shown.map((row) => real(scene, 1, row[1])), z: shown.map((row) => height(row[2])),
    hoverinfo: "skip", marker: { size: 3.5, color, line: { color: theme.background, width: 1 } },
  };
}

export default { create: (/** @type {HTMLElement} */ root, /** @type {Board} */ board) => new Surface(root, board) };
