/**
 * What lies under a window in numbers: each pixel, what it counts, and their product. The numbers of a kernel are fields: drag one up
 * or down, type it, or change it with Shift and the arrow keys.
 *
 * @import { Theme } from "../../kit/types.d.ts"
 * @import { Slid } from "./slide.js"
 * @typedef {{box: HTMLElement, pixel: HTMLElement, field: HTMLInputElement, product: HTMLElement}} Cell
 */
import { make, typing, write } from "../../kit/dom.js";
import { figure } from "../../kit/numbers.js";
import { tint } from "../../kit/palette.js";
import { largest } from "./map_draw.js";

const DRAG_PX = 60; // up or down changes a number by 1
const STARTS_PX = 3; // less is a click
const STEP = 0.1;
const STRENGTH = 0.42; // of the colours, so that the numbers read
const LIMIT = 99;

export const CSS = `
.view-slide .told { display: flex; gap: 4px 12px; align-items: start; min-height: 44px; margin-bottom: 4px; }
.view-slide .told button { flex: none; }
.view-slide .told p { margin: 0; flex: 0 1 auto; font-size: 15px; line-height: 20px; }
.view-slide .sum { margin: 4px 0 0; font-size: 15px; line-height: 20px; min-height: 20px; font-variant-numeric: tabular-nums; }
.view-slide .table { display: grid; gap: 2px; font-variant-numeric: tabular-nums; width: 100%; max-width: 400px; }
.view-slide .table > div { display: grid; align-content: stretch; text-align: center; border: 2px solid transparent; border-radius: 5px; min-width: 0; overflow: hidden; line-height: 18px; font-size: 14px; }
.view-slide .table > .won { border-color: var(--ink); font-weight: 600; }
.view-slide .table > .padded { border: 2px dashed var(--faint); }
.view-slide .table.wide > div { font-size: 16px; line-height: 24px; }
.view-slide .table input { width: 100%; min-width: 0; height: 20px; padding: 0; border: 0; border-radius: 0; text-align: center; font-size: inherit; font-weight: 600; font-variant-numeric: tabular-nums; cursor: ns-resize; touch-action: none; }
.view-slide .table.wide input { height: 28px; }
.view-slide .table input:disabled { cursor: default; opacity: 1; -webkit-text-fill-color: currentColor; }
.view-slide .table input:focus-visible { outline-offset: -3px; }
.view-slide .table.max > div :is(input, .product) { display: none; }
.view-slide .table.max.wide .pixel { line-height: 48px; }
.view-slide .table .pixel { white-space: pre; }
.view-slide .table.max:not(.wide) .pixel { display: grid; align-content: center; min-height: 40px; line-height: 19px; }
.view-slide .limit { margin: 4px 0 0; font-size: 14px; line-height: 18px; min-height: 18px; }
.view-slide button:disabled { opacity: 0.45; cursor: default; }
.view-slide .table b { font-weight: 400; }
@container stage (max-width: 720px) { .view-slide .sum { min-height: 40px; } }
@container stage (max-width: 560px) { .view-slide .told { min-height: 84px; flex-wrap: wrap; } .view-slide .sum { min-height: 60px; } }
`;

/** As it is typed here or elsewhere. @param {string} text */
const typed = (text) => Number(text.trim().replace(",", ".").replace("−", "-"));

/** @param {number} v */
const tidy = (v) => Math.max(-LIMIT, Math.min(LIMIT, Math.round(v * 100) / 100));

/** Numbers of one's own as a link or a reload brings them; null where there are none. @param {string} text @returns {number[] | null} */
export function parsed(text) {
  try {
    const found = JSON.parse(text);
    return Array.isArray(found) && found.every(Number.isFinite) ? found : null;
  } catch {
    return null;
  }
}

/** A kernel at another size: with zeros around it, or without its rim. @param {number[]} old @param {number} size */
export function recut(old, size) {
  const from = Math.round(Math.sqrt(old.length));
  const shift = Math.floor((from - 1) / 2) - Math.floor((size - 1) / 2);
  return Array.from({ length: size * size }, (_, i) => {
    const [row, column] = [Math.floor(i / size) + shift, (i % size) + shift];
    return Math.min(row, column) < 0 || Math.max(row, column) >= from ? 0 : old[row * from + column];
  });
}

export class Table {
  /** @type {Cell[]} */
  cells = [];
  /** @type {number[]} the numbers of the kernel as they are now */
  values = [];
  size = 0;
  /** @type {{place: number, value: number, y: number, moved: boolean} | null} */
  held = null;

  /** @param {HTMLElement} root @param {(values: number[], done: boolean) => void} edited `done`: a hand or a key has let go */
  constructor(root, edited) {
    this.edited = edited;
    this.box = make("div", { class: "table", role: "group", "aria-label": "Pixels under the window, the kernel and their products" });
    this.limit = make("p", { class: "limit", role: "status" });
    root.append(this.box, this.limit);
  }

