/** The linear unit: its line with the squared errors as squares, and the bowl of the loss; either sets the other. */
import { arrow, label } from "../../kit/canvas.js";
import { write } from "../../kit/dom.js";
import { number } from "../../kit/numbers.js";
import { css, rgb } from "../../kit/palette.js";
import { Bowl } from "./bowl.js";
import { Contour, setter } from "./contour.js";
import { Curve } from "./curve.js";
import { plane } from "./plane.js";
import { dress } from "./style.js";
import { answer, LOSSES, lossOf, optimum, SHORT, walk, weights } from "./unit.js";

const HANDLE = 12;

export default {
  needs: ["neuron_rows", "bowl", "gradients"],
  create(root, board) {
    dress(root, TEMPLATE);
    const at = (name) => root.querySelector(name);
    const put = setter(board);
    const state = { board, at, scene: null, theme: null, frame: null, hand: null, line: null, wide: 1 };
    /** Weights by hand: shown at once, sent once a frame. */
    state.set = (w, b, done) => {
      state.hand = done ? null : [w, b];
      put([[0, w], [1, b]], done);
      again();
    };
    state.data = plane(at(".data"), board, { under: () => errors(state), above: () => fit(state), grab: (view) => grabbing(state, view), reading: (v, i) => reading(state, i) });
    state.map = new Contour(at(".map"), board, { names: ["w", "b"], put: state.set, label: "Loss over slope w and bias b, with the path of descent" });
    state.bowl = new Bowl(at(".solid"), board);
    state.curve = new Curve(at(".curve"), board, { height: 130, across: "steps" });
    const again = () => (state.data.drawPoints(), over(state), facts(state));
    at(".squares").onchange = again;
    at(".others").onchange = again;
    for (const [name, by] of [[".in", 0.5], [".out", 2]]) at(name).onclick = () => board.option("bowl", "zoom", (state.wide = Math.min(16, Math.max(1 / 16, state.wide * by))));
    at(".turn").onclick = () => {
      const solid = !state.bowl.on;
      state.bowl.show(solid);
      at(".map").hidden = solid;
      at(".turn").setAttribute("aria-pressed", String(solid));
      if (!solid) state.map.surface.fit();
      again();
    };
    at(".best").onclick = () => {
      const [w, b] = optimum(state);
      put([[0, w], [1, b]], true);
    };
    return {
      theme(t) {
        state.theme = state.map.theme = state.bowl.theme = t;
        state.map.stamp = "";
        state.data.onTheme(t);
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
        state.bowl.frame(state);
        falling(state);
      },
      resize() {
        state.data.over.fit();
        state.map.surface.fit();
        state.bowl.resize();
        state.curve.surface.fit();
        if (state.frame) falling(state);
        again();
      },
      alt: () => words(state),
      destroy: () => (state.bowl.destroy(), board.emit("limit", null)),
    };
  },
};

const ready = (state) => state.scene && state.theme && state.frame?.arrays.neuron_rows?.shape[1] === 2 && state.frame.arrays.bowl_optima;

// ---- the line among the points ------------------------------------------------------------------------------------------
function errors(state) {
  if (!ready(state)) return;
  const { data: view, theme, scene } = state;
  const { ctx } = view.over;
  const now = weights(state);
  const squares = state.at(".squares").checked && lossOf(state) === "mse";
  const { points, limit } = scene;
  ctx.lineWidth = 1.4;
  for (let i = 0; i < points.length / 4; i++) {
    const [x, y, , test] = points.subarray(4 * i, 4 * i + 4);
    if (test) continue;
    const guess = answer(state, now, x);
    const [px, py, qy] = [view.x(x), view.y(y), view.y(Math.max(-9 * limit, Math.min(9 * limit, guess)))];
    const side = qy - py;
    ctx.strokeStyle = css(rgb(theme.negative), 0.9);
    ctx.beginPath();
    ctx.moveTo(px, py);
    ctx.lineTo(px, qy);
    ctx.stroke();
    if (!squares) continue;
    const out = x > 0 ? -1 : 1; // towards the middle, so that it stays in sight
    ctx.fillStyle = css(rgb(theme.negative), theme.dark ? 0.22 : 0.16);
    ctx.strokeStyle = css(rgb(theme.negative), 0.5);
    ctx.fillRect(px, py, out * Math.abs(side), side);
    ctx.strokeRect(px, py, out * Math.abs(side), side);
  }
  if (state.at(".others").checked) for (const loss of LOSSES) straight(state, optimum(state, loss), theme.faint, 1.6, DASHES[loss]);
}

const DASHES = { mse: [8, 4], mae: [2, 3], huber: [8, 3, 2, 3] };

