/**
 * Which pixels an answer rests on, by four methods side by side, each with its test: how fast the probability falls when the pixels
 * that it marks are removed, beside random ones; below, the same test over many pictures.
 *
 * @import { Arrays, Board, Frame, Scene, Theme, View } from "../../kit/types.d.ts"
 */
import { drawAxes, drawLine, drawTitle, linear, marksAt } from "../../kit/axes.js";
import { make, write } from "../../kit/dom.js";
import { number } from "../../kit/numbers.js";
import { css, rgb } from "../../kit/palette.js";
import { Study } from "../../kit/study.js";
import { asked, optionsOf } from "./chosen.js";
import { percent } from "../../kit/stages.js";
import { Tested } from "./why_tested.js";

const NAMES = ["Saliency", "Grad-CAM", "Integrated gradients", "Occlusion"];
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3]];
const AGAIN_S = 1.5; // while it trains
const GAP = 14;
const LINES = 46; // of words over and below a map
const PLOT = 220;
const NARROW = 560;
const TITLE = "Probability of the class, the most important pixels removed first";
const CLEAR = 0.02; // by how much an area must be smaller than that of random pixels to count

/** @implements {View} */
class Why {
  /** @type {Theme | null} */
  colours = null;
  /** @type {Scene | null} */
  sceneNow = null;
  /** @type {Arrays | null} */
  found = null;
  randomised = false;
  looked = ""; // at which picture

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    this.board = board;
    this.dice = make("button", { class: "small", type: "button", "aria-pressed": "false", title: "Draws the weights of the last two layers anew. A map that stays the same does not show what the network has learned.", onclick: () => this.toggle() }, "Randomise the upper layers");
    const answered = (/** @type {Arrays} */ arrays) => this.take(arrays);
    const failed = (/** @type {string} */ sentence) => write(this.words, sentence);
    const options = () => ({ ...asked(board)[0], randomise: this.randomised });
    this.study = new Study(board, "why", { options, arrays: () => asked(board)[1], answered, failed });
    root.append(make("div", { class: "tools" }, this.dice), this.study.bar);
    this.words = make("p", { style: "margin:0 0 6px;font-size:15px;line-height:20px;min-height:40px" });
    root.append(this.words);
    this.page = board.canvas(root, { height: (width) => this.side(width) * (width < NARROW ? 2 : 1) + LINES * (width < NARROW ? 2 : 1) + PLOT + 40, label: "Maps of four methods, and their deletion curves" });
    this.tested = new Tested(root, board, NAMES, (theme, i) => this.colour(theme, i));
  }

  /** Of a map. @param {number} width */
  side(width) {
    const columns = width < NARROW ? 2 : 4;
    return Math.min(200, (width - (columns - 1) * GAP) / columns);
  }

  toggle() {
    this.randomised = !this.randomised;
    this.dice.setAttribute("aria-pressed", String(this.randomised));
    this.study.request({ instead: true });
  }

  /** @param {Theme} theme */
  theme(theme) {
    this.colours = theme;
    this.tested.draw();
    this.draw();
  }

  /** @param {Scene} scene */
  scene(scene) {
    this.sceneNow = scene;
    this.looked = "";
    this.tested.scene(scene);
  }

  /** @param {Frame} frame */
  frame(frame) {
    this.tested.frame(frame);
    const looked = `${JSON.stringify(optionsOf(this.board))} ${frame.arrays.wall_picture?.data.join("")}`;
    if (looked !== this.looked) this.study.request({ instead: true });
    this.looked = looked;
    this.study.watch(frame, !this.found, AGAIN_S);
  }

  /** @param {Arrays} arrays */
  take(arrays) {
    this.found = arrays;
    this.tell();
    this.draw();
  }

  /** Whether a method marks anything: Grad-CAM needs maps with places, and is 0 where all of them speak against the class. @param {number} i */
  has(i) {
    return /** @type {Arrays} */ (this.found).why_maps.data.subarray(i * this.cells, (i + 1) * this.cells).some((v) => v !== 0);
  }

  /** Whether a stage behind the picture has maps with places. */
  placed() {
    return (this.sceneNow?.facts.stages ?? []).slice(1).some(({ shape: [, height = 1, width = 1] }) => height * width > 1);
  }

  get cells() {
    const [, height, width] = /** @type {Arrays} */ (this.found).why_maps.shape;
    return height * width;
  }

  /** The best method in numbers; and which are no better than chance. */
  tell() {
    if (!this.found) return;
    const { why_facts: { data: [taken, p] }, why_area: { data: areas }, why_curves: { data: curves }, why_random: { data: random }, why_agree: { data: agree } } = this.found;
    const name = this.sceneNow?.class_names?.[taken] ?? String(taken);
    if (this.randomised) {
      const same = NAMES.filter((_, i) => this.has(i) && agree[i] > 0.5);
      return write(this.words, `With random weights in the last two layers ${same.length ? `the map of ${same.join(" and ")} stays much the same: it shows the picture more than what the network has learned` : "every map is another one: they all depend on what the network has learned"}. (Rank correlation: ${NAMES.map((n, i) => `${n} ${number(agree[i], 2)}`).join(", ")}.)`);
    }
    const best = [0, 1, 2, 3].filter((i) => this.has(i)).sort((a, b) => areas[a] - areas[b])[0] ?? 0;
    const tenth = (/** @type {ArrayLike<number>} */ rows, /** @type {number} */ row) => rows[row * 21 + 2];
    let chance = 0;
    for (let k = 0; k < random.length / 21; k++) chance += (tenth(random, k) * 21) / random.length;
    const weak = NAMES.filter((_, i) => this.has(i) && areas[i] > areas[4] - CLEAR);
    write(this.words, `Without the 10 % most important pixels (${NAMES[best]}) the probability of “${name}” is ${percent(tenth(curves, best))} instead of ${percent(p)}; without 10 % at random it is ${percent(chance)}.${weak.length ? ` ${weak.join(" and ")} ${weak.length > 1 ? "do" : "does"} no better than chance here.` : ""}`);
  }

  draw() {
    const { page, colours: theme, found } = this;
    if (!theme || !found || !page.width) return;
    const { ctx, width, height } = page;
    ctx.clearRect(0, 0, width, height);
    const columns = width < NARROW ? 2 : 4;
    const side = this.side(width);
    NAMES.forEach((name, i) => this.map(theme, i, name, { x: (i % columns) * (side + GAP), y: Math.floor(i / columns) * (side + LINES), side }));
    this.curves(theme, Math.ceil(4 / columns) * (side + LINES));
  }

  /** @param {Theme} theme @param {number} i @param {string} name @param {{x: number, y: number, side: number}} place */
  map(theme, i, name, { x, y, side }) {
    const { ctx } = this.page;
    const { why_maps: { data, shape: [, rows, columns] }, why_area: { data: areas } } = /** @type {Arrays} */ (this.found);
    ctx.textAlign = "left";
    ctx.textBaseline = "top";
    ctx.font = `600 14px ${theme.font}`;
    ctx.fillStyle = this.colour(theme, i);
    ctx.fillText(name, x, y);
    const own = data.subarray(i * this.cells, (i + 1) * this.cells);
    let most = 1e-12;
    for (const v of own) most = Math.max(most, Math.abs(v));
    const image = new ImageData(columns, rows);
    const pixels = new Uint32Array(image.data.buffer);
    for (let k = 0; k < pixels.length; k++) pixels[k] = theme.lut[Math.round(127.5 * (own[k] / most + 1))];
    const sheet = new OffscreenCanvas(columns, rows);
    sheet.getContext("2d")?.putImageData(image, 0, 0);
    ctx.imageSmoothingEnabled = false;
    ctx.drawImage(sheet, x, y + 20, side, side);
    ctx.strokeStyle = theme.border;
    ctx.lineWidth = 1;
    ctx.strokeRect(x - 0.5, y + 19.5, side + 1, side + 1);
    ctx.font = `14px ${theme.font}`;
    ctx.fillStyle = theme.faint;
    ctx.fillText(this.has(i) ? `area ${number(areas[i], 2)}, random ${number(areas[4], 2)}` : this.placed() ? "marks nothing here" : "needs maps with places", x, y + side + 24);
  }

  /** @param {Theme} theme @param {number} i */
  colour(theme, i) {
    return theme.class_points[[1, 0, 2, 3][i]] ?? theme.text;
  }

  /** @param {Theme} theme @param {number} top */
  curves(theme, top) {
    const { page } = this;
    const { ctx } = page;
    const { why_curves: { data: curves }, why_random: { data: random } } = /** @type {Arrays} */ (this.found);
    const narrow = page.width < NARROW;
    const box = { left: 48, right: Math.min(page.width - 10, 760), top: top + (narrow ? 46 : 28), bottom: top + PLOT };
    const x = linear([0, 1], [box.left, box.right]);
    const y = linear([0, 1], [box.bottom, box.top]);
    const parts = marksAt([0, 0.25, 0.5, 0.75, 1], (v) => `${Math.round(100 * v)} %`);
    drawAxes(page, theme, box, { x: { scale: x, marks: parts, name: "removed", beside: true }, y: { scale: y, marks: marksAt([0, 0.5, 1], (v) => `${Math.round(100 * v)} %`), grid: true }, title: narrow ? "" : TITLE });
    const of = (/** @type {ArrayLike<number>} */ rows, /** @type {number} */ row, /** @type {number} */ k) => rows[row * 21 + k];
    const many = Array.from({ length: random.length / 21 }, (_, row) => row);
    ctx.beginPath();
    for (let k = 0; k <= 20; k++) ctx.lineTo(x.at(k / 20), y.at(Math.max(...many.map((row) => of(random, row, k)))));
    for (let k = 20; k >= 0; k--) ctx.lineTo(x.at(k / 20), y.at(Math.min(...many.map((row) => of(random, row, k)))));
    ctx.fillStyle = css(rgb(theme.faint), 0.3);
    ctx.fill();
    NAMES.forEach((_, i) => {
      if (this.has(i)) drawLine(ctx, 21, (k) => x.at(k / 20), (k) => y.at(of(curves, i, k)), { colour: this.colour(theme, i), width: 2.5, dash: DASHES[i] });
    });
    ctx.font = `14px ${theme.font}`;
    ctx.fillStyle = theme.faint;
    ctx.textAlign = "right";
    ctx.textBaseline = "bottom";
    ctx.fillText("grey: ten random orders", box.right, box.top - 5);
    if (narrow) drawTitle(ctx, theme, { ...box, left: 0, top: box.top - 18 }, "Probability, the most important removed first");
  }

  resize() {
    this.page.fit();
    this.draw();
    this.tested.resize();
  }

  alt() {
    return `${this.words.textContent} ${this.tested.found ? this.tested.told() : ""}`.trim();
  }

  destroy() {
    this.tested.destroy();
    this.study.destroy();
  }
}

/** @type {import("../../kit/types.d.ts").ViewModule} */
export default { create: (root, board) => new Why(root, board) };
