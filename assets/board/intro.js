/**
 * A first visit: what the page is called, what can be seen, and a large button that starts the training. The first epochs
 * pass slowly enough to be seen, then faster, up to the pace of the example.
 *
 * @import { Board, Frame } from "../kit/types.d.ts"
 * @typedef {{title: string, text: string}} About
 */
import { make } from "../kit/dom.js";
import { key } from "../kit/icons.js";

const EPOCHS_S = 2; // at first
const FASTER = 1.25; // every EVERY_MS: from 2 epochs a second to 100 in five seconds
const EVERY_MS = 300;
const FASTEST = 1000; // updates a second, from where "as fast as it can" is no jump

export class Intro {
  /** @type {HTMLElement | null} */
  box = null;
  done = false;
  timer = 0;
  /** @type {number | undefined} the pace that it is on the way to */
  goal = undefined;

  /** @param {HTMLElement} root of the pictures @param {Board} board */
  constructor(root, board) {
    this.root = root;
    this.board = board;
    this.offs = [board.on("frame", (f) => this.frame(f)), board.on("starts", () => this.box && this.slowly()), board.on("chosen", (what) => what === "speed" && clearInterval(this.timer))]; // by the bar or a key
    this.elsewhere = (/** @type {Event} */ event) => {
      const away = event instanceof KeyboardEvent ? event.key === "Escape" : this.box && !event.composedPath().includes(this.box);
      if (away) this.close();
    };
    for (const type of ["pointerdown", "keydown"]) window.addEventListener(type, this.elsewhere, true);
  }

  destroy() {
    clearInterval(this.timer);
    for (const off of this.offs) off();
    for (const type of ["pointerdown", "keydown"]) window.removeEventListener(type, this.elsewhere, true);
  }

  /** @param {About | null} [about] */
  show(about) {
    if (!about || this.done) return;
    if (this.box) return this.root.append(this.box); // other views have taken its place
    const start = key("play", { label: "Start the training", title: "Start the training (space)", act: () => this.start() });
    this.box = make("section", { class: "intro", "aria-label": about.title }, make("h2", {}, about.title), make("p", {}, about.text), start);
    this.root.append(this.box);
  }

  /** Somebody has begun, here or in another tab. @param {Frame} frame */
  frame({ step, playing }) {
    if (this.box && (step > 0 || playing)) this.close();
  }

  close() {
    this.done = this.done || this.box !== null;
    this.box?.remove();
    this.box = null;
  }

  start() {
    this.slowly();
    this.board.send("play", true);
  }

  slowly() {
    const { speed: goal = 0, batches = 1 } = this.board.frame ?? {};
    const end = goal || FASTEST;
    const ours = new Set([goal]);
    const pass = (/** @type {number} */ pace) => {
      ours.add(pace);
      this.board.send("speed", pace);
    };
    let pace = Math.min(end, Math.round(EPOCHS_S * Math.max(1, batches)));
    this.close();
    this.goal = goal;
    pass(pace);
    this.timer = setInterval(() => {
      const now = this.board.frame;
      if (!now?.playing) return;
      pace = Math.min(end, Math.ceil(pace * FASTER));
      if (ours.has(now.speed)) pass(pace < end ? pace : goal);
      if (pace < end && ours.has(now.speed)) return;
      clearInterval(this.timer); // it is reached, or somebody has chosen another
      this.goal = undefined;
    }, EVERY_MS);
  }
}
