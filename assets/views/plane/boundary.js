/**
 * What the network answers all over the plane, with the points on it. The map is one small canvas that the browser
 * scales; points and axes lie on a second one that is redrawn only when they change.
 */
import { mark, paint } from "../../kit/canvas.js";
import { number } from "../../kit/numbers.js";
import { classMap, diverging, pointColour } from "../../kit/palette.js";
import { editing } from "../../kit/point_editing.js";
import { drawAxes, gutter } from "./boundary_axes.js";
import { legend, reading } from "./boundary_text.js";

const SIDE = 100;
const BANDS = { class: 2, number: 9 }; // by what is predicted
const ADDED = 1_000_000; // ids from here on are a person's own points, as in nnlab/data/points/spec.py

export default {
  needs: ["boundary"],
  create(root, board) {
    root.innerHTML = TEMPLATE;
    const plot = root.querySelector(".plot");
    const heat = root.querySelector(".heat");
    const image = new ImageData(SIDE, SIDE);
    const view = {
      root, board, plot, heat, scene: null, theme: null, hover: null, held: null, subject: null, lut: null,
      ownTests: null, pixels: new Uint32Array(image.data.buffer), image, ink: heat.getContext("2d"), thumb: null,
      flat: root.querySelector(".flat"), tests: root.querySelector(".tests"), bar: root.querySelector(".legend"),
      room: gutter(),
    };
    view.over = board.canvas(plot, { height: (width) => width - view.room.left - view.room.right + view.room.top + view.room.bottom });
    view.place = () => place(view);
    view.drawPoints = () => drawPoints(view);
    view.toPlane = (event) => toPlane(view, event);
    view.flat.onchange = () => {
      colours(view);
      board.redraw(view.api);
    };
    view.tests.onchange = () => drawPoints(view);
    const off = board.on("focus", (unit) => unit && show(view, unit));
    editing(view);
    hovering(view);
    view.api = {
      theme: (t) => ((view.theme = t), frameFor(view), colours(view), view.choices(), view.drawPoints()),
      scene: (s) => onScene(view, s),
      frame: (f) => drawMap(view, f),
      resize: () => (view.over.fit(), place(view), drawPoints(view)),
      alt: () => words(view),
      destroy: off,
    };
    place(view);
    return view.api;
  },
};

function onScene(view, scene) {
  view.scene = scene;
  const held = view.held;
  if (held) {
    held.index = scene.ids.indexOf(held.id); // the server's news is a little older than the hand
    if (held.moved && held.index >= 0) scene.points.set([held.x, held.y], 4 * held.index);
  }
  showOwnTests(view);
  frameFor(view);
  colours(view);
  view.choices();
  drawPoints(view);
}

/** A point of one's own that the lot made a test point is shown at once, or it would look as if the click had failed. */
function showOwnTests(view) {
  const { scene, board } = view;
  const before = view.ownTests;
  view.ownTests = new Set(scene.ids.filter((id, i) => id >= ADDED && scene.points[4 * i + 3] === 1));
  const gained = [...view.ownTests].filter((id) => !before?.has(id)).length;
  if (!gained) return;
  view.tests.checked = true;
  if (before) board.emit("notice", { level: "info", text: gained === 1 ? "This point tests the network, so it is hollow: the lot fell on it, and the network does not learn from it."
    : `${gained} of your points test the network, so they are hollow: the lot fell on them, and the network does not learn from them.` });
}

/** Another scene may have longer numbers and names along its axes. */
function frameFor(view) {
  const room = gutter(view.over.ctx, view.scene, view.theme);
  if (JSON.stringify(room) === JSON.stringify(view.room)) return;
  view.room = room;
  view.over.fit();
  place(view);
}

function colours(view) {
  const { theme, scene, flat } = view;
  if (!theme || !scene) return;
  const classes = scene.classes > 2 && !view.subject;
  if (!flat.checked) view.lut = classes ? theme.class_lut : theme.lut;
  else view.lut = classes ? classMap(theme, { classes: scene.classes, flat: true }) : diverging(theme, BANDS[scene.answer.kind] ?? 2);
  view.heat.classList.toggle("crisp", flat.checked);
  legend(view);
}

