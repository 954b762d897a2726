// The examples that the network is trained on: which of them, their inputs and target as typed numbers, one more or one fewer.
import { make } from "../../kit/dom.js";
import { parse } from "./chain.js";
import { num } from "./names.js";

const ADDED = 1_000_000; // ids of a person's own points, nnlab/data/points/spec.py
const LIMIT = 6; // of the plane
const TARGET = 10;
const MOST = 8;

/** What is wrong with a typed number, as a sentence; "" where nothing is. */
export function wrong(name, text, limit) {
  const value = parse(text);
  if (value !== null && Math.abs(value) <= limit) return "";
  return `${name} must be a number from −${limit} to ${limit}; got ${text.trim().slice(0, 20) || "nothing"}.`;
}

export class Example {
  /** set(changes): a change of the experiment; show(e): look at another example of the batch. */
  constructor(root, { set, show }) {
    Object.assign(this, { set, choose: show, r: null, data: null, e: 0 });
    this.from = make("select", { "aria-label": "Examples in the update", onchange: () => this._pick() });
    this.where = make("span", { class: "bp-where" });
    this.turn = make("span", { class: "bp-turn" },
      make("button", { class: "small", type: "button", "aria-label": "Previous example", onclick: () => this._turn(-1) }, "‹"), this.where,
      make("button", { class: "small", type: "button", "aria-label": "Next example", onclick: () => this._turn(1) }, "›"));
    this.fields = ["x", "y", "target"].map((name) => make("input", { type: "text", inputmode: "decimal", "aria-label": name, onchange: () => this._typed(name) }));
    this.classes = make("select", { "aria-label": "target", onchange: () => this._label(Number(this.classes.value)) });
    this.said = make("p", { class: "bp-said", role: "alert" });
    this.add = make("button", { class: "small", type: "button", title: "One more example, a copy of this one to change", onclick: () => this._add() }, "Add example");
    this.remove = make("button", { class: "small", type: "button", title: "Take this example away", onclick: () => this._remove() }, "Remove");
    this.box = make("div", { class: "bp-example", role: "group", "aria-label": "Example" },
      make("label", {}, "Learn from ", this.from), this.turn,
      ...this.fields.map((field, i) => make("label", {}, `${["x", "y", "target"][i]} `, field)), make("label", {}, "target ", this.classes), this.add, this.remove, this.said);
    root.append(this.box);
  }

  show(r, e) {
    this.r = r;
    this.e = e;
    this.data = r.scene.experiment.data;
    const own = this.data.kind === "drawn";
    this.box.hidden = !own;
    if (!own) return;
    const { added, removed, labels } = this.data;
    const left = this._left();
    this.from.replaceChildren(
      ...(added.length > 1 ? [make("option", { value: "all" }, r.n < left.length ? `batches of ${r.n}` : `all ${added.length} as one batch`)] : []),
      ...added.map((_, i) => make("option", { value: String(i) }, added.length > 1 ? `example ${i + 1} only` : "one example")),
    );
    this.from.value = removed.length === 0 && added.length > 1 ? "all" : String(left[0] ?? 0);
    this.turn.hidden = r.n === 1;
    this.where.textContent = `Example ${e + 1} of ${r.n}`;
    const row = added[this._row()];
    if (row) this._fill(row, labels === "classes");
    this.add.disabled = added.length >= MOST;
    this.remove.disabled = added.length < 2;
    this.said.textContent = "";
  }

  _fill(row, classes) {
    const typing = this.box.getRootNode().activeElement;
    this.fields.forEach((field, i) => field !== typing && (field.value = num(row[i], 6)));
    this.fields[2].parentElement.hidden = classes;
    this.classes.parentElement.hidden = !classes;
    if (!classes) return;
    const count = this.data.n_classes;
    if (this.classes.options.length !== count) {
      this.classes.replaceChildren(...Array.from({ length: count }, (_, k) => make("option", { value: String(k) }, `class ${k}`)));
    }
    this.classes.value = String(row[2]);
  }

  /** The place in `added` of the example that is shown. */
  _row() {
    return this.r.ids[this.e] - ADDED;
  }

  _left() {
    const gone = new Set(this.data.removed);
    return this.data.added.map((_, i) => i).filter((i) => !gone.has(ADDED + i));
  }

  _pick() {
    const only = this.from.value === "all" ? null : Number(this.from.value);
    this.set({ "data.removed": only === null ? [] : this.data.added.map((_, i) => ADDED + i).filter((id) => id !== ADDED + only) });
  }

  _turn(by) {
    this.choose((this.e + by + this.r.n) % this.r.n);
  }

  _typed(name) {
    const i = ["x", "y", "target"].indexOf(name);
    const field = this.fields[i];
    this.said.textContent = wrong(name, field.value, i < 2 ? LIMIT : TARGET);
    field.setAttribute("aria-invalid", String(Boolean(this.said.textContent)));
    if (!this.said.textContent) this._change(i, parse(field.value));
  }

  _label(value) {
    this._change(2, value);
  }

  _change(i, value) {
    const added = this.data.added.map((row) => [...row]);
    const row = added[this._row()];
    if (!row || row[i] === value) return;
    row[i] = value;
    this.set({ "data.added": added });
  }

  _add() {
    const added = [...this.data.added, [...(this.data.added[this._row()] ?? [1, 1, 0])]];
    this.set({ "data.added": added, "data.removed": [] });
  }

  _remove() {
    const gone = this._row();
    this.set({ "data.added": this.data.added.filter((_, i) => i !== gone), "data.removed": [] });
  }

  /** Put the cursor where an input of the picture is typed. */
  edit(name) {
    if (this.box.hidden) return;
    const field = name === "target" && !this.classes.parentElement.hidden ? this.classes : this.fields[["x", "y", "target"].indexOf(name)];
    field.focus();
    field.select?.();
  }
}
