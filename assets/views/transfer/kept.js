/**
 * Accuracy over the number of blocks kept, with several seeds: fine-tuned, frozen, and from scratch as a band (Yosinski et al. 2014,
 * figure 2). A click keeps as many as the point says.
 *
 * @import { Arrays, Board, Named, Scene, Theme, View } from "../../kit/types.d.ts"
 */
import { drawAxes, drawLine, linear, marksAt } from "../../kit/axes.js";
import { placeOn } from "../../kit/canvas.js";
import { picker } from "../../kit/choices.js";
import { make, write } from "../../kit/dom.js";
import { css, rgb } from "../../kit/palette.js";
import { percent, titleOf } from "../../kit/stages.js";
import { Study } from "../../kit/study.js";
import { colourOf, spread } from "./words.js";

const UPDATES = [20, 40, 80, 250];
const SEEDS = [2, 5, 10];
const NAMES = { scratch: "From scratch", tuned: "Fine-tuned", frozen: "Frozen" };
const LINES = [{ name: "tuned", dash: [] }, { name: "frozen", dash: [7, 4] }]; // as in the study
const LABEL = "Accuracy over the number of blocks kept.";
const START = `${LABEL} Each point is trained anew, by networks of its own: that takes a minute or so, and the run goes on meanwhile.`;

