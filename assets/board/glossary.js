/**
 * The glossary where its words stand: a word that it knows is underlined in the sentences about a page and its views, and a
 * click opens what it means beside it. A double click does so for any word on the screen, and G opens all of them.
 */
import { make } from "../kit/dom.js";

const SOURCE = new URL("../../../glossary.md", import.meta.url); // docs/glossary.md
const SENTENCES = "[class*='-watch'] p"; // of the page; those of the board are in its shadow
const OURS = ".about";
const REST_MS = 400;
const NAME = "nnlab-term";
const EDGE = 8; // pixels that the card keeps from the window's edge
const COMMON = new Set(["every", "example", "step", "floor", "colour", "turn", "arm", "cloud", "label", "surface", "start", "weight space"]); // names of controls, and words of every day
const WORD = /[\p{L}\p{N}]/u;

/** @typedef {{name: string, text: string}} Term */

/** @param {string} text the page of docs/ @returns {Map<string, Term>} by every name, in lower case */
export function termsOf(text) {
  const terms = new Map();
  for (const [, names, words] of text.matchAll(/^\*\*(.+?)\*\* — (.+)$/gm)) {
    const term = { name: names, text: words.replaceAll("`", "").replaceAll("**", "") };
    for (const name of names.includes("=") ? [names] : names.split(", ")) terms.set(plain(name.replace(/ \(.*\)$/, "")), term);
  }
  return terms;
}

/** @param {string} name */
const plain = (name) => name.toLowerCase().replaceAll("-", " ").trim();

/** The term that is called so; also in the plural. @param {Map<string, Term>} terms @param {string} said @returns {Term | undefined} */
export function meaning(terms, said) {
  const name = plain(said);
  return [name, name.replace(/s$/, ""), name.replace(/es$/, ""), `${name}s`].map((one) => terms.get(one)).find(Boolean);
}

/** Where the terms stand in a sentence, the longest names first. @param {Map<string, Term>} terms @param {string} text @returns {[from: number, to: number][]} */
export function places(terms, text) {
  const words = [...text.matchAll(/[\p{L}\p{N}]+/gu)];
  /** @type {[number, number][]} */
  const found = [];
  for (let i = 0; i < words.length; i++) {
    for (let n = Math.min(3, words.length - i); n > 0; n--) {
      const [from, to] = [words[i].index, words[i + n - 1].index + words[i + n - 1][0].length];
      if (n === 1 && (to - from < 3 || COMMON.has(plain(text.slice(from, to)).replace(/s$/, "")))) continue; // "x" is a feature's name, and much else
      if (!meaning(terms, text.slice(from, to))) continue;
      found.push([from, to]);
      i += n - 1;
      break;
    }
  }
  return found;
}

export class Glossary {
  /** @type {Map<string, Term>} */
  terms = new Map();
  /** @type {Range[]} that are underlined */
  ranges = [];
  timer = 0;

  /** @param {HTMLElement} root of the board */
  constructor(root) {
    this.root = root;
    this.card = make("div", { class: "term", role: "dialog", "aria-label": "Glossary", tabindex: -1, hidden: true });
    root.append(this.card);
    this.onClick = (/** @type {MouseEvent} */ event) => this.clicked(event);
    this.onDouble = (/** @type {MouseEvent} */ event) => this.doubled(event);
    this.onKey = (/** @type {KeyboardEvent} */ event) => event.key === "Escape" && this.close();
    document.addEventListener("click", this.onClick);
    document.addEventListener("dblclick", this.onDouble);
    document.addEventListener("keydown", this.onKey);
    this.changes = new MutationObserver(() => this.soon());
    this.changes.observe(document.body, { childList: true, subtree: true }); // the page's own sentences; not the board's, which change all the time
    this.load();
  }

  destroy() {
    clearTimeout(this.timer);
    this.changes.disconnect();
    document.removeEventListener("click", this.onClick);
    document.removeEventListener("dblclick", this.onDouble);
    document.removeEventListener("keydown", this.onKey);
    CSS.highlights?.delete(NAME);
  }

