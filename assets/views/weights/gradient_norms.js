// How long the gradient is in each layer: bars now, lines over the last steps, both on one logarithmic axis.
import { surface } from "../../kit/canvas.js";
import { make } from "../../kit/dom.js";
import { figure, powerOfTen } from "../../kit/numbers.js";
import { css, mix, rgb } from "../../kit/palette.js";
import { readable } from "../../kit/tooltip.js";

const HEIGHT = 330;
const LEFT = 58;
const BOTTOM = 46;
const TOP = 26;
const KEPT = 400; // samples of the lines
const VANISHING = 1e-6;
const EXPLODING = 1e2;

class GradientNorms {
  constructor(root, board) {
    this.board = board;
    this.past = [];
    this.page = surface(root, { height: HEIGHT, label: "Length of the gradient in each layer on a logarithmic axis" });
    this.note = make("p", { style: "margin:4px 0 0;font-size:13px" },
      "Bars: the gradient’s length now. Lines: over the last steps. Under each bar, how large one update is beside the weights it changes; about 0.001 is healthy.");
    root.append(this.note);
    this.boxes = [];
    readable(this.page.canvas, board, () => this.boxes);
  }

  theme(theme) {
    this.colours = theme;
    this.note.style.color = theme.faint;
  }

  scene(scene) {
    const shape = scene.blocks.map((block) => `${block.fan_in}-${block.fan_out}`).join();
    if (shape !== this.shape) this.past = [];
    this.shape = shape;
    this.blocks = scene.blocks;
    this.span = null;
  }

  resize() {
    this.page.fit();
  }

  frame(frame) {
    const norms = frame.arrays.gradient_norms;
    if (!norms || norms.data.length !== this.blocks.length || !this.page.width) return;
    this.remember(frame, norms.data);
    this.measure();
    const { ctx, width, height } = this.page;
    ctx.clearRect(0, 0, width, height);
    this.split = LEFT + Math.min((this.blocks.length > 5 ? 0.66 : 0.5) * (width - LEFT), Math.max(150, this.blocks.length * 74));
    this.axis();
    this.bars(norms.data, frame.arrays.update_ratio?.data);
    this.lines();
  }

  remember(frame, norms) {
    const last = this.past.at(-1);
    if (last && frame.step < last.step) this.past = this.past.filter((sample) => sample.step < frame.step);
    if (frame.restarted) this.past = [];
    if (!frame.fresh.has("gradient_norms") || this.past.at(-1)?.step === frame.step) return;
    this.past.push({ step: frame.step, norms: Float32Array.from(norms) });
    if (this.past.length > KEPT) this.past.shift();
  }

  /** Decades from below the smallest to above the largest seen, at least 1e-4 … 10; only ever wider for one network. */
  measure() {
    let [low, high] = this.span ?? [-4, 1];
    for (const { norms } of this.past) {
      for (const norm of norms) {
        if (norm > 0 && norm < 1e30) [low, high] = [Math.min(low, Math.max(-12, Math.floor(Math.log10(norm)))), Math.max(high, Math.ceil(Math.log10(norm)))];
      }
    }
    this.span = [low, high];
  }

  y(norm) {
    const [low, high] = this.span;
    const share = (Math.log10(Math.max(norm, 1e-30)) - low) / (high - low);
    return this.page.height - BOTTOM - Math.max(0, Math.min(1, share)) * (this.page.height - BOTTOM - TOP);
  }

  ink(b) {
    const last = Math.max(1, this.blocks.length - 1);
    return mix(rgb(this.colours.positive), rgb(this.colours.negative), b / last);
  }

  axis() {
    const { ctx, width, height } = this.page;
    const theme = this.colours;
    this.bands(ctx, width);
    ctx.font = `12px ${theme.font}`;
    ctx.textAlign = "right";
    ctx.textBaseline = "middle";
    ctx.strokeStyle = theme.border;
    ctx.fillStyle = theme.faint;
    ctx.lineWidth = 1;
    const [low, high] = this.span;
    const stride = Math.ceil((high - low) / 8);
    for (let e = low; e <= high; e += stride) {
      const y = Math.round(this.y(10 ** e)) + 0.5;
      ctx.beginPath();
      ctx.moveTo(LEFT, y);
      ctx.lineTo(width, y);
      ctx.stroke();
      ctx.fillText(powerOfTen(e), LEFT - 8, y);
    }
    ctx.textAlign = "left";
    ctx.fillText("Gradient norm", 0, 8);
    ctx.textAlign = "center";
    const first = this.past[0]?.step ?? 0;
    if (this.past.length > 1) ctx.fillText(`steps ${first} to ${this.past.at(-1).step}`, (this.split + width) / 2, height - BOTTOM + 14);
  }

