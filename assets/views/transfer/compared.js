/**
 * The same comparison with several seeds: accuracy over how many blocks are kept, or over how many pictures a class there are.
 *
 * @import { Arrays, Board, Frame, Scene, Theme, View } from "../../kit/types.d.ts"
 * @typedef {{name: string, values: number[][], band?: boolean}} Line values by point, then by seed
 * @typedef {{study: string, label: string, axis: string, points: (arrays: Arrays) => number[], texts: (points: number[], scene: Scene | null) => string[], lines: (arrays: Arrays) => Line[], pick: (board: Board, value: number) => void, told: (lines: Line[], points: number[], updates: number) => string}} Kind
 */
import { drawAxes, linear, marksAt } from "../../kit/axes.js";
import { placeOn } from "../../kit/canvas.js";
import { picker } from "../../kit/choices.js";
import { make, write } from "../../kit/dom.js";
import { css, rgb } from "../../kit/palette.js";
import { Study } from "../../kit/study.js";
import { colourOf, spread } from "./words.js";

const UPDATES = [20, 40, 80, 250];
const SEEDS = [2, 5, 10];
const NAMES = { scratch: "From scratch", tuned: "Fine-tuned", frozen: "Frozen" };
const DASHES = { scratch: [2, 3], tuned: [], frozen: [7, 4] };

/** @implements {View} */
export class Compared {
  /** @type {Theme | null} */
  colours = null;
  /** @type {Scene | null} */
  sceneNow = null;
  /** @type {Arrays | null} */
  found = null;
  chosen = { updates: 80, seeds: 5 };

  /** @param {HTMLElement} root @param {Board} board @param {Kind} kind */
  constructor(root, board, kind) {
    this.board = board;
    this.kind = kind;
    const updates = picker("After how many updates", UPDATES.map((n) => [n, `after ${n} updates`]), (n) => (this.chosen.updates = Number(n)));
    const seeds = picker("How many seeds", SEEDS.map((n) => [n, `${n} seeds`]), (n) => (this.chosen.seeds = Number(n)));
    updates.value = String(this.chosen.updates);
    seeds.value = String(this.chosen.seeds);
    /** @type {HTMLButtonElement} */
    this.go = make("button", { type: "button", class: "small", onclick: () => this.begin() }, "Measure");
    const done = (/** @type {string} */ sentence) => {
      write(this.go, "Measure");
      write(this.words, sentence);
    };
    this.study = new Study(board, kind.study, {
      options: () => ({ ...this.chosen }),
      answered: (arrays) => {
        this.found = arrays;
        done(this.told());
        this.draw();
      },
      failed: done,
    });
    root.append(make("div", { class: "tools" }, updates, seeds, this.go), this.study.bar);
    this.words = make("p", { style: "margin:0 0 6px;font-size:15px;min-height:40px" }, `${kind.label} Each point is trained anew, by networks of its own: that takes half a minute, and the run goes on meanwhile.`);
    root.append(this.words);
    this.page = board.canvas(root, { height: () => 300, label: kind.label });
    this.page.canvas.addEventListener("click", (event) => {
      const x = this.scale();
      if (!this.found || !x) return;
      const [at] = placeOn(event, this.page.canvas);
      const points = this.kind.points(this.found);
      const nearest = points.reduce((best, _, i) => (Math.abs(x.at(i) - at) < Math.abs(x.at(best) - at) ? i : best), 0);
      this.kind.pick(board, points[nearest]);
    });
  }

  begin() {
    if (this.study.busy) {
      this.study.cancel();
      return write(this.go, "Measure");
    }
    write(this.go, "Stop");
    this.study.request({ instead: true });
  }

  told() {
    const { found } = this;
    if (!found) return "";
    const updates = found.kept_updates.data[0];
    return this.kind.told(this.kind.lines(found), this.kind.points(found), updates);
  }