  async load() {
    const answer = await fetch(SOURCE).catch(() => null);
    if (answer?.ok) this.terms = termsOf(await answer.text());
    this.soon();
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.mark(), REST_MS);
  }

  /** Underlines the terms, without a change of the page. */
  mark() {
    if (!CSS.highlights) return;
    this.ranges = [...document.querySelectorAll(SENTENCES), ...this.root.querySelectorAll(OURS)].flatMap((sentence) => this.within(sentence));
    CSS.highlights.set(NAME, new Highlight(...this.ranges));
  }

  /** @param {Element} sentence @returns {Range[]} */
  within(sentence) {
    const texts = document.createTreeWalker(sentence, NodeFilter.SHOW_TEXT);
    const found = [];
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      for (const [from, to] of places(this.terms, text.textContent ?? "")) {
        const range = new Range();
        range.setStart(text, from);
        range.setEnd(text, to);
        found.push(range);
      }
    }
    return found;
  }

  /** @param {MouseEvent} event */
  clicked(event) {
    if (event.composedPath().includes(this.card)) return;
    const { clientX: x, clientY: y } = event;
    const target = event.composedPath()[0];
    const hit = target instanceof Element && this.ranges.find((range) => target.contains(range.startContainer) && [...range.getClientRects()].some((b) => x >= b.left && x <= b.right && y >= b.top && y <= b.bottom));
    if (hit) this.explain(hit.toString(), hit.getBoundingClientRect());
    else this.close();
  }

  /** @param {MouseEvent} event */
  doubled(event) {
    const target = event.composedPath()[0];
    const text = target instanceof HTMLElement && !target.isContentEditable && !["INPUT", "TEXTAREA"].includes(target.tagName) ? wordsAt(target, event) : [];
    const known = text.find((said) => meaning(this.terms, said));
    if (known) this.explain(known, { left: event.clientX, right: event.clientX, top: event.clientY - 10, bottom: event.clientY + 10 });
  }

  /** @param {string} said @param {Pick<DOMRect, "left" | "right" | "top" | "bottom">} at */
  explain(said, at) {
    const term = meaning(this.terms, said);
    if (!term) return;
    this.card.replaceChildren(make("b", {}, term.name), make("p", {}, term.text));
    this.show();
    const { offsetWidth: w, offsetHeight: h } = this.card;
    const left = Math.max(EDGE, Math.min(at.left, window.innerWidth - w - EDGE));
    const top = at.bottom + EDGE + h > window.innerHeight ? at.top - h - EDGE : at.bottom + EDGE;
    Object.assign(this.card.style, { left: `${left}px`, top: `${Math.max(EDGE, top)}px` });
  }

  /** All terms, with a field that narrows them. */
  all() {
    const list = make("dl", {});
    const write = () => {
      const wanted = plain(field.value);
      const terms = [...new Set(this.terms.values())].filter(({ name, text }) => plain(name).includes(wanted) || (wanted.length > 2 && plain(text).includes(wanted)));
      terms.sort((a, b) => Number(plain(b.name).startsWith(wanted)) - Number(plain(a.name).startsWith(wanted)));
      list.replaceChildren(...terms.flatMap(({ name, text }) => [make("dt", {}, name), make("dd", {}, text)]));
    };
    const field = make("input", { type: "search", "aria-label": "Word", placeholder: "Word", oninput: write });
    const close = make("button", { type: "button", class: "small", onclick: () => this.close() }, "Close");
    this.card.replaceChildren(make("div", { class: "term-head" }, make("b", {}, "Glossary"), field, close), list);
    write();
    this.show();
    const { offsetWidth: w } = this.card;
    Object.assign(this.card.style, { left: `${(window.innerWidth - w) / 2}px`, top: "10vh" });
    field.focus();
  }

  show() {
    this.card.classList.toggle("terms", this.card.querySelector("dl") !== null);
    this.card.hidden = false;
  }

  close() {
    this.card.hidden = true;
  }
}

/** What was double-clicked, with its neighbours: "rate" in "learning rate" means both words. @param {HTMLElement} target @param {MouseEvent} event @returns {string[]} */
function wordsAt(target, event) {
  const text = target.textContent ?? "";
  const root = /** @type {Document & {getSelection?: () => Selection | null}} */ (target.getRootNode());
  const said = (root.getSelection?.() ?? window.getSelection())?.toString().trim() ?? "";
  if (!said || !WORD.test(said) || event.detail !== 2) return [];
  const words = [...text.matchAll(/[\p{L}\p{N}]+/gu)].map((one) => one[0]);
  const at = words.indexOf(said);
  return [[-1, 2], [-2, 1], [0, 2], [-1, 1], [0, 1]].map(([from, to]) => words.slice(Math.max(0, at + from), at + to).join(" ")).concat(said);
}
