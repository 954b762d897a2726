// The race from above: the surface in bands of height, the minima, and every optimiser with the path behind it.
import { haloed, mark } from "../../kit/canvas.js";
import { number } from "../../kit/numbers.js";
import { looks } from "../../kit/racers.js";
import { ARRIVED, HEIGHT, LEFT, NEVER, WIDTH, X, Y } from "./columns.js";
import { Field } from "./field.js";

const FINE_PX = 1.5;

class Race {
  constructor(root, board) {
    Object.assign(this, { root, board, field: new Field(), ghost: null, surface: null, looks: [] });
    this.stage = board.canvas(root, { height: (width) => Field.height(this.surface, width), label: "Contour map of the surface with the optimisers' paths" });
    this.stage.canvas.style.cssText += "cursor:crosshair;border-radius:8px;touch-action:none";
    this.note = document.createElement("p");
    this.note.style.cssText = "margin:6px 0 0;font-size:13px;min-height:1.4em";
    root.append(this.note);
    this.pointing();
    this.off = board.on("option", () => board.redraw(this));
  }

  theme(theme) {
    this.colours = theme;
    this.note.style.color = theme.faint;
    if (this.sceneNow) this.looks = looks(this.sceneNow, theme);
  }

  scene(scene) {
    this.sceneNow = scene;
    this.surface = scene.facts.surface ?? null;
    if (!this.surface) return;
    this.looks = looks(scene, this.colours);
    this.note.textContent = `${this.surface.title}: f(x, y) = ${this.surface.expression}. Click anywhere inside the dashed frame to start from there.`;
    this.resize();
  }

  resize() {
    this.stage.fit();
    this.board.redraw(this);
  }

  frame(frame) {
    const { stage, field, surface, colours: theme } = this;
    if (!surface || !stage.width) return;
    field.want(this.board, surface, stage, () => this.board.redraw(this));
    const { ctx } = stage;
    ctx.clearRect(0, 0, stage.width, stage.height);
    if (!field.ready) return;
    ctx.drawImage(field.image(theme, surface, stage), 0, 0, stage.width, stage.height);
    this.minima();
    this.start(surface.start, 1);
    if (this.ghost) this.start(this.ghost, 0.6);
    const { race, race_trail: trail } = frame.arrays;
    if (!race || race.shape[0] !== this.looks.length) return;
    this.looks.forEach((look, i) => this.path(look, i, trail));
    this.looks.forEach((look, i) => this.racer(look, i, race.data));
  }

  minima() {
    const { ctx } = this.stage;
    const theme = this.colours;
    for (const [x, y] of this.surface.minima) {
      const [px, py] = [this.field.px(x), this.field.py(y)];
      ctx.lineWidth = 4;
      ctx.strokeStyle = theme.halo;
      ring(ctx, px, py);
      ctx.lineWidth = 2;
      ctx.strokeStyle = theme.text;
      ring(ctx, px, py);
    }
  }

  start([x, y], alpha) {
    const { ctx } = this.stage;
    const [px, py] = [this.field.px(x), this.field.py(y)];
    ctx.globalAlpha = alpha;
    for (const [width, colour] of [[5, this.colours.halo], [2, this.colours.text]]) {
      ctx.lineWidth = width;
      ctx.strokeStyle = colour;
      ctx.beginPath();
      ctx.arc(px, py, 9, 0, 2 * Math.PI);
      ctx.stroke();
    }
    ctx.globalAlpha = 1;
  }

  path(look, i, { data, shape: [n, racers] }) {
    const { ctx } = this.stage;
    const { field } = this;
    const chosen = this.board.optionOf("race_step", "racer") === i;
    ctx.beginPath();
    let [lastX, lastY] = [Infinity, Infinity];
    for (let k = 0; k < n; k++) {
      const at = (k * racers + i) * 3;
      const [px, py] = [field.px(data[at]), field.py(data[at + 1])];
      if (k < n - 1 && Math.abs(px - lastX) + Math.abs(py - lastY) < FINE_PX) continue; // nobody sees it, and it costs as much
      ctx.lineTo(px, py);
      [lastX, lastY] = [px, py];
    }
    ctx.lineJoin = "round";
    ctx.lineCap = "butt";
    ctx.strokeStyle = this.colours.halo;
    ctx.globalAlpha = 0.55;
    ctx.lineWidth = chosen ? 6.5 : 5;
    ctx.stroke();
    ctx.globalAlpha = 1;
    ctx.strokeStyle = look.colour;
    ctx.lineWidth = chosen ? 3.6 : 2.4;
    ctx.setLineDash(look.dash);
    ctx.stroke();
    ctx.setLineDash([]);
  }

