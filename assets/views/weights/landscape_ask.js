/**
 * A study of the run, asked for again and again: never two at once, its progress on a bar, its refusals as sentences.
 * What was asked for meanwhile is asked afterwards, and only the newest of it.
 */
import { make } from "../../kit/dom.js";

const PATIENCE_MS = 30_000; // without a word: the worker that had the request is gone
const SETTLE_MS = 250; // of a paused run that is being moved about

export class Asker {
  /** @param {object} board @param {string} name of the study @param {{options: () => object, answered: (arrays: object) => void, failed: (sentence: string) => void}} on */
  constructor(board, name, on) {
    Object.assign(this, { board, name, on, pending: null, again: false, step: -1, at: -Infinity, settle: 0, watchdog: 0 });
    this.bar = make("progress", { max: 1, class: "asked", "aria-label": "Progress of the computation" });
    this.bar.style.cssText = "width:100%;height:4px;display:block;margin:0 0 4px;visibility:hidden;accent-color:var(--accent)";
    this.offs = [
      board.on("progress", (m) => m.id === this.pending?.id && this.progress(m.share)),
      board.on("refused", (m) => this.pending && m.problems?.[0]?.[0]?.startsWith("ask") && this.fail(m.problems[0][1])),
      board.on("state", (state) => (state === "open" ? this.again && this.ask() : this.drop())),
    ];
  }

  get busy() {
    return this.pending !== null;
  }

  /** Now, or as soon as the one under way is done; `instead`: what is under way is no longer wanted. */
  ask({ instead = false } = {}) {
    if (this.pending && instead) {
      this.board.send("cancel", this.pending.id);
      this.done();
    }
    if (this.pending) {
      this.again = true;
      return;
    }
    this.again = false;
    this.step = this.board.frame?.step ?? -1;
    const asked = this.board.ask(this.name, this.on.options());
    this.pending = asked;
    this.progress(0);
    asked.then((message) => {
      if (this.pending !== asked) return;
      this.done();
      if (message.error) this.on.failed(message.error);
      else this.on.answered(message.arrays);
      if (this.again) this.ask();
    });
  }

  /** With every frame: asks again where the run has moved since, `every` seconds after the last answer. */
  follow(frame, every) {
    if (this.pending || frame.step === this.step || !frame.metrics) return;
    clearTimeout(this.settle);
    if (!frame.playing) this.settle = setTimeout(() => this.ask(), SETTLE_MS);
    else if (performance.now() - this.at >= 1000 * every) this.ask();
  }

  progress(share) {
    this.bar.style.visibility = "visible";
    this.bar.value = share;
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.fail("The computation was lost; it is asked for again with the next change."), PATIENCE_MS);
  }

  fail(sentence) {
    this.done();
    this.on.failed(sentence);
  }

  /** The connection is lost, and the request with it. */
  drop() {
    if (!this.pending) return;
    this.done();
    this.again = true;
  }

  done() {
    this.pending = null;
    this.at = performance.now();
    this.bar.style.visibility = "hidden";
    clearTimeout(this.watchdog);
  }

  destroy() {
    if (this.pending) this.board.send("cancel", this.pending.id);
    this.done();
    clearTimeout(this.settle);
    for (const off of this.offs) off();
  }
}

/** Buttons of which one is pressed. @param {[string, string][]} choices [value, words] */
export function choice(label, choices, chosen) {
  const group = make("span", { role: "group", "aria-label": label, style: "display:inline-flex;gap:4px" });
  for (const [value, words] of choices) {
    group.append(make("button", { class: "small", type: "button", "data-value": value, onclick: () => chosen(value) }, words));
  }
  group.show = (value) => {
    for (const button of group.children) button.setAttribute("aria-pressed", String(button.dataset.value === value));
  };
  return group;
}

/** A select. @param {[string|number, string][]} choices */
export function picker(label, choices, chosen) {
  const select = make("select", { "aria-label": label, onchange: () => chosen(select.value) }, ...choices.map(([value, words]) => make("option", { value }, words)));
  return select;
}

/** Choices of a view that a reload should not forget. */
export function remembered(key, defaults) {
  let found = {};
  try {
    found = JSON.parse(sessionStorage.getItem(key) ?? "{}");
  } catch {
    found = {};
  }
  const known = Object.fromEntries(Object.entries(found).filter(([name, value]) => typeof value === typeof defaults[name]));
  return { ...defaults, ...known };
}

export function remember(key, settings) {
  sessionStorage.setItem(key, JSON.stringify(settings));
}
