/**
 * The perceptron: its line among the points, its weights among the half-planes that the points ask for, and its mistakes.
 *
 * @import { Board, Scene, Theme, Values, View } from "../../kit/types.d.ts"
 * @import { Now } from "./weights.js"
 */
import { arrow, label, stroke } from "../../kit/canvas.js";
import { found } from "../../kit/dom.js";
import { number } from "../../kit/numbers.js";
import { css, rgb } from "../../kit/palette.js";
import { Book } from "./book.js";
import { chord, clip, square } from "./geometry.js";
import { DataPlane } from "./plane.js";
import { lastSeen, RULES, weightsOf } from "./rules.js";
import { NeuronView } from "./view.js";
import { WeightSpace } from "./weights.js";

/** @implements {View} */
class Perceptron extends NeuronView {
  hover = -1;
  lead = 0;

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    super(root, board, TEMPLATE);
    this.data = new DataPlane(this.at(".data"), board, {
      under: () => this.drawLines(), above: (r) => this.drawMarks(r), reading: (i) => this.reading(i),
      hovered: (index) => {
        this.hover = index;
        this.space.draw();
      },
    });
    this.space = new WeightSpace(this.at(".weights"), board, () => this.now());
    this.book = new Book(this.at(".facts"), (text, look) => this.say(text, look));
    this.parts = [this.data, this.space, this.book];
    this.toggles = [".others", ".pocket", ".margin"].map((name) => found(root, name, HTMLInputElement));
    for (const box of this.toggles) box.onchange = () => this.draw();
    this.at(".next").onclick = () => board.send("step", { unit: "batch", n: 1 });
  }

  /** @returns {Now | null} */
  now() {
    const { sceneNow: scene, frameNow: frame, colours: theme, lead, hover } = this;
    return scene && frame && theme && { scene, frame, theme, lead, hover, margin: this.shown(4) };
  }

  /** Whether line `i` of the rules is drawn. @param {number} i */
  shown(i) {
    return i === this.lead || this.toggles[i < 3 ? 0 : i - 2].checked;
  }

  /** @param {Scene} scene */
  scene(scene) {
    this.lead = scene.facts.lead ?? 0;
    super.scene(scene);
  }

  paint() {
    this.data.draw();
    this.space.draw();
  }

  words() {
    this.space.write();
    const now = this.now();
    if (now) this.book.write(now);
  }

  drawLines() {
    const now = this.now();
    if (!now) return;
    const { square: plane } = this.data;
    const { theme, scene: { limit } } = now;
    const w = weightsOf(now.frame, this.lead);
    for (const [sign, colour] of w ? /** @type {const} */ ([[1, theme.positive], [-1, theme.negative]]) : []) {
      const { ctx } = plane.surface;
      ctx.beginPath();
      for (const [x, y] of w ? clip(square(-limit, limit), sign * w[0], sign * w[1], sign * w[2]) : []) ctx.lineTo(plane.x(x), plane.y(y));
      ctx.fillStyle = css(rgb(colour), theme.dark ? 0.2 : 0.15);
      ctx.fill();
    }
    for (let i = 4; i >= 0; i--) if (i !== this.lead && this.shown(i)) this.drawRule(now, i, 2);
    this.drawRule(now, this.lead, 3);
    if (w) this.drawNormal(theme, w);
  }

  /** @param {Now} now @param {number} i @param {number} width */
  drawRule({ frame, theme, scene }, i, width) {
    const { square: plane } = this.data;
    const w = weightsOf(frame, i);
    const ends = w && chord(w[0], w[1], w[2], -scene.limit, scene.limit);
    if (!ends) return;
    const dash = i === this.lead ? [] : RULES[i].dash.length ? RULES[i].dash : [6, 3];
    stroke(plane.surface.ctx, ends.map(([x, y]) => [plane.x(x), plane.y(y)]), RULES[i].colour(theme), width, dash);
  }

  /** The normal vector on the line, where the line is nearest to the middle of the plane. @param {Theme} theme @param {Values} w */
  drawNormal(theme, w) {
    const { square: plane } = this.data;
    const { ctx } = plane.surface;
    const size = w[0] ** 2 + w[1] ** 2;
    const [x, y] = [(-w[2] * w[0]) / size, (-w[2] * w[1]) / size];
    const unit = 1.6 / Math.sqrt(size);
    ctx.strokeStyle = ctx.fillStyle = theme.primary;
    arrow(ctx, plane.x(x), plane.y(y), plane.x(x + w[0] * unit), plane.y(y + w[1] * unit), 3);
    label(ctx, theme, "w", plane.x(x + w[0] * unit * 1.12) - 4, plane.y(y + w[1] * unit * 1.12) + 4, theme.primary);
  }

  /** Rings around points on the wrong side, and around the one that was looked at last. @param {number} r */
  drawMarks(r) {
    const now = this.now();
    if (!now) return;
    const { points } = now.scene;
    for (let i = 0; i < points.length / 4; i++) {
      if (!this.right(now, i) && !points[4 * i + 3]) this.data.square.ring(i, r + 3, now.theme.bad, 1.8);
    }
    const last = lastSeen(now.frame, now.scene);
    if (last >= 0) this.data.square.ring(last, r + 7, now.theme.primary, 3);
  }

  /** The sum of point `i`. @param {Now} now @param {number} i */
  sum({ scene, frame }, i) {
    const w = weightsOf(frame, this.lead);
    return w ? w[0] * scene.points[4 * i] + w[1] * scene.points[4 * i + 1] + w[2] : 0;
  }

  /** @param {Now} now @param {number} i */
  right(now, i) {
    return (now.scene.points[4 * i + 2] > 0.5 ? 1 : -1) * this.sum(now, i) > 0;
  }

  /** @param {number} i */
  reading(i) {
    const now = this.now();
    if (!now || !weightsOf(now.frame, this.lead)) return "";
    return `w·x + b = ${number(this.sum(now, i), 3)}: ${this.right(now, i) ? "on the right side" : "on the wrong side"}`;
  }
}

const TEMPLATE = `
<div class="neuron">
  <div><h4>Data space</h4><div class="data"></div>
    <div class="tools toggles"><label><input type="checkbox" class="others" checked>Other rules</label><label><input type="checkbox" class="pocket">Pocket</label><label><input type="checkbox" class="margin">Widest margin</label></div></div>
  <div><h4>Weight space</h4><div class="weights"></div></div>
  <div class="facts apart"><button type="button" class="small next" title="Look at the next point and, if it is on the wrong side, correct the weights">Next point</button></div>
</div>`;

export default { create: (/** @type {HTMLElement} */ root, /** @type {Board} */ board) => new Perceptron(root, board) };
