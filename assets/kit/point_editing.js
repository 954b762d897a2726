/**
 * Points moved, added and removed: by mouse or touch on the plane, and by keys for those who use the keyboard, who are told what a key has done.
 * Movements go to the server once an animation frame; the page is told on release.
 *
 * @import { PointPlane } from "./points.js"
 * @import { Place } from "./square.js"
 * @import { Scene } from "./types.d.ts"
 */
import { make, write } from "./dom.js";
import { leaveKeys } from "./keyboard.js";
import { className, swatch } from "./points.js";

const MODES = [["move", "Move", "Drag a point to another place"], ["add", "Add", "Click to add a point"], ["remove", "Remove", "Click a point to remove it"]];
const NUDGE = 0.1;

export class PointEditing {
  /** Adds the tools to `.modes` of `root` and listens; both go with the view's elements. @param {HTMLElement} root @param {PointPlane} plane */
  constructor(root, plane) {
    this.root = root;
    this.plane = plane;
    this.board = plane.board;
    this.mode = "move";
    this.label = 1;
    this.raf = 0;
    this.shape = "";
    this.picks = make("span", { class: "picks", hidden: true, role: "group", "aria-label": "Class of the new point" });
    this.buttons = MODES.map(([mode, text, title]) => make("button", { type: "button", class: "small", title, "aria-pressed": String(mode === this.mode), onclick: () => this.pick(mode) }, text));
    root.querySelector(".modes")?.append(...this.buttons, this.picks);
    root.classList.add("mode-move");
    this.spoken = root.appendChild(make("p", { class: "unseen", "aria-live": "polite" }));
    this.listen(plane.surface.canvas);
  }

