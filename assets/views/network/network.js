// The network diagram: features, neurons with their maps, every weight and bias; hover for numbers, click to change one.
import { surface } from "../../kit/canvas.js";
import { make } from "../../kit/dom.js";
import { featureMap, FEATURES, SIDE } from "../../kit/features.js";
import { figure } from "../../kit/numbers.js";
import { Controls } from "./controls.js";
import { drawLinks, drawNeurons, drawNumbers, drawStill, MapStrip, trace } from "./draw.js";
import { Editor } from "./editor.js";
import { Formula } from "./formula.js";
import { moved } from "./keys.js";
import { arrange, narrowest, strongest, under } from "./layout.js";
import { drawLinkNumbers, linesOf, numbersOf } from "./phases.js";
import { paintStyle, STYLE } from "./style.js";
import { linkName, partName, PHASE_TITLES, phaseSentence, thousands, unitName } from "./text.js";

const HEADS = 58;
const RESORT = 30; // frames between two looks at which links are the strongest
const TIP_MS = 100;
const HINT = "Hover for numbers. Click a line or a small square (bias) to change it, a feature to switch it.";
const NORM_HINT = "Hover for numbers. Click to change lines, biases (left squares), gains (discs), shifts (right squares), features.";

class Network {
  constructor(root, board) {
    Object.assign(this, { board, plan: null, hover: null, chosen: null, drawn: [], age: 0, tipped: 0, strip: null });
    this.build(root);
    this.formula = new Formula(this.panel, board);
    this.controls = new Controls({ top: this.top, heads: this.heads, change: (layers) => this.set({ "model.layers": layers }) });
    this.editor = new Editor(this.root, {
      slide: (index, value) => board.send("edit", { index, value }),
      edit: (index, value) => board.edit(index, value),
      closed: () => (this.keyboard ? this.canvas.focus({ preventScroll: true }) : this.choose(null)),
    });
    this.listen();
    this.off = [board.on("experiment", (message) => this.accepted(message)), board.on("refused", () => this.restoreControls())];
  }

  build(root) {
    this.top = make("div", { class: "nn-top" });
    this.phase = make("p", { class: "nn-phase" });
    this.heads = make("div", { class: "nn-heads" });
    this.stage = make("div", { class: "nn-stage" }, this.heads);
    this.scroll = make("div", { class: "nn-scroll" }, this.stage);
    this.panel = make("div", { class: "nn-formula" });
    this.spoken = make("p", { class: "nn-hidden", "aria-live": "polite" });
    this.root = make("div", { class: "nn" }, make("style", {}, STYLE), this.top, this.phase, this.scroll, this.panel, this.spoken);
    root.append(this.root);
    const height = (width) => (width < 560 ? 360 : Math.min(470, Math.max(390, 0.56 * width)));
    this.still = surface(this.stage, { height });
    this.live = surface(this.stage, { height });
    this.canvas = this.live.canvas;
    for (const [name, value] of Object.entries({
      tabindex: 0, "data-keys": "", role: "application", "aria-roledescription": "network diagram",
      "aria-label": "Network. Arrow keys choose a neuron, comma and full stop one of its weights, Enter changes it, B its bias, G and S gain and shift of its norm.",
    })) this.canvas.setAttribute(name, value);
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener("pointermove", (event) => this.point(event));
    canvas.addEventListener("pointerleave", () => this.leave());
    canvas.addEventListener("mousedown", (event) => event.preventDefault()); // the mouse leaves the keyboard to the player
    canvas.addEventListener("click", (event) => this.click(event));
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("blur", () => this.editor.open || this.choose(null));
  }

  // ---- what the board calls ---------------------------------------------------------------------------------------
  theme(theme) {
    this.colours = theme;
    paintStyle(this.root, theme);
    if (this.sceneNow) this.paintFeatures();
    this.draw();
  }

