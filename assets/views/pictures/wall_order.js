/**
 * In which order the maps of each stage stand, and when they are sorted anew: at rest at once, while it trains every few seconds.
 *
 * @import { Values } from "../../kit/types.d.ts"
 * @import { Stage } from "./tiles.js"
 * @typedef {{key: string, step: number, playing: boolean, pointed: boolean, off: boolean, picture: Values}} Now
 *   `key`: of what changes the order at once, such as another picture; `pointed`: somebody looks at a map; `off`: one is switched off
 */
const CALM_MS = 3000; // while it trains
const PEN_MS = 300; // while something is drawn

export class Order {
  /** @type {number[][]} channels of each stage from top to bottom */
  rows = [];
  key = "";
  step = -1;
  at = -Infinity; // when they were sorted
  /** @type {Uint8Array} the picture that they were sorted for */
  picture = new Uint8Array();

  forget() {
    this.key = "";
  }

  /** Milliseconds until they are to be sorted; Infinity: not now. @param {Now} now */
  wait({ key, step, playing, pointed, off, picture }) {
    if (key !== this.key || !this.rows.length) return 0;
    if (this.picture.length !== picture.length || this.picture.some((v, i) => v !== picture[i])) return this.rest(PEN_MS);
    if (playing) return pointed ? Infinity : this.rest(CALM_MS);
    return off && step === this.step ? Infinity : 0; // what a click does is seen where the maps stood
  }

  /** @param {number} apart least milliseconds between two */
  rest(apart) {
    return Math.max(0, this.at + apart - performance.now());
  }

  /**
   * Those that speak most for the answer first, those that speak most against it last; or all by number.
   * @param {Now} now @param {Stage[]} stages @param {Values | null} shares @param {(stage: number) => number} rows how many there are of a stage
   */
  sort(now, stages, shares, rows) {
    const last = stages.length - 1;
    Object.assign(this, { key: now.key, step: now.step, at: performance.now(), picture: Uint8Array.from(now.picture) });
    this.rows = stages.map(({ first }, i) => {
      const all = Array.from({ length: rows(i) }, (_, c) => c);
      return i === last || !shares ? all : all.sort((a, b) => shares[first + b] - shares[first + a]);
    });
  }
}