  /** @param {HTMLCanvasElement} canvas */
  listen(canvas) {
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
    canvas.setAttribute("data-keys", "");
    canvas.setAttribute("aria-label", "Points on the map. N and P choose a point, arrow keys move it, A adds one in the middle, Delete removes it.");
    leaveKeys(canvas);
    canvas.addEventListener("pointerdown", (event) => this.press(event, canvas));
    canvas.addEventListener("pointermove", (event) => this.plane.held && this.drag(this.plane.place(event)));
    canvas.addEventListener("pointerup", () => this.release());
    canvas.addEventListener("pointercancel", () => this.release());
    canvas.addEventListener("contextmenu", (event) => {
      const index = this.plane.scene ? this.plane.nearest(this.plane.place(event)) : -1;
      if (index < 0) return;
      event.preventDefault();
      this.remove(index);
    });
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  /** @param {PointerEvent} event @param {HTMLCanvasElement} canvas */
  press(event, canvas) {
    const { plane } = this;
    if (!plane.scene || event.button > 0) return;
    const at = plane.place(event);
    if (!at.inside) return;
    if (this.mode === "add") return this.add(at.x, at.y);
    const index = plane.nearest(at);
    if (index < 0) return;
    if (this.mode === "remove") return this.remove(index);
    plane.held = { index, id: plane.scene.ids[index], moved: false, x: at.x, y: at.y };
    canvas.setPointerCapture(event.pointerId);
    this.board.tip(null);
  }

  /** @param {Place} at */
  drag(at) {
    const { held, scene } = this.plane;
    if (!held || !scene || held.index < 0) return;
    const [x, y] = this.plane.within(at);
    Object.assign(held, { moved: true, x, y });
    scene.points.set([x, y], 4 * held.index);
    if (!this.raf) this.raf = requestAnimationFrame(() => this.flush());
  }

  flush() {
    this.raf = 0;
    this.plane.on.redraw();
    const { held } = this.plane;
    if (held) this.board.point({ op: "move", id: held.id, x: held.x, y: held.y });
  }

  release() {
    const { held } = this.plane;
    if (!held) return;
    if (this.raf) {
      cancelAnimationFrame(this.raf);
      this.flush();
    }
    this.plane.held = null;
    this.plane.on.redraw();
    if (held.moved) this.board.changed();
  }

  /** @param {number} x @param {number} y */
  add(x, y) {
    const { numbers, classes } = /** @type {Scene} */ (this.plane.scene);
    this.board.point({ op: "add", x, y, label: numbers ? this.label * 2 - 1 : Math.min(classes - 1, this.label) });
    this.board.changed();
    this.say("Added", x, y);
  }

  /** @param {number} index */
  remove(index) {
    const { ids, points } = /** @type {Scene} */ (this.plane.scene);
    this.say("Removed", points[4 * index], points[4 * index + 1], index);
    this.board.point({ op: "remove", id: ids[index] });
    this.plane.hover = null;
    this.board.changed();
  }

  /** For those who do not see the map, in the plane's own words. @param {string} what was done @param {number} x @param {number} y @param {number} [index] of the point there */
  say(what, x, y, index = -1) {
    const { plane } = this;
    write(this.spoken, `${what}: ${plane.on.words({ x, y, px: plane.x(x), py: plane.y(y), inside: true }, index)}`);
  }

  /** @param {number} by so many points on */
  choose(by) {
    const { points } = /** @type {Scene} */ (this.plane.scene);
    const n = points.length / 4;
    if (!n) return;
    const index = ((this.plane.hover?.index ?? -1) + by + n) % n;
    this.plane.choose(index);
    this.say(`Point ${index + 1} of ${n}`, points[4 * index], points[4 * index + 1], index);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { plane } = this;
    if (!plane.scene) return;
    const at = plane.hover?.index ?? -1;
    /** @type {Record<string, () => void>} */
    const acts = {
      n: () => this.choose(1), p: () => this.choose(-1), a: () => this.add(0, 0),
      Delete: () => at >= 0 && this.remove(at), Backspace: () => at >= 0 && this.remove(at),
      ArrowLeft: () => this.nudge(at, -NUDGE, 0), ArrowRight: () => this.nudge(at, NUDGE, 0),
      ArrowUp: () => this.nudge(at, 0, NUDGE), ArrowDown: () => this.nudge(at, 0, -NUDGE),
    };
    const act = acts[event.key];
    if (!act || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  /** @param {number} index @param {number} dx @param {number} dy */
  nudge(index, dx, dy) {
    if (index < 0) return;
    const { ids, points, limit } = /** @type {Scene} */ (this.plane.scene);
    const moved = (/** @type {number} */ v, /** @type {number} */ d) => Math.max(-limit, Math.min(limit, v + d));
    const [x, y] = [moved(points[4 * index], dx), moved(points[4 * index + 1], dy)];
    this.board.point({ op: "move", id: ids[index], x, y });
    this.board.changed();
    this.say("Moved", x, y, index);
  }

  /** @param {string} mode */
  pick(mode) {
    this.root.classList.replace(`mode-${this.mode}`, `mode-${mode}`);
    this.mode = mode;
    this.buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(MODES[i][0] === mode)));
    this.picks.hidden = mode !== "add";
  }

  /** With every scene and theme: one button a class; for regression the low and the high end. */
  choices() {
    const { scene, theme } = this.plane;
    const shape = JSON.stringify([scene?.numbers, scene?.classes, scene?.class_names, theme?.dark]);
    if (!scene || !theme || shape === this.shape) return;
    this.shape = shape;
    const shown = scene.numbers ? { classes: 2, class_names: ["low", "high"] } : scene;
    this.label = Math.min(this.label, shown.classes - 1);
    const buttons = Array.from({ length: shown.classes }, (_, c) => make("button", {
      type: "button", class: "small pick", title: `New points are ${className(shown, c)}`, "aria-pressed": String(c === this.label),
      onclick: () => {
        this.label = c;
        buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(i === c)));
      },
    }, swatch(theme, shown, c)));
    this.picks.replaceChildren(...buttons);
  }
}
