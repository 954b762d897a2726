/**
 * The plane as a layer sees it: the input grid and the points in the coordinates of two or three of its neurons.
 *
 * @import { Board, Frame, Scene, Theme, Values, View } from "../../kit/types.d.ts"
 * @typedef {{layer: number, units: number[]}} Choice
 * @typedef {{scene: Scene, theme: Theme, chosen: Choice}} Now
 */
import { boxOf, drawAxes, linear } from "../../kit/axes.js";
import { mark, stroke } from "../../kit/canvas.js";
import { make } from "../../kit/dom.js";
import { css, mix, pointColour, rgb } from "../../kit/palette.js";
import { PlotlyPanel, sceneLayout } from "../../kit/plotly_panel.js";

const LINES = 21;
const MOST_POINTS = 400;
const ROOM = { left: 52, right: 12, top: 10, bottom: 40 };
/** @type {Record<string, [number, number]>} */
const SPAN = { tanh: [-1.08, 1.08], sine: [-1.08, 1.08], sigmoid: [-0.05, 1.05], softmax: [-0.05, 1.05] }; // others are unbounded
const EYE = { x: -1.1, y: -1.25, z: 0.75 };

/** @implements {View} */
class Warp {
  /** @type {Scene | null} */
  sceneNow = null;
  /** @type {Theme | null} */
  colours = null;
  /** @type {Choice | null} */
  chosen = null;
  /** @type {[number, number][]} what was seen so far, by axis */
  spans = [];
  /** @type {number[]} of the layers; 0 the features, last the output */
  sizes = [];
  shape = "";
  /** @type {PlotlyPanel | null} */
  panel = null;

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    this.board = board;
    this.layer = make("select", { class: "small", "aria-label": "Layer", onchange: (e) => this.pick({ layer: Number(e.target.value), units: [0, 1] }, true) });
    this.units = [0, 1, 2].map((i) => make("select", { class: "small", "aria-label": `Neuron on axis ${i + 1}`, onchange: () => this.pickUnits() }));
    this.cycle = make("button", { class: "small", type: "button", onclick: () => this.next() }, "Next neurons");
    const tools = make("div", { class: "tools" }, this.layer, make("span", {}, "neurons"), ...this.units, this.cycle);
    root.append(tools);
    this.flat = make("div");
    this.solid = make("div", { hidden: true });
    this.note = make("p", { style: "margin:4px 0 0;font-size: 14px;min-height:1.4em" });
    root.append(this.flat, this.solid, this.note);
    this.off = board.on("option", () => queueMicrotask(() => this.follow())); // when layer and neurons are both there
    this.page = board.canvas(this.flat, { height: (width) => Math.min(440, Math.max(300, width * 0.62)), label: "The input grid in the coordinates of two neurons" });
  }

  /** @param {Theme} theme */
  theme(theme) {
    this.colours = theme;
    this.note.style.color = theme.faint;
  }

  // ---- which neurons ----------------------------------------------------------------------------------------------
  /** @param {Scene} scene */
  scene(scene) {
    this.sceneNow = scene;
    this.sizes = [scene.features.length, ...scene.blocks.map((block) => block.fan_out)];
    const shape = this.sizes.join();
    const possible = this.possible();
    this.layer.replaceChildren(...possible.map((layer) => make("option", { value: layer }, this.layerTitle(layer))));
    if (this.chosen && (shape === this.shape || this.fits(this.chosen, possible))) return this.write();
    this.shape = shape;
    this.pick((this.chosen ? null : this.asked()) ?? this.usual(possible));
  }

  /** The last hidden layer, where there is one; of the layers that have two neurons at least. @param {number[]} possible @returns {Choice | null} */
  usual(possible) {
    const hidden = possible.filter((layer) => layer > 0 && layer < this.sizes.length - 1);
    const last = (hidden.length ? hidden : possible).at(-1);
    return last === undefined ? null : { layer: last, units: [0, 1] };
  }

  /** The layers with at least two neurons. */
  possible() {
    return [...this.sizes.keys()].filter((layer) => this.sizes[layer] >= 2);
  }

  /** Whether what was chosen means the same in a network of other widths: a neuron more or less elsewhere is no reason to leave. @param {Choice} chosen @param {number[]} possible */
  fits({ layer, units }, possible) {
    const same = this.shape.split(",").length === this.sizes.length && possible.includes(layer) && units.every((unit) => unit < this.sizes[layer]);
    if (same) Object.assign(this, { shape: this.sizes.join(), spans: [] });
    return same;
  }

  /** @param {number} layer */
  layerTitle(layer) {
    return layer === 0 ? "Features" : layer === this.sizes.length - 1 ? "Output" : `Layer ${layer}`;
  }

  /** What a preset or a link has chosen; null where this network has no such neurons. @returns {Choice | null} */
  asked() {
    const [layer, units] = ["layer", "units"].map((name) => this.board.optionOf("warp", name));
    const there = Array.isArray(units) && [2, 3].includes(units.length) && new Set(units).size === units.length && units.every((unit) => unit >= 0 && unit < this.sizes[layer]);
    return there ? { layer, units } : null;
  }

  /** What a preset chooses, or what it had chosen and has taken back. */
  follow() {
    if (this.chosen && this.board.optionOf("warp", "layer") === undefined) return this.pick(this.usual(this.possible()));
    const asked = this.asked();
    if (asked && this.chosen && JSON.stringify(asked) !== JSON.stringify(this.chosen)) this.pick(asked);
  }

  /** @param {Choice | null} choice @param {boolean} [byHand] */
  pick(choice, byHand = false) {
    this.chosen = choice;
    this.spans = [];
    this.tell(choice);
    if (byHand && choice) this.board.keep("warp", { ...choice });
    this.note.textContent = this.chosen ? "The network bends the straight grid of the input: violet lines were vertical, teal ones horizontal, paler to the right and the top."
      : "This view needs a layer with at least two neurons; this network has none.";
    this.write();
  }

  /** @param {Choice | null} choice */
  tell(choice) {
    this.board.option("warp", "layer", choice?.layer);
    this.board.option("warp", "units", choice?.units);
  }

  write() {
    const { chosen } = this;
    for (const control of [this.layer, ...this.units, this.cycle]) control.disabled = !chosen;
    this.flat.hidden = !chosen || chosen.units.length === 3;
    this.solid.hidden = chosen?.units.length !== 3;
    if (!chosen) return;
    this.layer.value = String(chosen.layer);
    const names = Array.from({ length: this.sizes[chosen.layer] }, (_, unit) => make("option", { value: unit }, String(unit + 1)));
    this.units.forEach((select, i) => {
      const options = names.map((option) => option.cloneNode(true));
      if (i === 2) options.unshift(make("option", { value: "" }, "none (flat)"));
      select.replaceChildren(...options);
      select.value = String(chosen.units[i] ?? "");
    });
    this.units[2].disabled = this.sizes[chosen.layer] < 3;
    this.cycle.disabled = this.sizes[chosen.layer] <= chosen.units.length;
    if (!this.flat.hidden) this.page.fit();
    this.board.redraw(this);
  }

  pickUnits() {
    if (!this.chosen) return;
    const wanted = this.units.map((select) => select.value).filter((value) => value !== "").map(Number);
    const size = this.sizes[this.chosen.layer];
    /** @type {number[]} */
    const units = [];
    for (let unit of wanted) {
      while (units.includes(unit)) unit = (unit + 1) % size; // two axes of one neuron would be a line
      units.push(unit);
    }
    this.pick({ layer: this.chosen.layer, units }, true);
  }

  /** The next pair (or three) in order, as a carousel over all combinations of neighbours. */
  next() {
    if (!this.chosen) return;
    const { layer, units } = this.chosen;
    const size = this.sizes[layer];
    if (units.length === 3) return this.pick({ layer, units: units.map((unit) => (unit + 1) % size) }, true);
    let [first, second] = units;
    second += 1;
    if (second >= size) [first, second] = [(first + 1) % (size - 1), ((first + 1) % (size - 1)) + 1];
    this.pick({ layer, units: [first, second] }, true);
  }

  // ---- drawing ----------------------------------------------------------------------------------------------------
  /** @param {Frame} frame */
  frame({ arrays: { warp, warp_points: points } }) {
    const { chosen, sceneNow: scene, colours: theme } = this;
    if (!chosen || !scene || !theme || warp?.shape[2] !== chosen.units.length) return;
    const now = { scene, theme, chosen };
    const places = points?.data ?? new Float32Array(0);
    if (warp.shape[2] === 3) this.turn(now, warp.data, places);
    else if (this.page.width) this.plane(now, warp.data, places);
  }

  /** The axis of one neuron: its activation's own range, else what was seen so far. @param {Now} now @param {number} axis @param {Values} data @param {number} k numbers a place */
  span({ scene, chosen: { layer, units } }, axis, data, k) {
    const bounded = layer > 0 ? SPAN[scene.blocks[layer - 1].activation] : null;
    if (bounded && !scene.experiment.model.skip) return bounded;
    let [low, high] = this.spans[axis] ?? [Infinity, -Infinity];
    const [oldLow, oldHigh] = [low, high];
    for (let i = axis; i < data.length; i += k) if (Math.abs(data[i]) < 1e9) [low, high] = [Math.min(low, data[i]), Math.max(high, data[i])];
    if (low < oldLow || high > oldHigh) {
      const room = 0.06 * (high - low || 1);
      this.spans[axis] = [low < oldLow ? low - room : oldLow, high > oldHigh ? high + room : oldHigh];
    }
    return this.spans[axis] ?? [-1, 1].map((v) => v * (units[axis] + 1));
  }

  /** @param {Now} now @param {Values} data @param {Values} points */
  plane(now, data, points) {
    const { page } = this;
    const { ctx } = page;
    const { scene, theme } = now;
    ctx.clearRect(0, 0, page.width, page.height);
    const box = boxOf(page, ROOM);
    const x = linear(this.span(now, 0, data, 2), [box.left, box.right]);
    const y = linear(this.span(now, 1, data, 2), [box.bottom, box.top]);
    const [across, up] = [0, 1].map((axis) => unitTitle(now, axis));
    drawAxes(page, theme, box, { x: { scale: x, name: across, beside: true }, y: { scale: y, name: up, beside: true }, frame: true });
    const at = (/** @type {number} */ cell) => [x.at(data[2 * cell]), y.at(data[2 * cell + 1])];
    ctx.lineJoin = "round";
    for (const [alpha, width, vertical] of /** @type {[number, number, boolean][]} */ ([[0.85, 1.4, false], [0.95, 1.8, true]])) {
      ctx.globalAlpha = alpha;
      for (let i = 0; i < LINES; i++) stroke(ctx, Array.from({ length: LINES }, (_, j) => at(vertical ? j * LINES + i : i * LINES + j)), shade(theme, vertical, i), width);
    }
    ctx.globalAlpha = 1;
    labels(scene, points, 2).forEach((label, i) => {
      mark(ctx, theme.marks[classes(scene) > 2 ? label % theme.marks.length : 0], x.at(points[2 * i]), y.at(points[2 * i + 1]), 4.2);
      ctx.fillStyle = pointColour(theme, label, classes(scene));
      ctx.fill();
      ctx.strokeStyle = theme.background;
      ctx.lineWidth = 1;
      ctx.stroke();
    });
  }

  // ---- three neurons ----------------------------------------------------------------------------------------------
  /** @param {Now} now @param {Values} data @param {Values} points */
  turn(now, data, points) {
    this.panel ??= new PlotlyPanel(this.solid, { height: 440, label: "The input grid in the coordinates of three neurons; it can be turned" });
    this.panel.show(() => this.figure(now, data, points));
  }

  /** @param {Now} now @param {Values} data @param {Values} points */
  figure(now, data, points) {
    const { scene, theme, chosen: { layer, units } } = now;
    const axes = [0, 1, 2].map((axis) => ({ title: { text: unitTitle(now, axis) }, range: this.span(now, axis, data, 3) }));
    const layout = sceneLayout(theme, { axes, revision: `warp ${layer} ${units}`, eye: EYE });
    layout.scene.aspectratio = { x: 1, y: 1, z: 0.9 };
    const shown = labels(scene, points, 3);
    const at = (/** @type {number} */ axis) => shown.map((_, i) => points[3 * i + axis]);
    const color = shown.map((label) => pointColour(theme, label, classes(scene)));
    const dots = { type: "scatter3d", mode: "markers", x: at(0), y: at(1), z: at(2), hoverinfo: "skip", marker: { size: 3.5, color, line: { color: theme.background, width: 1 } } };
    return { data: [mesh(theme, data, true), mesh(theme, data, false), dots], layout };
  }

  resize() {
    if (!this.flat.hidden) this.page.fit();
    this.panel?.resize();
    this.board.redraw(this);
  }

  alt() {
    if (!this.chosen) return this.note.textContent ?? "";
    return `The plane in the coordinates of ${this.layerTitle(this.chosen.layer)}, neurons ${this.chosen.units.map((unit) => unit + 1).join(" and ")}.`;
  }

  destroy() {
    this.off();
    this.tell(null);
    this.panel?.destroy();
  }
}

