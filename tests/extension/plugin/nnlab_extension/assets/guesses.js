// Places of a sequence along, tokens down: the darker, the likelier; a frame around the token that came.
import { write, make } from "../../kit/dom.js";

class Guesses {
  constructor(root, board) {
    this.board = board;
    this.stage = board.canvas(root, { height: 220, label: "What it expects at each place" });
    this.words = make("p", {});
    root.append(this.words);
  }

  theme(theme) {
    this.colours = theme;
  }

  scene(scene) {
    this.vocabulary = scene.form.vocabulary;
    this.stage.fit();
  }

  resize() {
    this.stage.fit();
    this.board.redraw(this);
  }

  frame(frame) {
    const { tokens, guesses } = frame.arrays;
    if (!guesses || !this.colours) return;
    const { ctx, width, height } = this.stage;
    const [length, count] = guesses.shape;
    const [w, h] = [(width - 20) / length, height / count];
    ctx.clearRect(0, 0, width, height);
    ctx.font = `14px ${this.colours.font}`;
    ctx.textBaseline = "middle";
    let told = 0;
    for (let t = 0; t < count; t++) {
      ctx.fillStyle = this.colours.text;
      ctx.fillText(this.vocabulary[t], 2, (t + 0.5) * h);
      for (let i = 0; i < length; i++) {
        ctx.globalAlpha = guesses.data[i * count + t];
        ctx.fillStyle = this.colours.primary;
        ctx.fillRect(20 + i * w, t * h, w - 1, h - 1);
        ctx.globalAlpha = 1;
        ctx.strokeStyle = this.colours.text;
        if (tokens.data[i] === t) ctx.strokeRect(20.5 + i * w, t * h + 0.5, w - 2, h - 2);
      }
    }
    for (let i = 0; i < length; i++) told += guesses.data[i * count + tokens.data[i]] > 0.5 ? 1 : 0;
    write(this.words, `It is sure of ${told} of ${length} tokens.`);
  }

  alt() {
    return this.words.textContent;
  }
}

export default { create: (root, board) => new Guesses(root, board) };
