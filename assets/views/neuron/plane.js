/**
 * The plane of the data with its points to drag, add and remove; a view draws under and over them and may take lines first.
 *
 * @import { Board, Scene, Theme } from "../../kit/types.d.ts"
 */
import { found } from "../../kit/dom.js";
import { number } from "../../kit/numbers.js";
import { PointEditing } from "../../kit/point_editing.js";
import { axisName, PointPlane } from "../../kit/points.js";

export class DataPlane {
  /**
   * @param {HTMLElement} root @param {Board} board
   * @param {{under?: () => void, above?: (r: number) => void, reading?: (index: number) => string, hovered?: (index: number) => void}} parts
   */
  constructor(root, board, parts) {
    root.classList.add("view-boundary");
    root.innerHTML = `<div class="tools"><span class="modes" role="group" aria-label="Edit the points" style="margin:0"></span></div><div class="plot"></div>`;
    this.parts = parts;
    this.square = new PointPlane(found(root, ".plot"), board, { redraw: () => this.draw(), words: (at, index) => this.words(at.x, at.y, index), hovered: parts.hovered });
    this.editing = new PointEditing(root, this.square);
  }

  /** @param {Theme} theme */
  theme(theme) {
    this.square.theme = theme;
    this.editing.choices();
  }

  /** @param {Scene} scene */
  scene(scene) {
    this.square.take(scene);
    this.editing.choices();
  }

  fit() {
    this.square.fit();
  }

  /** @param {number} x @param {number} y @param {number} index of a point there, or -1 */
  words(x, y, index) {
    const { scene } = this.square;
    if (index < 0 || !scene) return `x ${number(x, 3)}, y ${number(y, 3)}`;
    const [px, py] = scene.points.subarray(4 * index, 4 * index + 2);
    return `Point ${index + 1}: x ${number(px, 3)}, y ${number(py, 3)}\n${this.parts.reading?.(index) ?? ""}`.trim();
  }

  draw() {
    const { square } = this;
    const { scene, theme, surface } = square;
    if (!scene || !theme || !surface.width) return;
    square.frame(theme, { names: [0, 1].map((axis) => axisName(scene, axis)), zero: true });
    const n = scene.points.length / 4;
    const r = n > 300 ? 3.2 : n > 80 ? 4.2 : 5.5;
    square.clipped(() => {
      this.parts.under?.();
      square.drawPoints(r, { plain: true });
      this.parts.above?.(r);
    });
  }
}
