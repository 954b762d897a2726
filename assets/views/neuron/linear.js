/**
 * The linear unit: its line with the squared errors as squares, and the bowl of the loss; either sets the other.
 *
 * @import { Place } from "../../kit/square.js"
 * @import { Board, Frame, Theme, View } from "../../kit/types.d.ts"
 * @import { Now } from "./unit.js"
 */
import { arrow, label, stroke } from "../../kit/canvas.js";
import { found, write } from "../../kit/dom.js";
import { trained } from "../../kit/points.js";
import { number } from "../../kit/numbers.js";
import { css, rgb } from "../../kit/palette.js";
import { Bowl } from "./bowl.js";
import { Contour, setter } from "./contour.js";
import { Curve } from "./curve.js";
import { DataPlane } from "./plane.js";
import { answer, drawBowl, LOSSES, lossOf, optimum, ready, SHORT, straight, walk, weights } from "./unit.js";
import { NeuronView } from "./view.js";

const HANDLE = 12; // pixels
const LINE = 8;
/** @type {Record<string, number[]>} */
const DASHES = { mse: [8, 4], mae: [2, 3], huber: [8, 3, 2, 3] };
/** @type {Record<string, string>} */
const NAMES = { mse: "squares", mae: "absolute", huber: "Huber" };

/** @implements {View} */
class Linear extends NeuronView {
  /** @type {number[] | null} weights that are being dragged */
  hand = null;

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    super(root, board, TEMPLATE);
    this.put = setter(board);
    this.data = new DataPlane(this.at(".data"), board, { under: () => this.drawErrors(), above: () => this.drawLine(), reading: (i) => this.reading(i) });
    this.map = new Contour(this.at(".map"), board, { names: ["w", "b"], put: (w, b, done) => this.set(w, b, done), label: "Loss over slope w and bias b, with the path of descent" });
    this.bowl = new Bowl(this.at(".solid"), board);
    this.curve = new Curve(this.at(".curve"), board, { height: 130, across: "steps" });
    this.parts = [this.data, this.map, this.bowl, this.curve.surface];
    this.squares = found(root, ".squares", HTMLInputElement);
    this.others = found(root, ".others", HTMLInputElement);
    this.squares.onchange = this.others.onchange = () => this.draw();
    this.at(".in").onclick = () => this.zoom(0.5);
    this.at(".out").onclick = () => this.zoom(2);
    this.at(".turn").onclick = () => this.turn();
    this.at(".best").onclick = () => {
      const now = this.ready();
      if (now) this.set(optimum(now)[0], optimum(now)[1], true);
    };
    this.grabbing();
  }

  ready() {
    return ready({ scene: this.sceneNow, frame: this.frameNow, theme: this.colours, hand: this.hand });
  }

  /** Weights by hand: shown at once, sent once a frame. @param {number} w @param {number} b @param {boolean} done */
  set(w, b, done) {
    this.hand = done ? null : [w, b];
    this.put([[0, w], [1, b]], done);
    this.draw();
  }

  /** @param {number} by */
  zoom(by) {
    const wide = this.board.optionOf("bowl", "zoom") ?? 1;
    this.board.choose("bowl", "zoom", Math.min(16, Math.max(1 / 16, wide * by)));
  }

  turn() {
    const solid = !this.bowl.on;
    this.bowl.show(solid);
    this.at(".map").hidden = solid;
    this.at(".turn").setAttribute("aria-pressed", String(solid));
    if (!solid) this.map.fit();
    this.draw();
  }

  /** @param {Frame} frame */
  frame(frame) {
    super.frame(frame);
    const now = this.ready();
    if (!now) return;
    this.bowl.frame(now);
    this.drawCurve(now);
  }

  resize() {
    super.resize();
    const now = this.ready();
    if (now) this.drawCurve(now);
  }

  paint() {
    this.data.draw();
    const now = this.ready();
    if (!now) return;
    this.drawMap(now);
    const { limit, holds } = limitOf(now);
    this.board.emit("limit", holds ? limit : null);
  }

  // ---- the line among the points --------------------------------------------------------------------------------------
  drawErrors() {
    const now = this.ready();
    if (!now) return;
    const { square } = this.data;
    const squares = this.squares.checked && lossOf(now) === "mse";
    const { points, limit } = now.scene;
    for (let i = 0; i < points.length / 4; i++) {
      const [x, y, , test] = points.subarray(4 * i, 4 * i + 4);
      if (test) continue;
      const guess = Math.max(-9 * limit, Math.min(9 * limit, answer(now, weights(now), x)));
      this.drawError(now.theme, [square.x(x), square.y(y), square.y(guess)], x > 0 ? -1 : 1, squares); // towards the middle, so that it stays in sight
    }
    if (this.others.checked) for (const loss of LOSSES) stroke(square.surface.ctx, straight(now, optimum(now, loss), square), now.theme.faint, 1.6, DASHES[loss]);
  }

  /** @param {Theme} theme @param {number[]} places x, the target and the answer in pixels @param {number} out the side on which the square lies @param {boolean} square */
  drawError(theme, [px, py, qy], out, square) {
    const { ctx } = this.data.square.surface;
    stroke(ctx, [[px, py], [px, qy]], css(rgb(theme.negative), 0.9), 1.4);
    if (!square) return;
    const side = qy - py;
    ctx.fillStyle = css(rgb(theme.negative), theme.dark ? 0.22 : 0.16);
    ctx.strokeStyle = css(rgb(theme.negative), 0.5);
    ctx.fillRect(px, py, out * Math.abs(side), side);
    ctx.strokeRect(px, py, out * Math.abs(side), side);
  }

  drawLine() {
    const now = this.ready();
    if (!now) return;
    const { square } = this.data;
    const { ctx } = square.surface;
    const own = weights(now);
    stroke(ctx, straight(now, own, square), now.theme.primary, 3.5);
    for (const x of handles(now)) {
      ctx.beginPath();
      ctx.arc(square.x(x), square.y(answer(now, own, x)), 7, 0, 2 * Math.PI);
      ctx.fillStyle = now.theme.background;
      ctx.fill();
      ctx.lineWidth = 3;
      ctx.strokeStyle = now.theme.primary;
      ctx.stroke();
    }
    if (!this.others.checked) return;
    LOSSES.forEach((loss, i) => {
      const x = -5.6 + i * 1.7;
      const y = square.y(answer(now, optimum(now, loss), x)) - 6;
      label(ctx, now.theme, NAMES[loss], square.x(x), Math.max(16, Math.min(square.size, y)), now.theme.faint);
    });
  }

  /** A handle turns the line about the other one; anywhere else on the line lifts it. */
  grabbing() {
    const { square } = this.data;
    /** @type {{pivot: number | null, at: number, from: number, own: number[]} | null} */
    let held = null;
    const turn = (/** @type {Place} */ place, /** @type {boolean} */ done) => {
      if (!held || !this.sceneNow) return;
      const { shift = [0], spread = [1] } = this.sceneNow.facts;
      if (held.pivot === null) return this.set(held.own[0], held.own[1] + place.y - held.from, done);
      const apart = Math.abs(place.x - held.pivot) < 0.3 ? 0.3 * Math.sign(place.x - held.pivot || 1) : place.x - held.pivot;
      const slope = (place.y - held.at) / apart;
      this.set(slope * spread[0], held.at - slope * (held.pivot - shift[0]), done);
    };
    square.dragging({
      start: (place) => {
        const now = this.data.editing.mode === "move" ? this.ready() : null;
        if (!now) return false;
        const own = weights(now);
        const ends = handles(now);
        const i = ends.findIndex((x) => Math.hypot(square.x(x) - place.px, square.y(answer(now, own, x)) - place.py) < HANDLE);
        if (i < 0 && (Math.abs(square.y(answer(now, own, place.x)) - place.py) >= LINE || square.nearest(place) >= 0)) return false;
        const pivot = i < 0 ? null : ends[1 - i];
        held = { pivot, at: pivot === null ? 0 : answer(now, own, pivot), from: place.y, own };
        return true;
      },
      move: (place) => turn(place, false),
      end: (place) => turn(place, true),
    });
  }

  /** @param {number} i */
  reading(i) {
    const now = this.ready();
    if (!now) return "";
    const [x, y] = now.scene.points.subarray(4 * i, 4 * i + 2);
    const guess = answer(now, weights(now), x);
    return `ŷ ${number(guess, 3)}, error ${number(guess - y, 3)}, squared ${number((guess - y) ** 2, 3)}`;
  }

  // ---- the bowl from above --------------------------------------------------------------------------------------------
  /** @param {Now} now */
  drawMap(now) {
    if (this.at(".map").hidden) return;
    const { map } = this;
    drawBowl(map, now, (ctx) => {
      map.path(ctx, walk(now), now.theme.negative);
      const others = this.others.checked ? LOSSES.filter((loss) => loss !== lossOf(now)) : [];
      for (const loss of others) this.cross(ctx, optimum(now, loss), SHORT[loss], now.theme.faint);
      this.cross(ctx, optimum(now), "lowest", now.theme.text);
      const [w, b] = weights(now);
      map.dot(ctx, w, b, 8, now.theme.primary, now.theme.background);
      this.drawStep(ctx, now, w, b);
    });
  }

  /** @param {CanvasRenderingContext2D} ctx @param {number[]} place @param {string} word @param {string} colour */
  cross(ctx, [w, b], word, colour) {
    this.map.cross(ctx, w, b, word, colour);
  }

  /** The step that comes next, as an arrow: minus the learning rate times the gradient of all examples. @param {CanvasRenderingContext2D} ctx @param {Now} now @param {number} w @param {number} b */
  drawStep(ctx, { frame, theme, hand }, w, b) {
    const slope = frame.arrays.gradients?.data;
    if (!slope || hand) return;
    const { map } = this;
    ctx.strokeStyle = ctx.fillStyle = theme.primary;
    arrow(ctx, map.x(w), map.y(b), map.x(w - frame.lr * slope[0]), map.y(b - frame.lr * slope[1]), 2.5);
  }

  /** The loss above its lowest value, step by step. @param {Now} now */
  drawCurve(now) {
    const { scene, frame, theme } = now;
    const { neuron_trace: trace, neuron_trace_costs: costs } = frame.arrays;
    const least = optimum(now)[2];
    const each = Math.max(1, Math.min(scene.experiment.training.batch_size, scene.points.length / 4));
    this.curve.draw(theme, [{ line: Array.from(costs.data, (cost, i) => [trace.data[i * trace.shape[1]] / each, cost - least]), colour: theme.negative }]);
  }

  // ---- the numbers ----------------------------------------------------------------------------------------------------
  words() {
    const now = this.ready();
    if (!now) return;
    const { scene, frame } = now;
    const { training, model } = scene.experiment;
    const [w, b] = weights(now);
    const best = optimum(now);
    write(this.at(".formula"), `ŷ = ${number(w, 3)} · ${model.scaled ? "x′" : "x"} ${b < 0 ? "−" : "+"} ${number(Math.abs(b), 3)}`);
    write(this.at(".loss"), number(frame.arrays.neuron_costs.data[0], 4));
    write(this.at(".least"), `${number(best[2], 4)} at w ${number(best[0], 3)}, b ${number(best[1], 3)}`);
    const [top, low] = frame.arrays.bowl_curve.data;
    const { limit, plain, holds } = limitOf(now);
    write(this.at(".limit"), limit > 0 ? `${number(limit, 4)} = 2/λmax, λmax ${number(top, 3)}, λmin ${number(low, 3)}` : "none: this loss has no curvature here");
    const over = limit > 0 && frame.lr > limit;
    this.say(speed({ limit, lr: frame.lr, over, plain, batch: training.batch_size }), { bad: holds && over, good: holds && !over });
  }

  alt() {
    const now = this.ready();
    if (!now) return "";
    const [w, b] = weights(now);
    const best = optimum(now);
    return `Line with slope ${number(w, 3)} and bias ${number(b, 3)}, loss ${number(now.frame.arrays.neuron_costs.data[0], 3)}; the lowest loss is ${number(best[2], 3)} at ${number(best[0], 3)}, ${number(best[1], 3)}.`;
  }

  destroy() {
    super.destroy();
    this.bowl.destroy();
    this.board.emit("limit", null);
  }
}