// ---- the map ----------------------------------------------------------------------------------------------------------
function drawMap(view, frame) {
  const map = frame.arrays.boundary;
  if (!map || !view.lut) return;
  const unit = frame.arrays.boundary_unit?.data;
  const shown = unit?.[0] >= 0 ? [...unit] : null;
  const { focused } = view.board;
  show(view, focused ?? shown);
  if (focused && String(focused) !== String(shown) && preview(view, frame)) return;
  paint(view.pixels, map.data, 0, SIDE, view.lut);
  view.ink.putImageData(view.image, 0, 0);
}

/** What the map is of, [layer, unit] or null; a neuron that another window of this run points at is named here, too. */
function show(view, subject) {
  if (String(subject) === String(view.subject)) return;
  view.subject = subject;
  const title = view.root.closest(".panel")?.querySelector(".title");
  if (title) {
    view.title ??= title.textContent;
    title.textContent = subject ? nameOf(view.scene, subject) : view.title;
  }
  colours(view);
}

/** The focused neuron's small map, until its large one has come. */
function preview(view, frame) {
  const { board, scene } = view;
  if (!board.focused) return false;
  const [layer, unit] = board.focused;
  const maps = layer === 0 ? scene.arrays.input_maps : frame.arrays.neurons;
  if (!maps) return false;
  const side = maps.shape[1];
  const at = (layer === 0 ? unit : scene.unit_at(layer, unit)) * side * side;
  if (at + side * side > maps.data.length) return false;
  if (!view.thumb || view.thumb.canvas.width !== side) {
    const canvas = new OffscreenCanvas(side, side);
    view.thumb = { canvas, ink: canvas.getContext("2d"), image: new ImageData(side, side) };
    view.thumb.pixels = new Uint32Array(view.thumb.image.data.buffer);
  }
  const { canvas, ink, image, pixels } = view.thumb;
  paint(pixels, maps.data, at, side, view.lut);
  ink.putImageData(image, 0, 0);
  view.ink.drawImage(canvas, 0, 0, SIDE, SIDE);
  return true;
}

function nameOf(scene, [layer, unit]) {
  if (layer === 0) return `Feature ${scene.features[unit] ?? unit + 1}`;
  if (layer === scene.blocks.length) return scene.blocks[layer - 1].fan_out > 1 ? `Output ${unit + 1}` : "Output neuron";
  return `Neuron ${unit + 1} of layer ${layer}`;
}

// ---- axes and points --------------------------------------------------------------------------------------------------
function place(view) {
  const { over, heat, room } = view;
  const size = over.width - room.left - room.right;
  view.size = size;
  heat.style.cssText = `left:${room.left}px;top:${room.top}px;width:${size}px;height:${size}px`;
}

const toX = (view, x) => view.room.left + ((x + view.scene.limit) / (2 * view.scene.limit)) * view.size;
const toY = (view, y) => view.room.top + ((view.scene.limit - y) / (2 * view.scene.limit)) * view.size;

/** The place of a pointer event in the plane, and on the overlay in pixels. */
function toPlane(view, event) {
  const box = view.over.canvas.getBoundingClientRect();
  const { limit } = view.scene;
  const px = event.clientX - box.left;
  const py = event.clientY - box.top;
  const x = ((px - view.room.left) / view.size) * 2 * limit - limit;
  const y = limit - ((py - view.room.top) / view.size) * 2 * limit;
  return { x, y, px, py, inside: Math.abs(x) <= limit && Math.abs(y) <= limit };
}

