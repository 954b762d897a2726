// Backpropagation, number by number: a walk through one update of a small network, every number of it on the picture.
import { make } from "../../kit/dom.js";
import { keyboard } from "../../kit/keyboard.js";
import { Bar } from "./bar.js";
import { Chain } from "./chain.js";
import { draw } from "./draw.js";
import { Example } from "./example.js";
import { heightOf, plan, under, widthOf } from "./layout.js";
import { num, Numbers } from "./names.js";
import { current, known, next, PHASES, sentence, walk } from "./steps.js";
import { CSS } from "./style.js";

const TRAVEL_MS = 450; // of the dots on their lines
const NAMES = Object.fromEntries(PHASES);

class Walk {
  constructor(root, board) {
    Object.assign(this, { board, scene: null, r: null, steps: [], seen: new Map(), at: 0, e: 0, focus: null, hover: null });
    Object.assign(this, { size: "neuron", pace: 1, timer: 0, asked: "", waiting: false, arrive: null, began: 0, raf: 0 });
    this.still = window.matchMedia("(prefers-reduced-motion: reduce)");
    this.root = make("div", { class: "bp" }, make("style", {}, CSS));
    root.append(this.root);
    this.bar = new Bar(this.root, {
      toggle: () => this.toggle(), forward: () => this.step(1), back: () => this.step(-1), reset: () => this.reset(), jump: (phase) => this.jump(phase),
      size: (name) => { this.size = name; this.moved(); }, pace: (pace) => { this.pace = pace; if (this.timer) this.play(); },
    });
    this.words = this.root.appendChild(make("p", { class: "bp-sentence", "aria-live": "polite" }));
    this.example = new Example(this.root, { set: (changes) => this.set(changes), show: (e) => { this.e = e; this.moved(); } });
    this.scroll = this.root.appendChild(make("div", { class: "bp-scroll" }));
    this.picture = board.canvas(this.scroll, { height: (width) => (this.r ? heightOf(this.r, width) : 320), label: "The network with the numbers of this step" });
    this.failed = this.root.appendChild(make("p", { class: "bp-failed", role: "alert", hidden: true }));
    this.chain = new Chain(this.root, { edit: (index, value) => board.edit(index, value), closed: () => this.choose(null) });
    this.listen();
  }

  listen() {
    const { canvas } = this.picture;
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
    const place = (event) => {
      const box = canvas.getBoundingClientRect();
      return this.plan ? under(this.plan, event.clientX - box.left, event.clientY - box.top) : null;
    };
    canvas.addEventListener("pointermove", (event) => this.point(place(event), event));
    canvas.addEventListener("pointerleave", () => this.point(null));
    canvas.addEventListener("click", (event) => this.click(place(event)));
    canvas.addEventListener("keydown", (event) => this.key(event));
    const { board } = this;
    this.offs = [
      keyboard(this.root, { toggle: () => this.toggle(), forward: () => this.step(1), back: () => this.step(-1), reset: () => this.reset() }),
      board.on("state", (name) => name === "open" && this.forget()),
    ];
  }

  destroy() {
    this.offs.forEach((off) => off());
    clearTimeout(this.timer);
    cancelAnimationFrame(this.raf);
  }

  // ---- what the run says ---------------------------------------------------------------------------------------------
  forget() {
    this.asked = "";
    this.waiting = false;
  }

  frame(f) {
    if (f.stopped) this.arrive = null; // no further update will come
    const key = `${this.scene?.scene} ${f.step} ${f.version} ${f.arrays.weights?.data.join()}`;
    if (key === this.asked || this.waiting || !this.scene) return;
    this.asked = key;
    this.ask();
  }

  async ask() {
    this.waiting = true;
    const scene = this.scene;
    const answer = await this.board.ask("backprop");
    this.waiting = false;
    if (scene !== this.scene) this.asked = ""; // it may be of another network than the one that is here now
    else this.take(scene, answer);
    this.board.redraw();
  }

  take(scene, answer) {
    this.failed.hidden = !answer.error;
    this.scroll.hidden = this.words.hidden = Boolean(answer.error);
    if (answer.error) {
      const back = () => this.board.send(this.board.frame.stopped ? "recover" : "reset", null);
      this.failed.replaceChildren(`${answer.error} `, make("button", { class: "small", type: "button", onclick: back }, "Go back"));
      this.pause();
      this.r = null;
      this.chain.show(null, null, 0);
      return;
    }
    const shape = shapeOf(this.r);
    this.r = new Numbers({ ...scene, experiment: this.board.experiment ?? scene.experiment }, answer.arrays);
    this.e = Math.min(this.e, this.r.n - 1);
    if (shape !== shapeOf(this.r)) {
      Object.assign(this, { steps: walk(this.r), at: 0, focus: null, hover: null });
      this.seen = known(this.steps);
    }
    if (this.arrive) this.at = this.arrive === "end" ? this.steps.length - 1 : 0;
    this.arrive = null;
    if (this.focus) this.focus = this.r.where(this.focus.index);
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
  /** A step onwards or back; beyond the ends lies the next or the last update of the run. */
  step(by) {
    if (!this.r || this.waiting || this.arrive) return;
    if (!this.going) this.pause();
    const to = next(this.steps, this.at, by, this.size);
    if (to !== null) {
      this.at = to;
      this.moved(by > 0);
      return;
    }
    if (by < 0 && this.board.frame.step <= (this.board.frame.span?.[0] ?? 0)) return;
    this.arrive = by > 0 ? "start" : "end";
    this.board.send("step", { unit: "batch", n: by });
  }

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
    this.chain.show(this.r, this.focus, this.e);
    this.began = travelling && !this.still.matches ? performance.now() : 0;
    this.animate();
  }

