/**
 * The run's metrics over time: a plot for each kind of metric, one above the other with one time axis. A range follows with
 * hysteresis, so that the picture is calm.
 */
import { boxOf, drawAxes, drawLine, linear, logarithmic } from "../../kit/axes.js";
import { stroke } from "../../kit/canvas.js";
import { make, write } from "../../kit/dom.js";
import { number, tickText } from "../../kit/numbers.js";

const ROOM = { left: 44, right: 8, top: 8, bottom: 24 };
const BETWEEN = 16;
const HEIGHT = 220; // of one plot; each further one adds to it
const FURTHER = 70;
const FIRST_SHARE = 0.62; // of two plots; the first stands for what is minimised
const REDRAW_MS = 40; // lines that creep need no more than 25 pictures a second
const HUGE = 1e30; // a loss beyond it is on its way to infinity
const DASHES = { train: [], test: [6, 3], "": [] };
const KEY = "nnlab.curves";

export default {
  needs: [],
  create(root, board) {
    root.innerHTML = TEMPLATE;
    const kept = new Set((sessionStorage.getItem(KEY) ?? "").split(","));
    const view = {
      root, board, history: board.history, theme: null, scene: null, kinds: [], ranges: {}, hover: null, last: 0, changes: -1, step: -1, late: 0,
      logHeight: toggle(root, "log-loss", kept), logTime: toggle(root, "log-time", kept), surface: null,
    };
    view.surface = board.canvas(root.querySelector(".plot"), { height: () => HEIGHT + FURTHER * Math.max(0, view.kinds.length - 1) });
    const draw = () => drawAll(view);
    root.querySelectorAll("input").forEach((box) => (box.onchange = () => {
      sessionStorage.setItem(KEY, [...root.querySelectorAll("input:checked")].map((i) => i.className).join(","));
      view.ranges = {};
      draw();
    }));
    hovering(view, draw);
    return {
      theme: (t) => ((view.theme = t), legend(view), draw()),
      scene: (s) => (onScene(view, s), draw()),
      frame: (f) => onFrame(view, f, draw),
      resize: () => (view.surface.fit(), draw()),
      alt: () => words(view),
      destroy: () => clearTimeout(view.late),
    };
  },
};

function toggle(root, name, kept) {
  const box = root.querySelector(`.${name}`);
  box.checked = kept.has(name);
  return box;
}

function onScene(view, scene) {
  Object.assign(view, { scene, kinds: kindsOf(scene.metrics, view.history), ranges: {} });
  write(view.root.querySelector(".time-name"), times(scene));
  legend(view);
  view.surface.fit();
}

/** The metrics in groups that share a plot: what is measured alike, of training and test examples. */
function kindsOf(metrics, history) {
  const kinds = new Map();
  for (const m of metrics) {
    const line = { ...m, column: history.column(m.name) };
    kinds.set(m.kind, [...(kinds.get(m.kind) ?? []), line]);
  }
  return [...kinds].map(([kind, lines]) => ({ kind, lines, unit: lines[0].unit, falls: lines[0].better !== "higher", title: capital(lines[0].split ? lines[0].label.replace(/^\S+ /, "") : kind) }));
}

const capital = (text) => text[0].toUpperCase() + text.slice(1);

function onFrame(view, frame, draw) {
  const now = performance.now();
  if (view.changes === view.history.changes && view.step === frame.step) return;
  clearTimeout(view.late);
  if (frame.playing && now - view.last < REDRAW_MS) {
    view.late = setTimeout(draw, REDRAW_MS); // the last picture before a pause must not be missed
    return;
  }
  draw();
}

function drawAll(view) {
  const { surface, theme, scene, history, board } = view;
  if (!theme || !scene || !surface.width) return;
  Object.assign(view, { last: performance.now(), changes: history.changes, step: board.frame?.step ?? -1 });
  surface.ctx.clearRect(0, 0, surface.width, surface.height);
  const x = timeScale(view);
  const boxes = boxesOf(surface, view.kinds.length);
  view.kinds.forEach((kind, i) => plot(view, kind, boxes[i], { scale: x, ...(i === boxes.length - 1 ? { marks: Math.max(2, Math.floor(surface.width / 90)), name: times(scene) } : { marks: 0 }) }));
  cursor(view, x);
  for (const { lines } of view.kinds.slice(0, 1)) for (const m of lines) write(view.root.querySelector(`[data-metric="${m.name}"]`), number(board.frame?.metrics?.[m.name] ?? NaN, 3));
}

