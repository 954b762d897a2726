// How weights and gradients are spread in each layer: one small histogram a layer, on axes that do not breathe.
import { surface } from "../../kit/canvas.js";
import { make } from "../../kit/dom.js";
import { figure } from "../../kit/numbers.js";
import { css, mix, rgb } from "../../kit/palette.js";
import { readable } from "../../kit/tooltip.js";

const ROW = 132;
const CELL = 150; // narrowest histogram
const GAP = 16;
const KINDS = [["Weights", "hist_weights"], ["Gradients", "hist_gradients"]];

class Histograms {
  constructor(root, board) {
    this.board = board;
    this.note = make("p", { style: "margin:0 0 4px;font-size:13px" }, "The weights of each layer, and under them their gradients over the whole training set; biases are left out.");
    root.append(this.note);
    this.root = root;
    this.page = surface(root, { height: (width) => this.height(width), label: "Histograms of weights and gradients in each layer" });
    this.boxes = [];
    readable(this.page.canvas, board, () => this.boxes);
  }

  theme(theme) {
    this.colours = theme;
    this.note.style.color = theme.faint;
  }

  scene(scene) {
    this.blocks = scene.blocks;
    this.page.fit();
    this.board.redraw(this);
  }

  resize() {
    this.page.fit();
  }

  across(width) {
    return Math.max(1, Math.min(this.blocks?.length ?? 1, Math.floor((width + GAP) / (CELL + GAP))));
  }

  height(width) {
    const lines = Math.ceil((this.blocks?.length ?? 1) / this.across(width));
    return lines * (2 * ROW + 34) + 4;
  }

  frame(frame) {
    const { hist_weights: weights, hist_ranges: ranges } = frame.arrays;
    const { ctx, width, height } = this.page;
    if (!weights || !ranges || !width || weights.shape[0] !== this.blocks.length) return;
    ctx.clearRect(0, 0, width, height);
    this.boxes.length = 0;
    const across = this.across(width);
    const cell = (width - GAP * (across - 1)) / across;
    this.blocks.forEach((block, b) => {
      const x = (b % across) * (cell + GAP);
      const y = Math.floor(b / across) * (2 * ROW + 34);
      ctx.font = `600 14px ${this.colours.font}`;
      ctx.fillStyle = this.colours.text;
      ctx.textAlign = "left";
      ctx.textBaseline = "top";
      ctx.fillText(b === this.blocks.length - 1 ? "Output" : `Layer ${b + 1}`, x, y);
      KINDS.forEach(([title, name], kind) => {
        const counts = frame.arrays[name];
        const bins = counts.shape[1];
        const range = ranges.data.subarray(4 * b + 2 * kind, 4 * b + 2 * kind + 2);
        const place = { x, y: y + 22 + kind * ROW, width: cell, height: ROW - 34 };
        this.draw(counts.data.subarray(b * bins, (b + 1) * bins), range, { place, title });
      });
    });
  }

  draw(counts, [low, high], { place, title }) {
    const { ctx } = this.page;
    const theme = this.colours;
    const { x, y, width, height } = place;
    ctx.font = `12px ${theme.font}`;
    ctx.textBaseline = "top";
    ctx.strokeStyle = theme.border;
    ctx.lineWidth = 1;
    line(ctx, x, y + height + 0.5, x + width, y + height + 0.5);
    if (!(Math.abs(low) < 1e30 && Math.abs(high) < 1e30)) {
      ctx.fillStyle = theme.bad;
      ctx.textAlign = "left";
      return ctx.fillText(`${title}: no longer finite`, x, y + height / 2);
    }
    const reach = Math.max(Math.abs(low), Math.abs(high)); // the server keeps it calm: symmetric, and only steps
    line(ctx, x + width / 2, y + 14, x + width / 2, y + height);
    this.bars(counts, { low, high, reach, place, weights: title === "Weights" });
    ctx.fillStyle = theme.faint;
    ctx.textAlign = "left";
    ctx.fillText(title, x, y);
    for (const [text, align, at] of [[figure(-reach), "left", x], ["0", "center", x + width / 2], [figure(reach), "right", x + width]]) {
      ctx.textAlign = align;
      ctx.fillText(text, at, y + height + 5);
    }
  }

  bars(counts, { low, high, reach, place, weights }) {
    const { ctx } = this.page;
    const { x, y, width, height } = place;
    let most = 0;
    for (const count of counts) most = Math.max(most, count);
    if (!most) return;
    const place_of = (value) => x + width / 2 + (value / reach) * (width / 2);
    const step = Math.max(place_of(low + (high - low) / counts.length) - place_of(low), 1.5);
    for (let i = 0; i < counts.length; i++) {
      if (!counts[i]) continue;
      const value = low + ((high - low) * (i + 0.5)) / counts.length;
      const tall = Math.max(1.5, (counts[i] / most) * (height - 18));
      const ink = rgb(value < 0 ? this.colours.negative : this.colours.positive);
      ctx.fillStyle = weights ? css(ink, 0.95) : css(mix(ink, rgb(this.colours.background), 0.3));
      ctx.fillRect(place_of(value) - step / 2, y + height - tall, step > 4 ? step - 1 : step, tall);
      const half = (high - low) / counts.length / 2;
      const words = () => `${figure(value - half)} to ${figure(value + half)}: ${counts[i]} ${weights ? "weight" : "gradient"}${counts[i] === 1 ? "" : "s"}`;
      this.boxes.push({ x: place_of(value) - Math.max(step, 6) / 2, y, width: Math.max(step, 6), height, words });
    }
  }

  alt() {
    const ranges = this.board.frame?.arrays.hist_ranges?.data;
    if (!ranges || !this.blocks) return "";
    return this.blocks.map((_, b) => `Layer ${b + 1}: weights ${figure(ranges[4 * b])} to ${figure(ranges[4 * b + 1])}`).join("; ");
  }

  destroy() {
    this.page.canvas.remove();
  }
}

function line(ctx, x0, y0, x1, y1) {
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
}

export default { needs: ["histograms"], create: (root, board) => new Histograms(root, board) };
