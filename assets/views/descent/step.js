// One update of one optimiser taken apart: where it stands, the gradient, what it remembers, and the arrows that make the step.
import { haloed, mark } from "../../kit/canvas.js";
import { make } from "../../kit/dom.js";
import { number, short } from "../../kit/numbers.js";
import { looks, pickRacer, pickedRacer, sample } from "../../kit/racers.js";
import { LEFT, NEVER, WIDTH } from "./columns.js";
import { fill, lines, ramp } from "./field.js";

const STYLE = `
.rs { display: grid; grid-template-columns: minmax(240px, 5fr) minmax(0, 7fr); gap: 6px 18px; align-items: start; }
.rs ol { margin: 0; padding: 0; list-style: none; display: grid; gap: 6px; font-size: 14px; }
.rs li { padding: 6px 10px; border-left: 4px solid var(--border); border-radius: 4px; }
.rs li.now { border-left-color: var(--accent); background: var(--panel); }
.rs li b { display: inline-block; margin-right: 6px; }
.rs .num { font-family: var(--st-code-font, monospace); font-size: 13px; font-variant-numeric: tabular-nums; }
.rs .axis { font-family: var(--st-code-font, monospace); text-align: right; }
.rs .swatch { display: inline-block; width: 22px; height: 0; border-top: 3px solid; vertical-align: middle; margin-right: 6px; }
.rs .bars { display: grid; grid-template-columns: 1.6em minmax(60px, 1fr) 15em; gap: 3px 8px; align-items: center; margin: 3px 0; }
.rs .bar { position: relative; height: 13px; background: linear-gradient(var(--faint), var(--faint)) center / 1px 100% no-repeat; }
.rs .bar i { position: absolute; top: 0; height: 6px; } .rs .bar i + i { top: 7px; }
.board .rs-legend .small[aria-pressed="true"] { background: var(--panel); color: inherit; border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); }
.rs small { color: var(--faint); font-size: 12.5px; }
@container stage (max-width: 860px) { .rs { grid-template-columns: minmax(0, 1fr); } .rs .bars { grid-template-columns: 1.6em minmax(60px, 1fr); } .rs .bars .num { grid-column: 2; } }
`;
const PHASES = ["forward", "loss", "backward", "update"];
const CALM_MS = 90;
const HIGH = 17; // of a line of text

class Step {
  constructor(root, board) {
    Object.assign(this, { root, board, last: 0, late: 0, kept: null });
    root.append(make("style", {}, STYLE));
    this.legend = make("div", { class: "tools rs-legend", role: "group", "aria-label": "Optimiser to take apart" });
    root.append(this.legend, make("div", { class: "tools" },
      make("button", { class: "small", type: "button", onclick: () => this.go("phase", -1) }, "Phase back"),
      make("button", { class: "small", type: "button", onclick: () => this.go("phase", 1) }, "Next phase"),
      make("button", { class: "small", type: "button", onclick: () => this.go("batch", 1) }, "Whole step")));
    const box = make("div", { class: "rs" });
    root.append(box);
    const left = box.appendChild(make("div", {}));
    this.stage = board.canvas(left, { ratio: 1, label: "Close-up of the surface with the arrows of one update" });
    this.stage.canvas.style.borderRadius = "8px";
    this.list = box.appendChild(make("ol", {}));
    this.off = board.on("option", (name) => name === "racer" && this.choose());
  }

  go(unit, n) {
    this.board.send("play", false);
    this.board.send("step", { unit, n });
  }

  theme(theme) {
    this.colours = theme;
    if (this.sceneNow) this.scene(this.sceneNow);
  }

  scene(scene) {
    this.sceneNow = scene;
    if (!scene.facts.surface || !this.colours) return;
    this.looks = looks(scene, this.colours);
    this.kept = null;
    this.legend.replaceChildren(...this.looks.map((look, i) => make("button", { class: "small", type: "button", title: "Take its next update apart", onclick: () => pickRacer(this.board, i) }, sample(look, this.colours), " ", look.label)));
    this.choose();
  }

  choose() {
    this.kept = null;
    this.i = Math.min(pickedRacer(this.board), this.looks.length - 1);
    [...this.legend.children].forEach((button, i) => button.setAttribute("aria-pressed", String(i === this.i)));
  }

  resize() {
    this.stage.fit();
    this.board.redraw(this);
  }

  frame(frame) {
    clearTimeout(this.late);
    const wait = frame.playing ? CALM_MS - (performance.now() - this.last) : 0;
    if (wait > 0) this.late = setTimeout(() => this.show(this.board.frame), wait);
    else this.show(frame);
  }

