/**
 * The learning-rate map: where 200 steps end for each pair of learning rate and momentum; a click races with that pair.
 *
 * @import { Board, Scene, Theme, Values, View } from "../../kit/types.d.ts"
 * @typedef {{map: Values, rates: number[], settings: number[], best: number[]}} Found the map is NaN where one left the surface
 */
import { boxOf, drawAxes, linear, logarithmic } from "../../kit/axes.js";
import { placeOn, stroke } from "../../kit/canvas.js";
import { make, write } from "../../kit/dom.js";
import { number, short, tickText } from "../../kit/numbers.js";
import { between, css } from "../../kit/palette.js";
import { pickRacer, sample } from "../../kit/racers.js";
import { Question } from "./question.js";
import { RaceView } from "./view.js";

const SIDE = 24;
const ROOM = { left: 62, right: 96, top: 10, bottom: 44 };
// What is varied beside the learning rate, as nnlab/analysis/descent/lr_map.py has it.
/** @type {Record<string, string[]>} */
const AXES = { sgd: ["momentum", "momentum"], momentum: ["momentum", "momentum"], nesterov: ["momentum", "momentum"], adam: ["beta1", "beta 1"], adamw: ["beta1", "beta 1"], lion: ["beta1", "beta 1"], rmsprop: ["alpha", "smoothing"], adagrad: ["eps", "epsilon"] };
const LIGHT = ["#0b3c5d", "#1f6f8b", "#5fa8a0", "#c2d6a4", "#f4e9b8", "#f0b67f", "#d1603d"];
const DARK = ["#8be0ff", "#4fb0d8", "#3b8a9a", "#5a7d5e", "#8a7a45", "#a85f35", "#8f3020"];
const LEAST = 1e-12;