  racer(look, i, data) {
    const { ctx, width, height } = this.stage;
    const row = i * WIDTH;
    const px = Math.min(width - 12, Math.max(12, this.field.px(data[row + X])));
    const py = Math.min(height - 12, Math.max(12, this.field.py(data[row + Y])));
    ctx.lineWidth = 2;
    ctx.fillStyle = look.colour;
    ctx.strokeStyle = this.colours.halo;
    mark(ctx, look.shape, px, py, 7);
    ctx.stroke();
    ctx.fill();
    if (data[row + LEFT] !== NEVER) this.gone(look, px, py);
  }

  /** Who has left the surface: a cross over its mark, and the word. */
  gone(look, px, py) {
    const { ctx, width } = this.stage;
    for (const [line, colour] of [[6, this.colours.halo], [3, this.colours.bad]]) {
      ctx.lineWidth = line;
      ctx.strokeStyle = colour;
      ctx.beginPath();
      for (const s of [-1, 1]) {
        ctx.moveTo(px - 8, py - 8 * s);
        ctx.lineTo(px + 8, py + 8 * s);
      }
      ctx.stroke();
    }
    ctx.font = `600 13px ${this.colours.font}`;
    ctx.textBaseline = "middle";
    ctx.textAlign = px > width / 2 ? "right" : "left";
    ctx.fillStyle = this.colours.text;
    haloed(ctx, `${look.label} left`, px + (px > width / 2 ? -14 : 14), py, { rim: this.colours.halo });
  }

  pointing() {
    const { canvas } = this.stage;
    const place = (event) => this.field.at(event.offsetX, event.offsetY).map((v) => Number(v.toPrecision(3)));
    canvas.addEventListener("pointerdown", (event) => {
      if (!this.field.ready || event.button) return;
      canvas.setPointerCapture(event.pointerId);
      this.ghost = place(event);
      this.board.redraw(this);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.field.ready) return;
      const [x, y] = place(event);
      if (this.ghost) {
        this.ghost = [x, y];
        this.board.redraw(this);
      }
      this.board.tip(event.clientX, event.clientY, this.words(x, y, event));
    });
    canvas.addEventListener("pointerup", () => {
      if (!this.ghost) return;
      const [x, y] = this.ghost;
      this.ghost = null;
      this.board.set({ "model.start_x": x, "model.start_y": y });
      this.board.changed();
      this.board.redraw(this);
    });
    canvas.addEventListener("pointercancel", () => (this.ghost = null));
    canvas.addEventListener("pointerleave", () => this.board.tip(null));
  }

  /** What lies under the pointer: a racer, or the place. */
  words(x, y, event) {
    const data = this.board.frame?.arrays.race?.data;
    for (let i = 0; data && i < this.looks.length; i++) {
      const row = i * WIDTH;
      if (Math.hypot(this.field.px(data[row + X]) - event.offsetX, this.field.py(data[row + Y]) - event.offsetY) > 9) continue;
      return `${this.looks[i].label} at (${number(data[row + X])}, ${number(data[row + Y])})\nheight ${number(data[row + HEIGHT])}`;
    }
    return `Start from (${number(x)}, ${number(y)})`;
  }

  alt() {
    const data = this.board.frame?.arrays.race?.data;
    if (!data || !this.surface) return "";
    const told = this.looks.map((look, i) => {
      const row = i * WIDTH;
      const how = data[row + LEFT] !== NEVER ? ", has left the surface" : data[row + ARRIVED] !== NEVER ? ", has arrived" : "";
      return `${look.label} at ${number(data[row + X], 3)}, ${number(data[row + Y], 3)}${how}`;
    });
    return `${this.surface.title} at step ${this.board.frame.step}: ${told.join("; ")}.`;
  }

  destroy() {
    this.off();
  }
}

/** The mark of a minimum: a small ring with a dot. */
function ring(ctx, x, y) {
  ctx.beginPath();
  ctx.arc(x, y, 6, 0, 2 * Math.PI);
  ctx.moveTo(x + 1, y);
  ctx.arc(x, y, 1, 0, 2 * Math.PI);
  ctx.stroke();
}

export default {
  needs: ["race"],
  create: (root, board) => new Race(root, board),
};
