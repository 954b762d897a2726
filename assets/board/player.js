/** The control bar: play, step, reset, speed, learning rate, the scrubber over the run's history, and the big numbers. */
import { make, write } from "../kit/dom.js";
import { key, showPlaying } from "../kit/icons.js";
import { keyboard } from "../kit/keyboard.js";
import { count, number } from "../kit/numbers.js";
import { logSlider } from "../kit/slider.js";
import { words } from "../kit/words.js";

const CALM_MS = 120; // numbers that change sixty times a second cannot be read
const TRUST_MS = 500; // how long a click is believed before frames say otherwise
const SEED_MOST = 2 ** 31;
const UNITS = [["epoch", "Epoch"], ["batch", "Batch"], ["phase", "Phase"]];
const UNIT_KEY = "nnlab.unit";

export function player(root, board) {
  const box = make("section", { class: "player", "aria-label": "Player" });
  const part = (name) => box.querySelector(`.${name}`);
  const state = { playing: false, trusted: 0, read: 0, scrubbing: false, seek: 0, wanted: 0, shape: "", metrics: [], steps: false };
  const verbs = makeVerbs(board, state, part);
  box.innerHTML = TEMPLATE;
  box.prepend(transport(state, verbs, part));
  root.append(box);

  const rate = logSlider({
    label: "Learning rate", low: 1e-5, high: 10, shown: (v) => String(Number(v.toPrecision(3))), parse: (t) => Number.parseFloat(t.replace(",", ".")),
    title: "How far one update goes along the gradient. It acts while you drag.",
    input: (v) => board.set({ "training.learning_rate": v }), change: () => board.changed(),
  });
  const speed = logSlider({
    label: "Speed", low: 1, high: 1000, last: { value: 0, text: "full" }, shown: (v) => `${count(v)}/s`,
    title: "Updates a second; far right is as fast as the machine can.",
    input: (v) => board.send("speed", v === 0 ? 0 : Math.round(v)), change: () => {},
  });
  part("sliders").append(rate.box, speed.box);
  scrubber(part("scrub"), board, state);

  const offs = [
    board.on("frame", (f) => onFrame(f, { board, state, part, rate, speed })),
    board.on("scene", (s) => onScene(s, { board, state, box, rate })),
    board.on("experiment", () => rate.show(learningRate(board))),
    board.on("limit", (v) => rate.mark(v, v === null ? "" : `Red: 2/λmax = ${number(v, 3)}; gradient descent diverges above it`)),
    board.on("refused", () => rate.show(learningRate(board), true)),
    keyboard(root, { toggle: () => verbs.play(!state.playing), forward: () => verbs.step(1), back: () => verbs.step(-1), reset: verbs.reset }),
  ];
  return { destroy: () => offs.forEach((off) => off()) };
}

/** The keys, and how long a step is. */
function transport(state, verbs, part) {
  const unit = make("select", { class: "unit", "aria-label": "Size of a step", title: "Size of a step", onchange: () => sessionStorage.setItem(UNIT_KEY, unit.value) },
    ...UNITS.map(([value, text]) => make("option", { value }, text)));
  unit.value = sessionStorage.getItem(UNIT_KEY) ?? "epoch";
  const explain = () => {
    const about = part("about");
    about.hidden = !about.hidden;
    help.setAttribute("aria-expanded", String(!about.hidden));
  };
  const help = make("button", { type: "button", class: "key keys", "aria-label": "Keyboard", "aria-expanded": "false", title: "Keyboard", onclick: explain }, "?");
  return make("div", { class: "transport" },
    key("reset", { label: "Reset", title: "Reset to the same initial weights (R)", act: verbs.reset }),
    key("back", { label: "Step back", title: "Step back (←)", act: () => verbs.step(-1) }),
    key("play", { label: "Play", title: "Play (space)", act: () => verbs.play(!state.playing) }),
    key("forward", { label: "Step forward", title: "Step forward (→)", act: () => verbs.step(1) }),
    unit,
    key("fresh", { label: "New weights", title: "Draw new initial weights and start again", act: verbs.fresh, sign: "dice" }),
    help);
}

function makeVerbs(board, state, part) {
  const trust = (playing) => {
    state.trusted = performance.now() + TRUST_MS;
    show(state, part, playing);
  };
  return {
    play(playing) {
      trust(playing);
      board.send("play", playing);
    },
    step(n) {
      if (state.playing) this.play(false);
      board.send("step", { unit: part("unit").value, n });
    },
    reset() {
      board.send("reset", null);
    },
    fresh() {
      board.set({ seed: Math.floor(Math.random() * SEED_MOST) });
      board.changed();
    },
  };
}

function scrubber(range, board, state) {
  const seek = () => {
    state.seek = 0;
    board.send("seek", state.wanted);
  };
  range.addEventListener("input", () => {
    if (!state.scrubbing && state.playing) board.send("play", false);
    state.scrubbing = true;
    state.wanted = Number(range.value);
    if (!state.seek) state.seek = requestAnimationFrame(seek);
  });
  range.addEventListener("change", () => {
    state.scrubbing = false;
  });
}

