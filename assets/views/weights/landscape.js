// The loss around the present weights, with the run's path drawn on it while it trains.
import { make } from "../../kit/dom.js";
import { pickedRacer } from "../../kit/racers.js";
import { number } from "../../kit/numbers.js";
import { PlotlyPanel } from "../../kit/plotly_panel.js";
import { Asker, choice, picker, remember, remembered } from "./landscape_ask.js";
import { Beside } from "./landscape_beside.js";
import { compare } from "./landscape_compare.js";
import { between, figure, heights } from "./landscape_figure.js";

const KEY = "nnlab.landscape";
const DEFAULTS = { plane: "path", resolution: 31, extent: 1, split: "train", height: "auto", auto: true, every: 2, flat: false, seed: 0 };
const HEIGHT = 480;
const STEEP = 8; // times the median
const MOST_LIVE = 300;
const NAMES = { train: "training", test: "test" };

class Landscape {
  constructor(root, board) {
    this.board = board;
    this.chosen = remembered(KEY, DEFAULTS);
    if (!canDraw3d()) this.chosen.flat = true;
    this.live = [];
    this.picture = null;
    this.asker = new Asker(board, "landscape", {
      options: () => this.options(),
      answered: (arrays) => this.answered(arrays),
      failed: (sentence) => this.say(sentence),
    });
    this.note = make("p", { style: "margin:2px 0 4px;font-size:14px;min-height:3.9em" });
    this.compare = compare(board, (sentence) => this.say(sentence));
    const pair = make("div", { style: "display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:0 12px" });
    const mine = make("div", { style: "min-width:0" });
    this.caption = make("p", { style: "margin:0 0 4px;font-size:14px;font-weight:600", hidden: true }, "this run");
    mine.append(this.caption);
    pair.append(mine);
    root.append(this.tools(), this.compare.row, this.asker.bar, this.note, pair);
    this.beside = new Beside(pair, {
      board, height: HEIGHT, options: () => this.options(), read: (arrays) => this.read(arrays),
      figure: (picture, panel) => figure(picture, picture.path, this.look(picture, panel)),
      changed: () => this.paired(),
    });
    const offs = [
      board.on("beside", (name) => name && this.chosen.plane === "path" && this.pick("plane", "random")),
      board.on("option", (name) => name === "racer" && this.racers && this.again()),
    ];
    this.off = () => offs.forEach((off) => off());
    this.panel = new PlotlyPanel(mine, { height: HEIGHT, label: "The loss around the present weights with the path of the run on it" });
    this.panel.words.textContent = "The landscape is being computed…";
    this.write();
  }

  // ---- controls ---------------------------------------------------------------------------------------------------
  tools() {
    const pick = (name) => (value) => this.pick(name, typeof DEFAULTS[name] === "number" ? Number(value) : value);
    this.plane = choice("Plane", [["path", "Plane of the path"], ["random", "Random plane"]], pick("plane"));
    this.other = make("button", { class: "small", type: "button", onclick: () => this.pick("seed", this.chosen.seed + 1) }, "Another one");
    this.mode = choice("Picture", [["3-D", "3-D"], ["flat", "Contours"]], (value) => this.redrawn("flat", value === "flat"));
    this.split = picker("Loss", [["train", "training loss"], ["test", "test loss"]], pick("split"));
    this.resolution = picker("Resolution", [15, 21, 31, 51, 75, 101].map((n) => [n, `${n} × ${n}`]), pick("resolution"));
    this.extent = make("input", { type: "range", min: -1, max: 1, step: 0.05, "aria-label": "Extent", style: "width:90px", oninput: () => this.stretch() });
    this.extent.ondblclick = () => this.pick("extent", 1);
    this.size = make("output", { style: "min-width:3.2em;font-variant-numeric:tabular-nums" });
    this.height = picker("Height", [["auto", "height as it fits"], ["linear", "linear height"], ["log", "log height"]], (value) => this.redrawn("height", value));
    this.auto = make("input", { type: "checkbox", onchange: () => this.redrawn("auto", this.auto.checked) });
    this.every = picker("Seconds between two landscapes", [1, 2, 5, 10].map((n) => [n, `${n} s`]), (value) => this.redrawn("every", Number(value)));
    this.now = make("button", { class: "small", type: "button", onclick: () => this.asker.ask() }, "Now");
    return make("div", { class: "tools" }, this.plane, this.other, this.mode, this.split, this.resolution,
      make("label", { title: "How far the picture reaches; a double click goes back to 1" }, "Extent", this.extent, this.size),
      this.height,
      make("label", {}, this.auto, "Again while it trains, every"), this.every, this.now);
  }

