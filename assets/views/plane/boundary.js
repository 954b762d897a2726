/**
 * What the network answers all over the plane, with the points on it. The map is one small canvas that the browser
 * scales; points and axes lie on a second one that is redrawn only when they change.
 *
 * @import { Place } from "../../kit/square.js"
 * @import { Board, Frame, Lut, Scene, Theme, Unit, View } from "../../kit/types.d.ts"
 */
import { remember, remembered } from "../../kit/choices.js";
import { found } from "../../kit/dom.js";
import { MapStrip } from "../../kit/maps.js";
import { number, tickText, ticks } from "../../kit/numbers.js";
import { classMap, diverging } from "../../kit/palette.js";
import { PointEditing } from "../../kit/point_editing.js";
import { axisName, PointPlane } from "../../kit/points.js";
import { legend, reading } from "./boundary_text.js";

const SIDE = 100;
const KEY = "view.boundary";
const USUAL = { flat: false, tests: false };
/** @type {Record<string, number>} by what is predicted */
const BANDS = { class: 2, number: 9 };
const ADDED = 1_000_000; // ids from here on are a person's own points, as in nnlab/data/points/spec.py

/** @implements {View} */
export class Boundary {
  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    root.innerHTML = TEMPLATE;
    this.root = root;
    this.board = board;
    this.heat = found(root, ".heat", HTMLCanvasElement);
    this.ink = /** @type {CanvasRenderingContext2D} */ (this.heat.getContext("2d"));
    this.flat = found(root, ".flat", HTMLInputElement);
    this.tests = found(root, ".tests", HTMLInputElement);
    [this.flat.checked, this.tests.checked] = Object.values(remembered(KEY, USUAL));
    this.map = new MapStrip(1, SIDE);
    /** @type {MapStrip | null} of the focused neuron */
    this.thumb = null;
    /** @type {Unit | null} what the map is of; null: the network's answer */
    this.subject = null;
    /** @type {Lut | null} */
    this.lut = null;
    /** @type {Set<number> | null} */
    this.ownTests = null;
    /** @type {string | null | undefined} of the panel, while it says which neuron is shown */
    this.title = undefined;
    /** @type {string[]} of the axes */
    this.names = [];
    /** @type {[[number, string][], [number, string][]]} */
    this.marks = [[], []];
    this.plane = new PointPlane(found(root, ".plot"), board, {
      redraw: () => this.draw(), words: (at, index) => this.words(at, index), sees: (i) => this.tests.checked || !this.plane.scene?.points[4 * i + 3],
    });
    this.editing = new PointEditing(root, this.plane);
    const keep = () => remember(board, KEY, { flat: this.flat.checked, tests: this.tests.checked }, USUAL);
    this.flat.onchange = () => {
      keep();
      this.colour();
      board.redraw(this);
    };
    this.tests.onchange = () => {
      keep();
      this.draw();
    };
    this.off = board.on("focus", (unit) => {
      board.option("boundary", "focus", unit ?? undefined);
      if (unit) this.show(unit);
    });
  }

  /** @param {Theme} theme */
  theme(theme) {
    this.plane.theme = theme;
    this.arrange();
  }

  /** @param {Scene} scene */
  scene(scene) {
    this.plane.take(scene);
    this.showOwnTests(scene);
    this.arrange();
  }

  resize() {
    this.plane.fit();
    this.place();
    this.draw();
  }

  destroy() {
    this.off();
  }

  /** Another scene may have longer numbers and names along its axes, and other classes. */
  arrange() {
    const { scene, theme } = this.plane;
    if (!scene || !theme) return;
    this.names = [0, 1].map((axis) => axisName(scene, axis));
    this.marks = [marksOf(scene, 0), marksOf(scene, 1)];
    this.plane.makeRoom(theme, { names: this.names, digits: this.marks[1].map(([, text]) => text) });
    this.place();
    this.colour();
    this.editing.choices();
    this.draw();
  }

  place() {
    const { room, size } = this.plane;
    this.heat.style.cssText = `left:${this.plane.surface.canvas.offsetLeft + room.left}px;top:${room.top}px;width:${size}px;height:${size}px`;
  }

  /** A point of one's own that the lot made a test point is shown at once, or it would look as if the click had failed. @param {Scene} scene */
  showOwnTests(scene) {
    const before = this.ownTests;
    this.ownTests = new Set(scene.ids.filter((id, i) => id >= ADDED && scene.points[4 * i + 3] === 1));
    const gained = [...this.ownTests].filter((id) => !before?.has(id)).length;
    if (!gained) return;
    this.tests.checked = true;
    if (before) this.board.emit("notice", { level: "info", text: gained === 1 ? "This point is hollow: it was drawn at random for the test set, so the network does not learn from it."
      : `${gained} of your points are hollow: they were drawn at random for the test set, so the network does not learn from them.` });
  }

  colour() {
    const { scene, theme } = this.plane;
    if (!theme || !scene) return;
    const classes = scene.classes > 2 && !this.subject;
    const flat = this.flat.checked;
    if (classes) this.lut = classMap(theme, { classes: scene.classes, flat });
    else this.lut = flat ? diverging(theme, BANDS[scene.answer.kind] ?? 2) : theme.lut;
    this.heat.classList.toggle("crisp", this.flat.checked);
    legend(found(this.root, ".legend"), scene, theme, { lut: this.lut, subject: this.subject });
  }

  // ---- the map --------------------------------------------------------------------------------------------------------
  /** @param {Frame} frame */
  frame(frame) {
    const map = frame.arrays.boundary;
    if (!map || !this.lut) return;
    const [layer, unit] = frame.arrays.boundary_unit?.data ?? [-1, -1];
    /** @type {Unit | null} */
    const shown = layer >= 0 ? [layer, unit] : null;
    const { focused } = this.board;
    this.show(focused ?? shown);
    if (focused && String(focused) !== String(shown) && this.preview(frame, focused)) return;
    this.map.update(map.data, 0, 1, this.lut);
    this.map.draw(this.ink, 0, SIDE / 2, SIDE / 2, SIDE);
  }

  /** What the map is of; a neuron that another window of this run points at is named here, too. @param {Unit | null} subject */
  show(subject) {
    if (String(subject) === String(this.subject)) return;
    this.subject = subject;
    const title = this.root.closest(".panel")?.querySelector(".title");
    if (title && this.plane.scene) {
      this.title ??= title.textContent;
      title.textContent = subject ? nameOf(this.plane.scene, subject) : this.title;
    }
    this.colour();
  }

  /** The focused neuron's small map, until its large one has come. @param {Frame} frame @param {Unit} unit */
  preview(frame, [layer, unit]) {
    const { scene } = this.plane;
    const maps = layer === 0 ? scene?.arrays.input_maps : frame.arrays.neurons;
    if (!scene || !maps || !this.lut) return false;
    const side = maps.shape[1];
    const at = (layer === 0 ? unit : scene.unit_at(layer, unit)) * side * side;
    if (at + side * side > maps.data.length) return false;
    if (this.thumb?.side !== side) this.thumb = new MapStrip(1, side);
    this.thumb.update(maps.data.subarray(at), 0, 1, this.lut);
    this.thumb.draw(this.ink, 0, SIDE / 2, SIDE / 2, SIDE);
    return true;
  }

  // ---- axes and points ------------------------------------------------------------------------------------------------
  draw() {
    const { scene, theme, surface, size } = this.plane;
    if (!scene || !theme || !surface.width) return;
    this.plane.frame(theme, { names: this.names, marks: this.marks });
    const n = scene.points.length / 4;
    this.plane.drawPoints(n > 1500 ? 2.4 : n > 700 ? 3 : Math.max(3, Math.min(4.2, size / 95)));
  }

  /** @param {Place} at @param {number} index */
  words(at, index) {
    const { scene } = this.plane;
    return scene ? reading(scene, at, index, { map: this.board.frame?.arrays.boundary, subject: this.subject }) : "";
  }

  alt() {
    const { scene } = this.plane;
    if (!scene) return "";
    const n = scene.points.length / 4;
    let test = 0;
    for (let i = 0; i < n; i++) test += scene.points[4 * i + 3];
    const m = this.board.frame?.metrics ?? {};
    const good = m.test_accuracy === null || m.test_accuracy === undefined ? `test loss ${number(m.test_loss, 3)}` : `${(100 * m.test_accuracy).toFixed(1)} % of the test points right`;
    return `Heat map of the output over the plane with ${n - test} training and ${test} test points; ${good} at epoch ${this.board.frame?.epoch ?? 0}.`;
  }
}

