/**
 * The run's curves in the browser: rows of step, epoch and the run's metrics, thinned as they grow.
 *
 * @import { Curves, Frame, Values } from "../kit/types.d.ts"
 */

const MOST = 3000;
const FIRST = ["step", "epoch"];

/** @implements {Curves} */
export class History {
  constructor() {
    this.columns = FIRST;
    this.width = FIRST.length;
    this.rows = new Float64Array(MOST * this.width);
    this.length = 0;
    this.changes = 0; // rises with every change, so that a view can see whether it must redraw
    this.stride = 1;
    this._skipped = 0;
    /** @type {number | null} which course of the run it is; null before the first frame after a scene, which brings all of it */
    this._course = null;
  }

  /** @param {string[]} metrics their names, in order @param {Values} [data] (n, 2 + metrics), as in a scene */
  load(metrics, data = new Float32Array(0)) {
    this.columns = [...FIRST, ...metrics];
    this.width = this.columns.length;
    if (this.rows.length !== MOST * this.width) this.rows = new Float64Array(MOST * this.width);
    const n = data.length / this.width;
    const every = Math.ceil(Math.max(1, n / (MOST / 2)));
    this.length = 0;
    this.stride = 1;
    this._course = null;
    for (let i = 0; i < n; i++) if (i % every === 0 || i === n - 1) this._push(data, i * this.width);
    this.changes += 1;
  }

  /** Where a metric stands in a row; -1 where the run has none of that name. @param {string} name */
  column(name) {
    return this.columns.indexOf(name);
  }

  /** Takes a frame: appends what was measured since the last one and now, or cuts what lies beyond the run's timeline. @param {Frame} frame */
  take(frame) {
    if (frame.restarted) this.clear();
    const [course, left] = frame.course ?? [0, 0];
    if (this._course !== null && course !== this._course) this.cut(course === this._course + 1 ? left : -1); // of several only the last is told
    this._course = course;
    this.cut(Math.max(frame.span?.[1] ?? frame.step, frame.step));
    const rows = frame.curve ?? [];
    for (let i = 0; i < rows.length; i += this.width) this._append(rows, i);
    const m = frame.metrics ?? {};
    if (frame.stale || !this.columns.some((name) => m[name] !== undefined)) return;
    const row = this.columns.map((name) => m[name] ?? NaN);
    row[0] = frame.step;
    row[1] = frame.batches ? frame.epoch + (frame.batch ?? 0) / frame.batches : frame.epoch;
    this._append(row, 0);
  }

  clear() {
    this.length = 0;
    this.stride = 1;
    this._skipped = 0;
    this.changes += 1;
  }

  /** Forgets what lies after `step`. @param {number} step */
  cut(step) {
    while (this.length && this.at(this.length - 1, 0) > step) {
      this.length -= 1;
      this.changes += 1;
    }
  }

  /** @param {number} row @param {number} column */
  at(row, column) {
    return this.rows[row * this.width + column];
  }

  /** The row nearest to `value` in a rising column, or -1. @param {number} column @param {number} value */
  nearest(column, value) {
    if (!this.length) return -1;
    let low = 0;
    let high = this.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.at(middle, column) <= value) low = middle;
      else high = middle;
    }
    return Math.abs(this.at(low, column) - value) <= Math.abs(this.at(high, column) - value) ? low : high;
  }

  /** @param {ArrayLike<number>} from @param {number} offset */
  _append(from, offset) {
    if (this.length && from[offset] <= this.at(this.length - 1, 0)) return;
    if (this.length > 1 && this._skipped++ % this.stride) this.length -= 1; // the newest row stands in until its turn
    this._push(from, offset);
    if (this.length === MOST) this._thin();
    this.changes += 1;
  }

  /** @param {ArrayLike<number>} from @param {number} offset */
  _push(from, offset) {
    for (let c = 0; c < this.width; c++) this.rows[this.length * this.width + c] = from[offset + c];
    this.length += 1;
  }

  _thin() {
    let n = 0;
    for (let i = 0; i < this.length; i += i === this.length - 2 ? 1 : 2, n++) {
      this.rows.copyWithin(n * this.width, i * this.width, (i + 1) * this.width);
    }
    this.length = n;
    this.stride *= 2;
    this._skipped = 0;
  }
}
