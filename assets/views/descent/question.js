/**
 * A question of a view to the worker: asked once for each key, given up for another one, and after a refusal asked again.
 *
 * @import { Arrays, Board, View } from "../../kit/types.d.ts"
 */

const REST_MS = 1000; // after a refusal; twice as long after each that follows

export class Question {
  key = ""; // of what was asked last; empty after a refusal
  refused = "";
  rest_ms = REST_MS;
  timer = 0;
  /** @type {ReturnType<Board["ask"]> | null} */
  pending = null;

  /** @param {Board} board @param {string} name @param {{view: View, failed?: (sentence: string) => void}} of `view` asks with each of its frames */
  constructor(board, name, { view, failed }) {
    this.board = board;
    this.name = name;
    this.view = view;
    this.failed = failed;
  }

  /** Asks unless it has been asked; whether it was for the first time. `key`: all that the answer depends on. @param {string} key @param {Record<string, unknown>} options @param {(arrays: Arrays) => void} answered */
  ask(key, options, answered) {
    if (key === this.key || (key === this.refused && this.timer)) return false;
    const first = key !== this.refused;
    this.stop();
    this.key = key;
    if (first) Object.assign(this, { refused: "", rest_ms: REST_MS });
    const pending = this.board.ask(this.name, options);
    this.pending = pending;
    pending.then((answer) => {
      if (this.pending !== pending) return;
      this.pending = null;
      if (answer.error) this.refuse(answer.error);
      else {
        answered(answer.arrays);
        this.board.redraw(this.view);
      }
    });
    return first;
  }

  /** @param {string} sentence */
  refuse(sentence) {
    Object.assign(this, { refused: this.key, key: "" });
    this.timer = setTimeout(() => this.renew(), this.rest_ms);
    this.rest_ms *= 2;
    this.failed?.(sentence);
  }

  /** What was refused may be asked at once: with a new scene there may be another worker. */
  renew() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.board.redraw(this.view);
  }

  /** Nobody waits for an answer any more. */
  stop() {
    clearTimeout(this.timer);
    this.timer = 0;
    if (this.pending) this.board.send("cancel", this.pending.id);
    this.pending = null;
  }
}
