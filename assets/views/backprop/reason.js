/**
 * Why there are no numbers, or why no update follows those that are shown; with a way back.
 *
 * @import { Board, Frame } from "../../kit/types.d.ts"
 */
import { make } from "../../kit/dom.js";
import { words } from "../../kit/words.js";

export class Reason {
  /** @type {{error: string, stopped: Frame["stopped"]}} */
  now = { error: "", stopped: null };
  text = "";

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    this.board = board;
    this.line = root.appendChild(make("p", { class: "bp-failed", role: "alert", hidden: true }));
  }

  /** @param {Partial<Reason["now"]>} news */
  set(news) {
    const { error, stopped } = Object.assign(this.now, news);
    const text = error || (stopped ? words(stopped) : "");
    if (text === this.text) return;
    this.text = text;
    this.line.hidden = !text;
    const back = () => this.board.send(this.now.stopped ? "recover" : "reset", null);
    this.line.replaceChildren(`${text} `, make("button", { class: "small", type: "button", onclick: back }, "Go back"));
  }
}
