/**
 * The surface as a landscape that can be turned, with the paths on it; Plotly, updated in place so that the camera stays.
 *
 * @import { Eye } from "../../kit/plotly_panel.js"
 * @import { Look } from "../../kit/racers.js"
 * @import { Arrays, Board, Frame, Scene, Terrain, Theme, Values, View } from "../../kit/types.d.ts"
 */
import { make } from "../../kit/dom.js";
import { PlotlyPanel, sceneLayout } from "../../kit/plotly_panel.js";
import { floorOf, HEIGHT, racerOf, X, Y } from "./columns.js";
import { ramp } from "./field.js";
import { Question } from "./question.js";
import { RaceView } from "./view.js";

const TALL = 480;
const SIDE = 81;
const EYE = { x: -0.55, y: -0.95, z: 1.6 }; // high enough to see over the near wall
const ABOVE = { x: 0, y: -0.01, z: 1.9 };
/** @type {Record<string, string>} */
const MARKS = { circle: "circle", square: "square", triangle: "diamond-open", diamond: "diamond", plus: "cross", cross: "x", down: "square-open", star: "circle-open" };
const LINES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "dash", "dot"];
const LIFT = 0.025; // paths lie a little above the surface, or half of them would be hidden in it

/** @implements {View} */
class Landscape extends RaceView {
  /** @type {Values | null} NaN where there is none */
  grid = null;
  floor = 0;
  eye = EYE;

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    super(board);
    this.question = new Question(board, "race_grid", { view: this });
    root.append(make("div", { class: "tools" },
      make("button", { class: "small", type: "button", onclick: () => this.look(EYE) }, "From the side"),
      make("button", { class: "small", type: "button", onclick: () => this.look(ABOVE) }, "From above")));
    this.panel = new PlotlyPanel(root, { height: TALL, label: "The surface with the optimisers' paths, in three dimensions" });
    this.note = make("p", { style: "margin:4px 0 0;font-size: 14px;min-height:1.4em" });
    root.append(this.note);
  }

  /** @param {Theme} theme */
  theme(theme) {
    super.theme(theme);
    this.note.style.color = theme.faint;
  }

  /** @param {Scene} scene */
  scene(scene) {
    super.scene(scene);
    this.question.renew();
    const { surface } = scene.facts;
    if (surface) this.note.textContent = surface.log_height ? "The height is log(1 + f); otherwise the walls would hide the valley." : "The height is f(x, y).";
  }

  resize() {
    this.panel.resize();
    this.board.redraw(this);
  }

  /** @param {Frame} frame */
  frame(frame) {
    const { surface, racers } = this.sceneNow?.facts ?? {};
    if (!surface) return;
    this.want(surface);
    if (this.grid && frame.arrays.race_trail?.shape[1] === racers?.length) this.panel.show(() => this.figure(this.board.frame ?? frame));
  }

  /** From where it is seen; the next picture says so as well, or it would turn back. @param {Eye} eye */
  look(eye) {
    this.eye = eye;
    this.panel.look(eye);
  }

  /** The heights of this surface, once. @param {Terrain} surface */
  want(surface) {
    this.question.ask(keyOf(surface), { columns: SIDE, rows: SIDE }, ({ race_grid: { data: grid } }) => {
      this.grid = grid;
      this.floor = Math.min(floorOf(surface), ...grid.filter((v) => !Number.isNaN(v)));
    });
  }

  /** The picture's heights: those of the surface, or their logarithms. @param {Terrain} surface */
  rise({ log_height: log }) {
    return (/** @type {number} */ f) => (log ? Math.log10(1 + Math.max(0, f - this.floor)) : f);
  }

  /** Height of a place as drawn, but never below the facets of the picture: across a narrow valley they lie above its floor. @param {Terrain} surface @param {ArrayLike<number>} place */
  above(surface, { 0: x, 1: y, 2: f }) {
    const [x0, x1, y0, y1] = surface.domain;
    const rise = this.rise(surface);
    const u = ((x - x0) / (x1 - x0)) * (SIDE - 1);
    const v = ((y - y0) / (y1 - y0)) * (SIDE - 1);
    if (!(u >= 0 && v >= 0 && u <= SIDE - 1 && v <= SIDE - 1)) return rise(f);
    const [c, r] = [Math.min(SIDE - 2, Math.floor(u)), Math.min(SIDE - 2, Math.floor(v))];
    const at = (/** @type {number} */ i, /** @type {number} */ j) => rise(this.grid?.[(r + i) * SIDE + c + j] ?? this.floor);
    const [s, t] = [u - c, v - r];
    return Math.max(rise(f), (at(0, 0) * (1 - s) + at(0, 1) * s) * (1 - t) + (at(1, 0) * (1 - s) + at(1, 1) * s) * t);
  }

  /** @param {Frame} frame */
  figure({ arrays }) {
    const scene = /** @type {Scene} */ (this.sceneNow);
    const theme = /** @type {Theme} */ (this.colours);
    const surface = /** @type {Terrain} */ (scene.facts.surface);
    const [x0, x1, y0, y1] = surface.domain;
    const rise = this.rise(surface);
    const line = (/** @type {number} */ low, /** @type {number} */ high) => Array.from({ length: SIDE }, (_, i) => low + ((high - low) * i) / (SIDE - 1));
    const heights = Array.from(this.grid ?? [], (f) => (Number.isNaN(f) ? null : rise(f)));
    const flat = heights.filter((v) => v !== null);
    const [low, high] = [Math.min(...flat), Math.max(...flat)];
    const colours = ramp(theme);
    const ground = {
      type: "surface", x: line(x0, x1), y: line(y0, y1), z: Array.from({ length: SIDE }, (_, r) => heights.slice(r * SIDE, (r + 1) * SIDE)), showscale: false,
      colorscale: colours.map((c, i) => [(i / (colours.length - 1)) ** 2, `rgb(${c.join(",")})`]), lighting: LIGHT,
      hovertemplate: "x %{x:.3~g}<br>y %{y:.3~g}<br>height %{z:.3~g}<extra></extra>",
      contours: { z: { show: true, color: theme.dark ? "#4b6472" : "#a9b7c4", width: 1, start: low, end: high, size: (high - low) / 16 || 1 } },
    };
    const paths = this.looks.flatMap((look, i) => this.path(surface, theme, { look, i, arrays, lift: (high - low) * LIFT }));
    const layout = sceneLayout(theme, { axes: [{ title: { text: "x" }, range: [x0, x1] }, { title: { text: "y" }, range: [y0, y1] }, { title: { text: surface.log_height ? "log₁₀(1 + f)" : "f" }, nticks: 3, range: [low - (high - low) * 0.03, high + (high - low) * 0.06] }], revision: `race ${keyOf(surface)}`, eye: this.eye });
    const shape = Math.max(x1 - x0, y1 - y0);
    const [wide, deep] = [(1.15 * (x1 - x0)) / shape, (1.15 * (y1 - y0)) / shape];
    layout.scene.aspectratio = { x: wide, y: deep, z: 0.4 * Math.min(wide, deep) };
    return { data: [ground, ...paths], layout };
  }

  /** Line and mark of one racer; outside the domain there is no surface to walk on. @param {Terrain} surface @param {Theme} theme @param {{look: Look, i: number, arrays: Arrays, lift: number}} of */
  path(surface, theme, { look, i, arrays: { race, race_trail: trail }, lift }) {
    const [x0, x1, y0, y1] = surface.domain;
    const [n, racers] = trail.shape;
    const places = Array.from({ length: n }, (_, k) => trail.data.subarray((k * racers + i) * 3, (k * racers + i) * 3 + 3));
    const inside = places.map(([x, y]) => x >= x0 && x <= x1 && y >= y0 && y <= y1);
    const at = (/** @type {(place: ArrayLike<number>) => number} */ read) => places.map((place, k) => (inside[k] ? read(place) : null));
    const [x, y, z] = [at((p) => p[0]), at((p) => p[1]), at((p) => this.above(surface, p) + lift)];
    const row = racerOf(race, i);
    const common = { type: "scatter3d", hoverinfo: "name", name: look.label };
    return [
      { ...common, mode: "lines", x, y, z, connectgaps: false, line: { color: look.colour, width: 6, dash: LINES[i % LINES.length] } },
      { ...common, mode: "markers", x: [row[X]], y: [row[Y]], z: [this.above(surface, [row[X], row[Y], row[HEIGHT]]) + lift], marker: { size: 7, color: look.colour, symbol: MARKS[look.shape], line: { color: theme.halo, width: 2 } } },
    ];
  }

  alt() {
    const { surface, racers = [] } = this.sceneNow?.facts ?? {};
    return surface ? `The surface ${surface.title} in three dimensions, with ${racers.length} paths on it.` : "";
  }

  destroy() {
    this.question.stop();
    this.panel.destroy();
  }
}

/** What the heights depend on. @param {Terrain} surface */
const keyOf = ({ expression, domain }) => JSON.stringify([expression, domain]);

const LIGHT = { ambient: 0.8, diffuse: 0.45, specular: 0.04, roughness: 0.95 };

export default { create: (/** @type {HTMLElement} */ root, /** @type {Board} */ board) => new Landscape(root, board) };
