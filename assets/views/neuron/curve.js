/**
 * Losses over steps or examples on a logarithmic axis, small enough to stand beside the picture they belong to.
 *
 * @import { Board, Theme } from "../../kit/types.d.ts"
 */
import { boxOf, drawAxes, drawLine, linear, logarithmic } from "../../kit/axes.js";

const ROOM = { left: 40, right: 8, top: 6, bottom: 20 };
const FLOOR = 1e-8; // rounding, not loss

export class Curve {
  /** @param {HTMLElement} root @param {Board} board @param {{height: number, across: string}} options */
  constructor(root, board, { height, across }) {
    this.surface = board.canvas(root, { height, label: `Loss over ${across}` });
    this.across = across;
  }

  /** @param {Theme} theme @param {{line: number[][], colour: string, dash?: number[]}[]} lines each `line` [[x, loss]…] */
  draw(theme, lines) {
    const { surface } = this;
    if (!surface.width) return;
    surface.ctx.clearRect(0, 0, surface.width, surface.height);
    let [low, high, last] = [Infinity, -Infinity, 1];
    for (const [x, v] of lines.flatMap(({ line }) => line)) {
      if (!Number.isFinite(v) || v > 1e30) continue;
      [low, high, last] = [Math.min(low, Math.max(v, FLOOR)), Math.max(high, v), Math.max(last, x)];
    }
    if (!(high > low)) [low, high] = [Math.max(FLOOR, (high || 1) / 10), high > 0 ? high * 1.01 : 1];
    const box = boxOf(surface, ROOM);
    const x = linear([0, last], [box.left, box.right]);
    const y = logarithmic([Math.max(low, high * 1e-7), high], [box.bottom, box.top]);
    drawAxes(surface, theme, box, { x: { scale: x, marks: 3, name: this.across }, y: { scale: y, marks: 4, grid: true } });
    for (const { line, colour, dash } of lines) {
      drawLine(surface.ctx, line.length, (i) => x.at(line[i][0]), (i) => (Number.isFinite(line[i][1]) ? Math.max(box.top, y.at(line[i][1])) : NaN), { colour, dash });
    }
  }
}
