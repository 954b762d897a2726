/**
 * One update of one optimiser taken apart: where it stands, the gradient, what it remembers, and the arrows that make the step.
 *
 * @import { Look } from "../../kit/racers.js"
 * @import { Board, Frame, Racer, Scene, Theme, Values, View } from "../../kit/types.d.ts"
 * @typedef {{step: number, numbers: Values, parts: Values, memory: Values, before: Values, around: Values, window: Values, height: number, left: number}} Update
 *   `numbers`: the array "race_step"; `around`: heights around the racer in its `window`; `left`: when it left the surface
 * @typedef {{theme: Theme, racer: Racer, look: Look, shown: number, phase: string}} Now `shown`: how many phases there are to see
 * @typedef {{text: string, x: number, y: number, above: boolean, colour: string, font: string}} Label
 */
import { Calm } from "../../kit/calm.js";
import { haloed, mark, stroke } from "../../kit/canvas.js";
import { make } from "../../kit/dom.js";
import { number, short } from "../../kit/numbers.js";
import { pickRacer, sample } from "../../kit/racers.js";
import { HEIGHT, LEFT, NEVER, racerOf } from "./columns.js";
import { fill, lines, ramp } from "./field.js";
import { RaceView } from "./view.js";

const STYLE = `
.rs { display: grid; grid-template-columns: minmax(240px, 5fr) minmax(0, 7fr); gap: 6px 18px; align-items: start; }
.rs ol { margin: 0; padding: 0; list-style: none; display: grid; gap: 6px; font-size: 14px; }
.rs li { padding: 6px 10px; border-left: 4px solid var(--border); border-radius: 4px; }
.rs li.now { border-left-color: var(--accent); background: var(--panel); }
.rs li b { display: inline-block; margin-right: 6px; }
.rs .num { font-family: var(--st-code-font, monospace); font-size: 14px; font-variant-numeric: tabular-nums; }
.rs .axis { font-family: var(--st-code-font, monospace); text-align: right; }
.rs .swatch { display: inline-block; width: 22px; height: 0; border-top: 3px solid; vertical-align: middle; margin-right: 6px; }
.rs .bars { display: grid; grid-template-columns: 1.6em minmax(60px, 1fr) 15em; gap: 3px 8px; align-items: center; margin: 3px 0; }
.rs .bar { position: relative; height: 13px; background: linear-gradient(var(--faint), var(--faint)) center / 1px 100% no-repeat; }
.rs .bar i { position: absolute; top: 0; height: 6px; } .rs .bar i + i { top: 7px; }
.board .rs-legend .small[aria-pressed="true"] { background: var(--panel); color: inherit; border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); }
.rs small { color: var(--faint); font-size: 14px; }
@container stage (max-width: 860px) { .rs { grid-template-columns: minmax(0, 1fr); } .rs .bars { grid-template-columns: 1.6em minmax(60px, 1fr); } .rs .bars .num { grid-column: 2; } }
`;
const PHASES = ["forward", "loss", "backward", "update"];
const HIGH = 17; // of a line of text

