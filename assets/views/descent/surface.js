// The surface as a landscape that can be turned, with the paths on it; Plotly, updated in place so that the camera stays.
import { make } from "../../kit/dom.js";
import { PlotlyPanel, sceneLayout } from "../../kit/plotly_panel.js";
import { looks } from "../../kit/racers.js";
import { HEIGHT, WIDTH, X, Y } from "./columns.js";
import { ramp } from "./field.js";

const TALL = 480;
const SIDE = 81;
const EYE = { x: -0.55, y: -0.95, z: 1.6 }; // high enough to see over the near wall
const ABOVE = { x: 0, y: -0.01, z: 1.9 };
const MARKS = { circle: "circle", square: "square", triangle: "diamond-open", diamond: "diamond", plus: "cross", cross: "x", down: "square-open", star: "circle-open" };
const LINES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "dash", "dot"];
const LIFT = 0.025; // paths lie a little above the surface, or half of them would be hidden in it

class Landscape {
  constructor(root, board) {
    Object.assign(this, { board, key: "", grid: null, eye: EYE });
    root.append(make("div", { class: "tools" },
      make("button", { class: "small", type: "button", onclick: () => this.look(EYE) }, "From the side"),
      make("button", { class: "small", type: "button", onclick: () => this.look(ABOVE) }, "From above")));
    this.panel = new PlotlyPanel(root, { height: TALL, label: "The surface with the optimisers' paths, in three dimensions" });
    this.note = make("p", { style: "margin:4px 0 0;font-size:13px;min-height:1.4em" });
    root.append(this.note);
  }

  theme(theme) {
    this.colours = theme;
    this.note.style.color = theme.faint;
  }

  scene(scene) {
    this.sceneNow = scene;
    this.surface = scene.facts.surface;
    if (!this.surface) return;
    this.note.textContent = this.surface.log_height ? "The height is drawn as log(1 + f): the walls would hide the valley." : "The height is f(x, y).";
  }

  resize() {
    this.panel.resize();
    this.board.redraw(this);
  }

  frame(frame) {
    if (!this.surface) return;
    this.want();
    if (this.grid && frame.arrays.race_trail?.shape[1] === this.sceneNow.facts.racers.length) this.panel.show(() => this.figure(this.board.frame.arrays));
  }

  /** From where it is seen; the next picture says so as well, or it would turn back. */
  look(eye) {
    this.eye = eye;
    this.panel.look(eye);
  }

  /** The heights of this surface, once. */
  want() {
    const key = JSON.stringify([this.surface.expression, this.surface.domain]);
    if (key === this.key) return;
    this.key = key;
    this.board.ask("race_grid", { columns: SIDE, rows: SIDE }).then((answer) => {
      if (this.key !== key) return;
      if (answer.error) return void (this.key = "");
      this.grid = answer.arrays.race_grid.data;
      this.floor = Math.min(...this.surface.minima.map((m) => m[2]), ...this.grid.filter((v) => !Number.isNaN(v)));
      this.board.redraw(this);
    });
  }

  /** Height as drawn. */
  z(f) {
    if (Number.isNaN(f)) return null;
    return this.surface.log_height ? Math.log10(1 + Math.max(0, f - this.floor)) : f;
  }

  /** Height of a place as drawn, but never below the facets of the picture: across a narrow valley they lie above its floor. */
  above(x, y, f) {
    const [x0, x1, y0, y1] = this.surface.domain;
    const u = ((x - x0) / (x1 - x0)) * (SIDE - 1);
    const v = ((y - y0) / (y1 - y0)) * (SIDE - 1);
    if (!(u >= 0 && v >= 0 && u <= SIDE - 1 && v <= SIDE - 1)) return this.z(f);
    const [c, r] = [Math.min(SIDE - 2, Math.floor(u)), Math.min(SIDE - 2, Math.floor(v))];
    const at = (i, j) => this.z(this.grid[(r + i) * SIDE + c + j]);
    const [s, t] = [u - c, v - r];
    return Math.max(this.z(f), (at(0, 0) * (1 - s) + at(0, 1) * s) * (1 - t) + (at(1, 0) * (1 - s) + at(1, 1) * s) * t);
  }

