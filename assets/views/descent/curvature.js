/**
 * How the surface curves under each optimiser, and its learning rate beside the largest that is stable there.
 *
 * @import { Box, Scale } from "../../kit/axes.js"
 * @import { Look } from "../../kit/racers.js"
 * @import { Board, Frame, Scene, Theme, View } from "../../kit/types.d.ts"
 * @typedef {{look: Look, top: number, least: number, sharp: number, rate: number, gone: boolean, bound: number, words: string, exact: boolean}} Row
 */
import { drawAxes, logarithmic } from "../../kit/axes.js";
import { Calm } from "../../kit/calm.js";
import { mark, placeOn } from "../../kit/canvas.js";
import { make } from "../../kit/dom.js";
import { largestRate } from "../../kit/largest_rate.js";
import { number, tickText } from "../../kit/numbers.js";
import { css, rgb } from "../../kit/palette.js";
import { pickRacer } from "../../kit/racers.js";
import { LEFT, NEVER, racerOf } from "./columns.js";
import { RaceView } from "./view.js";

const [TOP, LEAST, LIMIT, SHARP, RATE, COLUMNS] = [0, 1, 2, 3, 4, 7];
const ROW = 66;
const HEAD = 14;
const FOOT = 34;
const NARROW = 620;
const REACH = 1.2; // decades of the axis beyond the outermost mark
const NOTE = "λmax is the largest curvature here. Below a learning rate of 2/λmax (green), gradient descent comes closer; above it (red), every step lands further away. Click a row to see its next update in parts.";