  show(frame) {
    const a = frame.arrays;
    const told = a.race_step?.data;
    if (!told || !this.looks || told[0] !== this.i || a.race?.shape[0] !== this.looks.length) return;
    this.last = performance.now();
    const racer = this.sceneNow.facts.racers[this.i];
    if (a.race_parts.shape[0] !== racer.parts.length) return;
    // After the phase "update" the worker tells of the next one; what was just done is what was told before.
    const after = frame.phase === "update" && this.kept?.step === frame.step - 1;
    if (!after) {
      const copy = (name) => Float32Array.from(a[name].data);
      this.kept = { step: frame.step, told: copy("race_step"), parts: copy("race_parts"), memory: copy("race_quantities"), before: copy("race_before"),
        around: copy("race_around"), window: copy("race_window"), height: a.race.data[this.i * WIDTH + 2], left: a.race.data[this.i * WIDTH + LEFT] };
    }
    const shown = frame.phase ? PHASES.indexOf(frame.phase) : 3;
    this.picture(this.kept, racer, shown);
    this.words(this.kept, racer, { shown, phase: frame.phase });
  }

  // ---- the close-up ---------------------------------------------------------------------------------------------------
  picture({ told, parts, around, window: [mx, my, half] }, racer, shown) {
    const { stage, colours: theme } = this;
    const { ctx, width, height, scale } = stage;
    if (!width) return;
    const side = Math.round(Math.sqrt(around.length));
    const low = Math.min(...around);
    const span = Math.max(...around) - low || 1;
    const levels = around.map((v) => (v - low) / span);
    const grid = { columns: side, rows: side };
    const sheet = (this.sheet ??= document.createElement("canvas"));
    sheet.width = sheet.height = Math.round(width * Math.min(scale, 1.5));
    fill(sheet.getContext("2d"), levels, grid, ramp(theme));
    ctx.clearRect(0, 0, width, height);
    ctx.drawImage(sheet, 0, 0, width, height);
    this.labels = [];
    lines(ctx, levels, grid, { width, height, theme });
    const px = (x) => ((x - mx) / half + 1) * (width / 2);
    const py = (y) => (1 - (y - my) / half) * (height / 2);
    const [, , , gx, gy] = told;
    const length = Math.hypot(gx, gy);
    if (shown >= 2 && length > 0) {
      const reach = (0.55 * half) / length;
      this.arrow([px(0), py(0)], [px(gx * reach), py(gy * reach)], { colour: theme.bad, text: "gradient: uphill", dash: [5, 4] });
    }
    if (shown >= 3) this.parts(parts, racer, px, py);
    const wide = { text: `${short(2 * half)} wide`, x: 8, y: height - 6, above: true, font: `12px ${theme.font}`, colour: theme.text };
    this.write([wide, ...this.labels]);
    ctx.fillStyle = this.looks[this.i].colour;
    ctx.strokeStyle = theme.halo;
    ctx.lineWidth = 2;
    mark(ctx, this.looks[this.i].shape, px(0), py(0), 7);
    ctx.stroke();
    ctx.fill();
  }

  parts(parts, racer, px, py) {
    let [x, y] = [0, 0];
    const many = racer.parts.filter((_, k) => parts[2 * k] || parts[2 * k + 1]).length > 1;
    racer.parts.forEach((part, k) => {
      const to = [x + parts[2 * k], y + parts[2 * k + 1]];
      if (parts[2 * k] || parts[2 * k + 1]) this.arrow([px(x), py(y)], [px(to[0]), py(to[1])], { colour: partColour(this.colours, k), text: many ? part.name : "the step", halfway: many });
      [x, y] = to;
    });
    if (many) this.arrow([px(0), py(0)], [px(x), py(y)], { colour: this.colours.text, text: "the step", width: 3.5 });
  }

  arrow(from, to, { colour, text, dash = [], width = 2.6, halfway = false }) {
    const { ctx } = this.stage;
    const angle = Math.atan2(to[1] - from[1], to[0] - from[0]);
    const long = Math.hypot(to[0] - from[0], to[1] - from[1]);
    if (long < 1.5) return;
    const head = Math.min(11, long / 2);
    for (const [line, ink] of [[width + 3, this.colours.halo], [width, colour]]) {
      ctx.strokeStyle = ctx.fillStyle = ink;
      ctx.lineWidth = line;
      ctx.setLineDash(dash);
      ctx.beginPath();
      ctx.moveTo(...from);
      ctx.lineTo(to[0] - head * 0.7 * Math.cos(angle), to[1] - head * 0.7 * Math.sin(angle));
      ctx.stroke();
      ctx.setLineDash([]);
      ctx.beginPath();
      ctx.moveTo(...to);
      for (const turn of [2.7, -2.7]) ctx.lineTo(to[0] + head * Math.cos(angle + turn), to[1] + head * Math.sin(angle + turn));
      ctx.closePath();
      ctx.fill();
    }
    if (!text) return;
    const [x, y] = halfway ? [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2] : to;
    const below = halfway ? Math.cos(angle) > 0 : Math.sin(angle) > 0; // a part's name stands to the right of its way
    this.labels.push({ text, x, y, above: !below, colour, font: `600 12.5px ${this.colours.font}` });
  }

