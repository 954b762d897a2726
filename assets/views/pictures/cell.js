/**
 * One number of a convolution, taken apart: where the kernel lies, what lies under it, and how the sum comes about.
 *
 * @import { Board, Frame, Scene, Surface, Theme, View } from "../../kit/types.d.ts"
 * @typedef {{patch: Float32Array, kernel: Float32Array, places: Int32Array, facts: Float64Array, map: Float32Array, inputs: Float32Array,
 *   at: Int32Array, size: Int32Array, channels: number, k: number, out: number[], from: number[]}} Cell
 */
import { placeOn } from "../../kit/canvas.js";
import { picker } from "../../kit/choices.js";
import { make, write } from "../../kit/dom.js";
import { leaveKeys } from "../../kit/keyboard.js";
import { asked } from "./chosen.js";
import { drawCell, heightOf, partsOf, placesIn } from "./cell_draw.js";
import { plain, titleOf } from "../../kit/stages.js";

const AGAIN_MS = 250; // between two answers while it trains
const DRAG_PX = 120; // up or down changes a weight by 1

/** @implements {View} */
class Explorer {
  /** @type {Theme | null} */
  colours = null;
  /** @type {Scene | null} */
  sceneNow = null;
  /** @type {Cell | null} */
  cell = null;
  chosen = { stage: 0, channel: 0, row: 12, column: 12 };
  /** @type {number | null} the input channel whose numbers are shown; null: the one that gives most */
  input = null;
  pinned = false;
  busy = false;
  again = false; // something changed while an answer was under way
  at = 0;
  later = 0;
  /** @type {{index: number, value: number, y: number} | null} a weight that is dragged */
  held = null;

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    this.board = board;
    this.stage = picker("Convolution", [["0", "Convolution"]], (value) => this.choose({ stage: Number(value), channel: 0 }));
    this.channel = picker("Channel", [["0", "Channel 1"]], (value) => this.choose({ channel: Number(value) }));
    root.append(make("div", { class: "tools" }, this.stage, this.channel));
    this.words = make("p", { style: "margin:0 0 6px;font-size:15px;line-height:20px;min-height:40px" });
    root.append(this.words);
    /** @type {Surface} */
    this.page = board.canvas(root, { height: (width) => heightOf(this.cell, width), label: "The input, the kernel on it, the output, and the sum of one cell" });
    this.page.canvas.tabIndex = 0;
    this.page.canvas.setAttribute("data-keys", "");
    leaveKeys(this.page.canvas);
    this.hint = make("p", { style: "margin:4px 0 0;font-size:14px;color:var(--faint)" }, "Move over the output to move the kernel; click to hold it. Drag a number of the kernel up or down to change that weight.");
    root.append(this.hint);
    const { canvas } = this.page;
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => this.up());
    canvas.addEventListener("keydown", (event) => this.key(event));
    this.offs = [board.on("option", () => this.request())];
  }

  // ---- choosing -------------------------------------------------------------------------------------------------------
  /** @param {Partial<Explorer["chosen"]>} to */
  choose(to) {
    const before = this.chosen;
    this.chosen = { ...before, ...to };
    if (this.chosen.stage !== before.stage) this.input = null;
    this.request();
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (this.held) return this.drag(event);
    const found = this.under(event);
    this.page.canvas.style.cursor = found?.kind === "weight" ? "ns-resize" : found ? "pointer" : "default";
    if (found?.kind === "output" && !this.pinned) this.choose({ row: found.row, column: found.column });
  }

  /** @param {PointerEvent} event */
  down(event) {
    const found = this.under(event);
    if (found?.kind === "output") {
      this.pinned = !this.pinned || found.row !== this.chosen.row || found.column !== this.chosen.column;
      this.choose({ row: found.row, column: found.column });
    } else if (found?.kind === "part") {
      this.input = found.input;
      this.draw();
    } else if (found?.kind === "weight" && this.cell) {
      const place = this.shownInput() * this.cell.k ** 2 + found.place;
      this.held = { index: this.cell.places[place], value: this.cell.kernel[place], y: event.clientY };
      this.page.canvas.setPointerCapture(event.pointerId);
      event.preventDefault();
    }
  }

  /** @param {PointerEvent} event */
  drag(event) {
    const { index, value, y } = /** @type {NonNullable<Explorer["held"]>} */ (this.held);
    this.board.edit(index, value + (y - event.clientY) / DRAG_PX);
    this.request();
  }

  up() {
    if (this.held) this.board.changed();
    this.held = null;
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const by = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    if (!by || !this.cell) return;
    const [height, width] = this.cell.out;
    this.pinned = true;
    this.choose({ row: (this.chosen.row + by[0] + height) % height, column: (this.chosen.column + by[1] + width) % width });
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {MouseEvent} event */
  under(event) {
    if (!this.cell) return null;
    const [x, y] = placeOn(event, this.page.canvas);
    return placesIn(this.cell, this.page.width, x, y);
  }

  shownInput() {
    if (this.input !== null && this.cell && this.input < this.cell.channels) return this.input;
    return this.cell ? partsOf(this.cell)[0].input : 0;
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
    const stages = scene.facts.stages ?? [];
    const own = stages.flatMap((s, i) => (s.kind === "conv" ? [[String(i), titleOf(s)]] : []));
    fill(this.stage, own);
    if (own.length && !own.some(([i]) => i === String(this.chosen.stage))) this.chosen.stage = Number(own[0][0]);
    this.stage.value = String(this.chosen.stage);
    fill(this.channel, Array.from({ length: stages[this.chosen.stage]?.shape[0] ?? 1 }, (_, c) => [String(c), `Channel ${c + 1}`]));
    this.channel.value = String(this.chosen.channel);
    this.request();
  }

  /** @param {Frame} frame */
  frame(frame) {
    clearTimeout(this.later);
    const wait = AGAIN_MS - (performance.now() - this.at);
    if (!this.cell || !frame.playing || frame.restarted || wait <= 0) this.request();
    else this.later = setTimeout(() => this.request(), wait); // the last frame before a rest is shown, too
  }

  async request() {
    if (!this.sceneNow) return;
    if (this.busy) {
      this.again = true;
      return;
    }
    this.busy = true;
    this.again = false;
    this.at = performance.now();
    const [options, arrays] = asked(this.board);
    const answer = await this.board.ask("cell", { ...options, ...this.chosen }, arrays);
    this.busy = false;
    if (answer.arrays) this.take(answer.arrays);
    else if (answer.error) write(this.words, answer.error);
    if (this.again) this.request();
  }

  /** @param {import("../../kit/types.d.ts").Arrays} a */
  take(a) {
    const old = this.cell;
    this.cell = /** @type {Cell} */ ({
      patch: a.cell_patch.data, kernel: a.cell_kernel.data, places: a.cell_places.data, facts: a.cell_facts.data, map: a.cell_map.data, inputs: a.cell_inputs.data,
      at: a.cell_at.data, size: a.cell_shape.data, channels: a.cell_kernel.shape[0], k: a.cell_kernel.shape[1], out: a.cell_map.shape, from: a.cell_inputs.shape.slice(1),
    });
    const [stage, channel, row, column] = this.cell.at;
    this.chosen = { stage, channel, row, column };
    const count = this.sceneNow?.facts.stages?.[stage]?.shape[0] ?? 1;
    if (old?.at[0] !== stage || this.channel.options.length !== count) fill(this.channel, Array.from({ length: count }, (_, c) => [String(c), `Channel ${c + 1}`]));
    this.stage.value = String(stage);
    this.channel.value = String(channel);
    if (heightOf(this.cell, this.page.width) !== this.page.height) this.page.fit();
    this.tell();
    this.draw();
  }

  /** The sum in a sentence, with torch's own beside it. */
  tell() {
    if (!this.cell) return;
    const [bias, total, after, torch] = this.cell.facts;
    const parts = partsOf(this.cell);
    const inputs = parts.length > 1 ? `channel ${parts[0].input + 1} gives ${signed(parts[0].sum)}${parts.length > 2 ? ", the others " : ", the other "}${signed(parts.slice(1).reduce((a, p) => a + p.sum, 0))}` : `the kernel on the picture gives ${signed(parts[0].sum)}`;
    const same = Math.abs(torch - total) <= 1e-4 * Math.max(1, Math.abs(total));
    write(this.words, `This cell is ${plain(total)}: ${inputs}, the bias ${signed(bias)}. PyTorch’s own convolution ${same ? "gives the same" : `gives ${plain(torch)}`}. The activation turns it into ${plain(after)}.`);
  }

  draw() {
    if (this.cell && this.colours && this.page.width) drawCell(this.page, this.colours, this.cell, this.shownInput(), this.pinned);
  }

  resize() {
    this.page.fit();
    this.draw();
  }

  alt() {
    return this.words.textContent ?? "";
  }

  destroy() {
    clearTimeout(this.later);
    for (const off of this.offs) off();
  }
}

/** @param {number} v */
const signed = (v) => `${v < 0 ? "" : "+"}${plain(v)}`;

/** @param {HTMLSelectElement} select @param {string[][]} options */
function fill(select, options) {
  select.replaceChildren(...options.map(([value, text]) => make("option", { value }, text)));
}

/** @type {import("../../kit/types.d.ts").ViewModule} */
export default { create: (root, board) => new Explorer(root, board) };
