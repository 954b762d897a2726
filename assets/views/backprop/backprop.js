/**
 * Backpropagation, number by number: a walk through one update of a small network, every number of it on the picture.
 *
 * @import { Answer, Board, Frame, Scene, Theme, View } from "../../kit/types.d.ts"
 * @import { Part, Plan } from "./layout.js"
 * @import { Parameter } from "./names.js"
 * @import { Size, Step } from "./steps.js"
 */
import { placeOn } from "../../kit/canvas.js";
import { make } from "../../kit/dom.js";
import { keyboard } from "../../kit/keyboard.js";
import { Bar } from "./bar.js";
import { Chain } from "./chain.js";
import { draw } from "./draw.js";
import { Example } from "./example.js";
import { heightOf, plan, under, widthOf } from "./layout.js";
import { num, Numbers } from "./names.js";
import { current, keyOf, known, next, PHASES, sentence, walk } from "./steps.js";
import { CSS } from "./style.js";
import { Reason } from "./reason.js";

const TRAVEL_MS = 450; // of the dots on their lines
const NAMES = Object.fromEntries(PHASES);
/** @type {Record<string, number>} */
const ALONG = { ".": 1, ",": -1 };

/** @implements {View} */
class Walk {
  /** @type {Theme | null} */
  colours = null;
  /** @type {Scene | null} */
  network = null;
  /** @type {Numbers | null} */
  r = null;
  /** @type {Plan | null} */
  plan = null;
  /** @type {Step[]} */
  steps = [];
  /** @type {Map<string, number>} where in the walk each thing becomes known */
  seen = new Map();
  at = 0; // the place in the walk
  e = 0; // the example that is shown
  /** @type {ReturnType<Numbers["where"]>} the parameter whose chain rule is written out */
  focus = null;
  /** @type {Part | null} under the pointer */
  hover = null;
  /** @type {Size} */
  size = "neuron";
  pace = 1; // steps a second
  timer = 0;
  going = false; // whether the timer makes this step
  requested = ""; // the state of the run whose numbers were requested last
  waiting = false;
  /** @type {"start" | "end" | null} where the walk goes on once the next numbers are here */
  arrive = null;
  began = 0;
  raf = 0;

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    this.board = board;
    this.still = window.matchMedia("(prefers-reduced-motion: reduce)");
    this.root = make("div", { class: "bp" }, make("style", {}, CSS));
    root.append(this.root);
    const top = this.root.appendChild(make("div", { class: "bp-top" })); // stays in sight while the page is scrolled
    this.bar = new Bar(top, {
      toggle: () => this.toggle(), forward: () => this.step(1), back: () => this.step(-1), reset: () => this.reset(), jump: (phase) => this.jump(phase),
      size: (size) => this.setSize(size), pace: (pace) => this.setPace(pace),
    });
    this.words = top.appendChild(make("p", { class: "bp-sentence", "aria-live": "polite" }));
    this.example = new Example(this.root, { set: (changes) => this.set(changes), show: (e) => this.showExample(e) });
    this.scroll = this.root.appendChild(make("div", { class: "bp-scroll" }));
    this.picture = board.canvas(this.scroll, { whole: true, height: (width) => (this.r ? heightOf(this.r, width) : 320), label: "The network with the numbers of this step" });
    this.reason = new Reason(this.root, board);
    this.chain = new Chain(this.root, { edit: (index, value) => board.edit(index, value), closed: () => this.choose(null) });
    this.listen();
    this.off = keyboard(this.root, { toggle: () => this.toggle(), forward: () => this.step(1), back: () => this.step(-1), reset: () => this.reset() });
  }

  listen() {
    const { canvas } = this.picture;
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
    const place = (/** @type {MouseEvent} */ event) => (this.plan ? under(this.plan, ...placeOn(event, canvas)) : null);
    canvas.addEventListener("pointermove", (event) => this.point(place(event), event));
    canvas.addEventListener("pointerleave", () => this.point(null));
    canvas.addEventListener("click", (event) => this.click(place(event)));
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  destroy() {
    this.off();
    clearTimeout(this.timer);
    cancelAnimationFrame(this.raf);
  }

  // ---- what the run says ---------------------------------------------------------------------------------------------
  /** @param {Theme} theme */
  theme(theme) {
    this.colours = theme;
    this.animate();
  }

  /** @param {Scene} scene */
  scene(scene) {
    this.network = scene;
    this.requested = ""; // one comes with every connection, too: what was sent with the last one may not have been done
  }

  /** @param {Frame} frame */
  frame(frame) {
    if (frame.stopped) this.arrive = null; // no further update will come
    this.reason.set({ stopped: frame.stopped });
    const state = `${this.network?.scene} ${frame.step} ${frame.version} ${frame.arrays.weights?.data.join()}`;
    if (state === this.requested || this.waiting || !this.network) return;
    this.requested = state;
    this.request(this.network);
  }

  /** @param {Scene} scene */
  async request(scene) {
    this.waiting = true;
    const answer = await this.board.ask("backprop");
    this.waiting = false;
    if (answer.lost || scene !== this.network) this.requested = ""; // it may be of another network than the one that is here now
    else this.take(scene, answer);
    if (!answer.lost) this.board.redraw(); // else the next frame asks
  }

  /** @param {Scene} scene @param {Answer} answer */
  take(scene, answer) {
    this.scroll.hidden = this.words.hidden = Boolean(answer.error);
    this.reason.set({ error: answer.error ?? "" });
    if (answer.error) {
      this.pause();
      this.r = null;
      this.chain.show(null, null, 0);
      return;
    }
    const r = new Numbers({ ...scene, experiment: this.board.experiment ?? scene.experiment }, answer.arrays);
    const same = this.r && shapeOf(this.r) === shapeOf(r);
    this.r = r;
    this.e = Math.min(this.e, r.n - 1);
    if (!same) {
      this.steps = walk(r);
      this.seen = known(this.steps);
      this.at = 0;
      this.focus = this.hover = null;
    }
    if (this.arrive) this.at = this.arrive === "end" ? this.steps.length - 1 : 0;
    this.arrive = null;
    if (this.focus) this.focus = r.where(this.focus.index);
    this.fit();
    this.moved();
    if (this.timer) this.play();
  }

  fit() {
    if (!this.r) return;
    this.picture.fit(widthOf(this.r, this.scroll.clientWidth));
    this.plan = plan(this.r, this.picture.width);
  }

  // ---- the walk ------------------------------------------------------------------------------------------------------
  /** A step onwards or back; beyond the ends lies the next or the last update of the run. @param {number} by */
  step(by) {
    if (!this.r || this.waiting || this.arrive) return;
    if (!this.going) this.pause();
    const to = next(this.steps, this.at, by, this.size);
    if (to !== null) {
      this.at = to;
      this.moved(by > 0);
      return;
    }
    if (by < 0 && (this.board.frame?.step ?? 0) <= (this.board.frame?.span?.[0] ?? 0)) return;
    this.arrive = by > 0 ? "start" : "end";
    this.board.send("step", { unit: "batch", n: by });
  }

  /** @param {string} phase */
  jump(phase) {
    if (!this.r) return;
    this.pause();
    this.at = this.steps.findLastIndex((s) => s.phase === phase);
    this.moved();
  }

  reset() {
    this.pause();
    this.arrive = "start";
    this.at = 0;
    this.board.send("reset", null);
    if (this.r) this.moved();
  }

  toggle() {
    if (this.timer) this.pause();
    else if (this.r) this.play();
  }

  play() {
    clearTimeout(this.timer);
    this.bar.playing(true);
    this.timer = setTimeout(() => {
      this.going = true;
      this.step(1);
      this.going = false;
      this.play();
    }, 1000 / this.pace);
  }

  pause() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.bar.playing(false);
  }

  /** @param {Size} size */
  setSize(size) {
    this.size = size;
    this.moved();
  }

  /** @param {number} pace */
  setPace(pace) {
    this.pace = pace;
    if (this.timer) this.play();
  }

  /** @param {number} e */
  showExample(e) {
    this.e = e;
    this.moved();
  }

  /** @param {Record<string, unknown>} changes */
  set(changes) {
    this.pause();
    this.board.set(changes);
    this.board.changed();
  }

  // ---- showing -------------------------------------------------------------------------------------------------------
  moved(travelling = false) {
    if (!this.r) return;
    const step = this.steps[this.at];
    const title = make("b", {}, NAMES[step.phase] ? `${NAMES[step.phase]}.` : "");
    this.words.replaceChildren(title, " ", sentence(this.r, this.steps, this.at, this));
    this.bar.show(this.r, step);
    this.follow(step);
    this.example.show(this.r, this.e);
    this.chain.show(this.r, this.focus, this.e, this.focus !== null && this.reached(this.focus));
    this.began = travelling && !this.still.matches ? performance.now() : 0;
    this.animate();
  }

  /** Whether the walk has come back to a weight or bias: until then its gradient is not told, so that it can be worked out first. @param {Parameter} place */
  reached(place) {
    return (this.seen.get(keyOf(place.from < 0 ? "bias" : "gradient", place)) ?? Infinity) <= this.at;
  }

  /** Where the picture is wider than its place, what happens now is in sight. @param {Step} step */
  follow(step) {
    if (!this.plan || this.plan.width <= this.scroll.clientWidth) return;
    const x = ["loss", "after"].includes(step.phase) ? this.plan.width : (this.plan.columns[step.layer]?.nodes[0].x ?? 0);
    this.scroll.scrollTo({ left: x - this.scroll.clientWidth * 0.6, behavior: this.still.matches ? "auto" : "smooth" });
  }

  animate() {
    cancelAnimationFrame(this.raf);
    const travel = this.began ? Math.min(1, (performance.now() - this.began) / Math.min(TRAVEL_MS, 700 / this.pace)) : 1;
    this.paint(travel);
    if (travel < 1) this.raf = requestAnimationFrame(() => this.animate());
  }

  paint(travel = 1) {
    if (!this.r || !this.plan || !this.colours) return;
    draw(this.picture.ctx, {
      r: this.r, plan: this.plan, steps: this.steps, seen: this.seen, at: this.at, now: current(this.steps, this.at, this.size),
      e: this.e, focus: this.focus, hover: this.hover, travel, theme: this.colours,
    });
  }

  // ---- pointing and choosing -----------------------------------------------------------------------------------------
  /** @param {Part | null} what @param {MouseEvent} [event] */
  point(what, event) {
    if (what && event) this.board.tip(event.clientX, event.clientY, this.tip(what));
    else this.board.tip(null);
    if (JSON.stringify(what) === JSON.stringify(this.hover)) return;
    this.hover = what;
    this.picture.canvas.style.cursor = what && what.kind !== "neuron" ? "pointer" : "default";
    this.animate();
  }

  /** @param {Part} what */
  tip(what) {
    const { r } = this;
    if (what.kind === "input") return "Click to type another value.";
    if (what.kind === "loss") return "Click to type another target.";
    if (what.kind === "neuron") return `${r?.name(what.node.layer, what.node.unit)}: z is its sum, a its output, δ = ∂L/∂z.`;
    const place = r?.where(what.index);
    return r && place ? `${r.parameter(place)} = ${num(r.weights[what.index])}${this.reached(place) ? `\n∂L/∂w ${num(r.gradient[what.index])}` : ""}\nClick for its chain rule.` : "";
  }

  /** @param {Part | null} what */
  click(what) {
    if (what?.kind === "input") this.example.edit(this.network?.features[what.node.unit] === "y" ? "y" : "x");
    else if (what?.kind === "loss") this.example.edit("target");
    else if (what?.kind === "weight" || what?.kind === "bias") this.choose(what.index);
  }

  /** @param {number | null} index */
  choose(index) {
    this.focus = index === null || !this.r ? null : this.r.where(index);
    this.chain.show(this.r, this.focus, this.e, this.focus !== null && this.reached(this.focus));
    if (this.focus) this.chain.box.scrollIntoView({ block: "nearest", behavior: this.still.matches ? "auto" : "smooth" });
    this.animate();
  }

  /** On the picture itself: comma and full stop go from weight to weight, Escape lets go. @param {KeyboardEvent} event */
  key(event) {
    if (!this.r) return;
    const by = ALONG[event.key];
    const n = this.r.weights.length;
    if (event.key === "Escape") this.choose(null);
    else if (by) this.choose(((this.focus?.index ?? (by > 0 ? -1 : 0)) + by + n) % n);
    else return;
    event.preventDefault();
  }

  resize() {
    this.fit();
    this.animate();
  }

  alt() {
    const { r } = this;
    if (!r) return "";
    return `A network after ${r.at[0]} updates, on ${r.n === 1 ? "one example" : `${r.n} examples`}. ${this.words.textContent}`;
  }
}

/** What the walk depends on; another activation keeps the place. @param {Numbers} r */
const shapeOf = (r) => JSON.stringify(r.blocks.map((b) => [b.fan_in, b.fan_out, b.activation === "softmax"]));

/** @type {import("../../kit/types.d.ts").ViewModule} */
export default { create: (root, board) => new Walk(root, board) };
