/** One tooltip for the whole board: follows the pointer, never leaves the window, takes no pointer events. */

/** @param {HTMLElement} root @returns {((x: number|null, y?: number, text?: string) => void) & {destroy: () => void}} */
export function tooltip(root) {
  const box = document.createElement("div");
  box.className = "tip";
  box.hidden = true;
  root.append(box);
  let last = "";
  const show = (x, y, text) => {
    if (x === null || !text) {
      box.hidden = true;
      return;
    }
    if (text !== last) box.textContent = last = text;
    box.hidden = false;
    const { offsetWidth: w, offsetHeight: h } = box;
    const left = x + 16 + w > window.innerWidth ? x - w - 12 : x + 16;
    const top = y + 16 + h > window.innerHeight ? y - h - 12 : y + 16;
    box.style.transform = `translate(${Math.max(4, left)}px, ${Math.max(4, top)}px)`;
  };
  show.destroy = () => box.remove();
  return show;
}

/**
 * Words about the box under the pointer: `boxes()` gives what was drawn last, each {x, y, width, height, words} in the
 * canvas's CSS pixels, `words` a function so that only the one that is read costs anything.
 */
export function readable(canvas, board, boxes) {
  canvas.addEventListener("pointermove", (event) => {
    const inside = (b) => event.offsetX >= b.x && event.offsetX <= b.x + b.width && event.offsetY >= b.y && event.offsetY <= b.y + b.height;
    const found = boxes().find(inside);
    board.tip?.(found ? event.clientX : null, event.clientY, found?.words());
  });
  canvas.addEventListener("pointerleave", () => board.tip?.(null));
}
