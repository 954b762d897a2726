/** The perceptron: its line among the points, its weights among the half-planes that the points ask for, and its mistakes. */
import { arrow, label } from "../../kit/canvas.js";
import { number } from "../../kit/numbers.js";
import { css, rgb } from "../../kit/palette.js";
import { book } from "./book.js";
import { chord, clip, square } from "./geometry.js";
import { plane, ring } from "./plane.js";
import { lastSeen, RULES, weightsOf } from "./rules.js";
import { dress } from "./style.js";
import { weightSpace } from "./weights.js";

export default {
  needs: ["neuron_rows", "perceptron"],
  create(root, board) {
    dress(root, TEMPLATE);
    const at = (name) => root.querySelector(name);
    const state = { board, scene: null, theme: null, frame: null, hover: -1, lead: 0 };
    state.shown = (i) => i === state.lead || at(i < 3 ? ".others" : i === 3 ? ".pocket" : ".margin").checked;
    const again = () => (state.data.drawPoints(), state.space.draw());
    state.data = plane(at(".data"), board, {
      under: () => lines(state),
      above: (view, r) => marks(state, view, r),
      reading: (view, index) => reading(state, index),
      hovered: (index) => ((state.hover = index), state.space.draw()),
    });
    state.space = weightSpace(at(".weights"), state);
    state.book = book(at(".facts"), state);
    root.querySelectorAll(".toggles input").forEach((box) => (box.onchange = again));
    at(".next").onclick = () => board.send("step", { unit: "batch", n: 1 });
    return {
      theme(t) {
        state.theme = t;
        state.data.onTheme(t);
        state.book.theme();
        again();
      },
      scene(s) {
        state.scene = s;
        state.lead = s.facts.lead ?? 0;
        state.data.onScene(s);
        state.book.scene();
        again();
      },
      frame(f) {
        state.frame = f;
        again();
        state.book.frame();
      },
      resize() {
        state.data.over.fit();
        state.space.surface.fit();
        again();
      },
      alt: () => state.book.words(),
      destroy() {},
    };
  },
};

function lines(state) {
  const { data: view, theme, scene } = state;
  const { ctx } = view.over;
  const { limit } = scene;
  const w = weightsOf(state, state.lead);
  if (w) {
    for (const [sign, colour] of [[1, theme.positive], [-1, theme.negative]]) {
      const part = clip(square(-limit, limit), sign * w[0], sign * w[1], sign * w[2]);
      ctx.beginPath();
      for (const [x, y] of part) ctx.lineTo(view.x(x), view.y(y));
      ctx.fillStyle = css(rgb(colour), theme.dark ? 0.2 : 0.15);
      ctx.fill();
    }
  }
  for (let i = 4; i >= 0; i--) if (i !== state.lead && state.shown(i)) line(state, i, 2);
  line(state, state.lead, 3);
  if (w) normal(state, w);
}

function line(state, i, width) {
  const { data: view, theme, scene } = state;
  const w = weightsOf(state, i);
  const ends = w && chord(w[0], w[1], w[2], -scene.limit, scene.limit);
  if (!ends) return;
  const { ctx } = view.over;
  ctx.beginPath();
  for (const [x, y] of ends) ctx.lineTo(view.x(x), view.y(y));
  ctx.lineWidth = width;
  ctx.strokeStyle = RULES[i].colour(theme);
  ctx.setLineDash(i === state.lead ? [] : RULES[i].dash.length ? RULES[i].dash : [6, 3]);
  ctx.stroke();
  ctx.setLineDash([]);
}

/** The normal vector on the line, where the line is nearest to the middle of the plane. */
function normal(state, w) {
  const { data: view, theme } = state;
  const { ctx } = view.over;
  const size = w[0] ** 2 + w[1] ** 2;
  const [x, y] = [(-w[2] * w[0]) / size, (-w[2] * w[1]) / size];
  const unit = 1.6 / Math.sqrt(size);
  ctx.strokeStyle = ctx.fillStyle = theme.primary;
  arrow(ctx, view.x(x), view.y(y), view.x(x + w[0] * unit), view.y(y + w[1] * unit), 3);
  label(ctx, theme, "w", view.x(x + w[0] * unit * 1.12) - 4, view.y(y + w[1] * unit * 1.12) + 4, theme.primary);
}

function marks(state, view, r) {
  const { scene, theme } = state;
  const w = weightsOf(state, state.lead);
  const { points } = scene;
  for (let i = 0; i < points.length / 4; i++) {
    const t = points[4 * i + 2] > 0.5 ? 1 : -1;
    const z = w ? w[0] * points[4 * i] + w[1] * points[4 * i + 1] + w[2] : 0;
    if (t * z <= 0 && !points[4 * i + 3]) ring(view, i, r + 3, theme.bad, 1.8);
  }
  const last = lastSeen(state);
  if (last >= 0) ring(view, last, r + 7, theme.primary, 3);
}

function reading(state, index) {
  const w = weightsOf(state, state.lead);
  if (!w) return "";
  const [x, y, c] = state.scene.points.subarray(4 * index, 4 * index + 3);
  const z = w[0] * x + w[1] * y + w[2];
  const right = (c > 0.5 ? 1 : -1) * z > 0;
  return `w·x + b = ${number(z, 3)}: ${right ? "on its side" : "on the wrong side"}`;
}

const TEMPLATE = `
<div class="neuron">
  <div><h4>Data space</h4><div class="data"></div>
    <div class="tools toggles"><label><input type="checkbox" class="others" checked>Other rules</label><label><input type="checkbox" class="pocket">Pocket</label><label><input type="checkbox" class="margin">Widest margin</label></div></div>
  <div><h4>Weight space</h4><div class="weights"></div></div>
  <div class="facts"><button type="button" class="small next" title="Look at the next point and, if it is on the wrong side, correct the weights">Next point</button></div>
</div>`;
