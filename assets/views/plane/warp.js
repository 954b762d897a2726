// The plane as a layer sees it: the input grid and the points in the coordinates of two or three of its neurons.
import { mark, surface } from "../../kit/canvas.js";
import { make } from "../../kit/dom.js";
import { ticks, tickText } from "../../kit/numbers.js";
import { css, mix, pointColour, rgb } from "../../kit/palette.js";
import { PlotlyPanel, sceneLayout } from "../../kit/plotly_panel.js";

const LINES = 21;
const SPAN = { tanh: [-1.08, 1.08], sine: [-1.08, 1.08], sigmoid: [-0.05, 1.05], softmax: [-0.05, 1.05] }; // others are unbounded
const EYE = { x: -1.1, y: -1.25, z: 0.75 };

class Warp {
  constructor(root, board) {
    Object.assign(this, { board, spans: [], chosen: null });
    this.layer = make("select", { class: "small", "aria-label": "Layer", onchange: () => this.pick({ layer: +this.layer.value, units: null }) });
    this.units = [0, 1, 2].map((i) => make("select", { class: "small", "aria-label": `Neuron on axis ${i + 1}`, onchange: () => this.pickUnits() }));
    this.cycle = make("button", { class: "small", type: "button", onclick: () => this.next() }, "Next neurons");
    const tools = make("div", { class: "tools" }, this.layer, make("span", {}, "neurons"), ...this.units, this.cycle);
    root.append(tools);
    this.flat = make("div");
    this.solid = make("div", { hidden: true });
    this.note = make("p", { style: "margin:4px 0 0;font-size:13px;min-height:1.4em" });
    root.append(this.flat, this.solid, this.note);
    this.root = root;
    this.page = surface(this.flat, { height: (width) => Math.min(440, Math.max(300, width * 0.62)), label: "The input grid in the coordinates of two neurons" });
    this.panel = null;
  }

  theme(theme) {
    this.colours = theme;
    this.note.style.color = theme.faint;
  }

  // ---- which neurons ----------------------------------------------------------------------------------------------
  scene(scene) {
    this.sceneNow = scene;
    this.sizes = [scene.features.length, ...scene.blocks.map((block) => block.fan_out)];
    const shape = this.sizes.join();
    const possible = this.sizes.map((size, layer) => layer).filter((layer) => this.sizes[layer] >= 2);
    this.layer.replaceChildren(...possible.map((layer) => make("option", { value: layer }, this.layerTitle(layer))));
    if (this.chosen && (shape === this.shape || this.fits(possible))) return this.write();
    this.shape = shape;
    const hidden = possible.filter((layer) => layer > 0 && layer < this.sizes.length - 1);
    this.pick(possible.length ? { layer: hidden.at(-1) ?? possible.at(-1), units: null } : null);
  }

  /** Whether what was chosen means the same in a network of other widths: a neuron more or less elsewhere is no reason to leave. */
  fits(possible) {
    const { layer, units } = this.chosen;
    const same = this.shape?.split(",").length === this.sizes.length && possible.includes(layer) && units.every((unit) => unit < this.sizes[layer]);
    if (same) Object.assign(this, { shape: this.sizes.join(), spans: [] });
    return same;
  }

  layerTitle(layer) {
    return layer === 0 ? "Features" : layer === this.sizes.length - 1 ? "Output" : `Layer ${layer}`;
  }

  pick(choice) {
    this.chosen = choice && { layer: choice.layer, units: choice.units ?? [0, 1] };
    this.spans = [];
    this.asked = performance.now();
    for (const name of ["layer", "units"]) this.board.option("warp", name, this.chosen?.[name]);
    this.note.textContent = this.chosen ? "The straight grid of the input, bent by the network: violet lines were vertical, teal ones horizontal, paler to the right and the top."
      : "A picture of the bent plane needs a layer with at least two neurons; this network has none.";
    this.write();
  }

  write() {
    const { chosen } = this;
    for (const control of [this.layer, ...this.units, this.cycle]) control.disabled = !chosen;
    this.flat.hidden = !chosen || chosen.units.length === 3;
    this.solid.hidden = !chosen || chosen.units.length !== 3;
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
    const wanted = this.units.map((select) => select.value).filter((value) => value !== "").map(Number);
    const size = this.sizes[this.chosen.layer];
    const units = [];
    for (let unit of wanted) {
      while (units.includes(unit)) unit = (unit + 1) % size; // two axes of one neuron would be a line
      units.push(unit);
    }
    this.pick({ layer: this.chosen.layer, units });
  }

