/**
 * Where augmentation is on: what the coming updates make of the training picture that is looked at, small, in rows.
 *
 * @import { Arrays, Board, Frame, Theme } from "../../kit/types.d.ts"
 * @typedef {{x: number, y: number, w: number, h: number}} Box
 */
import { wrapped } from "../../kit/canvas.js";
import { count } from "../../kit/numbers.js";
import { Study } from "../../kit/study.js";
import { asked } from "./chosen.js";
import { Picture } from "./paint.js";

const AGAIN_S = 0.5; // while it trains: they change once an epoch
const GAP = 3;
const LETTERS = 17; // pixels from line to line
const LEFT_ALONE = "Only training pictures are changed at random.";

export class Versions {
  /** @type {Picture[]} */
  pictures = [];
  /** @type {ArrayLike<number>} update and epoch of each, counted from 0 */
  updates = [];
  /** @type {{box: Box, i: number}[]} where they were drawn */
  tiles = [];
  at = ""; // the picture that they are of
  wanted = ""; // what they follow from: the picture, data and model
  test = false;

  /** @param {Board} board @param {() => void} redraw */
  constructor(board, redraw) {
    this.board = board;
    this.redraw = redraw;
    this.study = new Study(board, "versions", {
      options: () => asked(board)[0],
      answered: (arrays) => this.take(arrays),
      failed: () => this.forget(),
    });
    this.off = board.on("experiment", () => board.redraw()); // a slider of a paused run
  }

  get on() {
    return Object.values(this.board.experiment?.model.augment ?? {}).some((v) => v > 0);
  }

  /** Other examples. */
  scene() {
    this.wanted = "";
  }

  /** @param {Frame} frame @param {ArrayLike<number>} place of the picture that is shown */
  frame(frame, place) {
    const [split, row] = [place[0], place[1]];
    this.test = split === 1;
    if (!this.on || split !== 0) return this.forget();
    if (this.at !== String(row)) this.pictures = []; // never those of another picture
    this.at = String(row);
    const { experiment } = this.board;
    const wanted = JSON.stringify([row, frame.scene, experiment?.seed, experiment?.model.augment, experiment?.training.batch_size]);
    if (wanted !== this.wanted) this.study.request({ instead: true });
    this.wanted = wanted;
    this.study.watch(frame, !this.pictures.length, AGAIN_S);
  }

  forget() {
    if (this.study.busy) this.study.cancel();
    this.pictures = [];
    this.tiles = [];
    this.wanted = "";
  }

  /** @param {Arrays} arrays */
  take({ versions, version_updates: updates, version_place: place }) {
    if (String(place.data[1]) !== this.at || place.data[0] !== 0) return;
    const shape = versions.shape.slice(1);
    this.pictures = Array.from({ length: versions.shape[0] }, (_, i) => {
      const picture = this.pictures[i]?.fits(shape) ? this.pictures[i] : new Picture(shape);
      picture.update(versions.data, i * shape[0] * shape[1] * shape[2]);
      return picture;
    });
    this.updates = updates.data;
    this.redraw();
  }

  /** In as many rows as make them largest. @param {CanvasRenderingContext2D} ctx @param {Theme} theme @param {Box} box */
  draw(ctx, theme, box) {
    this.tiles = [];
    if (this.test) return this.say(ctx, theme, box);
    const n = this.pictures.length;
    const sizes = Array.from({ length: n }, (_, c) => Math.min((box.w + GAP) / (c + 1), (box.h + GAP) / Math.ceil(n / (c + 1))) - GAP);
    const side = Math.floor(Math.max(...sizes, 0));
    if (side < 8) return;
    const columns = Math.floor((box.w + GAP) / (side + GAP));
    this.pictures.forEach((picture, i) => {
      const [x, y] = [box.x + (i % columns) * (side + GAP), box.y + Math.floor(i / columns) * (side + GAP)];
      picture.draw(ctx, x, y, side, side);
      ctx.strokeStyle = theme.border;
      ctx.lineWidth = 1;
      ctx.strokeRect(x - 0.5, y - 0.5, side + 1, side + 1);
      this.tiles.push({ box: { x, y, w: side, h: side }, i });
    });
  }

  /** @param {CanvasRenderingContext2D} ctx @param {Theme} theme @param {Box} box */
  say(ctx, theme, { x, y, w }) {
    ctx.fillStyle = theme.text;
    ctx.font = `14px ${theme.font}`;
    ctx.textAlign = "left";
    ctx.textBaseline = "top";
    const lines = wrapped(ctx, LEFT_ALONE, w);
    lines.forEach((line, i) => ctx.fillText(line, x, y + i * LETTERS));
  }

  /** What the version at a place is; "" where there is none. @param {number} x @param {number} y */
  under(x, y) {
    const tile = this.tiles.find(({ box }) => x >= box.x && x < box.x + box.w && y >= box.y && y < box.y + box.h);
    if (!tile) return "";
    return `Update ${count(this.updates[2 * tile.i] + 1)}, in epoch ${count(this.updates[2 * tile.i + 1])}, learns from this version.`;
  }

  get words() {
    return this.pictures.length ? "Small: as the next updates see it." : "";
  }

  alt() {
    if (!this.on) return "";
    if (this.test) return LEFT_ALONE;
    return this.pictures.length ? `Augmentation: updates ${this.pictures.map((_, i) => count(this.updates[2 * i] + 1)).join(", ")} learn from a version of their own.` : "";
  }

  destroy() {
    this.study.destroy();
    this.off();
  }
}

