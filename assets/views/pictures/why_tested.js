/**
 * Whether a method marks what matters, over many test pictures: on how many its deletion curve falls faster than with random pixels,
 * with the 95 % interval, beside the mark that it should reach. It is measured on request, and says at which step.
 *
 * @import { Arrays, Board, Frame, Scene, Theme } from "../../kit/types.d.ts"
 */
import { make, write } from "../../kit/dom.js";
import { count, number } from "../../kit/numbers.js";
import { percent } from "../../kit/stages.js";
import { Study } from "../../kit/study.js";

const PICTURES = 200;
const BAR = 0.9 - 1e-6; // a method that is good beats random pixels on so many; shares come as float32
const [ROW, HEAD, FOOT] = [30, 24, 22];
const NARROW = 560;
const HINT = "A method is good where removing the pixels that it marks lowers the probability faster than removing random ones, on 90 % of the pictures or more. One picture says little: test it on many.";

/** A share of few pictures: to a tenth, so that 89.5 % is not called 90 %. @param {number} share */
const exactly = (share) => `${Number((100 * share).toFixed(1))} %`;
const plural = (/** @type {string} */ name) => name.endsWith("s");
/** Within a sentence only a proper name begins with a capital. @param {string} name */
const inside = (name) => (name.startsWith("Grad") ? name : name.toLowerCase());
/** @param {{name: string}[]} some */
const listed = (some) => some.map(({ name }) => inside(name)).join(", ").replace(/, ([^,]*)$/, " and $1");
/** @param {{share: number}[]} some */
const shares = (some) => some.map(({ share }) => exactly(share)).join(", ");

export class Tested {
  /** @type {Arrays | null} */
  found = null;
  /** @type {Scene | null} */
  sceneNow = null;
  about = ""; // the network and its data

  /**
   * @param {HTMLElement} root @param {Board} board @param {string[]} names of the methods
   * @param {(theme: Theme, i: number) => string} colour of each
   */
  constructor(root, board, names, colour) {
    this.board = board;
    this.names = names;
    this.colour = colour;
    this.go = make("button", { class: "small", type: "button", onclick: () => this.press() }, `Test on ${PICTURES} pictures`);
    this.words = make("p", { style: "margin:4px 0 6px;font-size:15px;line-height:20px;min-height:60px" }, HINT);
    const answered = (/** @type {Arrays} */ arrays) => {
      this.found = arrays;
      this.show(this.told());
    };
    this.study = new Study(board, "deletion", { options: () => ({ count: PICTURES }), answered, failed: (sentence) => this.show(sentence) });
    root.append(make("div", { style: "margin-top:14px" }, this.go), this.study.bar, this.words);
    this.page = board.canvas(root, { height: () => HEAD + ROW * names.length + FOOT, label: "On how many test pictures each method beats random pixels" });
  }

  /** How many pictures there are to test on, and which. */
  get pictures() {
    const { test = 0, train = 0 } = this.sceneNow?.counts ?? {};
    return { n: Math.min(PICTURES, test || train), part: test ? "test" : "training" };
  }

  press() {
    if (this.study.busy) {
      this.study.cancel();
      return this.show(this.found ? this.told() : HINT);
    }
    write(this.go, "Stop");
    write(this.words, `${this.found ? `${this.told()} ` : ""}Testing on ${this.pictures.n} pictures; the network trains on meanwhile.`);
    this.study.request({ instead: true });
  }

  /** @param {string} sentence what stands beside the bars when nothing is being measured */
  show(sentence) {
    write(this.go, `Test on ${this.pictures.n || PICTURES} pictures`);
    write(this.words, sentence);
    this.draw();
  }

  /** @param {Scene} scene */
  scene(scene) {
    this.sceneNow = scene;
    const { data, model, seed } = scene.experiment;
    const about = JSON.stringify([data, model, seed]);
    if (about !== this.about) this.forget();
    this.about = about;
  }

  /** @param {Frame} frame */
  frame(frame) {
    if (frame.restarted) this.forget();
  }

  /** Another network, or other pictures. */
  forget() {
    this.study.cancel();
    this.found = null;
    this.show(HINT);
  }

  /** Of each method the share and the ends of its interval; NaN where it has no maps to look at. */
  get rows() {
    const data = this.found?.deletion_better.data ?? [];
    return this.names.map((name, i) => ({ name, i, share: data[3 * i] ?? NaN, low: data[3 * i + 1] ?? NaN, high: data[3 * i + 2] ?? NaN }));
  }

