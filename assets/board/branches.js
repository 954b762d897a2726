/**
 * The courses that the run has left, as buttons at the end of the scrubber: each leads to where one ends.
 *
 * @import { Board, Frame } from "../kit/types.d.ts"
 */
import { make, write } from "../kit/dom.js";
import { count, tickText } from "../kit/numbers.js";

const LONG = 1e5; // steps from which their number is shortened
const SIGN = `<svg viewBox="0 0 12 12" aria-hidden="true"><path d="M3 11.5V.5M3 9C3 5 9 7 9 .5"/></svg>`;

export class Branches {
  root = make("span", { class: "branches", role: "group", "aria-label": "Other branches of this run" });
  shown = "[]";

  /** @param {Board} board */
  constructor(board) {
    this.board = board;
  }

  /** @param {Pick<Frame, "branches">} frame */
  show({ branches = [] }) {
    const now = JSON.stringify(branches);
    if (now === this.shown) return;
    this.shown = now;
    while (this.root.childElementCount > branches.length) this.root.lastElementChild?.remove();
    while (this.root.childElementCount < branches.length) this.root.append(this.button());
    branches.forEach(({ id, from, to }, i) => { // in place: the one that was pressed keeps the focus, and leads back
      const button = this.root.children[i];
      const sentence = `Return to the other branch, which left here at step ${count(from)} and went to step ${count(to)}`;
      button.setAttribute("value", String(id));
      button.setAttribute("title", sentence);
      button.setAttribute("aria-label", sentence);
      write(button.children[1], to < LONG ? count(to) : tickText(to));
    });
  }

  /** @param {HTMLButtonElement} button */
  go(button) {
    this.board.send("branch", Number(button.value));
    this.board.emit("notice", { level: "info", code: "other_course" });
  }

  button() {
    const button = make("button", { type: "button", class: "branch", onclick: (e) => this.go(e.currentTarget) });
    button.innerHTML = `${SIGN}<span></span>`;
    return button;
  }
}
