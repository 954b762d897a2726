/**
 * The loss on a plane as a Plotly figure, in 3-D or as contours, with the run's path on it and each place's true loss beside it.
 *
 * @import { Eye, Figure } from "../../kit/plotly_panel.js"
 * @import { Theme } from "../../kit/types.d.ts"
 * @typedef {{step: number, a: number, b: number, below: number, truth: number}} Place `below` is the loss of the plane under it
 * @typedef {{plane: string, split: "train" | "test", filters: boolean, x: Float64Array, y: Float64Array, z: Float64Array[], explained: Float64Array, step: number,
 *   origin?: Float64Array, project?: Float64Array, path: Place[], steep: boolean, sampled: string}} Picture
 * @typedef {{theme: Theme, log: boolean, flat: boolean, split: string, shape?: number, height?: number, range?: number[] | null, names?: string[] | null, low?: boolean}} Look
 *   `shape`: width over height; `height` in pixels; `low`: whether there is no room for names along the axes; `range`: of the heights, where two pictures share it; `names` of the axes
 * @typedef {{theme: Theme, log: boolean, height: (loss: number) => number, split: string, eye: Eye, range: number[] | null, names: string[], low: boolean}} Drawing
 */
import { number } from "../../kit/numbers.js";
import { sceneLayout } from "../../kit/plotly_panel.js";

const SLANTED = { x: -1.15, y: -1.3, z: 0.95 };
const SCALE = "Viridis"; // rises in lightness, so that it can be read without telling its hues apart
const LIGHT = { ambient: 0.8, diffuse: 0.5, specular: 0.05, roughness: 0.9 };
const STICKS = 60;
const ROOM = 345; // pixels of height that the names need
const FLOOR = 1e-9;
const PATH = "#e5261c"; // red, which the scale of the heights does not have

/** @param {Picture} picture @param {Place[]} path the present last @param {Look} look @returns {Figure} */
export function figure(picture, path, { theme, log, flat, split, shape = 1, height: room = Infinity, range = null, names = null, low = false }) {
  const height = (/** @type {number} */ loss) => (log ? Math.log10(Math.max(loss, FLOOR)) : loss);
  const inside = path.filter((p) => within(picture, p) && Number.isFinite(p.below));
  const away = Math.max(1, 1.25 / shape, low ? 1 : ROOM / room); // a narrow or low picture is seen from further off, or the names of the axes would be cut; a very low one has none
  const eye = { x: SLANTED.x * away, y: SLANTED.y * away, z: SLANTED.z * away };
  const look = { theme, log, height, split, eye, range, names: names ?? axisNames(picture.plane), low };
  return flat ? contours(picture, inside, look) : surface(picture, inside, look);
}

/** @param {Picture} picture @param {Place[]} path @param {Drawing} look */
function surface(picture, path, { theme, log, height, split, eye, range, names, low: bare }) {
  const z = picture.z.map((row) => Array.from(row, (loss) => (Number.isFinite(loss) ? height(loss) : null)));
  const heights = path.map((p) => height(p.below));
  const [low, high] = rangeOf(z);
  const lift = 0.006 * Math.max(0, high - low);
  const hover = `loss ${log ? "10^%{z:.2f}" : "%{z:.4~g}"}<extra></extra>`;
  const line = { type: "scatter3d", hoverinfo: "skip", x: path.map((p) => p.a), y: path.map((p) => p.b) };
  const shown = thinned(path, STICKS);
  const data = [
    { type: "surface", x: picture.x, y: picture.y, z, colorscale: SCALE, showscale: false, lighting: LIGHT, opacity: 0.93, hovertemplate: hover, ...(range && { cmin: range[0], cmax: range[1] }) },
    { ...line, mode: "lines", z: heights.map((h) => h + lift), line: { color: PATH, width: 7 } },
    sticks(shown, height, theme),
    {
      type: "scatter3d", mode: "markers", x: shown.map((p) => p.a), y: shown.map((p) => p.b), z: shown.map((p) => height(p.truth)), text: shown.map((p) => words(p, split)),
      hovertemplate: "%{text}<extra></extra>", marker: { size: shown.map((_, i) => (i === shown.length - 1 ? 7 : 3)), color: shown.map((_, i) => (i === shown.length - 1 ? PATH : theme.text)), symbol: "diamond", line: { color: theme.background, width: 1 } },
    },
  ];
  const plain = bare ? { showticklabels: false } : {};
  const [first, second, up] = bare ? ["1", "2", "loss"] : [...names, `${split} loss`];
  const axes = [{ title: { text: first }, ...plain }, { title: { text: second }, ...plain }, { title: { text: up }, ...plain, ...(log ? logTicks(range ? [range] : z) : {}), ...(range && { range }) }];
  const layout = sceneLayout(theme, { axes, revision: `landscape ${picture.plane}`, eye });
  layout.scene.aspectratio = { x: 1.15, y: 1.15, z: 0.75 };
  return { data, layout };
}

/** From the plane's loss to the true one: where the plane does not hold the run's weights, a stick stands out. @param {Place[]} path @param {(loss: number) => number} height @param {Theme} theme */
function sticks(path, height, theme) {
  const x = path.flatMap((p) => [p.a, p.a, null]);
  const y = path.flatMap((p) => [p.b, p.b, null]);
  const z = path.flatMap((p) => [height(p.below), height(p.truth), null]);
  return { type: "scatter3d", mode: "lines", x, y, z, hoverinfo: "skip", line: { color: theme.text, width: 3 } };
}

