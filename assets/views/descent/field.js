/**
 * The surface as a picture from above: bands of colour and lines of equal height, painted once and kept.
 *
 * @import { Board, Surface, Terrain, Theme, Values, View } from "../../kit/types.d.ts"
 * @typedef {{columns: number, rows: number, levels: Float32Array}} Grid heights from 0, the lowest, to 1, row 0 = lowest y; NaN where there is none
 * @typedef {{x0: number, x1: number, y0: number, y1: number, scale: number}} Sight the part of the plane that is seen, and its size a pixel
 */
import { isolines } from "../../kit/isolines.js";
import { between, packed } from "../../kit/palette.js";
import { Question } from "./question.js";

const LIGHT = ["#7d9fc4", "#a3bfd9", "#c9dae8", "#e9ece8", "#f5efdf", "#f3e3c2"];
const DARK = ["#0a2744", "#12324c", "#1d3d4f", "#2f4549", "#434a42", "#554d3c"];
const BANDS = 18;
const COLUMNS = 151;
const ASPECT = { least: 0.42, most: 0.74 };

export class Field {
  painted = ""; // what the picture shows
  picture = document.createElement("canvas");
  /** @type {Grid | null} */
  grid = null;
  /** @type {Sight} */
  view = { x0: -1, x1: 1, y0: -1, y1: 1, scale: 1 };

  /** @param {Board} board @param {View} view that shows it */
  constructor(board, view) {
    this.question = new Question(board, "race_grid", { view });
  }

  /** Height of the map in pixels for a width: the domain's own shape within limits. @param {Terrain | null} surface @param {number} width */
  static height(surface, width) {
    if (!surface) return Math.round(width * 0.6);
    const [x0, x1, y0, y1] = surface.domain;
    return Math.round(width * Math.min(ASPECT.most, Math.max(ASPECT.least, (y1 - y0) / (x1 - x0))));
  }

  /** Takes care that the heights of `surface` are here. @param {Terrain} surface @param {Surface} stage */
  want(surface, { width, height }) {
    this.view = sightOf(surface, width, height);
    const { x0, x1, y0, y1 } = this.view;
    const [columns, rows] = [COLUMNS, Math.max(8, Math.min(201, Math.round((COLUMNS * height) / width)))];
    this.question.ask(JSON.stringify([surface.expression, this.view]), { window: [x0, x1, y0, y1], columns, rows }, ({ race_grid: { data: heights } }) => {
      this.grid = { columns, rows, levels: levelsOf({ columns, rows, heights }, surface, this.view) };
      this.painted = "";
    });
  }

  get ready() {
    return this.grid !== null;
  }

  /** @param {number} x */
  px(x) {
    return (x - this.view.x0) / this.view.scale;
  }

  /** @param {number} y */
  py(y) {
    return (this.view.y1 - y) / this.view.scale;
  }

  /** @param {number} px @param {number} py */
  at(px, py) {
    return [this.view.x0 + px * this.view.scale, this.view.y1 - py * this.view.scale];
  }

  /** The finished picture for a theme and a size. @param {Theme} theme @param {Terrain} surface @param {Surface} stage */
  image(theme, surface, { width, height, scale }) {
    const key = `${this.question.key} ${theme.dark} ${width} ${height} ${scale}`;
    if (key === this.painted || !this.grid) return this.picture;
    this.painted = key;
    this.picture.width = Math.round(width * scale);
    this.picture.height = Math.round(height * scale);
    const ctx = /** @type {CanvasRenderingContext2D} */ (this.picture.getContext("2d"));
    fill(ctx, this.grid, ramp(theme));
    ctx.setTransform(scale, 0, 0, scale, 0, 0);
    lines(ctx, this.grid, { width, height, theme });
    const [x0, x1, y0, y1] = surface.domain;
    ctx.strokeStyle = theme.faint;
    ctx.setLineDash([4, 4]);
    ctx.lineWidth = 1;
    ctx.strokeRect(this.px(x0), this.py(y1), this.px(x1) - this.px(x0), this.py(y0) - this.py(y1));
    return this.picture;
  }
}