/** @implements {View} */
class Step extends RaceView {
  i = 0; // the racer that is taken apart
  /** @type {Update | null} */
  update = null;
  calm = new Calm();
  sheet = document.createElement("canvas");
  /** @type {Label[]} */
  labels = [];
  /** @type {{text: string, x: number, y: number, w: number, h: number}[]} where they were written */
  boxes = [];

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    super(board);
    this.legend = make("div", { class: "tools rs-legend", role: "group", "aria-label": "Optimiser to show" });
    const left = make("div");
    this.list = make("ol");
    root.append(make("style", {}, STYLE), this.legend, make("div", { class: "tools" },
      make("button", { class: "small", type: "button", onclick: () => this.go("phase", -1) }, "Back"),
      make("button", { class: "small", type: "button", onclick: () => this.go("phase", 1) }, "Next phase"),
      make("button", { class: "small", type: "button", onclick: () => this.go("batch", 1) }, "Whole step")),
    make("div", { class: "rs" }, left, this.list));
    this.stage = board.canvas(left, { ratio: 1, label: "Close-up of the surface with the arrows of one update" });
    this.stage.canvas.style.borderRadius = "8px";
    this.off = board.on("option", (name) => name === "racer" && this.choose());
  }

  /** @param {string} unit @param {number} n */
  go(unit, n) {
    this.board.send("play", false);
    this.board.send("step", { unit, n });
  }

  /** @param {Scene} scene */
  scene(scene) {
    super.scene(scene);
    this.update = null;
    const { colours: theme } = this;
    if (!scene.facts.surface || !theme) return;
    const pick = (/** @type {number} */ i) => () => pickRacer(this.board, i);
    this.legend.replaceChildren(...this.looks.map((look, i) => make("button", { class: "small", type: "button", title: "Show its next update in parts", onclick: pick(i) }, sample(look, theme), " ", look.label)));
    this.choose();
  }

  choose() {
    const { chosen } = this;
    if (chosen !== this.i) this.update = null; // no frame will come for the same one
    this.i = chosen;
    [...this.legend.children].forEach((button, k) => button.setAttribute("aria-pressed", String(k === chosen)));
  }

  resize() {
    this.stage.fit();
    this.board.redraw(this);
  }

  /** @param {Frame} frame */
  frame(frame) {
    this.calm.do(frame.playing, () => this.show(this.board.frame ?? frame));
  }

  /** @param {Frame} frame */
  show({ arrays, phase, step }) {
    const racer = this.sceneNow?.facts.racers?.[this.i];
    const look = this.looks[this.i];
    if (!racer || !look || !this.colours || arrays.race_step?.data[0] !== this.i || arrays.race?.shape[0] !== this.looks.length) return;
    if (arrays.race_parts.shape[0] !== racer.parts.length) return;
    // After the phase "update" the worker speaks of the next one; what was just done is what it spoke of before.
    const after = phase === "update" && this.update?.step === step - 1 ? this.update : null;
    if (!after) {
      const copy = (/** @type {string} */ name) => Float32Array.from(arrays[name].data);
      const row = racerOf(arrays.race, this.i);
      this.update = { step, numbers: copy("race_step"), parts: copy("race_parts"), memory: copy("race_quantities"), before: copy("race_before"), around: copy("race_around"), window: copy("race_window"), height: row[HEIGHT], left: row[LEFT] };
    }
    const now = { theme: this.colours, racer, look, shown: phase ? PHASES.indexOf(phase) : 3, phase };
    const update = /** @type {Update} */ (this.update);
    this.picture(update, now);
    this.words(update, now);
  }

  // ---- the close-up ---------------------------------------------------------------------------------------------------
  /** @param {Update} update @param {Now} now */
  picture({ numbers, parts, around, window: [mx, my, half] }, { theme, racer, look, shown }) {
    const { ctx, width, height, scale } = this.stage;
    if (!width) return;
    const side = Math.round(Math.sqrt(around.length));
    const low = Math.min(...around);
    const span = Math.max(...around) - low || 1;
    const grid = { columns: side, rows: side, levels: Float32Array.from(around, (v) => (v - low) / span) };
    const { sheet } = this;
    sheet.width = sheet.height = Math.round(width * Math.min(scale, 1.5));
    fill(/** @type {CanvasRenderingContext2D} */ (sheet.getContext("2d")), grid, ramp(theme));
    ctx.clearRect(0, 0, width, height);
    ctx.drawImage(sheet, 0, 0, width, height);
    lines(ctx, grid, { width, height, theme });
    const at = (/** @type {number} */ x, /** @type {number} */ y) => [((x - mx) / half + 1) * (width / 2), (1 - (y - my) / half) * (height / 2)];
    this.labels = [{ text: `${short(2 * half)} wide`, x: 8, y: height - 6, above: true, font: `14px ${theme.font}`, colour: theme.text }];
    const [, , , gx, gy] = numbers;
    const reach = (0.55 * half) / Math.hypot(gx, gy);
    if (shown >= 2 && Number.isFinite(reach)) this.arrow(theme, at(0, 0), at(gx * reach, gy * reach), { colour: theme.bad, text: "gradient: uphill", dash: [5, 4] });
    if (shown >= 3) this.parts(theme, parts, racer, at);
    this.write(theme);
    const [px, py] = at(0, 0);
    ctx.fillStyle = look.colour;
    ctx.strokeStyle = theme.halo;
    ctx.lineWidth = 2;
    mark(ctx, look.shape, px, py, 7);
    ctx.stroke();
    ctx.fill();
  }

  /** @param {Theme} theme @param {Values} parts @param {Racer} racer @param {(x: number, y: number) => number[]} at */
  parts(theme, parts, racer, at) {
    let [x, y] = [0, 0];
    const moves = (/** @type {number} */ k) => parts[2 * k] !== 0 || parts[2 * k + 1] !== 0;
    const many = racer.parts.filter((_, k) => moves(k)).length > 1;
    racer.parts.forEach((part, k) => {
      const to = [x + parts[2 * k], y + parts[2 * k + 1]];
      if (moves(k)) this.arrow(theme, at(x, y), at(to[0], to[1]), { colour: partColour(theme, k), text: many ? part.name : "the step", halfway: many });
      [x, y] = to;
    });
    if (many) this.arrow(theme, at(0, 0), at(x, y), { colour: theme.text, text: "the step", width: 3.5 });
  }

  /** @param {Theme} theme @param {number[]} from @param {number[]} to @param {{colour: string, text: string, dash?: number[], width?: number, halfway?: boolean}} look */
  arrow(theme, from, to, { colour, text, dash = [], width = 2.6, halfway = false }) {
    const { ctx } = this.stage;
    const angle = Math.atan2(to[1] - from[1], to[0] - from[0]);
    const long = Math.hypot(to[0] - from[0], to[1] - from[1]);
    if (long < 1.5) return;
    const head = Math.min(11, long / 2);
    for (const [line, ink] of /** @type {[number, string][]} */ ([[width + 3, theme.halo], [width, colour]])) {
      stroke(ctx, [from, [to[0] - head * 0.7 * Math.cos(angle), to[1] - head * 0.7 * Math.sin(angle)]], ink, line, dash);
      ctx.fillStyle = ink;
      ctx.beginPath();
      ctx.moveTo(to[0], to[1]);
      for (const turn of [2.7, -2.7]) ctx.lineTo(to[0] + head * Math.cos(angle + turn), to[1] + head * Math.sin(angle + turn));
      ctx.fill();
    }
    const [x, y] = halfway ? [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2] : to;
    const below = halfway ? Math.cos(angle) > 0 : Math.sin(angle) > 0; // a part's name stands to the right of its way
    this.labels.push({ text, x, y, above: !below, colour, font: `600 14px ${theme.font}` });
  }

  /** Write every label beside its place, where none is written already. @param {Theme} theme */
  write(theme) {
    const { ctx, width, height } = this.stage;
    this.boxes = [];
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    for (const { text, x, y, above, colour, font } of this.labels) {
      ctx.font = font;
      const w = ctx.measureText(text).width;
      const places = nearby({ x, y, above, left: x > width * 0.6 }, w).map(([bx, by]) => ({
        text, w, h: HIGH, x: Math.min(width - w - 4, Math.max(4, bx)), y: Math.min(height - HIGH - 2, Math.max(2, by)),
      }));
      const box = places.find((b) => this.boxes.every((o) => b.x + b.w + 3 < o.x || o.x + o.w + 3 < b.x || b.y + b.h <= o.y || o.y + o.h <= b.y)) ?? places[0];
      this.boxes.push(box);
      ctx.fillStyle = colour;
      haloed(ctx, text, box.x, box.y + HIGH / 2, { rim: theme.halo, width: 3.5 });
    }
  }

  // ---- the words ------------------------------------------------------------------------------------------------------
  /** @param {Update} update @param {Now} now */
  words(update, now) {
    const { racer, phase, theme } = now;
    const [, x, y, gx, gy, lr, dx, dy, residual] = update.numbers;
    const pair = (/** @type {number} */ u, /** @type {number} */ v) => `(${short(u)}, ${short(v)})`;
    const gone = update.left !== NEVER ? " It has left the surface and stopped." : "";
    const items = [
      item(now, 0, "Forward.", `The optimiser is at ${pair(x, y)}. The height there, ${short(update.height)}, is its loss.${gone}`),
      item(now, 2, "Backward.", `The gradient ${pair(gx, gy)} points uphill; its length ${short(Math.hypot(gx, gy))} is the slope.${racer.noise ? ` It includes noise of ${number(racer.noise, 2)}.` : ""}`),
    ];
    if (racer.quantities.length) items.push(memory(update, now));
    const rest = gone ? "If it were still racing, it would move" : phase === "update" ? "It has moved" : "It will move";
    const last = item(now, 3, "Update.", `${rest} by ${pair(dx, dy)} at learning rate ${short(lr)}:`);
    racer.parts.forEach((part, k) => last.append(make("div", {}, make("span", { class: "swatch", style: `color:${partColour(theme, k)}` }),
      make("span", { class: "num" }, `${pair(update.parts[2 * k], update.parts[2 * k + 1])} `), `${part.name}: ${lower(part.sentence)}`)));
    last.append(make("small", {}, `Together they equal the optimiser’s own step to ${residual ? residual.toExponential(0) : "the last digit"}.`));
    this.list.replaceChildren(...items, last);
  }

  alt() {
    return this.update ? [...this.list.children].map((li) => li.textContent).join(" ").slice(0, 600) : "";
  }

  destroy() {
    this.calm.stop();
    this.off();
  }
}

