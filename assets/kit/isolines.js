/** Lines of equal height through a grid, by marching squares. */

/**
 * The lines of one level into the open path of `ctx`.
 * @param {CanvasRenderingContext2D} ctx @param {{values: ArrayLike<number>, columns: number, rows: number}} grid row 0 lowest; NaN where there is nothing
 * @param {(low: number, high: number) => Iterable<number>} levels those of a cell between its lowest and highest corner
 * @param {{width: number, height: number}} size in pixels
 */
export function isolines(ctx, { values, columns, rows }, levels, { width, height }) {
  const [sx, sy] = [width / (columns - 1), height / (rows - 1)];
  for (let r = 0; r < rows - 1; r++) {
    for (let c = 0; c < columns - 1; c++) {
      const k = r * columns + c;
      const corners = [values[k], values[k + 1], values[k + columns + 1], values[k + columns]]; // round the cell
      const [low, high] = [Math.min(...corners), Math.max(...corners)];
      if (!(high > low)) continue;
      for (const level of levels(low, high)) {
        const cuts = cutsOf(corners, level);
        for (let i = 0; i + 1 < cuts.length; i += 2) {
          ctx.moveTo((c + cuts[i][0]) * sx, height - (r + cuts[i][1]) * sy);
          ctx.lineTo((c + cuts[i + 1][0]) * sx, height - (r + cuts[i + 1][1]) * sy);
        }
      }
    }
  }
}

const CORNERS = [[0, 0], [1, 0], [1, 1], [0, 1]];

/** Where a level crosses the sides of a cell, from side to side. @param {number[]} heights @param {number} level @returns {[number, number][]} */
function cutsOf(heights, level) {
  /** @type {[number, number][]} */
  const cuts = [];
  for (let i = 0; i < 4; i++) {
    const [p, q] = [heights[i], heights[(i + 1) % 4]];
    if (p < level === q < level) continue;
    const t = (level - p) / (q - p);
    const [[x0, y0], [x1, y1]] = [CORNERS[i], CORNERS[(i + 1) % 4]];
    cuts.push([x0 + t * (x1 - x0), y0 + t * (y1 - y0)]);
  }
  return cuts;
}