  /** Where the picture is wider than its place, what happens now is in sight. */
  follow(step) {
    if (!this.plan || this.plan.width <= this.scroll.clientWidth) return;
    const x = ["loss", "after"].includes(step.phase) ? this.plan.width : (this.plan.columns[step.layer ?? 0]?.nodes[0].x ?? 0);
    this.scroll.scrollTo({ left: x - this.scroll.clientWidth * 0.6, behavior: this.still.matches ? "auto" : "smooth" });
  }

  animate() {
    cancelAnimationFrame(this.raf);
    const travel = this.began ? Math.min(1, (performance.now() - this.began) / Math.min(TRAVEL_MS, 700 / this.pace)) : 1;
    this.paint(travel);
    if (travel < 1) this.raf = requestAnimationFrame(() => this.animate());
  }

  paint(travel = 1) {
    if (!this.r || !this.plan || !this.theme) return;
    draw(this.picture.ctx, {
      r: this.r, plan: this.plan, steps: this.steps, seen: this.seen, at: this.at, now: current(this.steps, this.at, this.size),
      e: this.e, focus: this.focus, hover: this.hover, travel, theme: this.theme,
    });
  }

  // ---- pointing and choosing -----------------------------------------------------------------------------------------
  point(what, event) {
    const same = what?.kind === this.hover?.kind && what?.index === this.hover?.index && what?.node === this.hover?.node;
    if (what && event) this.board.tip(event.clientX, event.clientY, this.tip(what));
    else this.board.tip(null);
    if (same) return;
    this.hover = what;
    this.picture.canvas.style.cursor = what && what.kind !== "neuron" ? "pointer" : "default";
    this.animate();
  }

  tip(what) {
    const { r } = this;
    if (what.kind === "input") return "Click to type another value.";
    if (what.kind === "loss") return "Click to type another target.";
    if (what.kind === "neuron") return `${r.name(what.node.layer, what.node.unit)}: z is its sum, a what it gives, δ = ∂L/∂z.`;
    const place = r.where(what.index);
    return `${r.parameter(place)} = ${num(r.weights[what.index])}\n∂L/∂w ${num(r.gradient[what.index])}\nClick for its chain rule.`;
  }

  click(what) {
    if (!what) return;
    if (what.kind === "input") this.example.edit(this.scene.features[what.node.unit] === "y" ? "y" : "x");
    else if (what.kind === "loss") this.example.edit("target");
    else if (what.index !== undefined) this.choose(what.index);
  }

  choose(index) {
    this.focus = index === null ? null : this.r.where(index);
    this.chain.show(this.r, this.focus, this.e);
    if (this.focus) this.chain.box.scrollIntoView({ block: "nearest", behavior: this.still.matches ? "auto" : "smooth" });
    this.animate();
  }

  /** On the picture itself: comma and full stop go from weight to weight, Escape lets go. */
  key(event) {
    if (!this.r) return;
    const by = { ".": 1, ",": -1 }[event.key];
    if (event.key === "Escape") this.choose(null);
    else if (by) this.choose(((this.focus?.index ?? (by > 0 ? -1 : 0)) + by + this.r.weights.length) % this.r.weights.length);
    else return;
    event.preventDefault();
  }

  alt() {
    const { r } = this;
    if (!r) return "";
    return `After ${r.at[0]} updates the loss of ${r.n === 1 ? "the example" : `the ${r.n} examples`} is ${num(r.loss[0])}, after the next one ${num(r.loss_after[0])}. ${this.words.textContent}`;
  }
}

/** What the walk depends on; another activation keeps the place. */
const shapeOf = (r) => r && JSON.stringify(r.blocks.map((b) => [b.fan_in, b.fan_out, b.activation === "softmax"]));

export default {
  needs: ["weights"],
  create(root, board) {
    const shown = new Walk(root, board);
    return {
      walk: shown, // for tests
      theme(t) { shown.theme = t; shown.animate(); },
      scene(s) { shown.scene = s; },
      frame(f) { shown.frame(f); },
      resize() { shown.fit(); shown.animate(); },
      alt() { return shown.alt(); },
      destroy() { shown.destroy(); },
    };
  },
};