  /** The next pair (or three) in order, as a carousel over all combinations of neighbours. */
  next() {
    const size = this.sizes[this.chosen.layer];
    let [first, second] = this.chosen.units;
    if (this.chosen.units.length === 3) return this.pick({ layer: this.chosen.layer, units: this.chosen.units.map((unit) => (unit + 1) % size) });
    second += 1;
    if (second >= size) [first, second] = [(first + 1) % (size - 1), ((first + 1) % (size - 1)) + 1];
    this.pick({ layer: this.chosen.layer, units: [first, second] });
  }

  // ---- drawing ----------------------------------------------------------------------------------------------------
  frame(frame) {
    const { warp, warp_points: points } = frame.arrays;
    if (!this.chosen || !warp || warp.shape[2] !== this.chosen.units.length) return;
    if (warp.shape[2] === 3) return this.turn(warp.data, points?.data);
    if (!this.page.width) return;
    this.plane(warp.data, points?.data ?? new Float32Array(0));
  }

  /** The axis of one neuron: its activation's own range, else what was seen so far. */
  span(axis, data, k) {
    const { layer, units } = this.chosen;
    const bounded = layer > 0 ? SPAN[this.sceneNow.blocks[layer - 1].activation] : null;
    if (bounded && !this.sceneNow.experiment.model.skip) return bounded;
    let [low, high] = this.spans[axis] ?? [Infinity, -Infinity];
    const [oldLow, oldHigh] = [low, high];
    for (let i = axis; i < data.length; i += k) if (Math.abs(data[i]) < 1e9) [low, high] = [Math.min(low, data[i]), Math.max(high, data[i])];
    if (low < oldLow || high > oldHigh) {
      const room = 0.06 * (high - low || 1);
      this.spans[axis] = [low < oldLow ? low - room : oldLow, high > oldHigh ? high + room : oldHigh];
    }
    return this.spans[axis] ?? [-1, 1].map((v) => v * (units[axis] + 1));
  }

  plane(data, points) {
    const { ctx, width, height } = this.page;
    const theme = this.colours;
    ctx.clearRect(0, 0, width, height);
    const area = { left: 52, right: width - 12, top: 10, bottom: height - 40 };
    const [sx, sy] = [this.span(0, data, 2), this.span(1, data, 2)];
    const x = (v) => area.left + ((v - sx[0]) / (sx[1] - sx[0])) * (area.right - area.left);
    const y = (v) => area.bottom - ((v - sy[0]) / (sy[1] - sy[0])) * (area.bottom - area.top);
    this.axes(area, { x, y, sx, sy });
    const at = (row, column) => [x(data[2 * (row * LINES + column)]), y(data[2 * (row * LINES + column) + 1])];
    ctx.lineJoin = "round";
    for (const [alpha, lineWidth, vertical] of [[0.85, 1.4, false], [0.95, 1.8, true]]) {
      Object.assign(ctx, { globalAlpha: alpha, lineWidth });
      for (let i = 0; i < LINES; i++) this.gridLine(ctx, (j) => (vertical ? at(j, i) : at(i, j)), { vertical, i });
    }
    ctx.globalAlpha = 1;
    this.dots(points, 2, (shape, label, i) => {
      mark(ctx, shape, x(points[2 * i]), y(points[2 * i + 1]), 4.2);
      ctx.fillStyle = pointColour(theme, label, this.classes());
      ctx.fill();
      ctx.strokeStyle = theme.background;
      ctx.lineWidth = 1;
      ctx.stroke();
    });
  }

  gridLine(ctx, point, { vertical, i }) {
    ctx.strokeStyle = this.shade(vertical, i);
    ctx.beginPath();
    for (let j = 0; j < LINES; j++) ctx.lineTo(...point(j));
    ctx.stroke();
  }

  /** Violet where x is constant, teal where y is, paler towards the right and the top: no colour that means a class. */
  shade(vertical, i) {
    const { dark, background } = this.colours;
    const ink = vertical ? (dark ? "#b388ff" : "#6a3fb5") : dark ? "#4dd0c0" : "#0b7d70";
    return css(mix(rgb(ink), rgb(background), 0.05 + (0.6 * i) / (LINES - 1)));
  }

