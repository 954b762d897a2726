/**
 * The run's metrics over time: a plot for each kind of metric, one above the other with one time axis. A range follows with
 * hysteresis, so that the picture is calm.
 *
 * @import { Axis, Box, Scale } from "../../kit/axes.js"
 * @import { Board, Frame, Metric, Scene, Theme, View } from "../../kit/types.d.ts"
 * @import { Kind as Alike } from "../../kit/metrics.js"
 * @typedef {Metric & {column: number}} Line a metric and where it stands in a row of the history
 * @typedef {Omit<Alike, "lines"> & {lines: Line[]}} Kind what shares a plot
 */
import { boxOf, drawAxes, drawLine, drawTitle, linear, logarithmic, marksAt } from "../../kit/axes.js";
import { Calm } from "../../kit/calm.js";
import { placeOn, stroke } from "../../kit/canvas.js";
import { remember, remembered } from "../../kit/choices.js";
import { found, make, write } from "../../kit/dom.js";
import { keyColour, kindsOf, nameOf } from "../../kit/metrics.js";
import { number } from "../../kit/numbers.js";
import { classColour } from "../../kit/palette.js";

const ROOM = { left: 44, right: 8, top: 8, bottom: 24 };
const BETWEEN = 16; // two plots
const HEIGHT = 220; // of one plot; each further one adds to it
const FURTHER = 70;
const FIRST_SHARE = 0.62; // of two plots; the first stands for what is minimised
const REDRAW_MS = 40; // lines that creep need no more than 25 pictures a second
const MOST = 1e30; // a loss beyond it is on its way to infinity
const KEYED = [[], [9, 4], [4, 3], [1.5, 3]]; // of lines that are told apart by a key
const DASHES = { train: [], test: [6, 3], "": [] };
const KEY = "view.curves";
const USUAL = { height: false, time: false }; // logarithmic

