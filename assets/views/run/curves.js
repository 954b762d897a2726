/**
 * Loss and accuracy over epochs, training and test: two plots one above the other with one time axis. Lines are thinned
 * to a few points a pixel; the range of the losses follows with hysteresis, so that the picture is calm.
 *
 * @import { Box, Scale } from "../../kit/axes.js"
 * @import { Board, Frame, Scene, Theme, View } from "../../kit/types.d.ts"
 */
import { boxOf, drawAxes, drawLine, linear, logarithmic, marksAt } from "../../kit/axes.js";
import { stroke } from "../../kit/canvas.js";
import { found, write } from "../../kit/dom.js";
import { number } from "../../kit/numbers.js";

const ROOM = { left: 44, right: 8, top: 8, bottom: 24 };
const BETWEEN = 16; // the two plots
const HEIGHT = 290;
const REGRESSION_HEIGHT = 220;
const LOSS_SHARE = 0.62;
const REDRAW_MS = 40; // lines that creep need no more than 25 pictures a second
const [STEP, EPOCH, TRAIN_LOSS, TEST_LOSS, TRAIN_ACCURACY, TEST_ACCURACY] = [0, 1, 2, 3, 4, 5];
const MOST = 1e30; // what is larger is no loss any more
const KEY = "nnlab.curves";

