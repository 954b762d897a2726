/**
 * Every activation with its derivative; a click sends a signal through ten layers of it, and a gradient back.
 *
 * @import { Board, Named, Surface, Theme, View } from "../../kit/types.d.ts"
 * @typedef {Record<string, Named>} Answers
 */
import { TITLES } from "../../kit/activations.js";
import { boxOf, drawAxes, drawLine, linear, logarithmic, marksAt } from "../../kit/axes.js";
import { stroke } from "../../kit/canvas.js";
import { found, make, write } from "../../kit/dom.js";
import { number, powerOfTen, tickText } from "../../kit/numbers.js";
import { css, rgb } from "../../kit/palette.js";
import { logSlider } from "../../kit/slider.js";
import { NeuronView } from "./view.js";

// in the order of the arrays
const NAMES = ["relu", "leaky_relu", "tanh", "sigmoid", "linear", "gelu", "silu", "sine"];
const REACH = 5;
const RISE = 2.4; // of a card's curve, up and down
const ROOM = { left: 54, right: 8, top: 22, bottom: 18 };

/** @implements {View} */
class Activations extends NeuronView {
  /** @type {Answers | null} */
  arrays = null;
  chosen = "tanh";
  shown = "tanh"; // what the arrays are of
  init = "xavier";
  scale = 1;
  seed = 0;
  waiting = false;
  stale = false;
  failure = ""; // the newest answer, where it was a refusal

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    super(root, board, TEMPLATE);
    this.cards = NAMES.map((name) => this.card(name));
    this.signal = board.canvas(this.at(".signal"), { height: 400, label: "How the values are spread in each of ten layers" });
    this.back = board.canvas(this.at(".back"), { height: 400, label: "Size of the signal and of the gradient in each layer" });
    this.parts = [...this.cards.map((card) => card.surface), this.signal, this.back];
    const init = found(root, ".init", HTMLSelectElement);
    init.onchange = () => this.pick({ init: init.value });
    this.at(".fresh").onclick = () => this.pick({ seed: this.seed + 1 });
    const scale = logSlider({
      label: "Scale of the weights", low: 0.1, high: 5, shown: (v) => String(Number(v.toPrecision(3))), typed: true,
      title: "Multiplies the weights of every layer.", input: (v) => this.pick({ scale: Math.min(5, Math.max(0.1, v)) }), change: () => {},
    });
    scale.show(1);
    this.at(".tools.choose").append(scale.box);
  }

  /** @param {string} name */
  card(name) {
    const place = make("div");
    const box = make("button", { type: "button", class: "small card", title: `Send a signal through ten layers of ${TITLES[name]}`, onclick: () => this.pick({ chosen: name }) }, make("b", {}, TITLES[name]), place);
    this.at(".cards").append(box);
    return { name, box, surface: this.board.canvas(place, { height: 104, label: `${TITLES[name]} and its derivative` }) };
  }

  /** @param {Partial<Pick<Activations, "chosen"|"init"|"scale"|"seed">>} choice */
  pick(choice) {
    Object.assign(this, choice);
    this.ask();
    this.draw();
  }

  /** One request at a time; what changed meanwhile is asked for when the answer has come. */
  async ask() {
    if (this.waiting) {
      this.stale = true;
      return;
    }
    this.waiting = true;
    const { chosen: activation, init, scale, seed } = this;
    const answer = await this.board.ask("activations", { activation, init, scale, seed });
    this.waiting = false;
    this.failure = answer.error ?? "";
    if (!answer.error) Object.assign(this, { arrays: answer.arrays, shown: activation });
    this.draw();
    if (!this.stale) return;
    this.stale = false;
    this.ask();
  }

  scene() {
    this.ask();
  }

  get moving() {
    return this.stale;
  }

  paint() {
    const { colours: theme, arrays } = this;
    if (!theme || !arrays) return;
    this.cards.forEach(({ name, box, surface }, i) => {
      surface.fit();
      box.setAttribute("aria-pressed", "false");
      box.style.borderColor = name === this.chosen ? theme.primary : "";
      box.style.boxShadow = name === this.chosen ? `0 0 0 2px ${theme.primary}` : "";
      drawCard(surface, theme, arrays.activations, i);
    });
    drawSignal(this.signal, theme, arrays);
    drawSizes(this.back, theme, arrays.layer_facts);
  }

  words() {
    const { arrays, failure } = this;
    const title = TITLES[this.shown];
    if (arrays) write(this.at(".which"), `Ten layers of ${title}`);
    if (arrays || failure) this.say(failure || verdict(/** @type {Answers} */ (arrays).layer_facts, title));
  }
}

