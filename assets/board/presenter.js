/** Presenter mode: nothing but the story line, the bar and the pictures, half as large again. By key, or by the address. */
import { write } from "./address.js";

const NAME = "present";
const CLASS = "nnlab-presenting"; // of the page: what it hides is in nnlab/ui/style.py

/** @type {Set<HTMLElement>} the boards of the page, whose shadows see no class of it */
const roots = new Set();

/** @param {boolean} on */
function show(on) {
  for (const element of [document.documentElement, ...roots]) element.classList.toggle(CLASS, on);
  window.dispatchEvent(new Event("resize"));
}

export const presenting = () => document.documentElement.classList.contains(CLASS);

/** As the address says. @param {HTMLElement} root of a board @returns {() => void} takes it away */
export function begin(root) {
  roots.add(root);
  show(new URLSearchParams(location.search).get(NAME) === "1");
  return () => roots.delete(root);
}

export function toggle() {
  const on = !presenting();
  write({ [NAME]: on ? "1" : "" }, [NAME]);
  show(on);
}
