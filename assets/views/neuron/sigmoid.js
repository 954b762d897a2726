/**
 * The sigmoid neuron twice, on the squared error and on cross-entropy: two surfaces, two paths, and the slope that vanishes.
 *
 * @import { Board, Frame, Named, Scene, Theme, View } from "../../kit/types.d.ts"
 * @typedef {{scene: Scene, frame: Frame, theme: Theme}} Now
 */
import { stroke } from "../../kit/canvas.js";
import { found, write } from "../../kit/dom.js";
import { number } from "../../kit/numbers.js";
import { css, rgb } from "../../kit/palette.js";
import { Contour, setter } from "./contour.js";
import { Curve } from "./curve.js";
import { chord, clip, square } from "./geometry.js";
import { row, ROWS } from "./losses.js";
import { DataPlane } from "./plane.js";
import { Slopes } from "./slopes.js";
import { NeuronView } from "./view.js";

const sigmoid = (/** @type {number} */ z) => 1 / (1 + Math.exp(-z));

/** @implements {View} */
class Sigmoid extends NeuronView {
  upward = 1; // the weight on the upward axis
  input = [2, 3];

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    super(root, board, TEMPLATE);
    const put = setter(board);
    const set = (/** @type {number} */ w1, /** @type {number} */ other, /** @type {boolean} */ done) => put([[0, w1], [this.upward, other]], done);
    this.data = new DataPlane(this.at(".data"), board, { under: () => this.drawLines(), reading: (i) => this.reading(i) });
    this.maps = [".mse", ".ce"].map((name, i) => new Contour(this.at(name), board, { names: ["w₁", "w₂"], put: set, label: `${ROWS[i].name} over two weights with its path` }));
    this.slopes = new Slopes(this.at(".slopes"), board);
    this.curve = new Curve(this.at(".curve"), board, { height: 150, across: "updates" });
    this.parts = [this.data, ...this.maps, this.slopes.surface, this.curve.surface];
    const upward = found(root, ".upward", HTMLSelectElement);
    const turn = () => {
      const across = board.optionOf("sigmoids", "across") === "b" ? "b" : "w2";
      this.upward = across === "b" ? 2 : 1;
      upward.value = across;
      for (const map of this.maps) map.names[1] = across === "b" ? "b" : "w₂";
    };
    upward.onchange = () => board.choose("sigmoids", "across", upward.value);
    this.off = board.on("option", (name) => name === "across" && turn());
    turn();
    [".x1", ".x2"].forEach((name, i) => {
      const box = found(root, name, HTMLInputElement);
      box.onchange = () => {
        const typed = Number.parseFloat(box.value.replace(",", ".").replace("−", "-"));
        if (Number.isFinite(typed)) this.input[i] = typed;
        box.value = String(this.input[i]);
        this.draw();
      };
    });
  }

  /** @returns {Now | null} */
  now() {
    const { sceneNow: scene, frameNow: frame, colours: theme } = this;
    return scene && theme && frame?.arrays.sigmoids && frame.arrays.neuron_rows?.shape[0] === 2 ? { scene, frame, theme } : null;
  }

  /** @param {Theme} theme */
  theme(theme) {
    this.samples((i) => ({ colour: ROWS[i % 2].colour(theme), style: ["dashed", "solid"][i % 2] }));
    super.theme(theme);
  }

  destroy() {
    super.destroy();
    this.off();
  }

  paint() {
    this.data.draw();
    const now = this.now();
    if (!now) return;
    this.drawMaps(now);
    this.slopes.draw(now.theme, now.frame.arrays.sigmoids_points);
    this.drawCurve(now);
  }

  words() {
    const now = this.now();
    if (!now) return;
    this.work(now);
    this.say(verdict(now.frame.arrays.sigmoids_points));
  }

  drawLines() {
    const now = this.now();
    if (!now) return;
    const { square: plane } = this.data;
    const { ctx } = plane.surface;
    const { theme, frame, scene: { limit, facts } } = now;
    const lead = row(frame, facts.lead ?? 0);
    for (const [sign, colour] of /** @type {const} */ ([[1, theme.positive], [-1, theme.negative]])) {
      for (const level of [0, 1, 2, 4]) {
        ctx.beginPath();
        for (const [x, y] of clip(square(-limit, limit), sign * lead[0], sign * lead[1], sign * lead[2] - level)) ctx.lineTo(plane.x(x), plane.y(y));
        ctx.fillStyle = css(rgb(colour), 0.09);
        ctx.fill();
      }
    }
    ROWS.forEach(({ dash, colour }, i) => {
      const [w1, w2, b] = row(frame, i);
      const ends = chord(w1, w2, b, -limit, limit);
      if (ends) stroke(ctx, ends.map(([x, y]) => [plane.x(x), plane.y(y)]), colour(theme), 3, dash);
    });
  }

  /** @param {number} i */
  reading(i) {
    const now = this.now();
    if (!now) return "";
    const [x, y] = now.scene.points.subarray(4 * i, 4 * i + 2);
    return ROWS.map(({ name }, k) => {
      const [w1, w2, b] = row(now.frame, k);
      const z = w1 * x + w2 * y + b;
      return `${name}: z ${number(z, 3)}, a ${number(sigmoid(z), 3)}`;
    }).join("\n");
  }

  /** @param {Now} now */
  drawMaps({ frame, theme }) {
    const { sigmoids, sigmoids_axes: axes, neuron_trace: trace } = frame.arrays;
    const side = sigmoids.shape[1];
    const [rows, width] = trace.shape;
    this.maps.forEach((map, i) => {
      map.show(sigmoids.data.subarray(i * side * side, (i + 1) * side * side), axes.data, side);
      const at = (/** @type {number} */ k) => k * width + 1 + 3 * i;
      const path = width === 7 ? Array.from({ length: rows }, (_, k) => [trace.data[at(k)], trace.data[at(k) + this.upward]]) : [];
      const w = row(frame, i);
      map.draw((ctx) => {
        map.path(ctx, path, ROWS[i].colour(theme));
        map.dot(ctx, w[0], w[this.upward], 8, ROWS[i].colour(theme), theme.background);
      });
    });
  }

  /** @param {Now} now */
  drawCurve({ frame, scene, theme }) {
    const { neuron_trace: trace, neuron_trace_costs: costs, sigmoids_points: points } = frame.arrays;
    const each = Math.max(1, Math.min(scene.experiment.training.batch_size, points.shape[0]));
    const line = (/** @type {number} */ i) => Array.from({ length: trace.shape[0] }, (_, k) => [trace.data[k * trace.shape[1]] / each, costs.data[2 * k + i]]);
    this.curve.draw(theme, ROWS.map(({ dash, colour }, i) => ({ line: line(i), dash, colour: colour(theme) })));
  }

  /** The run's own neuron on one input, with the numbers put in. @param {Now} now */
  work({ frame, scene }) {
    const [w1, w2, b] = row(frame, scene.facts.lead ?? 0);
    const [x1, x2] = this.input;
    const z = w1 * x1 + w2 * x2 + b;
    const a = sigmoid(z);
    const shown = (/** @type {number} */ v) => (v < 0 ? `(${number(v, 4)})` : number(v, 4));
    write(this.at(".sum"), `z = ${shown(w1)} · ${shown(x1)} + ${shown(w2)} · ${shown(x2)} + ${shown(b)} = ${number(z, 5)}`);
    write(this.at(".output"), `a = 1 / (1 + e^${number(-z, 5)}) = ${a.toFixed(7)}`);
    write(this.at(".own"), `slope a (1 − a) = ${(a * (1 - a)).toPrecision(3)}`);
  }
}

