/**
 * The live view as a Streamlit component (v2). Called again on every change of data or theme; one board per parent
 * element stays mounted through all of them. How a view is written: docs/add-a-view.md.
 *
 * `data`: {socket: "/live/ws/<token>", views: nnlab.views.view.described(...), controls?: false, look?: {view, options, nth},
 *   address?: parameters of the page's address by name, about?: {title, text} of a first visit}
 * Trigger `changed`: the experiment was changed in here, the page should read it again. Trigger `look`: another {speed, view,
 * options} was chosen in here.
 *
 * @import { About } from "./intro.js"
 * @import { Look } from "./look.js"
 * @import { Declared } from "./panels.js"
 * @typedef {{socket?: string, views?: Declared[], controls?: boolean, look?: Look, address?: Record<string, string>, about?: About | null}} Data
 * @typedef {(name: string, value: unknown) => void} Trigger
 * @typedef {ReturnType<typeof mount>} Mounted
 */
import { make } from "../kit/dom.js";
import { pageKeys } from "../kit/keyboard.js";
import { themeOf } from "../kit/palette.js";
import { tooltip } from "../kit/tooltip.js";
import { write } from "./address.js";
import { Board } from "./board.js";
import { statusLine } from "./findings.js";
import { Glossary } from "./glossary.js";
import { Intro } from "./intro.js";
import { Looks } from "./look.js";
import { Panels } from "./panels.js";
import { Player } from "./player.js";
import { printable } from "./print.js";
import * as presenter from "./presenter.js";

const HERE = import.meta.url;
const [LOOK_MS, CALM_LOOKS, PATIENCE_MS] = [50, 3, 6000]; // how `filled` looks
/** @type {WeakMap<ParentNode, Mounted>} */
const mounted = new WeakMap();
let mounts = 0;
const style = await fetch(new URL("./board.css", HERE)).then((r) => r.text());

/** @param {{data: Data | null, parentElement: ParentNode, setTriggerValue: Trigger}} given */
export default function board({ data, parentElement, setTriggerValue }) {
  let state = mounted.get(parentElement);
  if (!state) {
    state = mount(parentElement, data ?? {});
    mounted.set(parentElement, state);
  }
  state.trigger = setTriggerValue;
  update(state, data ?? {});
  return state.cleanup;
}

/** @param {ParentNode} parent @param {Data} data */
function mount(parent, { controls = true }) {
  const inner = make("div", { class: "stage" }); // the container of the size queries; the tooltip stays outside
  const root = make("div", { class: "board" }, make("style", {}, style));
  parent.append(root);
  const whole = filled();
  const stage = new Board({ changed: (version) => whole.then(() => state.trigger?.("changed", version)) });
  stage.tip = tooltip(root);
  root.append(inner);
  root.classList.toggle("bare", !controls);
  const player = controls ? new Player(inner, stage) : null; // a view that brings its own has the keys, too
  statusLine(inner, stage, player?.box);
  const panels = new Panels(inner, stage);
  const intro = new Intro(panels.grid, stage);
  const tell = (/** @type {Look} */ look) => whole.then(() => state.trigger?.("look", { ...look, speed: intro.goal ?? look.speed }));
  const looks = new Looks(stage, panels, tell);
  const glossary = new Glossary(root);
  const presenterOff = presenter.begin(root);
  const go = (/** @type {"undo" | "redo"} */ name) => {
    stage.send(name, null);
    stage.changed();
  };
  const printOff = printable(root);
  const keysOff = pageKeys(inner, { undo: () => go("undo"), redo: () => go("redo"), present: presenter.toggle, words: () => glossary.all() });
  const state = {
    root, board: stage, panels, looks, intro, glossary, views: "", theme: "",
    /** @type {string | undefined} */
    socket: undefined,
    /** @type {Trigger | null} */
    trigger: null,
    /** Streamlit calls it for a call that another has overtaken, too: the board goes when its place in the page has gone. */
    cleanup() {
      if (parent.isConnected || !mounted.delete(parent)) return;
      keysOff();
      printOff();
      presenterOff();
      intro.destroy();
      glossary.destroy();
      looks.destroy();
      player?.destroy();
      panels.destroy();
      stage.destroy();
      root.remove();
    },
  };
  mounts += 1;
  expose(stage);
  return state;
}

/** When Streamlit has filled the page. Until then a request from here would interrupt the script that fills it. @returns {Promise<void>} */
function filled() {
  const began = performance.now();
  let calm = 0;
  return new Promise((resolve) => {
    (function look() {
      const running = document.querySelector("[data-test-script-state='running'], [data-testid='stSkeleton']");
      calm = running ? 0 : calm + 1;
      if (calm > CALM_LOOKS || performance.now() - began > PATIENCE_MS) resolve();
      else setTimeout(look, LOOK_MS);
    })();
  });
}

/** @param {Mounted} state @param {Data} data */
function update(state, data) {
  const theme = themeOf(state.root);
  const key = JSON.stringify(theme, (k, v) => (k.endsWith("lut") ? undefined : v));
  if (key !== state.theme) {
    state.theme = key;
    state.root.classList.toggle("dark", theme.dark);
    for (const name of /** @type {const} */ (["negative", "positive", "faint", "border", "train", "test", "good", "warn", "bad"])) state.root.style.setProperty(`--${name}`, theme[name]);
    state.board.setTheme(theme);
  }
  const views = JSON.stringify(data.views ?? []);
  const anew = views !== state.views;
  if (anew) {
    state.views = views;
    state.panels.show(JSON.parse(views));
    state.glossary.soon();
  }
  state.looks.show(data.look, anew);
  state.intro.show(data.about);
  if (data.address) write(data.address);
  if (data.socket && data.socket !== state.socket) {
    state.socket = data.socket;
    state.board.open(data.socket);
  }
}

/** What browser tests read; nothing in the app depends on it. @param {Board} stage */
function expose(stage) {
  const m = stage.measures;
  const shown = {
    get frames() { return m.frames; },
    get drawn() { return m.drawn; },
    get gaps() { return m.gaps; },
    get costs() { return m.costs; },
    get latencies() { return m.latencies; },
    get step() { return stage.frame?.step ?? null; },
    get epoch() { return stage.frame?.epoch ?? null; },
    get metrics() { return stage.frame?.metrics ?? {}; },
    get playing() { return stage.frame?.playing ?? false; },
    get version() { return stage.version; },
    get scene() { return stage.scene; },
    get frame() { return stage.frame; },
    get experiment() { return stage.experiment; },
    get bytes() { return stage.socket?.bytes ?? 0; },
    get watched() { return stage._watched; },
    get mounts() { return mounts; },
    history: stage.history,
    board: stage,
    send: (/** @type {string} */ name, /** @type {unknown} */ argument) => stage.send(name, argument),
    drop: () => stage.socket?.drop(),
  };
  Object.assign(window, { nnlab: shown });
}
