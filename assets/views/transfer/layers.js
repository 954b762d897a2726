/**
 * What the target has made of each layer: how alike its activations stay to the source's, and what is still known of the source.
 *
 * @import { Arrays, Board, Frame, Scene, Theme, View } from "../../kit/types.d.ts"
 */
import { make, write } from "../../kit/dom.js";
import { css, rgb } from "../../kit/palette.js";
import { Study } from "../../kit/study.js";
import { percent, titleOf } from "../../kit/stages.js";
import { colourOf, known } from "./words.js";

const AGAIN_S = 3; // while it trains
const SAME = 0.995; // a likeness that is written as 1.00
const SIDE = 52;
const LEFT = 92;
const TOP = 64;
const BARS = 150; // pixels between the matrix and the bars

/** @implements {View} */
class Layers {
  /** @type {Theme | null} */
  colours = null;
  /** @type {Scene | null} */
  sceneNow = null;
  /** @type {Arrays | null} */
  found = null;
  step = 0;

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    const answered = (/** @type {Arrays} */ arrays) => {
      this.found = arrays;
      this.step = this.study.step;
      this.tell();
      this.draw();
    };
    this.study = new Study(board, "transfer_layers", { options: () => ({}), answered, failed: (sentence) => write(this.words, sentence) });
    this.words = make("p", { style: "margin:0 0 6px;font-size:15px;min-height:40px" });
    root.append(this.study.bar, this.words);
    this.page = board.canvas(root, { height: () => TOP + SIDE * Math.max(1, this.names.length) + 24, label: "How alike the layers are before and after" });
  }

  /** Titles of the stages between picture and output. */
  get names() {
    return (this.sceneNow?.facts.transfer?.stages ?? []).slice(0, -1).map((name) => titleOf({ name, kind: name.replace(/\d+$/, "") }));
  }

  /** @param {Theme} theme */
  theme(theme) {
    this.colours = theme;
    this.draw();
  }

  /** @param {Scene} scene */
  scene(scene) {
    this.sceneNow = scene;
    this.found = null;
    this.page.fit();
  }

  /** @param {Frame} frame */
  frame(frame) {
    if (!frame.arrays.transfer_source || (frame.arrays.transfer_source.data[0] < frame.arrays.transfer_source.data[1] && !frame.step)) return write(this.words, "The source is learned first. Press Play.");
    this.study.watch(frame, !this.found, AGAIN_S);
  }

  tell() {
    const { found, sceneNow } = this;
    if (!found || !sceneNow?.facts.transfer) return;
    const [before, after, many] = found.layers_source.data;
    const own = this.own("tuned");
    const least = own.reduce((low, v, i) => (v < own[low] ? i : low), 0);
    const reads = `The network of the source reads ${percent(before)} of ${many} unseen ${known(sceneNow.facts.transfer.source)} right`;
    if (!this.step) return write(this.words, `${reads}. Nothing has changed yet: the fine-tuned network has made no update on the target.`);
    const most = own[least] < SAME ? `${this.names[least] ?? ""} has changed most: likeness ${fixed(own[least])} of 1.` : "No layer has changed noticeably yet.";
    write(this.words, `${reads}; after ${this.step} ${this.step === 1 ? "update" : "updates"} on the target the fine-tuned blocks with the old output read ${percent(after)}. ${most}`);
  }

  /** The likeness of each layer of one network to the source's. @param {string} name @returns {number[]} */
  own(name) {
    const at = this.sceneNow?.facts.transfer?.courses.findIndex((c) => c.name === name) ?? -1;
    const array = this.found?.layers_own;
    return array && at >= 0 ? Array.from(array.data.subarray(at * array.shape[1], (at + 1) * array.shape[1])) : [];
  }

  draw() {
    const { page, colours: theme, found, names } = this;
    if (!theme || !page.width) return;
    const { ctx } = page;
    ctx.clearRect(0, 0, page.width, page.height);
    if (!found) return;
    const { data, shape: [rows, columns] } = found.layers_cka;
    ctx.textBaseline = "alphabetic";
    ctx.textAlign = "left";
    ctx.font = `600 14px ${theme.font}`;
    ctx.fillStyle = theme.text;
    ctx.fillText("Likeness (CKA): rows before, columns after fine-tuning", 0, 16);
    ctx.font = `14px ${theme.font}`;
    for (let r = 0; r < rows; r++) {
      ctx.textAlign = "right";
      ctx.fillStyle = theme.text;
      ctx.fillText(names[r] ?? "", LEFT - 8, TOP + SIDE * (r + 0.6));
      for (let c = 0; c < columns; c++) {
        const v = data[r * columns + c];
        const [x, y] = [LEFT + SIDE * c, TOP + SIDE * r];
        ctx.fillStyle = css(rgb(theme.positive), Number.isNaN(v) ? 0 : Math.max(0, v) ** 2);
        ctx.fillRect(x, y, SIDE - 2, SIDE - 2);
        ctx.fillStyle = v > 0.75 ? (theme.dark ? "#0b0d12" : "#ffffff") : theme.text;
        ctx.textAlign = "center";
        ctx.fillText(fixed(v), x + SIDE / 2 - 1, y + SIDE * 0.6);
      }
    }
    ctx.fillStyle = theme.text;
    ctx.textAlign = "center";
    for (let c = 0; c < columns; c++) ctx.fillText((names[c] ?? "").replace(" ", "\u00a0"), LEFT + SIDE * (c + 0.5), TOP - (c % 2 ? 8 : 24));
    this.bars(theme, LEFT + SIDE * columns + BARS);
  }

  /** How alike each layer of each network is to the source's. @param {Theme} theme @param {number} left */
  bars(theme, left) {
    const { ctx, width } = this.page;
    const { names } = this;
    const courses = (this.sceneNow?.facts.transfer?.courses ?? []).filter(({ name }) => name !== "frozen");
    const long = Math.min(260, width - left - 60);
    if (long < 80) return;
    ctx.textAlign = "left";
    ctx.font = `600 14px ${theme.font}`;
    ctx.fillStyle = theme.text;
    ctx.fillText("Each layer beside the source's", left - 84, 16);
    courses.forEach(({ name, label }, i) => {
      ctx.fillStyle = colourOf(theme, name);
      ctx.font = `14px ${theme.font}`;
      ctx.fillText(label, left - 84 + i * 120, 36);
      this.own(name).forEach((v, k) => {
        const y = TOP + SIDE * k + 6 + i * 13;
        ctx.fillStyle = colourOf(theme, name);
        ctx.fillRect(left, y, long * Math.max(0, v), 9);
      });
    });
    ctx.fillStyle = theme.text;
    ctx.textAlign = "right";
    names.forEach((name, k) => ctx.fillText(name, left - 8, TOP + SIDE * (k + 0.55)));
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

/** A likeness: always two decimals, so that all in the table look alike. @param {number} v */
const fixed = (v) => (Number.isFinite(v) ? v.toFixed(2).replace("-", "−") : "—");

/** @type {import("../../kit/types.d.ts").ViewModule} */
export default { create: (root, board) => new Layers(root, board) };
