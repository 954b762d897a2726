/**
 * Canvas basics shared by the views: crisp surfaces, texts that fit, marks.
 *
 * @import { Surface, SurfaceOptions, Theme } from "./types.d.ts"
 */
import { make } from "./dom.js";

const LEAST = 80; // pixels; a panel without room for so much is scrolled

/** How much larger everything in `e` is shown than its CSS pixels say: 1, or more in presenter mode. @param {Element} e @returns {number} */
export const zoomOf = (e) => e.currentCSSZoom ?? 1;

/** Where the pointer is on `canvas`, in its CSS pixels; also beside it, while the pointer is captured. @param {MouseEvent} event @param {Element} canvas @returns {[number, number]} */
export function placeOn(event, canvas) {
  const { left, top } = canvas.getBoundingClientRect();
  return [(event.clientX - left) / zoomOf(canvas), (event.clientY - top) / zoomOf(canvas)];
}

/**
 * The height that the stage leaves to a picture, with what stands below it in its column; Infinity where its panel grows with it.
 * @param {HTMLElement} picture @returns {number}
 */
export function roomOf(picture) {
  const view = /** @type {HTMLElement | null} */ (picture.closest(".view"));
  if (!view || getComputedStyle(view).getPropertyValue("--held").trim() !== "1") return Infinity;
  const top = (picture.getBoundingClientRect().top - view.getBoundingClientRect().top) / zoomOf(view) + view.scrollTop;
  let below = 0;
  for (let e = picture; e !== view; e = /** @type {HTMLElement} */ (e.parentElement)) below += underneath(e);
  return Math.max(LEAST, Math.floor(view.clientHeight - top - below));
}

/** From the lower edge of `e` to that of what stands below it; what may be scrolled to has the class "apart". @param {HTMLElement} e */
function underneath(e) {
  const end = e.getBoundingClientRect().bottom;
  let far = end;
  for (let next = e.nextElementSibling; next; next = next.nextElementSibling) {
    const box = next.getBoundingClientRect();
    if (box.height > 1 && box.top >= end - 1 && !next.classList.contains("apart") && getComputedStyle(next).position !== "absolute") far = Math.max(far, box.bottom);
  }
  return (far - end) / zoomOf(e);
}

/**
 * A canvas as wide as `root`, sharp on every screen. Sizes are CSS pixels; the context is scaled already.
 * @param {HTMLElement} root @param {SurfaceOptions} [options] @returns {Surface}
 */
export function surface(root, { height, ratio = 1, label = "", over, whole = false } = {}) {
  const canvas = make("canvas", { class: "surface", role: label ? "img" : undefined, "aria-label": label || undefined });
  root.append(canvas);
  const self = { canvas, ctx: /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")), width: 0, height: 0, scale: 1, fit };
  /** Takes over the width of `root` and, on the stage, the height that is left; returns whether anything changed. */
  function fit(width = root.clientWidth) {
    const high = over ? over.height : tall(width);
    const scale = Math.min(3, (window.devicePixelRatio || 1) * zoomOf(canvas));
    if (!width || (width === self.width && high === self.height && scale === self.scale)) return false;
    Object.assign(self, { width, height: high, scale });
    canvas.style.width = `${width}px`;
    canvas.style.height = `${high}px`;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(high * scale);
    self.ctx.setTransform(scale, 0, 0, scale, 0, 0);
    return true;
  }
  /** @param {number} width */
  function tall(width) {
    const room = whole ? Infinity : roomOf(canvas);
    return Math.min(room, typeof height === "function" ? height(width, room) : (height ?? width * ratio));
  }
  fit();
  return self;
}

/** A line from point to point in pixels. @param {CanvasRenderingContext2D} ctx @param {number[][]} points @param {string} colour @param {number} [width] @param {number[]} [dash] */
export function stroke(ctx, points, colour, width = 1, dash = []) {
  ctx.beginPath();
  for (const [x, y] of points) ctx.lineTo(x, y);
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.setLineDash(dash);
  ctx.stroke();
  ctx.setLineDash([]);
}

/** `text`, or as much of it as `width` pixels hold, with an ellipsis; in the font that `ctx` has now. @param {CanvasRenderingContext2D} ctx @param {string} text @param {number} width */
export function fitted(ctx, text, width) {
  if (ctx.measureText(text).width <= width) return text;
  let low = 0;
  let high = text.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (ctx.measureText(`${text.slice(0, middle).trimEnd()}…`).width <= width) low = middle;
    else high = middle;
  }
  return low ? `${text.slice(0, low).trimEnd()}…` : "";
}

