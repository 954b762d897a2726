/**
 * The live view as a Streamlit component (v2). Called again on every change of data or theme; one board per parent
 * element stays mounted through all of them. How a view is written: docs/add-a-view.md.
 *
 * `data`: {socket: "/live/ws/<token>", views: nnlab.views.view.described(...), controls?: false}
 * Trigger `changed`: the experiment was changed in here, the page should read it again.
 */
import { strip } from "./findings.js";
import { themeOf } from "../kit/palette.js";
import { Panels } from "./panels.js";
import { player } from "./player.js";
import { Board } from "./board.js";
import { tooltip } from "../kit/tooltip.js";

const HERE = import.meta.url;
const [LOOK_MS, CALM_LOOKS, PATIENCE_MS] = [50, 3, 6000]; // how `filled` looks
/** @type {WeakMap<Element|ShadowRoot, object>} */
const mounted = new WeakMap();
let mounts = 0;
const style = await fetch(new URL("./board.css", HERE)).then((r) => r.text());

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

function mount(parent, { controls = true }) {
  const root = document.createElement("div");
  root.className = "board";
  const sheet = document.createElement("style");
  sheet.textContent = style;
  root.append(sheet);
  parent.append(root);
  const state = { root, socket: undefined, views: "", trigger: null };
  const stage = (state.board = new Board({ changed: (version) => whole.then(() => state.trigger?.("changed", version)) }));
  const whole = filled();
  stage.tip = tooltip(root);
  const inner = root.appendChild(document.createElement("div")); // the container of the size queries; the tooltip stays outside
  inner.className = "stage";
  state.player = controls ? player(inner, stage) : null; // a view that brings its own has the keys, too
  root.classList.toggle("bare", !controls);
  strip(inner, stage);
  state.panels = new Panels(inner, stage);
  state.cleanup = () => {
    state.player?.destroy();
    state.panels.destroy();
    stage.destroy();
    stage.tip.destroy();
    root.remove();
    mounted.delete(parent);
  };
  mounts += 1;
  expose(stage);
  return state;
}

/** When Streamlit has filled the page. Until then a request from here would interrupt the script that fills it. */
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

function update(state, data) {
  const theme = themeOf(state.root);
  const key = JSON.stringify(theme, (k, v) => (k.endsWith("lut") ? undefined : v));
  if (key !== state.themeKey) {
    state.themeKey = key;
    state.root.classList.toggle("dark", theme.dark);
    for (const name of ["negative", "positive", "faint", "border", "train", "test", "good", "warn", "bad"]) state.root.style.setProperty(`--${name}`, theme[name]);
    state.board.setTheme(theme);
  }
  const views = JSON.stringify(data.views ?? []);
  if (views !== state.views) {
    state.views = views;
    state.panels.show(JSON.parse(views));
    state.look = "";
  }
  const look = JSON.stringify(data.look ?? {});
  if (look !== state.look) {
    state.look = look;
    lookAt(state, data.look ?? {});
  }
  if (data.socket && data.socket !== state.socket) {
    state.socket = data.socket;
    state.board.open(data.socket);
  }
}

/** The view that a preset or a link speaks of, and the options behind it. */
function lookAt({ board, panels }, { view, options = {} }) {
  for (const [analysis, own] of Object.entries(options)) for (const [name, value] of Object.entries(own)) board.option(analysis, name, value);
  if (view) panels.open(view);
}

/** What browser tests read; nothing in the app depends on it. */
function expose(stage) {
  const m = stage.measures;
  window.nnlab = {
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
    send: (name, argument) => stage.send(name, argument),
    drop: () => stage.socket?.drop(),
  };
}
