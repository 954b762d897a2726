// How racers look: a colour each, and by its place in the list a mark and a dash, so that nobody needs the colour.

const LIGHT = { blue: "#0b62b0", orange: "#d95f02", green: "#0a7d4f", pink: "#c2528b", yellow: "#a37b00", red: "#c01f2e", violet: "#6b3fa0", grey: "#3f4650" };
const DARK = { blue: "#5db4ff", orange: "#ff9f4a", green: "#3fd69a", pink: "#ff8cc6", yellow: "#f5dc4b", red: "#ff7a7a", violet: "#c3a1ff", grey: "#e3e6ec" };
const SHAPES = ["circle", "square", "triangle", "diamond", "plus", "cross", "down", "star"];
const DASHES = [[], [9, 4], [2, 4], [10, 4, 2, 4], [5, 3], [14, 5], [2, 3, 8, 3], [6, 2, 2, 2]];
export const NEVER = -1;
export const [X, Y, HEIGHT, DISTANCE, LEFT, ARRIVED, RATE, SLOPE] = [0, 1, 2, 3, 4, 5, 6, 7];
export const WIDTH = 8;

/** @returns {{name: string, kind: string, colour: string, shape: string, dash: number[]}[]} one for each racer of the scene */
export function looks(scene, theme) {
  const palette = theme.dark ? DARK : LIGHT;
  const racers = scene.facts.racers ?? [];
  return racers.map((r, i) => ({ ...r, label: labelled(racers, i), colour: palette[r.colour] ?? palette.grey, shape: SHAPES[i % SHAPES.length], dash: DASHES[i % DASHES.length] }));
}

/** The optimiser's name, with a number behind it where several are of one kind. */
function labelled(racers, i) {
  const same = racers.filter((r) => r.kind === racers[i].kind);
  return same.length > 1 ? `${racers[i].name} ${racers.slice(0, i + 1).filter((r) => r.kind === racers[i].kind).length}` : racers[i].name;
}

/** One mark as the present path, about `r` pixels in radius. */
export function stamp(ctx, shape, x, y, r) {
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

function star(ctx, x, y, radii, n, turn) {
  for (let i = 0; i < n; i++) {
    const angle = turn + (2 * Math.PI * i) / n;
    const r = radii[i % radii.length];
    ctx.lineTo(x + r * Math.cos(angle), y + r * Math.sin(angle));
  }
  ctx.closePath();
}

const PLUS = [[-1, -3], [1, -3], [1, -1], [3, -1], [3, 1], [1, 1], [1, 3], [-1, 3], [-1, 1], [-3, 1], [-3, -1], [-1, -1]];

function arms(ctx, x, y, r, turn) {
  const [c, s] = [0.42 * r * Math.cos(turn), 0.42 * r * Math.sin(turn)];
  for (const [u, v] of PLUS) ctx.lineTo(x + u * c - v * s, y + u * s + v * c);
  ctx.closePath();
}

/** A small picture of a racer's line and mark. */
export function sample(look, theme) {
  const canvas = document.createElement("canvas");
  const scale = Math.min(3, window.devicePixelRatio || 1);
  canvas.width = 44 * scale;
  canvas.height = 18 * scale;
  canvas.style.cssText = "width:44px;height:18px;display:inline-block;vertical-align:middle";
  const ctx = canvas.getContext("2d");
  ctx.scale(scale, scale);
  ctx.strokeStyle = ctx.fillStyle = look.colour;
  ctx.lineWidth = 2.5;
  ctx.setLineDash(look.dash);
  ctx.beginPath();
  ctx.moveTo(1, 9);
  ctx.lineTo(43, 9);
  ctx.stroke();
  ctx.setLineDash([]);
  stamp(ctx, look.shape, 22, 9, 5.5);
  ctx.lineWidth = 1.5;
  ctx.strokeStyle = theme.background;
  ctx.fill();
  ctx.stroke();
  return canvas;
}

/** The settings in a few characters, such as "0.03 · momentum 0.9". */
export function settings(racer) {
  const short = { momentum: "momentum", beta1: "β₁", beta2: "β₂", alpha: "smoothing" };
  const own = Object.entries(racer.settings).filter(([name]) => short[name]).map(([name, v]) => `${short[name]} ${+v.toPrecision(4)}`);
  if (racer.kind === "muon") own.length = 0;
  const schedule = racer.schedule === "constant" ? [] : [racer.schedule];
  return [`rate ${+racer.learning_rate.toPrecision(3)}`, ...own, ...schedule, ...(racer.noise ? [`noise ${+racer.noise.toPrecision(3)}`] : [])].join(" · ");
}

/** A loss or a distance: powers of ten matter, digits do not. */
export function short(v) {
  if (!Number.isFinite(v)) return "—";
  const text = v === 0 || (Math.abs(v) >= 1e-3 && Math.abs(v) < 1e5) ? String(Number(v.toPrecision(3))) : v.toExponential(1).replace("e+", "e");
  return text.replace(/-/g, "−");
}

/** The lowest known height: what "loss" is measured from. */
export const floorOf = (scene) => Math.min(...scene.facts.surface.minima.map((m) => m[2]));
