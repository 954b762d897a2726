/**
 * The line under the player: what was measured to be wrong with a one-click remedy, what the server says, and how the
 * connection is. Its height is reserved, so nothing below ever jumps.
 *
 * @import { Board, Finding } from "../kit/types.d.ts"
 */
import { make, write } from "../kit/dom.js";
import { words } from "../kit/words.js";

const LINGER_MS = 2500; // a finding that comes and goes stays this long, or the line would flicker
const NOTICE_MS = 8000;

/** @param {HTMLElement} root @param {Board} board */
export function statusLine(root, board) {
  const diagnosis = make("div", { class: "diagnosis", role: "group", "aria-label": "Diagnosis" }); // not live: its numbers change all the time
  const heard = make("p", { class: "unseen", role: "status", "aria-live": "polite", "aria-label": "Diagnosis" });
  const box = make("div", { class: "message", role: "status", "aria-live": "polite", "aria-label": "Messages" });
  root.append(make("div", { class: "status" }, diagnosis, box, heard));
  const message = new Message(box);
  const findings = new Findings(diagnosis, heard, board);
  board.on("frame", (f) => {
    const found = f.findings ?? [];
    findings.show(found, f.playing, f.restarted);
    message.set({ stopped: found.some((one) => f.stopped?.code === `stop.${one.code}`) ? "" : words(f.stopped) }); // the finding says the same, with a button
  });
  board.on("state", (name) => message.set(name === "open" ? { state: "", stays: "" } : { state: words(name) })); // what stays is said again to who comes
  board.on("notice", (m) => message.say(words(m), m.level, m.stay));
  board.on("refused", (m) => message.say(m.problems.map(spoken).join(" "), "error"));
  board.on("experiment", () => message.accepted());
}

/** "training.learning_rate must be …" as "Learning rate must be …". @param {[field: string, sentence: string]} problem */
function spoken([field, sentence]) {
  if (!field || !sentence.startsWith(`${field} `)) return sentence;
  const name = field.split(".").slice(-1)[0].replaceAll("_", " ");
  return name[0].toUpperCase() + name.slice(1) + sentence.slice(field.length);
}

/** One line: a lost connection before a refusal or notice, these before what stays, and that before why the run stopped. */
class Message {
  now = { state: "", said: "", level: "info", stays: "", lasting: "info", stopped: "" };
  timer = 0;

  /** @param {HTMLElement} box */
  constructor(box) {
    this.box = box;
  }

  /** @param {Partial<Message["now"]>} news */
  set(news) {
    Object.assign(this.now, news);
    const { state, said, level, stays, lasting, stopped } = this.now;
    const text = state || said || stays || stopped;
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

class Findings {
  /** @type {Map<string, {finding: Finding, until: number}>} by their codes */
  seen = new Map();
  shown = ""; // what the rows were made of
  codes = ""; // of what was said last

  /** @param {HTMLElement} box @param {HTMLElement} heard for a screen reader, once and not with every number @param {Board} board */
  constructor(box, heard, board) {
    this.box = box;
    this.heard = heard;
    this.board = board;
  }

  /** @param {Finding[]} found @param {boolean} playing @param {boolean} [restarted] */
  show(found, playing, restarted = false) {
    const now = performance.now();
    if (restarted) this.seen.clear(); // what was wrong with the run before is no more, nor does its remedy fit
    for (const finding of found) this.seen.set(finding.code, { finding, until: now + LINGER_MS });
    for (const [code, { until }] of this.seen) if (until < now || (!playing && !found.some((f) => f.code === code))) this.seen.delete(code);
    const list = [...this.seen.values()].map((s) => s.finding);
    const key = JSON.stringify(list.map((f) => [f.code, f.label, f.remedy]));
    if (key === this.shown) return this.refresh(list);
    this.shown = key;
    const rows = list.length ? list.map((f) => row(f, this.board)) : [make("div", { class: "finding well" }, make("span", {}, words("well")))];
    this.box.replaceChildren(...rows);
    this.tell(list);
    if (list.length > 1) rows[0].append(more(this.box, list.length - 1));
    else this.box.classList.remove("all");
  }

  /** What each is called, up to the numbers; nothing before there was one. @param {Finding[]} list */
  tell(list) {
    const codes = list.map((f) => f.code).sort().join();
    if (codes === this.codes) return;
    this.codes = codes;
    write(this.heard, list.length ? list.map((f) => `${words(f).split(":")[0].replace(/\.$/, "")}.`).join(" ") : words("well"));
  }

  /** The same findings with new numbers: only the words change, a button under the pointer stays. @param {Finding[]} list */
  refresh(list) {
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

/** Further findings lie over what is below, so that opening them moves nothing either. @param {HTMLElement} box @param {number} hidden */
function more(box, hidden) {
  const button = make("button", { type: "button", class: "small more", onclick: () => show(!box.classList.contains("all")) });
  const show = (/** @type {boolean} */ all) => {
    box.classList.toggle("all", all);
    button.textContent = all ? "Less" : `+${hidden}`;
    button.setAttribute("aria-expanded", String(all));
    button.setAttribute("aria-label", all ? "Show the first finding only" : `Show ${hidden} more`);
  };
  show(box.classList.contains("all"));
  return button;
}
