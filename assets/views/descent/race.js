/**
 * The race from above: the surface in bands of height, the minima, and every optimiser with the path behind it.
 *
 * @import { Look } from "../../kit/racers.js"
 * @import { Board, Frame, Named, Scene, Terrain, Theme, Values, View } from "../../kit/types.d.ts"
 */
import { haloed, mark, placeOn } from "../../kit/canvas.js";
import { make } from "../../kit/dom.js";
import { number } from "../../kit/numbers.js";
import { ARRIVED, HEIGHT, LEFT, NEVER, racerOf, X, Y } from "./columns.js";
import { Field } from "./field.js";
import { RaceView } from "./view.js";

const FINE_PX = 1.5;
const RING_PX = 9;
const REACH_PX = { mouse: 13, touch: 24 }; // of the start, which is drawn smaller than a finger
const FAR_PX = 6; // a pointer that has gone further does not click

/** @param {number[]} a @param {number[]} b in pixels */
const apart = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);

/** @implements {View} */
class Race extends RaceView {
  /** @type {number[] | null} where the start would be */
  ghost = null;
  /** @type {{x: number, y: number, ring: boolean} | null} where the pointer was pressed, in pixels, and whether on the start */
  held = null;
  /** @type {Terrain | null} */
  surface = null;

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    super(board);
    this.field = new Field(board, this);
    this.stage = board.canvas(root, { height: (width, room) => (room < Infinity ? room : Field.height(this.surface, width)), label: "Contour map of the surface with the optimisers' paths" });
    this.stage.canvas.style.cssText += "border-radius:8px";
    this.note = make("p", { style: "margin:4px 0 0;font-size:14px;line-height:20px;height:20px;overflow:hidden;white-space:nowrap;text-overflow:ellipsis" });
    root.append(this.note);
    this.pointing();
    this.off = board.on("option", () => board.redraw(this));
  }

  /** @param {Theme} theme */
  theme(theme) {
    this.note.style.color = theme.faint;
    super.theme(theme);
  }

  /** @param {Scene} scene */
  scene(scene) {
    super.scene(scene);
    this.surface = scene.facts.surface ?? null;
    if (!this.surface || !this.colours) return;
    this.field.question.renew();
    this.note.textContent = `${this.surface.title}: f(x, y) = ${this.surface.expression}. Click anywhere inside the dashed frame to start from there, or drag the ring.`;
    this.note.title = this.note.textContent;
    this.resize();
  }

  resize() {
    this.stage.fit();
    this.board.redraw(this);
  }

  /** @param {Frame} frame */
  frame(frame) {
    const { stage, field, surface, colours: theme } = this;
    if (!surface || !theme || !stage.width) return;
    field.want(surface, stage);
    const { ctx } = stage;
    ctx.clearRect(0, 0, stage.width, stage.height);
    if (!field.ready) return;
    ctx.drawImage(field.image(theme, surface, stage), 0, 0, stage.width, stage.height);
    for (const [x, y] of surface.minima) this.minimum(theme, x, y);
    this.start(theme, surface.start, 1);
    if (this.ghost) this.start(theme, this.ghost, 0.6);
    const { race, race_trail: trail } = frame.arrays;
    if (race?.shape[0] !== this.looks.length) return;
    this.looks.forEach((look, i) => this.path(theme, look, i, trail));
    this.looks.forEach((look, i) => this.racer(theme, look, racerOf(race, i)));
  }

  /** A small ring with a dot. @param {Theme} theme @param {number} x @param {number} y */
  minimum(theme, x, y) {
    const [px, py] = [this.field.px(x), this.field.py(y)];
    rimmed(this.stage.ctx, theme, { width: 2, rim: 4, colour: theme.text }, (ctx) => {
      ctx.arc(px, py, 6, 0, 2 * Math.PI);
      ctx.moveTo(px + 1, py);
      ctx.arc(px, py, 1, 0, 2 * Math.PI);
    });
  }

  /** @param {Theme} theme @param {number[]} place @param {number} alpha */
  start(theme, [x, y], alpha) {
    const { ctx } = this.stage;
    ctx.globalAlpha = alpha;
    rimmed(ctx, theme, { width: 2, rim: 5, colour: theme.text }, () => ctx.arc(this.field.px(x), this.field.py(y), RING_PX, 0, 2 * Math.PI));
    ctx.globalAlpha = 1;
  }

  /** @param {Theme} theme @param {Look} look @param {number} i @param {Named} trail */
  path(theme, look, i, { data, shape: [n, racers] }) {
    const { ctx } = this.stage;
    const { field } = this;
    const chosen = i === this.chosen;
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
    ctx.strokeStyle = theme.halo;
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

  /** @param {Theme} theme @param {Look} look @param {Values} row */
  racer(theme, look, row) {
    const { ctx, width, height } = this.stage;
    const px = Math.min(width - 12, Math.max(12, this.field.px(row[X])));
    const py = Math.min(height - 12, Math.max(12, this.field.py(row[Y])));
    ctx.lineWidth = 2;
    ctx.fillStyle = look.colour;
    ctx.strokeStyle = theme.halo;
    mark(ctx, look.shape, px, py, 7);
    ctx.stroke();
    ctx.fill();
    if (row[LEFT] !== NEVER) this.gone(theme, look, px, py);
  }

  /** Who has left the surface: a cross over its mark, and the word. @param {Theme} theme @param {Look} look @param {number} px @param {number} py */
  gone(theme, look, px, py) {
    const { ctx, width } = this.stage;
    rimmed(ctx, theme, { width: 3, rim: 6, colour: theme.bad }, () => {
      for (const s of [-1, 1]) {
        ctx.moveTo(px - 8, py - 8 * s);
        ctx.lineTo(px + 8, py + 8 * s);
      }
    });
    ctx.font = `600 14px ${theme.font}`;
    ctx.textBaseline = "middle";
    ctx.textAlign = px > width / 2 ? "right" : "left";
    ctx.fillStyle = theme.text;
    haloed(ctx, `${look.label} left`, px + (px > width / 2 ? -14 : 14), py, { rim: theme.halo });
  }

  pointing() {
    const { canvas } = this.stage;
    const place = (/** @type {MouseEvent} */ event) => this.field.at(...this.at(event)).map((v) => Number(v.toPrecision(3)));
    const show = (/** @type {number[] | null} */ ghost) => {
      this.ghost = ghost;
      if (!ghost) this.held = null;
      this.board.redraw(this);
    };
    canvas.style.cursor = "crosshair";
    canvas.addEventListener("pointerdown", (event) => {
      if (!this.field.ready || event.button) return;
      canvas.setPointerCapture(event.pointerId);
      const [x, y] = this.at(event);
      this.held = { x, y, ring: this.onRing(event) };
      show(place(event));
    });
    // Over all the rest a finger scrolls the page. Whether it does is settled here, after the pointer went down.
    canvas.addEventListener("touchstart", (event) => this.held?.ring && event.preventDefault(), { passive: false });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.field.ready) return;
      const [x, y] = place(event);
      const { held } = this;
      if (held?.ring) show([x, y]);
      else if (held && apart(this.at(event), [held.x, held.y]) > FAR_PX) show(null);
      canvas.style.cursor = held?.ring || this.onRing(event) ? "grab" : "crosshair";
      this.board.tip(event.clientX, event.clientY, this.words(x, y, event));
    });
    canvas.addEventListener("pointerup", () => {
      if (!this.ghost) return;
      const [x, y] = this.ghost;
      show(null);
      this.board.set({ "model.start_x": x, "model.start_y": y });
      this.board.changed();
    });
    canvas.addEventListener("pointercancel", () => show(null));
    canvas.addEventListener("pointerleave", () => this.board.tip(null));
  }

  /** @param {MouseEvent} event */
  at(event) {
    return placeOn(event, this.stage.canvas);
  }

  /** Whether the pointer is on the start. @param {PointerEvent} event */
  onRing(event) {
    const [x, y] = this.surface?.start ?? [NaN, NaN];
    const reach = event.pointerType === "touch" ? REACH_PX.touch : REACH_PX.mouse;
    return apart(this.at(event), [this.field.px(x), this.field.py(y)]) < reach;
  }

  /** What lies under the pointer: a racer, or the place. @param {number} x @param {number} y @param {MouseEvent} event */
  words(x, y, event) {
    const race = this.board.frame?.arrays.race;
    for (let i = 0; race && i < this.looks.length; i++) {
      const row = racerOf(race, i);
      if (apart(this.at(event), [this.field.px(row[X]), this.field.py(row[Y])]) > 9) continue;
      return `${this.looks[i].label} at (${number(row[X])}, ${number(row[Y])})\nheight ${number(row[HEIGHT])}`;
    }
    return `Start from (${number(x)}, ${number(y)})`;
  }

  alt() {
    const { frame } = this.board;
    if (!frame?.arrays.race || !this.surface) return "";
    const places = this.looks.map((look, i) => {
      const row = racerOf(frame.arrays.race, i);
      const how = row[LEFT] !== NEVER ? ", has left the surface" : row[ARRIVED] !== NEVER ? ", has arrived" : "";
      return `${look.label} at ${number(row[X], 3)}, ${number(row[Y], 3)}${how}`;
    });
    return `${this.surface.title} at step ${frame.step}: ${places.join("; ")}.`;
  }

  destroy() {
    this.field.question.stop();
    this.off();
  }
}

/** A path in a colour, with a rim of the ground's. @param {CanvasRenderingContext2D} ctx @param {Theme} theme @param {{width: number, rim: number, colour: string}} look @param {(ctx: CanvasRenderingContext2D) => void} trace */
function rimmed(ctx, theme, { width, rim, colour }, trace) {
  ctx.beginPath();
  trace(ctx);
  ctx.lineWidth = rim;
  ctx.strokeStyle = theme.halo;
  ctx.stroke();
  ctx.lineWidth = width;
  ctx.strokeStyle = colour;
  ctx.stroke();
}

export default { create: (/** @type {HTMLElement} */ root, /** @type {Board} */ board) => new Race(root, board) };