  /** @param {Theme} theme */
  theme(theme) {
    this.colours = theme;
    this.draw();
  }

  /** @param {Scene} scene */
  scene(scene) {
    this.sceneNow = scene;
  }

  /** @param {Frame} frame */
  frame(frame) {
    void frame;
  }

  scale() {
    const { page, found } = this;
    const points = found ? this.kind.points(found) : [];
    return points.length ? linear([-0.3, points.length - 0.7], [64, Math.min(page.width - 130, 760)]) : null;
  }

  draw() {
    const { page, colours: theme, found } = this;
    const x = this.scale();
    if (!theme || !page.width) return;
    const { ctx } = page;
    ctx.clearRect(0, 0, page.width, page.height);
    if (!found || !x) return;
    const points = this.kind.points(found);
    const texts = this.kind.texts(points, this.sceneNow);
    const box = { left: 56, right: Math.min(page.width - 120, 770), top: 26, bottom: page.height - 46 };
    const y = linear([0, 1], [box.bottom, box.top]);
    drawAxes(page, theme, box, { x: { scale: x, marks: points.map((_, i) => [i, texts[i]]), name: this.kind.axis, beside: true }, y: { scale: y, marks: marksAt([0, 0.25, 0.5, 0.75, 1], (v) => `${Math.round(100 * v)} %`), grid: true }, title: "Unseen pictures of the target read right" });
    const ends = /** @type {{name: string, at: number}[]} */ ([]);
    for (const { name, values, band } of this.kind.lines(found)) {
      const each = values.map(spread);
      const colour = colourOf(theme, name);
      const [first, last] = band ? [x.at(-0.3), x.at(points.length - 0.7)] : [0, 0];
      const at = (/** @type {number} */ i) => (band && each.length === 1 ? [first, last][i] : x.at(i));
      const row = band && each.length === 1 ? [each[0], each[0]] : each;
      if (band) {
        ctx.beginPath();
        row.forEach(({ mean, sd }, i) => ctx.lineTo(at(i), y.at(Math.min(1, mean + sd))));
        for (let i = row.length - 1; i >= 0; i--) ctx.lineTo(at(i), y.at(Math.max(0, row[i].mean - row[i].sd)));
        ctx.fillStyle = css(rgb(colour), 0.2);
        ctx.fill();
      }
      ctx.strokeStyle = ctx.fillStyle = colour;
      ctx.lineWidth = 2.5;
      ctx.setLineDash(/** @type {Record<string, number[]>} */ (DASHES)[name]);
      ctx.beginPath();
      row.forEach(({ mean }, i) => ctx.lineTo(at(i), y.at(mean)));
      ctx.stroke();
      ctx.setLineDash([]);
      if (!band) row.forEach(({ mean, sd }, i) => {
        ctx.fillRect(at(i) - 1, y.at(Math.min(1, mean + sd)), 2, Math.max(1, y.at(Math.max(0, mean - sd)) - y.at(Math.min(1, mean + sd))));
        ctx.beginPath();
        ctx.arc(at(i), y.at(mean), 4, 0, 7);
        ctx.fill();
      });
      ends.push({ name, at: y.at(row.at(-1)?.mean ?? 0) });
    }
    ends.sort((a, b) => a.at - b.at);
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    ctx.font = `600 14px ${theme.font}`;
    let low = -Infinity;
    for (const end of ends) {
      low = Math.max(end.at, low + 18);
      ctx.fillStyle = colourOf(theme, end.name);
      ctx.fillText(/** @type {Record<string, string>} */ (NAMES)[end.name], box.right + 10, low);
    }
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

/** The rows of an array (lines, points, seeds). @param {import("../../kit/types.d.ts").Named} array @param {number} line @returns {number[][]} */
export function rowsOf({ data, shape: [, points, seeds] }, line) {
  return Array.from({ length: points }, (_, i) => Array.from(data.subarray((line * points + i) * seeds, (line * points + i + 1) * seeds)));
}