/** @param {Picture} picture @param {Place[]} path @param {Drawing} look */
function contours(picture, path, { theme, log, height, split, range, names }) {
  const z = picture.z.map((row) => Array.from(row, (loss) => (Number.isFinite(loss) ? height(loss) : null)));
  const shown = thinned(path, STICKS);
  const bar = { thickness: 14, outlinewidth: 0, title: { text: `${split} loss`, side: "right" }, tickfont: { color: theme.text, size: 14 } };
  if (log) Object.assign(bar, logTicks(range ? [range] : z));
  const x = path.map((p) => p.a);
  const y = path.map((p) => p.b);
  const data = [
    { type: "contour", x: picture.x, y: picture.y, z, colorscale: SCALE, ncontours: 24, ...(range && { zmin: range[0], zmax: range[1] }), line: { width: 0.6, color: "rgba(255,255,255,.55)" }, colorbar: bar, hovertemplate: `loss ${log ? "10^%{z:.2f}" : "%{z:.4~g}"}<extra></extra>` },
    { type: "scatter", mode: "lines", x, y, hoverinfo: "skip", line: { color: "#ffffff", width: 6 } },
    { type: "scatter", mode: "lines", x, y, hoverinfo: "skip", line: { color: PATH, width: 3 } },
    {
      type: "scatter", mode: "markers", x: shown.map((p) => p.a), y: shown.map((p) => p.b), text: shown.map((p) => words(p, split)), hovertemplate: "%{text}<extra></extra>",
      marker: { size: shown.map((_, i) => (i === shown.length - 1 ? 15 : 6)), color: PATH, symbol: shown.map((_, i) => (i === shown.length - 1 ? "diamond" : "circle")), line: { color: "#ffffff", width: 1.5 } },
    },
  ];
  const axis = (/** @type {string} */ text) => ({ title: { text }, color: theme.text, gridcolor: theme.border, zeroline: false, tickfont: { size: 14 } });
  const layout = {
    autosize: true, margin: { l: 60, r: 10, t: 8, b: 50 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: false,
    font: { family: theme.font, color: theme.text, size: 14 }, uirevision: `contours ${picture.plane}`, xaxis: axis(names[0]), yaxis: axis(names[1]), hovermode: "closest",
  };
  return { data, layout };
}

/** @param {string} plane */
const axisNames = (plane) => (plane === "path" ? ["first component", "second component"] : ["first direction", "second direction"]);

/** @param {Place} p @param {string} split */
const words = (p, split) => `step ${p.step}<br>true ${split} loss ${number(p.truth)}<br>on the plane ${number(p.below)}`;

/** @param {Picture} picture @param {Place} place */
function within({ x, y }, { a, b }) {
  return a >= x[0] && a <= x[x.length - 1] && b >= y[0] && b <= y[y.length - 1];
}

/** At most `most` of the places, the ends among them. @param {Place[]} path @param {number} most */
function thinned(path, most) {
  if (path.length <= most) return path;
  return Array.from({ length: most }, (_, i) => path[Math.round((i * (path.length - 1)) / (most - 1))]);
}

/** Lowest and highest of what several pictures draw. @param {Pick<Picture, "z">[]} pictures @param {boolean} log */
export function heights(pictures, log) {
  const [low, high] = rangeOf(pictures.flatMap((picture) => picture.z));
  if (!(high >= low)) return null;
  return log ? [Math.log10(Math.max(low, FLOOR)), Math.log10(Math.max(high, FLOOR))] : [low, high];
}

/** @param {Iterable<Iterable<number | null>>} rows */
function rangeOf(rows) {
  let [low, high] = [Infinity, -Infinity];
  for (const row of rows) for (const v of row) if (v !== null && Number.isFinite(v)) [low, high] = [Math.min(low, v), Math.max(high, v)];
  return [low, high];
}

/** Ticks of a logarithmic height at 1, 2 and 5 times the powers of ten, written as losses. @param {Iterable<Iterable<number | null>>} rows */
function logTicks(rows) {
  const [low, high] = rangeOf(rows);
  if (!(high > low)) return {};
  const factors = high - low > 3 ? [1] : high - low > 1.2 ? [1, 3] : [1, 2, 3, 5, 7];
  const found = [];
  for (let e = Math.floor(low); e <= Math.ceil(high); e++) for (const f of factors) found.push(f * 10 ** e);
  const inside = found.filter((v) => Math.log10(v) >= low - 1e-9 && Math.log10(v) <= high + 1e-9);
  const every = Math.ceil(inside.length / 8);
  const ticks = inside.filter((_, i) => i % every === 0);
  return { tickmode: "array", tickvals: ticks.map(Math.log10), ticktext: ticks.map((v) => number(v, 2)) };
}

/** The plane's loss at (a, b) between the four nearest corners of the grid; NaN outside. @param {Pick<Picture, "x"|"y"|"z">} picture @param {number} a @param {number} b */
export function between({ x, y, z }, a, b) {
  const u = ((a - x[0]) / (x[x.length - 1] - x[0])) * (x.length - 1);
  const v = ((b - y[0]) / (y[y.length - 1] - y[0])) * (y.length - 1);
  if (!(u >= 0 && v >= 0 && u <= x.length - 1 && v <= y.length - 1)) return NaN;
  const [i, j] = [Math.min(Math.floor(u), x.length - 2), Math.min(Math.floor(v), y.length - 2)];
  const [s, t] = [u - i, v - j];
  return (1 - t) * ((1 - s) * z[j][i] + s * z[j][i + 1]) + t * ((1 - s) * z[j + 1][i] + s * z[j + 1][i + 1]);
}