  told() {
    const { found } = this;
    if (!found) return HINT;
    const { deletion_at: { data: [step, split] }, deletion_rows: { data: tested } } = found;
    const known = this.rows.filter(({ share }) => !Number.isNaN(share)).sort((a, b) => b.share - a.share);
    const [good, weak] = [known.filter(({ share }) => share >= BAR), known.filter(({ share }) => share < BAR)];
    const of = `of ${tested.length} ${split ? "test" : "training"} pictures, read right or wrong`;
    const first = good.length ? `${listed(good)} ${good.length > 1 || plural(good[0].name) ? "beat" : "beats"} random pixels on 90 % or more: ${shares(good)}.` : "no method beats random pixels on 90 %.";
    const second = weak.map(({ name, i, share }) => `${name} ${plural(name) ? "do" : "does"} so on ${exactly(share)}, less than 90 %${this.silent(i)}.`).join(" ");
    return `At step ${count(step)}, ${of}, ${first} ${second}`.trim().replaceAll(" %", "\u00a0%");
  }

  /** Where a map is 0 everywhere, its method says nothing. @param {number} i */
  silent(i) {
    const nothing = 1 - (this.found?.deletion_marked.data[i] ?? 1);
    return nothing > 0.005 ? ` (on ${percent(nothing)} it marks nothing)` : "";
  }

  draw() {
    const { page } = this;
    const { theme } = this.board;
    if (!theme || !page.width) return;
    const { ctx, width } = page;
    ctx.clearRect(0, 0, width, page.height);
    const left = width < NARROW ? 98 : 160;
    const right = Math.min(width, 760) - (width < NARROW ? 58 : 210);
    const at = (/** @type {number} */ share) => left + (right - left) * share;
    ctx.font = `14px ${theme.font}`;
    ctx.textBaseline = "middle";
    this.frameOf(theme, left, right, at);
    const areas = this.meanAreas();
    for (const { name, i, share, low, high } of this.rows) {
      const y = HEAD + ROW * (i + 0.5);
      ctx.textAlign = "right";
      ctx.fillStyle = theme.text;
      ctx.fillText(width < NARROW && name.length > 12 ? "Int. gradients" : name, left - 8, y);
      ctx.textAlign = "left";
      if (!this.found) continue;
      if (Number.isNaN(share)) {
        ctx.fillStyle = theme.faint;
        ctx.fillText("marks nothing", left + 6, y);
        continue;
      }
      ctx.fillStyle = this.colour(theme, i);
      ctx.fillRect(left, y - 8, at(share) - left, 16);
      ctx.fillStyle = theme.text;
      ctx.fillRect(at(low), y - 1, at(high) - at(low), 2);
      for (const end of [low, high]) ctx.fillRect(at(end) - 1, y - 5, 2, 10);
      const more = width < NARROW ? "" : ` (${Math.round(100 * low)} to ${percent(high)}), area ${number(areas[i], 2)}`;
      ctx.font = `${share >= BAR ? 700 : 400} 14px ${theme.font}`;
      ctx.fillText(`${exactly(share)}${share >= BAR ? " ✓" : ""}`, right + 8, y);
      ctx.font = `14px ${theme.font}`;
      ctx.fillStyle = theme.faint;
      ctx.fillText(more, right + 62, y);
    }
  }

  /** The scale, the mark at 90 %, and what the numbers beside the bars are. @param {Theme} theme @param {number} left @param {number} right @param {(share: number) => number} at */
  frameOf(theme, left, right, at) {
    const { ctx, width, height } = this.page;
    ctx.strokeStyle = theme.border;
    ctx.lineWidth = 1;
    ctx.strokeRect(left - 0.5, HEAD - 0.5, right - left + 1, height - HEAD - FOOT + 1);
    ctx.fillStyle = theme.faint;
    ctx.textAlign = "center";
    for (const share of [0, 0.5]) ctx.fillText(`${100 * share} %`, at(share), height - FOOT / 2 + 2);
    ctx.fillStyle = theme.text;
    ctx.fillText("90 %", at(BAR), height - FOOT / 2 + 2);
    ctx.fillRect(at(BAR) - 1, HEAD, 2, height - HEAD - FOOT);
    ctx.textAlign = "left";
    ctx.fillStyle = theme.faint;
    ctx.fillText("Pictures on which it beats random pixels", width < NARROW ? 0 : left, HEAD / 2);
    if (this.found && width >= NARROW) ctx.fillText(`random: area ${number(this.meanAreas()[this.names.length], 2)}`, right + 62, HEAD / 2);
  }

  /** Over all pictures tested, the area below the curve of each method and, last, in random order. */
  meanAreas() {
    const columns = this.names.length + 1;
    const data = this.found?.deletion_areas.data ?? [];
    const sums = Array.from({ length: columns }, () => 0);
    for (let k = 0; k < data.length; k++) sums[k % columns] += (data[k] * columns) / data.length;
    return sums;
  }

  resize() {
    this.page.fit();
    this.draw();
  }

  destroy() {
    this.study.destroy();
  }
}
