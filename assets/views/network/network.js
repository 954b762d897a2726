/**
 * The network diagram: features, neurons with their maps, every weight and bias; hover for numbers, click to change one.
 *
 * @import { Board, Events, Frame, Scene, Theme, Unit, View } from "../../kit/types.d.ts"
 * @import { Link, Plan, Thing } from "./layout.js"
 */
import { placeOn, surface } from "../../kit/canvas.js";
import { make, write } from "../../kit/dom.js";
import { featureMaps, FEATURES, SIDE } from "../../kit/features.js";
import { leaveKeys } from "../../kit/keyboard.js";
import { MapStrip } from "../../kit/maps.js";
import { className } from "../../kit/points.js";
import { Controls } from "./controls.js";
import { drawLinks, drawNeurons, drawNumbers, drawStill, trace } from "./draw.js";
import { Editor } from "./editor.js";
import { Formula } from "./formula.js";
import { moved } from "./keys.js";
import { arrange, narrowest, same, strongest, under, unitOf } from "./layout.js";
import { drawLinkNumbers, linesOf, numbersOf } from "./phases.js";
import { paintStyle, STYLE } from "./style.js";
import { captionOf, HINT, linkName, NORM_HINT, partName, PHASE_TITLES, phaseSentence, SPOKEN, spokenShape, thingWords } from "./text.js";

