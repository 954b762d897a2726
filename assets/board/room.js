/** The height that the window leaves to the stage: it is whole without scrolling, whatever stands above it. */
import { zoomOf } from "../kit/canvas.js";
import { onPaper } from "./print.js";

const LEAST = 240; // pixels; a lower window is scrolled
const BELOW = 10;

export class Room {
  /** @param {HTMLElement} grid */
  constructor(grid) {
    this.grid = grid;
    this.onResize = () => this.measure();
    window.addEventListener("resize", this.onResize);
    this.moves = new ResizeObserver(this.onResize); // of the page: what stands above may grow
    this.moves.observe(document.querySelector("[data-testid='stMainBlockContainer']") ?? document.body);
    if (grid.parentElement) this.moves.observe(grid.parentElement);
  }

  destroy() {
    window.removeEventListener("resize", this.onResize);
    this.moves.disconnect();
  }

  measure() {
    if (onPaper()) return;
    const scrolled = document.querySelector("[data-testid='stMain']")?.scrollTop ?? window.scrollY;
    const above = this.grid.getBoundingClientRect().top + scrolled;
    const room = `${Math.max(LEAST, Math.floor((window.innerHeight - above - BELOW) / zoomOf(this.grid)))}px`;
    if (this.grid.style.getPropertyValue("--room") !== room) this.grid.style.setProperty("--room", room);
  }
}
