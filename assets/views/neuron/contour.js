/** A loss over two weights seen from above: shades, lines of equal loss, the paths on it, and a place that a hand can set. */
import { label } from "../../kit/canvas.js";
import { number, ticks, tickText } from "../../kit/numbers.js";
import { css, mix, rgb } from "../../kit/palette.js";

const GUTTER = { left: 34, right: 8, top: 6, bottom: 24 };
const LEVELS = 14;

/** @param {{names: [string, string], put?: (a, b, done) => void, label: string}} options `put` is called while a place is set. */
export class Contour {
  constructor(root, board, { names, put, label: words }) {
    Object.assign(this, { board, names, put, theme: null, grid: null, stamp: "", drag: null, layer: document.createElement("canvas") });
    this.surface = board.canvas(root, { height: (w) => w - GUTTER.left - GUTTER.right + GUTTER.top + GUTTER.bottom, label: words });
    this.surface.canvas.style.cursor = put ? "crosshair" : "default";
    this.pointing();
  }

  get size() {
    return this.surface.width - GUTTER.left - GUTTER.right;
  }

  x(a) {
    const [low, high] = this.grid.axes;
    return GUTTER.left + ((a - low) / (high - low)) * this.size;
  }

  y(b) {
    const [, , low, high] = this.grid.axes;
    return GUTTER.top + ((high - b) / (high - low)) * this.size;
  }

  /** `values` (side x side), row 0 lowest; `axes` [a from, to, b from, to]. */
  show(values, axes, side) {
    const found = { values, axes: Array.from(axes), side };
    let sum = 0;
    for (let i = 0; i < values.length; i += 7) sum += values[i] * (1 + (i % 13));
    this.grid = found;
    const stamp = [sum, ...found.axes, this.surface.width, this.theme?.dark, window.devicePixelRatio].join();
    if (stamp === this.stamp) return;
    this.stamp = stamp;
    this.render();
  }

  /** Shades and lines into a layer that is drawn again only when the loss itself changes. */
  render() {
    const { values, side } = this.grid;
    const { layer, theme, size } = this;
    const scale = Math.min(2, window.devicePixelRatio || 1);
    layer.width = layer.height = Math.max(1, Math.round(size * scale));
    const ctx = layer.getContext("2d");
    let [low, high] = [Infinity, -Infinity];
    for (const v of values) if (Number.isFinite(v)) [low, high] = [Math.min(low, v), Math.max(high, v)];
    Object.assign(this, { low, high });
    const small = new OffscreenCanvas(side, side);
    const image = new ImageData(side, side);
    const [deep, top] = [mix(rgb(theme.background), rgb(theme.positive), theme.dark ? 0.75 : 0.7), rgb(theme.background)];
    for (let r = 0; r < side; r++) for (let c = 0; c < side; c++) {
      const v = Math.sqrt(Math.max(0, (values[r * side + c] - low) / (high - low || 1)));
      const [red, green, blue] = mix(deep, top, Math.min(1, Number.isFinite(v) ? v : 1));
      image.data.set([red, green, blue, 255], 4 * ((side - 1 - r) * side + c));
    }
    small.getContext("2d").putImageData(image, 0, 0);
    ctx.imageSmoothingQuality = "high";
    const half = layer.width / (side - 1) / 2; // the outer values lie on the border, not half a cell inside it
    ctx.drawImage(small, -half, -half, layer.width + 2 * half, layer.height + 2 * half);
    ctx.strokeStyle = css(rgb(theme.text), 0.35);
    ctx.lineWidth = scale;
    ctx.beginPath();
    for (let k = 1; k <= LEVELS; k++) isoline(ctx, this.grid, low + (high - low) * (k / LEVELS) ** 2, layer.width);
    ctx.stroke();
  }

  /** The ground and its axes; `paint(ctx)` draws what lies on it, cut at the border. */
  draw(paint) {
    const { surface, theme } = this;
    if (!this.grid || !theme || !surface.width) return;
    const { ctx } = surface;
    ctx.clearRect(0, 0, surface.width, surface.height);
    ctx.drawImage(this.layer, GUTTER.left, GUTTER.top, this.size, this.size);
    ctx.lineWidth = 1;
    ctx.strokeStyle = theme.border;
    ctx.strokeRect(GUTTER.left - 0.5, GUTTER.top - 0.5, this.size + 1, this.size + 1);
    ctx.fillStyle = theme.faint;
    ctx.font = `12px ${theme.font}`;
    const [a0, a1, b0, b1] = this.grid.axes;
    ctx.textBaseline = "top";
    ctx.textAlign = "center";
    for (const v of ticks(a0, a1, 5)) if (v < a1 - 0.08 * (a1 - a0)) ctx.fillText(tickText(v), this.x(v), GUTTER.top + this.size + 5);
    ctx.textAlign = "right";
    ctx.textBaseline = "middle";
    for (const v of ticks(b0, b1, 5)) if (v < b1 - 0.08 * (b1 - b0)) ctx.fillText(tickText(v), GUTTER.left - 4, this.y(v));
    ctx.fillStyle = theme.text;
    ctx.fillText(this.names[1], GUTTER.left - 6, GUTTER.top + 7);
    ctx.textBaseline = "top";
    ctx.fillText(this.names[0], GUTTER.left + this.size, GUTTER.top + this.size + 5);
    ctx.save();
    ctx.beginPath();
    ctx.rect(GUTTER.left, GUTTER.top, this.size, this.size);
    ctx.clip();
    ctx.textAlign = "left";
    ctx.textBaseline = "alphabetic";
    paint(ctx);
    ctx.restore();
  }