/** @implements {View} */
class Kept {
  /** @type {Theme | null} */
  colours = null;
  /** @type {Scene | null} */
  sceneNow = null;
  /** @type {Arrays | null} */
  found = null;
  chosen = { updates: 80, seeds: 5 };
  asked = 5; // seeds of the measurement under way

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    this.board = board;
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
    this.study = new Study(board, "transfer_kept", {
      options: () => ({ ...this.chosen }),
      answered: (arrays) => {
        this.found = arrays;
        done(this.told());
        this.draw();
      },
      failed: done,
    });
    this.off = board.on("progress", ({ id, share }) => id === this.study.pending?.id && write(this.words, this.doing(share)));
    root.append(make("div", { class: "tools" }, updates, seeds, this.go), this.study.bar);
    this.words = make("p", { style: "margin:0 0 6px;font-size:15px;min-height:40px" }, START);
    root.append(this.words);
    this.page = board.canvas(root, { height: () => 300, label: LABEL });
    this.page.canvas.addEventListener("click", (event) => {
      const x = this.scale();
      if (!this.found || !x) return;
      const [at] = placeOn(event, this.page.canvas);
      const { points } = this;
      const nearest = points.reduce((best, _, i) => (Math.abs(x.at(i) - at) < Math.abs(x.at(best) - at) ? i : best), 0);
      board.set({ "model.kept": points[nearest] });
      board.changed();
    });
  }

  begin() {
    if (this.study.busy) {
      this.study.cancel();
      write(this.words, this.told() || START);
      return write(this.go, "Measure");
    }
    write(this.go, "Stop");
    this.asked = this.chosen.seeds;
    write(this.words, this.doing(0));
    this.study.request({ instead: true });
  }

  /** How far the measurement is. @param {number} share */
  doing(share) {
    const seed = Math.min(this.asked, Math.floor(share * this.asked) + 1);
    return `Measuring: ${Math.floor(100 * share)} % done, seed ${seed} of ${this.asked}. It takes a minute or so; the run goes on meanwhile.`;
  }

  /** Numbers of blocks kept, 0 first. */
  get points() {
    return this.found ? Array.from(this.found.kept_blocks.data) : [];
  }

  told() {
    const { found, points } = this;
    if (!found) return "";
    const best = (/** @type {number[][]} */ values) => values.map((row, i) => ({ ...spread(row), i })).reduce((a, b) => (b.mean > a.mean ? b : a));
    const say = (/** @type {{mean: number, sd: number}} */ { mean, sd }) => `${percent(mean)} ± ${Math.round(100 * sd)}`;
    const [tuned, frozen] = [0, 1].map((line) => best(rowsOf(found.kept_accuracy, line)));
    const none = spread(rowsOf(found.kept_accuracy, 0)[0]);
    return `After ${found.kept_updates.data[0]} updates: from scratch ${say(none)}; best fine-tuned ${say(tuned)} with ${points[tuned.i]} blocks kept, best frozen ${say(frozen)} with ${points[frozen.i]}. Click a point to keep so many.`;
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

  frame() {} // it is measured on request

  scale() {
    const { page, points } = this;
    return points.length ? linear([-0.3, points.length - 0.7], [64, Math.min(page.width - 130, 760)]) : null;
  }

  draw() {
    const { page, colours: theme, found } = this;
    const x = this.scale();
    if (!theme || !page.width) return;
    const { ctx } = page;
    ctx.clearRect(0, 0, page.width, page.height);
    if (!found || !x) return;
    const { points } = this;
    const stages = this.sceneNow?.facts.transfer?.stages ?? [];
    const texts = points.map((n) => (n ? titleOf({ name: stages[n - 1] ?? "", kind: (stages[n - 1] ?? "").replace(/\d+$/, "") }) : "none"));
    const box = { left: 56, right: Math.min(page.width - 120, 770), top: 26, bottom: page.height - 46 };
    const y = linear([0, 1], [box.bottom, box.top]);
    drawAxes(page, theme, box, { x: { scale: x, marks: points.map((_, i) => [i, texts[i]]), name: "kept up to this block", beside: true }, y: { scale: y, marks: marksAt([0, 0.25, 0.5, 0.75, 1], (v) => `${Math.round(100 * v)} %`), grid: true }, title: "Unseen pictures of the target read right" });
    const none = spread(rowsOf(found.kept_accuracy, 0)[0]);
    const scratch = colourOf(theme, "scratch");
    const [high, low] = [Math.min(1, none.mean + none.sd), Math.max(0, none.mean - none.sd)].map(y.at);
    ctx.fillStyle = css(rgb(scratch), 0.2);
    ctx.fillRect(box.left, high, box.right - box.left, low - high);
    drawLine(ctx, 2, (i) => (i ? box.right : box.left), () => y.at(none.mean), { colour: scratch, width: 2.5, dash: [2, 3] });
    const ends = [{ name: "scratch", at: y.at(none.mean) }];
    LINES.forEach(({ name, dash }, line) => {
      const each = rowsOf(found.kept_accuracy, line).map(spread);
      const colour = colourOf(theme, name);
      drawLine(ctx, each.length, (i) => x.at(i), (i) => y.at(each[i].mean), { colour, width: 2.5, dash });
      ctx.fillStyle = colour;
      each.forEach(({ mean, sd }, i) => {
        const [top, bottom] = [Math.min(1, mean + sd), Math.max(0, mean - sd)].map(y.at);
        ctx.fillRect(x.at(i) - 1, top, 2, Math.max(1, bottom - top));
        ctx.beginPath();
        ctx.arc(x.at(i), y.at(mean), 4, 0, 7);
        ctx.fill();
      });
      ends.push({ name, at: y.at(each.at(-1)?.mean ?? 0) });
    });
    ends.sort((a, b) => a.at - b.at);
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    ctx.font = `600 14px ${theme.font}`;
    let lowest = -Infinity;
    for (const end of ends) {
      lowest = Math.max(end.at, lowest + 18);
      ctx.fillStyle = colourOf(theme, end.name);
      ctx.fillText(/** @type {Record<string, string>} */ (NAMES)[end.name], box.right + 10, lowest);
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
    this.off();
    this.study.destroy();
  }
}

/** The rows of an array (lines, points, seeds). @param {Named} array @param {number} line @returns {number[][]} */
function rowsOf({ data, shape: [, points, seeds] }, line) {
  return Array.from({ length: points }, (_, i) => Array.from(data.subarray((line * points + i) * seeds, (line * points + i + 1) * seeds)));
}

/** @type {import("../../kit/types.d.ts").ViewModule} */
export default { create: (root, board) => new Kept(root, board) };
