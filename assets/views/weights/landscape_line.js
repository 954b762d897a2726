// The loss on the straight line between two sets of weights of the run, or to weights that were kept, and the barrier between.
import { make } from "../../kit/dom.js";
import { number, ticks, tickText } from "../../kit/numbers.js";
import { looks } from "../../kit/racers.js";
import { Asker, choice, picker } from "./landscape_ask.js";
import { compare } from "./landscape_compare.js";
import { shelfOf } from "./landscape_kept.js";

const HEIGHT = 360;
const AREA = { left: 62, right: 16, top: 34, bottom: 52 };
const EVERY_S = 1;

class LossLine {
  constructor(root, board) {
    this.board = board;
    this.from = 0;
    this.to = "now";
    this.log = false;
    this.span = [0, 0];
    this.asker = new Asker(board, "line", { options: () => this.options(), answered: (arrays) => this.answered(arrays), failed: (text) => this.fail(text) });
    this.note = make("p", { style: "margin:2px 0 8px;font-size:14px;min-height:3.9em" });
    this.shelf = shelfOf(board);
    this.compare = compare(board, (sentence) => this.fail(sentence));
    this.offs = [board.on("kept", () => this.list()), board.on("beside", () => this.towards())];
    root.append(this.tools(), this.compare.row, this.asker.bar, this.note);
    this.page = board.canvas(root, { height: HEIGHT, label: "Training and test loss on the straight line between two sets of weights" });
    this.list();
  }

  tools() {
    this.start = make("input", { type: "range", min: 0, max: 1000, value: 0, "aria-label": "Step where the line begins", style: "width:130px", oninput: () => this.pick() });
    this.startAt = make("output", { style: "min-width:9ch;font-variant-numeric:tabular-nums" });
    this.target = picker("Where the line ends", [["now", "the present weights"]], () => this.aim());
    this.target.style.maxWidth = "22em";
    this.member = picker("Whose place the line begins at", [], () => this.pick());
    this.toMember = picker("Whose place the line ends at", [], () => this.pick());
    this.racing = make("span", { hidden: true }, make("label", {}, "of", this.member), " ", make("label", {}, "to", this.toMember));
    this.origin = choice("Beginning", [["past", "From a step of this run"], ["now", "From the present"]], (value) => this.begin(value));
    this.height = make("input", { type: "checkbox", onchange: () => this.board.redraw(this) });
    this.origin.show("past");
    return make("div", { class: "tools" }, this.origin, this.start, this.startAt, this.racing, (this.ends = make("label", {}, "To", this.target)),
      make("label", {}, this.height, "Log height"));
  }

  begin(where) {
    this.presentFirst = where === "now";
    this.origin.show(where);
    this.start.hidden = this.startAt.hidden = this.presentFirst;
    if (this.presentFirst && this.target.value === "now" && this.target.options.length > 1) this.target.value = this.target.options[1].value;
    this.pick();
  }

  /** What the line may end at: the present, and kept runs whose weights mean the same. */
  list() {
    const fitting = this.shelf.all.filter((one) => one.shape === this.shape);
    this.target.replaceChildren(make("option", { value: "now" }, "the present weights"), ...fitting.map((one) => make("option", { value: one.name }, this.shelf.words(one))));
    this.target.value = fitting.some((one) => one.name === this.shelf.chosen) ? this.shelf.chosen : "now";
  }

  /** Another run stands beside this one: the line goes there, where it can. */
  towards() {
    const before = this.target.value;
    this.list();
    const other = this.shelf.beside;
    if (other && other.shape !== this.shape) this.fail(`No line leads to ${other.name}: its network has another shape. Compare the landscapes and the curvature instead.`);
    if (this.target.value === before) return;
    this.presentFirst = this.target.value !== "now";
    this.begin(this.presentFirst ? "now" : "past");
  }

  aim() {
    this.shelf.choose(this.target.value === "now" ? "" : this.target.value);
    this.pick();
  }

  pick() {
    this.write();
    clearTimeout(this.picking);
    this.picking = setTimeout(() => this.board.frame && this.asker.ask({ instead: true }), 120);
  }

  write() {
    const [first, last] = this.span;
    this.from = Math.round(first + (Number(this.start.value) / 1000) * (last - first));
    this.startAt.textContent = `step ${this.from}`;
  }

  options() {
    const now = this.board.frame.step;
    const from = this.presentFirst ? now : Math.min(this.from, now);
    if (this.racers) return { from, to: now, member: Number(this.member.value), to_member: Number(this.toMember.value) };
    return this.target.value === "now" ? { from, to: now } : { from, against: this.target.value };
  }

  // ---- what comes in ----------------------------------------------------------------------------------------------
  theme(theme) {
    this.colours = theme;
    this.note.style.color = theme.faint;
  }

  scene(scene) {
    const shape = scene.shape ?? "";
    if (shape !== this.shape) this.found = null;
    this.shape = shape;
    this.race(scene);
    this.compare.scene();
    this.list();
  }

