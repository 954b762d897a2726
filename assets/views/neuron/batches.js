/** One linear unit three times: after every example, after a mini-batch, after all of them; three paths, three curves. */
import { write } from "../../kit/dom.js";
import { count, number } from "../../kit/numbers.js";
import { Contour, setter } from "./contour.js";
import { Curve } from "./curve.js";
import { plane } from "./plane.js";
import { dress } from "./style.js";
import { answer, optimum, walk } from "./unit.js";

const ROWS = [
  { name: "Stochastic", dash: [], width: 1.6, colour: (t) => t.negative },
  { name: "Mini-batch", dash: [8, 4], width: 2.2, colour: (t) => t.good },
  { name: "Batch", dash: [2, 3], width: 3, colour: (t) => t.test },
];

export default {
  needs: ["neuron_rows", "bowl"],
  create(root, board) {
    dress(root, TEMPLATE);
    const at = (name) => root.querySelector(name);
    const put = setter(board);
    const state = { board, at, scene: null, theme: null, frame: null };
    state.data = plane(at(".data"), board, { under: () => lines(state), reading: () => "" });
    const set = (w, b, done) => put([[0, w], [1, b]], done);
    state.map = new Contour(at(".map"), board, { names: ["w", "b"], put: set, label: "Loss over slope w and bias b with the three paths" });
    state.byExample = new Curve(at(".by-example"), board, { height: 170, across: "examples seen" });
    state.byUpdate = new Curve(at(".by-update"), board, { height: 170, across: "updates made" });
    const again = () => (state.data.drawPoints(), over(state), curves(state), facts(state));
    return {
      theme(t) {
        state.theme = state.map.theme = t;
        state.map.stamp = "";
        state.data.onTheme(t);
        root.querySelectorAll(".line").forEach((line, i) => {
          line.style.borderTopColor = ROWS[i].colour(t);
          line.style.borderTopStyle = ["solid", "dashed", "dotted"][i];
        });
        again();
      },
      scene(s) {
        state.scene = s;
        state.data.onScene(s);
        again();
      },
      frame(f) {
        state.frame = f;
        again();
      },
      resize() {
        for (const part of [state.data.over, state.map.surface, state.byExample.surface, state.byUpdate.surface]) part.fit();
        again();
      },
      alt: () => at(".verdict").textContent,
      destroy() {},
    };
  },
};

const ready = (state) => state.scene && state.theme && state.frame?.arrays.neuron_rows?.shape[0] === 3 && state.frame.arrays.neuron_rows.shape[1] === 2 && state.frame.arrays.bowl;
const row = (state, i) => Array.from(state.frame.arrays.neuron_rows.data.subarray(2 * i, 2 * i + 2));

function lines(state) {
  if (!ready(state)) return;
  const { data: view, theme, scene } = state;
  const { ctx } = view.over;
  for (const [i, { dash, width, colour }] of ROWS.entries()) {
    ctx.beginPath();
    for (const x of [-scene.limit, scene.limit]) ctx.lineTo(view.x(x), view.y(Math.max(-1e6, Math.min(1e6, answer(state, row(state, i), x)))));
    ctx.setLineDash(dash);
    ctx.lineWidth = width + 0.6;
    ctx.strokeStyle = colour(theme);
    ctx.stroke();
  }
  ctx.setLineDash([]);
}

function over(state) {
  if (!ready(state)) return;
  const { map, theme, frame } = state;
  map.show(frame.arrays.bowl.data, frame.arrays.bowl_axes.data, frame.arrays.bowl.shape[0]);
  map.draw((ctx) => {
    for (const [i, { dash, width, colour }] of ROWS.entries()) map.path(ctx, moved(walk(state, i, 3)), colour(theme), { dash, width, dots: i > 0 });
    map.cross(ctx, ...optimum(state).slice(0, 2), "lowest", theme.text);
    for (const [i, { colour }] of ROWS.entries()) map.dot(ctx, ...row(state, i), 6, colour(theme), theme.background);
  });
}

/** The places of a path without those where it stood still. */
const moved = (places) => places.filter(([a, b], i) => i === 0 || a !== places[i - 1][0] || b !== places[i - 1][1]);

/** Updates that each neuron makes in so many examples; an epoch ends a mini-batch, too. */
function updates(state, examples) {
  const n = points(state);
  const mini = Math.min(state.scene.experiment.model.mini, n);
  const rest = examples % n;
  return [examples, Math.floor(examples / n) * Math.ceil(n / mini) + Math.floor(rest / mini), Math.floor(examples / n)];
}

function points(state) {
  let n = 0;
  for (let i = 3; i < state.scene.points.length; i += 4) n += state.scene.points[i] ? 0 : 1;
  return Math.max(1, n);
}

function curves(state) {
  if (!ready(state)) return;
  const { theme, frame } = state;
  const { neuron_trace: trace, neuron_trace_costs: costs } = frame.arrays;
  const least = optimum(state)[2];
  const places = Array.from({ length: trace.shape[0] }, (_, i) => trace.data[i * trace.shape[1]]);
  const styled = (line, i) => ({ line, colour: ROWS[i].colour(theme), dash: ROWS[i].dash });
  const loss = (k, i) => costs.data[3 * k + i] - least;
  state.byExample.draw(theme, ROWS.map((_, i) => styled(places.map((examples, k) => [examples, loss(k, i)]), i)));
  state.byUpdate.draw(theme, ROWS.map((_, i) => styled(places.map((examples, k) => [updates(state, examples)[i], loss(k, i)]), i)));
}

function facts(state) {
  if (!ready(state)) return;
  const { at, frame } = state;
  const examples = frame.arrays.neuron_seen.data[0];
  const made = updates(state, examples);
  const costs = frame.arrays.neuron_costs.data;
  write(at(".examples"), count(examples));
  const rows = at(".rows").rows;
  ROWS.forEach((_, i) => {
    write(rows[i].cells[1], count(made[i]));
    write(rows[i].cells[2], costs[i] > 1e12 ? "diverged" : number(costs[i], 4));
  });
  write(at(".least"), number(optimum(state)[2], 4));
  const n = points(state);
  write(at(".verdict"), `${count(n)} examples are one epoch: ${count(n)} updates of the stochastic unit, ${count(updates(state, n)[1])} of the mini-batch one, one of the batch one. They began together and saw the same examples in the same order.`);
}

const TEMPLATE = `
<div class="neuron">
  <div><h4>The lines</h4><div class="data"></div></div>
  <div><h4>The paths</h4><div class="tools"><span class="label">Click to start all three elsewhere</span></div><div class="map"></div></div>
  <div class="facts">
    <div><div class="label">Examples seen since the common start</div><div class="big examples"></div></div>
    <table aria-label="Updates and loss of the three"><thead><tr><th></th><th>Updates</th><th>Loss now</th></tr></thead>
    <tbody class="rows">${ROWS.map((r) => `<tr><td><span class="line"></span>${r.name}</td><td></td><td></td></tr>`).join("")}</tbody></table>
    <div><span class="label">Lowest loss there is</span> <span class="least"></span></div>
    <div class="verdict" role="status"></div>
  </div>
  <div><h4>Loss above the lowest, by examples</h4><div class="by-example"></div></div>
  <div><h4>The same, by updates</h4><div class="by-update"></div></div>
</div>`;
