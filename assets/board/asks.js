/**
 * What the server was asked and has not answered yet. Whoever asks gets a reply in every case: where an answer can no
 * longer come, that is a sentence, and `lost` says what was lost.
 *
 * @import { Answer, Board, Events } from "../kit/types.d.ts"
 * @typedef {{name: string, waits: boolean, settle: (answer: Answer) => void}} Asked `waits`: for a connection
 */
import { words } from "../kit/words.js";

export class Asks {
  #last = 0;
  #closed = false; // the run: the server drops what it is asked then
  /** @type {Map<number, Asked>} */
  #open = new Map();

  /** @param {Pick<Board, "on">} board */
  constructor(board) {
    board.on("state", (name) => this.#state(name));
    board.on("notice", (m) => this.#notice(m));
    board.on("refused", (m) => this.#refused(m));
  }

  /** @param {string} name @param {(id: number) => "sent" | "waits" | "lost" | void} send says whether it went, waits for a connection, or cannot go */
  ask(name, send) {
    this.#last += 1;
    const id = this.#last;
    /** @type {Promise<Answer>} */
    const answer = new Promise((settle) => this.#open.set(id, { name, waits: false, settle }));
    const fate = this.#closed ? "lost" : send(id);
    if (fate === "lost") this.#settle(id, words("ask_dropped"), "run");
    else if (fate === "waits") this.#asked(id).waits = true;
    return Object.assign(answer, { id }); // what "cancel" takes
  }

  /** @param {Answer} message */
  answer(message) {
    if (message.error) return this.#settle(message.id, message.error);
    this.#open.get(message.id)?.settle(message);
    this.#open.delete(message.id);
  }

  /** The server says nothing more about it. @param {unknown} id */
  cancel(id) {
    this.#settle(Number(id), words("ask_cancelled"));
  }

  /** Another run takes the place of the one that was asked. */
  leave() {
    this.#closed = false;
    this.#loseAll(words("ask_dropped"), "run");
  }

  /** What waits for a connection is sent with the next one; what went with the last one is forgotten there. @param {Events["state"]} name */
  #state(name) {
    if (name === "lost") this.#loseSent(words("ask_lost"), "connection");
    else if (name === "gone") this.#loseAll(words("ask_dropped"), "run");
    else if (name === "open") {
      this.#closed = false; // else the server says so again
      for (const asked of this.#open.values()) asked.waits = false;
    }
  }

  /** Another process has the run now, or none has: a notice that stays closes it, and an empty one opens it again. @param {Events["notice"]} notice */
  #notice({ code, text, stay }) {
    if (stay) this.#closed = Boolean(code || text);
    if (stay || code === "notice.restored") this.#loseSent(words("ask_dropped"), "run");
  }

  /** The server does not say which one it has refused. @param {Events["refused"]} message */
  #refused({ problems }) {
    const [field = "", sentence = ""] = problems[0] ?? [];
    if (/^ask\b/.test(field)) this.#loseSent(sentence);
  }

  /** @param {string} error @param {Answer["lost"]} [lost] */
  #loseSent(error, lost) {
    for (const [id, { waits }] of [...this.#open]) if (!waits) this.#settle(id, error, lost);
  }

  /** @param {string} error @param {Answer["lost"]} lost */
  #loseAll(error, lost) {
    for (const id of [...this.#open.keys()]) this.#settle(id, error, lost);
  }

  /** @param {number} id @param {string} error @param {Answer["lost"]} [lost] */
  #settle(id, error, lost) {
    const asked = this.#open.get(id);
    if (!asked) return;
    this.#open.delete(id);
    asked.settle(/** @type {Answer} */ ({ type: "answer", id, name: asked.name, error, lost })); // without arrays
  }

  /** @param {number} id */
  #asked(id) {
    return /** @type {Asked} */ (this.#open.get(id));
  }
}