/** @param {Now} now @param {number} axis */
const unitTitle = ({ scene, chosen: { layer, units } }, axis) => (layer === 0 ? `feature ${scene.features[units[axis]]}` : `neuron ${units[axis] + 1}`);

/** @param {Scene} scene */
const classes = (scene) => (scene.numbers ? 1 : scene.classes);

/** Labels of the points that were sent: row floor(i n / m), see docs/architecture.md; none where they are of data that is no more. @param {Scene} scene @param {Values} points @param {number} k numbers a point */
function labels(scene, points, k) {
  const n = scene.points.length / 4;
  const m = Math.min(n, MOST_POINTS);
  return points.length === m * k ? Array.from({ length: m }, (_, i) => scene.points[4 * Math.floor((i * n) / m) + 2]) : [];
}

/** Violet where x is constant, teal where y is, paler towards the right and the top: no colour that means a class. @param {Theme} theme @param {boolean} vertical @param {number} i */
function shade({ dark, background }, vertical, i) {
  const ink = vertical ? (dark ? "#b388ff" : "#6a3fb5") : dark ? "#4dd0c0" : "#0b7d70";
  return css(mix(rgb(ink), rgb(background), 0.05 + (0.6 * i) / (LINES - 1)));
}

/** The lines along x or along y as one trace, broken by nulls; coloured by their place in the grid. @param {Theme} theme @param {Values} data @param {boolean} vertical */
function mesh(theme, data, vertical) {
  const places = Array.from({ length: LINES }, (_, i) => i).flatMap((i) => [...Array.from({ length: LINES }, (_, j) => (vertical ? j * LINES + i : i * LINES + j)), null]);
  const at = (/** @type {number} */ axis) => places.map((cell) => (cell === null ? null : data[3 * cell + axis]));
  const color = places.map((_, k) => shade(theme, vertical, Math.floor(k / (LINES + 1))));
  return { type: "scatter3d", mode: "lines", x: at(0), y: at(1), z: at(2), hoverinfo: "skip", line: { color, width: 3 } };
}

export default { create: (/** @type {HTMLElement} */ root, /** @type {Board} */ board) => new Warp(root, board) };
