/**
 * What the server is to compute: the analyses of the views in sight, and the options of each.
 *
 * @import { Board, Sent } from "../kit/types.d.ts"
 * @import { Entry } from "./board.js"
 * @typedef {Record<string, Record<string, any>>} Options by analysis
 */
const SOON_MS = 20;

export class Watched {
  /** @type {Options} */
  options = Object.create(null); // whatever a name is, it is no more than a name
  /** @type {Record<string, Sent>} arrays among the options, by "analysis.option" */
  pictures = {};
  changes = 0; // of the arrays
  /** @type {Map<string, boolean>} what is wanted without a view of its own */
  extra = new Map();

  #timer = 0;

  /** Changes of one moment are told together. @param {() => void} tell */
  soon(tell) {
    this.leave();
    this.#timer = setTimeout(tell, SOON_MS);
  }

  leave() {
    clearTimeout(this.#timer);
  }

  /** @type {Board["option"]} */
  option(analysis, name, value) {
    this.options[analysis] ??= Object.create(null);
    if (value === undefined) delete this.options[analysis][name];
    else this.options[analysis][name] = value;
  }

  /** @type {Board["picture"]} */
  picture(analysis, name, array) {
    if (array) this.pictures[`${analysis}.${name}`] = array;
    else delete this.pictures[`${analysis}.${name}`];
    this.changes += 1;
  }

  /**
   * The argument and the arrays of the command "watch"; `key` differs where these do.
   * @param {Entry[]} views
   */
  message(views) {
    const offers = new Set();
    for (const v of views) if (v.visible && !v.broken) for (const name of [...v.needs, ...v.wants]) offers.add(name);
    for (const [name, wanted] of this.extra) if (wanted) offers.add(name);
    /** @type {Options} */
    const options = {};
    for (const [name, own] of Object.entries(this.options)) if (offers.has(name)) options[name] = { ...own };
    const pictures = Object.entries(this.pictures).filter(([path]) => offers.has(path.split(".")[0]));
    const argument = { offers: [...offers].sort(), options };
    const key = JSON.stringify([argument, pictures.map(([path]) => path), this.changes]);
    return { argument, arrays: pictures.length ? Object.fromEntries(pictures) : undefined, key };
  }
}
