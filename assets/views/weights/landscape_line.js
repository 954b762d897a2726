/**
 * The loss on the straight line between two sets of weights of the run, or to weights that were kept, and the barrier between.
 *
 * @import { Look } from "../../kit/racers.js"
 * @import { Board, Frame, Scene, Theme, View } from "../../kit/types.d.ts"
 * @import { Losses } from "./line_plot.js"
 * @import { Answers } from "../../kit/study.js"
 * @typedef {Losses & {ends: Float64Array, apart: number, to: string, members: number[] | null, tested: boolean, sampled: string}} Found `ends`: steps, -1 for a kept run;
 *   `members`: the racers at the ends
 */
import { choice, picker } from "../../kit/choices.js";
import { make } from "../../kit/dom.js";
import { number } from "../../kit/numbers.js";
import { looks } from "../../kit/racers.js";
import { Compare } from "./landscape_compare.js";
import { drawLosses, lossAt } from "./line_plot.js";
import { snapshotsOf } from "./snapshots.js";
import { numbers, sampled, Study } from "../../kit/study.js";

const HEIGHT = 360;
const EVERY_S = 1;
const SETTLE_MS = 120; // of a slider that is being dragged
const PLACES = 1000; // of the slider

/** @implements {View} */
class LossLine {
  /** @type {Theme | null} */
  colours = null;
  /** @type {Look[] | null} of a race */
  racers = null;
  labels = "";
  shape = ""; // of weights that mean the same
  from = 0;
  /** @type {[number, number]} */
  span = [0, 0];
  presentFirst = false;
  picking = 0;
  /** @type {Found | null} */
  found = null;

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    this.board = board;
    this.study = new Study(board, "line", { options: () => this.options(), answered: (arrays) => this.answered(arrays), failed: (text) => this.say(text) });
    this.note = make("p", { style: "margin:2px 0 8px;font-size:14px;min-height:3.9em" });
    this.snapshots = snapshotsOf(board);
    this.compare = new Compare(board, (sentence) => this.say(sentence));
    this.offs = [board.on("kept", () => this.list()), board.on("beside", () => this.towards())];
    this.start = make("input", { type: "range", min: 0, max: PLACES, value: 0, "aria-label": "Step where the line begins", style: "width:130px", oninput: () => this.pick() });
    this.startAt = make("output", { style: "min-width:9ch;font-variant-numeric:tabular-nums" });
    this.target = picker("Where the line ends", [["now", "the current weights"]], () => this.aim());
    this.target.style.maxWidth = "22em";
    this.member = picker("Optimiser at the start of the line", [], () => this.pick());
    this.toMember = picker("Optimiser at the end of the line", [], () => this.pick());
    this.racing = make("span", { hidden: true }, make("label", {}, "of", this.member), " ", make("label", {}, "to", this.toMember));
    this.origin = choice("Beginning", [["past", "From a step of this run"], ["now", "From now"]], (value) => this.begin(value === "now"));
    this.log = make("input", { type: "checkbox", onchange: () => this.board.redraw(this) });
    this.ends = make("label", {}, "To", this.target);
    this.origin.show("past");
    const tools = make("div", { class: "tools" }, this.origin.box, this.start, this.startAt, this.racing, this.ends, make("label", {}, this.log, "Log height"));
    root.append(tools, this.compare.row, this.study.bar, this.note);
    this.page = board.canvas(root, { height: HEIGHT, label: "Training and test loss on the straight line between two sets of weights" });
    this.list();
  }

  // ---- controls -----------------------------------------------------------------------------------------------------
  /** @param {boolean} present whether the line begins at the current weights */
  begin(present) {
    this.presentFirst = present;
    this.origin.show(present ? "now" : "past");
    this.start.hidden = this.startAt.hidden = present;
    if (present && this.target.value === "now" && this.target.options.length > 1) this.target.value = this.target.options[1].value;
    this.pick();
  }

  /** What the line may end at: the present, and kept runs whose weights mean the same. */
  list() {
    const { snapshots } = this;
    const fitting = snapshots.all.filter((one) => one.shape === this.shape);
    this.target.replaceChildren(make("option", { value: "now" }, "the current weights"), ...fitting.map((one) => make("option", { value: one.name }, snapshots.describe(one))));
    this.target.value = fitting.some((one) => one.name === snapshots.chosen) ? snapshots.chosen : "now";
  }

  /** Another run stands beside this one: the line goes there, where it can. */
  towards() {
    const before = this.target.value;
    this.list();
    const other = this.snapshots.beside;
    if (other && other.shape !== this.shape) this.say(`No line leads to ${other.name}: its network has another shape. Compare the landscapes and the curvature instead.`);
    if (this.target.value !== before) this.begin(this.target.value !== "now");
  }

  aim() {
    this.snapshots.choose(this.target.value === "now" ? "" : this.target.value);
    this.pick();
  }

  pick() {
    const [first, last] = this.span;
    this.from = Math.round(first + (Number(this.start.value) / PLACES) * (last - first));
    this.startAt.textContent = `step ${this.from}`;
    clearTimeout(this.picking);
    this.picking = setTimeout(() => this.board.frame && this.study.request({ instead: true }), SETTLE_MS);
  }

  options() {
    const now = this.board.frame?.step ?? 0;
    const from = this.presentFirst ? now : Math.min(this.from, now);
    if (this.racers) return { from, to: now, member: Number(this.member.value), to_member: Number(this.toMember.value) };
    return this.target.value === "now" ? { from, to: now } : { from, against: this.target.value };
  }

  // ---- what comes in ------------------------------------------------------------------------------------------------
  /** @param {Theme} theme */
  theme(theme) {
    this.colours = theme;
    this.note.style.color = theme.faint;
  }

  /** @param {Scene} scene */
  scene(scene) {
    const shape = scene.shape ?? "";
    if (shape !== this.shape) this.found = null;
    this.shape = shape;
    this.race(scene);
    this.list();
  }

  /** In a race the line goes between the places of two racers, or from one's past to its present. @param {Scene} scene */
  race(scene) {
    this.racers = scene.facts?.racers?.length && this.colours ? looks(scene, this.colours) : null;
    this.racing.hidden = !this.racers;
    this.ends.hidden = this.compare.row.hidden = Boolean(this.racers);
    const labels = this.racers?.map((look) => look.label) ?? [];
    if (labels.join() === this.labels) return;
    this.labels = labels.join();
    if (!this.racers) return;
    for (const pick of [this.member, this.toMember]) pick.replaceChildren(...labels.map((label, i) => make("option", { value: i }, label)));
    this.toMember.value = String(Math.min(1, labels.length - 1));
    this.begin(true);
  }

  /** @param {Frame} frame */
  frame(frame) {
    const [first, last] = frame.span ?? [0, frame.step];
    if (this.span[0] !== first || this.span[1] !== last) {
      this.span = [first, last];
      if (last > first) this.start.value = String(Math.round((PLACES * (Math.max(this.from, first) - first)) / (last - first)));
      this.startAt.textContent = `step ${Math.max(first, Math.min(this.from, last))}`;
    }
    this.study.watch(frame, !this.found, EVERY_S);
    this.draw();
  }

  /** @param {Answers} arrays */
  answered(arrays) {
    const [alpha, train, test, barrier, ends, [apart]] = ["alpha", "train", "test", "barrier", "ends", "apart"].map((name) => numbers(arrays[name]));
    const members = this.racers && [Number(this.member.value), Number(this.toMember.value)];
    this.found = { alpha, train, test, barrier, ends, apart, to: this.target.value, members, tested: test.some(Number.isFinite), sampled: sampled(arrays.examples) };
    this.describe(this.found);
    this.board.redraw(this);
  }

  /** @param {string} text */
  say(text) {
    this.note.textContent = text;
  }

  /** @param {Found} found */
  describe(found) {
    const { barrier: [high, tested], apart } = found;
    const [from, to] = this.names(found);
    if (apart === 0) return this.say(`Both ends are the same weights: choose an earlier step${this.racers ? ", or another racer" : ", or keep this run and train another"}.`);
    const low = Math.min(lossAt(found, 0), lossAt(found, 1));
    const what = this.racers ? "height" : "training loss";
    const words = !Number.isFinite(high) ? "The loss on the line becomes infinite."
      : high <= 0.02 * Math.max(low, 0.01) ? `There is no barrier: the ${what} never rises above the straight line between its ends.`
        : `The barrier is ${number(high, 3)} high: the ${what} rises by that much above the straight line between its ends${found.tested ? ` (test loss: ${number(tested, 3)})` : ""}.`;
    this.say(`From ${from} to ${to}. ${words} The ends lie ${number(100 * apart, 3)} % of their own length apart.${found.sampled}`);
  }

  /** Of the ends. @param {Found} found */
  names({ ends: [from, to], members, to: name }) {
    const [whose, toWhose] = members ?? [];
    if (whose !== toWhose) return [`${this.racers?.[whose]?.label ?? ""} at step ${from}`, this.racers?.[toWhose]?.label ?? ""];
    return [`step ${from}`, to < 0 ? name : `step ${to}`];
  }

  draw() {
    const { found, colours: theme } = this;
    if (!found || !theme) return;
    const train = { words: this.racers ? "height" : "training loss", losses: found.train, colour: theme.train, dash: [] };
    const test = { words: "test loss", losses: found.test, colour: theme.test, dash: [7, 5] };
    drawLosses(this.page, theme, found, { names: this.names(found), log: this.log.checked, lines: found.tested ? [train, test] : [train] });
  }

  resize() {
    this.page.fit();
  }

  alt() {
    return (this.found && this.note.textContent) ?? "";
  }

  destroy() {
    clearTimeout(this.picking);
    for (const off of this.offs) off();
    this.compare.destroy();
    this.study.destroy();
  }
}

export default { create: (/** @type {HTMLElement} */ root, /** @type {Board} */ board) => new LossLine(root, board) };
