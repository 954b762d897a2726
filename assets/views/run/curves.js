/**
 * Loss and accuracy over epochs, training and test: two plots one above the other with one time axis. Lines are thinned
 * to a few points a pixel; the range of the losses follows with hysteresis, so that the picture is calm.
 */
import { decades, number, ticks, tickText } from "../../kit/numbers.js";

const GUTTER = { left: 44, right: 8, top: 8, bottom: 24, between: 16 };
const HEIGHT = 290;
const REGRESSION_HEIGHT = 220;
const LOSS_SHARE = 0.62;
const REDRAW_MS = 40; // lines that creep need no more than 25 pictures a second
const [TRAIN_LOSS, TEST_LOSS, TRAIN_ACCURACY, TEST_ACCURACY] = [2, 3, 4, 5];
const KEY = "nnlab.curves";

export default {
  needs: [],
  create(root, board) {
    root.innerHTML = TEMPLATE;
    const kept = new Set((sessionStorage.getItem(KEY) ?? "").split(","));
    const self = { scene: null };
    const view = Object.assign(self, {
      root, board, history: board.history, theme: null, scene: null, hover: null, last: 0, changes: -1, step: -1, late: 0,
      range: { low: 0, high: 1 }, logLoss: toggle(root, "log-loss", kept), logTime: toggle(root, "log-time", kept),
      surface: board.canvas(root.querySelector(".plot"), { height: () => (self.scene?.numbers ? REGRESSION_HEIGHT : HEIGHT) }),
    });
    const draw = () => drawAll(view);
    root.querySelectorAll("input").forEach((box) => (box.onchange = () => {
      sessionStorage.setItem(KEY, [...root.querySelectorAll("input:checked")].map((i) => i.className).join(","));
      view.range = { low: 0, high: 1 };
      draw();
    }));
    hovering(view, draw);
    return {
      theme: (t) => ((view.theme = t), draw()),
      scene: (s) => ((view.scene = s), view.surface.fit(), draw()),
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
  const { ctx, width, height } = surface;
  ctx.clearRect(0, 0, width, height);
  const accuracy = !scene?.numbers;
  const inner = height - GUTTER.top - GUTTER.bottom - (accuracy ? GUTTER.between : 0);
  const lossHeight = accuracy ? Math.round(inner * LOSS_SHARE) : inner;
  const x = timeAxis(view, width);
  const loss = lossAxis(view, GUTTER.top, lossHeight);
  plot(view, { x, y: loss, title: "Loss", falls: true, columns: [TRAIN_LOSS, TEST_LOSS] });
  if (accuracy) {
    const top = GUTTER.top + lossHeight + GUTTER.between;
    plot(view, { x, y: accuracyAxis(view, top, inner - lossHeight), title: "Accuracy", falls: false, columns: [TRAIN_ACCURACY, TEST_ACCURACY] });
  }
  timeTicks(view, x, height);
  cursor(view, x, height);
  legend(view);
}

// ---- axes: {low, high, top, height, at(value) -> pixel, marks: [[value, text]]} --------------------------------------
function timeAxis(view, width) {
  const { history, logTime } = view;
  const last = history.length ? history.at(history.length - 1, 1) : 0;
  const first = history.length ? history.at(0, 1) : 0;
  const left = GUTTER.left;
  const span = width - GUTTER.left - GUTTER.right;
  if (logTime.checked) {
    const low = 1;
    const high = Math.max(10, last);
    const k = span / Math.log(high / low);
    return { low, high, left, span, log: true, at: (e) => left + k * Math.log(Math.max(low, e) / low), value: (px) => low * Math.exp((px - left) / k) };
  }
  const high = Math.max(last, first + 1);
  return { low: first, high, left, span, log: false, at: (e) => left + (span * (e - first)) / (high - first), value: (px) => first + ((px - left) / span) * (high - first) };
}

/** Range of the losses seen: grows at once, shrinks only when less than half of it is used. */
function lossAxis(view, top, height) {
  const { history, range, logLoss } = view;
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < history.length; i++) {
    for (let c = TRAIN_LOSS; c <= TEST_LOSS; c++) {
      const v = history.at(i, c);
      if (v < low && (v > 0 || !logLoss.checked)) low = v;
      if (v > high && v < 1e30) high = v;
    }
  }
  if (!(high > -Infinity)) [low, high] = [0, 1];
  if (logLoss.checked) {
    low = 10 ** Math.floor(Math.log10(Math.max(low, 1e-8)) + 1e-9);
    high = Math.max(low * 10, 10 ** Math.ceil(Math.log10(Math.max(high, 1e-8)) - 1e-9));
    const k = height / Math.log(high / low);
    const marks = decades(low, high, 5).map((v) => [v, tickText(v)]);
    return { low, high, top, height, marks, at: (v) => top + height - k * Math.log(Math.max(v, low) / low) };
  }
  if (high > range.high || high < range.high * 0.5) range.high = roundUp(high * 1.05);
  const marks = ticks(0, range.high, 4).map((v) => [v, tickText(v)]);
  return { low: 0, high: range.high, top, height, marks, at: (v) => top + height - (height * Math.min(v, range.high)) / range.high };
}

function roundUp(v) {
  const power = 10 ** Math.floor(Math.log10(Math.max(v, 1e-9)));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((m) => m * power >= v) * power;
}

function accuracyAxis(view, top, height) {
  let low = 1;
  const { history } = view;
  for (let i = 0; i < history.length; i++) for (let c = TRAIN_ACCURACY; c <= TEST_ACCURACY; c++) if (history.at(i, c) < low) low = history.at(i, c);
  const floor = low < 0.4 ? 0 : 0.4;
  const marks = (floor ? [0.4, 0.6, 0.8, 1] : [0, 0.5, 1]).map((v) => [v, `${Math.round(v * 100)}%`]);
  return { low: floor, high: 1, top, height, marks, at: (v) => top + height - (height * (v - floor)) / (1 - floor) };
}

// ---- drawing ---------------------------------------------------------------------------------------------------------
function plot(view, { x, y, title, falls, columns }) {
  const { theme, surface } = view;
  const { ctx } = surface;
  ctx.font = `12px ${theme.font}`;
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  ctx.lineWidth = 1;
  ctx.strokeStyle = theme.border;
  ctx.fillStyle = theme.faint;
  ctx.beginPath();
  for (const [v, text] of y.marks) {
    const py = Math.round(y.at(v)) + 0.5;
    ctx.moveTo(x.left, py);
    ctx.lineTo(x.left + x.span, py);
    ctx.fillText(text, x.left - 6, py);
  }
  ctx.stroke();
  line(view, x, y, columns[1], theme.test, [6, 3]);
  line(view, x, y, columns[0], theme.train, []);
  ctx.fillStyle = theme.text;
  ctx.textAlign = "right";
  ctx.textBaseline = falls ? "top" : "bottom"; // where the lines are not likely to be
  ctx.font = `600 12px ${theme.font}`;
  ctx.fillText(title, x.left + x.span - 2, falls ? y.top + 4 : y.top + y.height - 4);
}

/** One line, at most one point in a pixel and a half; gaps where there is no number. */
function line(view, x, y, column, colour, dash) {
  const { history, surface } = view;
  const { ctx } = surface;
  ctx.beginPath();
  ctx.strokeStyle = colour;
  ctx.lineWidth = 2.2;
  ctx.lineJoin = "bevel"; // round joins cost a third of the picture and are not seen at this width
  ctx.setLineDash(dash);
  let pen = false;
  let lastX = -10;
  for (let i = 0; i < history.length; i++) {
    const v = history.at(i, column);
    if (!(v < 1e30)) {
      pen = false;
      continue;
    }
    const px = x.at(history.at(i, 1));
    if (pen && px - lastX < 1.5 && i < history.length - 1) continue;
    if (pen) ctx.lineTo(px, y.at(v));
    else ctx.moveTo(px, y.at(v));
    pen = true;
    lastX = px;
  }
  ctx.stroke();
  ctx.setLineDash([]);
}

function timeTicks(view, x, height) {
  const { ctx } = view.surface;
  const marks = x.log ? decades(x.low, x.high, 6) : ticks(x.low, x.high, Math.max(2, Math.floor(x.span / 90)));
  ctx.font = `12px ${view.theme.font}`;
  ctx.fillStyle = view.theme.faint;
  ctx.textAlign = "center";
  ctx.textBaseline = "bottom";
  for (const v of marks) if (x.at(v) < x.left + x.span - 64) ctx.fillText(tickText(v), x.at(v), height - 4);
  ctx.textAlign = "right";
  ctx.fillStyle = view.theme.text;
  ctx.fillText("epochs", x.left + x.span, height - 4);
}

/** Where the run stands after going back, and the crosshair under the pointer. */
function cursor(view, x, height) {
  const { history, board, theme, surface, hover } = view;
  const { ctx } = surface;
  const frame = board.frame;
  const vertical = (px, style, dash) => {
    ctx.beginPath();
    ctx.setLineDash(dash);
    ctx.strokeStyle = style;
    ctx.lineWidth = 1.5;
    ctx.moveTo(px, GUTTER.top);
    ctx.lineTo(px, height - GUTTER.bottom);
    ctx.stroke();
    ctx.setLineDash([]);
  };
  const row = history.length ? history.nearest(0, frame?.step ?? 0) : -1;
  if (row >= 0 && row < history.length - 1) vertical(x.at(history.at(row, 1)), theme.primary, []);
  if (hover !== null && history.length) vertical(x.at(history.at(hover, 1)), theme.faint, [3, 3]);
}

function hovering(view, draw) {
  const { canvas } = view.surface;
  canvas.addEventListener("pointermove", (event) => {
    if (!view.history.length) return;
    const x = timeAxis(view, view.surface.width);
    view.hover = view.history.nearest(1, x.value(event.offsetX));
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
  const lines = [`Epoch ${Number(at(1).toFixed(2))}, step ${at(0)}`, `Loss: training ${number(at(TRAIN_LOSS))}, test ${number(at(TEST_LOSS))}`];
  if (!view.scene?.numbers) lines.push(`Accuracy: training ${percent(at(TRAIN_ACCURACY))}, test ${percent(at(TEST_ACCURACY))}`);
  return lines.join("\n");
}

const percent = (v) => (Number.isNaN(v) ? "—" : `${(100 * v).toFixed(1)}%`);

function legend(view) {
  const m = view.board.frame?.metrics ?? {};
  for (const [name, value] of [["train", m.train_loss], ["test", m.test_loss]]) {
    const box = view.root.querySelector(`.now-${name}`);
    const text = number(value ?? NaN, 3);
    if (box.textContent !== text) box.textContent = text;
  }
}

function words(view) {
  const m = view.board.frame?.metrics ?? {};
  const parts = view.history.columns.slice(2).filter((c) => m[c] !== null && m[c] !== undefined).map((c) => `${c.replace("_", " ")} ${number(m[c], 3)}`);
  return `Curves over ${number(view.board.frame?.epoch ?? 0)} epochs; now ${parts.join(", ")}.`;
}

const TEMPLATE = `
<div class="tools">
  <span class="entry train"><i></i>Training <b class="now-train"></b></span><span class="entry test"><i></i>Test <b class="now-test"></b></span>
  <span class="choices" role="group" aria-label="Logarithmic axes">Log<label><input type="checkbox" class="log-loss" aria-label="Log loss">loss</label><label><input type="checkbox" class="log-time" aria-label="Log epochs">epochs</label></span>
</div>
<div class="plot"></div>`;
