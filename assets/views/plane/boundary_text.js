/**
 * The words and the legend of the output map: values under the pointer, colours and marks of the classes.
 *
 * @import { Place } from "../../kit/square.js"
 * @import { Lut, Named, Scene, Theme, Unit } from "../../kit/types.d.ts"
 */
import { make } from "../../kit/dom.js";
import { number, tickText } from "../../kit/numbers.js";
import { shadesOf } from "../../kit/palette.js";
import { axisName, className, real, swatch } from "../../kit/points.js";

const SIDE = 100;
const BOUNDED = new Set(["tanh", "sigmoid", "sine"]); // others are shown on a scale of their own, see analysis/units.py

/**
 * "x 1.20, y −3.0 / Output 0.83, class B / Point: class B, training"
 * @param {Scene} scene @param {Place} at @param {number} index of the point there, or -1 @param {{map?: Named, subject: Unit | null}} shown
 */
export function reading(scene, at, index, shown) {
  const lines = [[0, 1].map((axis) => `${axisName(scene, axis)} ${coordinate(scene, axis, axis ? at.y : at.x)}`).join(", ")];
  if (shown.map) lines.push(answer(scene, at, shown.map, shown.subject));
  if (index >= 0) {
    const label = scene.points[4 * index + 2];
    const kind = scene.points[4 * index + 3] === 1 ? "Test" : "Training";
    lines.push(`${kind} point: ${scene.numbers ? number(target(scene, label), 3) : className(scene, label)}`);
  }
  return lines.join("\n");
}

/** As many digits as tell neighbouring pixels apart, whatever the unit. @param {Scene} scene @param {number} axis @param {number} value */
function coordinate(scene, axis, value) {
  const span = Math.abs(real(scene, axis, scene.limit) - real(scene, axis, -scene.limit));
  const decimals = Math.max(0, Math.min(12, 3 - Math.floor(Math.log10(span || 1))));
  return real(scene, axis, value).toFixed(decimals).replace("-", "−");
}

/** @param {Scene} scene @param {Place} at @param {Named} map @param {Unit | null} subject */
function answer(scene, at, map, subject) {
  const cell = (/** @type {number} */ v) => Math.min(SIDE - 1, Math.floor(((v + scene.limit) / (2 * scene.limit)) * SIDE));
  const byte = map.data[cell(at.y) * SIDE + cell(at.x)];
  if (scene.classes > 2 && !subject) {
    const shades = shadesOf(scene.classes);
    const sure = 1 / scene.classes + ((byte % shades) / (shades - 1)) * (1 - 1 / scene.classes);
    return `${className(scene, Math.floor(byte / shades))}, probability ${sure.toFixed(2)}`;
  }
  const value = (map.low ?? -1) + ((map.high ?? 1) - (map.low ?? -1)) * (byte / 255);
  if (subject) return bounded(scene, subject) ? `Activation ${number(value, 2)}` : `${number(value, 2)} of its largest activations`;
  if (scene.numbers) return `Prediction ${number(target(scene, value), 3)}`;
  return `Output ${value.toFixed(2).replace("-", "−")}, ${className(scene, value > 0 ? 1 : 0)}`;
}

/** @param {Scene} scene @param {Unit} unit */
const bounded = (scene, [layer]) => BOUNDED.has(scene.blocks[layer - 1]?.activation);
/** @param {Scene} scene @param {number} value */
const target = ({ target_scale: [offset, factor] = [0, 1] }, value) => offset + factor * value;

/**
 * Colour bar with its ends for one output; marks with names for several classes.
 * @param {HTMLElement} bar @param {Scene} scene @param {Theme} theme @param {{lut: Lut, subject: Unit | null}} shown
 */
export function legend(bar, scene, theme, { lut, subject }) {
  if (scene.classes > 2 && !subject) return bar.replaceChildren(...Array.from({ length: scene.classes }, (_, c) => swatch(theme, scene, c)));
  const regression = scene.numbers ? [-1, 1].map((v) => tickText(Number(target(scene, v).toPrecision(3)))) : null;
  const ends = subject ? (bounded(scene, subject) ? ["−1", "1"] : ["negative", "positive"]) : regression;
  const [low, high] = ends ? ends.map((text) => make("span", {}, text)) : [0, 1].map((c) => swatch(theme, scene, c));
  bar.replaceChildren(low, ramp(lut), high);
}

/** @param {Lut} lut */
function ramp(lut) {
  const canvas = make("canvas", { width: 256, height: 1, class: "ramp" });
  const image = new ImageData(256, 1);
  new Uint32Array(image.data.buffer).set(lut);
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas;
}
