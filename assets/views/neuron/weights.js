/**
 * Weight space: the plane of (w1, w2) at the present bias, where each point is a half-plane and all of them leave a cone.
 *
 * @import { Board, Frame, Scene, Theme, Values } from "../../kit/types.d.ts"
 * @typedef {{scene: Scene, frame: Frame, theme: Theme, lead: number, hover: number, margin: boolean}} Now `hover`: the point that is
 *   pointed at, or -1; `margin`: whether the widest margin is drawn
 */
import { arrow, label, stroke } from "../../kit/canvas.js";
import { found, write } from "../../kit/dom.js";
import { number } from "../../kit/numbers.js";
import { css, rgb } from "../../kit/palette.js";
import { LONG_NUMBERS, Square } from "../../kit/square.js";
import { chord, clip, reach, square } from "./geometry.js";
import { lastSeen, weightsOf } from "./rules.js";

export class WeightSpace extends Square {
  range = 0;
  /** @type {number[] | null} weights in the hand */
  drag = null;
  raf = 0;
  told = ""; // what the picture shows, in words

  /** @param {HTMLElement} root @param {Board} board @param {() => Now | null} now what there is to draw */
  constructor(root, board, now) {
    root.innerHTML = `<div class="tools"><span class="label">Drag the arrow’s head to set w</span></div><div class="plot"></div><p class="note"></p>`;
    super(found(root, ".plot"), board, "Weight space: the path of w into the cone of correct weights");
    this.now = now;
    this.room = { ...this.room, left: LONG_NUMBERS };
    this.fit();
    this.note = found(root, ".note");
    this.surface.canvas.style.cursor = "crosshair";
    this.dragging({
      start: (at) => {
        const here = now();
        if (!here || !this.range) return false;
        this.drag = here.frame.arrays.perceptron_lines ? Array.from(linesOf(here)) : null;
        if (this.drag) this.pull(this.within(at));
        return this.drag !== null;
      },
      move: (at) => this.pull(this.within(at)),
      end: () => {
        if (this.raf) {
          cancelAnimationFrame(this.raf);
          this.send();
        }
        this.drag = null;
        board.changed();
      },
    });
  }

  /** @param {number[]} weights */
  pull([w1, w2]) {
    if (!this.drag) return;
    [this.drag[0], this.drag[1]] = [w1, w2];
    this.draw();
    if (!this.raf) this.raf = requestAnimationFrame(() => this.send());
  }

  send() {
    this.raf = 0;
    for (const index of [0, 1]) this.board.send("edit", { index, value: this.drag?.[index] });
  }

  draw() {
    const now = this.now();
    if (now?.frame.arrays.perceptron_lines?.shape[1] !== 3 || !this.surface.width) return;
    const w = this.drag ?? linesOf(now);
    const walk = path(now);
    let most = Math.max(Math.abs(w[0]), Math.abs(w[1]), 1e-3);
    for (const [x, y] of walk) most = Math.max(most, Math.abs(x), Math.abs(y));
    if (!this.drag && most < 1e9) this.range = reach(this.range, most * 1.25);
    this.span([-this.range, this.range], [-this.range, this.range]);
    this.frame(now.theme, { names: ["w₁", "w₂"], zero: true, marks: [4, 4] });
    let cone = 0;
    this.clipped(() => {
      cone = this.halves(now, w[2]);
      this.walk(now, walk, w);
    });
    const slice = now.scene.experiment.model.bias === false ? "" : ` This is the slice at b = ${number(w[2], 3)}.`;
    const zero = w.every((v) => v === 0) ? "w = 0: every point lies on the line, so the loss is 0 and no point is right yet. " : "";
    this.told = zero + (cone > 2 ? "Green: every w that gets all points right." : "No w shown here gets all points right.") + slice;
  }

  write() {
    write(this.note, this.told);
  }

  /** Every training point's forbidden half-plane in its class's colour, one over the other; what is left is the cone. @param {Now} now @param {number} b */
  halves({ scene, frame, theme, hover }, b) {
    const { points } = scene;
    const all = square(-this.range, this.range);
    let cone = all;
    const n = Math.max(1, points.length / 4);
    const bold = hover >= 0 ? hover : lastSeen(frame, scene);
    for (let i = 0; i < points.length / 4; i++) {
      const [x, y, c, test] = points.subarray(4 * i, 4 * i + 4);
      if (test) continue;
      const t = c > 0.5 ? 1 : -1;
      const colour = rgb(c > 0.5 ? theme.positive : theme.negative);
      this.fill(clip(all, -t * x, -t * y, -t * b), css(colour, Math.max(0.015, Math.min(0.12, 0.8 / n))));
      if (cone.length) cone = clip(cone, t * x, t * y, t * b);
      const ends = chord(x, y, b, -this.range, this.range);
      if (ends) this.line(ends, css(colour, i === bold ? 1 : 0.4), i === bold ? 3 : 1);
    }
    if (cone.length > 2 && n > 1) {
      this.fill(cone, css(rgb(theme.background)));
      this.fill(cone, css(rgb(theme.good), theme.dark ? 0.5 : 0.35));
      this.line([...cone, cone[0]], theme.good, 2);
    }
    return cone.length;
  }

  /** @param {number[][]} polygon @param {string} colour */
  fill(polygon, colour) {
    const { ctx } = this.surface;
    if (polygon.length < 3) return;
    ctx.beginPath();
    for (const [x, y] of polygon) ctx.lineTo(this.x(x), this.y(y));
    ctx.fillStyle = colour;
    ctx.fill();
  }

  /** @param {number[][]} places @param {string} colour @param {number} width @param {number[]} [dash] */
  line(places, colour, width, dash) {
    stroke(this.surface.ctx, places.map(([x, y]) => [this.x(x), this.y(y)]), colour, width, dash);
  }

  /** @param {Now} now @param {number[][]} walk @param {ArrayLike<number>} w */
  walk({ frame, theme, margin }, walk, w) {
    const { ctx } = this.surface;
    if (walk.length > 1) this.line(walk, css(rgb(theme.text), 0.55), 1.6);
    ctx.fillStyle = theme.text;
    for (const [x, y] of walk.length < 80 ? walk : []) {
      ctx.beginPath();
      ctx.arc(this.x(x), this.y(y), 2.4, 0, 2 * Math.PI);
      ctx.fill();
    }
    const best = margin ? weightsOf(frame, 4) : null;
    const far = best ? (0.8 * this.range) / Math.hypot(best[0], best[1]) : 0;
    if (best) this.line([[0, 0], [best[0] * far, best[1] * far]], theme.faint, 2, [2, 3]);
    ctx.strokeStyle = ctx.fillStyle = theme.primary;
    arrow(ctx, this.x(0), this.y(0), this.x(w[0]), this.y(w[1]), 3);
    label(ctx, theme, "w", this.x(w[0]) + 7, this.y(w[1]) - 7, theme.primary);
  }
}

/** Weights of the run's own line. @param {Now} now @returns {Values} */
const linesOf = ({ frame, lead }) => frame.arrays.perceptron_lines.data.subarray(3 * lead, 3 * lead + 3);

/** Where the run's own neuron has been: (w1, w2) in order. @param {Now} now */
function path({ frame, lead }) {
  const trace = frame.arrays.neuron_trace;
  if (!trace) return [];
  const [rows, width] = trace.shape;
  const k = (width - 1) / 3;
  return Array.from({ length: rows }, (_, i) => [trace.data[i * width + 1 + lead * k], trace.data[i * width + 2 + lead * k]]);
}
