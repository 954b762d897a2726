/**
 * Paper shows what the screen shows: the board keeps its width, so that no picture is drawn anew (which paper would not wait
 * for), and is scaled to the page. A view that has not been in sight has nothing to show and is left out.
 */

const PAPER_PX = 1040; // between the margins of A4 or Letter on its side, in CSS pixels

/** @param {HTMLElement} root of the board @returns {() => void} stops listening */
export function printable(root) {
  const before = () => {
    const width = root.clientWidth;
    const scale = Math.min(1, PAPER_PX / width);
    Object.assign(root.style, { width: `${width}px`, transformOrigin: "0 0", transform: `scale(${scale})` });
  };
  const after = () => Object.assign(root.style, { width: "", transformOrigin: "", transform: "" });
  window.addEventListener("beforeprint", before);
  window.addEventListener("afterprint", after);
  return () => {
    window.removeEventListener("beforeprint", before);
    window.removeEventListener("afterprint", after);
  };
}

/** Whether the page is laid out for paper just now. */
export const onPaper = () => window.matchMedia("print").matches;
