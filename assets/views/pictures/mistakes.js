/**
 * The pictures that the network is most wrong about; a click looks at one in all views.
 *
 * @import { Arrays, Board, Frame, Scene, Theme, View } from "../../kit/types.d.ts"
 */
import { fitted, placeOn } from "../../kit/canvas.js";
import { picker, remember, remembered } from "../../kit/choices.js";
import { make, write } from "../../kit/dom.js";
import { count } from "../../kit/numbers.js";
import { Study } from "../../kit/study.js";
import { look } from "./chosen.js";
import { Picture } from "./paint.js";
import { percent } from "../../kit/stages.js";

const KEY = "view.mistakes";
const USUAL = { split: "test", order: "wrong" };
const SHOWN = 24;
const TILE = 92;
const LINES = 40; // of words below a picture
const AGAIN_S = 2; // while it trains

/** @implements {View} */
class Mistakes {
  /** @type {Theme | null} */
  colours = null;
  /** @type {Scene | null} */
  sceneNow = null;
  /** @type {Arrays | null} */
  found = null;
  /** @type {Picture[]} */
  pictures = [];
  renew = false; // other data: what was found is of no use

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    this.board = board;
    this.chosen = remembered(KEY, USUAL);
    this.split = picker("Of which pictures", [["test", "Test set"], ["train", "Training set"]], (split) => this.pick({ split }));
    this.order = picker("Which", [["wrong", "Most wrong"], ["sure", "Surest and right"]], (order) => this.pick({ order }));
    const answered = (/** @type {Arrays} */ arrays) => this.take(arrays);
    const failed = (/** @type {string} */ sentence) => write(this.words, sentence);
    this.study = new Study(board, "mistakes", { options: () => ({ ...this.chosen, count: SHOWN }), answered, failed });
    root.append(make("div", { class: "tools" }, this.split, this.order), this.study.bar);
    this.words = make("p", { style: "margin:0 0 6px;font-size:15px;min-height:20px" });
    root.append(this.words);
    this.page = board.canvas(root, { height: (width) => Math.ceil(SHOWN / this.columns(width)) * (TILE + LINES), label: "The pictures that the network is most wrong about" });
    const { canvas } = this.page;
    canvas.style.cursor = "pointer";
    canvas.addEventListener("click", (event) => {
      const i = this.under(event);
      if (i === null || !this.found) return;
      look(board, { split: /** @type {"test"} */ (this.chosen.split), example: this.found.mistake_rows.data[i] });
      canvas.closest(".stage")?.querySelector(".grid")?.scrollIntoView({ block: "nearest", behavior: "instant" });
    });
    this.split.value = this.chosen.split;
    this.order.value = this.chosen.order;
  }

  /** @param {number} width */
  columns(width) {
    return Math.max(1, Math.floor(width / (TILE + 10)));
  }

  /** @param {Partial<typeof USUAL>} choice */
  pick(choice) {
    Object.assign(this.chosen, choice);
    remember(this.board, KEY, this.chosen, USUAL);
    this.study.request({ instead: true });
  }

  /** @param {MouseEvent} event */
  under(event) {
    const [x, y] = placeOn(event, this.page.canvas);
    const columns = this.columns(this.page.width);
    const column = Math.floor(x / (TILE + 10));
    const i = Math.floor(y / (TILE + LINES)) * columns + column;
    return column < columns && i < this.pictures.length ? i : null;
  }

  /** @param {Theme} theme */
  theme(theme) {
    this.colours = theme;
    this.draw();
  }

  /** @param {Scene} scene */
  scene(scene) {
    this.sceneNow = scene;
    this.split.disabled = !scene.counts.test || !scene.counts.train;
    if (!scene.counts[this.chosen.split]) this.chosen.split = scene.counts.test ? "test" : "train";
    this.split.value = this.chosen.split;
    this.renew = true;
  }

  /** @param {Frame} frame */
  frame(frame) {
    if (this.renew) this.study.request({ instead: true });
    this.renew = false;
    this.study.watch(frame, !this.found, AGAIN_S);
  }

  /** @param {Arrays} arrays */
  take(arrays) {
    this.found = arrays;
    const { data, shape } = this.found.mistake_pictures;
    const each = shape[1] * shape[2] * shape[3];
    this.pictures = Array.from({ length: shape[0] }, (_, i) => {
      const picture = new Picture(shape.slice(1));
      picture.update(data, i * each);
      return picture;
    });
    this.tell();
    this.draw();
  }

  tell() {
    if (!this.found) return;
    const [wrong, all] = this.found.mistake_count.data;
    const part = this.chosen.split === "test" ? "test" : "training";
    const few = this.pictures.length;
    const [worst, none] = this.chosen.order === "wrong" ? [wrong > few ? "Those below are the furthest from right." : "All of them are below.", "There is none to show."] : ["Of those below, which are right, it is surest.", "It reads none right."];
    const shown = few ? `${worst} Click one to look at it above.` : none;
    write(this.words, `${count(wrong)} of ${count(all)} ${part} pictures are taken for another class (${percent(wrong / Math.max(1, all))}). ${shown}`);
  }

  draw() {
    const { page, colours: theme, found } = this;
    if (!theme || !found || !page.width) return;
    const { ctx, width, height } = page;
    const columns = this.columns(width);
    const { data: classes } = found.mistake_classes;
    const { data: sure } = found.mistake_sure;
    ctx.clearRect(0, 0, width, height);
    this.pictures.forEach((picture, i) => {
      const [x, y] = [(i % columns) * (TILE + 10), Math.floor(i / columns) * (TILE + LINES)];
      picture.draw(ctx, x, y, TILE, TILE);
      const [right, taken] = [classes[2 * i], classes[2 * i + 1]];
      ctx.strokeStyle = right === taken ? theme.good : theme.bad;
      ctx.lineWidth = 2;
      ctx.strokeRect(x + 1, y + 1, TILE - 2, TILE - 2);
      ctx.textAlign = "left";
      ctx.textBaseline = "top";
      ctx.fillStyle = theme.text;
      ctx.font = `600 14px ${theme.font}`;
      ctx.fillText(fitted(ctx, right === taken ? `is ${this.className(right)}` : `${this.className(right)}, not ${this.className(taken)}`, TILE + 6), x, y + TILE + 2);
      ctx.font = `14px ${theme.font}`;
      ctx.fillStyle = theme.faint;
      ctx.fillText(right === taken ? percent(sure[2 * i]) : `${percent(sure[2 * i])} : ${percent(sure[2 * i + 1])}`, x, y + TILE + 19);
    });
  }

  /** @param {number} c */
  className(c) {
    return this.sceneNow?.class_names?.[c] ?? String(c);
  }

  resize() {
    this.page.fit();
    this.draw();
  }

  alt() {
    return this.words.textContent ?? "";
  }

  destroy() {
    this.study.destroy();
  }
}

/** @type {import("../../kit/types.d.ts").ViewModule} */
export default { create: (root, board) => new Mistakes(root, board) };
