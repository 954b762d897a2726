/**
 * Choices of a view: buttons of which one is pressed, selects, and what a reload should not forget.
 *
 * @import { Board } from "./types.d.ts"
 */
import { make } from "./dom.js";
import { recall, store } from "./memory.js";

/** Buttons of which one is pressed. @param {string} label @param {[value: string, words: string][]} choices @param {(value: string) => void} chosen */
export function choice(label, choices, chosen) {
  const buttons = choices.map(([value, words]) => make("button", { class: "small", type: "button", "data-value": value, onclick: () => chosen(value) }, words));
  return {
    box: make("span", { role: "group", "aria-label": label, style: "display:inline-flex;gap:4px" }, ...buttons),
    /** @param {string} value */
    show(value) {
      for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.value === value));
    },
  };
}

/** A select. @param {string} label @param {[value: string | number, words: string][]} choices @param {(value: string) => void} chosen */
export const picker = (label, choices, chosen) =>
  make("select", { "aria-label": label, onchange: (e) => chosen(e.target.value) }, ...choices.map(([value, words]) => make("option", { value }, words)));

/** Settings of a view as they were before a reload. @template {Record<string, unknown>} T @param {string} key @param {T} defaults @returns {T} */
export function remembered(key, defaults) {
  /** @type {Record<string, unknown>} */
  let found = {};
  try {
    found = JSON.parse(recall(key) ?? "{}");
  } catch {
    found = {};
  }
  const known = Object.fromEntries(Object.entries(found).filter(([name, value]) => typeof value === typeof defaults[name]));
  return { ...defaults, ...known };
}

/** For a reload, and for links, which carry what is not as usual. @template {Record<string, unknown>} T @param {Board} board @param {string} key @param {T} settings @param {T} defaults */
export function remember(board, key, settings, defaults) {
  store(key, JSON.stringify(settings));
  board.keep(key, Object.fromEntries(Object.entries(settings).filter(([name, value]) => value !== defaults[name])));
}
