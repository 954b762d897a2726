// The learning-rate map: where 200 steps end for each pair of learning rate and momentum; a click races with that pair.
import { make } from "../../kit/dom.js";
import { decades, number, short, tickText } from "../../kit/numbers.js";
import { mix, rgb } from "../../kit/palette.js";
import { looks, pickRacer, pickedRacer, sample } from "../../kit/racers.js";

const SIDE = 24;
const GUTTER = { left: 62, right: 96, top: 10, bottom: 44 };
// What is varied beside the learning rate, as analysis/lr_map.py has it.
const AXES = { sgd: ["momentum", "momentum"], momentum: ["momentum", "momentum"], nesterov: ["momentum", "momentum"], adam: ["beta1", "beta 1"], adamw: ["beta1", "beta 1"], lion: ["beta1", "beta 1"], rmsprop: ["alpha", "smoothing"], adagrad: ["eps", "epsilon"] };
const LIGHT = ["#0b3c5d", "#1f6f8b", "#5fa8a0", "#c2d6a4", "#f4e9b8", "#f0b67f", "#d1603d"];
const DARK = ["#8be0ff", "#4fb0d8", "#3b8a9a", "#5a7d5e", "#8a7a45", "#a85f35", "#8f3020"];
const LEAST = 1e-12;

class LrMap {
  constructor(root, board) {
    Object.assign(this, { board, found: null, asked: "", hover: null });
    this.pick = make("select", { "aria-label": "Optimiser of the map", onchange: () => pickRacer(board, Number(this.pick.value)) });
    this.sign = make("span", {});
    this.words = make("span", { "aria-live": "polite" });
    root.append(make("div", { class: "tools" }, make("label", {}, this.sign, this.pick), this.words));
    this.stage = board.canvas(root, { height: (width) => Math.min(430, Math.round(width * 0.66)), label: "Heat map of the final height over learning rate and momentum" });
    this.stage.canvas.style.cursor = "pointer";
    this.pointing();
    this.offs = [board.on("option", (name) => name === "racer" && this.choose()), board.on("progress", (m) => m.name === "lr_map" && this.say(`Racing 576 copies: ${Math.round(100 * m.share)}%`))];
  }

  theme(theme) {
    this.colours = theme;
    this.words.style.color = theme.faint;
    if (this.sceneNow) this.scene(this.sceneNow);
  }

  scene(scene) {
    this.sceneNow = scene;
    if (!scene.facts.surface || !this.colours) return;
    this.looks = looks(scene, this.colours);
    this.pick.replaceChildren(...this.looks.map((look, i) => make("option", { value: i }, look.label)));
    this.choose();
  }

  choose() {
    if (!this.looks) return;
    this.i = Math.min(pickedRacer(this.board), this.looks.length - 1);
    this.pick.value = String(this.i);
    this.sign.replaceChildren(sample(this.looks[this.i], this.colours));
    this.board.redraw(this);
  }

  resize() {
    this.stage.fit();
    this.board.redraw(this);
  }

  frame() {
    if (!this.looks) return;
    this.want();
    this.draw();
  }

  /** What the map depends on: everything of the racer but the two numbers that the map varies. */
  key() {
    const { experiment } = this.board;
    const racer = structuredClone(experiment?.model?.racers?.[this.i]);
    if (!racer) return "";
    delete racer.learning_rate;
    delete racer.colour;
    const kind = racer.optimizer.kind;
    delete racer.optimizer[AXES[kind]?.[0]];
    return JSON.stringify([racer, this.i, experiment.seed, experiment.data, experiment.model.start_x, experiment.model.start_y]);
  }

  want() {
    const key = this.key();
    if (!key || key === this.asked) return;
    this.asked = key;
    this.found = null;
    this.say("Racing 576 copies …");
    const began = performance.now();
    this.board.ask("lr_map", { racer: this.i }).then((answer) => {
      if (this.asked !== key) return;
      if (answer.error) return this.say(answer.error);
      const { lr_map: map, lr_rates: rates, lr_settings: settings, lr_best: best } = answer.arrays;
      this.found = { map: map.data, rates: rates.data, settings: settings.data, best: best.data };
      this.took = (performance.now() - began) / 1000;
      this.say(`576 races of 200 steps in ${this.took.toFixed(1)} s. Click a cell to race with it.`);
      this.board.redraw(this);
    });
  }

  say(text) {
    this.words.textContent = text;
  }

