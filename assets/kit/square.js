/**
 * A square part of a plane with axes around it: places to pixels and back, and a hand on it.
 *
 * @import { Axis, Box } from "./axes.js"
 * @import { Board, Surface, Theme } from "./types.d.ts"
 * @typedef {{x: number, y: number, px: number, py: number, inside: boolean}} Place of a pointer: on the plane and in pixels
 */
import { boxOf, drawAxes, linear } from "./axes.js";
import { placeOn, roomOf } from "./canvas.js";

const ROOM = { left: 30, right: 6, top: 6, bottom: 24 };
const LINE = 16; // of a name that needs one of its own
const SHORT = 24; // pixels; a longer name does not fit among the numbers
const MOST_DIGITS = 64;

export const LONG_NUMBERS = 54; // pixels beside the square for numbers such as −0.001: of what grows and shrinks while one looks

export class Square {
  across = linear([-1, 1], [0, 1]);
  up = linear([-1, 1], [0, 1]);

  /** @param {HTMLElement} root @param {Board} board @param {string} [label] */
  constructor(root, board, label) {
    this.board = board;
    this.root = root;
    /** @type {Box} around the square, for numbers and names */
    this.room = ROOM;
    /** @type {Surface} */
    this.surface = board.canvas(root, { height: (width) => width - this.room.left - this.room.right + this.room.top + this.room.bottom, label });
    this.fit();
  }

  /** Takes over the width of its place, and less where the stage is too low for so large a square. */
  fit() {
    const { left, right, top, bottom } = this.room;
    const most = roomOf(this.surface.canvas) - top - bottom + left + right;
    this.surface.fit(Math.min(this.root.clientWidth, Math.floor(most)));
    this.span([this.across.low, this.across.high], [this.up.low, this.up.high]);
  }

  get box() {
    return boxOf(this.surface, this.room);
  }

  /** Width and height in pixels. */
  get size() {
    return this.surface.width - this.room.left - this.room.right;
  }

  /** The part of the plane that is seen. @param {number[]} across @param {number[]} up */
  span(across, up) {
    const { left, right, top, bottom } = this.box;
    this.across = linear(across, [left, right]);
    this.up = linear(up, [bottom, top]);
  }

  /** @param {number} value */
  x(value) {
    return this.across.at(value);
  }

  /** @param {number} value */
  y(value) {
    return this.up.at(value);
  }

  /** @param {MouseEvent} event @returns {Place} */
  place(event) {
    const [px, py] = placeOn(event, this.surface.canvas);
    const [x, y] = [this.across.value(px), this.up.value(py)];
    return { x, y, px, py, inside: x >= this.across.low && x <= this.across.high && y >= this.up.low && y <= this.up.high };
  }

  /** A place kept inside the square. @param {Place} place @returns {[number, number]} */
  within({ x, y }) {
    return [Math.max(this.across.low, Math.min(this.across.high, x)), Math.max(this.up.low, Math.min(this.up.high, y))];
  }

  /** As much room as the longest number needs, and a line for each long name. @param {Theme} theme @param {{names: string[], digits: string[]}} texts */
  makeRoom(theme, { names, digits }) {
    const { ctx } = this.surface;
    ctx.font = `14px ${theme.font}`;
    const [across, up] = names.map((name) => (this.isLong(name) ? LINE : 0));
    const longest = Math.max(0, ...digits.map((text) => ctx.measureText(text).width));
    const room = { ...ROOM, left: Math.max(ROOM.left, Math.min(MOST_DIGITS, Math.ceil(longest) + 9)) + up, bottom: ROOM.bottom + across };
    if (room.left === this.room.left && room.bottom === this.room.bottom) return;
    this.room = room;
    this.fit();
  }

  /** @param {string} name */
  isLong(name) {
    return this.surface.ctx.measureText(name).width > SHORT;
  }

  /** Clears the canvas and draws the frame. @param {Theme} theme @param {{names: string[], zero?: boolean, marks?: [Axis["marks"], Axis["marks"]]}} axes */
  frame(theme, { names, zero = false, marks = [5, 5] }) {
    const { ctx, width, height } = this.surface;
    ctx.clearRect(0, 0, width, height);
    ctx.font = `14px ${theme.font}`;
    const [x, y] = [this.across, this.up].map((scale, i) => ({ scale, name: names[i], beside: this.isLong(names[i]), zero, marks: marks[i] }));
    drawAxes(this.surface, theme, this.box, { x, y, frame: true });
  }

  /** What `paint` draws is cut at the border; its texts begin at their upper left corner. @param {(ctx: CanvasRenderingContext2D) => void} paint */
  clipped(paint) {
    const { ctx } = this.surface;
    ctx.save();
    ctx.beginPath();
    ctx.rect(this.room.left, this.room.top, this.size, this.size);
    ctx.clip();
    ctx.textAlign = "left";
    ctx.textBaseline = "top";
    paint(ctx);
    ctx.restore();
  }

  /**
   * The pointer's way over the square, from where it goes down to where it comes up; nobody else hears of it.
   * @param {{start: (place: Place, event: PointerEvent) => boolean, move: (place: Place) => void, end: (place: Place) => void}} on
   *   `start` says whether what lies there can be taken
   */
  dragging({ start, move, end }) {
    const { canvas } = this.surface;
    let held = false;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button > 0 || !start(this.place(event), event)) return;
      held = true;
      event.stopImmediatePropagation();
      canvas.setPointerCapture(event.pointerId);
    }, true);
    canvas.addEventListener("pointermove", (event) => {
      if (!held) return;
      event.stopImmediatePropagation();
      move(this.place(event));
    }, true);
    const release = (/** @type {PointerEvent} */ event) => {
      if (!held) return;
      held = false;
      end(this.place(event));
    };
    canvas.addEventListener("pointerup", release);
    canvas.addEventListener("pointercancel", release);
  }
}
