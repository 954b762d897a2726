// The network's output as a landscape over the plane, with the points at the height that they should have.
import { make } from "../../kit/dom.js";
import { pointColour } from "../../kit/palette.js";
import { PlotlyPanel, sceneLayout } from "../../kit/plotly_panel.js";

const HEIGHT = 460;
const MOST_POINTS = 600;
const SLANTED = { x: -1.05, y: -1.26, z: 0.8 };
const NARROW = 560; // pixels; below it the eye stands further off, or numbers along the axes would be cut
const ABOVE = { x: 0, y: -0.01, z: 1.75 };

class Surface {
  constructor(root, board) {
    this.root = root;
    this.board = board;
    this.reach = 1.1;
    this.points = make("input", { type: "checkbox", checked: true, onchange: () => board.redraw(this) });
    const tools = make("div", { class: "tools" },
      make("label", {}, this.points, "Points"),
      make("button", { class: "small", type: "button", onclick: () => this.panel.look(this.slanted()) }, "From the side"),
      make("button", { class: "small", type: "button", onclick: () => this.panel.look(ABOVE) }, "From above"));
    root.append(tools);
    this.panel = new PlotlyPanel(root, { height: HEIGHT, label: "Output of the network over the plane as a surface that can be turned" });
    this.note = make("p", { style: "margin:4px 0 0;font-size:13px;min-height:1.4em" });
    root.append(this.note);
  }

  slanted() {
    const away = this.root.clientWidth && this.root.clientWidth < NARROW ? 1.35 : 1.06;
    return { x: away * SLANTED.x, y: away * SLANTED.y, z: away * SLANTED.z };
  }

  theme(theme) {
    this.colours = theme;
    this.note.style.color = theme.faint;
  }

  scene(scene) {
    this.sceneNow = scene;
    this.reach = 1.1;
    const many = scene.classes > 2;
    this.note.textContent = many ? "Height is the probability of the winning class, colour says which class it is. Points float above."
      : scene.numbers ? "Height is the prediction; each point sits at its true value."
        : "Height is the output, from −1 to 1; each point sits at its true class, so a good network passes through them.";
  }

  frame(frame) {
    if (frame.arrays.surface) this.panel.show(() => this.figure(frame.arrays));
  }

  resize() {
    this.panel.resize();
    this.board.redraw(this);
  }

  figure(arrays) {
    const { sceneNow: scene, colours: theme } = this;
    const { data, shape: [rows, columns] } = arrays.surface;
    const z = Array.from({ length: rows }, (_, i) => data.subarray(i * columns, (i + 1) * columns));
    const line = (n, axis) => Array.from({ length: n }, (_, i) => this.real(axis, -scene.limit + (2 * scene.limit * i) / (n - 1)));
    const surface = { type: "surface", x: line(columns, 0), y: line(rows, 1), z, showscale: false, lighting: LIGHT, ...this.colouring(arrays, rows, columns) };
    surface.hovertemplate = `${scene.axis_names[0]} %{x:.3~g}<br>${scene.axis_names[1]} %{y:.3~g}<br>output %{z:.3f}<extra></extra>`;
    const traces = this.points.checked ? [surface, this.dots(scene, theme)] : [surface];
    const layout = sceneLayout(theme, { axes: this.axes(data), kept: `surface ${scene.numbers} ${scene.classes}`, eye: this.slanted() });
    return { data: traces, layout };
  }

  axes(data) {
    const { limit, axis_names: names, classes } = this.sceneNow;
    const title = (text) => ({ title: { text } });
    const [across, deep] = names.map((name, axis) => ({ ...title(name), range: [this.real(axis, -limit), this.real(axis, limit)] }));
    if (classes > 2) return [across, deep, { ...title("probability"), range: [0, 1.1] }];
    let most = 0;
    for (const value of data) if (Math.abs(value) < 1e6) most = Math.max(most, Math.abs(value));
    if (most > this.reach) this.reach = most * 1.1; // only ever wider: the axis does not breathe with the training
    return [across, deep, { ...title("output"), range: [-this.reach, this.reach] }];
  }

  /** A place on the plane in the units of the data. */
  real(axis, value) {
    const [offset, factor] = this.sceneNow.axis_scales?.[axis] ?? [0, 1];
    return offset + factor * value;
  }

  colouring(arrays, rows, columns) {
    const { sceneNow: scene, colours: theme } = this;
    if (scene.classes <= 2) {
      return { cmin: -1, cmax: 1, colorscale: [[0, theme.negative], [0.5, theme.middle], [1, theme.positive]] };
    }
    const winner = arrays.surface_class?.data;
    const shares = winner && Array.from({ length: rows }, (_, i) => Array.from(winner.subarray(i * columns, (i + 1) * columns)));
    const n = scene.classes;
    const colorscale = Array.from({ length: n }, (_, k) => [[k / n, theme.classes[k]], [(k + 1) / n, theme.classes[k]]]).flat();
    return { surfacecolor: shares, cmin: -0.5, cmax: n - 0.5, colorscale };
  }

  dots(scene, theme) {
    const n = scene.points.length / 4;
    const m = Math.min(n, MOST_POINTS);
    const [x, y, z, color] = [[], [], [], []];
    for (let i = 0; i < m; i++) {
      const row = 4 * Math.floor((i * n) / m); // evenly, but not every k-th: classes may alternate
      const [px, py, label, test] = scene.points.subarray(row, row + 4);
      if (test) continue;
      x.push(this.real(0, px));
      y.push(this.real(1, py));
      z.push(scene.classes > 2 ? 1.05 : scene.classes === 2 ? 2 * label - 1 : label);
      color.push(pointColour(theme, label, scene.numbers ? 1 : scene.classes));
    }
    return { type: "scatter3d", mode: "markers", x, y, z, hoverinfo: "skip", marker: { size: 3.5, color, line: { color: theme.background, width: 1 } } };
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

export default { needs: ["surface"], create: (root, board) => new Surface(root, board) };
