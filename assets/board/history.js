/**
 * The run's curves in the browser: rows of (step, epoch, train and test loss, train and test accuracy), thinned as they grow.
 *
 * @import { Curves, Frame, Values } from "../kit/types.d.ts"
 */

const MOST = 3000;
const COLUMNS = ["step", "epoch", "train_loss", "test_loss", "train_accuracy", "test_accuracy"];
const WIDTH = COLUMNS.length;

/** @implements {Curves} */
export class History {
  constructor() {
    this.columns = COLUMNS;
    this.rows = new Float64Array(MOST * WIDTH);
    this.length = 0;
    this.changes = 0; // rises with every change, so that a view can see whether it must redraw
    this.stride = 1;
    this._skipped = 0;
  }

  /** @param {Values} [data] (n, 6), as in a scene */
  load(data = new Float32Array(0)) {
    const n = data.length / WIDTH;
    const every = Math.ceil(Math.max(1, n / (MOST / 2)));
    this.length = 0;
    this.stride = 1;
    for (let i = 0; i < n; i++) if (i % every === 0 || i === n - 1) this._push(data, i * WIDTH);
    this.changes += 1;
  }

  /** Takes a frame: appends what was measured since the last one and now, or cuts what lies beyond the run's timeline. @param {Frame} frame */
  take(frame) {
    if (frame.restarted) this.clear();
    this.cut(Math.max(frame.span?.[1] ?? frame.step, frame.step));
    const rows = frame.curve ?? [];
    for (let i = 0; i < rows.length; i += WIDTH) this._append(rows, i);
    const m = frame.metrics ?? {};
    if (m.train_loss === undefined) return;
    const row = [frame.step, frame.epoch, m.train_loss, m.test_loss, m.train_accuracy, m.test_accuracy].map((v) => v ?? NaN);
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
    return this.rows[row * WIDTH + column];
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
    for (let c = 0; c < WIDTH; c++) this.rows[this.length * WIDTH + c] = from[offset + c];
    this.length += 1;
  }

  _thin() {
    let n = 0;
    for (let i = 0; i < this.length; i += i === this.length - 2 ? 1 : 2, n++) {
      this.rows.copyWithin(n * WIDTH, i * WIDTH, (i + 1) * WIDTH);
    }
    this.length = n;
    this.stride *= 2;
    this._skipped = 0;
  }
}