  /** Write every label beside its place, where none is written already. */
  write(labels) {
    const { ctx, width, height } = this.stage;
    this.boxes = [];
    for (const { text, x, y, above, colour, font } of labels) {
      ctx.font = font;
      const w = ctx.measureText(text).width;
      const boxes = nearby({ x, y, above, left: x > width * 0.6 }, w).map(([bx, by]) => ({
        text, w, h: HIGH, x: Math.min(width - w - 4, Math.max(4, bx)), y: Math.min(height - HIGH - 2, Math.max(2, by)),
      }));
      const box = boxes.find((b) => this.boxes.every((o) => b.x + b.w + 3 < o.x || o.x + o.w + 3 < b.x || b.y + b.h <= o.y || o.y + o.h <= b.y)) ?? boxes[0];
      this.boxes.push(box);
      ctx.textAlign = "left";
      ctx.textBaseline = "middle";
      ctx.fillStyle = colour;
      haloed(ctx, text, box.x, box.y + HIGH / 2, { rim: this.colours.halo, width: 3.5 });
    }
  }

  // ---- the words ------------------------------------------------------------------------------------------------------
  words(kept, racer, { shown, phase }) {
    const [, x, y, gx, gy, lr, dx, dy, residual] = kept.told;
    const pair = (u, v) => `(${short(u)}, ${short(v)})`;
    const gone = kept.left !== NEVER ? " It has left the surface and rests." : "";
    const items = [
      [0, "Forward.", `It stands at ${pair(x, y)}. The surface there is ${short(kept.height)} high: that is its loss.${gone}`],
      [2, "Backward.", `The gradient ${pair(gx, gy)} points uphill; its length ${short(Math.hypot(gx, gy))} is the slope.${racer.noise ? ` Noise of ${number(racer.noise, 2)} is in it.` : ""}`],
    ].map(([at, title, text]) => this.item(at, title, text, { shown, phase }));
    if (racer.quantities.length) items.push(this.memory(kept, racer, { shown, phase }));
    const rest = gone ? "Were it still racing, it would move" : phase === "update" ? "It has moved" : "It will move";
    const last = this.item(3, "Update.", `${rest} by ${pair(dx, dy)} at learning rate ${short(lr)}:`, { shown, phase });
    racer.parts.forEach((part, k) => {
      const row = make("div", {}, make("span", { class: "swatch", style: `color:${partColour(this.colours, k)}` }));
      row.append(make("span", { class: "num" }, `${pair(kept.parts[2 * k], kept.parts[2 * k + 1])} `), `${part.name}: ${lower(part.sentence)}`);
      last.append(row);
    });
    last.append(make("small", {}, `Together that is what the optimiser itself does, to ${residual ? residual.toExponential(0) : "the last digit"}.`));
    this.list.replaceChildren(...items, last);
  }

  item(at, title, text, { shown, phase }) {
    const now = phase && (PHASES.indexOf(phase) === at || (at === 0 && phase === "loss"));
    const row = make("li", { class: now ? "now" : "" }, make("b", {}, title), text);
    row.style.opacity = at <= shown ? 1 : 0.45;
    return row;
  }

  /** Memory before (pale) and after, one pair of bars for x and one for y. */
  memory(kept, racer, state) {
    const row = this.item(3, "Memory.", "What it keeps between steps, before and with this gradient:", state);
    racer.quantities.forEach((q, k) => {
      const now = kept.memory.subarray(2 * k, 2 * k + 2);
      const before = kept.before.subarray(2 * k, 2 * k + 2);
      const most = Math.max(...[...now, ...before].map(Math.abs)) || 1;
      row.append(make("div", {}, make("b", {}, q.name), q.sentence));
      const bars = make("div", { class: "bars" });
      ["x", "y"].forEach((axis, d) => {
        const bar = make("div", { class: "bar" }, this.bar(before[d] / most, 0.4), this.bar(now[d] / most, 1));
        bars.append(make("span", { class: "axis" }, axis), bar, make("span", { class: "num" }, `${short(before[d])} → ${short(now[d])}`));
      });
      row.append(bars);
    });
    return row;
  }

  bar(share, alpha) {
    const colour = share < 0 ? this.colours.negative : this.colours.positive;
    const from = share < 0 ? 50 + 50 * share : 50;
    return make("i", { style: `left:${from}%;width:${Math.abs(50 * share)}%;background:${colour};opacity:${alpha}` });
  }

  alt() {
    return this.kept ? [...this.list.children].map((li) => li.textContent).join(" ").slice(0, 600) : "";
  }

  destroy() {
    clearTimeout(this.late);
    this.off();
  }
}

const partColour = (theme, k) => [theme.negative, theme.positive, theme.good, theme.test][k % 4];
/** Upper left corners of a label w wide near a place, the best first: above or below, to the right or the left, then further off. */
function nearby({ x, y, above, left }, w) {
  const rows = [0, 1, 2, 3, 4].flatMap((n) => [above, !above].map((up) => (up ? y - 5 - (n + 1) * HIGH : y + 5 + n * HIGH)));
  return rows.flatMap((row) => (left ? [x - w, x] : [x, x - w]).map((column) => [column, row]));
}

const lower = (text) => text[0].toLowerCase() + text.slice(1);

export default {
  needs: ["race", "race_step"],
  create: (root, board) => new Step(root, board),
};
