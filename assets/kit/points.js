/**
 * The points of the data: what a class is called, a small picture of its mark, and the plane with all of them on it.
 *
 * @import { Place } from "./square.js"
 * @import { Board, Scene, Theme } from "./types.d.ts"
 */
import { mark } from "./canvas.js";
import { make } from "./dom.js";
import { pointColour } from "./palette.js";
import { Square } from "./square.js";

const REACH = 12; // pixels within which a point is taken

/** @param {Pick<Scene, "class_names">} scene @param {number} label */
export const className = (scene, label) => scene.class_names?.[label] ?? `class ${label}`;

/** A class's mark with its name. @param {Theme} theme @param {Pick<Scene, "classes"|"class_names">} scene @param {number} label */
export function swatch(theme, scene, label) {
  const canvas = make("canvas", { width: 28, height: 28 });
  const ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  mark(ctx, theme.marks[label % theme.marks.length], 14, 14, 9);
  ctx.fillStyle = pointColour(theme, label, scene.classes);
  ctx.fill();
  const name = className(scene, label);
  return make("span", { class: "swatch" }, canvas, make("span", { title: name }, name)); // a long one is cut with an ellipsis
}

/** @param {Scene} scene @param {number} axis */
export const axisName = (scene, axis) => scene.axis_names?.[axis] ?? "xy"[axis];

/** How many points train. @param {Scene} scene */
export function trained({ points }) {
  let n = 0;
  for (let i = 3; i < points.length; i += 4) n += points[i] ? 0 : 1;
  return n;
}

/** A place on the plane in the units of the data. @param {Scene} scene @param {number} axis @param {number} value */
export function real(scene, axis, value) {
  const [offset, factor] = scene.axis_scales?.[axis] ?? [0, 1];
  return offset + factor * value;
}

/** The square of the data with its points, of which one may be under the pointer and one in a hand. */
export class PointPlane extends Square {
  /**
   * @param {HTMLElement} root @param {Board} board
   * @param {{redraw: () => void, words: (at: Place, index: number) => string, hovered?: (index: number) => void, sees?: (index: number) => boolean}} on
   *   `words` of the tooltip; `sees`: whether a point is shown
   */
  constructor(root, board, on) {
    super(root, board);
    this.on = on;
    /** @type {Scene | null} */
    this.scene = null;
    /** @type {Theme | null} */
    this.theme = null;
    /** @type {{index: number} | null} */
    this.hover = null;
    /** @type {{index: number, id: number, moved: boolean, x: number, y: number} | null} */
    this.held = null;
    const { canvas } = this.surface;
    canvas.addEventListener("pointermove", (event) => this.point(event));
    canvas.addEventListener("pointerleave", () => {
      this.choose(-1);
      board.tip(null);
    });
  }

  /** @param {PointerEvent} event */
  point(event) {
    if (!this.scene || this.held) return;
    const at = this.place(event);
    const index = at.inside ? this.nearest(at) : -1;
    if (at.inside) this.board.pointed = [at.x, at.y]; // where the network view reads a neuron's numbers
    this.choose(index);
    this.board.tip(at.inside ? event.clientX : null, event.clientY, at.inside ? this.on.words(at, index) : "");
  }

  /** The point under the pointer, or chosen by a key; -1 for none. @param {number} index */
  choose(index) {
    if (index === (this.hover?.index ?? -1)) return;
    this.hover = index >= 0 ? { index } : null;
    this.on.hovered?.(index);
    this.on.redraw();
  }

  /** What a person moves stays in the hand: the server's news is a little older. @param {Scene} scene */
  take(scene) {
    this.scene = scene;
    this.span([-scene.limit, scene.limit], [-scene.limit, scene.limit]);
    const { held } = this;
    if (!held) return;
    held.index = scene.ids.indexOf(held.id);
    if (held.moved && held.index >= 0) scene.points.set([held.x, held.y], 4 * held.index);
  }

  /** The visible point within reach, or -1. @param {{px: number, py: number}} place */
  nearest({ px, py }) {
    const { points } = /** @type {Scene} */ (this.scene);
    let [best, found] = [REACH, -1];
    for (let i = 0; i < points.length / 4; i++) {
      if (this.on.sees?.(i) === false) continue;
      const d = Math.hypot(this.x(points[4 * i]) - px, this.y(points[4 * i + 1]) - py);
      if (d < best) [best, found] = [d, i];
    }
    return found;
  }

  /** Every point that is shown; those that test are hollow, and lie below. @param {number} r @param {{plain?: boolean}} [look] `plain`: a target is not told by colour */
  drawPoints(r, { plain = false } = {}) {
    const { points } = /** @type {Scene} */ (this.scene);
    for (const test of [1, 0]) {
      for (let i = 0; i < points.length / 4; i++) if (points[4 * i + 3] === test && this.on.sees?.(i) !== false) this.drawPoint(i, r, plain);
    }
    const at = (this.held ?? this.hover)?.index ?? -1;
    if (at >= 0 && at < points.length / 4) this.ring(at, r + 4, /** @type {Theme} */ (this.theme).text);
  }

  /** @param {number} i @param {number} r @param {boolean} plain */
  drawPoint(i, r, plain) {
    const theme = /** @type {Theme} */ (this.theme);
    const { points, classes } = /** @type {Scene} */ (this.scene);
    const { ctx } = this.surface;
    const [x, y, label, test] = points.subarray(4 * i, 4 * i + 4);
    const colour = plain && classes < 2 ? theme.train : pointColour(theme, label, classes);
    mark(ctx, classes > 1 ? theme.marks[label % theme.marks.length] : "circle", this.x(x), this.y(y), r);
    ctx.fillStyle = test ? theme.background : colour;
    ctx.fill();
    ctx.lineWidth = test ? 1.8 : 0.9;
    ctx.strokeStyle = test ? colour : classes > 1 || plain ? theme.halo : theme.faint; // a target near 0 has the colour of the map
    ctx.stroke();
  }

  /** A ring around point `i`. @param {number} i @param {number} r @param {string} colour @param {number} [width] */
  ring(i, r, colour, width = 2) {
    const { points } = /** @type {Scene} */ (this.scene);
    const { ctx } = this.surface;
    ctx.beginPath();
    ctx.arc(this.x(points[4 * i]), this.y(points[4 * i + 1]), r, 0, 2 * Math.PI);
    ctx.lineWidth = width;
    ctx.strokeStyle = colour;
    ctx.stroke();
  }
}