/** @implements {View} */
class Curves {
  /** @type {Scene | null} */
  sceneNow = null;
  /** @type {Theme | null} */
  colours = null;
  /** @type {Kind[]} */
  kinds = [];
  /** @type {Record<string, [low: number, high: number]>} by kind */
  ranges = {};
  /** @type {number | null} the row under the pointer */
  hover = null;
  calm = new Calm(REDRAW_MS);
  changes = -1;
  step = -1;

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    root.innerHTML = TEMPLATE;
    this.root = root;
    this.board = board;
    this.history = board.history;
    this.logHeight = found(root, ".log-loss", HTMLInputElement);
    this.logTime = found(root, ".log-time", HTMLInputElement);
    [this.logHeight.checked, this.logTime.checked] = Object.values(remembered(KEY, USUAL));
    for (const box of [this.logHeight, this.logTime]) box.onchange = () => this.pick();
    this.surface = board.canvas(found(root, ".plot"), { height: (_, room) => (room < Infinity ? room : HEIGHT + FURTHER * Math.max(0, this.kinds.length - 1)) });
    this.hovering();
  }

  pick() {
    remember(this.board, KEY, { height: this.logHeight.checked, time: this.logTime.checked }, USUAL);
    this.ranges = {};
    this.draw();
  }

  /** @param {Theme} theme */
  theme(theme) {
    this.colours = theme;
    this.legend();
    this.draw();
  }

  /** @param {Scene} scene */
  scene(scene) {
    Object.assign(this, { sceneNow: scene, kinds: this.plots(scene.metrics), ranges: {} });
    write(found(this.root, ".time-name"), `${scene.pass_name}s`);
    this.legend();
    this.resize();
  }

  /** A plot for each kind of metric. @param {Metric[]} metrics @returns {Kind[]} */
  plots(metrics) {
    return kindsOf(metrics).map((kind) => ({ ...kind, lines: kind.lines.map((m) => ({ ...m, column: this.history.column(m.name) })) }));
  }

  resize() {
    this.surface.fit();
    this.draw();
  }

  /** @param {Frame} frame */
  frame(frame) {
    if (this.changes === this.history.changes && this.step === frame.step) {
      if (!frame.playing) this.numbers(); // at rest they change without a step: exact ones come, a point or a weight is moved
      return;
    }
    this.calm.do(frame.playing, () => this.draw());
  }

  destroy() {
    this.calm.stop();
  }

  draw() {
    const { surface, colours: theme, sceneNow: scene, history, board, kinds } = this;
    if (!theme || !scene || !surface.width) return;
    Object.assign(this, { changes: history.changes, step: board.frame?.step ?? -1 });
    surface.ctx.clearRect(0, 0, surface.width, surface.height);
    const x = this.time();
    const boxes = this.boxes();
    kinds.forEach((kind, i) => this.plot(theme, kind, boxes[i], i < boxes.length - 1 ? { scale: x, marks: 0 } : { scale: x, marks: Math.max(2, Math.floor(surface.width / 90)), name: `${scene.pass_name}s` }));
    this.cursors(theme, x);
    this.numbers();
  }

  /** In the legend, which has one entry for what is called alike in several plots: that of the first. */
  numbers() {
    for (const { unit, lines } of this.kinds) {
      for (const { name } of lines) {
        const place = this.root.querySelector(`[data-metric="${name}"]`);
        if (place) write(place, shown(unit, this.board.frame?.metrics[name], 3));
      }
    }
  }

  /** The plots from top to bottom. @returns {Box[]} */
  boxes() {
    const whole = boxOf(this.surface, ROOM);
    const count = this.kinds.length;
    const inner = whole.bottom - whole.top - BETWEEN * (count - 1);
    const first = count > 1 ? Math.round(inner * (count === 2 ? FIRST_SHARE : 1 / count)) : inner;
    const further = (inner - first) / Math.max(1, count - 1);
    const tops = Array.from({ length: count }, (_, i) => whole.top + (i ? first + BETWEEN + (i - 1) * (further + BETWEEN) : 0));
    return tops.map((top, i) => ({ ...whole, top, bottom: top + (i ? further : first) }));
  }

  // ---- scales ---------------------------------------------------------------------------------------------------------
  get steps() {
    return this.sceneNow?.pass_name === "step";
  }

  /** Where time stands in a row of the history. */
  get timeColumn() {
    return this.steps ? 0 : 1;
  }

  time() {
    const { history, timeColumn: column } = this;
    const last = history.length ? history.at(history.length - 1, column) : 0;
    const first = history.length ? history.at(0, column) : 0;
    const pixels = [ROOM.left, this.surface.width - ROOM.right];
    return this.logTime.checked ? logarithmic([1, Math.max(10, last)], pixels) : linear([first, Math.max(last, first + 1)], pixels);
  }

  /** Lowest and highest of a kind's numbers above `least`; [0, 1] where there is none. @param {Kind} kind @param {number} least */
  extent({ lines }, least) {
    const { history } = this;
    let [low, high] = [Infinity, -Infinity];
    for (let i = 0; i < history.length; i++) {
      for (const { column } of lines) {
        const v = history.at(i, column);
        if (v < low && v > least) low = v;
        if (v > high && v < MOST) high = v;
      }
    }
    return high >= low ? [low, high] : [0, 1];
  }

  /** @param {Kind} kind @param {Box} box @returns {Axis} */
  height(kind, box) {
    const pixels = [box.bottom, box.top];
    if (kind.unit === "%") {
      const floor = this.extent(kind, -MOST)[0] < 0.4 ? 0 : 0.4;
      return { scale: linear([floor, 1], pixels), marks: marksAt(floor ? [0.4, 0.6, 0.8, 1] : [0, 0.5, 1], (v) => `${Math.round(v * 100)}\u202f%`) };
    }
    if (!this.logHeight.checked) return { scale: linear(this.calmRange(kind), pixels), marks: box.bottom - box.top > 80 ? 4 : 2 };
    const [least, most] = this.extent(kind, 0);
    const low = 10 ** Math.floor(Math.log10(Math.max(least, 1e-8)) + 1e-9);
    return { scale: logarithmic([low, Math.max(low * 10, 10 ** Math.ceil(Math.log10(Math.max(most, 1e-8)) - 1e-9))], pixels), marks: 5 };
  }

  /** From 0, or from below what is negative, to the highest: grows at once, shrinks only when less than half of it is used. @param {Kind} kind */
  calmRange(kind) {
    const [low, high] = this.extent(kind, -MOST);
    this.ranges[kind.kind] ??= [0, 0];
    const range = this.ranges[kind.kind];
    if (high > range[1] || high < range[1] * 0.5) range[1] = high > 0 ? roundUp(high * 1.05) : 0;
    if (low < range[0] || low > range[0] * 0.5) range[0] = low < 0 ? -roundUp(-low * 1.05) : 0;
    return range[0] < range[1] ? range : [range[0], range[0] + 1];
  }

  // ---- drawing --------------------------------------------------------------------------------------------------------
  /** @param {Theme} theme @param {Kind} kind @param {Box} box @param {Axis} x */
  plot(theme, kind, box, x) {
    const { surface, history, timeColumn } = this;
    const y = this.height(kind, box);
    drawAxes(surface, theme, box, { x, y: { ...y, grid: true, zero: true } });
    const at = (/** @type {number} */ v) => (v < MOST ? y.scale.at(Math.min(v, y.scale.high)) : NaN);
    for (const line of [...kind.lines].reverse()) {
      drawLine(surface.ctx, history.length, (i) => x.scale.at(history.at(i, timeColumn)), (i) => at(history.at(i, line.column)),
        { colour: this.colour(theme, line), width: 2.2, dash: line.key ? KEYED[this.keyed(line) % KEYED.length] : DASHES[line.split], spacing: 1.5 });
    }
    drawTitle(surface.ctx, theme, box, kind.title, kind.falls ? "top" : "bottom"); // where lines are seldom
  }

  /** Where the run stands after going back, and the crosshair under the pointer. @param {Theme} theme @param {Scale} x */
  cursors(theme, x) {
    const { history, surface, hover, timeColumn } = this;
    const vertical = (/** @type {number} */ row, /** @type {string} */ colour, /** @type {number[]} */ dash) => {
      const px = x.at(history.at(row, timeColumn));
      stroke(surface.ctx, [[px, ROOM.top], [px, surface.height - ROOM.bottom]], colour, 1.5, dash);
    };
    const row = history.length ? history.nearest(0, this.board.frame?.step ?? 0) : -1;
    if (row >= 0 && row < history.length - 1) vertical(row, theme.primary, []);
    if (hover !== null && hover < history.length) vertical(hover, theme.faint, [3, 3]);
  }

  /** Training and test have the colours of all views; what is neither, those of the classes, one for each. @param {Theme} theme @param {Line} line */
  colour(theme, line) {
    if (line.key) return keyColour(theme, this.keyed(line));
    if (line.split) return theme[line.split];
    const others = this.kinds.flatMap(({ lines }) => lines.filter(({ split }) => !split));
    return classColour(theme, others.indexOf(line));
  }

  /** The place of a line among those that are measured alike. @param {Metric} line */
  keyed(line) {
    return this.kinds.find(({ kind }) => kind === line.kind)?.lines.findIndex(({ name }) => name === line.name) ?? 0;
  }

  /** Which line is which, with its number. */
  legend() {
    const { colours: theme } = this;
    if (!theme) return;
    /** @type {Map<string, HTMLElement>} */
    const entries = new Map();
    for (const kind of this.kinds) {
      for (const line of kind.lines) {
        if (entries.has(nameOf(line))) continue;
        entries.set(nameOf(line), make("span", { class: "entry", style: `--colour: ${this.colour(theme, line)}` }, make("i", { class: line.key ? "" : line.split }), `${nameOf(line)} `, make("b", { "data-metric": line.name })));
      }
    }
    found(this.root, ".entries").replaceChildren(...entries.values());
    found(this.root, ".entries").classList.toggle("told", this.kinds.every(({ lines }) => lines.every(({ split, key }) => split && !key))); // the bar has their colours and numbers
  }

  // ---- pointing -------------------------------------------------------------------------------------------------------
  hovering() {
    const { canvas } = this.surface;
    canvas.addEventListener("pointermove", (event) => {
      if (!this.history.length || !this.sceneNow) return;
      this.hover = this.history.nearest(this.timeColumn, this.time().value(placeOn(event, this.surface.canvas)[0]));
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
    const at = (/** @type {number} */ column) => this.history.at(row, column);
    const lines = this.kinds.map(({ title, unit, lines: all }) => `${title}: ${all.map((line) => `${nameOf(line).toLowerCase()} ${shown(unit, at(line.column))}`).join(", ")}`);
    return [this.steps ? `Step ${at(0)}` : `Epoch ${Number(at(1).toFixed(2))}, step ${at(0)}`, ...lines].join("\n");
  }

  alt() {
    const { frame } = this.board;
    const parts = this.kinds.flatMap(({ lines }) => lines).filter(({ name }) => Number.isFinite(frame?.metrics[name]))
      .map(({ name, label }) => `${label[0].toLowerCase()}${label.slice(1)} ${number(frame?.metrics[name], 3)}`);
    const [time, unit] = this.steps ? [frame?.step, "steps"] : [frame?.epoch, "epochs"];
    return `Curves over ${number(time ?? 0)} ${unit}; now ${parts.join(", ")}.`;
  }
}

/** @param {string} unit @param {number | null | undefined} v @param {number} [digits] */
const shown = (unit, v, digits) => (unit === "%" && Number.isFinite(v) ? `${(100 * Number(v)).toFixed(1)}\u202f%` : number(v, digits));

/** @param {number} v */
function roundUp(v) {
  const power = 10 ** Math.floor(Math.log10(Math.max(v, 1e-9)));
  return ([1, 1.5, 2, 3, 4, 5, 6, 8].find((m) => m * power >= v) ?? 10) * power;
}

const TEMPLATE = `
<div class="tools">
  <span class="choices" role="group" aria-label="Logarithmic axes">Log<label><input type="checkbox" class="log-loss" aria-label="Log loss">loss</label><label><input type="checkbox" class="log-time" aria-label="Log time"><span class="time-name">epochs</span></label></span>
</div>
<div class="entries"></div>
<div class="plot"></div>`;

export default { create: (/** @type {HTMLElement} */ root, /** @type {Board} */ board) => new Curves(root, board) };