  axes(area, { x, y, sx, sy }) {
    const { ctx } = this.page;
    const theme = this.colours;
    ctx.font = `12px ${theme.font}`;
    ctx.fillStyle = theme.faint;
    ctx.strokeStyle = theme.border;
    ctx.lineWidth = 1;
    ctx.strokeRect(area.left + 0.5, area.top + 0.5, area.right - area.left, area.bottom - area.top);
    ctx.textBaseline = "top";
    ctx.textAlign = "center";
    for (const value of ticks(...sx, 5)) ctx.fillText(tickText(value), x(value), area.bottom + 6);
    ctx.textAlign = "right";
    ctx.textBaseline = "middle";
    for (const value of ticks(...sy, 5)) ctx.fillText(tickText(value), area.left - 6, y(value));
    ctx.fillStyle = theme.text;
    ctx.font = `600 13px ${theme.font}`;
    ctx.textAlign = "center";
    ctx.fillText(this.unitTitle(0), (area.left + area.right) / 2, area.bottom + 30);
    ctx.save();
    ctx.translate(10, (area.top + area.bottom) / 2);
    ctx.rotate(-Math.PI / 2);
    ctx.fillText(this.unitTitle(1), 0, 0);
    ctx.restore();
  }

  unitTitle(axis) {
    const { layer, units } = this.chosen;
    return layer === 0 ? `feature ${this.sceneNow.features[units[axis]]}` : `neuron ${units[axis] + 1}`;
  }

  classes() {
    return this.sceneNow.numbers ? 1 : this.sceneNow.classes;
  }

  /** Which of the scene's points were sent: row floor(i n / m), see docs/architecture.md. */
  dots(points, k, draw) {
    const scene = this.sceneNow;
    const n = scene.points.length / 4;
    const m = Math.min(n, 400);
    if (points.length !== m * k) return; // of data that is no more
    for (let i = 0; i < m; i++) {
      const label = scene.points[4 * Math.floor((i * n) / m) + 2];
      draw(this.colours.marks[this.classes() > 2 ? label % this.colours.marks.length : 0], label, i);
    }
  }

  // ---- three neurons ----------------------------------------------------------------------------------------------
  turn(data, points) {
    this.panel ??= new PlotlyPanel(this.solid, { height: 440, label: "The input grid in the coordinates of three neurons; it can be turned" });
    this.panel.show(() => this.figure(data, points));
  }

  figure(data, points = new Float32Array(0)) {
    const theme = this.colours;
    const names = [0, 1, 2].map((axis) => ({ title: { text: this.unitTitle(axis) }, range: this.span(axis, data, 3) }));
    const { layer, units } = this.chosen;
    const layout = sceneLayout(theme, { axes: names, kept: `warp ${layer} ${units}`, eye: EYE });
    layout.scene.aspectratio = { x: 1, y: 1, z: 0.9 };
    const color = [];
    const [px, py, pz] = [[], [], []];
    this.dots(points, 3, (_, label, i) => {
      px.push(points[3 * i]);
      py.push(points[3 * i + 1]);
      pz.push(points[3 * i + 2]);
      color.push(pointColour(theme, label, this.classes()));
    });
    const dots = { type: "scatter3d", mode: "markers", x: px, y: py, z: pz, hoverinfo: "skip", marker: { size: 3.5, color, line: { color: theme.background, width: 1 } } };
    return { data: [...this.meshLines(data), dots], layout };
  }

  /** Two traces, the lines along x and along y, broken by nulls; coloured by their place in the grid. */
  meshLines(data) {
    return [true, false].map((vertical) => {
      const [x, y, z, color] = [[], [], [], []];
      for (let i = 0; i < LINES; i++) {
        for (let j = 0; j <= LINES; j++) {
          const cell = vertical ? j * LINES + i : i * LINES + j;
          const gap = j === LINES;
          x.push(gap ? null : data[3 * cell]);
          y.push(gap ? null : data[3 * cell + 1]);
          z.push(gap ? null : data[3 * cell + 2]);
          color.push(this.shade(vertical, i));
        }
      }
      return { type: "scatter3d", mode: "lines", x, y, z, hoverinfo: "skip", line: { color, width: 3 } };
    });
  }

  resize() {
    if (!this.flat.hidden) this.page.fit();
    this.panel?.resize();
    this.board.redraw(this);
  }

  alt() {
    if (!this.chosen) return this.note.textContent;
    return `The plane in the coordinates of ${this.layerTitle(this.chosen.layer)}, neurons ${this.chosen.units.map((unit) => unit + 1).join(" and ")}.`;
  }

  destroy() {
    for (const name of ["layer", "units"]) this.board.option("warp", name, undefined);
    this.panel?.destroy();
  }
}

export default { needs: ["warp"], create: (root, board) => new Warp(root, board) };
