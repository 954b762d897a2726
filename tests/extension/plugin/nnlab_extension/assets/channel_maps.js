// One picture, and what each channel of the first convolution makes of it. A click takes the next picture.
import { make } from "../../kit/dom.js";

const GAP = 4;

class ChannelMaps {
  constructor(root, board) {
    this.board = board;
    this.example = 0;
    this.button = make("button", { class: "small", type: "button", onclick: () => board.option("channel_maps", "example", ++this.example) }, "Next picture");
    this.words = make("p", {});
    root.append(this.button, this.words);
    this.stage = board.canvas(root, { height: (width) => width / 3, label: "Channels of the first convolution" });
  }

  scene() {
    this.stage.fit();
  }

  resize() {
    this.stage.fit();
    this.board.redraw(this);
  }

  frame(frame) {
    const { picture, channels, likely } = frame.arrays;
    if (!channels) return;
    const { ctx, width, height } = this.stage;
    ctx.clearRect(0, 0, width, height);
    draw(ctx, picture.data, picture.shape, [0, 0, height]);
    const [count, side] = channels.shape;
    const each = Math.min(height / 2, (width - height) / Math.ceil(count / 2)) - GAP;
    for (let i = 0; i < count; i++) {
      const at = [height + GAP + (i >> 1) * (each + GAP), (i & 1) * (each + GAP), each];
      draw(ctx, channels.data.subarray(i * side * side, (i + 1) * side * side), [side, side], at);
    }
    const best = likely.data.indexOf(Math.max(...likely.data));
    this.words.textContent = `Taken for ${best}, with ${Math.round(100 * likely.data[best])} %.`;
  }

  alt() {
    return this.words.textContent;
  }
}

function draw(ctx, bytes, [rows, columns], [x, y, size]) {
  const picture = new ImageData(columns, rows);
  bytes.forEach((v, i) => picture.data.set([v, v, v, 255], 4 * i));
  const sheet = new OffscreenCanvas(columns, rows);
  sheet.getContext("2d").putImageData(picture, 0, 0);
  ctx.imageSmoothingEnabled = false;
  ctx.drawImage(sheet, x, y, size, size);
}

export default { create: (root, board) => new ChannelMaps(root, board) };
