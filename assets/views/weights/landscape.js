/**
 * The loss around the current weights, with the run's path drawn on it while it trains.
 *
 * @import { Board, Frame, Scene, Theme, Values, View } from "../../kit/types.d.ts"
 * @import { Look, Picture, Place } from "./landscape_figure.js"
 * @import { Answers } from "../../kit/study.js"
 */
import { choice, picker, remember, remembered } from "../../kit/choices.js";
import { more } from "../../kit/more.js";
import { make, write } from "../../kit/dom.js";
import { pickedRacer } from "../../kit/racers.js";
import { count, number } from "../../kit/numbers.js";
import { PlotlyPanel } from "../../kit/plotly_panel.js";
import { Beside } from "./landscape_beside.js";
import { Compare } from "./landscape_compare.js";
import { between, figure, heights } from "./landscape_figure.js";
import { numbers, sampled, Study } from "../../kit/study.js";

const KEY = "view.landscape";
const DEFAULTS = { plane: "path", resolution: 31, extent: 1, split: "train", height: "auto", auto: true, every: 2, flat: false, seed: 0 };
const HEIGHT = 480;
const NARROW = 480; // pixels of the panel
const LOW = 260; // pixels, where the names of the axes would lie on one another
const STEEP = 8; // times the median
const MOST_LIVE = 300;
/** @type {Record<string, string>} */
const NAMES = { train: "training", test: "test" };