  scene(scene) {
    const shape = JSON.stringify([scene.blocks, scene.features, scene.facts.norms]);
    this.sceneNow = scene;
    if (shape !== this.shape) {
      Object.assign(this, { shape, hover: null, chosen: null, phaseShown: null });
      this.editor.close();
      this.formula.show(null);
      this.leave();
    }
    this.root.classList.toggle("normed", Boolean(scene.facts.norms?.length));
    this.stage.style.minWidth = `${narrowest(scene.blocks)}px`;
    this.paintFeatures();
    this.arrange();
    this.controls.take(this.board.experiment.model.layers ?? [], this.plan);
    this.caption();
  }

  resize() {
    if (!this.sceneNow) return;
    this.arrange();
    this.controls.take(this.board.experiment.model.layers ?? [], this.plan);
    this.draw();
  }

  frame(frame) {
    this.age += 1;
    const weights = frame.arrays.weights.data;
    if (!this.drawn.length || (this.age % RESORT === 0 && this.drawn.length < this.plan.links.length)) {
      this.drawn = strongest(this.plan.links, weights);
    }
    this.takeMaps(frame);
    this.draw();
    this.formula.frame(frame);
    if (this.phaseShown !== frame.phase + frame.step) this.writePhase(frame);
    const now = performance.now();
    if (this.hover && now - this.tipped > TIP_MS) this.tip(now);
  }

  alt() {
    const blocks = this.sceneNow.blocks;
    const shape = [this.sceneNow.features.length, ...blocks.map((block) => block.fan_out)].join("–");
    const weights = this.board.frame?.arrays.weights?.data;
    const largest = weights ? `; largest weight ${figure(weights.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0))}` : "";
    return `Network ${shape}, ${this.sceneNow.facts.parameters} parameters${largest}.`;
  }

  destroy() {
    this.leave();
    this.off.forEach((off) => off());
    this.root.remove();
  }

  // ---- layout and drawing -----------------------------------------------------------------------------------------
  arrange() {
    const width = Math.max(this.scroll.clientWidth, narrowest(this.sceneNow.blocks));
    this.still.fit(width);
    this.live.fit(width);
    this.plan = arrange({ blocks: this.sceneNow.blocks, norms: this.sceneNow.facts.norms, features: this.sceneNow.features, width, height: this.live.height });
    trace(this.plan);
    this.drawn = [];
    this.lineScale = this.plan.links.length > 900 ? 0.45 : this.plan.links.length > 150 ? 0.65 : 1;
    this.drawStill();
  }

  paintFeatures() {
    const limit = this.sceneNow.limit ?? 6;
    this.featureStrip = new MapStrip(FEATURES.length, SIDE);
    const bytes = new Uint8Array(FEATURES.length * SIDE * SIDE);
    const given = this.sceneNow.arrays.input_maps;
    FEATURES.forEach((feature, i) => {
      const at = this.sceneNow.features.indexOf(feature.name);
      const fits = at >= 0 && given?.shape[1] === SIDE && at < given.shape[0];
      bytes.set(fits ? given.data.subarray(at * SIDE * SIDE, (at + 1) * SIDE * SIDE) : featureMap(feature, limit), i * SIDE * SIDE);
    });
    this.featureStrip.update(bytes, 0, FEATURES.length, this.colours.lut);
    if (this.plan) this.drawStill();
    this.repaint = true;
  }

  takeMaps(frame) {
    const maps = frame.arrays.neurons;
    const [count, side] = maps.shape;
    if (!this.strip || this.strip.count !== count || this.strip.side !== side) {
      this.strip = new MapStrip(count, side);
      this.repaint = true;
    }
    if (!this.repaint && !frame.fresh.has("neurons")) return;
    this.strip.update(maps.data, 0, count, this.colours.lut); // all: several slices may have come since the last picture
    this.repaint = false;
  }

  drawStill() {
    const { ctx, width, height } = this.still;
    ctx.clearRect(0, 0, width, height);
    const marked = [this.hover, this.chosen].find((thing) => thing?.kind === "feature");
    drawStill(ctx, this.plan, { strip: this.featureStrip, theme: this.colours, names: this.outputNames(), marked });
  }

