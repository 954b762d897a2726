/**
 * How a preset or a link says that an experiment is looked at: the view that is open, and the options behind it.
 *
 * A view is opened once for each time somebody begins with a look, also where it is the same look as before: `nth` counts
 * these. After a reload the tab that was picked since stays. The options of the look before are taken back.
 * What a person has set since is told, so that links carry it.
 *
 * @import { Board } from "./board.js"
 * @import { Panels } from "./panels.js"
 * @typedef {{speed?: number, view?: string, options?: Record<string, Record<string, unknown> | null> | null, nth?: number}} Look
 */
import { forget, recall, store } from "../kit/memory.js";

const SETTINGS = "view."; // begins the name of what a view remembers by itself
const REST_MS = 400; // what is set at once is told once
const KEY = "nnlab.look"; // the last one that opened a view, a page

export class Looks {
  #now = "";
  /** @type {[analysis: string, name: string][]} options that the look has set; no name: the settings of a view */
  #set = [];
  #timer = 0;
  /** @type {Look} */
  #given = {};

  /** @param {Board} board @param {Panels} panels @param {(look: Look) => void} tell */
  constructor(board, panels, tell) {
    this.board = board;
    this.panels = panels;
    this.tell = tell;
    this.off = board.on("chosen", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.told(), REST_MS);
    });
  }

  destroy() {
    clearTimeout(this.#timer);
    this.off();
  }

  told() {
    const view = this.panels.picked || this.#given.view || "";
    const chosen = this.board.chosen;
    /** @type {Record<string, Record<string, unknown>>} */
    const options = {};
    for (const [name, own] of entries(this.#given.options)) options[name] = { .../** @type {Record<string, unknown>} */ (own), ...chosen[name] };
    this.tell({ speed: this.board.frame?.speed ?? 0, view, options: { ...chosen, ...options } });
  }

  /** @param {Look | null} [given] @param {boolean} [anew] whether the panels were made just now: they show what they showed before */
  show(given, anew = false) {
    const look = given ?? {};
    const now = JSON.stringify(look);
    const same = look.nth !== undefined && look.nth === this.#given.nth; // what was set since comes back from the page
    if ((now === this.#now || same) && !anew) return;
    this.#now = now;
    if (look.nth !== this.#given.nth) {
      this.panels.picked = "";
      this.board.chosen = {};
    }
    this.#given = look;
    this.options(look);
    const { nth, ...lasting } = look; // another session of the server counts anew
    const key = `${KEY} ${location.pathname}`;
    const seen = JSON.stringify(lasting);
    if (look.view && !(anew && recall(key) === seen)) this.panels.open(look.view);
    store(key, seen);
  }

  /** @param {Look} look */
  options({ options }) {
    for (const [analysis, name] of this.#set.splice(0)) {
      if (name) this.board.option(analysis, name, undefined);
      else forget(analysis);
    }
    for (const [analysis, own] of entries(options)) {
      if (analysis.startsWith(SETTINGS)) {
        store(analysis, JSON.stringify(own)); // its view reads them when it is made
        this.#set.push([analysis, ""]);
      } else for (const [name, value] of entries(own)) {
        this.board.option(analysis, name, value);
        this.#set.push([analysis, name]);
      }
    }
  }
}

/** Of what may come from a link, and be anything. @param {unknown} value @returns {[string, unknown][]} */
const entries = (value) => (typeof value === "object" && value && !Array.isArray(value) ? Object.entries(value) : []);
