/**
 * One linear unit three times: after every example, after a mini-batch, after all of them; three paths, three curves.
 *
 * @import { Board, Scene, Theme, View } from "../../kit/types.d.ts"
 * @import { Now } from "./unit.js"
 */
import { stroke } from "../../kit/canvas.js";
import { found, write } from "../../kit/dom.js";
import { count, number } from "../../kit/numbers.js";
import { trained } from "../../kit/points.js";
import { Contour, setter } from "./contour.js";
import { Curve } from "./curve.js";
import { DataPlane } from "./plane.js";
import { drawBowl, optimum, ready, straight, walk, weights } from "./unit.js";
import { NeuronView } from "./view.js";

const ROWS = [
  { name: "Stochastic", dash: [], style: "solid", width: 1.6, colour: (/** @type {Theme} */ t) => t.negative },
  { name: "Mini-batch", dash: [8, 4], style: "dashed", width: 2.2, colour: (/** @type {Theme} */ t) => t.good },
  { name: "Batch", dash: [2, 3], style: "dotted", width: 3, colour: (/** @type {Theme} */ t) => t.test },
];

/** @implements {View} */
class Batches extends NeuronView {
  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    super(root, board, TEMPLATE);
    const put = setter(board);
    this.data = new DataPlane(this.at(".data"), board, { under: () => this.drawLines() });
    this.map = new Contour(this.at(".map"), board, { names: ["w", "b"], put: (w, b, done) => put([[0, w], [1, b]], done), label: "Loss over slope w and bias b with the three paths" });
    this.byExample = new Curve(this.at(".by-example"), board, { height: 170, across: "examples seen" });
    this.byUpdate = new Curve(this.at(".by-update"), board, { height: 170, across: "updates made" });
    this.parts = [this.data, this.map, this.byExample.surface, this.byUpdate.surface];
  }

  now() {
    const now = ready({ scene: this.sceneNow, frame: this.frameNow, theme: this.colours }, ROWS.length);
    return now?.frame.arrays.bowl ? now : null;
  }

  /** @param {Theme} theme */
  theme(theme) {
    this.samples((i) => ({ colour: ROWS[i].colour(theme), style: ROWS[i].style }));
    super.theme(theme);
  }

  paint() {
    this.data.draw();
    const now = this.now();
    if (!now) return;
    this.drawMap(now);
    this.drawCurves(now);
  }

  drawLines() {
    const now = this.now();
    const { square } = this.data;
    if (now) ROWS.forEach(({ dash, width, colour }, i) => stroke(square.surface.ctx, straight(now, weights(now, i), square), colour(now.theme), width + 0.6, dash));
  }

  /** @param {Now} now */
  drawMap(now) {
    const { map } = this;
    const { theme } = now;
    drawBowl(map, now, (ctx) => {
      ROWS.forEach(({ dash, width, colour }, i) => map.path(ctx, moved(walk(now, i, ROWS.length)), colour(theme), { dash, width, dots: i > 0 }));
      map.cross(ctx, optimum(now)[0], optimum(now)[1], "lowest", theme.text);
      ROWS.forEach(({ colour }, i) => map.dot(ctx, weights(now, i)[0], weights(now, i)[1], 6, colour(theme), theme.background));
    });
  }

  /** @param {Now} now */
  drawCurves(now) {
    const { neuron_trace: trace, neuron_trace_costs: costs } = now.frame.arrays;
    const least = optimum(now)[2];
    const examples = Array.from({ length: trace.shape[0] }, (_, k) => trace.data[k * trace.shape[1]]);
    const lines = (/** @type {(examples: number, i: number) => number} */ place) => ROWS.map(({ dash, colour }, i) =>
      ({ line: examples.map((seen, k) => [place(seen, i), costs.data[ROWS.length * k + i] - least]), colour: colour(now.theme), dash }));
    this.byExample.draw(now.theme, lines((seen) => seen));
    this.byUpdate.draw(now.theme, lines((seen, i) => updates(now.scene, seen)[i]));
  }

  words() {
    const now = this.now();
    if (!now) return;
    const { frame, scene } = now;
    const examples = frame.arrays.neuron_seen.data[0];
    const made = updates(scene, examples);
    const costs = frame.arrays.neuron_costs.data;
    write(this.at(".examples"), count(examples));
    const { rows } = found(this.root, ".rows", HTMLTableSectionElement);
    ROWS.forEach((_, i) => {
      write(rows[i].cells[1], count(made[i]));
      write(rows[i].cells[2], costs[i] > 1e12 ? "diverged" : number(costs[i], 4));
    });
    write(this.at(".least"), number(optimum(now)[2], 4));
    const n = Math.max(1, trained(scene));
    this.say(`One epoch is ${count(n)} examples: ${count(n)} updates of the stochastic unit, ${count(updates(scene, n)[1])} of the mini-batch unit, one of the batch unit. All three see the same examples in the same order.`);
  }
}

/** The places of a path without those where it stood still. @param {number[][]} places */
const moved = (places) => places.filter(([a, b], i) => i === 0 || a !== places[i - 1][0] || b !== places[i - 1][1]);

/** Updates that each neuron makes in so many examples; an epoch ends a mini-batch, too. @param {Scene} scene @param {number} examples */
function updates(scene, examples) {
  const n = Math.max(1, trained(scene));
  const mini = Math.min(scene.experiment.model.mini, n);
  const rest = examples % n;
  return [examples, Math.floor(examples / n) * Math.ceil(n / mini) + Math.floor(rest / mini), Math.floor(examples / n)];
}

const TEMPLATE = `
<div class="neuron">
  <div><h4>The lines</h4><div class="data"></div></div>
  <div><h4>The paths</h4><div class="tools"><span class="label">Click to set another start</span></div><div class="map"></div></div>
  <div class="facts apart">
    <div><div class="label">Examples seen since the common start</div><div class="big examples"></div></div>
    <table aria-label="Updates and loss of the three"><thead><tr><th></th><th>Updates</th><th>Loss now</th></tr></thead>
    <tbody class="rows">${ROWS.map((r) => `<tr><td><span class="line"></span>${r.name}</td><td></td><td></td></tr>`).join("")}</tbody></table>
    <div><span class="label">Lowest possible loss</span> <span class="least"></span></div>
    <div class="verdict"></div>
  </div>
  <div class="apart"><h4>Loss above the lowest, over examples</h4><div class="by-example"></div></div>
  <div class="apart"><h4>The same, over updates</h4><div class="by-update"></div></div>
</div>`;

export default { create: (/** @type {HTMLElement} */ root, /** @type {Board} */ board) => new Batches(root, board) };