function onScene(scene, { board, state, box, rate }) {
  rate.show(learningRate(board));
  const shape = JSON.stringify([scene.metrics, scene.pass_name, scene.groups?.[0]?.path]);
  if (shape === state.shape) return;
  state.shape = shape;
  Object.assign(state, { metrics: scene.metrics ?? [], steps: scene.pass_name === "step" });
  fillFigures(box.querySelector(".figures"), state);
  box.classList.toggle("stepping", state.steps); // there are no epochs, and no weights to draw
  box.classList.toggle("apart", !(scene.groups ?? []).some((g) => g.path === "training")); // nor one learning rate for all
  box.querySelector(".unit option[value=epoch]").textContent = state.steps ? "Step" : "Epoch";
  box.querySelector(".unit option[value=batch]").hidden = state.steps;
}

/** The clock, and a figure for every metric that the run declares. */
function fillFigures(box, { metrics, steps }) {
  box.querySelector(".clock .label").textContent = steps ? "Step" : "Epoch";
  const made = metrics.map((m) => make("div", { class: `figure of-${m.split || "run"}` },
    make("span", { class: "label", title: m.label }, m.label), make("span", { class: `number ${classOf(m)}` }, "—")));
  box.replaceChildren(box.querySelector(".clock"), ...made);
  box.style.setProperty("--figures", String(metrics.length));
  box.classList.toggle("many", metrics.length > 2);
  box.classList.toggle("crowded", metrics.length > 4);
}

const classOf = (metric) => metric.name.replaceAll("_", "-");

const learningRate = (board) => board.experiment?.training?.learning_rate;

function onFrame(f, { board, state, part, rate, speed }) {
  const now = performance.now();
  if (now > state.trusted || f.playing === state.playing) show(state, part, f.playing);
  if (f.playing && now - state.read < CALM_MS) return;
  state.read = now;
  const say = (name, text) => write(part(name), text);
  const m = f.metrics ?? {};
  say("epoch", f.epoch >= 1e6 ? `${(f.epoch / 1e6).toFixed(2)}M` : count(f.epoch));
  say("step", `step ${count(f.step)}${f.phase ? ` · ${f.phase}` : ""}`);
  say("rate", f.playing && f.rate ? pace(f.rate, state.steps) : "paused");
  const sampled = Math.max(0, ...Object.values(f.sampled ?? {}));
  say("sampled", sampled ? words({ code: "sampled", values: { count: sampled } }) : "");
  for (const metric of state.metrics) {
    const value = m[metric.name];
    const at = part(classOf(metric));
    write(at, metric.unit === "%" ? percent(value) : number(value, state.metrics.length > 1 ? 3 : 4));
  }
  speed.show(f.speed);
  if (board.experiment?.training?.learning_rate === undefined) rate.show(f.lr);
  showSpan(f, state, part);
}

function showSpan(f, state, part) {
  const range = part("scrub");
  const [first, last] = f.span ?? [0, f.step];
  const high = Math.max(last, f.step);
  range.min = String(first);
  range.max = String(Math.max(high, first + 1));
  if (!state.scrubbing) range.value = String(f.step);
  const shown = state.scrubbing ? state.wanted : f.step;
  range.setAttribute("aria-valuetext", `Step ${shown} of ${high}`);
  const goal = f.seeking ?? null;
  write(part("where"), goal !== null && goal !== shown ? `step ${count(shown)} → ${count(goal)}` : high > shown ? `step ${count(shown)} of ${count(high)}` : "now");
}

function show(state, part, playing) {
  if (state.playing === playing && state.drawn) return;
  state.playing = playing;
  state.drawn = true;
  showPlaying(part("play"), playing);
}

/** Whole epochs where there are some in a second, else updates: "0 epochs/s" would look as if it stood still. */
const pace = ({ epochs_s, steps_s }, steps) => (steps || epochs_s < 2 ? `${count(steps_s)} ${steps ? "steps" : "updates"}/s` : `${count(epochs_s)} epochs/s`);

const percent = (x) => (x === null || x === undefined || Number.isNaN(x) ? "—" : x > 0.9995 ? "100%" : `${(100 * x).toFixed(1)}%`);

const TEMPLATE = `
<div class="figures">
  <div class="figure clock"><span class="label">Epoch</span><span class="number epoch">0</span><span class="small-print"><span class="step"></span><span class="rate"></span><span class="sampled"></span></span></div>
</div>
<div class="past"><span class="caption">History</span><input type="range" class="scrub" min="0" max="1" value="0" step="1" aria-label="History of the run" title="Drag to look at an earlier step"><span class="where">now</span></div>
<div class="sliders"></div>
<p class="about" hidden><kbd>Space</kbd> play or pause <kbd>→</kbd> step forward <kbd>←</kbd> step back <kbd>R</kbd> reset. The keys work unless you are typing or moving a slider.</p>`;
