// How sharply the training loss curves: the largest eigenvalues, and the learning rate beside 2 / λmax, now and over the run.
import { make } from "../../kit/dom.js";
import { largestRate } from "../../kit/largest_rate.js";
import { decades, number, subscript, tickText } from "../../kit/numbers.js";
import { css, rgb } from "../../kit/palette.js";
import { Asker, picker, remember, remembered } from "./landscape_ask.js";
import { compare } from "./landscape_compare.js";
import { shelfOf } from "./landscape_kept.js";

const KEY = "nnlab.curvature";
const DEFAULTS = { auto: true, every: 2, count: 5 };
const HEIGHT = 400;
const NARROW = 560; // below it the two charts stand one below the other
const TALL = 650;
const MOST_PAST = 400;

class Curvature {
  constructor(root, board) {
    this.board = board;
    this.chosen = remembered(KEY, DEFAULTS);
    this.past = [];
    this.asker = new Asker(board, "hessian", { options: () => ({ count: this.chosen.count }), answered: (arrays) => this.answered(arrays), failed: (text) => this.say(text) });
    this.shelf = shelfOf(board);
    this.other = null; // the curvature of the run beside this one
    this.besides = new Asker(board, "hessian", { options: () => ({ count: this.chosen.count, of: this.shelf.chosen }), answered: (arrays) => this.compared(arrays), failed: (text) => this.say(text) });
    this.compare = compare(board, (sentence) => this.say(sentence));
    this.off = board.on("beside", () => this.ask());
    root.append(this.tools(), this.compare.row, this.asker.bar);
    this.verdict = make("p", { style: "margin:4px 0 8px;font-size:16px;min-height:3em" });
    root.append(this.verdict);
    this.page = board.canvas(root, { height: (width) => (width < NARROW ? TALL : HEIGHT), label: "Largest eigenvalues of the Hessian, and the learning rate beside its limit" });
  }

  tools() {
    this.auto = make("input", { type: "checkbox", onchange: () => this.pick("auto", this.auto.checked) });
    this.auto.checked = this.chosen.auto;
    this.every = picker("Seconds between two measurements", [0.5, 1, 2, 5, 10].map((n) => [n, `${n} s`]), (value) => this.pick("every", Number(value)));
    this.every.value = String(this.chosen.every);
    this.count = picker("How many eigenvalues", [1, 3, 5, 8, 10].map((n) => [n, `${n} eigenvalue${n > 1 ? "s" : ""}`]), (value) => {
      this.pick("count", Number(value));
      this.asker.ask({ instead: true });
      this.ask();
    });
    this.count.value = String(this.chosen.count);
    return make("div", { class: "tools" }, this.count, make("label", {}, this.auto, "Again while it trains, every"), this.every,
      make("button", { class: "small", type: "button", onclick: () => this.asker.ask() }, "Now"));
  }

  pick(name, value) {
    this.chosen[name] = value;
    remember(KEY, this.chosen);
  }

  /** The run beside this one, if there is one. */
  ask() {
    this.other = null;
    if (this.shelf.beside) this.besides.ask({ instead: true });
    else if (this.found) this.tell();
    this.board.redraw(this);
  }

  compared(arrays) {
    this.other = { values: arrays.eigenvalues.data, limit: arrays.limit.data[0], sharpness: arrays.sharpness.data[0] };
    if (this.found) this.tell();
    this.board.redraw(this);
  }

  theme(theme) {
    this.colours = theme;
    if (this.shelf.beside && !this.other && !this.besides.busy) this.ask();
  }

  scene(scene) {
    this.compare.scene();
    const shape = JSON.stringify([scene.blocks.map((b) => [b.fan_in, b.fan_out]), scene.experiment?.data, scene.experiment?.training?.loss]);
    if (this.shape && shape !== this.shape) {
      this.found = null;
      this.past = [];
      this.asker.ask({ instead: true });
    }
    this.shape = shape;
  }

  frame(frame) {
    if (frame.restarted) this.past = [];
    else if (this.past.length && frame.step < this.past.at(-1).step) this.past = this.past.filter((p) => p.step <= frame.step);
    if (frame.restarted) this.asker.step = -1;
    if (!this.found && !this.asker.busy && this.asker.step !== frame.step) this.asker.ask();
    else if (this.chosen.auto) this.asker.follow(frame, this.chosen.every);
    if (this.found && frame.lr !== this.lr) {
      this.lr = frame.lr;
      this.tell();
    }
    this.draw();
  }

  answered(arrays) {
    this.found = { values: arrays.eigenvalues.data, limit: arrays.limit.data[0], sharpness: arrays.sharpness.data[0], step: arrays.step.data[0] };
    this.lr = this.board.frame?.lr ?? arrays.lr.data[0];
    this.past = this.past.filter((p) => p.step < this.found.step);
    this.past.push({ step: this.found.step, limit: this.found.limit, lr: arrays.lr.data[0] });
    if (this.past.length > MOST_PAST) this.past = this.past.filter((_, i) => i % 2 === 1 || i === this.past.length - 1);
    this.tell();
    this.board.redraw(this);
  }

