/**
 * How a preset or a link says that an experiment is looked at: the view that is open, and the options behind it.
 *
 * A view is opened once for each time somebody begins with a look, also where it is the same look as before: `nth` counts
 * these. After a reload the tab that was picked since stays. The options of the look before are taken back.
 *
 * @import { Board } from "./board.js"
 * @import { Panels } from "./panels.js"
 * @typedef {{view?: string, options?: Record<string, Record<string, unknown> | null> | null, nth?: number}} Look
 */
const KEY = "nnlab.look"; // the last one that opened a view, a page

export class Looks {
  #now = "";
  /** @type {[analysis: string, name: string][]} options that the look has set */
  #set = [];

  /** @param {Board} board @param {Panels} panels */
  constructor(board, panels) {
    this.board = board;
    this.panels = panels;
  }

  /** @param {Look | null} [given] @param {boolean} [anew] whether the panels were made just now: they show what they showed before */
  show(given, anew = false) {
    const look = given ?? {};
    const now = JSON.stringify(look);
    if (now === this.#now && !anew) return;
    this.#now = now;
    this.options(look);
    const { nth, ...lasting } = look; // another session of the server counts anew
    const key = `${KEY} ${location.pathname}`;
    const seen = JSON.stringify(lasting);
    if (look.view && !(anew && sessionStorage.getItem(key) === seen)) this.panels.open(look.view);
    sessionStorage.setItem(key, seen);
  }

  /** @param {Look} look */
  options({ options }) {
    for (const [analysis, name] of this.#set.splice(0)) this.board.option(analysis, name, undefined);
    for (const [analysis, own] of entries(options)) {
      for (const [name, value] of entries(own)) {
        this.board.option(analysis, name, value);
        this.#set.push([analysis, name]);
      }
    }
  }
}

/** Of what may come from a link, and be anything. @param {unknown} value @returns {[string, unknown][]} */
const entries = (value) => (typeof value === "object" && value && !Array.isArray(value) ? Object.entries(value) : []);
