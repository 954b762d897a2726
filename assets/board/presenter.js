/** Presenter mode: nothing but the story line, the bar and the pictures, half as large again. By key, or by the address. */
import { write } from "./address.js";

const NAME = "present";
const CLASS = "nnlab-presenting"; // of the page: what it hides is in nnlab/ui/style.py

/** @param {boolean} on */
function show(on) {
  document.documentElement.classList.toggle(CLASS, on);
  window.dispatchEvent(new Event("resize"));
}

export const presenting = () => document.documentElement.classList.contains(CLASS);

/** As the address says. */
export const begin = () => show(new URLSearchParams(location.search).get(NAME) === "1");

export function toggle() {
  const on = !presenting();
  write({ [NAME]: on ? "1" : "" }, [NAME]);
  show(on);
}
