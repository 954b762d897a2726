/**
 * Buttons and choices around the network diagram: layers, neurons of each layer, activations. They act on `model.layers`.
 *
 * @import { Column, Plan } from "./layout.js"
 * @typedef {{units: number, activation: string}} Layer
 */
import { TITLES } from "../../kit/activations.js";
import { make } from "../../kit/dom.js";

const MOST_LAYERS = 8;
const MOST_UNITS = 64;
const NEW_LAYER = 4;

export class Controls {
  /** @type {Layer[]} */
  layers = [];
  /** @type {ReturnType<Controls["head"]>[]} */
  rows = [];

  /** @param {{top: HTMLElement, heads: HTMLElement, change: (layers: Layer[]) => void}} options `change` sends the new list of hidden layers */
  constructor({ top, heads, change }) {
    this.change = change;
    this.heads = heads;
    this.fewer = this.round("−", "Remove the last hidden layer", () => this.resize(-1));
    this.more = this.round("+", "Add a hidden layer", () => this.resize(1));
    this.count = make("output", { "aria-live": "polite" });
    this.caption = make("span", { class: "nn-caption" });
    top.append(this.fewer, this.count, this.more, this.caption);
  }

  /** @param {string} sign @param {string} label @param {() => void} act */
  round(sign, label, act) {
    return make("button", { class: "nn-round", type: "button", "aria-label": label, title: label, onclick: act }, sign);
  }

  /** @param {number} by */
  resize(by) {
    const last = this.layers.at(-1);
    if (by < 0) this.send(this.layers.slice(0, -1));
    else this.send([...this.layers, { units: last?.units ?? NEW_LAYER, activation: last?.activation ?? "tanh" }]);
  }

  /** @param {number} i @param {number} by */
  neurons(i, by) {
    const units = Math.max(1, Math.min(MOST_UNITS, this.layers[i].units + by));
    this.send(this.layers.map((layer, k) => (k === i ? { ...layer, units } : layer)));
  }

  /** @param {number} i @param {string} activation */
  bend(i, activation) {
    this.send(this.layers.map((layer, k) => (k === i ? { ...layer, activation } : layer)));
  }

  /** Kept at once, so that fast clicks add up before the server's answer is here. @param {Layer[]} layers */
  send(layers) {
    this.layers = layers;
    this.change(layers);
    this.write();
  }

  /** What the server says holds. @param {Partial<Layer>[]} layers @param {Plan | null} [plan] */
  take(layers, plan) {
    this.layers = layers.map((layer) => ({ units: layer.units ?? NEW_LAYER, activation: layer.activation ?? "tanh" }));
    if (plan) this.place(plan);
    this.write();
  }

  /** @param {Plan} plan */
  place(plan) {
    const focused = this.heads.querySelector(":focus")?.getAttribute("aria-label");
    this.rows = plan.columns.slice(0, -1).map((column, i) => this.head(column, i));
    this.heads.classList.toggle("nn-tight", plan.tight);
    const [first, last] = [plan.features[0], plan.columns[plan.columns.length - 1]];
    this.heads.replaceChildren(
      make("div", { class: "nn-head nn-end", style: `left:${first.x - 18}px` }, "Features"),
      ...this.rows.map((row) => row.element),
      make("div", { class: "nn-head nn-end", style: `left:${last.centre}px` }, "Output"));
    const again = focused && this.heads.querySelector(`[aria-label="${CSS.escape(focused)}"]`);
    if (again instanceof HTMLElement) again.focus();
  }

  /** @param {Column} column @param {number} i */
  head(column, i) {
    const fewer = this.round("−", `Remove a neuron from layer ${i + 1}`, () => this.neurons(i, -1));
    const more = this.round("+", `Add a neuron to layer ${i + 1}`, () => this.neurons(i, 1));
    const units = make("output", { "aria-label": `Neurons in layer ${i + 1}` });
    const bend = make("select", { class: "nn-bend", "aria-label": `Activation of layer ${i + 1}`, onchange: (e) => this.bend(i, e.target.value) },
      ...Object.entries(TITLES).map(([name, text]) => make("option", { value: name }, text)));
    const element = make("div", { class: "nn-head", style: `left:${column.centre}px` }, make("div", { class: "nn-count" }, fewer, units, more), bend);
    return { element, fewer, more, units, bend };
  }

  write() {
    const n = this.layers.length;
    this.count.textContent = `${n} hidden ${n === 1 ? "layer" : "layers"}`;
    this.fewer.disabled = n === 0;
    this.more.disabled = n >= MOST_LAYERS;
    this.rows.forEach((row, i) => {
      const layer = this.layers[i];
      if (!layer) return;
      row.units.textContent = String(layer.units);
      row.fewer.disabled = layer.units <= 1;
      row.more.disabled = layer.units >= MOST_UNITS;
      if (row.bend.value !== layer.activation) row.bend.value = layer.activation;
    });
  }
}
