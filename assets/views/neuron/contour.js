/**
 * A loss over two weights seen from above: shades, lines of equal loss, the paths on it, and a place that a hand can set.
 *
 * @import { Place } from "../../kit/square.js"
 * @import { Board, Theme } from "../../kit/types.d.ts"
 * @typedef {(a: number, b: number, done: boolean) => void} Put
 */
import { label, stroke } from "../../kit/canvas.js";
import { isolines } from "../../kit/isolines.js";
import { number } from "../../kit/numbers.js";
import { css, mix, rgb } from "../../kit/palette.js";
import { LONG_NUMBERS, Square } from "../../kit/square.js";

const LEVELS = 14;
const FAR = 1e9; // a place beyond it is not drawn

export class Contour extends Square {
  /** @param {HTMLElement} root @param {Board} board @param {{names: [string, string], put?: Put, label: string}} options `put` is called while a place is set */
  constructor(root, board, { names, put, label: words }) {
    super(root, board, words);
    this.names = names;
    this.room = { ...this.room, left: LONG_NUMBERS };
    this.fit();
    /** @type {Theme | null} */
    this.colours = null;
    /** @type {{values: ArrayLike<number>, side: number} | null} */
    this.grid = null;
    this.stamp = ""; // of what the layer shows
    this.layer = document.createElement("canvas");
    this.surface.canvas.style.cursor = put ? "crosshair" : "default";
    if (put) {
      const set = (/** @type {boolean} */ done) => (/** @type {Place} */ at) => put(...this.within(at), done);
      const start = (/** @type {Place} */ at) => {
        const starts = Boolean(this.grid && at.inside);
        if (starts) set(false)(at);
        return starts;
      };
      this.dragging({ start, move: set(false), end: set(true) });
    }
    this.surface.canvas.addEventListener("pointermove", (event) => this.read(event));
    this.surface.canvas.addEventListener("pointerleave", () => board.tip(null));
  }

  /** @param {Theme} theme */
  theme(theme) {
    this.colours = theme;
    this.stamp = "";
  }

  /** `values` (side x side), row 0 lowest; `axes` [a from, to, b from, to]. @param {ArrayLike<number>} values @param {ArrayLike<number>} axes @param {number} side */
  show(values, axes, side) {
    let sum = 0;
    for (let i = 0; i < values.length; i += 7) sum += values[i] * (1 + (i % 13));
    this.grid = { values, side };
    const [a0, a1, b0, b1] = Array.from(axes);
    this.span([a0, a1], [b0, b1]);
    const stamp = [sum, a0, a1, b0, b1, this.surface.width, this.colours?.dark, window.devicePixelRatio].join();
    if (stamp === this.stamp || !this.colours) return;
    this.stamp = stamp;
    this.render(this.colours, values, side);
  }

  /** Shades and lines into a layer that is drawn again only when the loss itself changes. @param {Theme} theme @param {ArrayLike<number>} values @param {number} side */
  render(theme, values, side) {
    const { layer } = this;
    const scale = Math.min(2, window.devicePixelRatio || 1);
    layer.width = layer.height = Math.max(1, Math.round(this.size * scale));
    const ctx = /** @type {CanvasRenderingContext2D} */ (layer.getContext("2d"));
    let [low, high] = [Infinity, -Infinity];
    for (let i = 0; i < values.length; i++) if (Number.isFinite(values[i])) [low, high] = [Math.min(low, values[i]), Math.max(high, values[i])];
    const small = new OffscreenCanvas(side, side);
    small.getContext("2d")?.putImageData(shades(theme, values, side, { low, high }), 0, 0);
    ctx.imageSmoothingQuality = "high";
    const half = layer.width / (side - 1) / 2; // the outer values lie on the border, not half a cell inside it
    ctx.drawImage(small, -half, -half, layer.width + 2 * half, layer.height + 2 * half);
    ctx.strokeStyle = css(rgb(theme.text), 0.35);
    ctx.lineWidth = scale;
    ctx.beginPath();
    const levels = Array.from({ length: LEVELS }, (_, k) => low + (high - low) * ((k + 1) / LEVELS) ** 2);
    isolines(ctx, { values, columns: side, rows: side }, (from, to) => levels.filter((v) => v >= from && v <= to), layer);
    ctx.stroke();
  }