/** The paragraph of phase `at`: pale before it is there, marked while it is the last. @param {Now} now @param {number} at @param {string} title @param {string} text */
function item({ shown, phase }, at, title, text) {
  const last = phase && (PHASES.indexOf(phase) === at || (at === 0 && phase === "loss"));
  return make("li", { class: last ? "now" : "", style: `opacity:${at <= shown ? 1 : 0.45}` }, make("b", {}, title), text);
}

/** Memory before (pale) and after, one pair of bars for x and one for y. @param {Update} update @param {Now} now */
function memory(update, now) {
  const row = item(now, 3, "Memory.", "What it keeps between steps, before and after this gradient:");
  now.racer.quantities.forEach((q, k) => {
    const after = update.memory.subarray(2 * k, 2 * k + 2);
    const before = update.before.subarray(2 * k, 2 * k + 2);
    const most = Math.max(...[...after, ...before].map(Math.abs)) || 1;
    const bars = ["x", "y"].flatMap((axis, d) => [make("span", { class: "axis" }, axis),
      make("div", { class: "bar" }, bar(now.theme, before[d] / most, 0.4), bar(now.theme, after[d] / most, 1)),
      make("span", { class: "num" }, `${short(before[d])} → ${short(after[d])}`)]);
    row.append(make("div", {}, make("b", {}, q.name), q.sentence), make("div", { class: "bars" }, ...bars));
  });
  return row;
}

/** @param {Theme} theme @param {number} share @param {number} alpha */
function bar(theme, share, alpha) {
  const from = share < 0 ? 50 + 50 * share : 50;
  return make("i", { style: `left:${from}%;width:${Math.abs(50 * share)}%;background:${share < 0 ? theme.negative : theme.positive};opacity:${alpha}` });
}

/** @param {Theme} theme @param {number} k */
const partColour = (theme, k) => [theme.negative, theme.positive, theme.good, theme.test][k % 4];

/** Upper left corners of a label w wide near a place, the best first: above or below, to the right or the left, then further off. @param {{x: number, y: number, above: boolean, left: boolean}} place @param {number} w */
function nearby({ x, y, above, left }, w) {
  const rows = [0, 1, 2, 3, 4].flatMap((n) => [above, !above].map((up) => (up ? y - 5 - (n + 1) * HIGH : y + 5 + n * HIGH)));
  return rows.flatMap((row) => (left ? [x - w, x] : [x, x - w]).map((column) => [column, row]));
}

/** @param {string} text */
const lower = (text) => text[0].toLowerCase() + text.slice(1);

export default { create: (/** @type {HTMLElement} */ root, /** @type {Board} */ board) => new Step(root, board) };
