/**
 * Small pictures, so that one sees what is read: some of the source, some that the target is learned from, and some that test it.
 *
 * @import { Arrays, Board, Named, Scene, Theme } from "../../kit/types.d.ts"
 */
import { Study } from "../../kit/study.js";

/** @type {[array: string, title: string][]} */
const PARTS = [["samples_source", "Source"], ["samples_train", "Trains on"], ["samples_test", "Tested on"]];
const GAP = 14; // pixels between two parts

export class Samples {
  /** @type {OffscreenCanvas[][]} */
  parts = [];
  about = "";

  /** @param {Board} board @param {() => void} drawn */
  constructor(board, drawn) {
    const answered = (/** @type {Arrays} */ arrays) => {
      this.parts = PARTS.map(([name]) => picturesOf(arrays[name]));
      drawn();
    };
    this.study = new Study(board, "transfer_samples", { options: () => ({}), answered, failed: () => (this.parts = []) });
  }

  /** Other pictures where the data or the source are others. @param {Scene} scene */
  scene({ experiment: { data, model } }) {
    const about = JSON.stringify([data, model.source]);
    if (about === this.about) return;
    this.about = about;
    this.study.request({ instead: true });
  }

  /** In one line, as many of each part as there is room for. @param {CanvasRenderingContext2D} ctx @param {Theme} theme @param {number} width @param {number} size */
  draw(ctx, theme, width, size) {
    ctx.font = `14px ${theme.font}`;
    ctx.textBaseline = "middle";
    ctx.textAlign = "left";
    ctx.fillStyle = theme.faint;
    ctx.imageSmoothingEnabled = true; // they are shown about as large as they are
    const titles = PARTS.map(([, title]) => ctx.measureText(title).width + 8);
    const room = (width - titles.reduce((a, b) => a + b, 0) - GAP * (PARTS.length - 1)) / PARTS.length;
    const many = Math.max(0, Math.floor(room / (size + 2)));
    let x = 0;
    this.parts.forEach((part, i) => {
      if (!part.length || !many) return;
      ctx.fillText(PARTS[i][1], x, size / 2);
      x += titles[i];
      for (const picture of part.slice(0, many)) {
        ctx.drawImage(picture, x, 0, size, size);
        x += size + 2;
      }
      x += GAP;
    });
  }

  destroy() {
    this.study.destroy();
  }
}

/** Each as a canvas, grey or in colour. @param {Named | undefined} array (n, channels, height, width) */
function picturesOf(array) {
  if (!array) return [];
  const { data, shape: [n, channels, height, width] } = array;
  const cells = height * width;
  return Array.from({ length: n }, (_, k) => {
    const image = new ImageData(width, height);
    for (let i = 0; i < cells; i++) {
      for (let c = 0; c < 3; c++) image.data[4 * i + c] = data[(k * channels + (channels === 3 ? c : 0)) * cells + i];
      image.data[4 * i + 3] = 255;
    }
    const canvas = new OffscreenCanvas(width, height);
    canvas.getContext("2d")?.putImageData(image, 0, 0);
    return canvas;
  });
}
