/**
 * The source's network and the four that learn the target, block by block: what was copied, what stays still, how far each layer
 * has gone, and how many pictures each reads right. The handle says how many blocks are kept.
 *
 * @import { Board, Frame, Scene, Theme, View } from "../../kit/types.d.ts"
 * @typedef {{x: number, y: number, width: number, height: number}} Place
 */
import { placeOn } from "../../kit/canvas.js";
import { choice, picker } from "../../kit/choices.js";
import { make, write } from "../../kit/dom.js";
import { percent, titleOf } from "../../kit/stages.js";
import { drawAnswer, drawBlock, drawHandle, drawName } from "./row.js";
import { Samples } from "./samples.js";
import { longest, sentence } from "./told.js";
import { answers, colourOf, known, label, pictures } from "./words.js";

const SOURCE = "Source";
const WIDE = 620; // pixels: below it names and numbers have less room
const GAP = 6;
const ASK = "Who will be best? ";
const FEW = [1, 2, 5, 10, 20, 50, 0];
const GRAB = 14; // pixels beside the line at which it can be taken
const STRIP = 32; // pixels of the small pictures above the rows

/** @implements {View} */
class Courses {
  /** @type {Theme | null} */
  colours = null;
  /** @type {Scene | null} */
  sceneNow = null;
  /** @type {Frame | null} */
  frameNow = null;
  /** @type {string} the network that somebody thinks will win */
  guess = "";
  /** @type {number | null} blocks kept while the handle is dragged */
  dragged = null;
  learning = false; // whether the source was being learned when the frame before came

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    this.board = board;
    this.few = picker("Training pictures a class", FEW.map((n) => [n, pictures(n)]), (n) => this.change({ "data.per_class": Number(n) }));
    /** @type {HTMLInputElement} */
    this.kept = make("input", { type: "range", min: 0, max: 5, step: 1, "aria-label": "Blocks kept", oninput: () => this.drag(Number(this.kept.value)), onchange: () => this.drop() });
    this.told = make("output", { style: "min-width:6.6em;display:inline-block" });
    this.ask = choice("Your guess", answers(), (name) => this.predict(name));
    root.append(make("div", { class: "tools" }, this.few, make("label", { style: "white-space:nowrap" }, "Keep ", this.told, this.kept)));
    const place = "margin:0;grid-area:1/1";
    this.words = make("p", { style: `${place};align-self:start` });
    this.guessing = make("div", { style: `${place};align-self:end;padding-top:4px` }, ASK, this.ask.box);
    // The longest sentences, unseen: before the first update with the question below, and later without it. Nothing moves when it goes.
    this.longest = [make("p", { style: "margin:0" }), make("p", { style: `${place};visibility:hidden`, "aria-hidden": "true" })];
    const before = make("div", { style: `${place};visibility:hidden`, "aria-hidden": "true" }, this.longest[0], make("div", { style: "padding-top:4px" }, ASK, choice("", answers(), () => {}).box));
    root.append(make("div", { style: "display:grid;margin:0 0 4px;font-size:15px;line-height:1.3" }, this.words, this.guessing, before, this.longest[1]));
    this.page = board.canvas(root, { height: (width) => Math.max(300, Math.min(560, Math.round(0.6 * width))), label: "Five networks as rows of blocks" });
    const { canvas } = this.page;
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", () => this.drop());
    canvas.addEventListener("pointercancel", () => (this.dragged = null));
    canvas.addEventListener("pointerleave", () => this.board.tip(null));
    this.samples = new Samples(board, () => this.draw());
    this.predict("");
  }

  get facts() {
    return this.sceneNow?.facts.transfer;
  }

  /** Those blocks of the network that are drawn: all stages but the picture. @returns {{name: string, kind: string}[]} */
  get stages() {
    return (this.facts?.stages ?? []).map((name) => ({ name, kind: name.replace(/\d+$/, "") }));
  }

  /** @param {Record<string, unknown>} changes */
  change(changes) {
    this.board.set(changes);
    this.board.changed();
  }

  /** A guess; the same one again takes it back. @param {string} name */
  predict(name) {
    this.guess = name === this.guess ? "" : name;
    this.ask.show(this.guess);
    this.tell();
  }

  /** Nobody has guessed: the next class can. */
  forget() {
    if (this.guess) this.predict(this.guess);
  }

  // ---- the handle ----------------------------------------------------------------------------------------------------
  /** @param {number} blocks */
  drag(blocks) {
    this.board.tip(null); // it would speak of a place that is left
    this.dragged = blocks;
    this.kept.value = String(blocks);
    this.say();
    this.draw();
  }

  drop() {
    const { dragged, facts } = this;
    this.dragged = null;
    if (dragged !== null && facts && dragged !== facts.kept) this.change({ "model.kept": dragged });
  }

  /** The boundary's place on the canvas. @param {number} blocks */
  edge(blocks) {
    const { x, width } = this.room();
    return x + (width / Math.max(1, this.stages.length)) * blocks - GAP / 2;
  }

  /** @param {PointerEvent} event */
  press(event) {
    const [x] = placeOn(event, this.page.canvas);
    if (!this.facts || Math.abs(x - this.edge(this.facts.kept)) > GRAB) return;
    this.page.canvas.setPointerCapture(event.pointerId);
    this.drag(this.facts.kept);
  }

  /** @param {PointerEvent} event */
  move(event) {
    const [x, y] = placeOn(event, this.page.canvas);
    const { facts, stages } = this;
    if (!facts) return;
    this.page.canvas.style.cursor = this.dragged !== null || Math.abs(x - this.edge(facts.kept)) <= GRAB ? "ew-resize" : "default";
    const room = this.room();
    const at = Math.floor(((x - room.x) / room.width) * stages.length);
    if (this.dragged !== null) {
      const blocks = Math.round(((x - room.x) / room.width) * stages.length);
      return this.drag(Math.max(0, Math.min(stages.length - 1, blocks)));
    }
    const row = this.rows().findIndex(({ place }) => y >= place.y && y < place.y + place.height);
    if (row < 1 || at < 0 || at >= stages.length) return this.board.tip(null);
    this.board.tip(event.clientX, event.clientY, `${facts.courses[row - 1].label}, ${titleOf(stages[at])}: ${this.fate(row - 1, at)}`);
  }

  /** What becomes of a block's weights, in words. @param {number} row @param {number} at */
  fate(row, at) {
    const { name } = this.stages[at];
    const gone = this.gone(row, name);
    if (!this.facts?.weighted.includes(name)) return "has no weights";
    if (this.stays(this.facts.courses[row].name, at)) return "does not learn, its weights stay as they are";
    if (!gone) return "learns; its weights have not changed yet";
    return `learns; its weights have changed by ${percent(gone)} since the start`;
  }

  // ---- what there is -------------------------------------------------------------------------------------------------
  /** How far a stage has gone in one of the four; null where it has no weights. @param {number} row @param {string} stage @returns {number | null} */
  gone(row, stage) {
    const drift = this.frameNow?.arrays.transfer_drift;
    const at = this.facts?.weighted.indexOf(stage) ?? -1;
    return drift && at >= 0 ? drift.data[row * drift.shape[1] + at] : null;
  }

  /** Whether a block of a network does not learn. @param {string} course @param {number} at */
  stays(course, at) {
    return at < (this.dragged ?? this.facts?.kept ?? 0) && (course === "frozen" || course === "random");
  }

  room() {
    const [x, answer] = this.page.width < WIDE ? [118, 84] : [128, 150];
    return { x, answer, width: Math.max(60, this.page.width - x - answer) };
  }

  rows() {
    const top = this.strip;
    const height = (this.page.height - top) / 5;
    return [SOURCE, ...(this.facts?.courses.map((c) => c.name) ?? [])].map((name, i) => ({ name, place: { x: 0, y: top + i * height, width: this.page.width, height } }));
  }

  /** Height of the small pictures: none where the rows need the room. */
  get strip() {
    return this.page.height >= 5 * 44 + STRIP && this.page.width >= 480 ? STRIP : 0;
  }

  /** Updates on the source so far, and how many there are to be. */
  get progress() {
    const [done, all] = this.frameNow?.arrays.transfer_source?.data ?? [0, 1];
    return { done, all, share: all ? done / all : 1 };
  }

  /** Accuracy on the source as last measured; null where it was not. @returns {number | null} */
  get learned() {
    const curve = this.frameNow?.arrays.transfer_curve;
    return curve?.data.length ? curve.data[curve.data.length - 1] : null;
  }

  /** @param {Theme} theme */
  theme(theme) {
    this.colours = theme;
    this.draw();
  }

  /** @param {Scene} scene */
  scene(scene) {
    const about = (/** @type {import("../../kit/types.d.ts").Experiment} */ { data, model }) => JSON.stringify([data.kind, data.what, data.per_class, model.source, model.kept]);
    if (this.sceneNow && about(this.sceneNow.experiment) !== about(scene.experiment)) this.forget(); // the guess was about something else
    this.sceneNow = scene;
    const { facts } = this;
    if (!facts) return;
    this.samples.scene(scene);
    longest(facts, scene.experiment.data.per_class ?? 0).forEach((text, i) => write(this.longest[i], text));
    this.page.fit();
    this.kept.max = String(facts.stages.length - 1);
    this.kept.value = String(facts.kept);
    const few = scene.experiment.data.per_class ?? 0;
    if (![...this.few.options].some((option) => Number(option.value) === few)) this.few.append(make("option", { value: few }, pictures(few)));
    this.few.value = String(few);
    this.say();
  }

  /** @param {Frame} frame */
  frame(frame) {
    this.frameNow = frame;
    const learning = this.progress.share < 1;
    if (frame.restarted && !(this.learning && !learning)) this.forget(); // but not where only the source is learned now
    this.learning = learning;
    this.tell();
    this.draw();
  }

  say() {
    const blocks = this.dragged ?? this.facts?.kept ?? 0;
    write(this.told, `${blocks} of ${Math.max(0, this.stages.length - 1)} blocks`);
  }

  tell() {
    const { facts, frameNow: frame, sceneNow: scene, guess } = this;
    this.guessing.style.visibility = frame?.step ? "hidden" : "visible";
    if (!facts || !frame || !scene) return;
    const { history } = this.board;
    const at = frame.stale && history.length ? history.at(history.length - 1, 0) : frame.step; // the numbers are of then
    const { done, all } = this.progress;
    const source = { done, all, learned: this.learned };
    const tested = frame.sampled?.test ?? scene.counts.test ?? 0;
    write(this.words, sentence(facts, { step: frame.step, at, many: scene.experiment.data.per_class ?? 0, tested, metrics: frame.metrics, guess, source }));
  }

  // ---- drawing -------------------------------------------------------------------------------------------------------
  draw() {
    const { page, colours: theme, facts } = this;
    if (!theme || !facts || !page.width) return;
    page.ctx.clearRect(0, 0, page.width, page.height);
    if (this.strip) this.samples.draw(page.ctx, theme, page.width, this.strip - 6);
    const rows = this.rows();
    for (const [i, { name, place }] of rows.entries()) this.row(theme, i, name, place);
    const { y, height } = rows[1].place;
    drawHandle(page.ctx, theme, this.edge(this.dragged ?? facts.kept), { x: 0, y, width: 0, height: 4 * height });
  }

  /** @param {Theme} theme @param {number} i @param {string} name @param {Place} place */
  row(theme, i, name, { y, height }) {
    const { ctx } = this.page;
    const { x, width, answer } = this.room();
    const { stages, facts } = this;
    const colour = i ? colourOf(theme, name) : theme.text;
    drawName(ctx, theme, { title: i ? label(facts, name) : SOURCE, under: i ? "" : known(facts?.source ?? ""), colour }, { x: 0, y, width: x - 8, height });
    const each = width / Math.max(1, stages.length);
    for (const [k, stage] of stages.entries()) {
      const weighted = facts?.weighted.includes(stage.name) ?? false;
      const copied = !i || (k < (this.dragged ?? facts?.kept ?? 0) && (name === "tuned" || name === "frozen"));
      const still = i > 0 && weighted && this.stays(name, k);
      const gone = i && weighted && !still ? (this.gone(i - 1, stage.name) ?? 0) : null;
      drawBlock(ctx, theme, { stage, copied, still, weighted, gone, colour }, { x: x + k * each, y: y + 3, width: each - GAP, height: height - 8 });
    }
    const { share } = this.progress;
    const found = (i ? this.frameNow?.metrics?.[`accuracy_${name}`] : this.learned) ?? null;
    const value = i && share < 1 ? null : found;
    const note = i ? "right" : share < 1 ? `${Math.round(100 * share)} % done` : "of the source";
    drawAnswer(ctx, theme, { value, share: !i && share < 1 ? share : (value ?? 0), note, colour: i ? colour : theme.positive }, { x: x + width + 6, y: y + 3, width: answer - 8, height: height - 8 });
  }

  resize() {
    this.page.fit();
    this.draw();
  }

  alt() {
    return this.words.textContent ?? "";
  }

  destroy() {
    this.samples.destroy();
  }
}

/** @type {import("../../kit/types.d.ts").ViewModule} */
export default { create: (root, board) => new Courses(root, board) };
