/**
 * The chain rule for one weight or bias with its numbers, the two independent checks beside it, and a field to change it.
 *
 * @import { Numbers, Parameter } from "./names.js"
 * @typedef {Parameter & {index: number}} Place
 * @typedef {{hand: number, autograd: number, difference: number, gap: number, kink: boolean}} Comparison of the three derivatives
 */
import { make, typing } from "../../kit/dom.js";
import { factor, is, num } from "./names.js";
import { deltaLine, gradientText, moveText } from "./steps.js";

const MOST_PATHS = 4;
const TOLERANCE = 1e-4;

/** The lines of the product, from the weight to the loss. @param {Numbers} r @param {Place} place @param {number} e */
export function chain(r, place, e) {
  const { layer, unit, from, index } = place;
  const name = r.parameter(place);
  const target = r.name(layer, unit);
  /** @type {{text: string, strong?: boolean, faint?: boolean}[]} */
  const lines = [];
  if (from < 0) {
    lines.push({ text: `∂L/∂${name} = ∂L/∂z · ∂z/∂b = δ(${target}) · 1` });
    const deltas = Array.from({ length: r.n }, (_, i) => r.of("delta", layer, unit, i));
    lines.push({ text: `${r.n > 1 ? `= ${deltas.slice(0, 4).map(factor).join(" + ")}${r.n > 4 ? " + …" : ""} ` : ""}${is(r.gradient[index])}`, strong: true });
  } else {
    const source = layer === 1 ? r.name(0, from) : `a(${r.name(layer - 1, from)})`;
    const factors = layer === r.last && !r.slopeAtOutput() ? "∂L/∂z · ∂z/∂w" : "∂L/∂a · ∂a/∂z · ∂z/∂w";
    lines.push({ text: `∂L/∂${name} = ${factors} = δ(${target}) · ${source}` });
    lines.push({ text: threeFactors(r, place) ?? gradientText(r, place), strong: true });
  }
  if (r.n > 1) lines.push({ text: `For example ${e + 1} (each δ holds its share 1/${r.n} of the mean):`, faint: true });
  for (let l = layer; l <= r.last; l++) {
    const units = l === layer ? [unit] : r.each(l, (k) => k);
    for (const u of units) lines.push({ text: deltaLine(r, l, u, e) });
  }
  const along = paths(r, place, e);
  if (along) lines.push({ text: along });
  return lines;
}

/** ∂L/∂a · f′(z) · a of what came in, where there is one example and the three are numbers of their own. @param {Numbers} r @param {Place} place */
function threeFactors(r, { layer, unit, from, index }) {
  if (r.n > 1 || (layer === r.last && !r.slopeAtOutput())) return null;
  const factors = [r.of("da", layer, unit, 0), r.of("slope", layer, unit, 0), r.of("a", layer - 1, from, 0)];
  return `= ${factors.map(factor).join(" · ")} ${is(r.gradient[index])}`;
}

/** The whole product along every way to the loss, where there are few: "δ·w·f′·w·f′·a". @param {Numbers} r @param {Place} place @param {number} e */
function paths(r, { layer, unit, from }, e) {
  if (layer === r.last) return "";
  const count = Array.from({ length: r.last - layer }, (_, i) => r.units(layer + 1 + i)).reduce((a, b) => a * b, 1);
  if (count > MOST_PATHS) return `${count} paths lead from here to the loss; the δ of each layer adds them up, so one backward pass is enough for all weights.`;
  let ways = [{ unit, factors: [r.of("slope", layer, unit, e), from < 0 ? 1 : r.of("a", layer - 1, from, e)] }];
  for (let l = layer + 1; l <= r.last; l++) {
    ways = ways.flatMap((way) =>
      r.each(l, (k) => {
        const slope = l < r.last ? [r.of("slope", l, k, e)] : [];
        return { unit: k, factors: [...slope, r.weights[r.weightAt(l, k, way.unit)], ...way.factors] };
      }),
    );
  }
  const total = ways.reduce((all, way) => all + way.factors.reduce((a, b) => a * b, r.of("delta", r.last, way.unit, e)), 0);
  const text = ways.map((way) => [r.of("delta", r.last, way.unit, e), ...way.factors].map(factor).join("·")).join(" + ");
  return `${count === 1 ? "In one product" : `Over its ${count} paths`}, δ·w·f′·…: ${text} ${is(total)}`;
}

/** @param {Numbers} r @param {number} index @returns {Comparison} */
function compare(r, index) {
  const [hand, autograd, difference] = [r.gradient[index], r.autograd[index], r.difference[index]];
  return { hand, autograd, difference, gap: Math.max(Math.abs(hand - autograd), Math.abs(hand - difference)), kink: r.kink[index] > 0 };
}

/** The panel below the picture. */
export class Chain {
  key = "";
  asked = -1; // the weight whose numbers were asked for before the walk has come to it
  /** @type {ReturnType<Chain["build"]> | null} */
  parts = null;

  /** @param {HTMLElement} root @param {{edit: (index: number, value: number) => void, closed: () => void}} on */
  constructor(root, { edit, closed }) {
    this.edit = edit;
    this.closed = closed;
    this.box = make("section", { class: "bp-chain", "aria-label": "Chain rule" });
    root.append(this.box);
  }