  say(sentence) {
    this.verdict.textContent = sentence;
  }

  tell() {
    const { limit, sharpness } = this.found;
    const { bound, words: why } = this.bound();
    const end = ` Sharpness: a step of 0.05 up the gradient raises the loss by ${number(sharpness, 3)}.${this.beside()}`;
    if (!Number.isFinite(limit)) return this.say(`Nothing curves upwards here, so nothing limits the learning rate ${tickText(this.lr)}.${end}`);
    const side = this.lr > bound ? "above" : "below";
    const what = this.lr > bound ? "steps overshoot along the steepest direction and grow, until the loss flattens or the run diverges" : "steps along the steepest direction shrink";
    this.say(`Learning rate ${tickText(this.lr)} is ${side} ${why} = ${number(bound, 3)}: ${what}.${this.guide()}${end}`);
  }

  /** The largest stable learning rate of this optimiser on a quadratic, and its name. */
  bound() {
    const { kind = "sgd", ...settings } = this.board.experiment?.training?.optimizer ?? {};
    return largestRate(kind, settings, this.found.limit);
  }

  /** How many times as sharply the run beside this one curves. */
  beside() {
    if (!this.other || !this.shelf.beside) return "";
    const [mine, its] = [this.found.values[0], this.other.values[0]];
    const times = mine > 0 && its > 0 ? `, ${number(Math.max(mine / its, its / mine), 3)} times as ${its > mine ? "sharp" : "flat"} as here` : "";
    return ` Beside it (outlined), ${this.shelf.words(this.shelf.beside)}: λmax ${number(its, 3)}, 2 / λmax = ${number(this.other.limit, 3)}, sharpness ${number(this.other.sharpness, 3)}${times}.`;
  }

  guide() {
    return this.bound().exact ? "" : " (The limit is that of plain gradient descent: this optimiser rescales its steps, so it is only a guide.)";
  }

  // ---- drawing ----------------------------------------------------------------------------------------------------
  draw() {
    const { ctx, width, height } = this.page;
    if (!this.found || !width) return;
    ctx.clearRect(0, 0, width, height);
    this.rate({ left: 20, right: width - 20, top: 8, bottom: 100 });
    if (width < NARROW) {
      this.bars({ left: 50, right: width - 12, top: 146, bottom: 350 });
      this.history({ left: 56, right: width - 12, top: 430, bottom: height - 30 });
      return;
    }
    const split = Math.max(180, Math.min(320, width * 0.4));
    this.bars({ left: 50, right: split, top: 146, bottom: height - 40 });
    this.history({ left: split + 66, right: width - 12, top: 146, bottom: height - 40 });
  }

  /** The learning rate in force on a logarithmic bar, green below 2 / λmax and red above it. */
  rate({ left, right, top, bottom }) {
    const { ctx } = this.page;
    const theme = this.colours;
    const { bound, words: why } = this.bound();
    const known = Number.isFinite(bound);
    const low = Math.log10(Math.min(this.lr, known ? bound : this.lr)) - 1;
    const high = Math.log10(Math.max(this.lr, known ? bound : this.lr)) + 1;
    const x = (v) => left + ((Math.log10(v) - low) / (high - low)) * (right - left);
    const middle = (top + bottom) / 2;
    const edge = known ? x(bound) : right;
    ctx.fillStyle = css(rgb(theme.good), 0.3);
    ctx.fillRect(left, middle - 9, edge - left, 18);
    ctx.fillStyle = css(rgb(theme.bad), 0.3);
    ctx.fillRect(edge, middle - 9, right - edge, 18);
    ctx.font = `12px ${theme.font}`;
    ctx.fillStyle = ctx.strokeStyle = theme.faint;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    for (const v of decades(10 ** low, 10 ** high, 8)) {
      ctx.fillRect(x(v) - 0.5, middle + 9, 1, 5);
      if (x(v) > left + 12 && x(v) < right - 12) ctx.fillText(tickText(v), x(v), middle + 22);
    }
    ctx.font = `600 14px ${theme.font}`;
    if (known) this.flag(edge, middle, { up: false, colour: theme.bad, words: `${why} = ${number(bound, 3)}`, left, right });
    this.flag(x(this.lr), middle, { up: true, colour: theme.text, words: `learning rate ${tickText(this.lr)}`, left, right });
  }

  flag(x, y, { up, colour, words, left, right }) {
    const { ctx } = this.page;
    const side = up ? -1 : 1;
    ctx.fillStyle = colour;
    ctx.fillRect(x - 1.5, y - 9, 3, 18);
    ctx.beginPath();
    ctx.moveTo(x, y + side * 9);
    ctx.lineTo(x - 6, y + side * 18);
    ctx.lineTo(x + 6, y + side * 18);
    ctx.fill();
    const half = ctx.measureText(words).width / 2;
    ctx.fillText(words, Math.max(left + half, Math.min(right - half, x)), y + side * (up ? 30 : 40));
  }