  // ---- drawing --------------------------------------------------------------------------------------------------------
  box() {
    const { width, height } = this.stage;
    return { x: GUTTER.left, y: GUTTER.top, w: (width - GUTTER.left - GUTTER.right) / SIDE, h: (height - GUTTER.top - GUTTER.bottom) / SIDE };
  }

  colour(value) {
    const t = Math.min(1, Math.max(0, (Math.log10(Math.max(LEAST, value)) - this.low) / (this.high - this.low || 1)));
    const stops = (this.colours.dark ? DARK : LIGHT).map(rgb);
    const k = Math.min(stops.length - 2, Math.floor(t * (stops.length - 1)));
    return `rgb(${mix(stops[k], stops[k + 1], t * (stops.length - 1) - k).join(",")})`;
  }

  draw() {
    const { stage, found, colours: theme } = this;
    const { ctx, width, height } = stage;
    if (!width) return;
    ctx.clearRect(0, 0, width, height);
    if (!found) return;
    const finite = found.map.filter((v) => !Number.isNaN(v)).map((v) => Math.log10(Math.max(LEAST, v)));
    finite.sort((a, b) => a - b);
    [this.low, this.high] = finite.length ? [finite[0], finite[Math.floor(0.98 * (finite.length - 1))]] : [0, 1]; // one that is thrown far must not take all colours
    const box = this.box();
    for (let r = 0; r < SIDE; r++) for (let c = 0; c < SIDE; c++) this.cell(box, r, c, found.map[r * SIDE + c]);
    this.axes(box);
    this.scale(box);
    this.ring(box, found.best, theme.text, "★");
    const here = this.here();
    if (here) this.ring(box, here, theme.primary, "");
    if (this.hover) this.ring(box, this.hover, theme.halo, "");
  }

  cell({ x, y, w, h }, r, c, value) {
    const { ctx } = this.stage;
    const [left, top] = [x + c * w, y + (SIDE - 1 - r) * h];
    ctx.fillStyle = Number.isNaN(value) ? this.colours.panel : this.colour(value);
    ctx.fillRect(left, top, w + 0.5, h + 0.5);
    if (!Number.isNaN(value)) return;
    ctx.strokeStyle = this.colours.faint; // a stroke through it: that one left the surface
    ctx.lineWidth = 1;
    ctx.beginPath();
    ctx.moveTo(left + w * 0.25, top + h * 0.8);
    ctx.lineTo(left + w * 0.75, top + h * 0.2);
    ctx.stroke();
  }

  axes({ x, y, w, h }) {
    const { ctx, height } = this.stage;
    const { rates, settings } = this.found;
    const theme = this.colours;
    ctx.font = `12px ${theme.font}`;
    ctx.fillStyle = theme.faint;
    ctx.textAlign = "center";
    ctx.textBaseline = "top";
    const at = (v) => x + w * (0.5 + ((SIDE - 1) * Math.log(v / rates[0])) / Math.log(rates[SIDE - 1] / rates[0]));
    for (const v of decades(rates[0], rates[SIDE - 1], 6)) ctx.fillText(tickText(v), at(v), y + SIDE * h + 5);
    ctx.textAlign = "right";
    ctx.textBaseline = "middle";
    for (let r = 0; r < SIDE; r += 4) ctx.fillText(tickText(Number(settings[r].toPrecision(2))), x - 6, y + (SIDE - 0.5 - r) * h);
    ctx.fillText(tickText(Number(settings[SIDE - 1].toPrecision(3))), x - 6, y + 0.5 * h);
    ctx.fillStyle = theme.text;
    ctx.textAlign = "center";
    ctx.textBaseline = "bottom";
    ctx.fillText("learning rate", x + (SIDE * w) / 2, height - 4);
    ctx.save();
    ctx.translate(12, y + (SIDE * h) / 2);
    ctx.rotate(-Math.PI / 2);
    ctx.textBaseline = "middle";
    ctx.fillText(AXES[this.looks[this.i].kind]?.[1] ?? "", 0, 0);
    ctx.restore();
  }

