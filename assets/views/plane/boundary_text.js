/** The words and the legend of the output map: values under the pointer, colours and marks of the classes. */
import { make } from "../../kit/dom.js";
import { number, tickText } from "../../kit/numbers.js";
import { shadesOf } from "../../kit/palette.js";
import { className, swatch } from "../../kit/points.js";

const SIDE = 100;
const BOUNDED = new Set(["tanh", "sigmoid", "sine"]); // others are shown on a scale of their own, see analysis/units.py

/** "x 1.20, y −3.0 / Output 0.83, class B / Point: class B, training" */
export function reading(view, at, index) {
  const { scene } = view;
  const lines = [[0, 1].map((axis) => `${scene.axis_names?.[axis] ?? "xy"[axis]} ${coordinate(scene, axis, axis ? at.y : at.x)}`).join(", ")];
  const value = answer(view, at);
  if (value) lines.push(value);
  if (index >= 0) {
    const label = scene.points[4 * index + 2];
    const kind = scene.points[4 * index + 3] === 1 ? "test" : "training";
    lines.push(`${kind[0].toUpperCase()}${kind.slice(1)} point: ${scene.numbers ? number(target(scene, label), 3) : className(scene, label)}`);
  }
  return lines.join("\n");
}

/** As many digits as tell neighbouring pixels apart, whatever the unit. */
function coordinate(scene, axis, value) {
  const span = 2 * scene.limit * Math.abs(scene.axis_scales?.[axis]?.[1] ?? 1);
  const decimals = Math.max(0, Math.min(12, 3 - Math.floor(Math.log10(span || 1))));
  return real(scene, axis, value).toFixed(decimals).replace("-", "−");
}

function answer(view, at) {
  const { board, scene, subject } = view;
  const map = board.frame?.arrays.boundary;
  if (!map) return "";
  const column = Math.min(SIDE - 1, Math.floor(((at.x + scene.limit) / (2 * scene.limit)) * SIDE));
  const row = Math.min(SIDE - 1, Math.floor(((at.y + scene.limit) / (2 * scene.limit)) * SIDE));
  const byte = map.data[row * SIDE + column];
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

const bounded = (scene, [layer]) => BOUNDED.has(scene.blocks[layer - 1]?.activation);
const scaled = ([offset, factor], value) => offset + factor * value;
const real = (scene, axis, value) => scaled(scene.axis_scales?.[axis] ?? [0, 1], value);
const target = (scene, value) => scaled(scene.target_scale ?? [0, 1], value);

/** Colour bar with its ends for one output; marks with names for several classes. */
export function legend(view) {
  const { bar, scene, theme, subject } = view;
  bar.replaceChildren();
  if (scene.classes > 2 && !subject) {
    for (let c = 0; c < scene.classes; c++) bar.append(swatch(theme, scene, c));
    return;
  }
  const ends = subject ? (bounded(scene, subject) ? ["−1", "1"] : ["negative", "positive"]) : scene.numbers ? [-1, 1].map((v) => tickText(Number(target(scene, v).toPrecision(3)))) : null;
  bar.append(ends ? make("span", {}, ends[0]) : swatch(theme, scene, 0), ramp(view), ends ? make("span", {}, ends[1]) : swatch(theme, scene, 1));
}

function ramp(view) {
  const canvas = Object.assign(document.createElement("canvas"), { width: 256, height: 1, className: "ramp" });
  const image = new ImageData(256, 1);
  new Uint32Array(image.data.buffer).set(view.lut);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}
