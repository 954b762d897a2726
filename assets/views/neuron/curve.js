/** Losses over steps or examples on a logarithmic axis, small enough to stand beside the picture they belong to. */
import { decades, number, ticks, tickText } from "../../kit/numbers.js";

const GUTTER = { left: 40, right: 8, top: 6, bottom: 20 };
const FLOOR = 1e-8; // rounding, not loss

export class Curve {
  constructor(root, board, { height, across }) {
    this.surface = board.canvas(root, { height, label: `Loss over ${across}` });
    this.across = across;
  }

  /** `lines`: [{line: [[x, loss]…], colour, dash?, marks?}]; `now`: where the run stands. */
  draw(theme, lines, { now = null, log = true } = {}) {
    const { surface } = this;
    if (!surface.width) return;
    const { ctx, width, height } = surface;
    ctx.clearRect(0, 0, width, height);
    let [low, high, last] = [Infinity, -Infinity, 1];
    for (const { line } of lines) for (const [x, v] of line) {
      if (!Number.isFinite(v) || v > 1e30) continue;
      [low, high, last] = [Math.min(low, Math.max(v, FLOOR)), Math.max(high, v), Math.max(last, x)];
    }
    if (!(high > low)) [low, high] = [Math.max(FLOOR, (high || 1) / 10), high > 0 ? high * 1.01 : 1];
    if (log) low = Math.max(low, high * 1e-7);
    const right = width - GUTTER.right;
    const bottom = height - GUTTER.bottom;
    const x = (v) => GUTTER.left + (v / last) * (right - GUTTER.left);
    const share = (v) => (log ? Math.log(Math.max(v, low) / low) / Math.log(high / low) : v / high);
    const y = (v) => bottom - Math.min(1, share(v)) * (bottom - GUTTER.top);
    this.axes(theme, { x, y, right, bottom, low, high, last, log });
    for (const { line, colour, dash = [], marks = false } of lines) {
      ctx.beginPath();
      let pen = -9;
      for (const [i, [at, v]] of line.entries()) {
        if (!Number.isFinite(v)) continue;
        const px = x(at);
        if (px - pen < 0.6 && i < line.length - 1) continue;
        pen = px;
        ctx.lineTo(px, y(v));
      }
      ctx.setLineDash(dash);
      ctx.lineWidth = 2;
      ctx.lineJoin = "round";
      ctx.strokeStyle = ctx.fillStyle = colour;
      ctx.stroke();
      ctx.setLineDash([]);
      if (marks) for (const [at, v] of line) {
        ctx.beginPath();
        ctx.arc(x(at), y(v), 2.6, 0, 2 * Math.PI);
        ctx.fill();
      }
    }
    if (now !== null && now < last - 0.5) {
      ctx.beginPath();
      ctx.moveTo(x(now), GUTTER.top);
      ctx.lineTo(x(now), bottom);
      ctx.lineWidth = 1.5;
      ctx.strokeStyle = theme.primary;
      ctx.stroke();
    }
  }

  axes(theme, { x, y, right, bottom, low, high, last, log }) {
    const { ctx } = this.surface;
    ctx.font = `12px ${theme.font}`;
    ctx.strokeStyle = theme.border;
    ctx.fillStyle = theme.faint;
    ctx.lineWidth = 1;
    ctx.textAlign = "right";
    ctx.textBaseline = "middle";
    const up = log ? decades(low, high, 4) : ticks(0, high, 4);
    ctx.beginPath();
    for (const v of up.length ? up : [high]) {
      const py = Math.round(y(v)) + 0.5;
      ctx.moveTo(GUTTER.left, py);
      ctx.lineTo(right, py);
      ctx.fillText(v >= 1e5 || v < 1e-3 ? number(v, 3) : tickText(v), GUTTER.left - 5, py);
    }
    ctx.stroke();
    ctx.textBaseline = "top";
    ctx.textAlign = "center";
    for (const v of ticks(0, last, 3)) if (x(v) < right - 60) ctx.fillText(tickText(v), x(v), bottom + 4);
    ctx.textAlign = "right";
    ctx.fillStyle = theme.text;
    ctx.fillText(this.across, right, bottom + 4);
  }
}