  outputNames() {
    const scene = this.sceneNow;
    if (scene.blocks.at(-1).fan_out === 1) return [];
    return (scene.class_names?.length ? scene.class_names : scene.blocks.at(-1).fan_out > 1 ? [...Array(scene.classes).keys()].map((c) => `class ${c}`) : []);
  }

  draw() {
    const frame = this.board.frame;
    if (!frame?.arrays.weights || !this.plan || !this.colours) return;
    const { ctx, width, height } = this.live;
    const weights = frame.arrays.weights.data;
    const theme = this.colours;
    const marked = this.hover ?? this.chosen;
    ctx.clearRect(0, 0, width, height);
    const going = linesOf(frame);
    const shown = going ?? { values: weights, unit: 1 };
    const link = [this.hover, this.chosen].find((thing) => thing?.kind === "link");
    drawLinks(ctx, this.drawn, { ...shown, theme, scale: this.lineScale, marked: link });
    drawNeurons(ctx, this.plan, {
      strip: this.strip, values: weights, theme, mapOf: (node) => this.sceneNow.unit_at(node.layer, node.unit),
      marked: marked?.kind === "neuron" || marked?.node ? marked : null,
    });
    const numbers = numbersOf(frame, this.plan);
    if (numbers) drawNumbers(ctx, this.plan, numbers, theme);
    if (going) drawLinkNumbers(ctx, this.drawn, going.values, theme);
  }

  caption() {
    const { facts, blocks } = this.sceneNow;
    const links = this.plan.links.length;
    const discs = this.plan.columns.some((column) => column.discs) ? " · discs show the bias: no room for maps" : "";
    const most = links > 1500 ? ` · the 1,500 strongest of ${thousands(links)} weights` : "";
    const flops = facts.flops === undefined ? "" : ` · ${thousands(facts.flops)} operations a step`;
    this.controls.caption.textContent = `${thousands(facts.parameters ?? count(blocks))} parameters${flops}${most}${discs}`;
  }

  writePhase(frame) {
    this.phaseShown = frame.phase + frame.step;
    const title = PHASE_TITLES[frame.phase];
    this.phase.classList.toggle("on", Boolean(title));
    const hint = this.sceneNow.facts.norms?.length ? NORM_HINT : HINT;
    // The same words written again would have the browser lay the page out sixty times a second.
    if (!title && this.phase.textContent !== hint) this.phase.textContent = hint;
    if (title) this.phase.replaceChildren(make("b", {}, title), ` ${phaseSentence(frame, this.sceneNow)}`);
  }

  // ---- pointer ----------------------------------------------------------------------------------------------------
  point(event) {
    if (!this.plan || this.editor.open) return;
    this.board.want("gradients", true);
    this.at = [event.clientX, event.clientY];
    this.hovering(under(this.plan, event.offsetX, event.offsetY, this.drawn));
    this.tip(performance.now());
  }

  hovering(thing) {
    if (same(thing, this.hover)) return;
    this.hover = thing;
    this.canvas.style.cursor = thing ? "pointer" : "default";
    const neuron = thing?.kind === "neuron" || thing?.node ? [thing.layer, thing.unit] : null;
    this.board.focus(thing?.kind === "neuron" ? neuron : null);
    this.formula.show(neuron ?? this.pinned());
    this.drawStill();
    this.board.redraw();
  }

  pinned() {
    const thing = this.chosen;
    return thing?.kind === "neuron" || thing?.node ? [thing.layer, thing.unit] : thing?.kind === "link" ? [thing.layer, thing.to] : null;
  }

  leave() {
    this.board.want("gradients", false);
    this.board.tip(null);
    if (this.hover) this.hovering(null);
  }

  tip(now) {
    this.tipped = now;
    if (!this.hover || !this.at) return this.board.tip(null);
    this.board.tip(this.at[0], this.at[1], this.words(this.hover));
  }

