/**
 * How sharply the training loss curves: the largest eigenvalues, and the learning rate beside 2/λmax, now and over the run.
 *
 * @import { Board, Frame, Scene, Theme, View } from "../../kit/types.d.ts"
 * @import { Past } from "./curvature_plot.js"
 * @import { Answers } from "../../kit/study.js"
 * @typedef {{values: Float64Array, limit: number, sharpness: number, step: number, sampled: string}} Found eigenvalues, 2/λmax, and by how much a step up the gradient raises the loss
 */
import { picker, remember, remembered } from "../../kit/choices.js";
import { make } from "../../kit/dom.js";
import { largestRate } from "../../kit/largest_rate.js";
import { number, tickText } from "../../kit/numbers.js";
import { drawEigenvalues, drawPast, drawRate } from "./curvature_plot.js";
import { Compare } from "./landscape_compare.js";
import { snapshotsOf } from "./snapshots.js";
import { numbers, sampled, Study } from "../../kit/study.js";

const KEY = "view.curvature";
const DEFAULTS = { auto: true, every: 2, count: 5 };
const HEIGHT = 400;
const NARROW = 560; // below it the two charts stand one below the other
const TALL = 650;
const MOST_PAST = 400;

/** @implements {View} */
class Curvature {
  /** @type {Theme | null} */
  colours = null;
  /** @type {Past[]} */
  past = [];
  /** @type {Found | null} */
  found = null;
  /** @type {Found | null} of the run beside this one */
  other = null;
  shape = ""; // of a run whose curvature means the same
  lr = 0;
  follows = true;

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    this.board = board;
    this.chosen = remembered(KEY, DEFAULTS);
    const failed = (/** @type {string} */ text) => this.say(text);
    this.study = new Study(board, "hessian", { options: () => ({ count: this.chosen.count }), answered: (arrays) => this.answered(arrays), failed });
    this.snapshots = snapshotsOf(board);
    this.besides = new Study(board, "hessian", { options: () => ({ count: this.chosen.count, of: this.snapshots.chosen }), answered: (arrays) => this.compared(arrays), failed });
    this.compare = new Compare(board, failed);
    this.off = board.on("beside", () => this.request());
    this.auto = make("input", { type: "checkbox", checked: this.chosen.auto, onchange: (e) => this.pick({ auto: e.target.checked }) });
    this.every = picker("Seconds between two measurements", [0.5, 1, 2, 5, 10].map((n) => [n, `${n} s`]), (value) => this.pick({ every: Number(value) }));
    this.every.value = String(this.chosen.every);
    this.count = picker("How many eigenvalues", [1, 3, 5, 8, 10].map((n) => [n, `${n} eigenvalue${n > 1 ? "s" : ""}`]), (value) => {
      this.pick({ count: Number(value) });
      this.study.request({ instead: true });
      this.request();
    });
    this.count.value = String(this.chosen.count);
    const now = make("button", { class: "small", type: "button", onclick: () => this.study.request() }, "Now");
    const tools = make("div", { class: "tools" }, this.count, make("label", {}, this.auto, "Refresh while training, every"), this.every, now);
    this.verdict = make("p", { style: "margin:4px 0 8px;font-size:16px;min-height:3em" });
    root.append(tools, this.compare.row, this.study.bar, this.verdict);
    this.page = board.canvas(root, { height: (width) => (width < NARROW ? TALL : HEIGHT), label: "Largest eigenvalues of the Hessian, and the learning rate beside its limit" });
  }

  /** @param {Partial<typeof DEFAULTS>} choice */
  pick(choice) {
    Object.assign(this.chosen, choice);
    remember(this.board, KEY, this.chosen, DEFAULTS);
  }

  /** The run beside this one, if there is one. */
  request() {
    this.other = null;
    if (this.snapshots.beside) this.besides.request({ instead: true });
    else if (this.found) this.tell(this.found);
    this.board.redraw(this);
  }

  /** @param {Answers} arrays */
  compared(arrays) {
    this.other = foundIn(arrays);
    if (this.found) this.tell(this.found);
    this.board.redraw(this);
  }

  /** @param {Theme} theme */
  theme(theme) {
    this.colours = theme;
    if (this.snapshots.beside && !this.other && !this.besides.busy) this.request();
  }

  /** @param {Scene} scene */
  scene({ blocks, experiment, groups = [] }) {
    this.follows = groups.every((g) => g.path === "training"); // the player's rate is that of all weights
    const shape = JSON.stringify([blocks.map((b) => [b.fan_in, b.fan_out]), experiment?.data, experiment?.training?.loss]);
    if (this.shape && shape !== this.shape) {
      this.found = null;
      this.past = [];
      this.study.request({ instead: true });
    }
    this.shape = shape;
  }

  /** @param {Frame} frame */
  frame(frame) {
    this.past = frame.restarted ? [] : this.past.filter((p) => p.step <= frame.step);
    this.study.watch(frame, !this.found, this.chosen.auto ? this.chosen.every : 0);
    if (this.found && this.follows && frame.lr !== this.lr) {
      this.lr = frame.lr;
      this.tell(this.found);
    }
    this.report();
    this.draw();
  }

  /** @param {Answers} arrays */
  answered(arrays) {
    const found = foundIn(arrays);
    const lr = arrays.lr.data[0];
    this.found = found;
    this.lr = (this.follows && this.board.frame?.lr) || lr;
    this.past = [...this.past.filter((p) => p.step < found.step), { step: found.step, limit: found.limit, lr }];
    if (this.past.length > MOST_PAST) this.past = this.past.filter((_, i) => i % 2 === 1 || i === this.past.length - 1);
    this.tell(found);
    this.board.redraw(this);
  }

  /** @param {string} sentence */
  say(sentence) {
    this.verdict.textContent = sentence;
  }

  /** @param {Found} found */
  tell({ values, limit, sharpness, sampled: measured }) {
    const { bound, words, exact } = this.bound(limit);
    const end = ` Sharpness: a step of 0.05 up the gradient raises the loss by ${number(sharpness, 3)}.${this.beside(values[0])}${measured}`;
    this.report();
    if (!Number.isFinite(limit)) return this.say(`Nothing curves upwards here, so nothing limits the learning rate ${tickText(this.lr)}.${end}`);
    const side = this.lr > bound ? "above" : "below";
    const what = this.lr > bound ? "steps overshoot along the steepest direction and grow, until the loss flattens or the run diverges" : "steps along the steepest direction shrink";
    const guide = exact ? "" : " (The limit is that of plain gradient descent: this optimiser rescales its steps, so it is only a guide.)";
    this.say(`Learning rate ${tickText(this.lr)} is ${side} ${words} = ${number(bound, 3)}: ${what}.${guide}${end}`);
  }

  /** To the assistant, with every frame: what it says ends when this view is out of sight. */
  report() {
    const { bound, words, exact } = this.bound(this.found?.limit ?? NaN);
    const told = exact && this.lr > bound ? { code: "above_limit", values: { rate: this.lr, limit: bound, words } } : null;
    this.board.emit("measured", { by: "curvature", told });
  }

  /** The largest stable learning rate of this optimiser on a quadratic, and its name. @param {number} limit 2/λmax */
  bound(limit) {
    const { kind = "sgd", ...settings } = this.board.experiment?.training?.optimizer ?? {};
    return largestRate(kind, settings, limit);
  }

  /** How many times as sharply the run beside this one curves. @param {number} here λmax of this one */
  beside(here) {
    const one = this.snapshots.beside;
    if (!this.other || !one) return "";
    const { values, limit, sharpness } = this.other;
    const there = values[0];
    const times = here > 0 && there > 0 ? `, ${number(Math.max(here / there, there / here), 3)} times as ${there > here ? "sharp" : "flat"} as here` : "";
    return ` The run beside it (outlined), ${this.snapshots.describe(one)}: λmax ${number(there, 3)}, 2/λmax = ${number(limit, 3)}, sharpness ${number(sharpness, 3)}${times}.`;
  }

  draw() {
    const { page, colours, found } = this;
    const { ctx, width, height } = page;
    if (!found || !width || !colours) return;
    const others = (this.snapshots.beside && this.other?.values) || [];
    const narrow = width < NARROW;
    const split = Math.max(180, Math.min(320, width * 0.4));
    ctx.clearRect(0, 0, width, height);
    drawRate(page, colours, { left: 20, right: width - 20, top: 45, bottom: 63 }, { lr: this.lr, ...this.bound(found.limit) });
    drawEigenvalues(page, colours, { left: 50, right: narrow ? width - 12 : split, top: 146, bottom: narrow ? 350 : height - 40 }, { values: found.values, others });
    drawPast(page, colours, { left: narrow ? 56 : split + 66, right: width - 12, top: narrow ? 430 : 146, bottom: height - (narrow ? 30 : 40) }, this.past);
  }

  resize() {
    this.page.fit();
  }

  alt() {
    return this.found ? `${this.verdict.textContent} Eigenvalues: ${[...this.found.values].map((v) => number(v, 3)).join(", ")}.` : "";
  }

  destroy() {
    this.off();
    this.compare.destroy();
    this.besides.destroy();
    this.study.destroy();
  }
}

/** @param {Answers} arrays @returns {Found} */
function foundIn({ eigenvalues, limit, sharpness, step, examples }) {
  return { values: numbers(eigenvalues), limit: limit.data[0], sharpness: numbers(sharpness)[0], step: numbers(step)[0], sampled: sampled(examples) };
}

/** @type {import("../../kit/types.d.ts").ViewModule} */
export default { create: (root, board) => new Curvature(root, board) };
