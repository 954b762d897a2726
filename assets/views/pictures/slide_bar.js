/** The choices of a window that slides: the operation, its kernel, size, stride, padding and dilation. */
import { picker } from "../../kit/choices.js";
import { make, write } from "../../kit/dom.js";
import { reachOf } from "./slide_draw.js";

const OWN = "own";
const NETWORK = "network";
const MOST_PADDING = 6;
/** @type {[value: string, words: string][]} */
const OPERATIONS = [["convolution", "Convolution"], ["max", "Max pooling"], ["average", "Average pooling"]];
/** @type {[value: string, words: string][]} */
const KERNELS = [["edges_across", "Edges, left to right"], ["edges_down", "Edges, top to bottom"], ["outline", "Outline (Laplacian)"], ["sharpen", "Sharpen"], ["blur", "Blur"], ["emboss", "Emboss"], ["identity", "Identity"]];
/** @type {[value: string, words: string][]} */
const COLOURS = [["mean", "Mean of the colours"], ["red", "Red"], ["green", "Green"], ["blue", "Blue"]];

/** @typedef {{operation: string, size: number, stride: number, padding: number, dilation: number, kernel: string, numbers: string, lent: string, colour: string}} Chosen */

export class Bar {
  channels = 0;
  last = { kernel: KERNELS[0][0], lent: "" };

  /** @param {{choose: (to: Partial<Chosen>) => void, slide: () => void, network: (channel: number) => void}} on */
  constructor(on) {
    const { choose } = on;
    this.operation = picker("Operation", OPERATIONS, (operation) => choose({ operation }));
    this.kernel = picker("Kernel", KERNELS, (value) => (value.startsWith(NETWORK) ? on.network(Number(value.slice(NETWORK.length))) : value === OWN ? undefined : choose({ kernel: value })));
    this.colour = picker("Colour", COLOURS, (colour) => choose({ colour }));
    const number = (/** @type {"size" | "stride" | "padding" | "dilation"} */ name, /** @type {number} */ low, /** @type {number} */ high) =>
      picker(titled(name), Array.from({ length: high - low + 1 }, (_, i) => /** @type {[number, string]} */ ([low + i, String(low + i)])), (value) => choose({ [name]: Number(value) }));
    this.numbers = { size: number("size", 1, 7), stride: number("stride", 1, 4), padding: number("padding", 0, MOST_PADDING), dilation: number("dilation", 1, 4) };
    const press = (/** @type {string} */ words, /** @type {string} */ title, /** @type {() => void} */ act) => make("button", { class: "small", type: "button", title, onclick: act }, words);
    this.none = press("None", "No padding", () => choose({ padding: 0 }));
    this.same = press("Same", "", () => choose({ padding: this.sameNow }));
    this.reset = press("Reset", "The kernel as its name says; a channel of the network as it is now", () => (this.last.lent === "" ? choose({ kernel: this.last.kernel }) : on.network(Number(this.last.lent))));
    this.slide = press("Slide", "Move the window over the output cell by cell (space, where the output has the keyboard)", on.slide);
    this.slide.style.minWidth = "64px";
    const named = (/** @type {"size" | "stride" | "padding" | "dilation"} */ name) => make("label", {}, titled(name), this.numbers[name]);
    this.box = make("div", { class: "tools" }, this.operation, this.kernel, this.reset, this.colour, named("size"), named("stride"), named("padding"), this.none, this.same, named("dilation"), this.slide);
    this.offer({ colours: false, channels: 0 });
  }

  /** @param {{colours: boolean, channels: number}} offered whether the picture has colours, and how many kernels the network can lend */
  offer({ colours, channels }) {
    this.colour.hidden = !colours;
    this.channels = channels;
    const known = KERNELS.map(([value, words]) => make("option", { value }, words));
    const lent = Array.from({ length: channels }, (_, c) => make("option", { value: `${NETWORK}${c}` }, `Channel ${c + 1}`));
    this.kernel.replaceChildren(...known, make("option", { value: OWN, disabled: true }, "Own numbers"), ...(channels ? [make("optgroup", { label: "Of this network, as it is now" }, ...lent)] : []));
  }

  /** @param {Chosen} chosen @param {boolean} sliding */
  show(chosen, sliding) {
    const { operation, size, padding, dilation, numbers, lent, kernel, colour } = chosen;
    const pooled = operation !== "convolution";
    this.last = { kernel, lent };
    this.operation.value = operation;
    this.kernel.value = !numbers ? kernel : lent !== "" && Number(lent) < this.channels ? `${NETWORK}${lent}` : OWN;
    this.kernel.disabled = pooled;
    this.reset.disabled = pooled || !numbers;
    this.colour.value = colour;
    for (const [name, select] of Object.entries(this.numbers)) select.value = String(chosen[/** @type {"size"} */ (name)]);
    const reach = reachOf([size, 1, 0, dilation]);
    this.sameNow = (reach - 1) / 2;
    const can = Number.isInteger(this.sameNow) && this.sameNow <= MOST_PADDING;
    this.same.disabled = !can;
    this.same.title = can ? `Padding ${this.sameNow}: with a stride of 1, the output is as large as the picture` : Number.isInteger(this.sameNow) ? `It would take a padding of ${this.sameNow}` : `Of ${reach} pixels none is in the middle: no padding that is equal on all sides keeps the size`;
    this.none.setAttribute("aria-pressed", String(padding === 0));
    this.same.setAttribute("aria-pressed", String(can && padding === this.sameNow && padding > 0));
    write(this.slide, sliding ? "Pause" : "Slide");
  }

  sameNow = 1;
}

/** @param {string} name */
const titled = (name) => name[0].toUpperCase() + name.slice(1);
