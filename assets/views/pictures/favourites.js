/**
 * What a channel wants and what it can see: the pictures of the data that excite it most, the pixels that move it, and a picture made
 * to excite it, which never comes without what a second network says about it.
 *
 * @import { Arrays, Board, Frame, Scene, Theme, View } from "../../kit/types.d.ts"
 */
import { placeOn } from "../../kit/canvas.js";
import { picker, remember, remembered } from "../../kit/choices.js";
import { make, write } from "../../kit/dom.js";
import { leaveKeys } from "../../kit/keyboard.js";
import { Study } from "../../kit/study.js";
import { look, prefer, preferred } from "./chosen.js";
import { drawFavourites, drawMade, drawSight, favouriteAt, heightOfMade, heightOfNine, heightOfSight } from "./favourites_draw.js";
import { likes, says, sees } from "./favourites_words.js";
import { Picture } from "./paint.js";
import { isMap, stagesOf } from "./tiles.js";
import { argmax, titleOf } from "../../kit/stages.js";

const KEY = "view.favourites";
const USUAL = { split: "both", order: "most" };
const AGAIN_S = 4; // while it trains
const TEXT = "margin:0 0 6px;font-size:15px;line-height:20px;min-height:40px";

/** @implements {View} */
class Favourites {
  /** @type {Theme | null} */
  colours = null;
  /** @type {Scene | null} */
  sceneNow = null;
  /** @type {{stage: number, channel: number} | null} what is looked into; null until there is a frame */
  unit = null;
  /** @type {Arrays | null} */
  liked = null;
  /** @type {Arrays | null} */
  seen = null;
  /** @type {Arrays | null} */
  made = null;
  /** @type {Picture[]} */
  pictures = [];
  /** @type {number | null} the picture that the keyboard is at */
  at = null;
  shape = ""; // of the network
  renew = false; // other data: what was found is of no use

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    this.board = board;
    this.chosen = remembered(KEY, USUAL);
    this.stage = picker("Stage", [["0", "Stage"]], (value) => prefer(board, { stage: Number(value), channel: 0 }));
    this.channel = picker("Channel", [["0", "Channel 1"]], (value) => prefer(board, { stage: this.unit?.stage ?? 0, channel: Number(value) }));
    this.split = picker("Of which pictures", [["both", "All pictures"], ["test", "Test set"], ["train", "Training set"]], (split) => this.sort({ split }));
    this.order = picker("Which", [["most", "Most exciting"], ["least", "Least exciting"]], (order) => this.sort({ order }));
    root.append(make("div", { class: "tools" }, this.stage, this.channel, this.split, this.order));
    const parts = make("div", { style: "display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,340px),1fr));gap:16px 28px;align-items:start" });
    root.append(parts);
    const part = (/** @type {string} */ name, /** @type {() => Record<string, unknown>} */ options, /** @type {(arrays: Arrays) => void} */ answered) => {
      const words = make("p", { style: TEXT });
      const failed = (/** @type {string} */ sentence) => write(words, sentence);
      const study = name === "favourites" ? new Study(board, "favourites", { options, answered, failed }) : name === "sight" ? new Study(board, "sight", { options, answered, failed }) : new Study(board, "made", { options, answered, failed });
      const box = make("div", { style: "min-width:0" }, words, study.bar);
      parts.append(box);
      return { words, study, box };
    };
    const surface = (/** @type {HTMLElement} */ box, /** @type {(width: number) => number} */ height, /** @type {string} */ label) => board.canvas(box, { height, label });
    this.likes = part("favourites", () => ({ ...this.unit, split: this.split.value, order: this.chosen.order }), (arrays) => this.take(arrays));
    this.sees = part("sight", () => ({ ...this.unit }), (arrays) => {
      this.seen = arrays;
      this.tell();
      this.draw();
    });
    this.makes = part("made", () => ({ ...this.unit }), (arrays) => {
      this.made = arrays;
      this.tell();
      this.draw();
    });
    this.nine = surface(this.likes.box, (width) => heightOfNine(width, this.sceneNow?.class_names?.length ?? 10), "The pictures that excite the channel most, and their classes");
    this.sight = surface(this.sees.box, heightOfSight, "The pixels that move the channel, and how far each stage sees");
    this.button = make("button", { class: "small", type: "button", style: "margin:0 0 6px", title: "Gradient ascent from a grey picture. A second network with the same design is trained from another start, and asked as well.", onclick: () => this.makes.study.request({ instead: true }) }, "Make a picture for it");
    this.makes.box.prepend(this.button);
    this.drawn = surface(this.makes.box, heightOfMade, "A picture made for the channel, and what two networks say");
    this.split.value = this.chosen.split;
    this.order.value = this.chosen.order;
    this.off = board.on("option", () => this.follow());
    this.pointing();
  }

  pointing() {
    const { canvas } = this.nine;
    canvas.tabIndex = 0;
    canvas.setAttribute("data-keys", "");
    leaveKeys(canvas);
    canvas.title = "Click a picture to look at it in all views.";
    canvas.addEventListener("pointermove", (event) => {
      canvas.style.cursor = this.under(event) === null ? "default" : "pointer";
    });
    canvas.addEventListener("click", (event) => this.show(this.under(event)));
    canvas.addEventListener("blur", () => this.go(null));
    canvas.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 3, ArrowUp: -3 }[event.key];
      if (by) this.go(this.at === null ? 0 : Math.max(0, Math.min(this.pictures.length - 1, this.at + by)));
      else if (event.key === "Enter") this.show(this.at);
      else if (event.key === "Escape" && this.at !== null) this.go(null);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  /** @param {MouseEvent} event */
  under(event) {
    const [x, y] = placeOn(event, this.nine.canvas);
    return favouriteAt(this.nine.width, this.pictures.length, x, y);
  }

  /** @param {number | null} at */
  go(at) {
    if (!this.pictures.length || at === this.at) return;
    this.at = at;
    this.draw();
  }

  /** One of the pictures in all views. @param {number | null} k */
  show(k) {
    if (k === null || !this.liked) return;
    const { liked_places: { data } } = this.liked;
    look(this.board, { split: data[2 * k] ? "test" : "train", example: data[2 * k + 1] });
    this.nine.canvas.closest(".stage")?.querySelector(".grid")?.scrollIntoView({ block: "nearest", behavior: "instant" });
  }

  // ---- choosing -------------------------------------------------------------------------------------------------------
  /** @param {Partial<{split: string, order: string}>} choice */
  sort(choice) {
    Object.assign(this.chosen, choice);
    remember(this.board, KEY, this.chosen, USUAL);
    this.likes.study.request({ instead: true });
  }

  /** What a person preferred, here or on the wall, where this network has it. */
  wished() {
    const unit = preferred(this.board);
    const channels = this.stages()[unit?.stage ?? 0]?.shape[0] ?? 0;
    return unit && unit.stage > 0 ? { stage: unit.stage, channel: unit.channel < channels ? unit.channel : 0 } : null;
  }

  /** Another channel is looked into. */
  follow() {
    const unit = this.wished();
    if (unit && this.stages()[unit.stage] && (unit.stage !== this.unit?.stage || unit.channel !== this.unit.channel)) this.become(unit);
  }

  /** @param {{stage: number, channel: number}} unit */
  become(unit) {
    this.unit = unit;
    this.forget();
    this.fill();
    this.likes.study.request({ instead: true });
    this.sees.study.request({ instead: true });
  }

  /** What was made is of another channel or network. */
  forget() {
    this.makes.study.cancel();
    this.made = null;
    this.at = null;
    this.tell();
    this.draw();
  }

  /** The options of stage and channel. */
  fill() {
    const { unit } = this;
    if (!unit) return;
    const stages = this.stages();
    options(this.stage, stages.flatMap((s, i) => (i && s.kind !== "dropout" ? [[String(i), titleOf(s)]] : [])));
    options(this.channel, Array.from({ length: stages[unit.stage].shape[0] }, (_, c) => [String(c), this.isAnswer(unit.stage) ? this.className(this.classOf(c)) : `Channel ${c + 1}`]));
    this.stage.value = String(unit.stage);
    this.channel.value = String(unit.channel);
  }

  stages() {
    return this.sceneNow?.facts.stages ?? [];
  }

  /** @param {number} stage */
  isAnswer(stage) {
    return stage === this.stages().length - 1;
  }

  /** The class that a channel of the answer speaks for: of two classes, a single one speaks for the second. @param {number} channel */
  classOf(channel) {
    return this.stages()[this.stages().length - 1]?.shape[0] === 1 ? 1 : channel;
  }

  /** What was chosen, where this network has it; else the framed channel on the wall. @param {Frame} frame @returns {{stage: number, channel: number} | null} */
  first({ arrays: { wall_plan, wall_shares, wall_class } }) {
    const known = this.stages();
    const wished = this.wished();
    if (wished && wished.stage < known.length) return wished;
    if (!wall_plan || !wall_shares) return null;
    const plan = stagesOf(wall_plan.data);
    if (plan.length !== known.length) return null;
    const last = plan.findLastIndex((s, i) => i && !this.isAnswer(i) && isMap(s) && known[i].kind !== "dropout");
    if (last < 0) return { stage: known.length - 1, channel: known[known.length - 1].shape[0] > 1 ? wall_class.data[0] : 0 };
    const { first, channels } = plan[last];
    return { stage: last, channel: argmax(wall_shares.data.subarray(first, first + channels)) };
  }

  // ---- what the run says ----------------------------------------------------------------------------------------------
  /** @param {Theme} theme */
  theme(theme) {
    this.colours = theme;
    this.draw();
  }

  /** @param {Scene} scene */
  scene(scene) {
    this.sceneNow = scene;
    const { test, train } = scene.counts;
    this.split.disabled = !test || !train;
    this.split.value = test && train ? this.chosen.split : "both";
    const shape = JSON.stringify([scene.facts.stages, scene.form]);
    if (shape !== this.shape) {
      this.unit = this.liked = this.seen = null;
      this.pictures = [];
      this.forget();
    }
    this.shape = shape;
    this.renew = true;
    this.resize();
  }

  /** @param {Frame} frame */
  frame(frame) {
    if (!this.unit) {
      const unit = this.first(frame);
      if (!unit) return;
      this.become(unit);
    } else if (this.renew) {
      this.likes.study.request({ instead: true });
      this.sees.study.request({ instead: true });
    }
    if (frame.restarted) this.forget();
    this.renew = false;
    this.likes.study.watch(frame, !this.liked, AGAIN_S);
    this.sees.study.watch(frame, !this.seen, AGAIN_S);
  }

  /** @param {Arrays} arrays */
  take(arrays) {
    this.liked = arrays;
    const { data, shape } = arrays.liked_pictures;
    const each = shape[1] * shape[2] * shape[3];
    this.pictures = Array.from({ length: shape[0] }, (_, i) => {
      const picture = new Picture(shape.slice(1));
      picture.update(data, i * each);
      return picture;
    });
    this.tell();
    this.draw();
  }

  names() {
    const { stage, channel } = this.unit ?? { stage: 0, channel: 0 };
    const name = this.isAnswer(stage) ? `The answer “${this.className(this.classOf(channel))}”` : `Channel ${channel + 1} of ${titleOf(this.stages()[stage])}`;
    return { name, className: (/** @type {number} */ c) => this.className(c) };
  }

  /** The class that is made for; null of a channel. */
  wanted() {
    return this.unit && this.isAnswer(this.unit.stage) ? this.classOf(this.unit.channel) : null;
  }

  tell() {
    const { liked, seen, made } = this;
    const picture = this.board.frame?.arrays.wall_picture;
    if (liked) write(this.likes.words, likes(liked, this.names(), this.chosen.order === "least"));
    if (seen && picture) write(this.sees.words, sees(seen, picture, this.unit !== null && (this.stages()[this.unit.stage]?.shape[1] ?? 1) > 1));
    write(this.makes.words, made ? says(made, this.names(), this.wanted()) : "Such a picture shows what the numbers answer to, and need not look like anything. So a second network is asked about it, too.");
    write(this.button, made ? "Make it again at this step" : "Make a picture for it");
  }

  draw() {
    const { colours: theme } = this;
    if (!theme || !this.nine?.width) return;
    const className = (/** @type {number} */ c) => this.className(c);
    if (this.liked) drawFavourites(this.nine, theme, this.liked, this.pictures, { className, at: this.at, least: this.chosen.order === "least" });
    if (this.seen) drawSight(this.sight, theme, this.seen, this.board.frame?.arrays.wall_picture, this.stages().slice(1).map((s) => titleOf(s)));
    drawMade(this.drawn, theme, this.made, className, this.wanted());
  }

  /** @param {number} c */
  className(c) {
    return this.sceneNow?.class_names?.[c] ?? String(c);
  }

  resize() {
    for (const page of [this.nine, this.sight, this.drawn]) page.fit();
    this.draw();
  }

  alt() {
    return [this.likes, this.sees, ...(this.made ? [this.makes] : [])].map(({ words }) => words.textContent).join(" ");
  }

  destroy() {
    this.off();
    for (const { study } of [this.likes, this.sees, this.makes]) study.destroy();
  }
}

/** @param {HTMLSelectElement} select @param {string[][]} all */
function options(select, all) {
  select.replaceChildren(...all.map(([value, text]) => make("option", { value }, text)));
}

/** @type {import("../../kit/types.d.ts").ViewModule} */
export default { create: (root, board) => new Favourites(root, board) };