/** @implements {View} */
class RaceCurvature extends RaceView {
  /** @type {Row[]} */
  rows = [];
  calm = new Calm();
  /** @type {[number, number] | null} exponents of ten */
  range = null;

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    super(board);
    root.append(make("p", { style: "margin:2px 0 10px;font-size:14px;color:var(--faint)" }, NOTE));
    this.page = board.canvas(root, { height: (width) => HEAD + FOOT + this.pitch(width) * Math.max(1, this.looks.length), label: "Learning rate of each optimiser beside 2/λmax under it" });
    this.page.canvas.style.cursor = "pointer";
    this.page.canvas.onclick = (event) => {
      const i = Math.floor((placeOn(event, this.page.canvas)[1] - HEAD) / this.pitch(this.page.width));
      if (i >= 0 && i < this.looks.length) pickRacer(board, i);
    };
    this.off = board.on("option", () => this.draw());
  }

  /** @param {number} width */
  pitch(width) {
    return width < NARROW ? ROW + 18 : ROW;
  }

  /** @param {Scene} scene */
  scene(scene) {
    super.scene(scene);
    if (!this.colours) return;
    this.range = null;
    this.page.fit();
    this.board.redraw(this);
  }

  resize() {
    this.page.fit();
  }

  /** @param {Frame} frame */
  frame(frame) {
    this.calm.do(frame.playing, () => this.take(this.board.frame ?? frame));
  }

  /** @param {Frame} frame */
  take({ arrays }) {
    const { race_curvature: found, race } = arrays;
    if (found?.shape[0] !== this.looks.length || race?.shape[0] !== this.looks.length) return;
    this.rows = this.looks.map((look, i) => {
      const row = found.data.subarray(i * COLUMNS, (i + 1) * COLUMNS);
      const limit = row[LIMIT] > 0 ? row[LIMIT] : Infinity;
      return { look, top: row[TOP], least: row[LEAST], sharp: row[SHARP], rate: row[RATE], gone: racerOf(race, i)[LEFT] !== NEVER, ...largestRate(look.kind, look.settings, limit) };
    });
    this.draw();
    const over = this.rows.find((r) => r.exact && !r.gone && r.rate > r.bound);
    const told = over ? { code: "above_limit", values: { name: over.look.label, rate: over.rate, limit: over.bound, words: over.words } } : null;
    this.board.emit("measured", { by: "race_curvature", told });
  }

  /** The axis reaches over all rates and limits; it grows with them and does not shrink, so that marks do not jump. @param {Box} box */
  scale({ left, right }) {
    const all = this.rows.flatMap((r) => [r.rate, r.bound]).filter((v) => v > 0 && Number.isFinite(v)).map(Math.log10);
    if (!all.length) all.push(-2);
    const [low, high] = this.range ?? [Infinity, -Infinity];
    this.range = [Math.max(-7, Math.min(low, ...all.map((v) => v - REACH / 2))), Math.min(5, Math.max(high, ...all.map((v) => v + REACH / 2)))];
    return logarithmic(this.range.map((e) => 10 ** e), [left, right]);
  }

  draw() {
    const { page, colours: theme, chosen } = this;
    if (!page.width || !this.rows.length || !theme) return;
    page.ctx.clearRect(0, 0, page.width, page.height);
    const box = { left: 12, right: page.width - 14, top: HEAD, bottom: page.height - FOOT - 2 };
    const x = this.scale(box);
    this.rows.forEach((row, i) => this.row(theme, row, HEAD + i * this.pitch(page.width), { x, box, chosen: i === chosen }));
    drawAxes(page, theme, box, { x: { scale: x, marks: 8, name: "learning rate", strokes: true } });
  }

  /** @param {Theme} theme @param {Row} row @param {number} top @param {{x: Scale, box: Box, chosen: boolean}} place */
  row(theme, row, top, { x, box, chosen }) {
    const { ctx, width } = this.page;
    if (chosen) {
      ctx.fillStyle = theme.panel;
      ctx.fillRect(0, top - 4, width, this.pitch(width) - 4);
    }
    ctx.textBaseline = "middle";
    ctx.textAlign = "left";
    ctx.fillStyle = row.look.colour;
    mark(ctx, row.look.shape, 20, top + 10, 6);
    ctx.fill();
    ctx.fillStyle = theme.text;
    ctx.font = `600 14px ${theme.font}`;
    ctx.fillText(row.look.label, 34, top + 11);
    const after = 34 + ctx.measureText(row.look.label).width + 14;
    ctx.font = `14px ${theme.font}`;
    const [word, colour] = verdict(row, theme);
    ctx.fillStyle = colour;
    ctx.fillText(word, after, top + 11);
    const numbers = `λmax ${number(row.top, 3)}   λmin ${number(row.least, 3)}   sharpness ${number(row.sharp, 2)}`;
    ctx.fillStyle = theme.faint;
    if (width < NARROW) ctx.fillText(numbers, 34, top + 29);
    else {
      ctx.textAlign = "right";
      ctx.fillText(numbers, box.right, top + 11);
    }
    this.bar(theme, row, top + (width < NARROW ? 46 : 28), { x, box });
  }

  /** @param {Theme} theme @param {Row} row @param {number} top @param {{x: Scale, box: Box}} place */
  bar(theme, row, top, { x, box }) {
    const { ctx } = this.page;
    const inside = (/** @type {number} */ v) => Math.min(box.right, x.at(v));
    const edge = Number.isFinite(row.bound) ? inside(row.bound) : box.right;
    const strength = row.exact ? 0.32 : 0.14;
    ctx.fillStyle = css(rgb(theme.good), strength);
    ctx.fillRect(box.left, top, edge - box.left, 14);
    ctx.fillStyle = css(rgb(theme.bad), strength);
    ctx.fillRect(edge, top, box.right - edge, 14);
    ctx.fillStyle = theme.bad;
    if (edge < box.right) ctx.fillRect(edge - 1, top - 3, 2, 20);
    ctx.fillStyle = row.look.colour;
    ctx.strokeStyle = theme.background;
    ctx.lineWidth = 2;
    mark(ctx, row.look.shape, inside(row.rate), top + 7, 6.5);
    ctx.stroke();
    ctx.fill();
  }

  alt() {
    const { colours: theme } = this;
    return theme ? this.rows.map((r) => `${r.look.label}: learning rate ${tickText(r.rate)}, limit ${number(r.bound, 3)}, largest eigenvalue ${number(r.top, 3)}, smallest ${number(r.least, 3)}, ${verdict(r, theme)[0]}`).join("; ") : "";
  }

  destroy() {
    this.calm.stop();
    this.off();
  }
}

/** What the rate means here, in words and a colour. @param {Row} row @param {Theme} theme */
function verdict(row, theme) {
  if (row.gone) return ["has left the surface", theme.bad];
  if (!Number.isFinite(row.bound)) return ["nothing curves upwards here", theme.faint];
  const bound = number(row.bound, 3);
  if (!row.exact) return [`rescales its steps; 2/λmax = ${bound} is only a guide`, theme.faint];
  const side = row.rate > row.bound ? "above" : "below";
  return [`rate ${tickText(+row.rate.toPrecision(3))} is ${side} ${row.words} = ${bound}`, row.rate > row.bound ? theme.bad : theme.good];
}

export default { create: (/** @type {HTMLElement} */ root, /** @type {Board} */ board) => new RaceCurvature(root, board) };
