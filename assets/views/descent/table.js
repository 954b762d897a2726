// Who is where: one row for each optimiser, with height, distance to the nearest minimum and the step at which it arrived.
import { write } from "../../kit/dom.js";
import { count, short } from "../../kit/numbers.js";
import { looks, pickRacer, pickedRacer, sample } from "../../kit/racers.js";
import { ARRIVED, DISTANCE, floorOf, HEIGHT, LEFT, NEVER, WIDTH } from "./columns.js";

const STYLE = `
.rt { width: 100%; border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
.rt th { text-align: right; font-weight: 400; font-size: 13px; color: var(--faint); padding: 2px 6px; border-bottom: 1px solid var(--border); white-space: nowrap; }
.rt th:first-child, .rt td:first-child { text-align: left; padding-left: 4px; }
.rt td { text-align: right; padding: 5px 6px; border-bottom: 1px solid var(--border); white-space: nowrap; }
.rt tr.racer { cursor: pointer; }
.rt tr.racer:focus-visible { outline: 3px solid var(--accent); outline-offset: -3px; }
.rt tr[aria-selected=true] { background: var(--panel); }
.rt .who { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0 8px; align-items: center; }
.rt .who b { font-weight: 600; }
.rt .who small { grid-column: 2; color: var(--faint); font-size: 12px; white-space: normal; }
.rt .good { color: var(--good); font-weight: 600; }
.rt .bad { color: var(--bad); font-weight: 600; }
`;
const CALM_MS = 90; // numbers that change sixty times a second cannot be read

class Table {
  constructor(root, board) {
    Object.assign(this, { root, board, rows: [], last: 0, late: 0 });
    root.innerHTML = `<style>${STYLE}</style><table class="rt"><thead><tr><th>Optimiser</th><th title="Height above the lowest known minimum">Loss</th>
      <th title="To the nearest known minimum">Distance</th><th title="Steps until it was within 0.001 of a minimum">Within 0.001</th></tr></thead><tbody></tbody></table>`;
    this.body = root.querySelector("tbody");
    this.off = board.on("option", (name) => name === "racer" && this.choose());
  }

  theme(theme) {
    this.colours = theme;
    if (this.sceneNow) this.scene(this.sceneNow);
  }

  scene(scene) {
    this.sceneNow = scene;
    if (!scene.facts.surface || !this.colours) return;
    this.floor = floorOf(scene);
    this.rows = looks(scene, this.colours).map((look, i) => this.row(look, i));
    this.body.replaceChildren(...this.rows.map((row) => row.line));
    this.choose();
    if (this.board.frame) this.write(this.board.frame);
  }

  row(look, i) {
    const line = document.createElement("tr");
    line.className = "racer";
    line.tabIndex = 0;
    line.title = "Look at this one in the views below";
    const who = document.createElement("div");
    who.className = "who";
    who.append(sample(look, this.colours), Object.assign(document.createElement("b"), { textContent: look.label }), Object.assign(document.createElement("small"), { textContent: settings(look) }));
    const cells = Array.from({ length: 4 }, () => line.appendChild(document.createElement("td")));
    cells[0].append(who);
    const pick = () => pickRacer(this.board, i);
    line.onclick = pick;
    line.onkeydown = (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      pick();
    };
    return { line, cells };
  }

  choose() {
    const chosen = pickedRacer(this.board);
    this.rows.forEach(({ line }, i) => line.setAttribute("aria-selected", String(i === chosen)));
  }

  frame(frame) {
    clearTimeout(this.late);
    const wait = frame.playing ? CALM_MS - (performance.now() - this.last) : 0;
    if (wait > 0) this.late = setTimeout(() => this.write(this.board.frame), wait);
    else this.write(frame);
  }

  write(frame) {
    const race = frame.arrays.race;
    if (!race || race.shape[0] !== this.rows.length) return;
    this.last = performance.now();
    this.rows.forEach(({ cells }, i) => {
      const row = race.data.subarray(i * WIDTH, (i + 1) * WIDTH);
      write(cells[1], short(Math.max(0, Number.isFinite(this.floor) ? row[HEIGHT] - this.floor : row[HEIGHT])));
      write(cells[2], row[DISTANCE] < 0 ? "—" : short(row[DISTANCE]));
      const [text, state] = row[LEFT] !== NEVER ? [`✕ left at ${count(row[LEFT])}`, "bad"] : row[ARRIVED] !== NEVER ? [`✓ ${count(row[ARRIVED])} steps`, "good"] : ["not yet", ""];
      write(cells[3], text);
      if (cells[3].className !== state) cells[3].className = state;
    });
  }

  alt() {
    return this.rows.map(({ cells }) => `${cells[0].querySelector("b").textContent}: loss ${cells[1].textContent}, distance ${cells[2].textContent}, ${cells[3].textContent}`).join("; ");
  }

  destroy() {
    clearTimeout(this.late);
    this.off();
  }
}

/** The settings in a few characters, such as "0.03 · momentum 0.9". */
function settings(racer) {
  const short = { momentum: "momentum", beta1: "β₁", beta2: "β₂", alpha: "smoothing" };
  const own = Object.entries(racer.settings).filter(([name]) => short[name]).map(([name, v]) => `${short[name]} ${+v.toPrecision(4)}`);
  if (racer.kind === "muon") own.length = 0;
  const schedule = racer.schedule === "constant" ? [] : [racer.schedule];
  return [`rate ${+racer.learning_rate.toPrecision(3)}`, ...own, ...schedule, ...(racer.noise ? [`noise ${+racer.noise.toPrecision(3)}`] : [])].join(" · ");
}

export default {
  needs: ["race"],
  create: (root, board) => new Table(root, board),
};
