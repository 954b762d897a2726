// How the surface curves under each optimiser, and its learning rate beside the largest that is stable there.
import { mark } from "../../kit/canvas.js";
import { largestRate } from "../../kit/largest_rate.js";
import { decades, number, tickText } from "../../kit/numbers.js";
import { css, rgb } from "../../kit/palette.js";
import { looks, pickRacer, pickedRacer } from "../../kit/racers.js";
import { LEFT, NEVER, WIDTH } from "./columns.js";

const [TOP, LEAST, LIMIT, SHARP, RATE, COLUMNS] = [0, 1, 2, 3, 4, 7];
const ROW = 66;
const HEAD = 14;
const FOOT = 34;
const NARROW = 620;
const CALM_MS = 90; // numbers that change sixty times a second cannot be read
const REACH = 1.2; // decades of the axis beyond the outermost mark

class RaceCurvature {
  constructor(root, board) {
    Object.assign(this, { root, board, looks: [], rows: [], last: 0, late: 0, axis: null });
    const note = document.createElement("p");
    note.style.cssText = "margin:2px 0 10px;font-size:14px;color:var(--faint)";
    note.textContent = "Where the surface curves by λmax, plain descent shrinks its distance as long as the rate stays below 2 / λmax (green); above it (red) every step lands further away. Click a row to take its next update apart.";
    root.append(note);
    this.page = board.canvas(root, { height: (width) => HEAD + FOOT + this.pitch(width) * Math.max(1, this.looks.length), label: "Learning rate of each optimiser beside 2 / λmax under it" });
    this.page.canvas.style.cursor = "pointer";
    this.page.canvas.onclick = (event) => {
      const i = Math.floor((event.offsetY - HEAD) / this.pitch(this.page.width));
      if (i >= 0 && i < this.looks.length) pickRacer(board, i);
    };
    this.off = board.on("option", () => this.draw());
  }

  pitch(width) {
    return width < NARROW ? ROW + 18 : ROW;
  }

  theme(theme) {
    this.colours = theme;
    if (this.sceneNow) this.scene(this.sceneNow);
  }

  scene(scene) {
    this.sceneNow = scene;
    if (!this.colours) return;
    this.looks = looks(scene, this.colours);
    this.axis = null;
    this.page.fit();
    this.board.redraw(this);
  }

  resize() {
    this.page.fit();
  }

  frame(frame) {
    clearTimeout(this.late);
    const wait = frame.playing ? CALM_MS - (performance.now() - this.last) : 0;
    if (wait > 0) this.late = setTimeout(() => this.take(this.board.frame), wait);
    else this.take(frame);
  }

  take({ arrays }) {
    const found = arrays.race_curvature;
    if (found?.shape[0] !== this.looks.length || arrays.race?.shape[0] !== this.looks.length) return;
    this.last = performance.now();
    this.rows = this.looks.map((look, i) => {
      const row = found.data.subarray(i * COLUMNS, (i + 1) * COLUMNS);
      const limit = row[LIMIT] > 0 ? row[LIMIT] : Infinity;
      return { look, top: row[TOP], least: row[LEAST], sharp: row[SHARP], rate: row[RATE], gone: arrays.race.data[i * WIDTH + LEFT] !== NEVER, ...largestRate(look.kind, look.settings, limit) };
    });
    this.span();
    this.draw();
  }

  /** The axis reaches over all rates and limits; it grows with them and does not shrink, so that marks do not jump. */
  span() {
    const all = this.rows.flatMap((r) => [r.rate, r.bound]).filter((v) => v > 0 && Number.isFinite(v)).map(Math.log10);
    if (!all.length) all.push(-2);
    const [low, high] = [Math.min(...all) - REACH / 2, Math.max(...all) + REACH / 2];
    this.axis = this.axis ? [Math.min(this.axis[0], low), Math.max(this.axis[1], high)] : [low, high];
    this.axis = [Math.max(this.axis[0], -7), Math.min(this.axis[1], 5)];
  }

  draw() {
    const { ctx, width, height } = this.page;
    if (!width || !this.rows.length || !this.colours) return;
    ctx.clearRect(0, 0, width, height);
    const box = { left: 12, right: width - 14 };
    const x = (v) => box.left + ((Math.min(Math.max(Math.log10(v), this.axis[0]), this.axis[1]) - this.axis[0]) / (this.axis[1] - this.axis[0])) * (box.right - box.left);
    const chosen = pickedRacer(this.board);
    this.rows.forEach((row, i) => this.row(row, HEAD + i * this.pitch(width), { x, box, chosen: i === chosen }));
    this.scale(x, box, height - FOOT + 4);
  }

