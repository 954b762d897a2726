/**
 * The source's network and the four that learn the target, block by block: what was copied, what stays still, how far each layer
 * has gone, and how many pictures each reads right. The handle says how many blocks are kept.
 *
 * @import { Board, Frame, Scene, Theme, View } from "../../kit/types.d.ts"
 * @typedef {{x: number, y: number, width: number, height: number}} Place
 */
import { fitted, placeOn } from "../../kit/canvas.js";
import { choice, picker } from "../../kit/choices.js";
import { make, write } from "../../kit/dom.js";
import { count } from "../../kit/numbers.js";
import { css, rgb } from "../../kit/palette.js";
import { percent, titleOf } from "../../kit/stages.js";
import { colourOf, answers, known, leader } from "./words.js";

const SOURCE = "Source";
const WIDE = 620; // pixels: below it names and numbers have less room
const GAP = 6;
const FEW = [1, 2, 5, 10, 20, 50, 0];
const TELL = 20; // updates before anything is said of who is ahead
const MOVED = 1; // a layer that has gone as far as it is large fills its bar

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

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    this.board = board;
    this.few = picker("Training pictures a class", FEW.map((n) => [n, n ? `${n} ${n === 1 ? "picture" : "pictures"} a class` : "all pictures"]), (n) => this.change({ "data.per_class": Number(n) }));
    /** @type {HTMLInputElement} */
    this.kept = make("input", { type: "range", min: 0, max: 5, step: 1, "aria-label": "Blocks kept", oninput: () => this.drag(Number(this.kept.value)), onchange: () => this.drop() });
    this.told = make("output", { style: "min-width:3.4em;display:inline-block" });
    this.ask = choice("Your guess", answers(), (name) => this.predict(name));
    this.guessing = make("span", {}, "Who will be best? ", this.ask.box);
    root.append(make("div", { class: "tools" }, this.few, make("label", { style: "white-space:nowrap" }, "Keep ", this.told, this.kept), this.guessing));
    this.words = make("p", { style: "margin:0 0 4px;font-size:15px;min-height:40px" });
    root.append(this.words);
    this.page = board.canvas(root, { height: (width) => Math.max(300, Math.min(560, Math.round(0.6 * width))), label: "Five networks as rows of blocks" });
    const { canvas } = this.page;
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", () => this.drop());
    canvas.addEventListener("pointercancel", () => (this.dragged = null));
    canvas.addEventListener("pointerleave", () => this.board.tip(null));
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

  /** @param {string} name */
  predict(name) {
    this.guess = name;
    this.ask.show(name);
    this.tell();
  }

  // ---- the handle ----------------------------------------------------------------------------------------------------
  /** @param {number} blocks */
  drag(blocks) {
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
    if (!this.facts || Math.abs(x - this.edge(this.facts.kept)) > 14) return;
    this.page.canvas.setPointerCapture(event.pointerId);
    this.drag(this.facts.kept);
  }

  /** @param {PointerEvent} event */
  move(event) {
    const [x, y] = placeOn(event, this.page.canvas);
    const { facts, stages } = this;
    if (!facts) return;
    this.page.canvas.style.cursor = this.dragged !== null || Math.abs(x - this.edge(facts.kept)) <= 14 ? "ew-resize" : "default";
    const room = this.room();
    const at = Math.floor(((x - room.x) / room.width) * stages.length);
    if (this.dragged !== null) {
      const blocks = Math.round(((x - room.x) / room.width) * stages.length);
      return this.drag(Math.max(0, Math.min(stages.length - 1, blocks)));
    }
    const row = this.rows().findIndex(({ place }) => y >= place.y && y < place.y + place.height);
    if (row < 1 || at < 0 || at >= stages.length) return this.board.tip(null);
    const gone = this.gone(row - 1, stages[at].name);
    const label = facts.courses[row - 1].label;
    this.board.tip(event.clientX, event.clientY, `${label}, ${titleOf(stages[at])}: ${gone === null ? "has no weights" : `has gone ${percent(gone)} of the size of its first weights`}`);
  }

  // ---- what there is -------------------------------------------------------------------------------------------------
  /** How far a stage has gone in one of the four; null where it has no weights. @param {number} row @param {string} stage @returns {number | null} */
  gone(row, stage) {
    const drift = this.frameNow?.arrays.transfer_drift;
    const at = this.facts?.weighted.indexOf(stage) ?? -1;
    return drift && at >= 0 ? drift.data[row * drift.shape[1] + at] : null;
  }

  room() {
    const [x, answer] = this.page.width < WIDE ? [118, 84] : [128, 150];
    return { x, answer, width: Math.max(60, this.page.width - x - answer) };
  }

  rows() {
    const height = this.page.height / 5;
    return [SOURCE, ...(this.facts?.courses.map((c) => c.name) ?? [])].map((name, i) => ({ name, place: { x: 0, y: i * height, width: this.page.width, height } }));
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
    if (this.sceneNow && about(this.sceneNow.experiment) !== about(scene.experiment)) this.predict(""); // the guess was about something else
    this.sceneNow = scene;
    const { facts } = this;
    if (!facts) return;
    this.kept.max = String(facts.stages.length - 1);
    this.kept.value = String(facts.kept);
    const few = scene.experiment.data.per_class ?? 0;
    if (![...this.few.options].some((option) => Number(option.value) === few)) this.few.append(make("option", { value: few }, `${few} pictures a class`));
    this.few.value = String(few);
    this.say();
  }

  /** @param {Frame} frame */
  frame(frame) {
    this.frameNow = frame;
    this.tell();
    this.draw();
  }

  say() {
    const blocks = this.dragged ?? this.facts?.kept ?? 0;
    write(this.told, `${blocks} of ${Math.max(0, this.stages.length - 1)}`);
  }

  tell() {
    const { facts, frameNow: frame, sceneNow: scene } = this;
    if (!facts || !frame || !scene) return;
    const { done, all, share } = this.progress;
    if (share < 1 && frame.step === 0) {
      const before = done ? `Update ${count(done)} of ${count(all)} on the source (${known(facts.source)}): it reads ${this.learned === null ? "…" : percent(this.learned)} of unseen pictures right. Then its weights are copied.` : `Press Play: the network first learns the source (${known(facts.source)}), then its weights are copied.`;
      return write(this.words, before + (this.guess ? this.expected() : ""));
    }
    this.guessing.hidden = frame.step > 0 && !this.guess;
    const many = scene.experiment.data.per_class;
    const where = `${many ? `${many} ${many === 1 ? "picture" : "pictures"} a class` : "all pictures"}`;
    const best = leader(facts.courses, frame.metrics);
    const { history } = this.board;
    const step = frame.stale && history.length ? history.at(history.length - 1, 0) : frame.step; // the numbers are of then
    const each = facts.courses.map(({ name, label }) => `${label.toLowerCase()} ${percent(frame.metrics?.[`accuracy_${name}`] ?? 0).replace(" ", "\u202f")}`).join(", ");
    const guess = this.guess && step >= TELL ? ` You said ${label(facts, this.guess).toLowerCase()}: ${best === this.guess ? "right so far." : `${label(facts, best).toLowerCase()} is ahead.`}` : "";
    const expected = this.guess && !frame.step ? this.expected() : "";
    write(this.words, step ? `After ${count(step)} updates, ${where}, read right: ${each}.${guess}${expected}` : `The source is learned (${this.learned === null ? "" : `${percent(this.learned)} of its unseen pictures`}). Now four networks learn the target from ${where}.${expected}`);
  }

  /** What was measured of this pair before, for who has made a guess. */
  expected() {
    const told = this.facts?.expected;
    if (!told) return "";
    const each = told.courses.map(([name, mean, sd]) => `${label(this.facts, name).toLowerCase()} ${percent(mean)} ± ${Math.round(100 * sd)}`).join(", ");
    return ` Expect, after ${told.updates} updates with ${told.per_class} pictures a class (five seeds): ${each}.`;
  }

  // ---- drawing -------------------------------------------------------------------------------------------------------
  draw() {
    const { page, colours: theme, facts } = this;
    if (!theme || !facts || !page.width) return;
    page.ctx.clearRect(0, 0, page.width, page.height);
    for (const [i, { name, place }] of this.rows().entries()) this.row(theme, i, name, place);
    this.handle(theme);
  }

  /** @param {Theme} theme @param {number} i @param {string} name @param {Place} place */
  row(theme, i, name, { y, height }) {
    const { ctx } = this.page;
    const { x, width, answer } = this.room();
    const { stages } = this;
    const middle = y + height / 2;
    ctx.textBaseline = "middle";
    ctx.textAlign = "left";
    ctx.fillStyle = i ? colourOf(theme, name) : theme.text;
    ctx.font = `600 15px ${theme.font}`;
    ctx.fillText(fitted(ctx, i ? label(this.facts, name) : `Source`, x - 8), 0, middle - (i ? 0 : 8));
    if (!i) {
      ctx.font = `14px ${theme.font}`;
      ctx.fillStyle = theme.faint;
      ctx.fillText(fitted(ctx, known(this.facts?.source ?? ""), x - 8), 0, middle + 9);
    }
    const each = width / Math.max(1, stages.length);
    stages.forEach((stage, k) => this.block(theme, { i, name, stage, k }, { x: x + k * each, y: y + 3, width: each - GAP, height: height - 8 }));
    this.answer(theme, i, name, { x: x + width + 6, y: middle, width: answer - 8, height });
  }

  /** @param {Theme} theme @param {{i: number, name: string, stage: {name: string, kind: string}, k: number}} of @param {Place} place */
  block(theme, { i, name, stage, k }, { x, y, width, height }) {
    const { ctx } = this.page;
    const kept = k < (this.dragged ?? this.facts?.kept ?? 0);
    const weighted = this.facts?.weighted.includes(stage.name) ?? false;
    const own = !i || (kept && (name === "tuned" || name === "frozen"));
    const still = kept && (name === "frozen" || name === "random") && weighted;
    ctx.fillStyle = own ? css(rgb(theme.positive), weighted ? 0.22 : 0.1) : theme.panel;
    ctx.fillRect(x, y, width, height);
    ctx.lineWidth = still ? 2.5 : 1;
    ctx.strokeStyle = own ? theme.positive : theme.border;
    ctx.setLineDash(own || still ? [] : [4, 3]);
    ctx.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
    ctx.setLineDash([]);
    ctx.textAlign = "center";
    ctx.fillStyle = weighted ? theme.text : theme.faint;
    ctx.font = `14px ${theme.font}`;
    const title = titleOf(stage);
    const short = title.replace(/^(.)\D*(\d*)$/, "$1$2"); // where a block is narrow
    ctx.fillText(ctx.measureText(title).width <= width - 4 ? title : short, x + width / 2, y + height * 0.36);
    if (!weighted || !i) return;
    if (still && width < 36) return;
    if (still) {
      ctx.fillStyle = theme.faint;
      return ctx.fillText(fitted(ctx, "still", width - 4), x + width / 2, y + height * 0.74);
    }
    const gone = Math.min(1, (this.gone(i - 1, stage.name) ?? 0) / MOVED);
    const [left, top, long] = [x + 5, y + height * 0.68, width - 10];
    ctx.fillStyle = theme.border;
    ctx.fillRect(left, top, long, 6);
    ctx.fillStyle = colourOf(theme, name);
    ctx.fillRect(left, top, long * gone, 6);
  }

  /** @param {Theme} theme @param {number} i @param {string} name @param {Place} place */
  answer(theme, i, name, { x, y, width }) {
    const { ctx } = this.page;
    const { share } = this.progress;
    const waits = i > 0 && share < 1;
    const value = i ? this.frameNow?.metrics?.[`accuracy_${name}`] : this.learned;
    ctx.fillStyle = theme.border;
    ctx.fillRect(x, y + 8, width, 8);
    ctx.fillStyle = i ? colourOf(theme, name) : theme.positive;
    ctx.fillRect(x, y + 8, width * (waits ? 0 : i || share >= 1 ? (value ?? 0) : share), 8);
    ctx.textAlign = "left";
    ctx.fillStyle = theme.text;
    ctx.font = `600 18px ${theme.font}`;
    ctx.fillText(waits || value === undefined || value === null ? "–" : percent(value), x, y - 6);
    ctx.font = `14px ${theme.font}`;
    ctx.fillStyle = theme.faint;
    ctx.textAlign = "right";
    if (width > 100) ctx.fillText(i ? "right" : share < 1 ? `${Math.round(100 * share)} % done` : "of the source", x + width, y - 6);
  }

  /** @param {Theme} theme */
  handle(theme) {
    const { ctx, height } = this.page;
    const x = this.edge(this.dragged ?? this.facts?.kept ?? 0);
    ctx.strokeStyle = theme.text;
    ctx.lineWidth = 2;
    ctx.setLineDash([5, 4]);
    ctx.beginPath();
    ctx.moveTo(x, height / 5);
    ctx.lineTo(x, height - 4);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.fillStyle = theme.text;
    ctx.beginPath();
    ctx.roundRect(x - 5, height * 0.6 - 14, 10, 28, 5);
    ctx.fill();
  }

  resize() {
    this.page.fit();
    this.draw();
  }

  alt() {
    return this.words.textContent ?? "";
  }
}

/** @param {any} facts @param {string} name @returns {string} */
const label = (facts, name) => facts?.courses.find((/** @type {{name: string}} */ c) => c.name === name)?.label ?? name;

/** @type {import("../../kit/types.d.ts").ViewModule} */
export default { create: (root, board) => new Courses(root, board) };
