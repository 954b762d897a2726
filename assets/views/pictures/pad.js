/**
 * A pad to draw on. What is drawn is centred and scaled as the pictures of the data are: the longer side of its box takes 0.8 of
 * the frame, wherever and however large it was drawn.
 *
 * @import { Theme } from "../../kit/types.d.ts"
 * @typedef {[x: number, y: number][]} Line in parts of the pad
 */
import { placeOn } from "../../kit/canvas.js";

const FILLS = 0.8;
const PEN = 0.085; // of the frame
const FINE = 4; // pixels a pixel of the picture, before it is made smaller

export class Pad {
  /** @type {Line[]} */
  lines = [];
  /** @type {number | null} the pointer that draws */
  pointer = null;
  raf = 0;

  /** @param {HTMLCanvasElement} canvas @param {() => void} changed */
  constructor(canvas, changed) {
    this.canvas = canvas;
    this.changed = () => {
      cancelAnimationFrame(this.raf);
      this.raf = requestAnimationFrame(changed);
    };
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => (this.pointer = null));
  }

  active = false;

  /** @param {boolean} active */
  use(active) {
    this.active = active;
    this.canvas.style.touchAction = active ? "none" : "";
    this.canvas.style.cursor = active ? "crosshair" : "";
  }

  /** @param {PointerEvent} event */
  down(event) {
    if (!this.active || event.button) return;
    this.pointer = event.pointerId;
    this.canvas.setPointerCapture(event.pointerId);
    this.lines.push([this.at(event)]);
    this.changed();
    event.preventDefault();
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (event.pointerId !== this.pointer) return;
    for (const one of event.getCoalescedEvents?.() ?? [event]) this.lines[this.lines.length - 1].push(this.at(one));
    this.changed();
  }

  /** @param {PointerEvent} event @returns {[number, number]} */
  at(event) {
    const [x, y] = placeOn(event, this.canvas);
    const side = Math.min(this.canvas.clientWidth, this.canvas.clientHeight);
    return [x / side, y / side];
  }

  clear() {
    this.lines = [];
    this.changed();
  }

  destroy() {
    cancelAnimationFrame(this.raf);
  }

  /** As it was drawn. @param {CanvasRenderingContext2D} ctx @param {number} side @param {Theme} theme */
  show(ctx, side, theme) {
    ctx.fillStyle = theme.panel;
    ctx.fillRect(0, 0, side, side);
    trace(ctx, this.lines, { scale: side, x: 0, y: 0 }, PEN * side, theme.text);
  }

  /**
   * As the network gets it, (height, width) bytes; `ink`, `ground`: of the pictures of the data, 0…255. Null where nothing is drawn.
   * @param {number} height @param {number} width @param {{ink: number, ground: number}} colours @returns {Uint8Array | null}
   */
  bytes(height, width, { ink, ground }) {
    if (!this.lines.length) return null;
    const [large, small] = [new OffscreenCanvas(width * FINE, height * FINE), new OffscreenCanvas(width, height)].map((c) => {
      const ctx = /** @type {OffscreenCanvasRenderingContext2D} */ (c.getContext("2d", { willReadFrequently: true }));
      ctx.fillStyle = `rgb(${ground} ${ground} ${ground})`;
      ctx.fillRect(0, 0, c.width, c.height);
      return { c, ctx };
    });
    const side = Math.min(height, width) * FINE;
    trace(large.ctx, this.lines, centred(this.lines, side, [large.c.width, large.c.height]), PEN * side, `rgb(${ink} ${ink} ${ink})`);
    small.ctx.imageSmoothingQuality = "high";
    small.ctx.drawImage(large.c, 0, 0, width, height);
    const { data } = small.ctx.getImageData(0, 0, width, height);
    return Uint8Array.from({ length: height * width }, (_, i) => data[4 * i]);
  }
}

/** Where the box of all lines is moved to. @param {Line[]} lines @param {number} side @param {[number, number]} frame */
export function centred(lines, side, [width, height]) {
  const all = lines.flat();
  const [xs, ys] = [all.map((p) => p[0]), all.map((p) => p[1])];
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const scale = ((FILLS - PEN) * side) / Math.max(right - left, bottom - top, 0.12); // a dot does not fill the frame
  return { scale, x: width / 2 - (scale * (left + right)) / 2, y: height / 2 - (scale * (top + bottom)) / 2 };
}

/** @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} ctx @param {Line[]} lines @param {{scale: number, x: number, y: number}} to @param {number} width @param {string} colour */
function trace(ctx, lines, { scale, x, y }, width, colour) {
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.lineCap = ctx.lineJoin = "round";
  for (const line of lines) {
    ctx.beginPath();
    ctx.moveTo(x + scale * line[0][0], y + scale * line[0][1]);
    for (const [px, py] of line) ctx.lineTo(x + scale * px, y + scale * py);
    ctx.stroke();
  }
}
