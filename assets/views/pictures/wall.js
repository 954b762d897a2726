/**
 * The network as columns of maps, from a picture to the answer, those that speak most for it first; a click switches one off.
 *
 * @import { Board, Frame, Scene, Surface, Theme, Values, View } from "../../kit/types.d.ts"
 * @import { Plan, Stage, Tile } from "./tiles.js"
 * @typedef {{plan: Values, maps: Values, ranges: Values, shares: Values, kernels: Values, answer: Values, classes: Values, place: Values, picture: {data: Values, shape: number[]}}} Seen
 */
import { placeOn } from "../../kit/canvas.js";
import { picker, remember, remembered } from "../../kit/choices.js";
import { make, write } from "../../kit/dom.js";
import { leaveKeys } from "../../kit/keyboard.js";
import { prefer } from "./chosen.js";
import { Picture, rising, stretched, Strip } from "./paint.js";
import { fieldOf } from "./receptive.js";
import { isMap, plan, stagesOf, under } from "./tiles.js";
import { drawWall, FOOT, PAST } from "./wall_draw.js";
import { Order } from "./wall_order.js";
import { reading, sentence } from "./wall_words.js";
import { argmax, titleOf } from "../../kit/stages.js";

const KEY = "view.wall";
const USUAL = { order: "share" };
const NARROW = 560; // the sentence takes more lines
const PAST_MS = 1500; // between two kernels of the strip
const HELP = "Each column is a stage of the network. A bar below a map: how much it carries of the answer, blue for it and orange against it.";