  row(row, top, { x, box, chosen }) {
    const { ctx, width } = this.page;
    const theme = this.colours;
    if (chosen) {
      ctx.fillStyle = theme.panel;
      ctx.fillRect(0, top - 4, width, this.pitch(width) - 4);
    }
    ctx.textBaseline = "middle";
    ctx.textAlign = "left";
    ctx.fillStyle = row.look.colour;
    mark(ctx, row.look.shape, 20, top + 10, 6);
    ctx.fill();
    ctx.fillStyle = theme.text;
    ctx.font = `600 14px ${theme.font}`;
    ctx.fillText(row.look.label, 34, top + 11);
    const after = 34 + ctx.measureText(row.look.label).width + 14;
    ctx.font = `13px ${theme.font}`;
    const [word, colour] = verdict(row, theme);
    ctx.fillStyle = colour;
    ctx.fillText(word, after, top + 11);
    const numbers = `λmax ${number(row.top, 3)}   λmin ${number(row.least, 3)}   sharpness ${number(row.sharp, 2)}`;
    ctx.fillStyle = theme.faint;
    if (width < NARROW) ctx.fillText(numbers, 34, top + 29);
    else {
      ctx.textAlign = "right";
      ctx.fillText(numbers, box.right, top + 11);
    }
    this.bar(row, top + (width < NARROW ? 46 : 28), { x, box });
  }

  bar(row, top, { x, box }) {
    const { ctx } = this.page;
    const theme = this.colours;
    const edge = Number.isFinite(row.bound) ? x(row.bound) : box.right;
    const strength = row.exact ? 0.32 : 0.14;
    ctx.fillStyle = css(rgb(theme.good), strength);
    ctx.fillRect(box.left, top, edge - box.left, 14);
    ctx.fillStyle = css(rgb(theme.bad), strength);
    ctx.fillRect(edge, top, box.right - edge, 14);
    ctx.fillStyle = theme.bad;
    if (edge < box.right) ctx.fillRect(edge - 1, top - 3, 2, 20);
    ctx.fillStyle = row.look.colour;
    ctx.strokeStyle = theme.background;
    ctx.lineWidth = 2;
    mark(ctx, row.look.shape, x(row.rate), top + 7, 6.5);
    ctx.stroke();
    ctx.fill();
  }

  scale(x, box, top) {
    const { ctx } = this.page;
    const theme = this.colours;
    ctx.fillStyle = theme.faint;
    ctx.font = `12px ${theme.font}`;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    for (const v of decades(10 ** this.axis[0], 10 ** this.axis[1], 8)) {
      ctx.fillRect(x(v) - 0.5, top - 6, 1, 6);
      if (x(v) < box.right - 96) ctx.fillText(tickText(v), x(v), top + 8);
    }
    ctx.textAlign = "right";
    ctx.fillStyle = theme.text;
    ctx.fillText("learning rate", box.right, top + 8);
  }

  alt() {
    return this.rows.map((r) => `${r.look.label}: learning rate ${tickText(r.rate)}, limit ${number(r.bound, 3)}, largest eigenvalue ${number(r.top, 3)}, smallest ${number(r.least, 3)}, ${verdict(r, this.colours)[0]}`).join("; ");
  }

  destroy() {
    clearTimeout(this.late);
    this.off();
  }
}

/** What the rate means here, in words and a colour. */
function verdict(row, theme) {
  if (row.gone) return ["has left the surface", theme.bad];
  if (!Number.isFinite(row.bound)) return ["nothing curves upwards here", theme.faint];
  const bound = number(row.bound, 3);
  if (!row.exact) return [`rescales its steps; 2 / λmax = ${bound} is only a guide`, theme.faint];
  const side = row.rate > row.bound ? "above" : "below";
  return [`rate ${tickText(+row.rate.toPrecision(3))} is ${side} ${row.words} = ${bound}`, row.rate > row.bound ? theme.bad : theme.good];
}

export default {
  needs: ["race", "race_curvature"],
  create: (root, board) => new RaceCurvature(root, board),
};