/** How much slope is left at the training points, under either loss. @param {Named} points */
function verdict({ data, shape: [n] }) {
  if (!n) return "There are no training points yet.";
  const [slope, wrong] = [[0, 0], [0, 0]];
  for (let i = 0; i < n; i++) for (const k of [0, 1]) {
    const [, a, y, d] = data.subarray(8 * i + 4 * k, 8 * i + 4 * k + 4);
    slope[k] += Math.abs(d) / n;
    wrong[k] += a > 0.5 !== y > 0.5 ? 1 : 0;
  }
  return `Mean size of ∂loss/∂z over ${n} points: squared error ${number(slope[0], 3)} with ${wrong[0]} wrong, cross-entropy ${number(slope[1], 3)} with ${wrong[1]} wrong. Where a is near 0 or 1, the squared error's slope 2(a − y)·a(1 − a) is almost 0, even where the output is wrong.`;
}

const TEMPLATE = `
<div class="neuron">
  <div><h4><span class="line"></span>Squared error</h4><div class="tools"><label>Upward <select class="upward" aria-label="Weight on the upward axis"><option value="w2">w₂</option><option value="b">b</option></select></label><span class="label">Click to set another start</span></div><div class="mse"></div></div>
  <div><h4><span class="line"></span>Cross-entropy</h4><div class="tools"><span class="label">The same start, the same points</span></div><div class="ce"></div></div>
  <div class="facts apart">
    <div><div class="label">One input by hand</div>
      <div class="tools"><label>x <input class="value x1" value="2" inputmode="decimal" aria-label="Input x"></label><label>y <input class="value x2" value="3" inputmode="decimal" aria-label="Input y"></label></div>
      <div class="formula sum"></div><div class="formula output"></div><div class="formula own"></div></div>
    <div><div class="label">Loss of both</div><div class="curve"></div></div>
    <div class="verdict"></div>
  </div>
  <div class="apart"><h4>The points</h4><div class="data"></div></div>
  <div class="apart"><h4>The slope of the loss over z</h4><div class="tools"><span class="label">Each point is at its z; with squared error, a confident wrong point has no slope</span></div><div class="slopes"></div></div>
</div>`;

export default { create: (/** @type {HTMLElement} */ root, /** @type {Board} */ board) => new Sigmoid(root, board) };