/** The part of the plane that fills width x height with one scale for both axes, and the domain inside. @param {Terrain} surface @param {number} width @param {number} height @returns {Sight} */
function sightOf({ domain: [x0, x1, y0, y1] }, width, height) {
  const scale = Math.max((x1 - x0) / width, (y1 - y0) / height) * 1.02;
  const [mx, my] = [(x0 + x1) / 2, (y0 + y1) / 2];
  return { x0: mx - (scale * width) / 2, x1: mx + (scale * width) / 2, y0: my - (scale * height) / 2, y1: my + (scale * height) / 2, scale };
}

/** 0 at the lowest height of the domain, 1 at its highest; roots or logarithms spread what lies low. @param {{columns: number, rows: number, heights: Values}} grid @param {Terrain} surface @param {Sight} view */
function levelsOf({ columns, rows, heights }, surface, view) {
  const [x0, x1, y0, y1] = surface.domain;
  let [low, high] = [Infinity, -Infinity];
  for (let r = 0; r < rows; r++) {
    const y = view.y0 + ((view.y1 - view.y0) * r) / (rows - 1);
    for (let c = 0; c < columns; c++) {
      const x = view.x0 + ((view.x1 - view.x0) * c) / (columns - 1);
      const v = heights[r * columns + c];
      if (Number.isNaN(v) || x < x0 || x > x1 || y < y0 || y > y1) continue;
      low = Math.min(low, v);
      high = Math.max(high, v);
    }
  }
  for (const m of surface.minima) low = Math.min(low, m[2]);
  const rise = (/** @type {number} */ v) => (surface.log_height ? Math.log1p(Math.max(0, v - low)) : Math.sqrt(Math.max(0, v - low)));
  const most = rise(high) || 1;
  return Float32Array.from(heights, (v) => rise(v) / most);
}

/** The colours of the bands, from low to high. @param {Theme} theme */
export function ramp(theme) {
  return Array.from({ length: BANDS }, (_, i) => between(theme.dark ? DARK : LIGHT, i / (BANDS - 1)));
}

/** A band of colour for every pixel, heights between grid points by bilinear interpolation. @param {CanvasRenderingContext2D} ctx @param {Grid} grid @param {number[][]} colours */
export function fill(ctx, { columns, rows, levels }, colours) {
  const { width, height } = ctx.canvas;
  const image = ctx.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const bands = colours.map(packed);
  for (let j = 0; j < height; j++) {
    const v = (1 - (j + 0.5) / height) * (rows - 1);
    const r = Math.min(rows - 2, Math.floor(v));
    const t = v - r;
    for (let i = 0; i < width; i++) {
      const u = ((i + 0.5) / width) * (columns - 1);
      const c = Math.min(columns - 2, Math.floor(u));
      const s = u - c;
      const k = r * columns + c;
      const level = (levels[k] * (1 - s) + levels[k + 1] * s) * (1 - t) + (levels[k + columns] * (1 - s) + levels[k + columns + 1] * s) * t;
      if (!Number.isNaN(level)) pixels[j * width + i] = bands[Math.min(bands.length - 1, Math.floor(level * bands.length))];
    }
  }
  ctx.putImageData(image, 0, 0);
}

/** A line at every border of two bands. @param {CanvasRenderingContext2D} ctx @param {Grid} grid @param {{width: number, height: number, theme: Theme}} of */
export function lines(ctx, { columns, rows, levels: values }, { width, height, theme }) {
  ctx.strokeStyle = theme.dark ? "rgb(255 255 255 / 0.17)" : "rgb(30 50 80 / 0.22)";
  ctx.lineWidth = 1;
  ctx.beginPath();
  isolines(ctx, { values, columns, rows }, (low, high) => {
    const levels = [];
    for (let n = Math.ceil(low * BANDS); n <= Math.min(BANDS, high * BANDS); n++) levels.push(n / BANDS);
    return levels;
  }, { width, height });
  ctx.stroke();
}
