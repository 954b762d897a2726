// The surface as a picture from above: bands of colour and lines of equal height, painted once and kept.
import { mix, rgb } from "../../kit/palette.js";

const LIGHT = ["#7d9fc4", "#a3bfd9", "#c9dae8", "#e9ece8", "#f5efdf", "#f3e3c2"];
const DARK = ["#0a2744", "#12324c", "#1d3d4f", "#2f4549", "#434a42", "#554d3c"];
const BANDS = 18;
const COLUMNS = 151;
const ASPECT = { least: 0.42, most: 0.74 };

export class Field {
  constructor() {
    this.key = "";
    this.grid = null;
    this.picture = null;
    this.painted = "";
  }

  /** Height of the map in pixels for a width: the domain's own shape within limits. */
  static height(surface, width) {
    if (!surface) return Math.round(width * 0.6);
    const [x0, x1, y0, y1] = surface.domain;
    return Math.round(width * Math.min(ASPECT.most, Math.max(ASPECT.least, (y1 - y0) / (x1 - x0))));
  }

  /** The part of the plane that fills width x height with one scale for both axes, and the domain inside. */
  window(surface, width, height) {
    const [x0, x1, y0, y1] = surface.domain;
    const scale = Math.max((x1 - x0) / width, (y1 - y0) / height) * 1.02;
    const [mx, my] = [(x0 + x1) / 2, (y0 + y1) / 2];
    return { x0: mx - (scale * width) / 2, x1: mx + (scale * width) / 2, y0: my - (scale * height) / 2, y1: my + (scale * height) / 2, scale };
  }

  /** Takes care that the heights of `surface` are here; `done` is called when they have come. */
  want(board, surface, { width, height }, done) {
    const view = this.window(surface, width, height);
    const key = JSON.stringify([surface.expression, view]);
    this.view = view;
    if (key === this.key) return;
    this.key = key;
    const [columns, rows] = [COLUMNS, Math.max(8, Math.min(201, Math.round((COLUMNS * height) / width)))];
    board.ask("race_grid", { window: [view.x0, view.x1, view.y0, view.y1], columns, rows }).then((answer) => {
      if (this.key !== key) return;
      if (answer.error) {
        this.key = "";
        return;
      }
      this.grid = Object.assign(answer.arrays.race_grid, { columns, rows });
      this.levels = levelsOf(this.grid, surface, view);
      this.painted = "";
      done();
    });
  }

  get ready() {
    return this.grid !== null;
  }

  px(x) {
    return (x - this.view.x0) / this.view.scale;
  }

  py(y) {
    return (this.view.y1 - y) / this.view.scale;
  }

  at(px, py) {
    return [this.view.x0 + px * this.view.scale, this.view.y1 - py * this.view.scale];
  }

  /** The finished picture for a theme and a size. */
  image(theme, surface, { width, height, scale }) {
    const key = `${this.key} ${theme.dark} ${width} ${height} ${scale}`;
    if (key === this.painted) return this.picture;
    this.painted = key;
    this.picture = document.createElement("canvas");
    this.picture.width = Math.round(width * scale);
    this.picture.height = Math.round(height * scale);
    const ctx = this.picture.getContext("2d");
    fill(ctx, this.levels, this.grid, ramp(theme));
    ctx.setTransform(scale, 0, 0, scale, 0, 0);
    lines(ctx, this.levels, this.grid, { width, height, theme });
    const [x0, x1, y0, y1] = surface.domain;
    ctx.strokeStyle = theme.faint;
    ctx.setLineDash([4, 4]);
    ctx.lineWidth = 1;
    ctx.strokeRect(this.px(x0), this.py(y1), this.px(x1) - this.px(x0), this.py(y0) - this.py(y1));
    ctx.setLineDash([]);
    return this.picture;
  }
}

/** 0 at the lowest height of the domain, 1 at its highest; roots or logarithms spread what lies low. */
export function levelsOf(grid, surface, view) {
  const { columns, rows, data } = grid;
  const [x0, x1, y0, y1] = surface.domain;
  let [low, high] = [Infinity, -Infinity];
  for (let r = 0; r < rows; r++) {
    const y = view.y0 + ((view.y1 - view.y0) * r) / (rows - 1);
    for (let c = 0; c < columns; c++) {
      const x = view.x0 + ((view.x1 - view.x0) * c) / (columns - 1);
      const v = data[r * columns + c];
      if (Number.isNaN(v) || x < x0 || x > x1 || y < y0 || y > y1) continue;
      low = Math.min(low, v);
      high = Math.max(high, v);
    }
  }
  for (const m of surface.minima) low = Math.min(low, m[2]);
  const rise = surface.log_height ? (v) => Math.log1p(Math.max(0, v - low)) : (v) => Math.sqrt(Math.max(0, v - low));
  const most = rise(high) || 1;
  return Float32Array.from(data, (v) => rise(v) / most);
}

export function ramp(theme) {
  const stops = (theme.dark ? DARK : LIGHT).map(rgb);
  return Array.from({ length: BANDS }, (_, i) => {
    const at = (i / (BANDS - 1)) * (stops.length - 1);
    const k = Math.min(stops.length - 2, Math.floor(at));
    return mix(stops[k], stops[k + 1], at - k);
  });
}

/** A band of colour for every pixel, heights between grid points by bilinear interpolation. */
export function fill(ctx, levels, { columns, rows }, colours) {
  const { width, height } = ctx.canvas;
  const image = ctx.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const packed = colours.map(([r, g, b]) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0);
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
      if (level === level) pixels[j * width + i] = packed[Math.min(packed.length - 1, Math.floor(level * packed.length))];
    }
  }
  ctx.putImageData(image, 0, 0);
}

/** Lines of equal height by marching squares. */
export function lines(ctx, levels, { columns, rows }, { width, height, theme }) {
  ctx.strokeStyle = theme.dark ? "rgb(255 255 255 / 0.17)" : "rgb(30 50 80 / 0.22)";
  ctx.lineWidth = 1;
  ctx.beginPath();
  const [sx, sy] = [width / (columns - 1), height / (rows - 1)];
  for (let r = 0; r < rows - 1; r++) {
    for (let c = 0; c < columns - 1; c++) {
      const k = r * columns + c;
      const [a, b, d, e] = [levels[k], levels[k + 1], levels[k + columns], levels[k + columns + 1]];
      const [low, high] = [Math.min(a, b, d, e), Math.max(a, b, d, e)];
      if (!(high > low)) continue;
      for (let n = Math.ceil(low * BANDS); n <= Math.min(BANDS, high * BANDS); n++) cell(ctx, { a, b, d, e, level: n / BANDS, r, c, sx, sy, height });
    }
  }
  ctx.stroke();
}

function cell(ctx, { a, b, d, e, level, r, c, sx, sy, height }) {
  const cuts = [];
  const cut = (p, q, x0, y0, x1, y1) => {
    if (p < level === q < level) return;
    const t = (level - p) / (q - p);
    cuts.push([(c + x0 + t * (x1 - x0)) * sx, height - (r + y0 + t * (y1 - y0)) * sy]);
  };
  cut(a, b, 0, 0, 1, 0);
  cut(b, e, 1, 0, 1, 1);
  cut(e, d, 1, 1, 0, 1);
  cut(d, a, 0, 1, 0, 0);
  for (let i = 0; i + 1 < cuts.length; i += 2) {
    ctx.moveTo(...cuts[i]);
    ctx.lineTo(...cuts[i + 1]);
  }
}