  bars({ left, right, top, bottom }) {
    const { ctx } = this.page;
    const theme = this.colours;
    const values = this.found.values;
    const others = this.shelf.beside && this.other ? this.other.values : [];
    const high = Math.max(...values, ...others, 1e-12);
    const low = Math.min(0, ...values, ...others);
    const y = (v) => bottom - ((v - low) / (high - low)) * (bottom - top);
    this.title("Largest eigenvalues of the Hessian", left - 40, top);
    const pitch = (right - left) / values.length;
    ctx.textAlign = "center";
    values.forEach((v, i) => {
      const middle = left + pitch * (i + 0.5);
      ctx.fillStyle = v < 0 ? theme.negative : theme.positive;
      ctx.fillRect(middle - pitch * 0.34, Math.min(y(v), y(0)), pitch * 0.68, Math.max(1.5, Math.abs(y(v) - y(0))));
      ctx.fillStyle = theme.text;
      ctx.font = `13px ${theme.font}`;
      if (pitch > 30) ctx.fillText(number(v, 2), middle, Math.min(y(v), y(0)) - 10);
      ctx.fillText(`λ${subscript(i + 1)}`, middle, bottom + 16);
      if (i >= others.length) return;
      ctx.strokeStyle = theme.text;
      ctx.lineWidth = 2;
      ctx.strokeRect(middle - pitch * 0.42, Math.min(y(others[i]), y(0)), pitch * 0.84, Math.abs(y(others[i]) - y(0)));
    });
    ctx.fillStyle = theme.faint;
    ctx.fillRect(left, y(0) - 0.5, right - left, 1);
  }

  /** 2 / λmax at every measurement against the learning rate: with full batches it sinks to it and stays (Cohen et al. 2021). */
  history({ left, right, top, bottom }) {
    const { ctx } = this.page;
    const theme = this.colours;
    const past = this.past.filter((p) => Number.isFinite(p.limit));
    this.title("2 / λmax over the run", left - 46, top);
    if (past.length < 2) {
      ctx.font = `13px ${theme.font}`;
      ctx.fillStyle = theme.faint;
      ctx.textAlign = "left";
      ctx.fillText("Play: each measurement adds a point.", left - 40, (top + bottom) / 2);
      return;
    }
    const all = past.flatMap((p) => [p.limit, p.lr]);
    const low = Math.log10(Math.min(...all)) - 0.15;
    const high = Math.log10(Math.max(...all)) + 0.15;
    const [first, last] = [past[0].step, past.at(-1).step];
    const x = (step) => left + ((step - first) / (last - first)) * (right - left);
    const y = (v) => bottom - ((Math.log10(v) - low) / (high - low)) * (bottom - top);
    ctx.font = `12px ${theme.font}`;
    ctx.textAlign = "right";
    for (const v of decades(10 ** low, 10 ** high, 5)) {
      ctx.fillStyle = theme.border;
      ctx.fillRect(left, Math.round(y(v)), right - left, 1);
      ctx.fillStyle = theme.faint;
      ctx.fillText(tickText(v), left - 6, y(v));
    }
    ctx.textAlign = "left";
    ctx.fillText(`step ${first}`, left, bottom + 16);
    ctx.textAlign = "right";
    ctx.fillText(`step ${last}`, right, bottom + 16);
    for (const [name, colour, dash] of [["lr", theme.text, [6, 4]], ["limit", theme.bad, []]]) {
      ctx.strokeStyle = colour;
      ctx.lineWidth = 2.5;
      ctx.setLineDash(dash);
      ctx.beginPath();
      for (const p of past) ctx.lineTo(x(p.step), y(p[name]));
      ctx.stroke();
      ctx.setLineDash([]);
    }
    ctx.font = `600 13px ${theme.font}`;
    ctx.textAlign = "right";
    const end = past.at(-1);
    const apart = y(end.lr) > y(end.limit) ? 1 : -1;
    ctx.fillStyle = theme.bad;
    ctx.fillText("2 / λmax", right - 4, y(end.limit) - apart * 12);
    ctx.fillStyle = theme.text;
    ctx.fillText("learning rate", right - 4, y(end.lr) + apart * 12);
  }

  title(words, x, top) {
    const { ctx } = this.page;
    ctx.font = `600 14px ${this.colours.font}`;
    ctx.fillStyle = this.colours.text;
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    ctx.fillText(words, x, top - 26);
  }

  resize() {
    this.page.fit();
  }

  alt() {
    return this.found ? `${this.verdict.textContent} Eigenvalues: ${[...this.found.values].map((v) => number(v, 3)).join(", ")}.` : "";
  }

  destroy() {
    this.off();
    this.compare.destroy();
    this.besides.destroy();
    this.asker.destroy();
  }
}

export default { needs: [], create: (root, board) => new Curvature(root, board) };
