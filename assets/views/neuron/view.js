/**
 * What every view of one neuron does: it keeps the newest scene, frame and theme, and draws all of itself anew with each.
 *
 * @import { Board, Frame, Scene, Theme } from "../../kit/types.d.ts"
 */
import { found } from "../../kit/dom.js";
import { dress } from "./style.js";

export class NeuronView {
  /** @type {Scene | null} */
  sceneNow = null;
  /** @type {Frame | null} */
  frameNow = null;
  /** @type {Theme | null} */
  colours = null;

  /** @param {HTMLElement} root @param {Board} board @param {string} template */
  constructor(root, board, template) {
    dress(root, template);
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
    this.draw();
  }

  /** @param {Scene} scene */
  scene(scene) {
    this.sceneNow = scene;
    this.draw();
  }

  /** @param {Frame} frame */
  frame(frame) {
    this.frameNow = frame;
    this.draw();
  }

  resize() {
    this.draw();
  }

  draw() {}

  /** The verdict says it. */
  alt() {
    return this.at(".verdict").textContent ?? "";
  }
}
