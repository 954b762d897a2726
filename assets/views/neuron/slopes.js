/** The derivative of either loss by z, for a target of 1 and of 0, with every training point where it stands on it. */
import { label, mark } from "../../kit/canvas.js";
import { ticks, tickText } from "../../kit/numbers.js";
import { css, pointColour, rgb } from "../../kit/palette.js";
import { ROWS } from "./losses.js";

const GUTTER = { left: 34, right: 8, top: 8, bottom: 24 };
const HIGH = 1.1;

export class Slopes {
  constructor(root, board) {
    this.surface = board.canvas(root, { height: (w) => Math.max(240, w * 0.72), label: "Derivative of both losses by z with the training points" });
    this.reach = 8;
  }

  draw(state) {
    const { surface } = this;
    const { theme, frame } = state;
    const points = frame?.arrays.sigmoids_points;
    if (!theme || !points || !surface.width) return;
    const { ctx, width, height } = surface;
    ctx.clearRect(0, 0, width, height);
    let most = 4;
    for (let i = 0; i < points.data.length; i += 4) most = Math.max(most, Math.abs(points.data[i]));
    this.reach = Math.min(1e4, 2 ** Math.ceil(Math.log2(most * 1.05)));
    const [right, bottom] = [width - GUTTER.right, height - GUTTER.bottom];
    const x = (z) => GUTTER.left + ((z + this.reach) / (2 * this.reach)) * (right - GUTTER.left);
    const y = (d) => GUTTER.top + ((HIGH - d) / (2 * HIGH)) * (bottom - GUTTER.top);
    this.axes(theme, x, y, right, bottom);
    for (const [k, { colour, dash }] of ROWS.entries()) for (const target of [0, 1]) this.line(x, y, k, target, colour(theme), dash);
    for (let i = 0; i < points.shape[0]; i++) for (const k of [0, 1]) {
      const [z, , target, slope] = points.data.subarray(8 * i + 4 * k, 8 * i + 4 * k + 4);
      mark(ctx, theme.marks[target > 0.5 ? 1 : 0], x(z), y(slope), 4.2);
      ctx.fillStyle = pointColour(theme, target, 2);
      ctx.fill();
      ctx.lineWidth = 1.6;
      ctx.strokeStyle = ROWS[k].colour(theme);
      ctx.stroke();
    }
    ctx.textAlign = "left";
    label(ctx, theme, "target 0", x(this.reach * 0.55), y(0.2), theme.faint);
    label(ctx, theme, "target 1", x(-this.reach * 0.95), y(-0.2), theme.faint);
  }

  line(x, y, k, target, colour, dash) {
    const { ctx } = this.surface;
    ctx.beginPath();
    for (let i = 0; i <= 240; i++) {
      const z = -this.reach + (2 * this.reach * i) / 240;
      const a = 1 / (1 + Math.exp(-z));
      ctx.lineTo(x(z), y(k ? a - target : 2 * (a - target) * a * (1 - a)));
    }
    ctx.setLineDash(dash);
    ctx.lineWidth = 2;
    ctx.strokeStyle = css(rgb(colour), 0.7);
    ctx.stroke();
    ctx.setLineDash([]);
  }

  axes(theme, x, y, right, bottom) {
    const { ctx } = this.surface;
    ctx.lineWidth = 1;
    ctx.strokeStyle = theme.border;
    ctx.strokeRect(GUTTER.left - 0.5, GUTTER.top - 0.5, right - GUTTER.left + 1, bottom - GUTTER.top + 1);
    ctx.beginPath();
    ctx.moveTo(GUTTER.left, y(0));
    ctx.lineTo(right, y(0));
    ctx.moveTo(x(0), GUTTER.top);
    ctx.lineTo(x(0), bottom);
    ctx.stroke();
    ctx.font = `12px ${theme.font}`;
    ctx.fillStyle = theme.faint;
    ctx.textAlign = "right";
    ctx.textBaseline = "middle";
    for (const v of [-1, -0.5, 0, 0.5, 1]) ctx.fillText(tickText(v), GUTTER.left - 5, y(v));
    ctx.textAlign = "center";
    ctx.textBaseline = "top";
    for (const v of ticks(-this.reach, this.reach, 5)) if (x(v) < right - 16) ctx.fillText(tickText(v), x(v), bottom + 5);
    ctx.fillStyle = theme.text;
    ctx.textAlign = "right";
    ctx.fillText("z", right, bottom + 5);
  }
}
