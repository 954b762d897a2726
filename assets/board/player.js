/**
 * The control bar: play, step, reset, speed, learning rate, the scrubber over the run's history, and the big numbers.
 *
 * @import { Board, Frame, Metric, Scene } from "../kit/types.d.ts"
 */
import { Calm } from "../kit/calm.js";
import { found, make, write } from "../kit/dom.js";
import { key, showPlaying } from "../kit/icons.js";
import { keyboard } from "../kit/keyboard.js";
import { recall, store } from "../kit/memory.js";
import { count, number } from "../kit/numbers.js";
import { logSlider, onRelease } from "../kit/slider.js";
import { kindsOf } from "../kit/metrics.js";
import { words } from "../kit/words.js";
import { Branches } from "./branches.js";

const CALM_MS = 120;
const TRUST_MS = 500; // how long a click is believed before frames say otherwise
const SEED_MOST = 2 ** 31;
const UNITS = [["epoch", "Epoch"], ["batch", "Batch"], ["phase", "Phase"]];
const FASTEST = 1000; // updates a second, before full speed
const UNIT_KEY = "nnlab.unit";

export class Player {
  playing = false;
  trusted = 0; // until when
  speedNow = 0;
  paced = 0; // until when that is believed
  calm = new Calm(CALM_MS); // in which the numbers are written
  scrubbing = false;
  seeking = 0; // the animation frame that sends where the scrubber stands
  shape = ""; // of what the figures were made
  /** @type {Metric[]} */
  metrics = [];
  /** @type {Map<string, HTMLElement>} what shows each metric */
  numbers = new Map();
  /** @type {Map<string, HTMLElement[]>} what says that a figure is one of the test examples */
  tested = new Map();
  steps = false; // whether there are steps in place of epochs

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    this.board = board;
    this.box = make("section", { class: "player", "aria-label": "Player" });
    this.box.innerHTML = TEMPLATE;
    this.unit = make("select", { class: "unit", "aria-label": "Size of a step", title: "Size of a step", onchange: (e) => store(UNIT_KEY, e.target.value) },
      ...UNITS.map(([value, text]) => make("option", { value }, text)));
    this.unit.value = recall(UNIT_KEY) ?? "epoch";
    this.button = key("play", { label: "Play", title: "Play (space)", act: () => this.play(!this.playing) });
    this.box.prepend(this.transport());
    root.append(this.box);
    this.rate = logSlider({
      label: "Learning rate", low: 1e-5, high: 10, shown: (v) => String(Number(v.toPrecision(3))), typed: true,
      title: "How large a step each update takes. You can change it during training.",
      input: (v) => board.set({ "training.learning_rate": v }), change: () => board.changed(),
    });
    this.speed = logSlider({
      label: "Speed", low: 1, high: FASTEST, last: { value: 0, text: "full" }, shown: (v) => `${count(v)}/s`,
      title: "Updates per second; far right is as fast as possible.",
      input: (v) => this.pace(v),
      change: () => {},
    });
    this.part("sliders").append(this.rate.box, this.speed.box);
    this.scrub = found(this.box, ".scrub", HTMLInputElement);
    this.branches = new Branches(board);
    this.part("past").append(this.branches.root);
    this.wanted = 0; // the step at which the scrubber stands
    this.scrubber();
    this.offs = [
      board.on("frame", (f) => this.frame(f)),
      board.on("scene", (s) => this.scene(s)),
      board.on("experiment", () => this.rate.show(this.learningRate)),
      board.on("limit", (v) => this.rate.mark(v, v === null ? "" : `Red: largest stable learning rate, 2/λmax = ${number(v, 3)}; gradient descent diverges above it`)),
      board.on("refused", () => this.rate.show(this.learningRate, true)),
      keyboard(root, { toggle: () => this.play(!this.playing), forward: () => this.step(1), back: () => this.step(-1), reset: () => this.reset(), faster: () => this.hurry(2), slower: () => this.hurry(0.5) }),
    ];
  }

  destroy() {
    this.calm.stop();
    for (const off of this.offs) off();
  }

  /** @param {string} name */
  part(name) {
    return found(this.box, `.${name}`);
  }

  /** @returns {number | undefined} that of the experiment; a race has none */
  get learningRate() {
    return this.board.experiment?.training?.learning_rate;
  }

  /** The keys, and how long a step is. */
  transport() {
    const explain = () => {
      const about = this.part("about");
      about.hidden = !about.hidden;
      help.setAttribute("aria-expanded", String(!about.hidden));
    };
    const help = make("button", { type: "button", class: "key keys", "aria-label": "Keyboard", "aria-expanded": "false", title: "Keyboard", onclick: explain }, "?");
    return make("div", { class: "transport" },
      key("reset", { label: "Reset", title: "Reset to the same initial weights (R). A button beside the scrubber leads back.", act: () => this.reset() }),
      key("back", { label: "Step back", title: "Step back (←)", act: () => this.step(-1) }),
      this.button,
      key("forward", { label: "Step forward", title: "Step forward (→)", act: () => this.step(1) }),
      this.unit,
      key("fresh", { label: "New weights", title: "Draw new random weights and start again", act: () => this.redraw(), sign: "dice" }),
      help);
  }

  // ---- what a person does -------------------------------------------------------------------------------------------
  /** @param {boolean} playing */
  play(playing) {
    this.trusted = performance.now() + TRUST_MS;
    this.show(playing);
    if (playing) this.board.emit("starts", playing);
    this.board.send("play", playing);
  }

  /** @param {number} n */
  step(n) {
    if (this.playing) this.play(false);
    this.board.send("step", { unit: this.unit.value, n });
  }

  reset() {
    this.board.send("reset", null);
  }

  /** @param {number} speed updates a second, 0 = full speed */
  pace(speed) {
    this.speedNow = Math.round(speed);
    this.paced = performance.now() + TRUST_MS;
    this.board.emit("chosen", "speed");
    this.board.send("speed", this.speedNow);
  }

  /** By a key, and it is said, for a projector shows no slider. @param {number} times */
  hurry(times) {
    const now = (performance.now() < this.paced ? this.speedNow : this.board.frame?.speed) || 2 * FASTEST; // that of full speed is not known
    const speed = Math.max(1, now * times);
    this.pace(speed > FASTEST ? 0 : speed);
    this.board.emit("notice", { level: "info", code: "speed", values: { speed: this.speedNow } });
  }

  /** Other initial weights. */
  redraw() {
    this.board.set({ seed: Math.floor(Math.random() * SEED_MOST) });
    this.board.changed();
  }

  scrubber() {
    const seek = () => {
      this.seeking = 0;
      this.board.send("seek", this.wanted);
    };
    this.scrub.addEventListener("input", () => {
      if (!this.scrubbing && this.playing) this.board.send("play", false);
      this.scrubbing = true;
      this.wanted = Number(this.scrub.value);
      if (!this.seeking) this.seeking = requestAnimationFrame(seek);
    });
    onRelease(this.scrub, () => {
      this.scrubbing = false;
    });
  }

  // ---- what the run says ----------------------------------------------------------------------------------------------
  /** @param {Scene} scene */
  scene({ metrics = [], pass_name, groups = [] }) {
    this.rate.show(this.learningRate);
    const shape = JSON.stringify([metrics, pass_name, groups[0]?.path]);
    if (shape === this.shape) return;
    this.shape = shape;
    this.metrics = metrics;
    this.steps = pass_name === "step";
    this.figures();
    this.box.classList.toggle("stepping", this.steps); // there are no epochs, and no weights to draw
    this.box.classList.toggle("apart", !groups.some((g) => g.path === "training")); // nor one learning rate for all
    write(found(this.box, ".unit option[value=epoch]"), this.steps ? "Step" : "Epoch");
    found(this.box, ".unit option[value=batch]").hidden = this.steps;
  }

  /** The clock, and a figure for every kind of metric: training and test side by side. What is measured of several networks is in the pictures. */
  figures() {
    const clock = this.part("clock");
    write(found(clock, ".label"), this.steps ? "Step" : "Epoch");
    this.numbers = new Map(this.metrics.map(({ name, label, split }) => [name, make("span", { class: `number ${name.replaceAll("_", "-")} of-${split || "run"}`, title: label }, "—")]));
    const figures = kindsOf(this.metrics.filter(({ key }) => !key)).flatMap(({ title, lines }) => (lines[0].split && lines.length > 1 ? [this.figure(title, lines)] : lines.map((line) => this.figure(line.label, [line]))));
    this.part("figures").replaceChildren(clock, ...figures);
    this.box.classList.toggle("many", figures.length > 3);
  }

  /** @param {string} title @param {Metric[]} lines */
  figure(title, lines) {
    const splits = lines.length > 1 ? lines.map(({ split }) => make("i", { class: `of-${split}` }, ` ${split}`)) : [];
    const numbers = lines.map(({ name, label }) => make("span", {}, make("span", { class: "unseen" }, `${label} `), this.numbers.get(name) ?? ""));
    lines.forEach(({ name, split }, i) => splits.length && split === "test" && this.tested.set(name, [splits[i], numbers[i]]));
    return make("div", { class: "figure" }, make("span", { class: "label", title: lines.map((line) => line.label).join(", ") }, title, ...splits), make("span", { class: "numbers" }, ...numbers));
  }

  /** @param {Frame} f */
  frame(f) {
    if (performance.now() > this.trusted || f.playing === this.playing) this.show(f.playing);
    this.calm.do(f.playing, () => this.read(f));
  }

  /** The numbers of a frame. @param {Frame} f */
  read(f) {
    const say = (/** @type {string} */ name, /** @type {string} */ text) => write(this.part(name), text);
    const m = f.metrics ?? {};
    say("epoch", f.epoch >= 1e6 ? `${(f.epoch / 1e6).toFixed(2)}M` : count(f.epoch));
    say("step", `${(f.span?.[1] ?? 0) > f.step ? "" : "step "}${count(f.step)}${f.phase ? ` · ${f.phase}` : ""}`);
    say("rate", f.playing && f.rate ? pace(f.rate, this.steps) : "paused");
    const sampled = Math.max(0, ...Object.values(f.sampled ?? {}));
    say("sampled", sampled ? words({ code: "sampled", values: { count: sampled } }) : "");
    this.part("clock").title = ["rate", "sampled"].map((name) => this.part(name).textContent).filter(Boolean).join(" · "); // where the bar has no room for them
    for (const { name, unit } of this.metrics) {
      const [box, value] = [this.numbers.get(name), m[name]];
      if (box) write(box, unit === "%" ? percent(value) : number(value, 3));
      for (const part of this.tested.get(name) ?? []) part.hidden = value === null || value === undefined; // there are no test examples
    }
    this.speed.show(f.speed);
    if (this.learningRate === undefined) this.rate.show(f.lr);
    this.showSpan(f);
    this.branches.show(f);
  }

  /** @param {Frame} f */
  showSpan({ step, span = [0, step], seeking = null }) {
    const { scrub } = this;
    const high = Math.max(span[1], step);
    scrub.min = String(span[0]);
    scrub.max = String(Math.max(high, span[0] + 1));
    if (!this.scrubbing) scrub.value = String(step);
    const shown = this.scrubbing ? this.wanted : step;
    scrub.setAttribute("aria-valuetext", `Step ${shown} of ${high}`);
    const going = seeking !== null && seeking !== shown ? `→ ${count(seeking)}` : "";
    write(this.part("where"), going || (high > shown ? `of ${count(high)}` : ""));
  }

  /** @param {boolean} playing */
  show(playing) {
    if (this.playing === playing) return;
    this.playing = playing;
    showPlaying(this.button, playing);
  }
}