/** Round numbers in the units of the data, at their places in the plane. @param {Scene} scene @param {number} axis @returns {[number, string][]} */
function marksOf(scene, axis) {
  const [offset, factor] = scene.axis_scales?.[axis] ?? [0, 1];
  return ticks(offset - factor * scene.limit, offset + factor * scene.limit, 5).map((v) => [(v - offset) / factor, tickText(v)]);
}

/** @param {Scene} scene @param {Unit} unit */
function nameOf(scene, [layer, unit]) {
  if (layer === 0) return `Feature ${scene.features[unit] ?? unit + 1}`;
  if (layer === scene.blocks.length) return scene.blocks[layer - 1].fan_out > 1 ? `Output ${unit + 1}` : "Output neuron";
  return `Neuron ${unit + 1} of layer ${layer}`;
}

const TEMPLATE = `
<div class="tools">
  <label><input type="checkbox" class="flat">Discretise</label>
  <label><input type="checkbox" class="tests">Test points<i class="hollow" title="Test points are hollow"></i></label>
  <span class="modes" role="group" aria-label="Edit the points"></span>
</div>
<div class="plot"><canvas class="heat" width="100" height="100" aria-hidden="true"></canvas></div>
<div class="legend" aria-hidden="true"></div>`;

export default { create: (/** @type {HTMLElement} */ root, /** @type {Board} */ board) => new Boundary(root, board) };