  /** `reached`: whether the walk has come to it; else its numbers are there when they are asked for. @param {Numbers | null} r @param {Place | null} focus @param {number} e @param {boolean} [reached] */
  show(r, focus, e, reached = false) {
    if (!r || !focus) {
      this.key = "";
      this.box.replaceChildren(make("p", { class: "bp-hint", title: KEYS }, REST));
      return;
    }
    const key = `${focus.index} ${e}`;
    if (key !== this.key || !this.parts) this.parts = this.build(focus);
    if (focus.index !== this.asked) this.asked = -1;
    this.key = key;
    const { title, field, lines, table, verdict, move, numbers, hidden } = this.parts;
    hidden.hidden = reached || this.asked === focus.index;
    numbers.hidden = !hidden.hidden;
    title.textContent = `${focus.from < 0 ? "Bias" : "Weight"} ${r.parameter(focus)}`;
    if (!typing(field)) field.value = String(Number(r.weights[focus.index].toPrecision(6)));
    lines.replaceChildren(...chain(r, focus, e).map((l) => make("div", { class: l.strong ? "bp-strong" : l.faint ? "bp-faint" : undefined }, l.text)));
    const found = compare(r, focus.index);
    table.replaceChildren(...CHECKS.map(([name, words, help]) => make("div", { title: help }, make("span", {}, words), make("b", { class: `bp-${name}` }, long(found[name])))));
    verdict.textContent = verdictOf(found);
    verdict.classList.toggle("bp-good", !found.kink && found.gap <= TOLERANCE);
    move.textContent = `Update: ${r.parameter(focus)} ${moveText(r, focus.index)}${memory(r, focus.index)}`;
  }

  /** @param {Place} focus */
  build(focus) {
    const problem = make("p", { class: "bp-problem", role: "alert" });
    const set = () => {
      const value = parse(field.value);
      const fine = value !== null && Math.abs(value) <= 1e6;
      problem.textContent = fine ? "" : `The weight must be a number from −1000000 to 1000000; got ${field.value.slice(0, 20) || "nothing"}.`;
      if (fine) this.edit(focus.index, value);
    };
    const field = make("input", { type: "text", inputmode: "decimal", "aria-label": "Its value", onchange: set });
    const parts = {
      field,
      title: make("h4"),
      lines: make("div", { class: "bp-lines" }),
      table: make("div", { class: "bp-table" }),
      verdict: make("p", { class: "bp-verdict" }),
      move: make("p", { class: "bp-move" }),
    };
    const numbers = make("div", { class: "bp-columns" }, parts.lines, make("div", {}, parts.table, parts.verdict, parts.move));
    const ask = () => {
      this.asked = focus.index;
      hidden.hidden = true;
      numbers.hidden = false;
      this.box.scrollIntoView({ block: "nearest" });
    };
    const hidden = make("p", { class: "bp-hint" }, "Backward has not reached it yet. What is its gradient? ", make("button", { class: "small", type: "button", onclick: ask }, "Show it"));
    const head = make("div", { class: "bp-head" }, parts.title, make("label", {}, "value ", field),
      make("button", { class: "small", type: "button", onclick: () => this.closed() }, "Close"), problem);
    this.box.replaceChildren(head, hidden, numbers);
    return { ...parts, numbers, hidden };
  }
}

const REST = "Click a line or a bias to see its chain rule with numbers, checked by autograd and a finite difference.";
const KEYS = "By keyboard: space plays, → and ← step, R goes back to the start; on the diagram, the full stop and the comma choose a weight.";
/** @type {["hand" | "autograd" | "difference", string, string][]} */
const CHECKS = [
  ["hand", "by hand", "The product on the left."],
  ["autograd", "autograd", "PyTorch’s automatic differentiation, in float64."],
  ["difference", "finite difference", "(L(w + h) − L(w − h)) / 2h with h = 0.00001: no chain rule at all."],
];

const long = (/** @type {number} */ x) => (Number.isNaN(x) ? "—" : (Math.abs(x) < 1e-4 && x !== 0 ? x.toExponential(7) : x.toFixed(10)).replaceAll("-", "−"));

/** @param {Comparison} found */
function verdictOf({ gap, kink }) {
  if (kink) return "The loss has a corner exactly here: left and right of it the slopes differ, so there is no single derivative.";
  return gap <= TOLERANCE ? `Equal: at most ${num(gap, 2)} apart.` : `They differ by ${num(gap, 2)}, more than they should.`;
}

/** @param {Numbers} r @param {number} index */
function memory(r, index) {
  const quantities = [...r.quantities].filter(([, values]) => Number.isFinite(values[index])).map(([name, values]) => `${name} ${num(values[index])}`);
  const used = Math.abs(r.used[index] - r.gradient[index]) > 1e-12 ? [`gradient after penalties and clipping ${num(r.used[index])}`] : [];
  const all = [...used, ...quantities];
  return all.length ? `; ${all.join(", ")}` : "";
}

/** A number as typed, with a comma or a point and any minus; null for what is none. @param {string} text */
export function parse(text) {
  const plain = text.trim().replace(",", ".").replace("−", "-");
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : null;
}
