/**
 * What every view of one neuron does: it keeps the newest scene, frame and theme, draws all of itself anew with each, and
 * writes its numbers at a pace that can be read.
 *
 * @import { Board, Frame, Scene, Theme } from "../../kit/types.d.ts"
 * @typedef {{theme?: (theme: Theme) => void, scene?: (scene: Scene) => void, fit?: () => void}} Part of a view, which takes theme, scene and width as the view does
 */
import { Calm } from "../../kit/calm.js";
import { found, make, write } from "../../kit/dom.js";
import { dress } from "./style.js";

const NUMBERS = /−?[\d∞][\d.\u202f]*(e−?\d+)?/g; // as kit/numbers.js writes them

export class NeuronView {
  /** @type {Scene | null} */
  sceneNow = null;
  /** @type {Frame | null} */
  frameNow = null;
  /** @type {Theme | null} */
  colours = null;
  /** @type {Part[]} */
  parts = [];
  calm = new Calm();
  spoken = make("div", { class: "unseen", role: "status" });
  kind = ""; // of the sentence that was spoken last

  /** @param {HTMLElement} root @param {Board} board @param {string} template */
  constructor(root, board, template) {
    dress(root, template);
    root.append(this.spoken);
    this.root = root;
    this.board = board;
  }

  /** @param {string} selector */
  at(selector) {
    return found(this.root, selector);
  }

  /** The samples of lines in headings and tables. @param {(i: number) => {colour: string, style: string}} look */
  samples(look) {
    this.root.querySelectorAll(".line").forEach((line, i) => {
      if (!(line instanceof HTMLElement)) return;
      const { colour, style } = look(i);
      line.style.borderTopColor = colour;
      line.style.borderTopStyle = style;
    });
  }

  /** @param {Theme} theme */
  theme(theme) {
    this.colours = theme;
    for (const part of this.parts) part.theme?.(theme);
    this.draw();
  }

  /** @param {Scene} scene */
  scene(scene) {
    this.sceneNow = scene;
    for (const part of this.parts) part.scene?.(scene);
    this.draw();
  }

  /** @param {Frame} frame */
  frame(frame) {
    this.frameNow = frame;
    this.draw();
  }

  resize() {
    for (const part of this.parts) part.fit?.();
    this.draw();
  }

  /** Whether other numbers will follow at once. */
  get moving() {
    return Boolean(this.frameNow?.playing);
  }

  draw() {
    this.paint();
    this.calm.do(this.moving, () => this.words());
  }

  /** The pictures. */
  paint() {}

  /** All that is read. */
  words() {}

  /** The verdict. Who hears it is told when the run rests, and before only what says more than other numbers. @param {string} text @param {{good?: boolean, bad?: boolean}} [look] */
  say(text, { good = false, bad = false } = {}) {
    const verdict = this.at(".verdict");
    write(verdict, text);
    verdict.classList.toggle("good", good);
    verdict.classList.toggle("bad", bad);
    const kind = text.replace(NUMBERS, "#");
    if (this.moving && kind === this.kind) return;
    this.kind = kind;
    write(this.spoken, text);
  }

  /** The verdict says it. */
  alt() {
    return this.at(".verdict").textContent ?? "";
  }

  destroy() {
    this.calm.stop();
  }
}