/** The plots from top to bottom. */
function boxesOf(surface, count) {
  const whole = boxOf(surface, ROOM);
  const inner = whole.bottom - whole.top - BETWEEN * (count - 1);
  const first = count > 1 ? Math.round(inner * (count === 2 ? FIRST_SHARE : 1 / count)) : inner;
  const further = (inner - first) / Math.max(1, count - 1);
  const tops = Array.from({ length: count }, (_, i) => whole.top + (i ? first + BETWEEN + (i - 1) * (further + BETWEEN) : 0));
  return tops.map((top, i) => ({ ...whole, top, bottom: top + (i ? further : first) }));
}

// ---- scales ----------------------------------------------------------------------------------------------------------
const times = (scene) => `${scene.pass_name}s`;
const timeColumn = (view) => (view.scene.pass_name === "step" ? 0 : 1);

function timeScale(view) {
  const { history, logTime, surface } = view;
  const column = timeColumn(view);
  const last = history.length ? history.at(history.length - 1, column) : 0;
  const first = history.length ? history.at(0, column) : 0;
  const pixels = [ROOM.left, surface.width - ROOM.right];
  return logTime.checked ? logarithmic([1, Math.max(10, last)], pixels) : linear([first, Math.max(last, first + 1)], pixels);
}

/** Lowest and highest of a kind's numbers; [0, 1] where there is none. */
function extent({ history }, { lines }, above) {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < history.length; i++) {
    for (const { column } of lines) {
      const v = history.at(i, column);
      if (v < low && v > above) low = v;
      if (v > high && v < HUGE) high = v;
    }
  }
  return high >= low ? [low, high] : [0, 1];
}

function heightScale(view, kind, box) {
  const pixels = [box.bottom, box.top];
  if (kind.unit === "%") {
    const floor = extent(view, kind, -HUGE)[0] < 0.4 ? 0 : 0.4;
    return { scale: linear([floor, 1], pixels), marks: (floor ? [0.4, 0.6, 0.8, 1] : [0, 0.5, 1]).map((v) => [v, `${Math.round(v * 100)}%`]) };
  }
  if (view.logHeight.checked) {
    const [least, most] = extent(view, kind, 0);
    const low = 10 ** Math.floor(Math.log10(Math.max(least, 1e-8)) + 1e-9);
    return { scale: logarithmic([low, Math.max(low * 10, 10 ** Math.ceil(Math.log10(Math.max(most, 1e-8)) - 1e-9))], pixels), marks: 5 };
  }
  return { scale: linear(calmRange(view, kind), pixels), marks: box.bottom - box.top > 80 ? 4 : 2 };
}

/** From 0, or from below what is negative, to the highest: grows at once, shrinks only when less than half of it is used. */
function calmRange(view, kind) {
  const [low, high] = extent(view, kind, -HUGE);
  const range = (view.ranges[kind.kind] ??= [0, 0]);
  if (high > range[1] || high < range[1] * 0.5) range[1] = high > 0 ? roundUp(high * 1.05) : 0;
  if (low < range[0] || low > range[0] * 0.5) range[0] = low < 0 ? -roundUp(-low * 1.05) : 0;
  return range[0] < range[1] ? range : [range[0], range[0] + 1];
}

function roundUp(v) {
  const power = 10 ** Math.floor(Math.log10(Math.max(v, 1e-9)));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((m) => m * power >= v) * power;
}

