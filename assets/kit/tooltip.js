/**
 * One tooltip for the whole board: follows the pointer, never leaves the window, takes no pointer events.
 *
 * @import { Board } from "./types.d.ts"
 * @typedef {{x: number, y: number, width: number, height: number}} Place in the canvas's CSS pixels
 * @typedef {Place & {words: () => string}} Readable `words` is a function so that only the one that is read costs anything
 */
import { placeOn } from "./canvas.js";
import { make } from "./dom.js";

/** @param {HTMLElement} root @returns {Board["tip"]} */
export function tooltip(root) {
  const box = make("div", { class: "tip", hidden: true });
  root.append(box);
  let last = "";
  return (x, y = 0, text = "") => {
    if (x === null || !text) {
      box.hidden = true;
      return;
    }
    if (text !== last) box.textContent = text;
    last = text;
    box.hidden = false;
    const { offsetWidth: w, offsetHeight: h } = box;
    const left = x + 16 + w > window.innerWidth ? x - w - 12 : x + 16;
    const top = y + 16 + h > window.innerHeight ? y - h - 12 : y + 16;
    box.style.transform = `translate(${Math.max(4, left)}px, ${Math.max(4, top)}px)`;
  };
}

/** Words about the box under the pointer: `boxes()` gives what was drawn last. @param {HTMLElement} canvas @param {Board} board @param {() => Readable[]} boxes */
export function readable(canvas, board, boxes) {
  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = placeOn(event, canvas);
    const inside = (/** @type {Place} */ b) => x >= b.x && x <= b.x + b.width && y >= b.y && y <= b.y + b.height;
    const found = boxes().find(inside);
    board.tip(found ? event.clientX : null, event.clientY, found?.words());
  });
  canvas.addEventListener("pointerleave", () => board.tip(null));
}