  /** In a race the line goes between the places of two racers, or from one's past to its present. */
  race(scene) {
    this.racers = scene.facts?.racers?.length ? looks(scene, this.colours) : null;
    this.racing.hidden = !this.racers;
    this.ends.hidden = this.compare.row.hidden = Boolean(this.racers);
    const labels = this.racers?.map((look) => look.label).join() ?? "";
    if (labels === this.labels) return;
    this.labels = labels;
    if (!this.racers) return;
    for (const pick of [this.member, this.toMember]) pick.replaceChildren(...this.racers.map((look, i) => make("option", { value: i }, look.label)));
    this.toMember.value = String(Math.min(1, this.racers.length - 1));
    this.begin("now");
  }

  frame(frame) {
    if (this.span.join() !== frame.span?.join()) {
      this.span = frame.span ?? [0, frame.step];
      const [first, last] = this.span;
      if (last > first) this.start.value = String(Math.round((1000 * (Math.max(this.from, first) - first)) / (last - first)));
      this.startAt.textContent = `step ${Math.max(first, Math.min(this.from, last))}`;
    }
    if (frame.restarted) this.asker.step = -1;
    if (!this.found && !this.asker.busy && this.asker.step !== frame.step) this.asker.ask();
    else this.asker.follow(frame, EVERY_S);
    this.draw();
  }

  answered(arrays) {
    this.found = { alpha: arrays.alpha.data, train: arrays.train.data, test: arrays.test.data, barrier: arrays.barrier.data, ends: arrays.ends.data, apart: arrays.apart.data[0], to: this.target.value, members: this.racers && [Number(this.member.value), Number(this.toMember.value)] };
    this.found.tested = this.found.test.some(Number.isFinite);
    this.tell();
    this.board.redraw(this);
  }

  fail(text) {
    this.note.textContent = text;
  }

  tell() {
    const { barrier, apart, train } = this.found;
    const [from, to] = this.names();
    if (apart === 0) return this.fail(`Both ends are the same weights: choose an earlier step${this.racers ? ", or another racer" : ", or keep this run and train another"}.`);
    const low = Math.min(this.at(train, 0), this.at(train, 1));
    const high = barrier[0];
    const what = this.racers ? "height" : "training loss";
    const words = !Number.isFinite(high) ? "The loss on the way is beyond all numbers."
      : high <= 0.02 * Math.max(low, 0.01) ? `There is no barrier: the ${what} never rises above the straight line between its ends.`
        : `The barrier is ${number(high, 3)} high: so far the ${what} rises above the straight line between its ends${this.found.tested ? ` (test loss: ${number(barrier[1], 3)})` : ""}.`;
    this.fail(`From ${from} to ${to}. ${words} The ends lie ${number(100 * apart, 3)} % of their own length apart.`);
  }

  names() {
    const [from, to] = this.found.ends;
    const [whose, toWhose] = this.found.members ?? [];
    if (whose !== undefined && whose !== toWhose) return [`${this.racers?.[whose]?.label ?? ""} at step ${from}`, this.racers?.[toWhose]?.label ?? ""];
    return [`step ${from}`, to < 0 ? this.found.to : `step ${to}`];
  }

  /** A loss at the very ends of the line. */
  at(losses, alpha) {
    const { alpha: places } = this.found;
    let best = 0;
    places.forEach((a, i) => {
      if (Math.abs(a - alpha) < Math.abs(places[best] - alpha)) best = i;
    });
    return losses[best];
  }

  // ---- drawing ----------------------------------------------------------------------------------------------------
  draw() {
    const { ctx, width, height } = this.page;
    if (!this.found || !width) return;
    const { alpha, train, test } = this.found;
    const log = this.height.checked;
    const scale = (v) => (log ? Math.log10(Math.max(v, 1e-9)) : v);
    let [low, high] = [Infinity, -Infinity];
    for (const v of [...train, ...test]) if (Number.isFinite(v)) [low, high] = [Math.min(low, scale(v)), Math.max(high, scale(v))];
    if (!(high >= low)) return;
    const room = 0.06 * (high - low || Math.abs(high) || 1);
    [low, high] = [log ? low - room : Math.max(0, low - room), high + room];
    const box = { left: AREA.left, right: width - AREA.right, top: AREA.top, bottom: height - AREA.bottom };
    const x = (a) => box.left + ((a - alpha[0]) / (alpha[alpha.length - 1] - alpha[0])) * (box.right - box.left);
    const y = (v) => box.bottom - ((scale(v) - low) / (high - low)) * (box.bottom - box.top);
    ctx.clearRect(0, 0, width, height);
    this.axes(box, { x, low, high, log });
    this.curve(alpha, test, { x, y, colour: this.colours.test, dash: [7, 5] });
    this.curve(alpha, train, { x, y, colour: this.colours.train, dash: [] });
    this.mountain({ x, y, alpha, train });
    this.legend(box);
  }