/** @implements {View} */
class Curves {
  /** @type {Scene | null} */
  sceneNow = null;
  /** @type {Theme | null} */
  colours = null;
  /** @type {number | null} the row under the pointer */
  hover = null;
  last = 0; // when it was drawn
  late = 0;
  changes = -1;
  step = -1;
  high = 1; // of the losses

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    root.innerHTML = TEMPLATE;
    this.root = root;
    this.board = board;
    this.history = board.history;
    this.logLoss = found(root, ".log-loss", HTMLInputElement);
    this.logTime = found(root, ".log-time", HTMLInputElement);
    const last = (sessionStorage.getItem(KEY) ?? "").split(",");
    for (const box of [this.logLoss, this.logTime]) {
      box.checked = last.includes(box.className);
      box.onchange = () => this.pick();
    }
    this.surface = board.canvas(found(root, ".plot"), { height: () => (this.sceneNow?.task === "regression" ? REGRESSION_HEIGHT : HEIGHT) });
    this.hovering();
  }

  /** Remembered for the session. */
  pick() {
    sessionStorage.setItem(KEY, [this.logLoss, this.logTime].filter((box) => box.checked).map((box) => box.className).join(","));
    this.high = 1;
    this.draw();
  }

  /** @param {Theme} theme */
  theme(theme) {
    this.colours = theme;
    this.draw();
  }

  /** @param {Scene} scene */
  scene(scene) {
    this.sceneNow = scene;
    this.resize();
  }

  resize() {
    this.surface.fit();
    this.draw();
  }

  /** @param {Frame} frame */
  frame(frame) {
    if (this.changes === this.history.changes && this.step === frame.step) return;
    clearTimeout(this.late);
    if (frame.playing && performance.now() - this.last < REDRAW_MS) this.late = setTimeout(() => this.draw(), REDRAW_MS); // the last picture before a pause must not be missed
    else this.draw();
  }

  destroy() {
    clearTimeout(this.late);
  }

  draw() {
    const { surface, colours: theme, sceneNow: scene, history, board } = this;
    if (!theme || !scene || !surface.width) return;
    Object.assign(this, { last: performance.now(), changes: history.changes, step: board.frame?.step ?? -1 });
    surface.ctx.clearRect(0, 0, surface.width, surface.height);
    const whole = boxOf(surface, ROOM);
    const x = this.time();
    const accuracy = scene.task !== "regression";
    const losses = accuracy ? { ...whole, bottom: whole.top + Math.round((whole.bottom - whole.top - BETWEEN) * LOSS_SHARE) } : whole;
    const loss = this.losses(losses);
    this.plot(theme, losses, { x, y: loss, marks: this.logLoss.checked ? 5 : 4, title: "Loss", corner: "top", columns: [TEST_LOSS, TRAIN_LOSS] });
    if (accuracy) {
      const shares = { ...whole, top: losses.bottom + BETWEEN };
      const y = this.accuracies(shares);
      const marks = marksAt(y.low ? [0.4, 0.6, 0.8, 1] : [0, 0.5, 1], (v) => `${Math.round(v * 100)}%`);
      this.plot(theme, shares, { x, y, marks, title: "Accuracy", corner: "bottom", columns: [TEST_ACCURACY, TRAIN_ACCURACY] });
    }
    drawAxes(surface, theme, whole, { x: { scale: x, marks: Math.max(2, Math.floor((whole.right - whole.left) / 90)), name: "epochs" } });
    this.cursors(theme, whole, x);
    write(found(this.root, ".now-train"), number(board.frame?.metrics.train_loss, 3));
    write(found(this.root, ".now-test"), number(board.frame?.metrics.test_loss, 3));
  }

  // ---- scales -----------------------------------------------------------------------------------------------------------
  time() {
    const { history } = this;
    const { left, right } = boxOf(this.surface, ROOM);
    const [first, last] = history.length ? [history.at(0, EPOCH), history.at(history.length - 1, EPOCH)] : [0, 0];
    return this.logTime.checked ? logarithmic([1, Math.max(10, last)], [left, right]) : linear([first, Math.max(last, first + 1)], [left, right]);
  }

  /** Range of the losses seen: grows at once, shrinks only when less than half of it is used. @param {Box} box */
  losses({ top, bottom }) {
    const log = this.logLoss.checked;
    let [low, high] = [Infinity, -Infinity];
    for (let i = 0; i < this.history.length; i++) {
      for (const c of [TRAIN_LOSS, TEST_LOSS]) {
        const v = this.history.at(i, c);
        if (v < low && (v > 0 || !log)) low = v;
        if (v > high && v < MOST) high = v;
      }
    }
    if (!(high > -Infinity)) [low, high] = [0, 1];
    if (log) {
      low = 10 ** Math.floor(Math.log10(Math.max(low, 1e-8)) + 1e-9);
      return logarithmic([low, Math.max(low * 10, 10 ** Math.ceil(Math.log10(Math.max(high, 1e-8)) - 1e-9))], [bottom, top]);
    }
    if (high > this.high || high < this.high * 0.5) this.high = roundUp(high * 1.05);
    return linear([0, this.high], [bottom, top]);
  }

  /** @param {Box} box */
  accuracies({ top, bottom }) {
    let low = 1;
    for (let i = 0; i < this.history.length; i++) for (const c of [TRAIN_ACCURACY, TEST_ACCURACY]) if (this.history.at(i, c) < low) low = this.history.at(i, c);
    return linear([low < 0.4 ? 0 : 0.4, 1], [bottom, top]);
  }

  // ---- drawing ----------------------------------------------------------------------------------------------------------
  /** Axis and lines of one plot; its title stands where the lines are not likely to be. @param {Theme} theme @param {Box} box @param {{x: Scale, y: Scale, marks: number | [number, string][], title: string, corner: "top" | "bottom", columns: number[]}} of */
  plot(theme, box, { x, y, marks, title, corner, columns: [test, train] }) {
    const { history, surface } = this;
    drawAxes(surface, theme, box, { y: { scale: y, marks, grid: true }, title, corner });
    for (const [column, colour, dash] of /** @type {[number, string, number[]][]} */ ([[test, theme.test, [6, 3]], [train, theme.train, []]])) {
      const height = (/** @type {number} */ i) => {
        const v = history.at(i, column);
        return v < MOST ? Math.max(box.top, y.at(v)) : NaN;
      };
      drawLine(surface.ctx, history.length, (i) => x.at(history.at(i, EPOCH)), height, { colour, dash, width: 2.2, spacing: 1.5 });
    }
  }

  /** Where the run stands after going back, and the crosshair under the pointer. @param {Theme} theme @param {Box} box @param {Scale} x */
  cursors(theme, { top, bottom }, x) {
    const { history, hover, board, surface: { ctx } } = this;
    const upright = (/** @type {number} */ row, /** @type {string} */ colour, /** @type {number[]} */ dash) => {
      const px = x.at(history.at(row, EPOCH));
      stroke(ctx, [[px, top], [px, bottom]], colour, 1.5, dash);
    };
    const row = history.length ? history.nearest(STEP, board.frame?.step ?? 0) : -1;
    if (row >= 0 && row < history.length - 1) upright(row, theme.primary, []);
    if (hover !== null && hover < history.length) upright(hover, theme.faint, [3, 3]);
  }

  hovering() {
    const { canvas } = this.surface;
    canvas.addEventListener("pointermove", (event) => {
      if (!this.history.length) return;
      this.hover = this.history.nearest(EPOCH, this.time().value(event.offsetX));
      this.draw();
      this.board.tip(event.clientX, event.clientY, this.reading(this.hover));
    });
    canvas.addEventListener("pointerleave", () => {
      this.hover = null;
      this.board.tip(null);
      this.draw();
    });
  }

  /** @param {number} row */
  reading(row) {
    const at = (/** @type {number} */ c) => this.history.at(row, c);
    const lines = [`Epoch ${Number(at(EPOCH).toFixed(2))}, step ${at(STEP)}`, `Loss: training ${number(at(TRAIN_LOSS))}, test ${number(at(TEST_LOSS))}`];
    if (this.sceneNow?.task !== "regression") lines.push(`Accuracy: training ${percent(at(TRAIN_ACCURACY))}, test ${percent(at(TEST_ACCURACY))}`);
    return lines.join("\n");
  }

  alt() {
    const { metrics = {}, epoch = 0 } = this.board.frame ?? {};
    const values = new Map(Object.entries(metrics).filter(([, v]) => v !== null && v !== undefined));
    const known = this.history.columns.filter((name) => values.has(name));
    const words = known.map((name) => `${name.replace("_", " ")} ${number(values.get(name), 3)}`);
    return `Curves over ${number(epoch)} epochs; now ${words.join(", ")}.`;
  }
}

/** @param {number} v */
function roundUp(v) {
  const power = 10 ** Math.floor(Math.log10(Math.max(v, 1e-9)));
  return ([1, 1.5, 2, 3, 4, 5, 6, 8].find((m) => m * power >= v) ?? 10) * power;
}

/** @param {number} v */
const percent = (v) => (Number.isNaN(v) ? "—" : `${(100 * v).toFixed(1)}%`);

const TEMPLATE = `
<div class="tools">
  <span class="entry train"><i></i>Training <b class="now-train"></b></span><span class="entry test"><i></i>Test <b class="now-test"></b></span>
  <span class="choices" role="group" aria-label="Logarithmic axes">Log<label><input type="checkbox" class="log-loss" aria-label="Log loss">loss</label><label><input type="checkbox" class="log-time" aria-label="Log epochs">epochs</label></span>
</div>
<div class="plot"></div>`;

export default {
  needs: [],
  create: (/** @type {HTMLElement} */ root, /** @type {Board} */ board) => new Curves(root, board),
};
