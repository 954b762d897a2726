/** Tools that are seldom needed: they open over the picture, so that nothing moves. */
import { make } from "./dom.js";

/** @param {string} title of the button @param {...(HTMLElement | string)} tools */
export function more(title, ...tools) {
  const box = make("div", { class: "further", hidden: true }, ...tools);
  const show = (/** @type {boolean} */ open) => {
    box.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
  };
  const button = make("button", { class: "small", type: "button", "aria-expanded": "false", "aria-label": title, title, onclick: () => show(Boolean(box.hidden)) }, "⋯");
  return make("span", { class: "more-tools", onkeydown: (/** @type {KeyboardEvent} */ event) => event.key === "Escape" && show(false) }, button, box);
}