/** @param {Named} array @param {...number} place */
const value = (array, ...place) => array.data[place.reduce((at, i, k) => at * array.shape[k] + i, 0)];

/** An activation and, dashed, its derivative. @param {Surface} surface @param {Theme} theme @param {Named} curves @param {number} i */
function drawCard(surface, theme, curves, i) {
  const { ctx, width, height } = surface;
  if (!width) return;
  const n = curves.shape[2];
  const box = boxOf(surface, { left: 0, right: 0, top: 4, bottom: 4 });
  const x = linear([-REACH, REACH], [0, width]);
  const y = linear([-RISE, RISE], [box.bottom, box.top]);
  ctx.clearRect(0, 0, width, height);
  drawAxes(surface, theme, { ...box, top: 0, bottom: height }, { x: { scale: x, marks: 0, zero: true }, y: { scale: y, marks: 0, zero: true } });
  for (const [part, colour, dash, thick] of /** @type {[number, string, number[], number][]} */ ([[1, theme.negative, [5, 3], 2], [0, theme.positive, [], 2.6]])) {
    drawLine(ctx, n, (k) => (k / (n - 1)) * width, (k) => y.at(value(curves, i, part, k)), { colour, dash, width: thick, spacing: 0 });
  }
}

/** The layers as ridges, all on one axis of values, so that growing and shrinking is seen. @param {Surface} surface @param {Theme} theme @param {Answers} arrays */
function drawSignal(surface, theme, { layers, layer_ranges: ranges }) {
  const { ctx, width, height } = surface;
  if (!width) return;
  const rows = layers.shape[0];
  ctx.clearRect(0, 0, width, height);
  let widest = 0;
  for (let r = 0; r < rows; r++) widest = Math.max(widest, value(ranges, r, 1));
  const reach = Math.min(widest, 4 * Math.max(1, value(ranges, 0, 1) / 2));
  const box = boxOf(surface, ROOM);
  const x = linear([-reach, reach], [box.left, box.right]);
  const step = (box.bottom - box.top) / rows;
  const marks = marksAt([-reach / 2, 0, reach / 2], (v) => tickText(Number(v.toPrecision(2))));
  const names = marksAt(Array.from({ length: rows }, (_, r) => r + 0.75), (y) => (y < 1 ? "input" : `layer ${Math.floor(y)}`));
  drawAxes(surface, theme, box, { x: { scale: x, marks }, y: { scale: linear([0, rows], [box.top, box.bottom]), marks: names } });
  for (let r = 0; r < rows; r++) {
    const base = box.top + step * (r + 1);
    ctx.save();
    ctx.beginPath();
    ctx.rect(box.left, 0, box.right - box.left, height);
    ctx.clip();
    ridge(ctx, { layers, ranges, r }, (v) => x.at(v), { base, tall: step - 4 });
    ctx.fillStyle = css(rgb(theme.positive), 0.45);
    ctx.fill();
    ctx.strokeStyle = theme.positive;
    ctx.lineWidth = 1.4;
    ctx.stroke();
    ctx.restore();
    stroke(ctx, [[box.left, base], [box.right, base]], theme.border, 1.4);
  }
}

/** The outline of one layer's histogram as the present path. @param {CanvasRenderingContext2D} ctx @param {{layers: Named, ranges: Named, r: number}} of @param {(v: number) => number} x @param {{base: number, tall: number}} place */
function ridge(ctx, { layers, ranges, r }, x, { base, tall }) {
  const bins = layers.shape[1];
  const [low, high] = [value(ranges, r, 0), value(ranges, r, 1)];
  let top = 0;
  for (let k = 0; k < bins; k++) top = Math.max(top, value(layers, r, k));
  ctx.beginPath();
  ctx.moveTo(x(low), base);
  for (let k = 0; k < bins; k++) {
    const h = base - (value(layers, r, k) / (top || 1)) * tall;
    ctx.lineTo(x(low + ((high - low) * k) / bins), h);
    ctx.lineTo(x(low + ((high - low) * (k + 1)) / bins), h);
  }
  ctx.lineTo(x(high), base);
}

