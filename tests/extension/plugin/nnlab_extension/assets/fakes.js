// Real points as circles, made ones as crosses.
import { make, write } from "../../kit/dom.js";

class Fakes {
  constructor(root, board) {
    this.board = board;
    this.stage = board.canvas(root, { height: (width) => Math.min(width, 520), label: "Real and made points" });
    this.words = make("p", {});
    root.append(this.words);
  }

  theme(theme) {
    this.colours = theme;
  }

  scene(scene) {
    this.real = scene.points;
    this.limit = scene.form.limit;
    this.stage.fit();
  }

  resize() {
    this.stage.fit();
    this.board.redraw(this);
  }

  frame(frame) {
    const made = frame.arrays.fakes?.data;
    if (!made || !this.colours) return;
    const { ctx, width, height: side } = this.stage;
    const at = (v) => ((v + this.limit) / (2 * this.limit)) * side;
    ctx.clearRect(0, 0, width, side);
    ctx.strokeStyle = this.colours.classes[0];
    for (let i = 0; i < this.real.length; i += 4) {
      ctx.beginPath();
      ctx.arc(at(this.real[i]), side - at(this.real[i + 1]), 3, 0, 7);
      ctx.stroke();
    }
    ctx.strokeStyle = this.colours.classes[1];
    ctx.beginPath();
    let inside = 0;
    for (let i = 0; i < made.length; i += 2) {
      const [x, y] = [at(made[i]), side - at(made[i + 1])];
      ctx.moveTo(x - 3, y - 3);
      ctx.lineTo(x + 3, y + 3);
      ctx.moveTo(x - 3, y + 3);
      ctx.lineTo(x + 3, y - 3);
      if (Math.abs(Math.hypot(made[i], made[i + 1]) - 4) < 1) inside += 1;
    }
    ctx.stroke();
    write(this.words, `${inside} of ${made.length / 2} made points lie on the ring.`);
  }

  alt() {
    return this.words.textContent;
  }
}

export default { create: (root, board) => new Fakes(root, board) };