  axes(box, { x, low, high, log }) {
    const { ctx } = this.page;
    const theme = this.colours;
    ctx.font = `13px ${theme.font}`;
    ctx.lineWidth = 1;
    ctx.strokeStyle = theme.border;
    ctx.fillStyle = theme.faint;
    ctx.textAlign = "right";
    ctx.textBaseline = "middle";
    for (const v of ticks(low, high, 5)) {
      const py = Math.round(box.bottom - ((v - low) / (high - low)) * (box.bottom - box.top)) + 0.5;
      ctx.beginPath();
      ctx.moveTo(box.left, py);
      ctx.lineTo(box.right, py);
      ctx.stroke();
      ctx.fillText(log ? number(10 ** v, 2) : tickText(v), box.left - 8, py);
    }
    ctx.textAlign = "center";
    const [from, to] = this.names();
    for (const [a, words] of [[0, from], [1, to]]) {
      ctx.strokeStyle = theme.faint;
      ctx.setLineDash([2, 4]);
      ctx.beginPath();
      ctx.moveTo(x(a), box.top);
      ctx.lineTo(x(a), box.bottom);
      ctx.stroke();
      ctx.setLineDash([]);
      ctx.fillStyle = theme.text;
      ctx.font = `600 14px ${theme.font}`;
      ctx.fillText(words, x(a), box.bottom + 18);
    }
    ctx.font = `13px ${theme.font}`;
    ctx.fillStyle = theme.faint;
    for (const a of [0.25, 0.5, 0.75]) ctx.fillText(`${100 * a} %`, x(a), box.bottom + 18);
    ctx.fillText("share of the way", x(0.5), box.bottom + 38);
    ctx.textAlign = "left";
    ctx.fillText("loss", 4, 14);
  }

  curve(alpha, losses, { x, y, colour, dash }) {
    const { ctx } = this.page;
    ctx.strokeStyle = colour;
    ctx.lineWidth = 2.5;
    ctx.setLineDash(dash);
    ctx.beginPath();
    let drawn = false;
    losses.forEach((v, i) => {
      if (!Number.isFinite(v)) drawn = false;
      else if (drawn) ctx.lineTo(x(alpha[i]), y(v));
      else {
        ctx.moveTo(x(alpha[i]), y(v));
        drawn = true;
      }
    });
    ctx.stroke();
    ctx.setLineDash([]);
  }

  /** The chord between the ends and, where the loss rises above it, an arrow as high as the barrier. */
  mountain({ x, y, alpha, train }) {
    const { ctx } = this.page;
    const theme = this.colours;
    const [first, last] = [this.at(train, 0), this.at(train, 1)];
    if (!Number.isFinite(first + last)) return;
    const chord = (a) => first + a * (last - first);
    ctx.strokeStyle = theme.faint;
    ctx.lineWidth = 1.5;
    ctx.setLineDash([4, 4]);
    ctx.beginPath();
    for (let i = 0; i <= 40; i++) ctx.lineTo(x(i / 40), y(chord(i / 40)));
    ctx.stroke();
    ctx.setLineDash([]);
    let top = -1;
    alpha.forEach((a, i) => {
      if (a >= 0 && a <= 1 && (top < 0 || train[i] - chord(a) > train[top] - chord(alpha[top]))) top = i;
    });
    const [px, from, to] = [x(alpha[top]), y(chord(alpha[top])), y(train[top])];
    if (!(from - to > 8)) return;
    ctx.strokeStyle = ctx.fillStyle = theme.bad;
    ctx.lineWidth = 2;
    ctx.beginPath();
    ctx.moveTo(px, from);
    ctx.lineTo(px, to + 6);
    ctx.stroke();
    ctx.beginPath();
    ctx.moveTo(px, to);
    ctx.lineTo(px - 5, to + 9);
    ctx.lineTo(px + 5, to + 9);
    ctx.fill();
    ctx.font = `600 14px ${theme.font}`;
    ctx.textAlign = "left";
    ctx.fillText(`barrier ${number(this.found.barrier[0], 3)}`, px + 9, (from + to) / 2);
  }

  legend(box) {
    const { ctx } = this.page;
    const theme = this.colours;
    let at = box.right - 250;
    ctx.font = `14px ${theme.font}`;
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    for (const [words, colour, dash] of [[this.racers ? "height" : "training loss", theme.train, []], ...(this.found.tested ? [["test loss", theme.test, [7, 5]]] : [])]) {
      ctx.strokeStyle = colour;
      ctx.lineWidth = 2.5;
      ctx.setLineDash(dash);
      ctx.beginPath();
      ctx.moveTo(at, 14);
      ctx.lineTo(at + 26, 14);
      ctx.stroke();
      ctx.setLineDash([]);
      ctx.fillStyle = theme.text;
      ctx.fillText(words, at + 32, 14);
      at += 140;
    }
  }

  resize() {
    this.page.fit();
  }

  alt() {
    return this.found ? this.note.textContent : "";
  }

  destroy() {
    clearTimeout(this.picking);
    for (const off of this.offs) off();
    this.compare.destroy();
    this.asker.destroy();
  }
}

export default { needs: ["weights"], create: (root, board) => new LossLine(root, board) };
