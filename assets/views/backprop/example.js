/**
 * The examples that the network is trained on: which of them, their inputs and target as typed numbers, one more or one fewer.
 *
 * @import { Numbers } from "./names.js"
 * @typedef {"x" | "y" | "target"} Field
 * @typedef {{kind: string, added: number[][], removed: number[], labels: string, n_classes: number}} Drawn the data of the experiment
 */
import { make, typing } from "../../kit/dom.js";
import { parse } from "./chain.js";
import { num } from "./names.js";

const ADDED = 1_000_000; // ids of a person's own points, nnlab/data/points/spec.py
const LIMIT = 6; // of the plane
const TARGET = 10;
const MOST = 8;
/** @type {Field[]} */
const FIELDS = ["x", "y", "target"];

/** What is wrong with a typed number, as a sentence; "" where nothing is. @param {string} name @param {string} text @param {number} limit */
function wrong(name, text, limit) {
  const value = parse(text);
  if (value !== null && Math.abs(value) <= limit) return "";
  return `${name} must be a number from −${limit} to ${limit}; got ${text.trim().slice(0, 20) || "nothing"}.`;
}

export class Example {
  /** @type {Numbers | null} */
  r = null;
  /** @type {Drawn} */
  data = { kind: "", added: [], removed: [], labels: "", n_classes: 0 };
  e = 0;

  /** @param {HTMLElement} root @param {{set: (changes: Record<string, unknown>) => void, show: (e: number) => void}} on `show`: another example of the batch is looked at */
  constructor(root, { set, show }) {
    this.set = set;
    this.choose = show;
    this.from = make("select", { "aria-label": "Examples in the update", onchange: () => this.pick() });
    this.where = make("span", { class: "bp-where" });
    this.turn = make("span", { class: "bp-turn" },
      make("button", { class: "small", type: "button", "aria-label": "Previous example", onclick: () => this.turnBy(-1) }, "‹"), this.where,
      make("button", { class: "small", type: "button", "aria-label": "Next example", onclick: () => this.turnBy(1) }, "›"));
    this.fields = FIELDS.map((name) => make("input", { type: "text", inputmode: "decimal", "aria-label": name, onchange: () => this.typed(name) }));
    this.numbers = this.fields.map((field, i) => make("label", {}, `${FIELDS[i]} `, field));
    this.classes = make("select", { "aria-label": "target", onchange: (e) => this.change(2, Number(e.target.value)) });
    this.classed = make("label", {}, "target ", this.classes);
    this.problem = make("p", { class: "bp-problem", role: "alert" });
    this.add = make("button", { class: "small", type: "button", title: "Adds a copy of this example for you to change", onclick: () => this.copy() }, "Add example");
    this.remove = make("button", { class: "small", type: "button", title: "Remove this example", onclick: () => this.takeAway() }, "Remove");
    this.box = make("div", { class: "bp-example", role: "group", "aria-label": "Example" },
      make("label", {}, make("span", { class: "bp-lead" }, "Learn from "), this.from), this.turn,
      ...this.numbers, this.classed, this.add, this.remove, this.problem);
    root.append(this.box);
  }

  /** @param {Numbers} r @param {number} e */
  show(r, e) {
    this.r = r;
    this.e = e;
    this.data = /** @type {Drawn} */ (r.scene.experiment.data);
    const own = this.data.kind === "drawn";
    this.box.hidden = !own;
    if (!own) return;
    const { added, removed, labels } = this.data;
    const left = [...added.keys()].filter((i) => !removed.includes(ADDED + i));
    this.from.replaceChildren(
      ...(added.length > 1 ? [make("option", { value: "all" }, r.n < left.length ? `batches of ${r.n}` : `all ${added.length} as one batch`)] : []),
      ...added.map((_, i) => make("option", { value: String(i) }, added.length > 1 ? `example ${i + 1} only` : "one example")),
    );
    this.from.value = removed.length === 0 && added.length > 1 ? "all" : String(left[0] ?? 0);
    this.turn.hidden = r.n === 1;
    this.where.textContent = `Example ${e + 1} of ${r.n}`;
    const row = added[this.row()];
    if (row) this.fill(row, labels === "classes");
    this.add.disabled = added.length >= MOST;
    this.remove.disabled = added.length < 2;
    this.problem.textContent = "";
  }

  /** @param {number[]} row @param {boolean} classes */
  fill(row, classes) {
    this.fields.forEach((field, i) => {
      if (!typing(field)) field.value = num(row[i], 6);
    });
    this.numbers[2].hidden = classes;
    this.classed.hidden = !classes;
    if (!classes) return;
    const count = this.data.n_classes;
    if (this.classes.options.length !== count) {
      this.classes.replaceChildren(...Array.from({ length: count }, (_, k) => make("option", { value: String(k) }, `class ${k}`)));
    }
    this.classes.value = String(row[2]);
  }

  /** The place in `added` of the example that is shown. */
  row() {
    return (this.r?.ids[this.e] ?? NaN) - ADDED;
  }

  pick() {
    const only = this.from.value === "all" ? null : Number(this.from.value);
    this.set({ "data.removed": only === null ? [] : this.data.added.map((_, i) => ADDED + i).filter((id) => id !== ADDED + only) });
  }

  /** @param {number} by */
  turnBy(by) {
    const n = this.r?.n ?? 1;
    this.choose((this.e + by + n) % n);
  }

  /** @param {Field} name */
  typed(name) {
    const i = FIELDS.indexOf(name);
    const field = this.fields[i];
    this.problem.textContent = wrong(name, field.value, i < 2 ? LIMIT : TARGET);
    field.setAttribute("aria-invalid", String(Boolean(this.problem.textContent)));
    if (!this.problem.textContent) this.change(i, parse(field.value) ?? 0);
  }

  /** @param {number} i @param {number} value */
  change(i, value) {
    const added = this.data.added.map((row) => [...row]);
    const row = added[this.row()];
    if (!row || row[i] === value) return;
    row[i] = value;
    this.set({ "data.added": added });
  }

  copy() {
    const added = [...this.data.added, [...(this.data.added[this.row()] ?? [1, 1, 0])]];
    this.set({ "data.added": added, "data.removed": [] });
  }

  takeAway() {
    const gone = this.row();
    this.set({ "data.added": this.data.added.filter((_, i) => i !== gone), "data.removed": [] });
  }

  /** Put the cursor where an input of the picture is typed. @param {Field} name */
  edit(name) {
    if (this.box.hidden) return;
    const field = this.fields[FIELDS.indexOf(name)];
    if (name === "target" && !this.classed.hidden) return this.classes.focus();
    field.focus();
    field.select();
  }
}