/** Where the line can be taken to turn it: two x at which it lies inside the picture. @param {Now} now */
function handles(now) {
  const { limit } = now.scene;
  const own = weights(now);
  const inside = [];
  for (let x = -limit * 0.92; x <= limit * 0.93; x += limit * 0.04) if (Math.abs(answer(now, own, x)) < limit * 0.95) inside.push(x);
  return inside.length > 1 ? [inside[0], inside[inside.length - 1]] : [];
}

/** The largest learning rate that plain descent bears, and whether this is plain descent. @param {Now} now */
function limitOf({ scene, frame }) {
  const limit = frame.arrays.bowl_curve.data[2];
  const { optimizer, batch_size } = scene.experiment.training;
  const plain = optimizer.kind === "sgd" && batch_size >= trained(scene);
  return { limit, plain, holds: limit > 0 && plain };
}

/** @param {{limit: number, lr: number, over: boolean, plain: boolean, batch: number}} of */
function speed({ limit, lr, over, plain, batch }) {
  if (!(limit > 0)) return "The absolute error has the same slope everywhere, so a fixed step never settles: it jumps around the lowest point.";
  if (!plain) return `The limit holds for plain gradient descent on all examples at once; ${batch === 1 ? "with one example at a time" : "in this run"} it is only a guide.`;
  if (over) return `The learning rate ${number(lr, 4)} is above the limit: each step crosses the valley and ends further away.`;
  return lr > limit / 2 ? `The learning rate ${number(lr, 4)} is ${number((100 * lr) / limit, 3)} % of the limit: it zigzags, but still arrives.` : `The learning rate ${number(lr, 4)} is ${number((100 * lr) / limit, 3)} % of the limit: it moves down without crossing the valley.`;
}