// ---- drawing ---------------------------------------------------------------------------------------------------------
function plot(view, kind, box, x) {
  const { theme, surface, history } = view;
  const y = heightScale(view, kind, box);
  drawAxes(surface, theme, box, { x, y: { ...y, grid: true, zero: true }, title: kind.title, corner: kind.falls ? "top" : "bottom" }); // where lines are seldom
  const time = timeColumn(view);
  const top = y.scale.high;
  const at = (v) => (v < HUGE ? y.scale.at(Math.min(v, top)) : NaN);
  [...kind.lines].reverse().forEach((m) => drawLine(surface.ctx, history.length, (i) => x.scale.at(history.at(i, time)), (i) => at(history.at(i, m.column)),
    { colour: colourOf(view, kind, m), width: 2.2, dash: DASHES[m.split], apart: 1.5 }));
}

/** Training and test have the colours of all views; what is neither, those of the classes. */
const colourOf = ({ theme }, kind, m) => (m.split ? theme[m.split] : theme.classes[kind.lines.filter((l) => !l.split).indexOf(m) % theme.classes.length]);

/** Where the run stands after going back, and the crosshair under the pointer. */
function cursor(view, x) {
  const { history, board, theme, surface, hover } = view;
  const column = timeColumn(view);
  const vertical = (row, colour, dash) => stroke(surface.ctx, [[x.at(history.at(row, column)), ROOM.top], [x.at(history.at(row, column)), surface.height - ROOM.bottom]], colour, 1.5, dash);
  const row = history.length ? history.nearest(0, board.frame?.step ?? 0) : -1;
  if (row >= 0 && row < history.length - 1) vertical(row, theme.primary, []);
  if (hover !== null && hover < history.length) vertical(hover, theme.faint, [3, 3]);
}

function hovering(view, draw) {
  const { canvas } = view.surface;
  canvas.addEventListener("pointermove", (event) => {
    if (!view.history.length || !view.scene) return;
    view.hover = view.history.nearest(timeColumn(view), timeScale(view).value(event.offsetX));
    draw();
    view.board.tip(event.clientX, event.clientY, reading(view, view.hover));
  });
  canvas.addEventListener("pointerleave", () => {
    view.hover = null;
    view.board.tip(null);
    draw();
  });
}

function reading(view, row) {
  const at = (c) => view.history.at(row, c);
  const shown = ({ unit }, v) => (Number.isNaN(v) ? "—" : unit === "%" ? `${(100 * v).toFixed(1)}%` : number(v));
  const lines = view.kinds.map((kind) => `${kind.title}: ${kind.lines.map((m) => `${nameOf(m).toLowerCase()} ${shown(m, at(m.column))}`).join(", ")}`);
  const when = view.scene.pass_name === "step" ? `Step ${at(0)}` : `Epoch ${Number(at(1).toFixed(2))}, step ${at(0)}`;
  return [when, ...lines].join("\n");
}

const NAMES = { train: "Training", test: "Test" };
const nameOf = (m) => NAMES[m.split] ?? m.label;

/** Which line is which, with the numbers of the first plot. */
function legend(view) {
  if (!view.theme) return;
  const seen = new Map();
  for (const kind of view.kinds) for (const m of kind.lines) if (!seen.has(nameOf(m))) seen.set(nameOf(m), [kind, m]);
  view.root.querySelector(".entries").replaceChildren(...[...seen].map(([name, [kind, m]]) =>
    make("span", { class: "entry", style: `--colour: ${colourOf(view, kind, m)}` }, make("i", { class: m.split }), `${name} `, make("b", { "data-metric": m.name }))));
}

function words(view) {
  const m = view.board.frame?.metrics ?? {};
  const parts = view.kinds.flatMap(({ lines }) => lines).filter(({ name }) => Number.isFinite(m[name])).map(({ name, label }) => `${label[0].toLowerCase()}${label.slice(1)} ${number(m[name], 3)}`);
  const steps = view.scene?.pass_name === "step";
  return `Curves over ${number((steps ? view.board.frame?.step : view.board.frame?.epoch) ?? 0)} ${steps ? "steps" : "epochs"}; now ${parts.join(", ")}.`;
}

const TEMPLATE = `
<div class="tools">
  <span class="entries"></span>
  <span class="choices" role="group" aria-label="Logarithmic axes">Log<label><input type="checkbox" class="log-loss" aria-label="Log loss">loss</label><label><input type="checkbox" class="log-time" aria-label="Log time"><span class="time-name">epochs</span></label></span>
</div>
<div class="plot"></div>`;
