/**
 * Convolution and pooling by themselves, without a network: a window of any size, stride, padding and dilation on the picture that is
 * looked at, a kernel of one's own, and the arithmetic of each cell and of the size.
 *
 * @import { Arrays, Board, Scene, Theme, View } from "../../kit/types.d.ts"
 * @typedef {"convolution" | "max" | "average"} Operation
 * @typedef {{input: Float32Array, from: number[], maps: Float32Array[], out: number[], patch: Float32Array, inside: Uint8Array, kernel: Float32Array,
 *   products: Float32Array, facts: Float32Array, shape: number[], nearest: number[], at: number[], possible: boolean, operation: Operation}} Slid
 */
import { placeOn } from "../../kit/canvas.js";
import { remember, remembered } from "../../kit/choices.js";
import { make, write } from "../../kit/dom.js";
import { leaveKeys } from "../../kit/keyboard.js";
import { asked } from "./chosen.js";
import { Bar } from "./slide_bar.js";
import { drawInput, drawOutput, heightOf, outputAt, windowAt } from "./slide_draw.js";
import { KEY, Memory, slidOf, USUAL } from "./slide_state.js";
import { CSS, parsed, Table } from "./slide_table.js";
import { cellInWords, mending, sizeInWords, sumInWords, whyNot } from "./slide_words.js";

const [WIDE, MIDDLE, FEW] = [980, 560, 3]; // three columns; of a small window, which has at most so many numbers in a row
const [WHOLE_MS, FASTEST_MS, SLOWEST_MS, STILL_MS] = [24_000, 50, 400, 500]; // all cells; a cell; a cell where somebody prefers less motion
const SLIDES = "While it slides, the pointer does not move the window: press Pause, or click a cell.";
const HINT = "Move over the output to move the window; click to hold it. Drag a number of the kernel up or down, or type it; Shift with ↑ or ↓ changes it by 0.1.";
const IN_COLOUR = " Of a picture in colour, one map is taken; a layer of a network has a kernel for each colour and adds the three sums.";

