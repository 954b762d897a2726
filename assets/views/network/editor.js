/** The small editor of one weight or bias: a number and a slider that act at once; Enter keeps, Escape takes back. */
import { make } from "../../kit/dom.js";

const REACH = 3; // the slider spans ±3, or ±2|w| where that is more

export class Editor {
  index = -1;
  before = 0;
  now = 0;
  changed = false;

  /**
   * @param {HTMLElement} parent
   * @param {{slide: (index: number, value: number) => void, edit: (index: number, value: number) => void, closed: () => void}} on
   *   `slide` changes the parameter for the moment, `edit` for good; `closed` gives the focus back
   */
  constructor(parent, { slide, edit, closed }) {
    this.slide = slide;
    this.edit = edit;
    this.closed = closed;
    this.number = make("input", { type: "number", step: "any", oninput: () => this.typed() });
    this.slider = make("input", { type: "range", step: "0.01", oninput: () => this.slid() });
    this.title = make("label");
    this.form = make("form", { class: "nn-editor", role: "dialog", "aria-label": "Change a weight", hidden: true },
      this.title,
      make("div", { class: "nn-row" }, this.number, make("button", { class: "small", type: "submit" }, "Keep"),
        make("button", { class: "small", type: "button", onclick: () => this.cancel(), "aria-label": "Undo and close" }, "Undo")),
      this.slider, make("small", {}, "Enter keeps it, Esc undoes it."));
    this.form.addEventListener("submit", (event) => this.keep(event));
    this.form.addEventListener("keydown", (event) => this.key(event));
    this.number.id = `nn-number-${Math.random().toString(36).slice(2)}`;
    this.title.htmlFor = this.number.id;
    parent.append(this.form);
  }

  get open() {
    return !this.form.hidden;
  }

  /** @param {{index: number, name: string, value: number, x: number, y: number, width: number}} of */
  show({ index, name, value, x, y, width }) {
    Object.assign(this, { index, before: value, now: value });
    this.title.textContent = name;
    this.slider.setAttribute("aria-label", `${name}, slider`);
    const reach = Math.max(REACH, 2 * Math.abs(value) || 0);
    this.slider.min = String(-reach);
    this.slider.max = String(reach);
    this.slider.value = String(value);
    this.number.value = String(+value.toPrecision(4));
    this.form.hidden = false;
    this.form.style.left = `${Math.max(0, Math.min(x - 118, width - 240))}px`;
    this.form.style.top = `${y}px`;
    this.number.focus({ preventScroll: true });
    this.number.select();
  }

  typed() {
    if (this.number.value === "" || !Number.isFinite(+this.number.value)) return;
    this.slider.value = this.number.value;
    this.now = +this.number.value;
  }

  slid() {
    this.number.value = this.slider.value;
    this.now = +this.slider.value;
    this.changed = true;
    this.slide(this.index, this.now);
  }

  /** @param {Event} event */
  keep(event) {
    event.preventDefault();
    const value = +this.number.value;
    if (this.number.value === "" || !Number.isFinite(value)) return;
    if (this.changed || value !== +this.before.toPrecision(4)) this.edit(this.index, value);
    this.close();
  }

  cancel() {
    if (this.changed) this.edit(this.index, this.before);
    this.close();
  }

  close() {
    if (!this.open) return;
    this.form.hidden = true;
    this.changed = false;
    this.closed();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    event.stopPropagation(); // the page's own keys (space, arrows, R) are not for someone who types
    if (event.key === "Escape") this.cancel();
  }
}