function straight(state, now, colour, width, dash = []) {
  const { data: view, scene } = state;
  const { ctx } = view.over;
  const { limit } = scene;
  ctx.beginPath();
  for (const x of [-limit, limit]) ctx.lineTo(view.x(x), view.y(Math.max(-1e6, Math.min(1e6, answer(state, now, x)))));
  ctx.lineWidth = width;
  ctx.setLineDash(dash);
  ctx.strokeStyle = colour;
  ctx.stroke();
  ctx.setLineDash([]);
}

function fit(state) {
  if (!ready(state)) return;
  const { data: view, theme } = state;
  const now = weights(state);
  straight(state, now, theme.primary, 3.5);
  const { ctx } = view.over;
  for (const x of handles(state)) {
    ctx.beginPath();
    ctx.arc(view.x(x), view.y(answer(state, now, x)), 7, 0, 2 * Math.PI);
    ctx.fillStyle = theme.background;
    ctx.fill();
    ctx.lineWidth = 3;
    ctx.strokeStyle = theme.primary;
    ctx.stroke();
  }
  if (state.at(".others").checked) for (const [i, loss] of LOSSES.entries()) {
    const best = optimum(state, loss);
    const x = -5.6 + i * 1.7;
    label(ctx, theme, { mse: "squares", mae: "absolute", huber: "Huber" }[loss], view.x(x), Math.max(16, Math.min(view.size, view.y(answer(state, best, x)) - 6)), theme.faint);
  }
}

/** Where the line can be taken to turn it: two x at which it lies inside the picture. */
function handles(state) {
  const now = weights(state);
  const { limit } = state.scene;
  const inside = [];
  for (let x = -limit * 0.92; x <= limit * 0.93; x += limit * 0.04) if (Math.abs(answer(state, now, x)) < limit * 0.95) inside.push(x);
  return inside.length > 1 ? [inside[0], inside[inside.length - 1]] : [];
}