  /** @param {number} size */
  build(size) {
    this.size = size;
    this.cells = Array.from({ length: size * size }, (_, place) => {
      const name = `Kernel, row ${Math.floor(place / size) + 1}, column ${(place % size) + 1}`;
      const field = make("input", { type: "text", inputmode: "decimal", autocomplete: "off", "aria-label": name, title: "Drag up or down, or type a number" });
      const [pixel, product] = [make("span", { class: "pixel" }), make("b", { class: "product" })];
      field.addEventListener("mousedown", (event) => event.preventDefault()); // a drag is not a choice of text
      field.addEventListener("pointerdown", (event) => this.down(event, place));
      field.addEventListener("pointermove", (event) => this.move(event));
      for (const end of ["pointerup", "pointercancel"]) field.addEventListener(end, () => this.up());
      field.addEventListener("focus", () => field.select());
      field.addEventListener("input", () => this.type(place, field.value));
      field.addEventListener("blur", () => this.settle(place));
      field.addEventListener("keydown", (event) => this.key(event, place));
      return { box: make("div", {}, pixel, field, product), pixel, field, product };
    });
    this.box.style.gridTemplateColumns = `repeat(${size}, minmax(0, 1fr))`;
    this.box.classList.toggle("wide", size < 5);
    this.box.replaceChildren(...this.cells.map(({ box }) => box));
  }

  /** @param {Slid} s @param {Theme} theme @param {number[] | null} own numbers of one's own, which may be newer than what they gave */
  show(s, theme, own) {
    const [size] = s.shape;
    if (size !== this.size) this.build(size);
    this.values = own?.length === size * size ? own : Array.from(s.kernel, (v) => Number(v.toPrecision(6)));
    this.box.classList.toggle("max", s.operation === "max");
    const [strong, weighty] = [largest(s.products), largest(s.kernel)];
    if (s.operation !== "convolution") write(this.limit, "");
    this.cells.forEach(({ box, pixel, field, product }, i) => {
      const [p, k, m] = s.possible ? [s.patch[i], s.kernel[i], s.products[i]] : [NaN, s.kernel[i], NaN];
      box.classList.toggle("padded", s.possible && !s.inside[i]);
      box.classList.toggle("won", i === s.at[2] && s.operation === "max");
      write(pixel, !s.possible ? "" : s.operation === "max" && !s.inside[i] ? "–" : `${i === s.at[2] && s.operation === "max" ? (size < 5 ? "★ " : "★\n") : ""}${figure(p)}`);
      pixel.style.background = tint(theme, STRENGTH * (p || 0));
      field.disabled = s.operation !== "convolution";
      if (!typing(field) && this.held?.place !== i) field.value = shortened(this.values[i]);
      field.style.background = tint(theme, (STRENGTH * k) / weighty);
      write(product, s.possible ? figure(m) : "");
      product.style.background = tint(theme, (STRENGTH * (m || 0)) / strong);
    });
  }

  /** @param {number} place @param {number} value @param {boolean} done */
  set(place, value, done) {
    if (!Number.isFinite(value)) return;
    write(this.limit, Math.abs(value) > LIMIT ? `A number of the kernel lies between −${LIMIT} and ${LIMIT}: ${figure(value)} became ${value < 0 ? "−" : ""}${LIMIT}.` : "");
    this.values = this.values.map((v, i) => (i === place ? tidy(value) : v));
    this.edited(this.values, done);
  }

  /** @param {PointerEvent} event @param {number} place */
  down(event, place) {
    const { field } = this.cells[place];
    if (field.disabled || event.button) return;
    this.held = { place, value: this.values[place], y: event.clientY, moved: false };
    field.setPointerCapture(event.pointerId);
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (!this.held) return;
    const { place, value, y } = this.held;
    if (Math.abs(event.clientY - y) >= STARTS_PX) this.held.moved = true;
    if (!this.held.moved) return;
    event.preventDefault();
    const now = tidy(Math.round((value + (y - event.clientY) / DRAG_PX) * 20) / 20);
    this.cells[place].field.value = shortened(now);
    this.set(place, now, false);
  }

  up() {
    const held = this.held;
    this.held = null;
    if (!held) return;
    if (held.moved) this.set(held.place, this.values[held.place], true);
    else this.cells[held.place].field.focus();
  }

  /** @param {number} place @param {string} text */
  type(place, text) {
    if (text.trim() !== "") this.set(place, typed(text), false);
  }

  /** What is no number is taken back. @param {number} place */
  settle(place) {
    const { field } = this.cells[place];
    field.value = shortened(this.values[place]);
    this.edited(this.values, true);
  }

  /** @param {KeyboardEvent} event @param {number} place */
  key(event, place) {
    const { field } = this.cells[place];
    const by = { ArrowUp: -this.size, ArrowDown: this.size, ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const up = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (event.shiftKey && up) {
      this.set(place, this.values[place] + up * STEP, true);
      field.value = shortened(this.values[place]);
      field.select();
    } else if (by) this.cells[(place + by + this.cells.length) % this.cells.length].field.focus();
    else if (event.key === "Enter") {
      this.settle(place);
      field.select();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

/** As few digits as it has. @param {number} v */
const shortened = (v) => (Number.isInteger(v) ? `${Math.abs(v)}`.replace(/^/, v < 0 ? "−" : "") : figure(v));
