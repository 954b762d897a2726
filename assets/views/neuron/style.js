/** What the views of one neuron share: their rules of appearance, text that is written only when it changes, and the plane's geometry. */

export const CSS = `
.neuron { display: grid; gap: 14px 18px; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr) minmax(250px, 300px); align-items: start; }
.neuron.two { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
.neuron h4 { margin: 0 0 4px; font-size: 15px; font-weight: 600; color: var(--ink); }
.neuron .tools { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 9px; font-size: 13px; min-height: 32px; margin-bottom: 4px; }
.neuron .note { margin: 4px 0 0; font-size: 13px; color: var(--faint); min-height: 2.7em; font-variant-numeric: tabular-nums; }
.neuron .facts { display: grid; gap: 10px; font-size: 14px; font-variant-numeric: tabular-nums; }
.neuron .big { font-size: 28px; font-weight: 600; line-height: 1.15; letter-spacing: -0.02em; }
.neuron .formula { font-family: var(--st-code-font, monospace); font-size: 14px; overflow-wrap: anywhere; }
.neuron .label { font-size: 13px; color: var(--faint); }
.neuron .verdict { font-size: 14px; padding: 8px 10px; border-radius: 8px; border: 1px solid var(--line); border-left: 4px solid var(--faint); min-height: 4.4em; }
.neuron .verdict.good { border-left-color: var(--good); }
.neuron .verdict.bad { border-left-color: var(--bad); }
.neuron .bar { height: 10px; border-radius: 5px; background: var(--line); overflow: hidden; }
.neuron .bar i { display: block; height: 100%; background: var(--accent); transform-origin: left; }
.neuron table { width: 100%; border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
.neuron th { text-align: right; font-weight: 500; color: var(--faint); padding: 1px 4px; white-space: nowrap; }
.neuron td { text-align: right; padding: 1px 4px; white-space: nowrap; border-top: 1px solid var(--line); height: 22px; }
.neuron th:first-child, .neuron td:first-child { text-align: left; }
.neuron tr.moved td { font-weight: 600; background: color-mix(in srgb, var(--accent) 14%, transparent); }
.neuron .line { display: inline-block; width: 26px; height: 0; border-top: 3px solid; vertical-align: middle; margin-right: 6px; }
.neuron canvas { touch-action: none; }
.neuron .across { grid-column: 1 / -1; }
.neuron .row { display: flex; flex-wrap: wrap; gap: 10px 24px; align-items: baseline; }
.neuron .row > div { min-width: 8.5em; }
.neuron input.value { width: 5.2em; padding: 3px 6px; border: 1px solid var(--line); border-radius: 7px; background: var(--ground); font-weight: 600; }
/* One neuron starts where its fields say: there are no weights to draw by lot. */
.player .fresh { display: none; }
@container stage (max-width: 980px) {
  .neuron { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
  .neuron .facts { grid-column: 1 / -1; }
}
@container stage (max-width: 620px) { .neuron, .neuron.two { grid-template-columns: minmax(0, 1fr); } }
`;

/** Puts the rules and the template into `root`. */
export function dress(root, template) {
  root.innerHTML = `<style>${CSS}</style>${template}`;
}

/** Writes text where it differs. */
export function write(at, text) {
  if (at.textContent !== text) at.textContent = text;
}

/** The part of a convex polygon ([x, y]…) where a x + b y + c >= 0. */
export function clip(polygon, a, b, c) {
  const kept = [];
  const side = ([x, y]) => a * x + b * y + c;
  for (let i = 0; i < polygon.length; i++) {
    const [p, q] = [polygon[i], polygon[(i + 1) % polygon.length]];
    const [u, v] = [side(p), side(q)];
    if (u >= 0) kept.push(p);
    if (u >= 0 !== v >= 0) {
      const s = u / (u - v);
      kept.push([p[0] + s * (q[0] - p[0]), p[1] + s * (q[1] - p[1])]);
    }
  }
  return kept;
}

export const square = (low, high) => [[low, low], [high, low], [high, high], [low, high]];

/** Where a x + b y + c = 0 crosses the square [low, high]²: two points, or null. */
export function chord(a, b, c, low, high) {
  const found = [];
  const keep = (x, y) => {
    if (x >= low - 1e-9 && x <= high + 1e-9 && y >= low - 1e-9 && y <= high + 1e-9) found.push([x, y]);
  };
  if (Math.abs(b) > 1e-12) for (const x of [low, high]) keep(x, -(a * x + c) / b);
  if (Math.abs(a) > 1e-12) for (const y of [low, high]) keep(-(b * y + c) / a, y);
  if (found.length < 2) return null;
  let [best, ends] = [-1, null];
  for (const p of found) for (const q of found) {
    const d = Math.hypot(p[0] - q[0], p[1] - q[1]);
    if (d > best) [best, ends] = [d, [p, q]];
  }
  return best > 1e-9 ? ends : null;
}

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

/** Text with a rim of the ground's colour, so that it reads on anything. */
export function label(ctx, theme, text, x, y, colour = theme.text) {
  ctx.font = `600 13px ${theme.font}`;
  ctx.lineWidth = 4;
  ctx.lineJoin = "round";
  ctx.strokeStyle = theme.background;
  ctx.strokeText(text, x, y);
  ctx.fillStyle = colour;
  ctx.fillText(text, x, y);
}

/** A range that only widens, in steps of the square root of 2, until it would be eight times too wide. */
export function reach(held, wanted) {
  const next = 2 ** (Math.ceil(2 * Math.log2(Math.max(wanted, 1e-6))) / 2);
  return held >= wanted && held < 8 * wanted ? held : next;
}