const HEADS = 58;
const RESORT = 30; // frames between two looks at which links are the strongest
const TIP_MS = 100;
/** @implements {View} */
class Network {
  /** @type {Scene | null} */
  sceneNow = null;
  /** @type {Theme | null} */
  colours = null;
  /** @type {Plan | null} */
  plan = null;
  /** @type {Thing | null} under the pointer */
  hover = null;
  /** @type {Thing | null} */
  chosen = null;
  /** @type {Link[]} */
  drawn = [];
  age = 0; // in frames
  tipped = 0;
  /** @type {MapStrip | null} */
  strip = null;
  featureStrip = new MapStrip(FEATURES.length, SIDE);
  repaint = true;
  lineScale = 1;
  shape = "";
  phaseShown = "";
  /** @type {[number, number] | null} where the pointer is in the window */
  at = null;
  keyboard = false; // whether what is chosen was chosen by key
  sent = 0; // the version of a change that the page does not know yet

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    this.board = board;
    this.top = make("div", { class: "nn-top tools" });
    this.phase = make("p", { class: "nn-phase" });
    this.heads = make("div", { class: "nn-heads" });
    this.stage = make("div", { class: "nn-stage" }, this.heads);
    this.scroll = make("div", { class: "nn-scroll" }, this.stage);
    const panel = make("div", { class: "nn-formula" });
    this.spoken = make("p", { class: "nn-hidden", "aria-live": "polite" });
    this.root = make("div", { class: "nn" }, make("style", {}, STYLE), this.top, this.phase, this.scroll, panel, this.spoken);
    root.append(this.root);
    const height = (/** @type {number} */ width, /** @type {number} */ room) => (room < Infinity ? room : width < 560 ? 360 : Math.min(470, Math.max(390, 0.56 * width)));
    this.still = surface(this.stage, { height });
    this.live = surface(this.stage, { over: this.still });
    this.canvas = this.live.canvas;
    for (const [name, value] of Object.entries(SPOKEN)) this.canvas.setAttribute(name, value);
    this.formula = new Formula(panel, board);
    this.controls = new Controls({ top: this.top, heads: this.heads, change: (layers) => this.set({ "model.layers": layers }) });
    this.editor = new Editor(this.root, {
      slide: (index, value) => board.send("edit", { index, value }),
      edit: (index, value) => board.edit(index, value),
      closed: () => (this.keyboard ? this.canvas.focus({ preventScroll: true }) : this.choose(null)),
    });
    this.listen();
    this.off = [board.on("experiment", (message) => this.accepted(message)), board.on("refused", () => this.restoreControls())];
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener("pointermove", (event) => this.point(event));
    canvas.addEventListener("pointerleave", () => this.leave());
    leaveKeys(canvas);
    canvas.addEventListener("click", (event) => this.click(event));
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("blur", () => this.editor.open || this.choose(null));
  }

  // ---- what the board calls ---------------------------------------------------------------------------------------
  /** @param {Theme} theme */
  theme(theme) {
    this.colours = theme;
    paintStyle(this.root, theme);
    this.paintFeatures();
    this.draw();
  }

  /** @param {Scene} scene */
  scene(scene) {
    const shape = JSON.stringify([scene.blocks, scene.features, scene.facts.norms]);
    this.sceneNow = scene;
    if (shape !== this.shape) {
      Object.assign(this, { shape, hover: null, chosen: null, phaseShown: "" });
      this.editor.close();
      this.formula.show(null);
      this.leave();
    }
    this.stage.style.minWidth = `${narrowest(scene.blocks)}px`;
    this.paintFeatures();
    this.arrange();
    this.controls.caption.textContent = captionOf(scene, this.plan);
  }

  resize() {
    this.arrange();
    this.draw();
  }

  /** @param {Frame} frame */
  frame(frame) {
    if (!this.plan) return;
    this.age += 1;
    if (!this.drawn.length || (this.age % RESORT === 0 && this.drawn.length < this.plan.links.length)) {
      this.drawn = strongest(this.plan.links, frame.arrays.weights.data);
    }
    this.takeMaps(frame);
    this.draw();
    this.formula.frame(frame);
    if (this.phaseShown !== frame.phase + frame.step) this.writePhase(frame);
    const now = performance.now();
    if (this.hover && !this.editor.open && now - this.tipped > TIP_MS) this.tip(now);
  }

  alt() {
    return this.sceneNow ? spokenShape(this.sceneNow, this.board.frame?.arrays.weights?.data) : "";
  }

  destroy() {
    this.leave();
    for (const off of this.off) off();
    this.root.remove();
  }

  // ---- layout and drawing -----------------------------------------------------------------------------------------
  arrange() {
    if (!this.sceneNow) return;
    const { blocks, features, facts } = this.sceneNow;
    const width = Math.max(this.scroll.clientWidth, narrowest(blocks));
    this.still.fit(width);
    this.live.fit(width);
    this.plan = arrange({ blocks, norms: facts.norms, features, width, height: this.live.height });
    trace(this.plan);
    this.drawn = [];
    this.restoreControls();
    this.lineScale = this.plan.links.length > 900 ? 0.45 : this.plan.links.length > 150 ? 0.65 : 1;
    this.drawStill();
  }

  paintFeatures() {
    if (!this.sceneNow || !this.colours) return;
    const { limit = 6, features, arrays } = this.sceneNow;
    this.featureStrip.update(featureMaps(limit, features, arrays.input_maps), 0, FEATURES.length, this.colours.lut);
    this.drawStill();
    this.repaint = true;
  }

  /** @param {Frame} frame */
  takeMaps(frame) {
    const maps = frame.arrays.neurons;
    const [count, side] = maps.shape;
    if (!this.strip || this.strip.count !== count || this.strip.side !== side) {
      this.strip = new MapStrip(count, side);
      this.repaint = true;
    }
    if (!this.colours || (!this.repaint && !frame.fresh.has("neurons"))) return;
    this.strip.update(maps.data, 0, count, this.colours.lut); // all: several slices may have come since the last picture
    this.repaint = false;
  }

  drawStill() {
    const { plan, colours: theme, sceneNow: scene } = this;
    if (!plan || !theme || !scene) return;
    const { ctx, width, height } = this.still;
    ctx.clearRect(0, 0, width, height);
    const marked = [this.hover, this.chosen].find((thing) => thing?.kind === "feature");
    const names = scene.blocks[scene.blocks.length - 1].fan_out === 1 ? [] : Array.from({ length: scene.classes }, (_, c) => className(scene, c));
    drawStill(ctx, plan, { strip: this.featureStrip, theme, names, marked: marked ?? undefined });
  }

  draw() {
    const { plan, colours: theme, sceneNow: scene } = this;
    const { frame } = this.board;
    if (!frame?.arrays.weights || !plan || !theme || !scene) return;
    const { ctx, width, height } = this.live;
    const weights = frame.arrays.weights.data;
    const marked = this.hover ?? this.chosen;
    ctx.clearRect(0, 0, width, height);
    const going = linesOf(frame);
    const shown = going ?? { values: weights, unit: 1 };
    const link = [this.hover, this.chosen].find((thing) => thing?.kind === "link");
    drawLinks(ctx, this.drawn, { ...shown, theme, scale: this.lineScale, marked: link ?? undefined });
    drawNeurons(ctx, plan, {
      strip: this.strip, values: weights, theme, mapOf: (node) => scene.unit_at(node.layer, node.unit),
      marked: marked && (marked.kind === "neuron" || "node" in marked) ? marked : null,
    });
    const numbers = numbersOf(frame, plan);
    if (numbers) drawNumbers(ctx, plan, numbers, theme);
    if (going) drawLinkNumbers(ctx, this.drawn, going.values, theme);
  }

  /** @param {Frame} frame */
  writePhase(frame) {
    if (!this.sceneNow) return;
    this.phaseShown = frame.phase + frame.step;
    const title = PHASE_TITLES[frame.phase];
    this.phase.classList.toggle("on", Boolean(title));
    if (title) this.phase.replaceChildren(make("b", {}, title), ` ${phaseSentence(frame, this.sceneNow)}`);
    else write(this.phase, this.sceneNow.facts.norms?.length ? NORM_HINT : HINT);
  }

  // ---- pointer ----------------------------------------------------------------------------------------------------
  /** @param {PointerEvent} event */
  point(event) {
    if (!this.plan || this.editor.open) return;
    this.board.want("gradients", true);
    this.at = [event.clientX, event.clientY];
    this.hovering(under(this.plan, ...placeOn(event, this.canvas), this.drawn));
    this.tip(performance.now());
  }

  /** @param {Thing | null} thing */
  hovering(thing) {
    if (same(thing, this.hover)) return;
    this.hover = thing;
    this.canvas.style.cursor = thing ? "pointer" : "default";
    this.board.focus(thing?.kind === "neuron" ? [thing.layer, thing.unit] : null);
    this.explain(unitOf(thing) ?? this.pinned());
    this.drawStill();
    this.board.redraw();
  }

  /** The card at a neuron. @param {Unit | null} unit */
  explain(unit) {
    this.formula.show(unit);
    const node = unit && this.plan?.nodes.find((n) => n.layer === unit[0] && n.unit === unit[1]);
    if (node) this.formula.place({ ...node, x: node.x - this.scroll.scrollLeft }, { width: this.scroll.clientWidth, height: this.live.height, top: this.scroll.offsetTop + HEADS });
  }

  /** The neuron of what is chosen. @returns {Unit | null} */
  pinned() {
    return this.editor.open ? null : this.chosen?.kind === "link" ? [this.chosen.layer, this.chosen.to] : unitOf(this.chosen);
  }

  leave() {
    this.board.want("gradients", false);
    this.board.tip(null);
    if (this.hover) this.hovering(null);
  }

  /** @param {number} now */
  tip(now) {
    this.tipped = now;
    if (!this.hover || !this.at || this.hover.kind === "neuron") return this.board.tip(null); // a neuron has its card
    this.board.tip(this.at[0], this.at[1], this.words(this.hover));
  }

  /** @param {Thing} thing */
  words(thing) {
    return this.sceneNow ? thingWords(this.sceneNow, this.board.frame, thing) : "";
  }

  /** @param {MouseEvent} event */
  click(event) {
    const at = placeOn(event, this.canvas);
    const thing = this.plan && under(this.plan, ...at, this.drawn);
    this.keyboard = false;
    this.editor.close();
    if (!thing) return this.choose(null);
    this.act(thing, ...at);
  }

  /** A feature is switched, a weight or bias is opened for change, a neuron stays in the panel below. @param {Thing} thing @param {number} x @param {number} y */
  act(thing, x, y) {
    if (thing.kind === "feature") return this.toggle(thing);
    if (thing.kind === "neuron") return this.choose(thing);
    const value = this.board.frame?.arrays.weights?.data[thing.index];
    if (value === undefined || !this.sceneNow) return;
    this.board.tip(null);
    this.choose(thing);
    const name = "node" in thing ? partName(this.sceneNow, thing) : `Weight ${linkName(this.sceneNow, thing)}`;
    const top = this.scroll.offsetTop + HEADS + y + 14;
    this.editor.show({ index: thing.index, name, value, x: x - this.scroll.scrollLeft, y: top, width: this.root.clientWidth });
    this.explain(null); // one box at a time
  }

  /** @param {{name: string}} row */
  toggle(row) {
    const chosen = this.sceneNow?.features ?? [];
    const next = FEATURES.map((feature) => feature.name).filter((name) => (name === row.name) !== chosen.includes(name));
    if (!next.length) return this.board.emit("notice", { level: "info", text: "The network needs at least one feature." });
    this.set({ "model.features": next });
  }

  // ---- keyboard ---------------------------------------------------------------------------------------------------
  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.key === " ") this.board.send("play", !this.board.frame?.playing); // as everywhere on the page
    const step = event.key === " " ? {} : moved(this.plan, this.chosen, event.key);
    if (!step) return;
    event.preventDefault();
    event.stopPropagation(); // the page plays and steps with the same keys
    this.keyboard = true;
    if (step.choose !== undefined) this.choose(step.choose);
    else if (step.act) this.act(step.act, step.x ?? 0, step.y ?? 0);
  }

  /** @param {Thing | null} thing */
  choose(thing) {
    this.chosen = thing;
    const neuron = this.pinned();
    this.explain(unitOf(this.hover) ?? neuron);
    if (thing && this.canvas.matches(":focus-visible")) this.board.focus(neuron);
    this.spoken.textContent = thing ? this.words(thing).replaceAll("\n", ", ") : "";
    this.drawStill();
    this.board.redraw();
  }

  /** @param {Record<string, unknown>} changes */
  set(changes) {
    this.sent = this.board.set(changes);
  }

  /** @param {Events["experiment"]} message */
  accepted({ version, experiment }) {
    if (this.sent && version >= this.sent) {
      this.sent = 0;
      this.board.changed();
    }
    if (this.plan && experiment?.model?.layers?.length === this.plan.columns.length - 1) this.controls.take(experiment.model.layers);
  }

  restoreControls() {
    if (this.sceneNow) this.controls.take(this.board.experiment?.model.layers ?? [], this.plan);
  }
}

export default { create: (/** @type {HTMLElement} */ root, /** @type {Board} */ board) => new Network(root, board) };
