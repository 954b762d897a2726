/** Weight space: the plane of (w1, w2) at the present bias, where each point is a half-plane and all of them leave a cone. */
import { arrow, label } from "../../kit/canvas.js";
import { number, ticks, tickText } from "../../kit/numbers.js";
import { css, rgb } from "../../kit/palette.js";
import { chord, clip, reach, square } from "./geometry.js";
import { lastSeen, weightsOf } from "./rules.js";

const GUTTER = { left: 30, right: 6, top: 6, bottom: 24 };

export function weightSpace(root, state) {
  root.innerHTML = `<div class="tools"><span class="label">Drag the arrow’s head to set w</span></div><div class="plot"></div><p class="note"></p>`;
  const surface = state.board.canvas(root.querySelector(".plot"), { height: (w) => w - GUTTER.left - GUTTER.right + GUTTER.top + GUTTER.bottom, label: "Weight space: the walk of w into the cone of right answers" });
  const self = { surface, range: 0, note: root.querySelector(".note"), state, drag: null, draw: () => draw(self) };
  surface.canvas.style.cursor = "crosshair";
  dragging(self);
  return self;
}

const toX = (self, x) => GUTTER.left + ((x + self.range) / (2 * self.range)) * self.size;
const toY = (self, y) => GUTTER.top + ((self.range - y) / (2 * self.range)) * self.size;

function draw(self) {
  const { surface, state } = self;
  const { theme, scene, frame } = state;
  const lines = frame?.arrays.perceptron_lines;
  if (!theme || !scene || !lines || lines.shape[1] !== 3 || !surface.width) return;
  const { ctx } = surface;
  const w = self.drag ?? lines.data.subarray(3 * state.lead, 3 * state.lead + 3);
  const walk = path(state);
  self.size = surface.width - GUTTER.left - GUTTER.right;
  let most = Math.max(Math.abs(w[0]), Math.abs(w[1]), 1e-3);
  for (const [x, y] of walk) most = Math.max(most, Math.abs(x), Math.abs(y));
  if (!self.drag && most < 1e9) self.range = reach(self.range, most * 1.25);
  ctx.clearRect(0, 0, surface.width, surface.height);
  axes(self, theme);
  ctx.save();
  ctx.beginPath();
  ctx.rect(GUTTER.left, GUTTER.top, self.size, self.size);
  ctx.clip();
  const cone = halves(self, w[2]);
  walkTo(self, walk, w);
  ctx.restore();
  const slice = state.scene.experiment.model.bias === false ? "" : ` The picture is cut at b = ${number(w[2], 3)}.`;
  const said = cone.length > 2 ? "Green: every w that gets all points right." : "No w of this picture gets all points right.";
  if (self.note.textContent !== said + slice) self.note.textContent = said + slice;
}

function axes(self, theme) {
  const { ctx } = self.surface;
  const { range, size } = self;
  ctx.lineWidth = 1;
  ctx.strokeStyle = theme.border;
  ctx.strokeRect(GUTTER.left - 0.5, GUTTER.top - 0.5, size + 1, size + 1);
  ctx.beginPath();
  ctx.moveTo(toX(self, -range), toY(self, 0));
  ctx.lineTo(toX(self, range), toY(self, 0));
  ctx.moveTo(toX(self, 0), toY(self, -range));
  ctx.lineTo(toX(self, 0), toY(self, range));
  ctx.stroke();
  ctx.font = `12px ${theme.font}`;
  ctx.fillStyle = theme.faint;
  const marks = ticks(-range, range, 4).filter((v) => Math.abs(v) < range * 0.88);
  ctx.textAlign = "center";
  ctx.textBaseline = "top";
  for (const v of marks) ctx.fillText(tickText(v), toX(self, v), GUTTER.top + size + 5);
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  for (const v of marks) ctx.fillText(tickText(v), GUTTER.left - 4, toY(self, v));
  ctx.fillStyle = theme.text;
  ctx.textBaseline = "top";
  ctx.fillText("w₁", GUTTER.left + size, GUTTER.top + size + 5);
  ctx.textAlign = "left";
  ctx.fillText("w₂", 4, GUTTER.top);
}

