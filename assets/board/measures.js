/**
 * What the board measures of itself: how many frames came and were drawn, milliseconds between two pictures and of drawing one,
 * and from a change in the page to the first picture with it.
 *
 * @import { Frame } from "../kit/types.d.ts"
 */
const LONGEST = 600; // of each list

export class Measures {
  frames = 0;
  drawn = 0;
  /** @type {number[]} */
  gaps = [];
  /** @type {number[]} */
  costs = [];
  /** @type {number[]} */
  latencies = [];
  #last = 0; // picture, where the run plays
  /** @type {Map<number, number>} */
  #sent = new Map();

  /** @param {number} version of the experiment that is sent now */
  send(version) {
    this.#sent.set(version, performance.now());
  }

  /** @param {Frame} frame @param {number} now @param {number} cost */
  draw({ playing, version: shown }, now, cost) {
    this.drawn += 1;
    if (this.#last && playing) push(this.gaps, now - this.#last);
    this.#last = playing ? now : 0;
    push(this.costs, cost);
    for (const [version, at] of this.#sent) {
      if (version > shown) break;
      this.#sent.delete(version);
      push(this.latencies, performance.now() - at);
    }
  }
}

/** @param {number[]} list @param {number} value */
function push(list, value) {
  if (list.length >= LONGEST) list.shift();
  list.push(value);
}
