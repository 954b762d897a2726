// Height above the lowest minimum, and distance to the nearest one, step by step; both on logarithmic axes.
import { mark } from "../../kit/canvas.js";
import { decades, short, ticks, tickText } from "../../kit/numbers.js";
import { looks } from "../../kit/racers.js";
import { floorOf } from "./columns.js";

const HEIGHT = 380;
const GUTTER = { left: 48, right: 12, top: 22, bottom: 22, between: 34 };
const LEAST = 1e-12; // what is lower is drawn at the bottom: rounding, not descent
const REDRAW_MS = 60; // lines that creep need no more than sixteen pictures a second
const MARK = 1e-3; // within which an optimiser has arrived

class Curves {
  constructor(root, board) {
    Object.assign(this, { root, board, hover: null, last: 0, late: 0 });
    this.stage = board.canvas(root, { height: HEIGHT, label: "Loss and distance of every optimiser over steps" });
    const { canvas } = this.stage;
    canvas.addEventListener("pointermove", (event) => {
      this.hover = event.offsetX;
      this.draw();
      this.board.tip(event.clientX, event.clientY, this.reading());
    });
    canvas.addEventListener("pointerleave", () => {
      this.hover = null;
      this.board.tip(null);
      this.draw();
    });
  }

  theme(theme) {
    this.colours = theme;
    if (this.sceneNow) this.looks = looks(this.sceneNow, theme);
  }

  scene(scene) {
    this.sceneNow = scene;
    this.looks = looks(scene, this.colours);
    this.minima = scene.facts.surface?.minima ?? [];
    this.floor = scene.facts.surface ? floorOf(scene) : 0;
  }

  resize() {
    this.stage.fit();
    this.board.redraw(this);
  }

  frame(frame) {
    clearTimeout(this.late);
    if (frame.playing && performance.now() - this.last < REDRAW_MS) this.late = setTimeout(() => this.draw(), REDRAW_MS);
    else this.draw();
  }

  /** [plot][racer] -> values at the steps of the trail. */
  values() {
    const { race_trail: trail, race_steps: steps } = this.board.frame?.arrays ?? {};
    if (!trail || trail.shape[1] !== this.looks.length) return null;
    const [n, racers] = trail.shape;
    let floor = this.floor;
    if (!Number.isFinite(floor)) for (let k = 2; k < trail.data.length; k += 3) floor = Math.min(floor, trail.data[k]);
    const loss = this.looks.map(() => new Float64Array(n));
    const distance = this.looks.map(() => new Float64Array(n));
    for (let k = 0; k < n; k++) {
      for (let i = 0; i < racers; i++) {
        const at = (k * racers + i) * 3;
        loss[i][k] = Math.max(LEAST, trail.data[at + 2] - floor);
        let near = Infinity;
        for (const m of this.minima) near = Math.min(near, Math.hypot(trail.data[at] - m[0], trail.data[at + 1] - m[1]));
        distance[i][k] = Math.max(LEAST, near);
      }
    }
    return { steps: steps.data, plots: this.minima.length ? [loss, distance] : [loss] };
  }

  draw() {
    const { stage, colours: theme } = this;
    if (!theme || !stage.width || !this.looks) return;
    this.last = performance.now();
    stage.ctx.clearRect(0, 0, stage.width, stage.height);
    const found = this.values();
    if (!found) return;
    this.found = found;
    const span = stage.width - GUTTER.left - GUTTER.right;
    const most = Math.max(20, found.steps[found.steps.length - 1]);
    this.x = { at: (step) => GUTTER.left + (span * step) / most, step: (px) => ((px - GUTTER.left) / span) * most, most, span };
    const two = found.plots.length === 2;
    const inner = (stage.height - GUTTER.top - GUTTER.bottom - (two ? GUTTER.between : 0)) / (two ? 2 : 1);
    found.plots.forEach((lines, p) => this.plot(lines, GUTTER.top + p * (inner + GUTTER.between), inner, p ? "Distance to the nearest minimum" : "Loss above the lowest minimum"));
    this.timeTicks();
  }