/** Every training point's forbidden half-plane in its class's colour, one over the other; what is left is the cone. */
function halves(self, b) {
  const { state, range, surface } = self;
  const { theme, scene } = state;
  const { points } = scene;
  const { ctx } = surface;
  const all = square(-range, range);
  let cone = all;
  const n = Math.max(1, points.length / 4);
  const bold = state.hover >= 0 ? state.hover : lastSeen(state);
  for (let i = 0; i < points.length / 4; i++) {
    const [x, y, c, test] = points.subarray(4 * i, 4 * i + 4);
    if (test) continue;
    const t = c > 0.5 ? 1 : -1;
    const colour = c > 0.5 ? theme.positive : theme.negative;
    fill(self, clip(all, -t * x, -t * y, -t * b), css(rgb(colour), Math.max(0.015, Math.min(0.12, 0.8 / n))));
    if (cone.length) cone = clip(cone, t * x, t * y, t * b);
    const ends = chord(x, y, b, -range, range);
    if (ends) stroke(self, ends, css(rgb(colour), i === bold ? 1 : 0.4), i === bold ? 3 : 1);
  }
  if (cone.length > 2 && n > 1) {
    fill(self, cone, css(rgb(theme.background)));
    fill(self, cone, css(rgb(theme.good), theme.dark ? 0.5 : 0.35));
    stroke(self, [...cone, cone[0]], theme.good, 2);
  }
  ctx.lineWidth = 1;
  return cone;
}

function fill(self, polygon, colour) {
  const { ctx } = self.surface;
  if (polygon.length < 3) return;
  ctx.beginPath();
  for (const [x, y] of polygon) ctx.lineTo(toX(self, x), toY(self, y));
  ctx.fillStyle = colour;
  ctx.fill();
}

function stroke(self, line, colour, width) {
  const { ctx } = self.surface;
  ctx.beginPath();
  for (const [x, y] of line) ctx.lineTo(toX(self, x), toY(self, y));
  ctx.lineWidth = width;
  ctx.strokeStyle = colour;
  ctx.stroke();
}

/** Where the run's own neuron has been: (w1, w2) in order. */
function path(state) {
  const trace = state.frame?.arrays.neuron_trace;
  if (!trace) return [];
  const [rows, width] = trace.shape;
  const k = (width - 1) / 3;
  return Array.from({ length: rows }, (_, i) => [trace.data[i * width + 1 + state.lead * k], trace.data[i * width + 2 + state.lead * k]]);
}

function walkTo(self, walk, w) {
  const { state, surface } = self;
  const { theme } = state;
  const { ctx } = surface;
  if (walk.length > 1) stroke(self, walk, css(rgb(theme.text), 0.55), 1.6);
  ctx.fillStyle = theme.text;
  for (const [x, y] of walk.length < 80 ? walk : []) {
    ctx.beginPath();
    ctx.arc(toX(self, x), toY(self, y), 2.4, 0, 2 * Math.PI);
    ctx.fill();
  }
  if (state.shown(4)) direction(self, weightsOf(state, 4));
  ctx.strokeStyle = ctx.fillStyle = theme.primary;
  arrow(ctx, toX(self, 0), toY(self, 0), toX(self, w[0]), toY(self, w[1]), 3);
  label(ctx, theme, "w", toX(self, w[0]) + 7, toY(self, w[1]) - 7, theme.primary);
}

/** The weights of the widest margin, as long as w. */
function direction(self, best) {
  if (!best) return;
  const { ctx } = self.surface;
  const far = (0.8 * self.range) / Math.hypot(best[0], best[1]);
  ctx.setLineDash([2, 3]);
  stroke(self, [[0, 0], [best[0] * far, best[1] * far]], self.state.theme.faint, 2);
  ctx.setLineDash([]);
}

function dragging(self) {
  const { canvas } = self.surface;
  const { state } = self;
  let raf = 0;
  const send = () => {
    raf = 0;
    for (const index of [0, 1]) state.board.send("edit", { index, value: self.drag[index] });
  };
  const move = (event) => {
    const box = canvas.getBoundingClientRect();
    const clamp = (v) => Math.max(-self.range, Math.min(self.range, v));
    self.drag[0] = clamp(((event.clientX - box.left - GUTTER.left) / self.size) * 2 * self.range - self.range);
    self.drag[1] = clamp(self.range - ((event.clientY - box.top - GUTTER.top) / self.size) * 2 * self.range);
    draw(self);
    if (!raf) raf = requestAnimationFrame(send);
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (!self.size || event.button > 0) return;
    const lines = state.frame.arrays.perceptron_lines;
    self.drag = Array.from(lines.data.subarray(3 * state.lead, 3 * state.lead + 3));
    canvas.setPointerCapture(event.pointerId);
    move(event);
  });
  canvas.addEventListener("pointermove", (event) => self.drag && move(event));
  const release = () => {
    if (!self.drag) return;
    if (raf) cancelAnimationFrame(raf), send();
    self.drag = null;
    state.board.changed();
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
}
