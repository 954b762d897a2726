/** The points of the data: what a class is called, and a small picture of its mark. */
import { mark } from "./canvas.js";
import { make } from "./dom.js";
import { pointColour } from "./palette.js";

export const className = (scene, label) => scene.class_names?.[label] ?? `class ${label}`;

export function swatch(theme, scene, label) {
  const box = document.createElement("span");
  box.className = "swatch";
  const canvas = Object.assign(document.createElement("canvas"), { width: 28, height: 28 });
  const ctx = canvas.getContext("2d");
  mark(ctx, theme.marks[label % theme.marks.length], 14, 14, 9);
  ctx.fillStyle = pointColour(theme, label, scene.classes);
  ctx.fill();
  const name = make("span", {}, className(scene, label));
  name.title = name.textContent; // a long one is cut with an ellipsis
  box.append(canvas, name);
  return box;
}
