/**
 * Height above the lowest minimum, and distance to the nearest one, step by step; both on logarithmic axes.
 *
 * @import { Box, Scale } from "../../kit/axes.js"
 * @import { Look } from "../../kit/racers.js"
 * @import { Board, Frame, Theme, Values, View } from "../../kit/types.d.ts"
 * @typedef {{steps: Values, plots: Float64Array[][]}} Found [plot][racer] -> values at the steps of the trail
 */
import { boxOf, drawAxes, drawLine, linear, logarithmic } from "../../kit/axes.js";
import { Calm } from "../../kit/calm.js";
import { mark, placeOn, stroke } from "../../kit/canvas.js";
import { short } from "../../kit/numbers.js";
import { floorOf } from "./columns.js";
import { RaceView } from "./view.js";

const HEIGHT = 380;
const ROOM = { left: 48, right: 12, top: 22, bottom: 22 };
const BETWEEN = 34; // the two plots
const LOW = 44; // pixels: where both would be lower, the loss has all the room
const LEAST = 1e-12; // what is lower is drawn at the bottom: rounding, not descent
const REDRAW_MS = 60; // lines that creep need no more than sixteen pictures a second
const MARK = 1e-3; // within which an optimiser has arrived
const TITLES = ["Loss above the lowest minimum", "Distance to the nearest minimum"];
const SHORT = ["Loss", "Distance"];
const NARROW = 280; // pixels

/** @implements {View} */
class Curves extends RaceView {
  /** @type {Found | null} */
  found = null;
  /** @type {number | null} the pointer, in pixels */
  hover = null;
  calm = new Calm(REDRAW_MS);

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    super(board);
    this.stage = board.canvas(root, { height: (_, room) => (room < Infinity ? room : HEIGHT), label: "Loss and distance of every optimiser over steps" });
    const { canvas } = this.stage;
    canvas.addEventListener("pointermove", (event) => {
      [this.hover] = placeOn(event, canvas);
      this.draw();
      board.tip(event.clientX, event.clientY, this.reading());
    });
    canvas.addEventListener("pointerleave", () => {
      this.hover = null;
      board.tip(null);
      this.draw();
    });
  }

  resize() {
    this.stage.fit();
    this.board.redraw(this);
  }

  /** @param {Frame} frame */
  frame(frame) {
    this.calm.do(frame.playing, () => this.draw());
  }

  /** @returns {Found | null} */
  values() {
    const { race_trail: trail, race_steps: steps } = this.board.frame?.arrays ?? {};
    if (trail?.shape[1] !== this.looks.length) return null;
    const [n, racers] = trail.shape;
    const surface = this.sceneNow?.facts.surface;
    const minima = surface?.minima ?? [];
    let floor = surface ? floorOf(surface) : 0;
    if (!Number.isFinite(floor)) for (let k = 2; k < trail.data.length; k += 3) floor = Math.min(floor, trail.data[k]);
    const loss = this.looks.map(() => new Float64Array(n));
    const distance = this.looks.map(() => new Float64Array(n));
    for (let k = 0; k < n; k++) {
      for (let i = 0; i < racers; i++) {
        const at = (k * racers + i) * 3;
        loss[i][k] = Math.max(LEAST, trail.data[at + 2] - floor);
        let near = Infinity;
        for (const m of minima) near = Math.min(near, Math.hypot(trail.data[at] - m[0], trail.data[at + 1] - m[1]));
        distance[i][k] = Math.max(LEAST, near);
      }
    }
    return { steps: steps.data, plots: minima.length ? [loss, distance] : [loss] };
  }

  /** Steps as pixels. @param {Values} steps */
  time(steps) {
    const { left, right } = boxOf(this.stage, ROOM);
    return linear([0, Math.max(20, steps[steps.length - 1])], [left, right]);
  }

  draw() {
    const { stage, colours: theme } = this;
    if (!theme || !stage.width) return;
    stage.ctx.clearRect(0, 0, stage.width, stage.height);
    const found = this.values();
    if (!found) return;
    this.found = found;
    const whole = boxOf(stage, ROOM);
    const x = this.time(found.steps);
    const each = (/** @type {number} */ n) => (whole.bottom - whole.top - BETWEEN * (n - 1)) / n;
    const plots = each(found.plots.length) < LOW ? found.plots.slice(0, 1) : found.plots;
    const inner = each(plots.length);
    plots.forEach((lines, p) => {
      const top = whole.top + p * (inner + BETWEEN);
      this.plot(theme, { ...whole, top, bottom: top + inner }, { x, lines, title: (this.stage.width < NARROW ? SHORT : TITLES)[p], arrived: p === 1 });
    });
    drawAxes(stage, theme, whole, { x: { scale: x, marks: Math.max(2, Math.floor((whole.right - whole.left) / 90)), name: "steps" } });
    if (this.hover === null) return;
    const px = x.at(found.steps[this.nearest(found, this.hover)]);
    stroke(stage.ctx, [[px, whole.top], [px, whole.bottom]], theme.faint);
  }

  /** `arrived`: with the line at which an optimiser counts as arrived. @param {Theme} theme @param {Box} box @param {{x: Scale, lines: Float64Array[], title: string, arrived: boolean}} of */
  plot(theme, box, { x, lines, title, arrived }) {
    const { stage } = this;
    let [low, high] = [Infinity, 0];
    for (const line of lines) for (const v of line) if (v < 1e30) [low, high] = [Math.min(low, v), Math.max(high, v)];
    if (!(high > 0)) return;
    low = 10 ** Math.floor(Math.log10(Math.min(low, high / 10)));
    high = 10 ** Math.ceil(Math.log10(high) - 0.05);
    const y = logarithmic([low, high], [box.bottom, box.top]);
    drawAxes(stage, theme, box, { y: { scale: y, marks: 6, grid: true }, title });
    if (arrived && MARK > low && MARK < high) stroke(stage.ctx, [[box.left, y.at(MARK)], [box.right, y.at(MARK)]], theme.good, 1.5, [6, 4]);
    lines.forEach((line, i) => this.line(line, { x, at: (v) => Math.max(box.top - 4, y.at(v)) }, this.looks[i]));
  }

  /** @param {Float64Array} line @param {{x: Scale, at: (v: number) => number}} place @param {Look} look */
  line(line, { x, at }, look) {
    const { ctx, width } = this.stage;
    const { steps } = /** @type {Found} */ (this.found);
    drawLine(ctx, steps.length, (k) => x.at(steps[k]), (k) => at(line[k]), { colour: look.colour, width: 2.2, dash: look.dash, spacing: 0.7 });
    const end = steps.length - 1;
    ctx.fillStyle = look.colour;
    mark(ctx, look.shape, Math.min(x.at(steps[end]), width - 6), at(line[end]), 4.5);
    ctx.fill();
  }

  /** The place in the trail of a pixel. @param {Found} found @param {number} px */
  nearest({ steps }, px) {
    const wanted = this.time(steps).value(px);
    let best = 0;
    steps.forEach((step, k) => {
      if (Math.abs(step - wanted) < Math.abs(steps[best] - wanted)) best = k;
    });
    return best;
  }

  reading() {
    const { found, hover } = this;
    if (!found || hover === null) return "";
    const k = this.nearest(found, hover);
    const lines = this.looks.map((look, i) => `${look.label}: ${found.plots.map((plot) => short(plot[i][k])).join(", at distance ")}`);
    return [`Step ${found.steps[k]}, loss`, ...lines].join("\n");
  }

  destroy() {
    this.calm.stop();
  }
}

export default { create: (/** @type {HTMLElement} */ root, /** @type {Board} */ board) => new Curves(root, board) };
