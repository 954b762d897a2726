/** Every activation with its derivative; a click sends a signal through ten layers of it, and a gradient back. */
import { write } from "../../kit/dom.js";
import { number, tickText } from "../../kit/numbers.js";
import { css, rgb } from "../../kit/palette.js";
import { logSlider } from "../../kit/slider.js";
import { dress } from "./style.js";

const NAMES = ["relu", "leaky_relu", "tanh", "sigmoid", "linear", "gelu", "silu", "sine"];
const TITLES = { relu: "ReLU", leaky_relu: "Leaky ReLU", gelu: "GELU", tanh: "Tanh", sigmoid: "Sigmoid", silu: "SiLU", sine: "Sine", linear: "Linear" };
const REACH = 5;

export default {
  needs: [],
  create(root, board) {
    dress(root, TEMPLATE);
    const at = (name) => root.querySelector(name);
    const state = { board, at, theme: null, arrays: null, chosen: "tanh", init: "xavier", scale: 1, seed: 0, asked: 0, waiting: false };
    state.cards = NAMES.map((name) => card(state, name));
    state.signal = board.canvas(at(".signal"), { height: 400, label: "How the values are spread in each of ten layers" });
    state.back = board.canvas(at(".back"), { height: 400, label: "Size of the signal and of the gradient in each layer" });
    const again = () => draw(state);
    at(".init").onchange = () => ((state.init = at(".init").value), ask(state));
    at(".fresh").onclick = () => ((state.seed += 1), ask(state));
    const scale = logSlider({
      label: "Scale of the weights", low: 0.1, high: 5, shown: (v) => String(Number(v.toPrecision(3))), parse: (t) => Number.parseFloat(t.replace(",", ".")),
      title: "Multiplies the weights of every layer.", input: (v) => ((state.scale = Math.min(5, Math.max(0.1, v))), ask(state)), change: () => {},
    });
    scale.show(1);
    at(".tools.choose").append(scale.box);
    return {
      theme: (t) => ((state.theme = t), again()),
      scene: () => ask(state),
      frame: again,
      resize() {
        for (const { surface } of state.cards) surface.fit();
        state.signal.fit();
        state.back.fit();
        again();
      },
      alt: () => at(".verdict").textContent,
      destroy() {},
    };
  },
};

/** One request at a time; what changed meanwhile is asked for when the answer has come. */
async function ask(state) {
  if (state.waiting) {
    state.stale = true;
    return;
  }
  state.waiting = true;
  const name = state.chosen;
  const answer = await state.board.ask("activations", { activation: state.chosen, init: state.init, scale: state.scale, seed: state.seed });
  state.waiting = false;
  if (answer.arrays) Object.assign(state, { arrays: answer.arrays, shown: name });
  else write(state.at(".verdict"), answer.error ?? "");
  draw(state);
  if (state.stale) {
    state.stale = false;
    ask(state);
  }
}

function card(state, name) {
  const box = document.createElement("button");
  box.type = "button";
  box.className = "small card";
  box.title = `Send a signal through ten layers of ${TITLES[name]}`;
  box.innerHTML = `<b>${TITLES[name]}</b><div></div>`;
  state.at(".cards").append(box);
  box.onclick = () => {
    state.chosen = name;
    ask(state);
    draw(state);
  };
  return { name, box, surface: state.board.canvas(box.lastElementChild, { height: 104, label: `${TITLES[name]} and its derivative` }) };
}

function draw(state) {
  const { theme, arrays } = state;
  if (!theme || !arrays) return;
  state.cards.forEach((one, i) => {
    one.surface.fit();
    one.box.setAttribute("aria-pressed", "false");
    one.box.style.borderColor = one.name === state.chosen ? theme.primary : "";
    one.box.style.boxShadow = one.name === state.chosen ? `0 0 0 2px ${theme.primary}` : "";
    curve(one.surface, theme, arrays.activations, i);
  });
  signal(state);
  sizes(state);
  write(state.at(".which"), `Ten layers of ${TITLES[state.shown]}`);
  write(state.at(".verdict"), verdict(state));
}

const value = (array, ...place) => array.data[place.reduce((at, i, k) => at * array.shape[k] + i, 0)];

function curve(surface, theme, curves, i) {
  const { ctx, width, height } = surface;
  if (!width) return;
  const n = curves.shape[2];
  const x = (k) => (k / (n - 1)) * width;
  const y = (v) => height / 2 - (v / 2.4) * (height / 2 - 4);
  ctx.clearRect(0, 0, width, height);
  ctx.strokeStyle = theme.border;
  ctx.lineWidth = 1;
  ctx.beginPath();
  ctx.moveTo(0, y(0));
  ctx.lineTo(width, y(0));
  ctx.moveTo(width / 2, 0);
  ctx.lineTo(width / 2, height);
  ctx.stroke();
  for (const [part, colour, dash, wide] of [[1, theme.negative, [5, 3], 2], [0, theme.positive, [], 2.6]]) {
    ctx.beginPath();
    for (let k = 0; k < n; k++) ctx.lineTo(x(k), y(value(curves, i, part, k)));
    ctx.setLineDash(dash);
    ctx.lineWidth = wide;
    ctx.strokeStyle = colour;
    ctx.stroke();
  }
  ctx.setLineDash([]);
}