  words(thing) {
    const { arrays, phase } = this.board.frame ?? { arrays: {} };
    if (thing.kind === "feature") return `${thing.sign}\n${thing.active ? "Click to take it away" : "Click to use it"}`;
    if (thing.kind === "neuron") return unitName(this.sceneNow, thing.layer, thing.unit).replace(/^./, (c) => c.toUpperCase());
    const name = thing.node ? partName(this.sceneNow, thing) : linkName(this.sceneNow, thing);
    const lines = [name, `${thing.node ? "value" : "weight"} ${figure(arrays.weights?.data[thing.index])}`];
    const slope = phase === "backward" || phase === "update" ? arrays.grad : arrays.gradients;
    if (slope) lines.push(`gradient ${figure(slope.data[thing.index])}`);
    if (phase === "update" && arrays.delta) lines.push(`change ${figure(arrays.delta.data[thing.index])}`);
    return lines.join("\n");
  }

  click(event) {
    const thing = under(this.plan, event.offsetX, event.offsetY, this.drawn);
    this.keyboard = false;
    this.editor.close();
    if (!thing) return this.choose(null);
    this.act(thing, event.offsetX, event.offsetY);
  }

  /** A feature is switched, a weight or bias is opened for change, a neuron is kept in the panel below. */
  act(thing, x, y) {
    if (thing.kind === "feature") return this.toggle(thing);
    if (thing.kind === "neuron") return this.choose(thing);
    const value = this.board.frame.arrays.weights.data[thing.index];
    this.board.tip(null);
    this.choose(thing);
    const name = thing.node ? partName(this.sceneNow, thing) : `Weight ${linkName(this.sceneNow, thing)}`;
    const top = this.scroll.offsetTop + HEADS + y + 14;
    this.editor.show({ index: thing.index, name, value, x: x - this.scroll.scrollLeft, y: top, width: this.root.clientWidth });
  }

  toggle(row) {
    const chosen = this.sceneNow.features;
    const next = FEATURES.map((feature) => feature.name).filter((name) => (name === row.name) !== chosen.includes(name));
    if (!next.length) return this.board.emit("notice", { level: "info", text: "The network needs at least one feature." });
    this.set({ "model.features": next });
  }

  // ---- keyboard ---------------------------------------------------------------------------------------------------
  key(event) {
    if (event.key === " ") this.board.send("play", !this.board.frame?.playing); // as everywhere on the page
    const step = event.key === " " ? {} : moved(this.plan, this.chosen, event.key);
    if (!step) return;
    event.preventDefault();
    event.stopPropagation(); // the page plays and steps with the same keys
    this.keyboard = true;
    if (step.choose !== undefined) this.choose(step.choose);
    else if (step.act) this.act(step.act, step.x, step.y);
  }

  choose(thing) {
    this.chosen = thing;
    const neuron = this.pinned();
    const over = this.hover?.kind === "neuron" || this.hover?.node ? [this.hover.layer, this.hover.unit] : null;
    this.formula.show(over ?? neuron);
    if (thing && this.canvas.matches(":focus-visible")) this.board.focus(neuron);
    this.spoken.textContent = thing ? this.words(thing).replaceAll("\n", ", ") : "";
    if (this.plan) this.drawStill();
    this.board.redraw();
  }

  // ---- changes ----------------------------------------------------------------------------------------------------
  set(changes) {
    this.asked = this.board.set(changes);
  }

  accepted(message) {
    if (this.asked && message.version >= this.asked) {
      this.asked = 0;
      this.board.changed();
    }
    if (message.experiment?.model?.layers?.length === this.plan?.columns.length - 1) this.controls.take(message.experiment.model.layers);
  }

  restoreControls() {
    if (this.sceneNow) this.controls.take(this.board.experiment.model.layers ?? []);
  }
}

function same(a, b) {
  return a === b || (a && b && a.kind === b.kind && a.layer === b.layer && a.unit === b.unit && a.index === b.index && a.name === b.name);
}

function count(blocks) {
  return blocks.reduce((sum, block) => sum + block.fan_out * (block.fan_in + 1), 0);
}

export default {
  needs: ["weights", "neurons"],
  create: (root, board) => new Network(root, board),
};