/** @implements {View} */
class Slide {
  /** @type {Theme | null} */
  colours = null;
  /** @type {Scene | null} */
  sceneNow = null;
  /** @type {Slid | null} */
  s = null;
  /** @type {{row: number, column: number} | null} null: the middle */
  cell = null;
  pinned = false;
  sliding = false;
  /** @type {number} cells that the window has passed; Infinity: all are shown */
  shown = Infinity;
  busy = false;
  again = false; // something changed while an answer was under way
  timer = 0;
  memory = new Memory();

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    this.board = board;
    this.still = window.matchMedia("(prefers-reduced-motion: reduce)");
    this.chosen = remembered(KEY, USUAL);
    this.bar = new Bar({ choose: (to) => this.choose(to), slide: () => this.toggle(), network: (channel) => this.borrow(channel) });
    this.words = make("p", {});
    this.mend = make("button", { class: "small", type: "button", hidden: true, onclick: () => this.repair() });
    this.parts = make("div", { style: "display:grid;gap:4px 24px;align-items:start" });
    const part = () => this.parts.appendChild(make("div", { style: "min-width:0" }));
    root.append(make("style", {}, CSS), this.bar.box, make("div", { class: "told" }, this.words, this.mend), this.parts);
    const [left, middle, right] = [part(), part(), part()];
    this.middle = middle;
    this.right = right;
    const height = (/** @type {number} */ width) => heightOf(width, this.chosen.operation === "convolution" ? 1 : 2);
    this.input = board.canvas(left, { height: (width) => heightOf(width, 1), label: "The picture with its padding, the window on it, and the places where it stands" });
    this.title = middle.appendChild(make("div", { style: "font-weight:600;font-size:14px;line-height:22px" }));
    this.table = new Table(middle, (values, done) => this.edit(values, done));
    this.output = board.canvas(right, { height, label: "The output, a number for each place of the window" });
    const line = () => root.appendChild(make("p", { class: "sum" }));
    this.sum = line();
    this.size = line();
    this.hint = root.appendChild(make("p", { style: "margin:6px 0 0;font-size:14px;color:var(--faint)" }, HINT));
    this.offs = [board.on("option", () => this.request())];
    this.pointing();
  }

  pointing() {
    for (const { canvas } of [this.input, this.output]) {
      leaveKeys(canvas);
      canvas.addEventListener("pointermove", (event) => this.move(event));
      canvas.addEventListener("pointerdown", (event) => this.down(event));
    }
    const { canvas } = this.output;
    canvas.tabIndex = 0;
    canvas.setAttribute("data-keys", "");
    canvas.addEventListener("keydown", (event) => this.key(event));
    const letGo = (/** @type {KeyboardEvent} */ event) => event.key === "Escape" && this.release(); // wherever the keyboard is: a click leaves it to the player
    document.addEventListener("keydown", letGo);
    this.offs.push(() => document.removeEventListener("keydown", letGo));
  }

  // ---- choosing -------------------------------------------------------------------------------------------------------
  /** @param {Partial<typeof USUAL>} to */
  choose(to) {
    const before = this.chosen;
    this.chosen = this.memory.next(before, to, this.sceneNow);
    const by = before.stride / this.chosen.stride;
    if (by !== 1 && this.cell) this.cell = { row: Math.round(this.cell.row * by), column: Math.round(this.cell.column * by) };
    this.stop();
    this.keep();
    if (to.operation || to.size) this.resize();
    this.request();
  }

  keep() {
    remember(this.board, KEY, this.chosen, USUAL);
  }

  /** @param {number[]} numbers @param {boolean} done */
  edit(numbers, done) {
    if (this.chosen.operation !== "convolution" || numbers.length !== this.chosen.size ** 2) return;
    const text = JSON.stringify(numbers);
    const named = this.s && !this.chosen.numbers && numbers.every((v, i) => Math.abs(v - /** @type {Slid} */ (this.s).kernel[i]) < 1e-5);
    if (!named && text !== this.chosen.numbers) {
      this.memory.own.set(this.chosen.size, numbers);
      Object.assign(this.chosen, { numbers: text, lent: "" });
      this.stop();
      this.request();
    }
    if (done) this.keep();
  }

  /** A kernel of the network as it is now; stride, padding and dilation stay. @param {number} channel of its first convolution */
  async borrow(channel) {
    const [options, arrays] = asked(this.board);
    const answer = await this.board.ask("cell", { ...options, channel }, arrays);
    if (!answer.arrays) return this.say(answer.error ?? "");
    const [size] = answer.arrays.cell_shape.data;
    const numbers = Array.from(answer.arrays.cell_kernel.data, (v) => Number(v.toFixed(3)));
    this.memory.own.set(size, numbers);
    this.choose({ operation: "convolution", size, numbers: JSON.stringify(numbers), lent: String(channel) });
  }

  repair() {
    if (!this.s) return;
    const [size, stride, padding, dilation] = this.s.nearest;
    this.choose({ ...(size === this.chosen.size ? {} : { size }), stride, padding, dilation });
  }

  // ---- the window -----------------------------------------------------------------------------------------------------
  /** @param {{row: number, column: number}} cell */
  go(cell) {
    if (this.cell?.row === cell.row && this.cell.column === cell.column) return;
    this.cell = cell;
    this.request();
  }

  /** @param {MouseEvent} event */
  under(event) {
    if (!this.s) return null;
    const page = event.currentTarget === this.input.canvas ? this.input : this.output;
    const [x, y] = placeOn(event, page.canvas);
    return page === this.input ? windowAt(this.s, page, x, y) : outputAt(this.s, page, x, y);
  }

  /** @param {PointerEvent} event */
  move(event) {
    const found = this.under(event);
    /** @type {HTMLElement} */ (event.currentTarget).style.cursor = found ? "pointer" : "default";
    if (!found || this.pinned || this.sliding) return;
    this.shown = Infinity;
    this.go(found);
  }

  /** @param {PointerEvent} event */
  down(event) {
    const found = this.under(event);
    if (!found) return;
    this.stop();
    this.pinned = !this.pinned || found.row !== this.s?.at[0] || found.column !== this.s.at[1];
    this.go(found);
    this.draw();
  }

  release() {
    if (!this.pinned && this.shown === Infinity) return;
    this.stop();
    this.pinned = false;
    this.draw();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const by = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    if (event.key === " ") this.toggle();
    else if (by && this.s?.possible) {
      const [height, width] = this.s.out;
      const { row, column } = this.cell ?? { row: this.s.at[0], column: this.s.at[1] };
      this.stop();
      this.pinned = true;
      this.go({ row: (row + by[0] + height) % height, column: (column + by[1] + width) % width });
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // ---- sliding over all cells -----------------------------------------------------------------------------------------
  toggle() {
    if (this.sliding) this.rest();
    else if (this.s?.possible) {
      this.sliding = true;
      this.pinned = false;
      if (this.shown >= this.s.maps[0].length) {
        this.shown = 1;
        this.cell = { row: 0, column: 0 };
        this.request();
      }
      this.bar.show(this.chosen, true);
      this.tellHint();
      this.pace();
    }
  }

  pace() {
    const cells = this.s?.maps[0]?.length ?? 1;
    const pace = Math.max(FASTEST_MS, Math.min(SLOWEST_MS, WHOLE_MS / cells));
    this.timer = setTimeout(() => this.step(), this.still.matches ? STILL_MS : pace);
  }

  /** To the next cell, as soon as the last one is drawn. */
  step() {
    if (!this.sliding || !this.s?.possible) return this.rest();
    if (!this.busy) {
      if (this.shown >= this.s.maps[0].length) return this.stop();
      const columns = this.s.out[1];
      this.cell = { row: Math.floor(this.shown / columns), column: this.shown % columns };
      this.shown += 1;
      this.request();
    }
    this.pace();
  }

  /** Where it is. */
  rest() {
    clearTimeout(this.timer);
    this.sliding = false;
    this.bar.show(this.chosen, false);
    this.tellHint();
  }

  /** All cells are shown again. */
  stop() {
    this.shown = Infinity;
    this.rest();
    this.draw();
  }

  // ---- what the run says ----------------------------------------------------------------------------------------------
  /** @param {Theme} theme */
  theme(theme) {
    this.colours = theme;
    this.draw();
  }

  /** @param {Scene} scene */
  scene(scene) {
    this.sceneNow = scene;
    const conv = scene.facts.stages?.find((stage) => stage.kind === "conv");
    this.bar.offer({ colours: scene.form.channels === 3, channels: scene.form.channels === 1 && scene.facts.stages?.[1] === conv ? (conv?.shape[0] ?? 0) : 0 });
    this.bar.show(this.chosen, this.sliding);
    this.tellHint();
    this.resize();
    this.request();
  }

  tellHint() {
    write(this.hint, this.sliding ? SLIDES : this.sceneNow?.form.channels === 3 ? HINT + IN_COLOUR : HINT);
  }

  frame() {} // it shows nothing of the network

  async request() {
    if (!this.sceneNow) return;
    this.again = this.busy;
    if (this.busy) return;
    this.busy = true;
    const [options, arrays] = asked(this.board);
    const { numbers, lent: _, ...chosen } = this.chosen;
    const answer = await this.board.ask("slide", { ...options, ...chosen, numbers: parsed(numbers), ...this.cell }, arrays);
    this.busy = false;
    if (answer.arrays?.slide_input) this.take(answer.arrays, /** @type {Operation} */ (chosen.operation));
    else if (answer.error) this.say(answer.error);
    if (this.again) this.request();
  }

  /** @param {Arrays} a @param {Operation} operation */
  take(a, operation) {
    this.s = slidOf(a, operation);
    if (this.s.possible && this.cell) this.cell = { row: this.s.at[0], column: this.s.at[1] };
    if (!this.again) {
      const [size, stride, padding, dilation] = this.s.shape;
      Object.assign(this.chosen, { size, stride, padding, dilation }); // as they were taken: a link may hold what makes no sense
      this.bar.show(this.chosen, this.sliding);
    }
    this.tell();
    this.draw();
  }

  /** @param {string} text @param {string} [mend] */
  say(text, mend = "") {
    write(this.words, text);
    write(this.mend, mend);
    this.mend.hidden = !mend;
  }

  tell() {
    const { s } = this;
    if (!s) return;
    if (s.possible) this.say(cellInWords(s));
    else this.say(whyNot(s), mending(s));
    write(this.sum, s.possible ? `Sum: ${sumInWords(s)}`.replace(/^Sum: max/, "Largest: max").replace(/^Sum: \(/, "Mean: (") : "");
    write(this.size, s.possible ? sizeInWords(s) : "");
    write(this.title, s.operation === "convolution" ? "Pixel · kernel = product" : !s.possible ? "" : s.operation === "max" ? "★ the largest of these" : `Pixel · 1/${s.kernel.length} = what it adds`);
  }

  draw() {
    const { s, colours: theme } = this;
    if (!s || !theme || !this.input?.width) return;
    drawInput(this.input, theme, s);
    drawOutput(this.output, theme, s, { pinned: this.pinned, shown: this.shown });
    this.table.show(s, theme, s.operation === "convolution" ? parsed(this.chosen.numbers) : null);
  }

  resize() {
    const { operation, size } = this.chosen;
    const pooled = operation !== "convolution";
    const width = this.parts.parentElement?.clientWidth ?? 0;
    const wide = width >= (size > FEW ? WIDE : MIDDLE);
    const under = !wide && pooled && size <= FEW; // the numbers find room below the picture, beside the second map
    this.parts.style.gridTemplateColumns = wide ? `minmax(0,3fr) minmax(0,${pooled && size <= FEW ? 3 : 4}fr) minmax(0,${pooled ? 4 : 3}fr)` : "minmax(0,1fr) minmax(0,1fr)";
    Object.assign(this.middle.style, { gridColumn: wide ? "" : under ? "1" : "1 / -1", gridRow: wide ? "" : "2" });
    this.right.style.gridRow = under ? "1 / span 2" : "";
    for (const page of [this.input, this.output]) page.fit();
    this.draw();
  }

  alt() {
    return [this.words, this.sum, this.size].map((line) => line.textContent).join(" ");
  }

  destroy() {
    clearTimeout(this.timer);
    for (const off of this.offs) off();
  }
}

/** @type {import("../../kit/types.d.ts").ViewModule} */
export default { create: (root, board) => new Slide(root, board) };