/** @implements {View} */
export class Wall {
  /** @type {Theme | null} */
  colours = null;
  /** @type {Scene | null} */
  sceneNow = null;
  /** @type {Seen | null} */
  seen = null;
  /** @type {Stage[]} */
  stages = [];
  /** @type {Plan | null} */
  plan = null;
  sorted = new Order();
  later = 0; // the timer of an order that is due
  still = false; // what is switched off has outlasted a reset
  /** @type {Strip[]} */
  strips = [];
  /** @type {Picture | null} */
  picture = null;
  /** @type {Tile | null} */
  hover = null;
  /** @type {{row: number, column: number} | null} the cell of the map that is pointed at */
  cell = null;
  /** @type {{at: number, kernels: Uint8Array}[]} */
  past = [];
  shape = "";

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    this.board = board;
    this.scale = picker("Colours", [["layer", "Scale of the layer"], ["map", "Scale of each map"], ["network", "Scale of the network"]], (value) => board.choose("wall", "scale", value));
    this.all = make("button", { class: "small", type: "button", hidden: true, onclick: () => this.switchOff([]) }, "Switch all on");
    this.sort = picker("Order of the maps", [["share", "For the answer first"], ["number", "By number"]], (order) => {
      remember(board, KEY, { order }, USUAL);
      if (board.frame) this.frame(board.frame);
    });
    this.sort.value = remembered(KEY, USUAL).order;
    root.append(make("div", { class: "tools" }, this.scale, this.sort, this.all));
    this.words = make("p", { class: "wall-words", style: "margin:0 0 4px;font-size:15px;line-height:20px;min-height:40px" });
    this.scroll = make("div", { style: "overflow-x:auto" });
    root.append(this.words, this.scroll);
    /** @type {Surface} */
    this.page = board.canvas(this.scroll, { height: (_, room) => Math.min(room, 640), label: "The maps of every stage of the network" });
    this.page.canvas.title = HELP;
    this.page.canvas.tabIndex = 0;
    this.page.canvas.setAttribute("data-keys", "");
    leaveKeys(this.page.canvas);
    this.pointing();
  }

  pointing() {
    const { canvas } = this.page;
    canvas.addEventListener("pointermove", (event) => this.point(event));
    canvas.addEventListener("pointerleave", () => {
      this.hover = this.cell = null;
      this.board.tip(null);
      this.arrange();
      this.draw();
    });
    canvas.addEventListener("click", (event) => {
      this.point(event);
      if (this.hover && event.shiftKey) this.prefer(this.hover);
      else if (this.hover) this.toggle(this.hover);
      this.board.tip(null); // it says what held before
    });
    canvas.addEventListener("keydown", (event) => this.key_(event));
  }

  /** @param {PointerEvent | MouseEvent} event */
  point(event) {
    if (!this.plan || !this.seen) return;
    const [x, y] = placeOn(event, this.page.canvas);
    this.hover = under(this.plan, x, y);
    this.cell = this.hover && this.cellAt(this.hover, x, y);
    canvasCursor(this.page.canvas, this.canSwitch(this.hover));
    if (this.hover) this.board.tip(event.clientX, event.clientY, reading(this, this.hover));
    else this.board.tip(null);
    this.draw();
  }

  /** Arrows go from map to map, Enter switches it off, F looks into it, Escape lets go. @param {KeyboardEvent} event */
  key_(event) {
    const steps = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
    if (!this.plan) return;
    if (steps) {
      const { columns } = this.plan;
      const at = this.hover ? columns.findIndex((c) => c.stage === this.hover?.stage) : 1;
      const place = this.hover ? columns[at].tiles.findIndex((t) => t.channel === this.hover?.channel) : 0;
      const { tiles } = columns[Math.max(0, Math.min(columns.length - 1, at + (this.hover ? steps[0] : 0)))];
      this.hover = tiles[Math.max(0, Math.min(tiles.length - 1, place + (this.hover ? steps[1] : 0)))];
      this.cell = null;
    } else if (event.key === "Enter" && this.hover) this.toggle(this.hover);
    else if (event.key === "f" && this.hover) this.prefer(this.hover);
    else if (event.key === "Escape") this.hover = null;
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.draw();
  }

  /** The picture and the answer stay. @param {Tile | null} tile */
  canSwitch(tile) {
    return tile !== null && tile.stage > 0 && tile.stage < this.stages.length - 1;
  }

  /** The channel that the favourite pictures are of. @param {Tile} tile */
  prefer(tile) {
    if (tile.stage) prefer(this.board, tile);
  }

  /** @param {Tile} tile */
  toggle(tile) {
    if (!this.canSwitch(tile)) return;
    const off = this.off();
    const rest = off.filter(([s, c]) => s !== tile.stage || c !== tile.channel);
    this.switchOff(rest.length < off.length ? rest : [...off, [tile.stage, tile.channel]]);
  }

  /** @returns {[number, number][]} */
  off() {
    return this.board.optionOf("wall", "off") ?? [];
  }

  /** @param {[number, number][]} off */
  switchOff(off) {
    this.still = false;
    this.board.option("wall", "off", off.length ? off : undefined);
  }

  /** @param {Theme} theme */
  theme(theme) {
    this.colours = theme;
    this.paint();
    this.draw();
  }

  /** @param {Scene} scene */
  scene(scene) {
    this.sceneNow = scene;
    const shape = JSON.stringify(scene.facts.stages);
    if (shape !== this.shape) {
      this.shape = shape;
      this.past = [];
      this.sorted.forget();
      if (this.off().length) this.switchOff([]);
    }
    this.scale.value = this.board.optionOf("wall", "scale") ?? "layer";
  }

  /** @param {Frame} frame */
  frame(frame) {
    const { wall_plan: plan, wall_maps: maps, wall_ranges: ranges, wall_shares: shares, wall_kernels: kernels, wall_answer: answer, wall_class: classes, wall_place: place, wall_picture: picture } = frame.arrays;
    if (!picture) return;
    if (frame.restarted) {
      this.past = [];
      this.sorted.forget();
      this.still = this.off().length > 0;
    }
    this.seen = { plan: plan.data, maps: maps.data, ranges: ranges.data, shares: shares.data, kernels: kernels.data, answer: answer.data, classes: classes.data, place: place.data, picture };
    const stages = stagesOf(plan.data);
    if (JSON.stringify(stages) !== JSON.stringify(this.stages)) this.sorted.forget();
    this.stages = stages;
    this.arrange();
    if (frame.fresh?.has("wall_maps") ?? true) this.paint();
    this.remember();
    this.draw();
    this.tell();
  }

  /** @returns {number[][]} channels of each stage from top to bottom */
  get order() {
    return this.sorted.rows;
  }

  /** Sorts the maps where that is due. */
  arrange() {
    clearTimeout(this.later);
    const { seen, sceneNow, sort, shape, board: { frame } } = this;
    if (!seen || !frame) return;
    const key = JSON.stringify([sort.value, [...seen.place], shape]);
    const now = { key, step: frame.step, playing: frame.playing, pointed: this.hover !== null, off: this.off().length > 0, picture: seen.picture.data };
    const wait = this.sorted.wait(now);
    const again = () => {
      this.arrange();
      this.draw();
    };
    if (wait > 0 && wait < Infinity) this.later = setTimeout(again, wait);
    if (wait > 0) return;
    const rows = (/** @type {number} */ i) => sceneNow?.facts.stages?.[i]?.kind === "dropout" ? 0 // it changes nothing but in training
      : i === this.stages.length - 1 ? seen.answer.length / 2 : this.stages[i].channels; // two classes share one output
    this.sorted.sort(now, this.stages, sort.value === "share" ? seen.shares : null, rows);
    this.fit();
  }

  fit() {
    if (!this.stages.length) return;
    const { page } = this;
    const width = this.scroll.clientWidth;
    page.fit(width);
    this.plan = plan(this.stages, width, page.height - FOOT, (i) => this.order[i], this.named_());
    if (this.plan.width > width) {
      page.fit(this.plan.width);
      this.plan = plan(this.stages, width, page.height - FOOT, (i) => this.order[i], this.named_());
    }
  }

  /** Pixels for the longest name of a class and its per cent. */
  named_() {
    this.page.ctx.font = `14px ${this.colours?.font ?? "sans-serif"}`;
    return 58 + Math.max(0, ...(this.sceneNow?.class_names ?? []).map((name) => this.page.ctx.measureText(name).width));
  }

  resize() {
    this.words.style.minHeight = this.scroll.clientWidth < NARROW ? "60px" : "40px"; // the maps shall not jump with each sentence
    this.page.fit(this.scroll.clientWidth);
    this.fit();
    this.draw();
  }

  remember() {
    const now = performance.now();
    const { kernels } = /** @type {Seen} */ (this.seen);
    const last = this.past[this.past.length - 1];
    if (last && (now - last.at < PAST_MS || last.kernels.join() === kernels.join())) return;
    this.past.push({ at: now, kernels: Uint8Array.from(kernels) });
    if (this.past.length > PAST) this.past.shift();
  }

  paint() {
    const { seen, stages, colours } = this;
    if (!seen || !colours) return;
    const [up, both] = [rising(colours.lut), stretched(colours.lut)];
    this.strips = stages.map((stage, i) => {
      const old = this.strips[i];
      const strip = old?.height === stage.height && old.width === stage.width && old.count === stage.channels ? old : new Strip(stage.channels, stage.height, stage.width);
      const signed = this.signed(stage);
      if (i) strip.update(seen.maps, stage.byte, signed ? both : up);
      return strip;
    });
    if (!this.picture?.fits(seen.picture.shape)) this.picture = new Picture(seen.picture.shape);
    this.picture.update(seen.picture.data);
  }

  /** Lowest and highest value of some channels. @param {number} first @param {number} channels */
  extent(first, channels) {
    const { ranges } = /** @type {Seen} */ (this.seen);
    let [low, high] = [Infinity, -Infinity];
    for (let c = first; c < first + channels; c++) [low, high] = [Math.min(low, ranges[2 * c]), Math.max(high, ranges[2 * c + 1])];
    return { low, high };
  }

  /** Of all stages but the picture. */
  network() {
    const [picture, last] = [this.stages[0], this.stages[this.stages.length - 1]];
    return this.extent(picture.channels, last.first + last.channels - picture.channels);
  }

  /** Whether 0 is the middle of the colours: where anything that shares them is below 0. @param {Stage} stage */
  signed({ first, channels }) {
    const all = this.scale.value === "network";
    return (all ? this.network() : this.extent(first, channels)).low < 0;
  }

  draw() {
    if (this.colours && this.plan && this.seen && this.sceneNow && this.page.width) drawWall(this);
  }

  /** @param {number} stage */
  named(stage) {
    return titleOf(this.sceneNow?.facts.stages?.[stage]);
  }

  /** @param {number} c class */
  className(c) {
    return this.sceneNow?.class_names?.[c] ?? String(c);
  }

  /** @param {Tile} tile @param {number} x @param {number} y */
  cellAt(tile, x, y) {
    const stage = this.stages[tile.stage];
    const [row, column] = [Math.floor(((y - tile.y) / tile.h) * stage.height), Math.floor(((x - tile.x) / tile.w) * stage.width)];
    return isMap(stage) && row >= 0 && row < stage.height && column >= 0 && column < stage.width ? { row, column } : null;
  }

  /** What the cell that is pointed at can see of the picture. */
  field() {
    const { hover, cell, sceneNow, stages } = this;
    const blocks = sceneNow?.experiment.model.blocks;
    if (!hover || !cell || !blocks || hover.stage > blocks.length) return null;
    return fieldOf(blocks.slice(0, hover.stage), stages.map((s) => [s.height, s.width]), cell.row, cell.column);
  }

  tell() {
    this.all.hidden = !this.off().length;
    write(this.words, sentence(this));
  }

  /** The channel that carries most, of the last stage of maps; it has a frame. */
  strongest() {
    const { shares } = /** @type {Seen} */ (this.seen);
    const stage = this.stages.findLastIndex((s, i) => i && i < this.stages.length - 1 && isMap(s));
    if (stage < 1) return null;
    const { first, channels } = this.stages[stage];
    const channel = argmax(shares.subarray(first, first + channels));
    return shares[first + channel] > 0 ? { stage, channel, share: shares[first + channel] } : null;
  }

  alt() {
    return this.words.textContent ?? "";
  }

  destroy() {
    clearTimeout(this.later);
    this.switchOff([]);
  }
}

/** @param {HTMLElement} canvas @param {boolean} active */
const canvasCursor = (canvas, active) => {
  canvas.style.cursor = active ? "pointer" : "default";
};

/** @type {import("../../kit/types.d.ts").ViewModule} */
export default { create: (root, board) => new Wall(root, board) };