/** A handle turns the line about the other one; anywhere else on the line lifts it. */
function grabbing(state, view) {
  const { canvas } = view.over;
  let held = null;
  const at = (event) => view.toPlane(event);
  canvas.addEventListener("pointerdown", (event) => {
    if (!ready(state) || event.button > 0 || !view.root.classList.contains("mode-move")) return;
    const place = at(event);
    const now = weights(state);
    const ends = handles(state);
    const i = ends.findIndex((x) => Math.hypot(view.x(x) - place.px, view.y(answer(state, now, x)) - place.py) < HANDLE);
    const lies = Math.abs(view.y(answer(state, now, place.x)) - place.py) < 8;
    if (i < 0 && (!lies || view.nearest(place) >= 0)) return;
    const pivot = i < 0 ? null : ends[1 - i];
    held = { pivot, at: pivot === null ? null : answer(state, now, pivot), from: place.y, b: now[1], w: now[0] };
    event.stopImmediatePropagation();
    view.dragging = true;
    canvas.setPointerCapture(event.pointerId);
  });
  const turn = (event, done) => {
    const place = at(event);
    const { shift = [0], spread = [1] } = state.scene.facts;
    if (held.pivot === null) return state.set(held.w, held.b + place.y - held.from, done);
    const apart = Math.abs(place.x - held.pivot) < 0.3 ? 0.3 * Math.sign(place.x - held.pivot || 1) : place.x - held.pivot;
    const slope = (place.y - held.at) / apart;
    state.set(slope * spread[0], held.at - slope * (held.pivot - shift[0]), done);
  };
  canvas.addEventListener("pointermove", (event) => {
    if (!held) return;
    event.stopImmediatePropagation();
    turn(event, false);
  });
  const release = (event) => {
    if (!held) return;
    turn(event, true);
    held = null;
    view.dragging = false;
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
}

function reading(state, i) {
  if (!ready(state)) return "";
  const [x, y] = state.scene.points.subarray(4 * i, 4 * i + 2);
  const guess = answer(state, weights(state), x);
  return `ŷ ${number(guess, 3)}, error ${number(guess - y, 3)}, squared ${number((guess - y) ** 2, 3)}`;
}

// ---- the bowl from above ------------------------------------------------------------------------------------------------
function over(state) {
  if (!ready(state) || !state.frame.arrays.bowl || state.at(".map").hidden) return;
  const { map, theme, frame } = state;
  map.show(frame.arrays.bowl.data, frame.arrays.bowl_axes.data, frame.arrays.bowl.shape[0]);
  map.draw((ctx) => {
    map.path(ctx, walk(state), theme.negative);
    if (state.at(".others").checked) for (const loss of LOSSES) if (loss !== lossOf(state)) map.cross(ctx, ...optimum(state, loss).slice(0, 2), SHORT[loss], theme.faint);
    map.cross(ctx, ...optimum(state).slice(0, 2), "lowest", theme.text);
    const [w, b] = weights(state);
    map.dot(ctx, w, b, 8, theme.primary, theme.background);
    downhill(state, ctx, w, b);
  });
}

/** The step that comes next, as an arrow: minus the learning rate times the gradient of all examples. */
function downhill(state, ctx, w, b) {
  const slope = state.frame.arrays.gradients?.data;
  if (!slope || state.hand) return;
  const { map, theme, frame } = state;
  ctx.strokeStyle = ctx.fillStyle = theme.primary;
  arrow(ctx, map.x(w), map.y(b), map.x(w - frame.lr * slope[0]), map.y(b - frame.lr * slope[1]), 2.5);
}

/** The loss above its lowest value, step by step. */
function falling(state) {
  if (!ready(state)) return;
  const { curve, theme, frame, scene } = state;
  const { neuron_trace: trace, neuron_trace_costs: costs } = frame.arrays;
  const least = optimum(state)[2];
  const each = Math.max(1, Math.min(scene.experiment.training.batch_size, scene.points.length / 4));
  const line = Array.from(costs.data, (cost, i) => [trace.data[i * trace.shape[1]] / each, cost - least]);
  curve.draw(theme, [{ line, colour: theme.negative }]);
}

function facts(state) {
  if (!ready(state)) return;
  const { at, frame, scene } = state;
  const [w, b] = weights(state);
  const best = optimum(state);
  const scaled = scene.experiment.model.scaled;
  write(at(".formula"), `ŷ = ${number(w, 3)} · ${scaled ? "x′" : "x"} ${b < 0 ? "−" : "+"} ${number(Math.abs(b), 3)}`);
  write(at(".loss"), number(frame.arrays.neuron_costs.data[0], 4));
  write(at(".least"), `${number(best[2], 4)} at w ${number(best[0], 3)}, b ${number(best[1], 3)}`);
  const [top, low, limit] = frame.arrays.bowl_curve.data;
  const batch = scene.experiment.training.batch_size;
  const plain = scene.experiment.training.optimizer.kind === "sgd" && batch >= scene.points.length / 4;
  state.board.emit("limit", limit > 0 && plain ? limit : null);
  write(at(".limit"), limit > 0 ? `${number(limit, 4)} = 2/λmax, λmax ${number(top, 3)}, λmin ${number(low, 3)}` : "none: this loss has no curvature here");
  const over = limit > 0 && frame.lr > limit;
  at(".speed").classList.toggle("bad", over && plain);
  at(".speed").classList.toggle("good", limit > 0 && !over && plain);
  write(at(".speed"), speed({ limit, lr: frame.lr, over, plain, batch }));
}

function speed({ limit, lr, over, plain, batch }) {
  if (!(limit > 0)) return "The absolute error slopes the same everywhere, so a fixed step never comes to rest: it hops about the lowest point.";
  if (!plain) return `The limit holds for plain gradient descent on all examples at once; ${batch === 1 ? "one example at a time" : "this run"} differs, so near it anything may happen.`;
  if (over) return `The learning rate ${number(lr, 4)} is above the limit: each step overshoots the valley by more than it came.`;
  return lr > limit / 2 ? `The learning rate ${number(lr, 4)} is ${number((100 * lr) / limit, 3)} % of the limit: it zigzags, and still arrives.` : `The learning rate ${number(lr, 4)} is ${number((100 * lr) / limit, 3)} % of the limit: it slides down without crossing the valley.`;
}

function words(state) {
  if (!ready(state)) return "";
  const [w, b] = weights(state);
  const best = optimum(state);
  return `Line with slope ${number(w, 3)} and bias ${number(b, 3)}, loss ${number(state.frame.arrays.neuron_costs.data[0], 3)}; the lowest loss is ${number(best[2], 3)} at ${number(best[0], 3)}, ${number(best[1], 3)}.`;
}

const TEMPLATE = `
<div class="neuron">
  <div><h4>The line</h4><div class="data"></div><div class="tools"><label><input type="checkbox" class="squares" checked>Squares</label><label><input type="checkbox" class="others">Best line of each loss</label></div></div>
  <div><h4>The bowl</h4><div class="tools"><button type="button" class="small turn" aria-pressed="false">3-D</button><button type="button" class="small in" title="Look closer">Closer</button><button type="button" class="small out" title="See more">Wider</button><button type="button" class="small best" title="Put the line where the loss is lowest">To the lowest point</button></div>
    <div class="map"></div><div class="solid" hidden></div><p class="note">Click or drag in the bowl to set the line; drag the line or its handles to move the point.</p></div>
  <div class="facts">
    <div><div class="label">The unit</div><div class="formula"></div></div>
    <div><div class="label">Loss now</div><div class="big loss"></div></div>
    <div><div class="label">Lowest loss there is</div><div class="least"></div></div>
    <div><div class="label">Largest learning rate</div><div class="limit"></div></div>
    <div class="verdict speed" role="status"></div>
    <div><div class="label">Loss above the lowest, step by step</div><div class="curve"></div></div>
  </div>
</div>`;