  scale({ x, y, w, h }) {
    const { ctx } = this.stage;
    const left = x + SIDE * w + 16;
    const tall = SIDE * h - 54;
    for (let k = 0; k < 60; k++) {
      ctx.fillStyle = this.colour(10 ** (this.high - ((this.high - this.low) * k) / 59));
      ctx.fillRect(left, y + 16 + (k * tall) / 60, 14, tall / 60 + 0.6);
    }
    ctx.fillStyle = this.colours.faint;
    ctx.font = `12px ${this.colours.font}`;
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    ctx.fillText("loss after 200", left - 6, y + 4);
    for (const t of [0, 0.5, 1]) ctx.fillText(tickText(Number((10 ** (this.high - (this.high - this.low) * t)).toPrecision(1))), left + 19, y + 20 + t * (tall - 8));
    ctx.fillText("╱ left", left, y + 16 + tall + 16);
    ctx.fillText("★ best", left, y + 16 + tall + 32);
  }

  ring({ x, y, w, h }, [r, c], colour, text) {
    const { ctx } = this.stage;
    const [left, top] = [x + c * w, y + (SIDE - 1 - r) * h];
    for (const [line, ink] of [[5, this.colours.halo], [2.5, colour]]) {
      ctx.strokeStyle = ink;
      ctx.lineWidth = line;
      ctx.strokeRect(left, top, w, h);
    }
    if (!text) return;
    ctx.font = `${Math.min(18, h * 1.2)}px ${this.colours.font}`;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillStyle = this.colours.halo;
    ctx.fillText(text, left + w / 2, top + h / 2 + 1);
  }

  /** The cell nearest to the racer's present settings. */
  here() {
    const racer = this.board.experiment?.model?.racers?.[this.i];
    if (!racer) return null;
    const near = (list, value) => list.reduce((best, v, k) => (Math.abs(Math.log((v + 1e-12) / (value + 1e-12))) < Math.abs(Math.log((list[best] + 1e-12) / (value + 1e-12))) ? k : best), 0);
    const own = racer.optimizer[AXES[racer.optimizer.kind]?.[0]] ?? 0;
    const kept = this.found.settings;
    const row = racer.optimizer.kind === "adagrad" ? near(kept, own) : kept.reduce((best, v, k) => (Math.abs(v - own) < Math.abs(kept[best] - own) ? k : best), 0);
    return [row, near(this.found.rates, racer.learning_rate)];
  }

  // ---- pointing -------------------------------------------------------------------------------------------------------
  pointing() {
    const { canvas } = this.stage;
    const cell = (event) => {
      const { x, y, w, h } = this.box();
      const [r, c] = [SIDE - 1 - Math.floor((event.offsetY - y) / h), Math.floor((event.offsetX - x) / w)];
      return this.found && r >= 0 && r < SIDE && c >= 0 && c < SIDE ? [r, c] : null;
    };
    canvas.addEventListener("pointermove", (event) => {
      this.hover = cell(event);
      this.board.redraw(this);
      if (!this.hover) return this.board.tip(null);
      const [r, c] = this.hover;
      const value = this.found.map[r * SIDE + c];
      const axis = AXES[this.looks[this.i].kind][1];
      this.board.tip(event.clientX, event.clientY, `Learning rate ${number(this.found.rates[c], 3)}, ${axis} ${number(this.found.settings[r], 4)}\n${Number.isNaN(value) ? "left the surface" : `loss ${short(value)} after 200 steps`}`);
    });
    canvas.addEventListener("pointerleave", () => {
      this.hover = null;
      this.board.tip(null);
      this.board.redraw(this);
    });
    canvas.addEventListener("click", (event) => {
      const at = cell(event);
      if (at) this.race(...at);
    });
  }

  /** The racer takes these two numbers and the race begins again. */
  race(r, c) {
    const path = `model.racers.${this.i}`;
    const { kind } = this.looks[this.i];
    const value = this.found.settings[r];
    const changes = { [`${path}.learning_rate`]: this.found.rates[c] };
    if (kind === "sgd" && value > 0) changes[`${path}.optimizer`] = { kind: "momentum", momentum: value };
    else if (kind !== "sgd") changes[`${path}.optimizer.${AXES[kind][0]}`] = value;
    this.board.set(changes);
    this.board.send("reset", null);
    this.board.send("play", true);
    this.board.changed();
  }

  alt() {
    if (!this.found) return "";
    const [r, c] = this.found.best;
    return `Of 576 pairs the best is learning rate ${number(this.found.rates[c], 3)} with ${AXES[this.looks[this.i].kind][1]} ${number(this.found.settings[r], 4)}: loss ${short(this.found.map[r * SIDE + c])} after 200 steps.`;
  }

  destroy() {
    this.offs.forEach((off) => off());
  }
}

export default {
  needs: ["race"],
  create: (root, board) => new LrMap(root, board),
};
