/** The signs on the keys of a player, and the keys themselves. */
import { make } from "./dom.js";

/** @type {Record<string, string>} */
const ICONS = {
  play: "M7 4.5v15l12.5-7.5z",
  pause: "M6.5 4.5h4v15h-4zM13.5 4.5h4v15h-4z",
  forward: "M5 5v14l9.5-7zM16 5h3v14h-3z",
  back: "M19 5v14L9.5 12zM5 5h3v14H5z",
  reset: "M12 4.5a7.5 7.5 0 1 0 7.3 9.2l-2.4-.6A5 5 0 1 1 12 7c1.4 0 2.6.5 3.5 1.4L13 11h7V4l-2.7 2.7A7.5 7.5 0 0 0 12 4.5z",
  dice: "M5 3.5h14A1.5 1.5 0 0 1 20.5 5v14a1.5 1.5 0 0 1-1.5 1.5H5A1.5 1.5 0 0 1 3.5 19V5A1.5 1.5 0 0 1 5 3.5zM8 6.7a1.3 1.3 0 1 0 .01 0zM16 6.7a1.3 1.3 0 1 0 .01 0zM12 10.7a1.3 1.3 0 1 0 .01 0zM8 14.7a1.3 1.3 0 1 0 .01 0zM16 14.7a1.3 1.3 0 1 0 .01 0z",
};

/** @param {string} name */
const icon = (name) => `<svg viewBox="0 0 24 24" aria-hidden="true" class="icon-${name}"><path fill-rule="evenodd" d="${ICONS[name]}"/></svg>`;

/** A round button; that of "play" has both signs, and its class `on` says which is seen. @param {string} name @param {{label: string, title: string, act: () => void, sign?: string}} options */
export function key(name, { label, title, act, sign = name }) {
  const button = make("button", { class: `key ${name}`, type: "button", "aria-label": label, title, onclick: act });
  button.innerHTML = name === "play" ? icon("play") + icon("pause") : icon(sign);
  return button;
}

/** What the key "play" does next. @param {HTMLElement} button @param {boolean} playing */
export function showPlaying(button, playing) {
  button.classList.toggle("on", playing);
  button.setAttribute("aria-label", playing ? "Pause" : "Play");
  button.title = playing ? "Pause (space)" : "Play (space)";
}