  /** A path [[a, b]…] that ends in a dot. */
  path(ctx, places, colour, { dash = [], width = 2.2, dots = true } = {}) {
    ctx.beginPath();
    for (const [a, b] of places) if (Math.abs(a) < 1e9 && Math.abs(b) < 1e9) ctx.lineTo(this.x(a), this.y(b));
    ctx.setLineDash(dash);
    ctx.lineJoin = "round";
    ctx.lineWidth = width + 2.4;
    ctx.strokeStyle = css(rgb(this.theme.background), 0.75);
    ctx.stroke();
    ctx.lineWidth = width;
    ctx.strokeStyle = ctx.fillStyle = colour;
    ctx.stroke();
    ctx.setLineDash([]);
    if (dots && places.length < 60) for (const [a, b] of places) this.dot(ctx, a, b, 2.6, colour);
  }

  dot(ctx, a, b, r, colour, rim = "") {
    if (!(Math.abs(a) < 1e9 && Math.abs(b) < 1e9)) return;
    ctx.beginPath();
    ctx.arc(this.x(a), this.y(b), r, 0, 2 * Math.PI);
    ctx.fillStyle = colour;
    ctx.fill();
    if (!rim) return;
    ctx.lineWidth = 2.5;
    ctx.strokeStyle = rim;
    ctx.stroke();
  }

  /** A cross with a word: a lowest point. */
  cross(ctx, a, b, word, colour) {
    const [x, y] = [this.x(a), this.y(b)];
    ctx.beginPath();
    ctx.moveTo(x - 7, y);
    ctx.lineTo(x + 7, y);
    ctx.moveTo(x, y - 7);
    ctx.lineTo(x, y + 7);
    ctx.lineWidth = 2.4;
    ctx.strokeStyle = colour;
    ctx.stroke();
    if (word) label(ctx, this.theme, word, x + 9, y + 17, colour);
  }

  // ---- by hand ----------------------------------------------------------------------------------------------------
  place(event) {
    const box = this.surface.canvas.getBoundingClientRect();
    const [a0, a1, b0, b1] = this.grid.axes;
    const share = [(event.clientX - box.left - GUTTER.left) / this.size, 1 - (event.clientY - box.top - GUTTER.top) / this.size];
    const [u, v] = share.map((s) => Math.max(0, Math.min(1, s)));
    return { a: a0 + u * (a1 - a0), b: b0 + v * (b1 - b0), inside: share.every((s) => s >= 0 && s <= 1), u, v };
  }

  pointing() {
    const { canvas } = this.surface;
    const set = (event, done) => {
      const { a, b } = this.place(event);
      this.put(a, b, done);
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (!this.put || !this.grid || event.button > 0 || !this.place(event).inside) return;
      this.drag = true;
      canvas.setPointerCapture(event.pointerId);
      set(event, false);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.grid) return;
      if (this.drag) return set(event, false);
      const { a, b, inside, u, v } = this.place(event);
      const { values, side } = this.grid;
      const height = values[Math.round(v * (side - 1)) * side + Math.round(u * (side - 1))];
      this.board.tip(inside ? event.clientX : null, event.clientY, inside ? `${this.names[0]} ${number(a, 3)}, ${this.names[1]} ${number(b, 3)}\nloss about ${number(height, 3)}` : "");
    });
    const release = (event) => {
      if (!this.drag) return;
      this.drag = false;
      set(event, true);
    };
    canvas.addEventListener("pointerup", release);
    canvas.addEventListener("pointercancel", release);
    canvas.addEventListener("pointerleave", () => this.board.tip(null));
  }
}

/** Marching squares: the line of one level through the grid, into the open path of `ctx`. */
function isoline(ctx, { values, side }, level, size) {
  const step = size / (side - 1);
  const at = (r, c) => values[r * side + c] - level;
  const between = (u, v) => u / (u - v);
  for (let r = 0; r < side - 1; r++) for (let c = 0; c < side - 1; c++) {
    const [a, b, d, e] = [at(r, c), at(r, c + 1), at(r + 1, c + 1), at(r + 1, c)];
    if (a < 0 === b < 0 && b < 0 === d < 0 && d < 0 === e < 0) continue;
    const cuts = [];
    if (a < 0 !== b < 0) cuts.push([c + between(a, b), r]);
    if (b < 0 !== d < 0) cuts.push([c + 1, r + between(b, d)]);
    if (e < 0 !== d < 0) cuts.push([c + between(e, d), r + 1]);
    if (a < 0 !== e < 0) cuts.push([c, r + between(a, e)]);
    for (let i = 0; i + 1 < cuts.length; i += 2) {
      ctx.moveTo(cuts[i][0] * step, size - cuts[i][1] * step);
      ctx.lineTo(cuts[i + 1][0] * step, size - cuts[i + 1][1] * step);
    }
  }
}

/** Sends weights as they are dragged, at most once an animation frame; `done` tells the page. */
export function setter(board) {
  const state = { raf: 0, values: null };
  const send = () => {
    state.raf = 0;
    for (const [index, value] of state.values) board.send("edit", { index, value });
  };
  return (values, done) => {
    state.values = values;
    if (!done) {
      if (!state.raf) state.raf = requestAnimationFrame(send);
      return;
    }
    if (state.raf) cancelAnimationFrame(state.raf);
    send();
    board.changed();
  };
}