  bands(ctx, width) {
    const bottom = this.page.height - BOTTOM;
    const [vanishing, exploding] = [this.y(VANISHING), this.y(EXPLODING)];
    ctx.font = `12px ${this.colours.font}`;
    ctx.textAlign = "right";
    ctx.textBaseline = "middle";
    for (const [top, height, words] of [[vanishing, bottom - vanishing, "vanishing"], [TOP, exploding - TOP, "exploding"]]) {
      if (height < 3) continue;
      ctx.fillStyle = css(rgb(this.colours.bad), 0.12);
      ctx.fillRect(LEFT, top, width - LEFT, height);
      ctx.fillStyle = this.colours.bad;
      if (height > 16) ctx.fillText(words, width - 6, top + height / 2);
    }
  }

  bars(norms, ratios) {
    const { ctx, height } = this.page;
    const theme = this.colours;
    const pitch = (this.split - 24 - LEFT) / norms.length;
    const wide = Math.min(46, pitch * 0.62);
    ctx.textAlign = "center";
    this.boxes.length = 0;
    norms.forEach((norm, b) => {
      const x = LEFT + pitch * (b + 0.5);
      const finite = norm < 1e30;
      const top = finite ? this.y(norm) : TOP;
      ctx.fillStyle = finite ? css(this.ink(b)) : theme.bad;
      ctx.fillRect(x - wide / 2, top, wide, Math.max(1.5, height - BOTTOM - top));
      ctx.fillStyle = theme.text;
      ctx.font = `600 12px ${theme.font}`;
      ctx.textBaseline = "bottom";
      if (pitch > 44) ctx.fillText(finite ? figure(norm) : "not finite", x, top - 3);
      ctx.textBaseline = "top";
      ctx.font = `13px ${theme.font}`;
      ctx.fillText(b === norms.length - 1 ? "out" : String(b + 1), x, height - BOTTOM + 6);
      ctx.fillStyle = theme.faint;
      ctx.font = `12px ${theme.font}`;
      const words = () => `${b === norms.length - 1 ? "Output layer" : `Layer ${b + 1}`}\ngradient norm ${finite ? figure(norm) : "not finite"}${ratios ? `\none update is ${figure(ratios[b])} of the weights` : ""}`;
      this.boxes.push({ x: x - pitch / 2, y: TOP, width: pitch, height: height - TOP, words });
      if (ratios && pitch > 40) ctx.fillText(figure(ratios[b]), x, height - BOTTOM + 25);
    });
    ctx.textAlign = "right";
    ctx.fillText("layer", LEFT - 8, height - BOTTOM + 7);
    if (ratios && pitch > 40) ctx.fillText("update", LEFT - 8, height - BOTTOM + 25);
  }

  lines() {
    const { ctx, width } = this.page;
    if (this.past.length < 2) return;
    const first = this.past[0].step, last = this.past.at(-1).step;
    const x = (step) => this.split + 8 + ((step - first) / Math.max(1, last - first)) * (width - this.split - 24);
    ctx.lineWidth = 2;
    ctx.lineJoin = "round";
    this.blocks.forEach((_, b) => {
      ctx.strokeStyle = css(this.ink(b));
      ctx.beginPath();
      for (const sample of this.past) ctx.lineTo(x(sample.step), this.y(sample.norms[b]));
      ctx.stroke();
    });
  }

  alt() {
    const norms = this.past.at(-1)?.norms;
    if (!norms) return "";
    return [...norms].map((norm, b) => `${b === norms.length - 1 ? "output" : `layer ${b + 1}`} ${figure(norm)}`).join(", ").replace(/^/, "Gradient norms: ");
  }

  destroy() {
    this.page.canvas.remove();
  }
}

export default { needs: ["gradient_norms"], create: (root, board) => new GradientNorms(root, board) };