function drawPoints(view) {
  const { over, scene, theme } = view;
  if (!scene || !theme || !over.width) return;
  over.ctx.clearRect(0, 0, over.width, over.height);
  drawAxes(over.ctx, { scene, theme, room: view.room, size: view.size, toX: (x) => toX(view, x), toY: (y) => toY(view, y) });
  const n = scene.points.length / 4;
  const r = n > 1500 ? 2.4 : n > 700 ? 3 : Math.max(3, Math.min(4.2, view.size / 95));
  for (const test of view.tests.checked ? [1, 0] : [0]) {
    for (let i = 0; i < n; i++) if (scene.points[4 * i + 3] === test) drawPoint(view, i, r);
  }
  const at = view.held ?? view.hover;
  if (at && at.index >= 0 && at.index < n) ringed(view, at.index, r);
}

function drawPoint(view, i, r) {
  const { scene, theme } = view;
  const { ctx } = view.over;
  const label = scene.points[4 * i + 2];
  const colour = pointColour(theme, label, scene.classes);
  mark(ctx, scene.classes > 1 ? theme.marks[label % theme.marks.length] : "circle", toX(view, scene.points[4 * i]), toY(view, scene.points[4 * i + 1]), r);
  const test = scene.points[4 * i + 3] === 1;
  ctx.fillStyle = test ? theme.background : colour;
  ctx.fill();
  ctx.lineWidth = test ? 1.8 : 0.9;
  ctx.strokeStyle = test ? colour : scene.classes > 1 ? theme.halo : theme.faint; // a target near 0 has the colour of the map
  ctx.stroke();
}

function ringed(view, i, r) {
  const { ctx } = view.over;
  ctx.beginPath();
  ctx.arc(toX(view, view.scene.points[4 * i]), toY(view, view.scene.points[4 * i + 1]), r + 4, 0, 2 * Math.PI);
  ctx.lineWidth = 2;
  ctx.strokeStyle = view.theme.text;
  ctx.stroke();
}

// ---- reading ----------------------------------------------------------------------------------------------------------
function hovering(view) {
  const { over, board } = view;
  over.canvas.addEventListener("pointermove", (event) => {
    if (!view.scene || view.held) return;
    const at = view.toPlane(event);
    if (at.inside) board.pointed = [at.x, at.y]; // where the network view reads a neuron's numbers
    const index = at.inside ? nearest(view, at) : -1;
    if (index !== (view.hover?.index ?? -1)) {
      view.hover = index >= 0 ? { index } : null;
      drawPoints(view);
    }
    board.tip(at.inside ? event.clientX : null, event.clientY, at.inside ? reading(view, at, index) : "");
  });
  over.canvas.addEventListener("pointerleave", () => {
    view.hover = null;
    board.tip(null);
    drawPoints(view);
  });
  view.nearest = (at) => nearest(view, at);
}

/** The visible point within 12 pixels, or -1. */
function nearest(view, { px, py }) {
  const { points } = view.scene;
  let best = 12;
  let found = -1;
  for (let i = 0; i < points.length / 4; i++) {
    if (points[4 * i + 3] === 1 && !view.tests.checked) continue;
    const d = Math.hypot(toX(view, points[4 * i]) - px, toY(view, points[4 * i + 1]) - py);
    if (d < best) [best, found] = [d, i];
  }
  return found;
}

function words(view) {
  const { scene, board } = view;
  if (!scene) return "";
  const n = scene.points.length / 4;
  let test = 0;
  for (let i = 0; i < n; i++) test += scene.points[4 * i + 3];
  const m = board.frame?.metrics ?? {};
  const good = m.test_accuracy === null || m.test_accuracy === undefined ? `test loss ${number(m.test_loss, 3)}` : `${(100 * m.test_accuracy).toFixed(1)} % of the test points right`;
  return `Heat map of the output over the plane with ${n - test} training and ${test} test points; ${good} at epoch ${board.frame?.epoch ?? 0}.`;
}

const TEMPLATE = `
<div class="tools">
  <label><input type="checkbox" class="flat">Discretise</label>
  <label><input type="checkbox" class="tests">Test points<i class="hollow" title="Test points are hollow"></i></label>
  <span class="modes" role="group" aria-label="Edit the points"></span>
</div>
<div class="plot"><canvas class="heat" width="100" height="100" aria-hidden="true"></canvas></div>
<div class="legend" aria-hidden="true"></div>`;
