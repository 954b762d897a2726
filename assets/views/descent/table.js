/**
 * Who is where: one row for each optimiser, with height, distance to the nearest minimum and the step at which it arrived.
 *
 * @import { Look } from "../../kit/racers.js"
 * @import { Board, Frame, Racer, Scene, Theme, View } from "../../kit/types.d.ts"
 */
import { Calm } from "../../kit/calm.js";
import { found, make, write } from "../../kit/dom.js";
import { count, short } from "../../kit/numbers.js";
import { pickRacer, sample } from "../../kit/racers.js";
import { ARRIVED, DISTANCE, floorOf, HEIGHT, LEFT, NEVER, racerOf } from "./columns.js";
import { RaceView } from "./view.js";

const STYLE = `
.rt { width: 100%; border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
.rt th { text-align: right; font-weight: 400; font-size: 14px; color: var(--faint); padding: 2px 6px; border-bottom: 1px solid var(--border); white-space: nowrap; }
.rt th:first-child, .rt td:first-child { text-align: left; padding-left: 4px; }
.rt td { text-align: right; padding: 5px 6px; border-bottom: 1px solid var(--border); white-space: nowrap; }
.rt tr.racer { cursor: pointer; }
.rt tr.chosen { background: var(--panel); }
.rt .who { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0 8px; align-items: center; }
.rt .who button { font-weight: 600; text-align: left; padding: 0; border: 0; background: none; }
.rt .who small { grid-column: 2; color: var(--faint); font-size: 14px; white-space: normal; }
.right .rt .who small { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.right .rt :is(th, td) { padding: 3px 4px; overflow: hidden; text-overflow: ellipsis; }
.rt { table-layout: fixed; } /* numbers come and go: no column moves for them */
.rt th:first-child { width: 40%; }
@container stage (max-width: 1060px) { .right .rt :is(th, td):nth-child(3) { display: none; } .rt th:first-child { width: 52%; } }
@container stage (max-width: 1010px) { .right .rt :is(th, td):nth-child(n + 3), .right .rt small { display: none; } .rt th:first-child { width: 66%; } }
.rt .good { color: var(--good); font-weight: 600; }
.rt .bad { color: var(--bad); font-weight: 600; }
`;

/** @implements {View} */
class Table extends RaceView {
  /** @type {ReturnType<Table["row"]>[]} */
  rows = [];
  floor = 0;
  calm = new Calm();

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    super(board);
    root.innerHTML = `<style>${STYLE}</style><table class="rt"><thead><tr><th>Optimiser</th><th title="Height above the lowest known minimum">Loss</th>
      <th title="To the nearest known minimum">Distance</th><th title="Steps until it was within 0.001 of a minimum">Arrived</th></tr></thead><tbody></tbody></table>`;
    this.body = found(root, "tbody");
    this.off = board.on("option", (name) => name === "racer" && this.choose());
  }

  /** @param {Scene} scene */
  scene(scene) {
    super.scene(scene);
    const { colours: theme } = this;
    if (!scene.facts.surface || !theme) return;
    this.floor = floorOf(scene.facts.surface);
    this.rows = this.looks.map((look, i) => this.row(theme, look, i));
    this.body.replaceChildren(...this.rows.map((row) => row.line));
    this.choose();
    if (this.board.frame) this.write(this.board.frame);
  }

  /** @param {Theme} theme @param {Look} look @param {number} i */
  row(theme, look, i) {
    const cells = Array.from({ length: 4 }, () => make("td"));
    const button = make("button", { type: "button" }, look.label); // for keys; its click is one on the row
    cells[0].append(make("div", { class: "who" }, sample(look, theme), button, make("small", { title: settings(look) }, settings(look))));
    const line = make("tr", { class: "racer", title: "Show this one in the views below", onclick: () => pickRacer(this.board, i) }, ...cells);
    return { name: look.label, line, button, cells };
  }

  choose() {
    const { chosen } = this;
    this.rows.forEach(({ line, button }, i) => {
      line.classList.toggle("chosen", i === chosen);
      button.setAttribute("aria-pressed", String(i === chosen));
    });
  }

  /** @param {Frame} frame */
  frame(frame) {
    this.calm.do(frame.playing, () => this.write(this.board.frame ?? frame));
  }

  /** @param {Frame} frame */
  write({ arrays: { race } }) {
    if (race?.shape[0] !== this.rows.length) return;
    this.rows.forEach(({ cells }, i) => {
      const row = racerOf(race, i);
      write(cells[1], short(Math.max(0, Number.isFinite(this.floor) ? row[HEIGHT] - this.floor : row[HEIGHT])));
      write(cells[2], row[DISTANCE] < 0 ? "—" : short(row[DISTANCE]));
      const [text, state] = row[LEFT] !== NEVER ? [`left at ${count(row[LEFT])}`, "bad"] : row[ARRIVED] !== NEVER ? [`✓ ${count(row[ARRIVED])}`, "good"] : ["not yet", ""];
      write(cells[3], text);
      if (cells[3].className !== state) cells[3].className = state;
    });
  }

  alt() {
    return this.rows.map(({ name, cells }) => `${name}: loss ${cells[1].textContent}, distance ${cells[2].textContent}, ${cells[3].textContent}`).join("; ");
  }

  destroy() {
    this.calm.stop();
    this.off();
  }
}

/** The settings in a few characters, such as "rate 0.03 · momentum 0.9". @param {Racer} racer */
function settings(racer) {
  /** @type {Record<string, string>} */
  const names = { momentum: "momentum", beta1: "β₁", beta2: "β₂", alpha: "smoothing" };
  const own = Object.entries(racer.settings).filter(([name]) => names[name]).map(([name, v]) => `${names[name]} ${+v.toPrecision(4)}`);
  if (racer.kind === "muon") own.length = 0;
  const schedule = racer.schedule === "constant" ? [] : [racer.schedule];
  return [`rate ${+racer.learning_rate.toPrecision(3)}`, ...own, ...schedule, ...(racer.noise ? [`noise ${+racer.noise.toPrecision(3)}`] : [])].join(" · ");
}

export default { create: (/** @type {HTMLElement} */ root, /** @type {Board} */ board) => new Table(root, board) };
