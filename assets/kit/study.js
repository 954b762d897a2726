/**
 * A study of the run, requested again and again: never two at once, its progress on a bar, its refusals as sentences.
 * What was wanted meanwhile is requested afterwards, and only the newest of it.
 *
 * @import { Answer, Board, Frame, Named, Sent } from "./types.d.ts"
 * @typedef {Answer["arrays"]} Answers
 * @typedef {{options: () => Record<string, unknown>, answered: (arrays: Answers) => void, failed: (sentence: string) => void, arrays?: () => Record<string, Sent>}} On
 */
import { make } from "./dom.js";
import { words } from "./words.js";

const SETTLE_MS = 250; // of a paused run that is being moved about

export class Study {
  /** @type {ReturnType<Board["ask"]> | null} */
  pending = null;
  again = false;
  step = -1; // of the run when it was requested last
  every = 0; // seconds between two by itself, 0 = never
  at = -Infinity;
  settle = 0;

  /** @param {Board} board @param {string} name @param {On} on */
  constructor(board, name, on) {
    this.board = board;
    this.name = name;
    this.on = on;
    this.bar = make("progress", { max: 1, "aria-label": "Progress of the computation", style: "width:100%;height:4px;display:block;margin:0 0 4px;visibility:hidden;accent-color:var(--accent)" });
    this.off = board.on("progress", (m) => m.id === this.pending?.id && this.progress(m.share));
  }

  get busy() {
    return this.pending !== null;
  }

  /** Now, or as soon as the one under way is done; `instead`: what is under way is no longer wanted. */
  request({ instead = false } = {}) {
    if (this.pending && instead) this.cancel();
    if (this.pending) {
      this.again = true;
      return;
    }
    this.again = false;
    this.step = this.board.frame?.step ?? -1;
    const request = this.board.ask(this.name, this.on.options(), this.on.arrays?.());
    this.pending = request;
    this.progress(0);
    request.then((message) => {
      if (this.pending === request) this.take(message);
    });
  }

  /** @param {Answer} message */
  take({ arrays, error, lost }) {
    this.done();
    if (lost) this.step = -1; // whatever the next frame shows, it was not asked about
    if (lost === "connection") return this.request(); // which waits for the next one
    if (error) this.on.failed(error);
    else this.on.answered(arrays);
    if (this.again) this.request();
    else if (this.board.frame && !lost) this.follow(this.board.frame); // a paused run that has moved meanwhile sends no other frame
  }

  /** With every frame: for the first time, and then where `every` seconds after the last answer the run has moved; never again by itself where `every` is 0. @param {Frame} frame @param {boolean} first @param {number} every */
  watch(frame, first, every) {
    this.every = every;
    if (frame.restarted) this.step = -1;
    if (first && !this.busy && this.step !== frame.step) this.request();
    else this.follow(frame);
  }

  /** @param {Frame} frame */
  follow(frame) {
    if (!this.every || this.pending || frame.step === this.step || !frame.metrics) return;
    clearTimeout(this.settle);
    if (!frame.playing) this.settle = setTimeout(() => this.request(), SETTLE_MS);
    else if (performance.now() - this.at >= 1000 * this.every) this.request();
  }

  /** @param {number} share */
  progress(share) {
    this.bar.style.visibility = "visible";
    this.bar.value = share;
  }

  /** Nobody waits for what is under way. */
  cancel() {
    const { pending } = this;
    this.done();
    if (pending) this.board.send("cancel", pending.id);
  }

  done() {
    this.pending = null;
    this.at = performance.now();
    this.bar.style.visibility = "hidden";
  }

  destroy() {
    this.cancel();
    clearTimeout(this.settle);
    this.off();
  }
}

/** A sentence where not all examples were measured. @param {Named} [examples] how many were, and how many there are */
export const sampled = (examples) => (examples && examples.data[0] < examples.data[1] ? words({ code: "sampled_of", values: { count: examples.data[0], all: examples.data[1] } }) : "");

/** The numbers of an answer. @param {Named} array */
export const numbers = ({ data }) => Float64Array.from(data);
