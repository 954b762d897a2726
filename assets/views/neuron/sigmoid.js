/** The sigmoid neuron twice, on the squared error and on cross-entropy: two surfaces, two paths, and the slope that vanishes. */
import { write } from "../../kit/dom.js";
import { number } from "../../kit/numbers.js";
import { css, rgb } from "../../kit/palette.js";
import { Contour, setter } from "./contour.js";
import { Curve } from "./curve.js";
import { chord, clip, square } from "./geometry.js";
import { row, ROWS } from "./losses.js";
import { plane } from "./plane.js";
import { Slopes } from "./slopes.js";
import { dress } from "./style.js";

const SIGMOID = (z) => 1 / (1 + Math.exp(-z));

export default {
  needs: ["neuron_rows", "sigmoids"],
  create(root, board) {
    dress(root, TEMPLATE);
    const at = (name) => root.querySelector(name);
    const put = setter(board);
    const state = { board, at, scene: null, theme: null, frame: null, upward: 1, input: [2, 3] };
    const again = () => (state.data.drawPoints(), surfaces(state), state.slopes.draw(state), curve(state), worked(state));
    state.data = plane(at(".data"), board, { under: () => lines(state), reading: (v, i) => reading(state, i) });
    const set = (w1, other, done) => put([[0, w1], [state.upward, other]], done);
    state.maps = [".mse", ".ce"].map((name, i) => new Contour(at(name), board, { names: ["w₁", "w₂"], put: set, label: `${ROWS[i].name} over two weights with its path` }));
    state.slopes = new Slopes(at(".slopes"), board);
    state.curve = new Curve(at(".curve"), board, { height: 150, across: "updates" });
    const upward = at(".upward");
    upward.onchange = () => {
      state.upward = upward.value === "b" ? 2 : 1;
      for (const map of state.maps) map.names[1] = upward.value === "b" ? "b" : "w₂";
      board.option("sigmoids", "across", upward.value);
    };
    state.inputs = [".x1", ".x2"].map((name, i) => {
      const box = at(name);
      box.onchange = () => {
        const typed = Number.parseFloat(box.value.replace(",", ".").replace("−", "-"));
        if (Number.isFinite(typed)) state.input[i] = typed;
        box.value = String(state.input[i]);
        worked(state);
      };
      return box;
    });
    return {
      theme(t) {
        state.theme = t;
        for (const map of state.maps) Object.assign(map, { theme: t, stamp: "" });
        state.data.onTheme(t);
        root.querySelectorAll(".line").forEach((line, i) => {
          line.style.borderTopColor = ROWS[i % 2].colour(t);
          line.style.borderTopStyle = ["dashed", "solid"][i % 2];
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
        for (const part of [state.data.over, ...state.maps.map((m) => m.surface), state.slopes.surface, state.curve.surface]) part.fit();
        again();
      },
      alt: () => at(".verdict").textContent,
      destroy() {},
    };
  },
};

const ready = (state) => state.scene && state.theme && state.frame?.arrays.sigmoids && state.frame.arrays.neuron_rows?.shape[0] === 2;
function lines(state) {
  if (!ready(state)) return;
  const { data: view, theme, scene } = state;
  const { ctx } = view.over;
  const { limit } = scene;
  const lead = row(state, scene.facts.lead);
  for (const [sign, colour] of [[1, theme.positive], [-1, theme.negative]]) for (const level of [0, 1, 2, 4]) {
    const part = clip(square(-limit, limit), sign * lead[0], sign * lead[1], sign * lead[2] - level);
    ctx.beginPath();
    for (const [x, y] of part) ctx.lineTo(view.x(x), view.y(y));
    ctx.fillStyle = css(rgb(colour), 0.09);
    ctx.fill();
  }
  for (const [i, { dash, colour }] of ROWS.entries()) {
    const w = row(state, i);
    const ends = chord(...w, -limit, limit);
    if (!ends) continue;
    ctx.beginPath();
    for (const [x, y] of ends) ctx.lineTo(view.x(x), view.y(y));
    ctx.setLineDash(dash);
    ctx.lineWidth = 3;
    ctx.strokeStyle = colour(theme);
    ctx.stroke();
    ctx.setLineDash([]);
  }
}

function reading(state, i) {
  if (!ready(state)) return "";
  const [x, y] = state.scene.points.subarray(4 * i, 4 * i + 2);
  return ROWS.map(({ name }, k) => {
    const [w1, w2, b] = row(state, k);
    const z = w1 * x + w2 * y + b;
    return `${name}: z ${number(z, 3)}, a ${number(SIGMOID(z), 3)}`;
  }).join("\n");
}

function surfaces(state) {
  if (!ready(state)) return;
  const { theme, frame, upward } = state;
  const { sigmoids, sigmoids_axes: axes, neuron_trace: trace } = frame.arrays;
  const side = sigmoids.shape[1];
  const width = trace.shape[1];
  state.maps.forEach((map, i) => {
    map.show(sigmoids.data.subarray(i * side * side, (i + 1) * side * side), axes.data, side);
    const path = width === 7 ? Array.from({ length: trace.shape[0] }, (_, k) => [trace.data[k * width + 1 + 3 * i], trace.data[k * width + 1 + 3 * i + upward]]) : [];
    map.draw((ctx) => {
      map.path(ctx, path, ROWS[i].colour(theme));
      const w = row(state, i);
      map.dot(ctx, w[0], w[upward], 8, ROWS[i].colour(theme), theme.background);
    });
  });
}

function curve(state) {
  if (!ready(state)) return;
  const { theme, frame, scene } = state;
  const { neuron_trace: trace, neuron_trace_costs: costs, sigmoids_points: points } = frame.arrays;
  const each = Math.max(1, Math.min(scene.experiment.training.batch_size, points.shape[0]));
  const line = (i) => Array.from({ length: trace.shape[0] }, (_, k) => [(trace.data[k * trace.shape[1]] / each), costs.data[2 * k + i]]);
  state.curve.draw(theme, ROWS.map(({ dash, colour }, i) => ({ line: line(i), dash, colour: colour(theme) })));
  write(state.at(".verdict"), verdict(points));
}

/** How much slope is left at the training points, under either loss. */
function verdict({ data, shape: [n] }) {
  if (!n) return "There are no training points yet.";
  const [slope, wrong] = [[0, 0], [0, 0]];
  for (let i = 0; i < n; i++) for (const k of [0, 1]) {
    const [, a, y, d] = data.subarray(8 * i + 4 * k, 8 * i + 4 * k + 4);
    slope[k] += Math.abs(d) / n;
    wrong[k] += a > 0.5 !== y > 0.5 ? 1 : 0;
  }
  return `Mean size of ∂loss/∂z over ${n} points: squared error ${number(slope[0], 3)} with ${wrong[0]} wrong, cross-entropy ${number(slope[1], 3)} with ${wrong[1]} wrong. Where a is near 0 or 1, the squared error's slope 2(a − y)·a(1 − a) all but vanishes, even where the answer is wrong.`;
}

/** The run's own neuron on one input, with the numbers put in. */
function worked(state) {
  if (!ready(state)) return;
  const [w1, w2, b] = row(state, state.scene.facts.lead);
  const [x1, x2] = state.input;
  const z = w1 * x1 + w2 * x2 + b;
  const a = SIGMOID(z);
  const shown = (v) => (v < 0 ? `(${number(v, 4)})` : number(v, 4));
  write(state.at(".sum"), `z = ${shown(w1)} · ${shown(x1)} + ${shown(w2)} · ${shown(x2)} + ${shown(b)} = ${number(z, 5)}`);
  write(state.at(".output"), `a = 1 / (1 + e^${number(-z, 5)}) = ${a.toFixed(7)}`);
  write(state.at(".own"), `slope a (1 − a) = ${(a * (1 - a)).toPrecision(3)}`);
}

const TEMPLATE = `
<div class="neuron">
  <div><h4><span class="line"></span>Squared error</h4><div class="tools"><label>Upward <select class="upward" aria-label="Weight on the upward axis"><option value="w2">w₂</option><option value="b">b</option></select></label><span class="label">Click to start elsewhere</span></div><div class="mse"></div></div>
  <div><h4><span class="line"></span>Cross-entropy</h4><div class="tools"><span class="label">The same start, the same points</span></div><div class="ce"></div></div>
  <div class="facts">
    <div><div class="label">One input by hand</div>
      <div class="tools"><label>x <input class="value x1" value="2" inputmode="decimal" aria-label="Input x"></label><label>y <input class="value x2" value="3" inputmode="decimal" aria-label="Input y"></label></div>
      <div class="formula sum"></div><div class="formula output"></div><div class="formula own"></div></div>
    <div><div class="label">Loss of each</div><div class="curve"></div></div>
    <div class="verdict" role="status"></div>
  </div>
  <div><h4>The points</h4><div class="data"></div></div>
  <div><h4>The slope of the loss by z</h4><div class="tools"><span class="label">Each point sits at its z; a wrong, sure point of the squared error has no slope</span></div><div class="slopes"></div></div>
</div>`;