  figure(arrays) {
    const [x0, x1, y0, y1] = this.surface.domain;
    const line = (low, high) => Array.from({ length: SIDE }, (_, i) => low + ((high - low) * i) / (SIDE - 1));
    const z = Array.from({ length: SIDE }, (_, r) => Array.from({ length: SIDE }, (_, c) => this.z(this.grid[r * SIDE + c])));
    const flat = z.flat().filter((v) => v !== null);
    const [low, high] = [Math.min(...flat), Math.max(...flat)];
    const colours = ramp(this.colours);
    const colorscale = colours.map((c, i) => [(i / (colours.length - 1)) ** 2, `rgb(${c.join(",")})`]);
    const surface = { type: "surface", x: line(x0, x1), y: line(y0, y1), z, showscale: false, colorscale, lighting: LIGHT,
      hovertemplate: "x %{x:.3~g}<br>y %{y:.3~g}<br>height %{z:.3~g}<extra></extra>",
      contours: { z: { show: true, color: this.colours.dark ? "#4b6472" : "#a9b7c4", width: 1, start: low, end: high, size: (high - low) / 16 || 1 } } };
    const paths = looks(this.sceneNow, this.colours).flatMap((look, i) => this.path(look, i, arrays, (high - low) * LIFT));
    const kept = `race ${this.key}`;
    const layout = sceneLayout(this.colours, { axes: [{ title: { text: "x" }, range: [x0, x1] }, { title: { text: "y" }, range: [y0, y1] }, { title: { text: this.surface.log_height ? "log₁₀(1 + f)" : "f" }, nticks: 3, range: [low - (high - low) * 0.03, high + (high - low) * 0.06] }], kept, eye: this.eye });
    const shape = Math.max(x1 - x0, y1 - y0);
    const [wide, deep] = [(1.15 * (x1 - x0)) / shape, (1.15 * (y1 - y0)) / shape];
    layout.scene.aspectratio = { x: wide, y: deep, z: 0.4 * Math.min(wide, deep) };
    return { data: [surface, ...paths], layout };
  }

  path(look, i, { race, race_trail: trail }, lift) {
    const [x0, x1, y0, y1] = this.surface.domain;
    const [n, racers] = trail.shape;
    const [x, y, z] = [[], [], []];
    for (let k = 0; k < n; k++) {
      const at = (k * racers + i) * 3;
      const [px, py, f] = trail.data.subarray(at, at + 3);
      const inside = px >= x0 && px <= x1 && py >= y0 && py <= y1; // outside there is no surface to walk on
      x.push(inside ? px : null);
      y.push(inside ? py : null);
      z.push(inside ? this.above(px, py, f) + lift : null);
    }
    const row = race.data.subarray(i * WIDTH, (i + 1) * WIDTH);
    const common = { type: "scatter3d", hoverinfo: "name", name: look.label };
    return [
      { ...common, mode: "lines", x, y, z, connectgaps: false, line: { color: look.colour, width: 6, dash: LINES[i % LINES.length] } },
      { ...common, mode: "markers", x: [row[X]], y: [row[Y]], z: [this.above(row[X], row[Y], row[HEIGHT]) + lift], marker: { size: 7, color: look.colour, symbol: MARKS[look.shape], line: { color: this.colours.halo, width: 2 } } },
    ];
  }

  alt() {
    return this.surface ? `The surface ${this.surface.title} in three dimensions, with ${this.sceneNow.facts.racers.length} paths on it.` : "";
  }

  destroy() {
    this.panel.destroy();
  }
}

const LIGHT = { ambient: 0.8, diffuse: 0.45, specular: 0.04, roughness: 0.95 };

export default {
  needs: ["race"],
  create: (root, board) => new Landscape(root, board),
};
