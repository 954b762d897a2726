/**
 * The derivative of either loss by z, for a target of 1 and of 0, with every training point where it stands on it.
 *
 * @import { Scale } from "../../kit/axes.js"
 * @import { Board, Named, Theme } from "../../kit/types.d.ts"
 */
import { boxOf, drawAxes, drawLine, linear } from "../../kit/axes.js";
import { label, mark } from "../../kit/canvas.js";
import { css, pointColour, rgb } from "../../kit/palette.js";
import { ROWS } from "./losses.js";

const ROOM = { left: 34, right: 8, top: 8, bottom: 24 };
const HIGH = 1.1;
const PIECES = 240; // of a curve

export class Slopes {
  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    this.surface = board.canvas(root, { height: (w) => Math.max(240, w * 0.72), label: "Derivative of both losses by z with the training points" });
  }

  /** @param {Theme} theme @param {Named | undefined} points */
  draw(theme, points) {
    const { surface } = this;
    const { ctx, width, height } = surface;
    if (!points || !width) return;
    ctx.clearRect(0, 0, width, height);
    let most = 4;
    for (let i = 0; i < points.data.length; i += 4) most = Math.max(most, Math.abs(points.data[i]));
    const reach = Math.min(1e4, 2 ** Math.ceil(Math.log2(most * 1.05)));
    const box = boxOf(surface, ROOM);
    const x = linear([-reach, reach], [box.left, box.right]);
    const y = linear([-HIGH, HIGH], [box.bottom, box.top]);
    drawAxes(surface, theme, box, { x: { scale: x, name: "z", zero: true }, y: { scale: y, zero: true }, frame: true });
    for (const k of [0, 1]) for (const target of [0, 1]) drawSlope(ctx, { x, y }, { k, target, colour: css(rgb(ROWS[k].colour(theme)), 0.7) });
    for (let i = 0; i < 2 * points.shape[0]; i++) {
      const [z, , target, slope] = points.data.subarray(4 * i, 4 * i + 4);
      mark(ctx, theme.marks[target > 0.5 ? 1 : 0], x.at(z), y.at(slope), 4.2);
      ctx.fillStyle = pointColour(theme, target, 2);
      ctx.fill();
      ctx.lineWidth = 1.6;
      ctx.strokeStyle = ROWS[i % 2].colour(theme);
      ctx.stroke();
    }
    ctx.textAlign = "left";
    ctx.textBaseline = "top";
    label(ctx, theme, "target 0", x.at(reach * 0.55), y.at(0.2), theme.faint);
    label(ctx, theme, "target 1", x.at(-reach * 0.95), y.at(-0.2), theme.faint);
  }
}

/** @param {CanvasRenderingContext2D} ctx @param {{x: Scale, y: Scale}} plot @param {{k: number, target: number, colour: string}} of row `k` of the losses */
function drawSlope(ctx, { x, y }, { k, target, colour }) {
  const z = (/** @type {number} */ i) => x.low + ((x.high - x.low) * i) / PIECES;
  const slope = (/** @type {number} */ i) => {
    const a = 1 / (1 + Math.exp(-z(i)));
    return k ? a - target : 2 * (a - target) * a * (1 - a);
  };
  drawLine(ctx, PIECES + 1, (i) => x.at(z(i)), (i) => y.at(slope(i)), { colour, dash: ROWS[k].dash, spacing: 0 });
}