  plot(lines, top, height, title) {
    const { ctx } = this.stage;
    const { colours: theme, x } = this;
    let [low, high] = [Infinity, 0];
    for (const line of lines) for (const v of line) if (v < 1e30) [low, high] = [Math.min(low, v), Math.max(high, v)];
    if (!(high > 0)) return;
    low = 10 ** Math.floor(Math.log10(Math.min(low, high / 10)));
    high = 10 ** Math.ceil(Math.log10(high) - 0.05);
    const k = height / Math.log(high / low);
    const at = (v) => Math.min(top + height, Math.max(top - 4, top + height - k * Math.log(v / low)));
    ctx.font = `12px ${theme.font}`;
    ctx.textBaseline = "middle";
    ctx.textAlign = "right";
    ctx.strokeStyle = theme.border;
    ctx.fillStyle = theme.faint;
    ctx.lineWidth = 1;
    ctx.beginPath();
    for (const v of decades(low, high, 6)) {
      const py = Math.round(at(v)) + 0.5;
      ctx.moveTo(x.at(0), py);
      ctx.lineTo(x.at(x.most), py);
      ctx.fillText(tickText(v), GUTTER.left - 6, py);
    }
    ctx.stroke();
    if (title.startsWith("Distance") && MARK > low && MARK < high) this.level(at(MARK));
    lines.forEach((line, i) => this.line(line, at, this.looks[i]));
    ctx.fillStyle = theme.text;
    ctx.font = `600 12px ${theme.font}`;
    ctx.textAlign = "left";
    ctx.textBaseline = "bottom";
    ctx.fillText(title, GUTTER.left, top - 5);
  }

  /** Where an optimiser counts as arrived. */
  level(y) {
    const { ctx } = this.stage;
    ctx.strokeStyle = this.colours.good;
    ctx.setLineDash([6, 4]);
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    ctx.moveTo(this.x.at(0), y);
    ctx.lineTo(this.x.at(this.x.most), y);
    ctx.stroke();
    ctx.setLineDash([]);
  }

  line(line, at, look) {
    const { ctx } = this.stage;
    const { steps } = this.found;
    ctx.strokeStyle = look.colour;
    ctx.lineWidth = 2.2;
    ctx.lineJoin = "round";
    ctx.setLineDash(look.dash);
    ctx.beginPath();
    let lastX = -10;
    for (let k = 0; k < steps.length; k++) {
      const px = this.x.at(steps[k]);
      if (k < steps.length - 1 && px - lastX < 0.7) continue;
      ctx.lineTo(px, at(line[k]));
      lastX = px;
    }
    ctx.stroke();
    ctx.setLineDash([]);
    const end = steps.length - 1;
    ctx.fillStyle = look.colour;
    mark(ctx, look.shape, Math.min(this.x.at(steps[end]), this.stage.width - 6), at(line[end]), 4.5);
    ctx.fill();
  }

  timeTicks() {
    const { ctx, height } = this.stage;
    ctx.font = `12px ${this.colours.font}`;
    ctx.textAlign = "center";
    ctx.textBaseline = "bottom";
    ctx.fillStyle = this.colours.faint;
    for (const v of ticks(0, this.x.most, Math.max(2, Math.floor(this.x.span / 90)))) if (this.x.at(v) < this.x.at(this.x.most) - 44) ctx.fillText(tickText(v), this.x.at(v), height - 2);
    ctx.textAlign = "right";
    ctx.fillStyle = this.colours.text;
    ctx.fillText("steps", this.x.at(this.x.most), height - 2);
    if (this.hover === null) return;
    ctx.strokeStyle = this.colours.faint;
    ctx.lineWidth = 1;
    ctx.beginPath();
    ctx.moveTo(this.x.at(this.found.steps[this.nearest()]), GUTTER.top);
    ctx.lineTo(this.x.at(this.found.steps[this.nearest()]), height - GUTTER.bottom);
    ctx.stroke();
  }

  nearest() {
    const wanted = this.x.step(this.hover);
    let best = 0;
    this.found.steps.forEach((step, k) => {
      if (Math.abs(step - wanted) < Math.abs(this.found.steps[best] - wanted)) best = k;
    });
    return best;
  }

  reading() {
    if (!this.found || this.hover === null) return "";
    const k = this.nearest();
    const lines = this.looks.map((look, i) => `${look.label}: ${this.found.plots.map((plot) => short(plot[i][k])).join(", at distance ")}`);
    return [`Step ${this.found.steps[k]}, loss`, ...lines].join("\n");
  }

  destroy() {
    clearTimeout(this.late);
  }
}

export default {
  needs: ["race"],
  create: (root, board) => new Curves(root, board),
};