  /** The ground and its axes; what `paint` draws lies on it. @param {(ctx: CanvasRenderingContext2D) => void} paint */
  draw(paint) {
    const { surface, colours: theme, room, size } = this;
    if (!this.grid || !theme || !surface.width) return;
    this.frame(theme, { names: this.names });
    surface.ctx.drawImage(this.layer, room.left, room.top, size, size);
    this.clipped((ctx) => {
      ctx.textBaseline = "alphabetic";
      paint(ctx);
    });
  }

  /** A path that ends in a dot. @param {CanvasRenderingContext2D} ctx @param {number[][]} places @param {string} colour @param {{dash?: number[], width?: number, dots?: boolean}} [style] */
  path(ctx, places, colour, { dash = [], width = 2.2, dots = true } = {}) {
    const points = places.filter(([a, b]) => Math.abs(a) < FAR && Math.abs(b) < FAR).map(([a, b]) => [this.x(a), this.y(b)]);
    ctx.lineJoin = "round";
    stroke(ctx, points, css(rgb(/** @type {Theme} */ (this.colours).background), 0.75), width + 2.4, dash);
    stroke(ctx, points, colour, width, dash);
    if (dots && places.length < 60) for (const [a, b] of places) this.dot(ctx, a, b, 2.6, colour);
  }

  /** @param {CanvasRenderingContext2D} ctx @param {number} a @param {number} b @param {number} r @param {string} colour @param {string} [rim] */
  dot(ctx, a, b, r, colour, rim = "") {
    if (!(Math.abs(a) < FAR && Math.abs(b) < FAR)) return;
    ctx.beginPath();
    ctx.arc(this.x(a), this.y(b), r, 0, 2 * Math.PI);
    ctx.fillStyle = colour;
    ctx.fill();
    if (!rim) return;
    ctx.lineWidth = 2.5;
    ctx.strokeStyle = rim;
    ctx.stroke();
  }

  /** A cross with a word: a lowest point. @param {CanvasRenderingContext2D} ctx @param {number} a @param {number} b @param {string} word @param {string} colour */
  cross(ctx, a, b, word, colour) {
    const [x, y] = [this.x(a), this.y(b)];
    stroke(ctx, [[x - 7, y], [x + 7, y]], colour, 2.4);
    stroke(ctx, [[x, y - 7], [x, y + 7]], colour, 2.4);
    label(ctx, /** @type {Theme} */ (this.colours), word, x + 9, y + 17, colour);
  }

  /** The loss under the pointer. @param {PointerEvent} event */
  read(event) {
    if (!this.grid) return;
    const at = this.place(event);
    const { values, side } = this.grid;
    const cell = (/** @type {number} */ v, /** @type {{low: number, high: number}} */ { low, high }) => Math.round(((v - low) / (high - low)) * (side - 1));
    const height = at.inside ? values[cell(at.y, this.up) * side + cell(at.x, this.across)] : NaN;
    this.board.tip(at.inside ? event.clientX : null, event.clientY, `${this.names[0]} ${number(at.x, 3)}, ${this.names[1]} ${number(at.y, 3)}\nloss about ${number(height, 3)}`);
  }
}

/** @param {Theme} theme @param {ArrayLike<number>} values @param {number} side @param {{low: number, high: number}} range */
function shades(theme, values, side, { low, high }) {
  const image = new ImageData(side, side);
  const [deep, top] = [mix(rgb(theme.background), rgb(theme.positive), theme.dark ? 0.75 : 0.7), rgb(theme.background)];
  for (let r = 0; r < side; r++) {
    for (let c = 0; c < side; c++) {
      const v = Math.sqrt(Math.max(0, (values[r * side + c] - low) / (high - low || 1)));
      image.data.set([...mix(deep, top, Math.min(1, Number.isFinite(v) ? v : 1)), 255], 4 * ((side - 1 - r) * side + c));
    }
  }
  return image;
}

/** Sends weights as they are dragged, at most once an animation frame; `done` tells the page. @param {Board} board @returns {(values: [index: number, value: number][], done: boolean) => void} */
export function setter(board) {
  let raf = 0;
  /** @type {[number, number][]} */
  let newest = [];
  const send = () => {
    raf = 0;
    for (const [index, value] of newest) board.send("edit", { index, value });
  };
  return (values, done) => {
    newest = values;
    if (!done) {
      if (!raf) raf = requestAnimationFrame(send);
      return;
    }
    cancelAnimationFrame(raf);
    send();
    board.changed();
  };
}
