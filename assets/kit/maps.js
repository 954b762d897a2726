/** Maps of bytes as pictures: square, row 0 at the bottom, coloured by a table of 256 colours. */

/**
 * Writes a side x side map into `pixels` (a Uint32Array over ImageData).
 * @param {Uint32Array} pixels @param {ArrayLike<number>} bytes @param {number} offset @param {number} side @param {Uint32Array} lut
 */
export function paint(pixels, bytes, offset, side, lut) {
  for (let row = 0; row < side; row++) {
    let from = offset + row * side;
    const to = (side - 1 - row) * side;
    for (let column = 0; column < side; column++) pixels[to + column] = lut[bytes[from++]];
  }
}

/** A vertical strip of maps: a single upload a frame, and drawImage picks from it. */
export class MapStrip {
  /** @param {number} count @param {number} side */
  constructor(count, side) {
    this.side = side;
    this.count = count;
    this.canvas = new OffscreenCanvas(side, Math.max(1, side * count));
    this.ctx = /** @type {OffscreenCanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    this.image = new ImageData(side, Math.max(1, side * count));
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  /** Maps `first` to `first + count` of `bytes`. @param {ArrayLike<number>} bytes @param {number} first @param {number} count @param {Uint32Array} lut */
  update(bytes, first, count, lut) {
    const cells = this.side * this.side;
    for (let k = first; k < Math.min(first + count, this.count); k++) {
      paint(this.pixels.subarray(k * cells, (k + 1) * cells), bytes, k * cells, this.side, lut);
    }
    this.ctx.putImageData(this.image, 0, 0, 0, first * this.side, this.side, count * this.side);
  }

  /** Map `k` with its middle at (x, y). @param {CanvasRenderingContext2D} ctx @param {number} k @param {number} x @param {number} y @param {number} size */
  draw(ctx, k, x, y, size) {
    ctx.drawImage(this.canvas, 0, k * this.side, this.side, this.side, x - size / 2, y - size / 2, size, size);
  }
}