  /** A choice that needs another computation. */
  pick(name, value) {
    this.chosen[name] = value;
    this.write();
    this.again();
  }

  again() {
    this.asker.ask({ instead: true });
    this.beside.ask();
  }

  /** A choice of what the picture looks like, or when. */
  redrawn(name, value) {
    this.chosen[name] = value;
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
    remember(KEY, this.chosen);
    this.plane.show(plane);
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
  theme(theme) {
    this.colours = theme;
    this.note.style.color = theme.faint;
    this.draw();
  }

  scene(scene) {
    const shape = JSON.stringify([scene.blocks.map((b) => [b.fan_in, b.fan_out]), scene.features, scene.numbers, scene.classes]);
    const data = JSON.stringify([scene.experiment?.data, scene.experiment?.training?.loss]);
    if (shape !== this.shape) {
      this.picture = null;
      this.live = [];
    }
    this.names = scene.blocks.length === 1 && scene.blocks[0].fan_in === 1 ? ["w", "b"] : null; // two parameters are their own plane
    this.racers = scene.facts?.racers?.length ?? 0; // the landscape is that of the one chosen in the standings
    this.compare.scene();
    if (this.racers) this.compare.row.hidden = true;
    if (this.shape && (shape !== this.shape || data !== this.data)) this.asker.ask({ instead: true });
    Object.assign(this, { shape, data });
  }

  /** The picture of an answer. */
  read(arrays) {
    const r = arrays.landscape.shape[0];
    const losses = arrays.landscape.data;
    const axes = arrays.axes.data;
    const [path, pairs] = [arrays.path.data, arrays.path_loss.data];
    const picture = {
      plane: this.chosen.plane, split: this.chosen.split, filters: arrays.filters?.data[0] !== 0, x: axes.subarray(0, r), y: axes.subarray(r), z: Array.from({ length: r }, (_, i) => losses.subarray(i * r, (i + 1) * r)),
      explained: arrays.explained.data, step: arrays.step.data[0],
      origin: arrays.origin?.data, project: arrays.project?.data,
      path: Array.from(arrays.path_steps.data, (step, i) => ({ step, a: path[2 * i], b: path[2 * i + 1], truth: pairs[2 * i], below: pairs[2 * i + 1] })),
    };
    picture.steep = steep(losses);
    return picture;
  }

  answered(arrays) {
    this.picture = this.read(arrays);
    this.live = [];
    this.follow(this.board.frame);
    this.draw();
    this.tell();
  }

  frame(frame) {
    if (frame.restarted) this.asker.step = -1;
    if (!this.picture && !this.asker.busy && this.asker.step !== frame.step) this.asker.ask();
    else if (this.chosen.auto) this.asker.follow(frame, this.chosen.every);
    if (this.follow(frame)) {
      this.draw();
      this.tell();
    }
  }

  /** Where the run stands now, on the plane that is shown; true where that is news. */
  follow(frame) {
    const { picture } = this;
    const weights = frame?.arrays.weights?.data;
    if (!picture || !frame) return false;
    const last = this.live.at(-1)?.step ?? picture.step;
    if (frame.step < last) {
      this.live = this.live.filter((p) => p.step <= frame.step);
      picture.path = picture.path.filter((p) => p.step <= frame.step);
    }
    if (!picture.project || weights?.length !== picture.origin.length || frame.step === last) return frame.step < last;
    const [a, b] = placed(picture, weights);
    const truth = frame.metrics[`${picture.split}_loss`] ?? NaN;
    this.live.push({ step: frame.step, a, b, truth, below: between(picture, a, b) });
    if (this.live.length > MOST_LIVE) this.live = this.live.filter((_, i) => i % 2 === 1 || i === this.live.length - 1);
    return true;
  }

  // ---- what goes out ----------------------------------------------------------------------------------------------
  draw() {
    if (!this.picture || !this.colours) return;
    this.panel.show(() => figure(this.picture, [...this.picture.path, ...this.live], this.look(this.picture, this.panel)));
    if (this.beside.picture) {
      const { theme, log, flat, range, shape } = this.look(this.beside.picture, this.beside.panel);
      this.beside.draw(JSON.stringify([theme.dark, log, flat, range, shape]));
    }
  }

  /** Both pictures of a pair have one scale. */
  look(picture, panel) {
    const other = this.beside.picture && this.picture ? (picture === this.picture ? this.beside.picture : this.picture) : null;
    const log = this.chosen.height === "log" || (this.chosen.height === "auto" && (picture.steep || Boolean(other?.steep)));
    const range = other && heights([picture, other], log);
    return { theme: this.colours, log, flat: this.chosen.flat, split: NAMES[picture.split], shape: panel.box.clientWidth / HEIGHT, range, names: picture.plane === "random" ? this.names : null };
  }

  /** A kept run has come beside this one, or has gone. */
  paired() {
    this.caption.hidden = !this.beside.shelf.beside;
    this.panel.resize();
    this.draw();
  }

  say(sentence) {
    this.note.textContent = sentence;
  }

  tell() {
    const { picture } = this;
    const now = this.live.at(-1) ?? picture.path.at(-1);
    const share = (x) => `${(100 * x).toFixed(x > 0.995 ? 1 : 0)} %`;
    const [first, second] = picture.explained;
    const where = picture.plane === "random" ? (this.names ? `These two parameters are all there are: one axis is ${this.names[0]}, the other ${this.names[1]}, 1 is the length of both together.`
      : `Each axis is a random direction${picture.filters ? ", scaled filter by filter" : " of all parameters"}: at 1 it is as long as the weights themselves.`)
      : first + second ? `The plane holds ${share(first + second)} of the way that the weights have gone: ${share(first)} along the first component, ${share(second)} along the second.`
        : "The weights have not moved yet: press play, and the plane turns into that of their path.";
    const height = !now ? "" : !Number.isFinite(now.below) ? `Step ${now.step}: the run has left the picture; the next one shows it again.`
      : `Step ${now.step}: true ${NAMES[picture.split]} loss ${number(now.truth)}, on the plane below it ${number(now.below)}. A stick joins the two wherever the plane misses the weights.`;
    this.say(`${where} ${height}`);
  }

  resize() {
    this.panel.resize();
    this.beside.resize();
    this.draw();
  }

  alt() {
    return this.picture ? this.note.textContent : "";
  }

  destroy() {
    clearTimeout(this.stretching);
    this.off();
    this.asker.destroy();
    this.compare.destroy();
    this.beside.destroy();
    this.panel.destroy();
  }
}

/** [a, b]: project (weights - origin). */
function placed({ origin, project }, weights) {
  const n = origin.length;
  let [a, b] = [0, 0];
  for (let i = 0; i < n; i++) {
    const moved = weights[i] - origin[i];
    a += project[i] * moved;
    b += project[n + i] * moved;
  }
  return [a, b];
}

/** Whether a few places lie so high that all others would look flat beside them. */
function steep(losses) {
  const sorted = losses.filter(Number.isFinite).sort();
  return sorted.length > 0 && sorted[sorted.length - 1] > STEEP * sorted[sorted.length >> 1];
}

function canDraw3d() {
  const canvas = document.createElement("canvas");
  return Boolean(canvas.getContext("webgl2") ?? canvas.getContext("webgl"));
}

export default { needs: ["weights"], create: (root, board) => new Landscape(root, board) };