const TEMPLATE = `
<div class="neuron">
  <div><h4>The line</h4><div class="data"></div><div class="tools"><label><input type="checkbox" class="squares" checked>Squares</label><label><input type="checkbox" class="others">Best line of each loss</label></div></div>
  <div><h4>The bowl</h4><div class="tools"><button type="button" class="small turn" aria-pressed="false">3-D</button><button type="button" class="small in" title="Zoom in">Closer</button><button type="button" class="small out" title="Zoom out">Wider</button><button type="button" class="small best" title="Put the line where the loss is lowest">To the lowest point</button></div>
    <div class="map"></div><div class="solid" hidden></div><p class="note">Click or drag in the bowl to set the line; drag the line or its handles to move the point.</p></div>
  <div class="facts apart">
    <div><div class="label">The unit</div><div class="formula"></div></div>
    <div><div class="label">Loss now</div><div class="big loss"></div></div>
    <div><div class="label">Lowest possible loss</div><div class="least"></div></div>
    <div><div class="label">Largest learning rate</div><div class="limit"></div></div>
    <div class="verdict speed"></div>
    <div><div class="label">Loss above the lowest, over steps</div><div class="curve"></div></div>
  </div>
</div>`;

export default { create: (/** @type {HTMLElement} */ root, /** @type {Board} */ board) => new Linear(root, board) };