/** @implements {View} */
class LrMap extends RaceView {
  i = 0; // the racer that the map is of
  /** @type {Found | null} */
  found = null;
  /** @type {number[] | null} the cell under the pointer: row, column */
  hover = null;
  /** @type {[number, number]} exponents of ten */
  range = [0, 1];

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    super(board);
    this.question = new Question(board, "lr_map", { view: this, failed: (sentence) => this.say(sentence) });
    this.pick = make("select", { "aria-label": "Optimiser of the map", onchange: (e) => pickRacer(board, Number(e.target.value)) });
    this.sign = make("span");
    this.words = make("span", { "aria-live": "polite" });
    this.share = make("span"); // changes too often to be spoken
    this.told = make("span", {}, this.words, this.share);
    root.append(make("div", { class: "tools" }, make("label", {}, this.sign, this.pick), this.told));
    this.stage = board.canvas(root, { height: (width) => Math.min(430, Math.round(width * 0.66)), label: "Heat map of the final height over learning rate and momentum" });
    this.stage.canvas.style.cursor = "pointer";
    this.pointing();
    this.offs = [board.on("option", (name) => name === "racer" && this.choose()), board.on("progress", (m) => m.id === this.question.pending?.id && write(this.share, `: ${Math.round(100 * m.share)} %`))];
  }

  /** @param {Theme} theme */
  theme(theme) {
    this.told.style.color = theme.faint;
    super.theme(theme);
  }

  /** @param {Scene} scene */
  scene(scene) {
    super.scene(scene);
    if (!scene.facts.surface || !this.colours) return;
    this.question.renew();
    this.pick.replaceChildren(...this.looks.map((look, i) => make("option", { value: i }, look.label)));
    this.choose();
  }

  choose() {
    const { colours: theme } = this;
    if (!theme || !this.looks.length) return;
    this.i = this.chosen;
    this.pick.value = String(this.i);
    this.sign.replaceChildren(sample(this.looks[this.i], theme));
    this.board.redraw(this);
  }

  resize() {
    this.stage.fit();
    this.board.redraw(this);
  }

  frame() {
    if (!this.looks.length) return;
    this.want();
    this.draw();
  }

  /** The setting that is varied beside the rate: field and words. */
  get axis() {
    return AXES[this.looks[this.i]?.kind] ?? ["", ""];
  }

  /** What the map depends on: everything of the racer but the two numbers that the map varies. */
  wanted() {
    const { experiment } = this.board;
    const racer = structuredClone(experiment?.model.racers?.[this.i]);
    if (!experiment || !racer) return "";
    delete racer.learning_rate;
    delete racer.colour;
    delete racer.optimizer[AXES[racer.optimizer.kind]?.[0]];
    return JSON.stringify([racer, this.i, experiment.seed, experiment.data, experiment.model.start_x, experiment.model.start_y]);
  }

  want() {
    const key = this.wanted();
    if (!key) return;
    const began = performance.now();
    const first = this.question.ask(key, { racer: this.i }, ({ lr_map: map, lr_rates: rates, lr_settings: settings, lr_best: best }) => {
      this.found = { map: map.data, rates: [...rates.data], settings: [...settings.data], best: [...best.data] };
      this.say(`576 races of 200 steps in ${((performance.now() - began) / 1000).toFixed(1)} s. Click a cell to race with it.`);
    });
    if (!first) return;
    this.found = null;
    this.say("Running 576 races", " …");
  }

  /** @param {string} text @param {string} [share] of it that is done */
  say(text, share = "") {
    write(this.words, text);
    write(this.share, share);
  }

  // ---- drawing --------------------------------------------------------------------------------------------------------
  get box() {
    return boxOf(this.stage, ROOM);
  }

  /** Upper left corner and size of a cell. @param {number} r @param {number} c */
  place(r, c) {
    const { left, right, top, bottom } = this.box;
    const [w, h] = [(right - left) / SIDE, (bottom - top) / SIDE];
    return { x: left + c * w, y: top + (SIDE - 1 - r) * h, w, h };
  }

  /** @param {Theme} theme @param {number} value */
  colour(theme, value) {
    const [low, high] = this.range;
    const t = Math.min(1, Math.max(0, (Math.log10(Math.max(LEAST, value)) - low) / (high - low || 1)));
    return css(between(theme.dark ? DARK : LIGHT, t));
  }

  draw() {
    const { stage, found, colours: theme } = this;
    if (!stage.width || !theme) return;
    stage.ctx.clearRect(0, 0, stage.width, stage.height);
    if (!found) return;
    const finite = Array.from(found.map).filter((v) => !Number.isNaN(v)).map((v) => Math.log10(Math.max(LEAST, v))).sort((a, b) => a - b);
    this.range = finite.length ? [finite[0], finite[Math.floor(0.98 * (finite.length - 1))]] : [0, 1]; // one that is thrown far must not take all colours
    for (let r = 0; r < SIDE; r++) for (let c = 0; c < SIDE; c++) this.cell(theme, r, c, found.map[r * SIDE + c]);
    this.axes(theme, found);
    this.legend(theme);
    this.ring(theme, found.best, theme.text, "★");
    const here = this.here(found);
    if (here) this.ring(theme, here, theme.primary);
    if (this.hover) this.ring(theme, this.hover, theme.halo);
  }

  /** A stroke through a cell: that one left the surface. @param {Theme} theme @param {number} r @param {number} c @param {number} value */
  cell(theme, r, c, value) {
    const { ctx } = this.stage;
    const { x, y, w, h } = this.place(r, c);
    const left = Number.isNaN(value);
    ctx.fillStyle = left ? theme.panel : this.colour(theme, value);
    ctx.fillRect(x, y, w + 0.5, h + 0.5);
    if (left) stroke(ctx, [[x + w * 0.25, y + h * 0.8], [x + w * 0.75, y + h * 0.2]], theme.faint);
  }

  /** The numbers stand at the middle of their cells. @param {Theme} theme @param {Found} found */
  axes(theme, { rates, settings }) {
    const { box } = this;
    const [w, h] = [(box.right - box.left) / SIDE / 2, (box.bottom - box.top) / SIDE / 2];
    const x = logarithmic([rates[0], rates[SIDE - 1]], [box.left + w, box.right - w]);
    const y = linear([0, SIDE - 1], [box.bottom - h, box.top + h]);
    const text = (/** @type {number} */ r, /** @type {number} */ digits) => /** @type {[number, string]} */ ([r, tickText(Number(settings[r].toPrecision(digits)))]);
    const marks = [...Array.from({ length: SIDE / 4 }, (_, k) => text(4 * k, 2)), text(SIDE - 1, 3)];
    drawAxes(this.stage, theme, box, { x: { scale: x, marks: 6, name: "learning rate", beside: true }, y: { scale: y, marks, name: this.axis[1], beside: true } });
  }

  /** What the colours mean. @param {Theme} theme */
  legend(theme) {
    const { ctx } = this.stage;
    const { right, top, bottom } = this.box;
    const [left, tall] = [right + 16, bottom - top - 54];
    const [low, high] = this.range;
    const value = (/** @type {number} */ t) => 10 ** (high - (high - low) * t);
    for (let k = 0; k < 60; k++) {
      ctx.fillStyle = this.colour(theme, value(k / 59));
      ctx.fillRect(left, top + 16 + (k * tall) / 60, 14, tall / 60 + 0.6);
    }
    ctx.fillStyle = theme.faint;
    ctx.font = `14px ${theme.font}`;
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    ctx.fillText("loss after 200", left - 6, top + 4);
    for (const t of [0, 0.5, 1]) ctx.fillText(tickText(Number(value(t).toPrecision(1))), left + 19, top + 20 + t * (tall - 8));
    ctx.fillText("╱ left", left, top + 16 + tall + 16);
    ctx.fillText("★ best", left, top + 16 + tall + 32);
  }

  /** @param {Theme} theme @param {number[]} cell @param {string} colour @param {string} [text] */
  ring(theme, [r, c], colour, text = "") {
    const { ctx } = this.stage;
    const { x, y, w, h } = this.place(r, c);
    for (const [line, ink] of /** @type {[number, string][]} */ ([[5, theme.halo], [2.5, colour]])) {
      ctx.strokeStyle = ink;
      ctx.lineWidth = line;
      ctx.strokeRect(x, y, w, h);
    }
    ctx.font = `${Math.min(18, h * 1.2)}px ${theme.font}`;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillStyle = theme.halo;
    ctx.fillText(text, x + w / 2, y + h / 2 + 1);
  }

  /** The cell nearest to the racer's present settings. @param {Found} found */
  here({ rates, settings }) {
    const racer = this.board.experiment?.model.racers?.[this.i];
    if (!racer) return null;
    const own = racer.optimizer[AXES[racer.optimizer.kind]?.[0]] ?? 0;
    const ratio = (/** @type {number} */ a, /** @type {number} */ b) => Math.abs(Math.log((a + 1e-12) / (b + 1e-12)));
    const apart = (/** @type {number} */ a, /** @type {number} */ b) => Math.abs(a - b);
    return [nearest(settings, own, racer.optimizer.kind === "adagrad" ? ratio : apart), nearest(rates, racer.learning_rate, ratio)];
  }

  // ---- pointing -------------------------------------------------------------------------------------------------------
  pointing() {
    const { canvas } = this.stage;
    const cell = (/** @type {MouseEvent} */ event) => {
      const { left, right, top, bottom } = this.box;
      const [x, y] = placeOn(event, canvas);
      const r = SIDE - 1 - Math.floor(((y - top) / (bottom - top)) * SIDE);
      const c = Math.floor(((x - left) / (right - left)) * SIDE);
      return this.found && r >= 0 && r < SIDE && c >= 0 && c < SIDE ? [r, c] : null;
    };
    canvas.addEventListener("pointermove", (event) => {
      this.hover = cell(event);
      this.board.redraw(this);
      if (!this.hover || !this.found) return this.board.tip(null);
      const [r, c] = this.hover;
      const { map, rates, settings } = this.found;
      const value = map[r * SIDE + c];
      this.board.tip(event.clientX, event.clientY, `Learning rate ${number(rates[c], 3)}, ${this.axis[1]} ${number(settings[r], 4)}\n${Number.isNaN(value) ? "left the surface" : `loss ${short(value)} after 200 steps`}`);
    });
    canvas.addEventListener("pointerleave", () => {
      this.hover = null;
      this.board.tip(null);
      this.board.redraw(this);
    });
    canvas.addEventListener("click", (event) => {
      const at = cell(event);
      if (at && this.found) this.race(this.found.rates[at[1]], this.found.settings[at[0]]);
    });
  }

  /** The racer takes these two numbers and the race begins again. @param {number} rate @param {number} value */
  race(rate, value) {
    const path = `model.racers.${this.i}`;
    const { kind } = this.looks[this.i];
    /** @type {Record<string, unknown>} */
    const changes = { [`${path}.learning_rate`]: rate };
    if (kind === "sgd" && value > 0) changes[`${path}.optimizer`] = { kind: "momentum", momentum: value };
    else if (kind !== "sgd") changes[`${path}.optimizer.${this.axis[0]}`] = value;
    this.board.set(changes);
    this.board.send("reset", null);
    this.board.send("play", true);
    this.board.changed();
  }

  alt() {
    if (!this.found) return "";
    const { map, rates, settings, best: [r, c] } = this.found;
    return `Of 576 pairs the best is learning rate ${number(rates[c], 3)} with ${this.axis[1]} ${number(settings[r], 4)}: loss ${short(map[r * SIDE + c])} after 200 steps.`;
  }

  destroy() {
    this.question.stop();
    for (const off of this.offs) off();
  }
}

/** Where in a list the number nearest to `value` stands. @param {number[]} list @param {number} value @param {(a: number, b: number) => number} apart */
const nearest = (list, value, apart) => list.reduce((best, v, k) => (apart(v, value) < apart(list[best], value) ? k : best), 0);

export default { create: (/** @type {HTMLElement} */ root, /** @type {Board} */ board) => new LrMap(root, board) };