/** Standard deviation of the values, and size of the gradient, layer by layer on a logarithmic axis. @param {Surface} surface @param {Theme} theme @param {Named} facts */
function drawSizes(surface, theme, facts) {
  const { ctx, width, height } = surface;
  if (!width) return;
  const rows = facts.shape[0];
  ctx.clearRect(0, 0, width, height);
  const box = boxOf(surface, { ...ROOM, left: 12, right: 60 });
  const x = logarithmic([1e-6, 1e4], [box.left, box.right]);
  const marks = marksAt([1e-6, 1e-4, 1e-2, 1, 1e2, 1e4], (v) => (v < 1e-2 ? powerOfTen(Math.round(Math.log10(v))) : tickText(v)));
  drawAxes(surface, theme, box, { x: { scale: x, marks, grid: true } });
  const step = (box.bottom - box.top) / rows;
  const tall = (step - 8) / 2;
  ctx.font = `14px ${theme.font}`;
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  for (let r = 0; r < rows; r++) {
    [[value(facts, r, 1), theme.positive], [value(facts, r, 3), theme.negative]].forEach(([v, colour], k) => {
      const size = Number(v);
      const top = box.top + step * r + 3 + k * (tall + 1);
      const end = Math.min(box.right, x.at(size));
      ctx.fillStyle = String(colour);
      ctx.fillRect(box.left, top, Math.max(1, end - box.left), tall);
      ctx.fillStyle = theme.text;
      ctx.fillText(number(size, 2), end + 4, top + tall / 2 + 1);
    });
  }
}

/** @param {Named} facts @param {string} title */
function verdict(facts, title) {
  const last = facts.shape[0] - 1;
  const [std, flat] = [value(facts, last, 1), value(facts, last, 2)];
  const gradient = value(facts, 0, 3) / value(facts, last, 3);
  const signals = std < 0.05 ? "vanishes" : std < 0.4 ? "shrinks" : std > 20 ? "explodes" : std > 2.5 ? "grows" : "keeps its size";
  const back = gradient < 0.05 ? "vanishes on its way back" : gradient < 0.4 ? "shrinks on its way back" : gradient > 20 ? "explodes on its way back" : gradient > 2.5 ? "grows on its way back" : "keeps its size";
  return `${title}: after ten layers the signal ${signals} (standard deviation ${number(std, 3)}), and the gradient ${back} (${number(gradient, 3)} times). ${number(100 * flat, 3)} % of the neurons of the last layer have almost no slope.`;
}

const TEMPLATE = `
<style>
.neuron .cards { display: grid; gap: 10px; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); }
.neuron .card { padding: 6px 8px; text-align: left; border-radius: 10px; }
.neuron .card canvas { pointer-events: none; }
.neuron .choose .slider { min-width: 300px; }
</style>
<div class="neuron two">
  <div class="across"><div class="tools"><span class="label">Blue: f(z). Orange, dashed: its derivative f′(z). z from −${REACH} to ${REACH}. Click one.</span></div><div class="cards"></div></div>
  <div class="across"><h4 class="which"></h4><div class="tools choose"><label>Weights <select class="init" aria-label="Initial weights"><option value="xavier">Xavier, N(0, 1/n)</option><option value="he">He, N(0, 2/n)</option></select></label><button type="button" class="small fresh">New random weights</button></div>
    <div class="verdict" style="min-height:0"></div></div>
  <div><h4>The values in each layer</h4><div class="signal"></div></div>
  <div><h4>Blue: spread of the values. Orange: size of the gradient</h4><div class="back"></div></div>
</div>`;

export default { create: (/** @type {HTMLElement} */ root, /** @type {Board} */ board) => new Activations(root, board) };
