/**
 * The picture that all views look at, with the answer beside it; or a pad to draw one.
 *
 * @import { Board, Frame, Scene, Theme, View } from "../../kit/types.d.ts"
 */
import { fitted, haloed, placeOn } from "../../kit/canvas.js";
import { make, write } from "../../kit/dom.js";
import { classColour } from "../../kit/palette.js";
import { draw, look, optionsOf } from "./chosen.js";
import { Adding, drawingAt } from "./examples.js";
import { Pad } from "./pad.js";
import { Picture } from "./paint.js";
import { Versions } from "./versions.js";
import { percent } from "../../kit/stages.js";

const BARS = 5; // the likeliest classes
const LINE = 22;
const MOST = 340; // pixels of a picture's side
const LEAST = 100; // pixels that the bars need beside the picture
const BELOW = 66; // pixels that versions need below the bars
const FEWEST = 2; // bars beside a small picture with versions

/** @implements {View} */
class Sample {
  /** @type {Theme | null} */
  colours = null;
  /** @type {Scene | null} */
  sceneNow = null;
  /** @type {Picture | null} */
  picture = null;
  /** @type {ArrayLike<number>} */
  answer = [];
  /** @type {ArrayLike<number>} the class that it answers, and the right one */
  classes = [0, -1];
  /** @type {ArrayLike<number>} training or test, and the row; -1 of a drawing */
  place = [-1, 0];
  drawing = false;
  pointed = false; // at a version, of which a tip speaks
  data = ""; // the kind of the pictures

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    this.board = board;
    const tool = (/** @type {string} */ text, /** @type {string} */ title, /** @type {() => void} */ onclick) => make("button", { class: "small", type: "button", style: "padding:4px 7px", title, "aria-label": title, onclick }, text);
    this.adding = new Adding(board);
    this.part = make("select", { "aria-label": "Which pictures", style: "padding:4px 2px", onchange: (e) => this.go({ split: e.target.value, example: 0 }) }, make("option", { value: "test" }, "Test"), make("option", { value: "train" }, "Train"));
    this.walk = make("span", { style: "display:inline-flex;gap:3px" }, tool("◀", "Picture before", () => this.by(-1)), tool("▶", "Next picture", () => this.by(1)), tool("⚂", "Any picture", () => this.any()), this.part);
    this.pen = tool("Draw", "Draw a picture yourself", () => this.change(true));
    this.back = tool("Back", "Back to the examples", () => this.change(false));
    this.clear = tool("Clear", "Clear the pad", () => this.pad.clear());
    const row = make("div", { class: "sample-row", style: "display:flex;gap:3px;align-items:center;margin-bottom:4px;min-height:32px;white-space:nowrap" }, this.walk, this.pen, this.back, this.clear, this.adding.root);
    this.words = make("p", { style: "margin:0;flex:1;font-size:14px;line-height:18px;height:36px;overflow:hidden" });
    this.remove = tool("Take out", "Take this drawing out of the training pictures", () => this.takeOut());
    root.append(row);
    this.page = board.canvas(root, { height: (width, room) => Math.min(room, width, MOST), label: "The picture, and the likeliest classes" });
    root.append(make("div", { style: "display:flex;gap:6px;align-items:flex-start;margin-top:4px;height:36px" }, this.words, this.remove));
    this.pad = new Pad(this.page.canvas, () => this.drawn());
    this.versions = new Versions(board, () => {
      this.point(""); // it spoke of the versions before
      this.draw();
      this.tell();
    });
    this.page.canvas.addEventListener("pointermove", (event) => this.hover(event));
    this.page.canvas.addEventListener("pointerleave", () => this.point(""));
    this.back.hidden = this.clear.hidden = this.remove.hidden = true;
  }

  // ---- choosing -------------------------------------------------------------------------------------------------------
  /** @param {Partial<{split: "train" | "test", example: number}>} place */
  go(place) {
    const { split, example } = optionsOf(this.board);
    look(this.board, { split, example, ...place });
  }

  /** @param {number} step */
  by(step) {
    const n = Math.max(1, this.count());
    this.go({ example: (optionsOf(this.board).example + step + n) % n });
  }

  any() {
    this.go({ example: Math.floor(Math.random() * this.count()) });
  }

  count() {
    return this.sceneNow?.counts[optionsOf(this.board).split] ?? 0;
  }

  /** The button that was pressed goes; its opposite comes in its place. @param {boolean} drawing */
  change(drawing) {
    this.use(drawing);
    (drawing ? this.back : this.pen).focus({ preventScroll: true });
  }

  /** @param {boolean} drawing */
  use(drawing) {
    this.drawing = drawing;
    this.pad.use(drawing);
    this.walk.hidden = this.pen.hidden = drawing;
    this.back.hidden = this.clear.hidden = !drawing;
    this.adding.show(drawing);
    this.walk.style.display = drawing ? "none" : "inline-flex";
    if (drawing && this.pad.lines.length) this.drawn();
    if (!drawing) draw(this.board, null);
    this.tell();
    this.draw();
  }

  drawn() {
    const form = this.sceneNow?.form;
    if (!form || !this.drawing) return;
    const bytes = this.pad.bytes(form.height, form.width, this.colour());
    draw(this.board, bytes && { data: bytes, shape: [form.height, form.width] });
    this.adding.drawn(bytes);
    this.draw();
    this.tell();
  }

  takeOut() {
    const found = drawingAt(this.sceneNow, this.place[1]);
    if (!found) return;
    this.board.point({ op: "undraw", label: found[0], bits: found[1] });
    this.board.changed();
  }

  /** Dark pictures are drawn on in white, bright ones in black. */
  colour() {
    return this.sceneNow?.facts.bright ? { ink: 0, ground: 255 } : { ink: 255, ground: 0 };
  }

  // ---- what the run says ----------------------------------------------------------------------------------------------
  /** @param {Theme} theme */
  theme(theme) {
    this.colours = theme;
    this.draw();
  }

  /** @param {Scene} scene */
  scene(scene) {
    const data = JSON.stringify(scene.experiment?.data.kind);
    if (this.drawing && data !== this.data) this.use(false); // other pictures: what was drawn is not one of them
    this.data = data;
    this.sceneNow = scene;
    this.adding.scene(scene);
    this.versions.scene();
    this.part.value = optionsOf(this.board).split;
    this.part.disabled = !scene.counts.test || !scene.counts.train;
    if (!scene.counts.test) this.part.value = "train";
  }

  /** @param {Frame} frame */
  frame(frame) {
    const { arrays } = frame;
    const { wall_picture: picture, wall_answer: answer, wall_class: classes, wall_place: place } = arrays;
    if (!picture) return;
    if (!this.picture?.fits(picture.shape)) this.picture = new Picture(picture.shape);
    this.picture.update(picture.data);
    this.answer = answer.data;
    this.classes = classes.data;
    this.place = place.data;
    this.versions.frame(frame, place.data);
    this.draw();
    this.tell();
  }

  draw() {
    const { page, colours: theme, answer } = this;
    if (!theme || !page.width) return;
    const { ctx, width, height } = page;
    ctx.clearRect(0, 0, width, height);
    const n = answer.length / 2;
    const bars = Math.min(BARS, n);
    const [left, above] = [Math.min(height, width - LEAST), Math.min(width, height - bars * LINE - 6)];
    const more = this.versions.on && !this.drawing;
    const beside = more || left >= above; // the bars stand where the picture is larger
    const side = Math.max(40, left, beside ? 0 : above);
    this.side = side;
    if (this.drawing) {
      this.pad.show(ctx, side, theme);
      if (!this.pad.lines.length) this.invite(theme, side);
    } else this.picture?.draw(ctx, 0, 0, side, side);
    const place = beside ? { x: side + 12, y: 0, w: width - side - 12 } : { x: 0, y: side + 6, w: width };
    const fit = more ? Math.min(bars, Math.max(FEWEST, Math.floor((side - BELOW) / LINE))) : bars;
    if (n && (!this.drawing || this.pad.lines.length)) this.bars(theme, place, fit);
    if (more) this.versions.draw(ctx, theme, { x: place.x, y: fit * LINE + 6, w: place.w, h: side - fit * LINE - 6 });
  }

  /** @param {PointerEvent} event */
  hover(event) {
    const said = this.drawing ? "" : this.versions.under(...placeOn(event, this.page.canvas));
    this.point(said, event.clientX, event.clientY);
  }

  /** @param {string} said of the version under the pointer @param {number} [x] @param {number} [y] */
  point(said, x = 0, y = 0) {
    if (said) this.board.tip(x, y, said);
    else if (this.pointed) this.board.tip(null);
    this.pointed = Boolean(said);
  }

  /** @param {Theme} theme @param {number} side */
  invite(theme, side) {
    const { ctx } = this.page;
    ctx.fillStyle = theme.faint;
    ctx.font = `15px ${theme.font}`;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillText("Draw here", side / 2, side / 2);
  }

  /** @param {Theme} theme @param {{x: number, y: number, w: number}} place @param {number} count */
  bars(theme, { x, y, w }, count) {
    const { ctx } = this.page;
    const n = this.answer.length / 2;
    const order = Array.from({ length: n }, (_, c) => c).sort((a, b) => this.answer[b] - this.answer[a]).slice(0, count);
    order.forEach((c, i) => {
      const top = y + i * LINE;
      ctx.fillStyle = classColour(theme, c);
      ctx.globalAlpha = 0.75;
      ctx.fillRect(x, top, Math.max(1, w * this.answer[c]), LINE - 3);
      ctx.globalAlpha = 1;
      if (c === this.classes[1]) {
        ctx.strokeStyle = theme.text;
        ctx.lineWidth = 2;
        ctx.strokeRect(x + 1, top, w - 2, LINE - 3);
      }
      ctx.fillStyle = theme.text;
      ctx.font = `${i ? 400 : 700} 14px ${theme.font}`;
      ctx.textBaseline = "middle";
      ctx.textAlign = "left";
      haloed(ctx, fitted(ctx, this.className(c), w - 52), x + 4, top + LINE / 2 - 1, { rim: theme.background, width: 3 });
      ctx.textAlign = "right";
      haloed(ctx, percent(this.answer[c]), x + w - 4, top + LINE / 2 - 1, { rim: theme.background, width: 3 });
    });
  }

  /** @param {number} c */
  className(c) {
    return this.sceneNow?.class_names?.[c] ?? String(c);
  }

  tell() {
    const { 0: taken, 1: right } = this.classes;
    const { 0: split, 1: row } = this.place;
    if (split < 0 && !this.drawing) return write(this.words, "");
    const mine = !this.drawing && split === 0 && drawingAt(this.sceneNow, row);
    this.remove.hidden = !mine;
    if (this.drawing) return write(this.words, this.ofDrawing());
    const verdict = taken === right ? "Right." : `Taken for “${this.className(taken)}”.`;
    const which = mine ? "Your drawing" : `${split ? "Test" : "Training"} picture ${row + 1} of ${this.sceneNow?.counts[split ? "test" : "train"] ?? 0}`;
    write(this.words, `${which}: “${this.className(right)}”. ${this.versions.words || verdict}`);
  }

  ofDrawing() {
    if (!this.pad.lines.length) return "The maps still show the example, until you draw.";
    const taken = `taken for “${this.className(this.classes[0])}”`;
    const added = this.adding.classes();
    if (!added.length) return `Your drawing, centred and scaled: ${taken}.`;
    return `Training picture, “${added.map((c) => this.className(c)).join("”, “")}”; now ${taken}.`;
  }

  resize() {
    this.page.fit();
    this.draw();
  }

  alt() {
    return `${this.words.textContent ?? ""} ${this.drawing ? "" : this.versions.alt()}`.trim();
  }

  destroy() {
    this.pad.destroy();
    this.versions.destroy();
    draw(this.board, null);
  }
}

/** @type {import("../../kit/types.d.ts").ViewModule} */
export default { create: (root, board) => new Sample(root, board) };