/** A text in lines no wider than this, broken between words. @param {CanvasRenderingContext2D} ctx @param {string} text @param {number} width */
export function wrapped(ctx, text, width) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = `${lines[lines.length - 1]} ${word}`.trim();
    if (ctx.measureText(longer).width <= width || lines[lines.length - 1] === "") lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** One mark as the present path, about `r` pixels in radius. @param {CanvasRenderingContext2D} ctx @param {string} shape @param {number} x @param {number} y @param {number} r */
export function mark(ctx, shape, x, y, r) {
  ctx.beginPath();
  if (shape === "circle") ctx.arc(x, y, r, 0, 2 * Math.PI);
  else if (shape === "square") ctx.rect(x - r * 0.88, y - r * 0.88, r * 1.76, r * 1.76);
  else if (shape === "plus") arms(ctx, x, y, r, 0);
  else if (shape === "cross") arms(ctx, x, y, r, Math.PI / 4);
  else if (shape === "triangle") star(ctx, x, y + r * 0.15, [r * 1.25], 3, -Math.PI / 2);
  else if (shape === "down") star(ctx, x, y - r * 0.15, [r * 1.25], 3, Math.PI / 2);
  else if (shape === "diamond") star(ctx, x, y, [r * 1.3], 4, -Math.PI / 2);
  else star(ctx, x, y, [r * 1.4, r * 0.6], 10, -Math.PI / 2);
}

/** @param {CanvasRenderingContext2D} ctx @param {number} x @param {number} y @param {number[]} radii @param {number} n corners @param {number} turn */
function star(ctx, x, y, radii, n, turn) {
  for (let i = 0; i < n; i++) {
    const angle = turn + (2 * Math.PI * i) / n;
    const r = radii[i % radii.length];
    ctx.lineTo(x + r * Math.cos(angle), y + r * Math.sin(angle));
  }
  ctx.closePath();
}

const PLUS = [[-1, -3], [1, -3], [1, -1], [3, -1], [3, 1], [1, 1], [1, 3], [-1, 3], [-1, 1], [-3, 1], [-3, -1], [-1, -1]];

/** @param {CanvasRenderingContext2D} ctx @param {number} x @param {number} y @param {number} r @param {number} turn */
function arms(ctx, x, y, r, turn) {
  const [c, s] = [0.42 * r * Math.cos(turn), 0.42 * r * Math.sin(turn)];
  for (const [u, v] of PLUS) ctx.lineTo(x + u * c - v * s, y + u * s + v * c);
  ctx.closePath();
}

/** In the stroke and fill that `ctx` has now. @param {CanvasRenderingContext2D} ctx @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 @param {number} [width] */
export function arrow(ctx, x0, y0, x1, y1, width = 2) {
  const length = Math.hypot(x1 - x0, y1 - y0);
  if (length < 1) return;
  const head = Math.min(10, length * 0.6);
  const [ux, uy] = [(x1 - x0) / length, (y1 - y0) / length];
  ctx.lineWidth = width;
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1 - ux * head * 0.8, y1 - uy * head * 0.8);
  ctx.stroke();
  ctx.beginPath();
  ctx.moveTo(x1, y1);
  ctx.lineTo(x1 - ux * head - uy * head * 0.5, y1 - uy * head + ux * head * 0.5);
  ctx.lineTo(x1 - ux * head + uy * head * 0.5, y1 - uy * head - ux * head * 0.5);
  ctx.closePath();
  ctx.fill();
}

/** Text with a rim, so that it reads on anything; font, alignment and fill are those that `ctx` has now. @param {CanvasRenderingContext2D} ctx @param {string} text @param {number} x @param {number} y @param {{rim: string, width?: number}} look */
export function haloed(ctx, text, x, y, { rim, width = 4 }) {
  ctx.lineJoin = "round";
  ctx.lineWidth = width;
  ctx.strokeStyle = rim;
  ctx.strokeText(text, x, y);
  ctx.fillText(text, x, y);
}

/** A short name in a picture, with a rim of the ground's colour. @param {CanvasRenderingContext2D} ctx @param {Theme} theme @param {string} text @param {number} x @param {number} y @param {string} [colour] */
export function label(ctx, theme, text, x, y, colour = theme.text) {
  ctx.font = `600 14px ${theme.font}`;
  ctx.fillStyle = colour;
  haloed(ctx, text, x, y, { rim: theme.background });
}