/** @implements {View} */
class Landscape {
  chosen = remembered(KEY, DEFAULTS);
  own = this.chosen.plane; // the plane that the person has picked
  /** @type {Place[]} where the run has been since the picture */
  live = [];
  /** @type {Picture | null} */
  picture = null;
  /** @type {Theme | null} */
  colours = null;
  racers = 0;
  /** @type {string[] | null} of the axes, where two parameters are their own plane */
  names = null;
  shape = ""; // of the network that the picture is of
  data = "";
  stretching = 0;

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    this.board = board;
    this.root = root;
    if (!canDraw3d()) this.chosen.flat = true;
    this.study = new Study(board, "landscape", {
      options: () => this.options(),
      answered: (arrays) => this.answered(arrays),
      failed: (sentence) => this.say(sentence),
    });
    this.plane = picker("Plane", [["path", "Plane of the path"], ["random", "Random plane"]], (value) => {
      this.own = value;
      this.pick({ plane: value });
    });
    this.other = make("button", { class: "small", type: "button", onclick: () => this.pick({ seed: this.chosen.seed + 1 }) }, "Another plane");
    this.mode = choice("Picture", [["3-D", "3-D"], ["flat", "Contours"]], (value) => this.redrawn({ flat: value === "flat" }));
    this.split = picker("Loss", [["train", "training loss"], ["test", "test loss"]], (value) => this.pick({ split: value }));
    this.resolution = picker("Resolution", [15, 21, 31, 51, 75, 101].map((n) => [n, `${n} × ${n}`]), (value) => this.pick({ resolution: Number(value) }));
    this.extent = make("input", { type: "range", min: -1, max: 1, step: 0.05, "aria-label": "Extent", style: "width:90px", oninput: () => this.stretch(), ondblclick: () => this.pick({ extent: 1 }) });
    this.size = make("output", { style: "min-width:3.2em;font-variant-numeric:tabular-nums" });
    this.height = picker("Height", [["auto", "automatic height"], ["linear", "linear height"], ["log", "log height"]], (value) => this.redrawn({ height: value }));
    this.auto = make("input", { type: "checkbox", onchange: (e) => this.redrawn({ auto: e.target.checked }) });
    this.every = picker("Seconds between two landscapes", [1, 2, 5, 10].map((n) => [n, `${n} s`]), (value) => this.redrawn({ every: Number(value) }));
    this.note = make("p", { style: "margin:0 0 4px;line-height:20px;height:40px;overflow:hidden;display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical" });
    this.compare = new Compare(board, (sentence) => this.say(sentence));
    const pair = make("div", { style: "display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:0 12px" });
    this.whose = make("span");
    this.together = make("button", { class: "small", type: "button", style: "margin-left:8px", title: "Both at the same step", onclick: () => this.board.send("seek", this.beside.snapshots.beside?.step) });
    this.caption = make("p", { style: "margin:0 0 4px;font-size:14px;font-weight:600;min-height:30px", hidden: true }, this.whose, this.together);
    const mine = make("div", { style: "min-width:0" }, this.caption);
    pair.append(mine);
    root.append(this.tools(), this.compare.row, this.study.bar, this.note, pair);
    this.panel = new PlotlyPanel(mine, { height: HEIGHT, label: "The loss around the current weights with the path of training on it" });
    this.panel.words.textContent = "Computing the landscape…";
    this.beside = new Beside(pair, board, {
      height: HEIGHT, options: () => this.options(), read: (arrays) => this.read(arrays),
      figure: (picture, panel) => figure(picture, picture.path, this.look(picture, panel)),
      changed: () => this.paired(),
    });
    this.offs = [
      board.on("beside", (name) => name && this.chosen.plane === "path" && this.pick({ plane: "random" })),
      board.on("option", (name) => (name === "plane" ? this.wanted !== this.chosen.plane && this.pick({ plane: this.wanted }) : name === "racer" && this.racers && this.again())),
    ];
    this.chosen.plane = this.wanted;
    this.write();
  }

  // ---- controls ---------------------------------------------------------------------------------------------------
  tools() {
    this.apart = more("More settings",
      make("label", {}, "Resolution", this.resolution),
      make("label", { title: "How far the view reaches; double-click to go back to 1" }, "Extent", this.extent, this.size),
      make("label", {}, "Height", this.height),
      make("label", {}, this.auto, "Refresh while training, every", this.every),
      make("button", { class: "small", type: "button", onclick: () => this.study.request() }, "Now"));
    return make("div", { class: "tools" }, this.plane, this.other, this.mode.box, this.split, this.apart);
  }

  /** The kept runs stand above the picture where there is room, else among the further settings. */
  place() {
    const { row } = this.compare;
    const narrow = this.root.clientWidth > 0 && this.root.clientWidth < NARROW;
    if (narrow === (row.parentElement !== this.root)) return;
    if (narrow) this.apart?.lastElementChild?.prepend(row);
    else this.study.bar.before(row);
  }

  /** A preset may speak of a plane; with the next one that of the person comes back. */
  get wanted() {
    return /** @type {string} */ (this.board.optionOf("landscape", "plane") ?? this.own);
  }

  /** A choice that needs another computation. @param {Partial<typeof DEFAULTS>} choice */
  pick(choice) {
    Object.assign(this.chosen, choice);
    this.write();
    this.again();
  }

  again() {
    this.study.request({ instead: true });
    this.beside.request();
  }

  /** A choice of what the picture looks like, or when. @param {Partial<typeof DEFAULTS>} choice */
  redrawn(choice) {
    Object.assign(this.chosen, choice);
    this.write();
    this.draw();
    this.board.redraw(this);
  }

  stretch() {
    this.chosen.extent = Number((10 ** Number(this.extent.value)).toPrecision(2));
    this.write();
    clearTimeout(this.stretching);
    this.stretching = setTimeout(() => this.again(), 200);
  }

  write() {
    const { plane, flat, split, resolution, extent, height, auto, every } = this.chosen;
    remember(this.board, KEY, { ...this.chosen, plane: this.own }, DEFAULTS);
    this.plane.value = plane;
    this.mode.show(flat ? "flat" : "3-D");
    this.other.hidden = plane !== "random";
    this.split.value = split;
    this.resolution.value = String(resolution);
    this.extent.value = String(Math.log10(extent));
    this.size.textContent = `× ${number(extent, 2)}`;
    this.height.value = height;
    this.auto.checked = auto;
    this.every.value = String(every);
  }

  options() {
    const { plane, resolution, extent, split, seed } = this.chosen;
    const whose = this.racers ? { member: Math.min(pickedRacer(this.board), this.racers - 1) } : {};
    return { plane, resolution, extent, split, ...(plane === "random" ? { seed } : {}), ...whose };
  }

  // ---- what comes in ----------------------------------------------------------------------------------------------
  /** @param {Theme} theme */
  theme(theme) {
    this.colours = theme;
    this.note.style.color = theme.faint;
    this.draw();
  }

  /** @param {Scene} scene */
  scene(scene) {
    const shape = JSON.stringify([scene.blocks.map((b) => [b.fan_in, b.fan_out]), scene.features, scene.numbers, scene.classes]);
    const data = JSON.stringify([scene.experiment?.data, scene.experiment?.training?.loss]);
    if (shape !== this.shape) {
      this.picture = null;
      this.live = [];
    }
    this.names = scene.blocks.length === 1 && scene.blocks[0].fan_in === 1 ? ["w", "b"] : null; // two parameters are their own plane
    this.racers = scene.facts?.racers?.length ?? 0; // the landscape is that of the one chosen in the standings
    if (this.racers) this.compare.row.hidden = true;
    if (this.shape && (shape !== this.shape || data !== this.data)) this.study.request({ instead: true });
    Object.assign(this, { shape, data });
  }

  /** The picture of an answer. @param {Answers} arrays @returns {Picture} */
  read(arrays) {
    const r = arrays.landscape.shape[0];
    const losses = numbers(arrays.landscape);
    const axes = numbers(arrays.axes);
    const [path, pairs] = [numbers(arrays.path), numbers(arrays.path_loss)];
    return {
      plane: this.chosen.plane, split: this.chosen.split === "test" ? "test" : "train", filters: arrays.filters?.data[0] !== 0,
      x: axes.subarray(0, r), y: axes.subarray(r), z: Array.from({ length: r }, (_, i) => losses.subarray(i * r, (i + 1) * r)),
      explained: numbers(arrays.explained), step: numbers(arrays.step)[0], steep: steep(losses), sampled: sampled(arrays.examples),
      origin: arrays.origin && numbers(arrays.origin), project: arrays.project && numbers(arrays.project),
      path: Array.from(numbers(arrays.path_steps), (step, i) => ({ step, a: path[2 * i], b: path[2 * i + 1], truth: pairs[2 * i], below: pairs[2 * i + 1] })),
    };
  }

  /** @param {Answers} arrays */
  answered(arrays) {
    this.picture = this.read(arrays);
    this.live = [];
    if (this.board.frame) this.follow(this.picture, this.board.frame);
    this.draw();
    this.captioned();
    this.describe(this.picture);
  }

  /** @param {Frame} frame */
  frame(frame) {
    this.study.watch(frame, !this.picture, this.chosen.auto ? this.chosen.every : 0);
    if (!this.picture || !this.follow(this.picture, frame)) return;
    this.draw();
    this.describe(this.picture);
  }

  /** Where the run stands now, on the plane that is shown; true where that is news. @param {Picture} picture @param {Frame} frame */
  follow(picture, frame) {
    const weights = frame.arrays.weights?.data;
    const last = this.live.at(-1)?.step ?? picture.step;
    if (frame.step < last) {
      this.live = this.live.filter((p) => p.step <= frame.step);
      picture.path = picture.path.filter((p) => p.step <= frame.step);
    }
    const { origin, project } = picture;
    if (!project || !origin || weights?.length !== origin.length || frame.step === last) return frame.step < last;
    const [a, b] = placed(origin, project, weights);
    const truth = frame.metrics[`${picture.split}_loss`] ?? NaN;
    this.live.push({ step: frame.step, a, b, truth, below: between(picture, a, b) });
    if (this.live.length > MOST_LIVE) this.live = this.live.filter((_, i) => i % 2 === 1 || i === this.live.length - 1);
    return true;
  }

  // ---- what goes out ----------------------------------------------------------------------------------------------
  draw() {
    const { picture, colours: theme, beside } = this;
    if (!picture || !theme) return;
    this.panel.show(() => figure(this.picture ?? picture, [...(this.picture ?? picture).path, ...this.live], this.look(this.picture ?? picture, this.panel)));
    if (!beside.picture || !beside.panel) return;
    const { log, flat, range, shape, height, low } = this.look(beside.picture, beside.panel);
    beside.draw(JSON.stringify([theme.dark, log, flat, range, shape, height, low]));
  }

  /** Both pictures of a pair have one scale. @param {Picture} picture @param {PlotlyPanel} panel @returns {Look} */
  look(picture, panel) {
    const other = this.beside.picture && this.picture ? (picture === this.picture ? this.beside.picture : this.picture) : null;
    const log = this.chosen.height === "log" || (this.chosen.height === "auto" && (picture.steep || Boolean(other?.steep)));
    const range = other && heights([picture, other], log);
    return { theme: /** @type {Theme} */ (this.colours), log, flat: this.chosen.flat, split: NAMES[picture.split], shape: panel.box.clientWidth / HEIGHT, height: panel.box.clientHeight, low: panel.box.clientHeight < LOW, range, names: picture.plane === "random" ? this.names : null };
  }

  /** Of which step each of the two is; a click takes this run to the step of the other. */
  captioned() {
    const other = this.beside.snapshots.beside;
    if (!other || !this.picture) return;
    write(this.whose, `this run, step ${this.picture.step}`);
    write(this.together, `Go to step ${other.step}`);
    this.together.hidden = other.step === this.picture.step || other.step > (this.board.frame?.span?.[1] ?? 0);
  }

  /** A kept run has come beside this one, or has gone. */
  paired() {
    this.caption.hidden = !this.beside.snapshots.beside;
    this.captioned();
    this.panel.resize();
    this.draw();
  }

  /** @param {string} sentence */
  say(sentence) {
    this.note.textContent = sentence;
  }

  /** @param {Picture} picture */
  describe(picture) {
    const now = this.live.at(-1) ?? picture.path.at(-1);
    const share = (/** @type {number} */ x) => `${(100 * x).toFixed(x > 0.995 ? 1 : 0)} %`;
    const [first, second] = picture.explained;
    const where = picture.plane === "random" ? (this.names ? `There are only two parameters: one axis is ${this.names[0]}, the other ${this.names[1]}, 1 is the length of both together.`
      : `Each axis is a random direction${picture.filters ? ", scaled filter by filter" : " of all parameters"}: at 1 it is as long as the weights themselves.`)
      : first + second ? `The plane, of step ${count(picture.step)}, holds ${share(first + second)} of the path: ${share(first)} along the first component, ${share(second)} along the second.`
        : "The weights have not moved yet. Press play: the plane will follow their path.";
    const height = !now ? "" : !Number.isFinite(now.below) ? `Step ${count(now.step)}: the run has left this view; the next one shows it again.`
      : `Step ${count(now.step)}: ${NAMES[picture.split]} loss ${number(now.truth)}, on the plane below it ${number(now.below)}.`;
    this.say(`${height}${height && " "}${where}${picture.sampled}`);
  }

  resize() {
    this.place();
    this.panel.resize();
    this.beside.resize();
    this.draw();
  }

  alt() {
    return (this.picture && this.note.textContent) ?? "";
  }

  destroy() {
    clearTimeout(this.stretching);
    for (const off of this.offs) off();
    this.study.destroy();
    this.compare.destroy();
    this.beside.destroy();
    this.panel.destroy();
  }
}

/** [a, b]: project (weights - origin). @param {Float64Array} origin @param {Float64Array} project @param {Values} weights */
function placed(origin, project, weights) {
  const n = origin.length;
  let [a, b] = [0, 0];
  for (let i = 0; i < n; i++) {
    const moved = weights[i] - origin[i];
    a += project[i] * moved;
    b += project[n + i] * moved;
  }
  return [a, b];
}

/** Whether a few places lie so high that all others would look flat beside them. @param {Float64Array} losses */
function steep(losses) {
  const sorted = losses.filter(Number.isFinite).sort();
  return sorted.length > 0 && sorted[sorted.length - 1] > STEEP * sorted[sorted.length >> 1];
}

function canDraw3d() {
  const canvas = document.createElement("canvas");
  return Boolean(canvas.getContext("webgl2") ?? canvas.getContext("webgl"));
}

export default { create: (/** @type {HTMLElement} */ root, /** @type {Board} */ board) => new Landscape(root, board) };
