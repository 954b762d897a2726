/**
 * What was measured to be wrong, with a one-click remedy, in the bar; what the server says, and how the connection is, over
 * the picture: nothing below ever jumps.
 *
 * @import { Board, Events, Finding, Frame } from "../kit/types.d.ts"
 */
import { make, write } from "../kit/dom.js";
import { words } from "../kit/words.js";

const LINGER_MS = 2500; // a finding that comes and goes stays this long, or the line would flicker
const NOTICE_MS = 8000;
const SAME = ["diverged", "exploding", "beyond", "bouncing", "left"]; // of a learning rate that is too large

/** @param {HTMLElement} root @param {Board} board @param {HTMLElement} [bar] where the findings stand; without one they are not shown */
export function statusLine(root, board, bar) {
  const heard = make("p", { class: "unseen", role: "status", "aria-live": "polite", "aria-label": "Diagnosis" });
  const box = make("div", { class: "message", role: "status", "aria-live": "polite", "aria-label": "Messages" });
  (bar ?? root).append(make("div", { class: "status" }, box, heard));
  const message = new Message(box);
  const findings = bar && new Findings(bar, heard, board);
  board.on("frame", (f) => {
    findings?.show(f.findings ?? [], f); // and where there is none, why the run has ended
  });
  board.on("measured", (m) => findings?.hear(m));
  board.on("state", (name) => message.set(name === "open" ? { state: "", stays: "" } : { state: words(name) })); // what stays is said again to who comes
  board.on("notice", (m) => message.say(words(m), m.level, m.stay));
  board.on("refused", (m) => message.say(m.problems.map(spoken).join(" "), "error"));
  board.on("experiment", () => {
    message.accepted();
    findings?.forget(); // they were measured on another one
  });
}

/** "training.learning_rate must be …" as "Learning rate must be …", with true minus signs. @param {[field: string, sentence: string]} problem */
function spoken([field, said]) {
  const sentence = said.replace(/(?<![\w.])-(?=\d)/g, "\u2212");
  if (!field || !sentence.startsWith(`${field} `)) return sentence;
  const name = field.split(".").slice(-1)[0].replaceAll("_", " ");
  return name[0].toUpperCase() + name.slice(1) + sentence.slice(field.length);
}

/** One line: a lost connection before a refusal or notice, and these before what stays. */
class Message {
  now = { state: "", said: "", level: "info", stays: "", lasting: "info" };
  timer = 0;

  /** @param {HTMLElement} box */
  constructor(box) {
    this.box = box;
  }

  /** @param {Partial<Message["now"]>} news */
  set(news) {
    Object.assign(this.now, news);
    const { state, said, level, stays, lasting } = this.now;
    const text = state || said || stays;
    write(this.box, text);
    this.box.dataset.level = state ? "warning" : said ? level : stays ? lasting : "info";
    this.box.title = text;
  }

  /** @param {string} said @param {string} level @param {boolean} [stay] */
  say(said, level, stay = false) {
    clearTimeout(this.timer);
    if (stay) return this.set({ said: "", stays: said, lasting: level });
    if (said) this.timer = setTimeout(() => this.say("", "info"), NOTICE_MS);
    this.set({ said, level });
  }

  /** What was refused before is out of date once something was accepted. */
  accepted() {
    if (this.now.level === "error") this.say("", "info");
  }
}

/** The first finding by its name; all of them with their remedies open below it, over the picture, so that nothing moves. */
class Findings {
  /** @type {Map<string, {finding: Finding, until: number}>} by their codes */
  seen = new Map();
  /** @type {Map<string, {finding: Finding, until: number}>} what a view has measured itself, by the view */
  measured = new Map();
  /** @type {[Finding[], Pick<Frame, "playing" | "restarted" | "stopped">]} what the run said last */
  last = [[], { playing: false, stopped: null }];
  shown = ""; // what the rows were made of
  codes = ""; // of what was said last
  open = false;
  calm = ""; // what is said where nothing is wrong

