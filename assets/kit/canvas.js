/** Canvas basics shared by the views: crisp surfaces, maps from bytes, numbers and ticks. */

/**
 * A canvas as wide as `root`, sharp on every screen. Sizes are CSS pixels; the context is scaled already.
 * @param {HTMLElement} root
 * @param {{height?: number|((width: number) => number), ratio?: number, label?: string}} options
 */
export function surface(root, { height, ratio = 1, label = "" } = {}) {
  const canvas = document.createElement("canvas");
  canvas.className = "surface";
  if (label) {
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", label);
  }
  root.append(canvas);
  const self = { canvas, ctx: canvas.getContext("2d"), width: 0, height: 0, scale: 1, fit };
  /** Takes over the width of `root`; returns whether anything changed. */
  function fit(width = root.clientWidth) {
    const high = typeof height === "function" ? height(width) : (height ?? width * ratio);
    const scale = Math.min(3, window.devicePixelRatio || 1);
    if (!width || (width === self.width && high === self.height && scale === self.scale)) return false;
    Object.assign(self, { width, height: high, scale });
    canvas.style.width = `${width}px`;
    canvas.style.height = `${high}px`;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(high * scale);
    self.ctx.setTransform(scale, 0, 0, scale, 0, 0);
    return true;
  }
  fit();
  return self;
}

/** Writes a side x side map of bytes, row 0 at the bottom, into `pixels` (a Uint32Array over ImageData). */
export function paint(pixels, bytes, offset, side, lut) {
  for (let row = 0; row < side; row++) {
    let from = offset + row * side;
    const to = (side - 1 - row) * side;
    for (let column = 0; column < side; column++) pixels[to + column] = lut[bytes[from++]];
  }
}

/** A number for the screen: four significant digits, a proper minus, "—" where there is none. */
export function number(x, digits = 4) {
  if (x === null || x === undefined || Number.isNaN(x)) return "—";
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  const size = Math.abs(x);
  let shown;
  if (size === 0) shown = "0";
  else if (size >= 1e6 || size < Math.max(1e-4, 10 ** -digits)) shown = x.toExponential(Math.max(0, digits - 2)).replace("e+", "e");
  else shown = x.toFixed(Math.max(0, Math.min(digits, digits - 1 - Math.floor(Math.log10(size)))));
  return shown.replace("-", "−");
}

/** A whole number with thin spaces between thousands. */
export const count = (n) => (n === null || n === undefined ? "—" : Math.round(n).toString().replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f"));

/** About `wanted` round numbers from `low` to `high`. */
export function ticks(low, high, wanted = 5) {
  const span = high - low;
  if (!(span > 0)) return [low];
  const rough = span / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const unit = rough / power;
  const step = (unit >= 7.5 ? 10 : unit >= 3.5 ? 5 : unit >= 1.5 ? 2 : 1) * power;
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) found.push(i === 0 ? 0 : +(i * step).toPrecision(12));
  return found;
}

/** The powers of ten between two positive numbers, thinned to at most `most`. */
export function decades(low, high, most = 6) {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  const stride = Math.max(1, Math.ceil((last - first + 1) / most));
  const found = [];
  for (let e = first; e <= last; e += stride) found.push(10 ** e);
  return found;
}

/** A short text for a tick. */
export function tickText(x) {
  if (x === 0) return "0";
  const size = Math.abs(x);
  if (size >= 1e6) return `${+(x / 1e6).toPrecision(3)}M`.replace("-", "−");
  if (size >= 1e4) return `${+(x / 1e3).toPrecision(3)}k`.replace("-", "−");
  if (size < 1e-3) return x.toExponential(0).replace("-", "−").replace("-", "−");
  return `${+x.toPrecision(6)}`.replace("-", "−");
}

/** `text`, or as much of it as `width` pixels hold, with an ellipsis; in the font that `ctx` has now. */
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

/** Draws one marker into the current path-less context; shape says the class, filled says training. */
export function mark(ctx, shape, x, y, r) {
  ctx.beginPath();
  if (shape === "circle") ctx.arc(x, y, r, 0, 2 * Math.PI);
  else if (shape === "square") ctx.rect(x - r * 0.88, y - r * 0.88, r * 1.76, r * 1.76);
  else if (shape === "triangle") polygon(ctx, x, y + r * 0.15, r * 1.25, 3);
  else if (shape === "diamond") polygon(ctx, x, y, r * 1.3, 4);
  else plus(ctx, x, y, r * 1.2, r * 0.45);
}

function polygon(ctx, x, y, r, corners) {
  for (let i = 0; i < corners; i++) {
    const angle = -Math.PI / 2 + (2 * Math.PI * i) / corners;
    ctx.lineTo(x + r * Math.cos(angle), y + r * Math.sin(angle));
  }
  ctx.closePath();
}

function plus(ctx, x, y, r, w) {
  for (const [dx, dy] of [[-w, -r], [w, -r], [w, -w], [r, -w], [r, w], [w, w], [w, r], [-w, r], [-w, w], [-r, w], [-r, -w], [-w, -w]]) ctx.lineTo(x + dx, y + dy);
  ctx.closePath();
}