/** Whole epochs where there are some in a second, else updates: "0 epochs/s" would look as if it stood still. @param {{epochs_s: number, steps_s: number}} rate @param {boolean} steps */
const pace = ({ epochs_s, steps_s }, steps) => (steps || epochs_s < 2 ? `${count(steps_s)} ${steps ? "steps" : "updates"}/s` : `${count(epochs_s)} epochs/s`);

/** @param {number | null | undefined} x */
const percent = (x) => (x === null || x === undefined || Number.isNaN(x) ? "—" : x > 0.9995 ? "100\u202f%" : `${(100 * x).toFixed(1)}\u202f%`);

const TEMPLATE = `
<div class="sliders"></div>
<div class="figures">
  <div class="figure clock"><span class="label">Epoch</span><span class="number epoch">0</span><span class="small-print"><span class="step"></span><span class="where"></span><span class="rate"></span><span class="sampled"></span></span></div>
</div>
<div class="past"><input type="range" class="scrub" min="0" max="1" value="0" step="1" aria-label="History of the run" title="Drag to look at an earlier step"></div>
<p class="about" hidden><kbd>Space</kbd> play or pause <kbd>→</kbd> step forward <kbd>←</kbd> step back <kbd>R</kbd> reset <kbd>+</kbd><kbd>−</kbd> faster, slower <kbd>Ctrl</kbd><kbd>Z</kbd> undo <kbd>P</kbd> projector <kbd>G</kbd> glossary. The keys work unless you are typing or moving a slider.</p>`;