/** The layers as ridges, all on one axis of values, so that growing and shrinking is seen. */
function signal(state) {
  const { theme, arrays, signal: surface } = state;
  const { ctx, width, height } = surface;
  if (!width) return;
  const { layers, layer_ranges: ranges } = arrays;
  const [rows, bins] = layers.shape;
  ctx.clearRect(0, 0, width, height);
  let widest = 0;
  for (let r = 0; r < rows; r++) widest = Math.max(widest, value(ranges, r, 1));
  const reach = Math.min(widest, 4 * Math.max(1, value(ranges, 0, 1) / 2));
  const left = 54;
  const x = (v) => left + ((v + reach) / (2 * reach)) * (width - left - 8);
  const step = (height - 40) / rows;
  ctx.font = `12px ${theme.font}`;
  for (let r = 0; r < rows; r++) {
    const base = 22 + step * (r + 1);
    const [low, high] = [value(ranges, r, 0), value(ranges, r, 1)];
    let top = 0;
    for (let k = 0; k < bins; k++) top = Math.max(top, value(layers, r, k));
    ctx.beginPath();
    ctx.moveTo(x(low), base);
    for (let k = 0; k < bins; k++) {
      const h = base - (value(layers, r, k) / (top || 1)) * (step - 4);
      ctx.lineTo(x(low + ((high - low) * k) / bins), h);
      ctx.lineTo(x(low + ((high - low) * (k + 1)) / bins), h);
    }
    ctx.lineTo(x(high), base);
    ctx.save();
    ctx.clip(within(left, 0, width - left - 8, height));
    ctx.fillStyle = css(rgb(theme.positive), 0.45);
    ctx.fill();
    ctx.strokeStyle = theme.positive;
    ctx.lineWidth = 1.4;
    ctx.stroke();
    ctx.restore();
    ctx.strokeStyle = theme.border;
    ctx.beginPath();
    ctx.moveTo(left, base);
    ctx.lineTo(width - 8, base);
    ctx.stroke();
    ctx.fillStyle = theme.faint;
    ctx.textAlign = "right";
    ctx.textBaseline = "alphabetic";
    ctx.fillText(r ? `layer ${r}` : "input", left - 8, base);
  }
  ctx.textAlign = "center";
  ctx.textBaseline = "top";
  for (const v of [-reach / 2, 0, reach / 2]) ctx.fillText(tickText(Number(v.toPrecision(2))), x(v), height - 16);
}

function within(x, y, w, h) {
  const path = new Path2D();
  path.rect(x, y, w, h);
  return path;
}

/** Standard deviation of the values, and size of the gradient, layer by layer on a logarithmic axis. */
function sizes(state) {
  const { theme, arrays, back: surface } = state;
  const { ctx, width, height } = surface;
  if (!width) return;
  const facts = arrays.layer_facts;
  const rows = facts.shape[0];
  ctx.clearRect(0, 0, width, height);
  const [low, high] = [1e-6, 1e4];
  const left = 12;
  const x = (v) => left + (Math.log(Math.min(high, Math.max(low, v)) / low) / Math.log(high / low)) * (width - left - 60);
  const step = (height - 40) / rows;
  ctx.font = `12px ${theme.font}`;
  ctx.textBaseline = "top";
  ctx.textAlign = "center";
  ctx.strokeStyle = theme.border;
  ctx.fillStyle = theme.faint;
  for (const v of [1e-6, 1e-4, 1e-2, 1, 100, 1e4]) {
    ctx.beginPath();
    ctx.moveTo(x(v), 22);
    ctx.lineTo(x(v), height - 18);
    ctx.stroke();
    ctx.fillText(v >= 1e-2 ? tickText(v) : `10${v < 1e-5 ? "⁻⁶" : "⁻⁴"}`, x(v), height - 16);
  }
  for (let r = 0; r < rows; r++) {
    const [, std, , gradient] = [0, 1, 2, 3].map((k) => value(facts, r, k));
    const top = 22 + step * r + 3;
    const tall = (step - 8) / 2;
    for (const [k, v, colour] of [[0, std, theme.positive], [1, gradient, theme.negative]]) {
      ctx.fillStyle = colour;
      ctx.fillRect(x(low), top + k * (tall + 1), Math.max(1, x(v) - x(low)), tall);
      ctx.textAlign = "left";
      ctx.textBaseline = "middle";
      ctx.font = `11px ${theme.font}`;
      ctx.fillStyle = theme.text;
      ctx.fillText(number(v, 2), x(v) + 4, top + k * (tall + 1) + tall / 2 + 1);
    }
  }
}

function verdict({ arrays, shown }) {
  const facts = arrays.layer_facts;
  const last = facts.shape[0] - 1;
  const [std, flat] = [value(facts, last, 1), value(facts, last, 2)];
  const gradient = value(facts, 0, 3) / value(facts, last, 3);
  const signals = std < 0.05 ? "dies away" : std < 0.4 ? "shrinks" : std > 20 ? "explodes" : std > 2.5 ? "grows" : "keeps its size";
  const back = gradient < 0.05 ? "vanishes on its way back" : gradient < 0.4 ? "shrinks on its way back" : gradient > 20 ? "explodes on its way back" : gradient > 2.5 ? "grows on its way back" : "comes back at its size";
  return `${TITLES[shown]}: after ten layers the signal ${signals} (standard deviation ${number(std, 3)}), and the gradient ${back} (${number(gradient, 3)} times). ${number(100 * flat, 3)} % of the units of the last layer have next to no slope.`;
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
  <div class="across"><h4 class="which"></h4><div class="tools choose"><label>Weights <select class="init" aria-label="Initial weights"><option value="xavier">Xavier, N(0, 1/n)</option><option value="he">He, N(0, 2/n)</option></select></label><button type="button" class="small fresh">Other random weights</button></div>
    <div class="verdict" role="status" style="min-height:0"></div></div>
  <div><h4>What becomes of the values</h4><div class="signal"></div></div>
  <div><h4>Blue: spread of the values. Orange: size of the gradient</h4><div class="back"></div></div>
</div>`;
