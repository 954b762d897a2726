/** Maps and pictures as canvases: row 0 at the top, one upload for many. */

/** A strip of maps below each other, drawn one by one. */
export class Strip {
  /** @param {number} count @param {number} height @param {number} width */
  constructor(count, height, width) {
    this.count = count;
    this.height = height;
    this.width = width;
    this.canvas = new OffscreenCanvas(width, Math.max(1, height * count));
    this.ctx = /** @type {OffscreenCanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    this.image = new ImageData(width, Math.max(1, height * count));
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  /** @param {ArrayLike<number>} bytes @param {number} from @param {Uint32Array} lut */
  update(bytes, from, lut) {
    const { pixels } = this;
    for (let i = 0; i < pixels.length; i++) pixels[i] = lut[bytes[from + i]];
    this.ctx.putImageData(this.image, 0, 0);
  }

  /** @param {CanvasRenderingContext2D} ctx @param {number} k @param {number} x @param {number} y @param {number} w @param {number} h */
  draw(ctx, k, x, y, w, h) {
    ctx.imageSmoothingEnabled = false;
    ctx.drawImage(this.canvas, 0, k * this.height, this.width, this.height, x, y, w, h);
  }
}

/** A picture (channels, height, width) of bytes, grey or in colour. */
export class Picture {
  /** @param {number[]} shape */
  constructor([channels, height, width]) {
    this.shape = [channels, height, width];
    this.canvas = new OffscreenCanvas(width, height);
    this.ctx = /** @type {OffscreenCanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    this.image = new ImageData(width, height);
  }

  /** Whether it has this shape. @param {number[]} shape */
  fits(shape) {
    return shape.every((n, i) => n === this.shape[i]);
  }

  /** @param {ArrayLike<number>} bytes @param {number} [from] */
  update(bytes, from = 0) {
    const [channels, height, width] = this.shape;
    const cells = height * width;
    for (let i = 0; i < cells; i++) {
      for (let c = 0; c < 3; c++) this.image.data[4 * i + c] = bytes[from + (channels === 3 ? c * cells : 0) + i];
      this.image.data[4 * i + 3] = 255;
    }
    this.ctx.putImageData(this.image, 0, 0);
  }

  /** @param {CanvasRenderingContext2D} ctx @param {number} x @param {number} y @param {number} w @param {number} h */
  draw(ctx, x, y, w, h) {
    ctx.imageSmoothingEnabled = false;
    ctx.drawImage(this.canvas, x, y, w, h);
  }
}

const GAMMA = 0.6; // below 1, so that weak values are seen from the back row, too

/** From 0 to the most in the colour of what is positive. @param {Uint32Array} lut a diverging table @returns {Uint32Array} */
export const rising = (lut) => Uint32Array.from({ length: 256 }, (_, i) => lut[Math.round(127.5 * (1 + (i / 255) ** GAMMA))]);

/** Both ways from the middle. @param {Uint32Array} lut @returns {Uint32Array} */
export const stretched = (lut) => Uint32Array.from({ length: 256 }, (_, i) => {
  const t = i / 127.5 - 1;
  return lut[Math.round(127.5 * (1 + Math.sign(t) * Math.abs(t) ** GAMMA))];
});
