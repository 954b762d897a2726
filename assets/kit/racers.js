/**
 * How racers look: a colour each, and by its place in the list a mark and a dash, so that nobody needs the colour.
 *
 * @import { Board, Racer, Scene, Theme } from "./types.d.ts"
 * @typedef {Racer & {label: string, shape: string, dash: number[]}} Look
 */
import { mark, stroke } from "./canvas.js";
import { make } from "./dom.js";

/** @type {Record<string, string>} */
const LIGHT = { blue: "#0b62b0", orange: "#d95f02", green: "#0a7d4f", pink: "#c2528b", yellow: "#a37b00", red: "#c01f2e", violet: "#6b3fa0", grey: "#3f4650" };
/** @type {Record<string, string>} */
const DARK = { blue: "#5db4ff", orange: "#ff9f4a", green: "#3fd69a", pink: "#ff8cc6", yellow: "#f5dc4b", red: "#ff7a7a", violet: "#c3a1ff", grey: "#e3e6ec" };
const SHAPES = ["circle", "square", "triangle", "diamond", "plus", "cross", "down", "star"];
const DASHES = [[], [9, 4], [2, 4], [10, 4, 2, 4], [5, 3], [14, 5], [2, 3, 8, 3], [6, 2, 2, 2]];

/** One for each racer of the scene. @param {Scene} scene @param {Theme} theme @returns {Look[]} */
export function looks(scene, theme) {
  const palette = theme.dark ? DARK : LIGHT;
  const racers = scene.facts.racers ?? [];
  return racers.map((r, i) => ({ ...r, label: labelled(racers, i), colour: palette[r.colour] ?? palette.grey, shape: SHAPES[i % SHAPES.length], dash: DASHES[i % DASHES.length] }));
}

/** The optimiser's name, with a number behind it where several are of one kind. @param {Racer[]} racers @param {number} i */
function labelled(racers, i) {
  const same = racers.filter((r) => r.kind === racers[i].kind);
  return same.length > 1 ? `${racers[i].name} ${racers.slice(0, i + 1).filter((r) => r.kind === racers[i].kind).length}` : racers[i].name;
}

/** The racer that all views of the race are about; the first where nobody has chosen. @param {Pick<Board, "optionOf">} board @returns {number} */
export const pickedRacer = (board) => board.optionOf("race_step", "racer") ?? 0;

/** @param {Pick<Board, "choose">} board @param {number} i */
export const pickRacer = (board, i) => board.choose("race_step", "racer", i);

/** A small picture of a racer's line and mark. @param {Look} look @param {Theme} theme */
export function sample(look, theme) {
  const scale = Math.min(3, window.devicePixelRatio || 1);
  const canvas = make("canvas", { width: 44 * scale, height: 18 * scale, style: "width:44px;height:18px;display:inline-block;vertical-align:middle" });
  const ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  ctx.scale(scale, scale);
  stroke(ctx, [[1, 9], [43, 9]], look.colour, 2.5, look.dash);
  ctx.fillStyle = look.colour;
  mark(ctx, look.shape, 22, 9, 5.5);
  ctx.lineWidth = 1.5;
  ctx.strokeStyle = theme.background;
  ctx.fill();
  ctx.stroke();
  return canvas;
}