  /** @param {HTMLElement} bar @param {HTMLElement} heard for a screen reader, once and not with every number @param {Board} board */
  constructor(bar, heard, board) {
    this.heard = heard;
    this.board = board;
    this.name = make("span", {}, words("well"));
    this.more = make("b", { class: "more" });
    this.chip = make("button", { type: "button", class: "chip", "aria-expanded": "false", onclick: () => this.toggle(!this.open) }, this.name, this.more);
    this.box = make("div", { class: "findings", hidden: true });
    this.root = make("div", { class: "diagnosis", role: "group", "aria-label": "Diagnosis" }, this.chip, this.box); // not live: its numbers change all the time
    this.root.addEventListener("keydown", (event) => event.key === "Escape" && this.toggle(false));
    bar.append(this.root);
  }

  /** @param {boolean} open */
  toggle(open) {
    this.open = open;
    this.box.hidden = !open;
    this.chip.setAttribute("aria-expanded", String(open));
  }

  forget() {
    this.seen.clear();
    this.measured.clear();
  }

  /** One voice: what a view measures is said here too, unless the run says it already. @param {Events["measured"]} measured */
  hear({ by, told }) {
    if (told) this.measured.set(by, { finding: { ...told, label: null, command: "", remedy: {} }, until: performance.now() + LINGER_MS });
    else if (!this.measured.delete(by)) return;
    const [found, frame] = this.last;
    this.show(found, { ...frame, restarted: false });
  }

  /** @param {Finding[]} told by the run @param {Pick<Frame, "playing" | "restarted" | "stopped">} frame */
  show(told, { playing, restarted, stopped }) {
    const now = performance.now();
    this.last = [told, { playing, stopped }];
    if (restarted) this.forget(); // what was wrong with the run before is no more, nor does its remedy fit
    for (const [view, { until }] of this.measured) if (playing && until < now) this.measured.delete(view); // its view is out of sight
    const own = told.some((f) => SAME.includes(f.code)) ? [] : [...this.measured.values()].map((m) => m.finding);
    const found = [...told, ...own];
    for (const finding of found) this.seen.set(finding.code, { finding, until: now + LINGER_MS });
    for (const [code, { until }] of this.seen) if (until < now || (!playing && !found.some((f) => f.code === code))) this.seen.delete(code);
    const list = [...this.seen.values()].map((s) => s.finding);
    this.calm = words(stopped) || words("well");
    const key = JSON.stringify([list.map((f) => [f.code, f.label, f.remedy]), this.calm]);
    if (key === this.shown) return this.refresh(list);
    this.shown = key;
    const rows = list.length ? list.map((f) => row(f, this.board)) : [make("div", { class: "finding well" }, make("span", {}, this.calm))];
    this.box.replaceChildren(...rows);
    this.tell(list);
    write(this.name, list.length ? headOf(list[0]) : this.calm);
    write(this.more, list.length > 1 ? `+${list.length - 1}` : "");
    this.chip.dataset.code = list[0]?.code ?? "well";
    this.refresh(list);
    if (list.some((f) => f.code === "diverged")) this.toggle(true); // the run has ended: what to do now must not be looked for
    else if (!list.length) this.toggle(false);
  }

  /** What each is called, up to the numbers; nothing before there was one. @param {Finding[]} list */
  tell(list) {
    const codes = list.map((f) => f.code).sort().join() || (this.calm === words("well") ? "" : this.calm);
    if (codes === this.codes) return;
    this.codes = codes;
    write(this.heard, list.length ? list.map((f) => `${headOf(f)}.`).join(" ") : this.calm);
  }

  /** The same findings with new numbers: only the words change, a button under the pointer stays. @param {Finding[]} list */
  refresh(list) {
    this.chip.title = list.map((f) => words(f)).join("\n") || this.calm;
    this.box.querySelectorAll("span").forEach((line, i) => {
      if (!list[i]) return;
      write(line, words(list[i]));
      line.title = words(list[i]);
    });
  }
}

/** @param {Finding} finding @param {Board} board */
function row(finding, board) {
  const { code, label, command, remedy = {} } = finding;
  const sentence = words(finding);
  const line = make("div", { class: "finding", "data-code": code }, make("span", { title: sentence }, sentence));
  const cure = () => {
    if (command) board.send(command, null);
    if (Object.keys(remedy).length) board.set(remedy);
    board.changed();
  };
  if (label) line.append(make("button", { type: "button", class: "small remedy", onclick: cure }, words(label)));
  return line;
}

/** Its name: the sentence up to the numbers. @param {Finding} finding */
const headOf = (finding) => words(finding).split(":")[0].replace(/\.$/, "");
