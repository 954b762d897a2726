/**
 * Points moved, added and removed: by mouse or touch on the map, and by a small form for those who use the keyboard.
 * Movements go to the server once an animation frame; the page is told on release.
 */
import { className, swatch } from "./points.js";

const MODES = [["move", "Move", "Drag a point to another place"], ["add", "Add", "Click to add a point"], ["remove", "Remove", "Click a point to take it away"]];
const NUDGE = 0.1;

/** Adds the tools and listeners; they go with the view's elements. */
export function editing(view) {
  const { board, root, over } = view;
  const state = { mode: "move", label: 1, raf: 0 };
  const send = (op, more) => board.point({ op, ...more });
  const picks = toolbar(view, state);
  const canvas = over.canvas;
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("data-keys", "");
  canvas.setAttribute("aria-label", "Points on the map. N and P choose a point, arrow keys move it, A adds one in the middle, Delete takes it away.");

  canvas.addEventListener("pointerdown", (event) => {
    if (!view.scene || event.button > 0) return;
    const at = view.toPlane(event);
    const index = at.inside ? view.nearest(at) : -1;
    if (!at.inside) return;
    if (state.mode === "add") return (send("add", { x: at.x, y: at.y, label: label(view, state) }), board.changed());
    if (index < 0) return;
    if (state.mode === "remove") return take(view, index, send);
    view.held = { index, id: view.scene.ids[index] };
    canvas.setPointerCapture(event.pointerId);
    board.tip(null);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (view.held) drag(view, state, view.toPlane(event), send);
  });
  const release = () => {
    if (!view.held) return;
    if (state.raf) {
      cancelAnimationFrame(state.raf);
      state.flush();
    }
    const moved = view.held.moved;
    view.held = null;
    view.drawPoints();
    if (moved) board.changed();
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("contextmenu", (event) => {
    const index = view.scene ? view.nearest(view.toPlane(event)) : -1;
    if (index < 0) return;
    event.preventDefault();
    take(view, index, send);
  });
  canvas.addEventListener("keydown", (event) => byKey(view, state, event, send));
  view.choices = () => choices(view, state, picks);
  root.classList.add("mode-move");
}

function drag(view, state, at, send) {
  const { held, scene } = view;
  if (held.index < 0) return;
  const clamp = (v) => Math.max(-scene.limit, Math.min(scene.limit, v));
  Object.assign(held, { moved: true, x: clamp(at.x), y: clamp(at.y) });
  scene.points.set([held.x, held.y], 4 * held.index);
  state.flush = () => {
    state.raf = 0;
    view.drawPoints();
    send("move", { id: held.id, x: held.x, y: held.y });
  };
  if (!state.raf) state.raf = requestAnimationFrame(() => state.flush());
}

function take(view, index, send) {
  send("remove", { id: view.scene.ids[index] });
  view.hover = null;
  view.board.changed();
}

function label(view, state) {
  const { scene } = view;
  return scene.numbers ? Number(state.label) * 2 - 1 : Math.min(scene.classes - 1, state.label);
}

function byKey(view, state, event, send) {
  const { scene, board } = view;
  if (!scene) return;
  const n = scene.points.length / 4;
  const at = view.hover?.index ?? -1;
  const choose = (by) => {
    if (n) view.hover = { index: (at + by + n) % n };
    view.drawPoints();
  };
  const nudge = (dx, dy) => {
    if (at < 0) return;
    const move = (v, d) => Math.max(-scene.limit, Math.min(scene.limit, v + d));
    send("move", { id: scene.ids[at], x: move(scene.points[4 * at], dx), y: move(scene.points[4 * at + 1], dy) });
    board.changed();
  };
  const acts = {
    n: () => choose(1), p: () => choose(-1), a: () => (send("add", { x: 0, y: 0, label: label(view, state) }), board.changed()),
    Delete: () => at >= 0 && take(view, at, send), Backspace: () => at >= 0 && take(view, at, send),
    ArrowLeft: () => nudge(-NUDGE, 0), ArrowRight: () => nudge(NUDGE, 0), ArrowUp: () => nudge(0, NUDGE), ArrowDown: () => nudge(0, -NUDGE),
  };
  const act = acts[event.key];
  if (!act || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  event.stopPropagation();
  act();
}

function toolbar(view, state) {
  const box = view.root.querySelector(".modes");
  const buttons = MODES.map(([mode, text, title]) => {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "small", textContent: text, title });
    button.setAttribute("aria-pressed", String(mode === state.mode));
    button.onclick = () => {
      view.root.classList.replace(`mode-${state.mode}`, `mode-${mode}`);
      state.mode = mode;
      buttons.forEach((b, i) => b.setAttribute("aria-pressed", String(MODES[i][0] === mode)));
      picks.hidden = mode !== "add";
    };
    box.append(button);
    return button;
  });
  const picks = document.createElement("span");
  picks.className = "picks";
  picks.hidden = true;
  picks.setAttribute("role", "group");
  picks.setAttribute("aria-label", "Class of the new point");
  box.append(picks);
  return picks;
}

/** One button a class; for regression the low and the high end. */
function choices(view, state, picks) {
  const { scene, theme } = view;
  const shape = JSON.stringify([scene?.task, scene?.classes, scene?.class_names, theme?.dark]);
  if (!scene || !theme || shape === state.shape) return;
  state.shape = shape;
  const many = scene.numbers ? 2 : scene.classes;
  state.label = Math.min(state.label, many - 1);
  picks.replaceChildren(
    ...Array.from({ length: many }, (_, c) => {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "small pick" });
      const word = scene.numbers ? ["low", "high"][c] : className(scene, c);
      button.append(swatch(theme, { ...scene, classes: many, class_names: many === 2 && scene.numbers ? ["low", "high"] : scene.class_names }, c));
      button.title = `New points are ${word}`;
      button.setAttribute("aria-pressed", String(c === state.label));
      button.onclick = () => {
        state.label = c;
        [...picks.children].forEach((b, i) => b.setAttribute("aria-pressed", String(i === c)));
      };
      return button;
    }),
  );
}
