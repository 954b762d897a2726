/**
 * The board behind one mounted component: the newest scene and frame, the drawing loop, what is watched, and the
 * verbs that views and controls use. Views know this object and nothing of sockets or of Streamlit.
 *
 * @import { Answer, Block, Board as Shown, Events, Experiment, Frame, Scene, Snapshot, Theme, Unit, View } from "../kit/types.d.ts"
 * @import { Connection } from "./socket.js"
 * @typedef {{[E in keyof Events]: Events[E] & {type: E}}["experiment" | "kept" | "notice" | "refused" | "progress"]} Message a text of the server
 * @typedef {{name: string, needs: string[], wants: string[], asks: string[], view: View | null, visible: boolean, dirty: boolean, broken: boolean, failed?: (error: Error) => void}} Entry a view on the board
 */
import { surface } from "../kit/canvas.js";
import { Asks } from "./asks.js";
import { History } from "./history.js";
import { Listeners } from "./listeners.js";
import { Measures } from "./measures.js";
import { connect } from "./socket.js";
import { Watched } from "./watched.js";
import { Latest, asScene, sameShape } from "./wire.js";

const CALM_MS = 250; // with "prefers-reduced-motion" the picture changes four times a second

/** @implements {Shown} */
export class Board {
  /** @param {{changed: (version: number) => void}} host */
  constructor(host) {
    this.host = host;
    /** @type {Shown["tip"]} the component puts its tooltip here */
    this.tip = () => {};
    /** @type {Connection | undefined} */ this.socket = undefined;
    /** @type {Scene | null} */ this.scene = null;
    /** @type {Frame | null} */ this.frame = null;
    /** @type {Theme | null} */ this.theme = null;
    /** @type {Experiment | null} */ this.experiment = null;
    /** @type {Snapshot[]} runs that this person keeps on the server */ this.snapshots = [];
    /** @type {Unit | null} */ this.focused = null;
    /** @type {[number, number] | null} */ this.pointed = null;
    this._watching = new Watched();
    /** @type {Record<string, Record<string, unknown>>} options that a person has chosen since the last start, by analysis */
    this.chosen = {};
    this.history = new History();
    /** @type {Entry[]} whose modules are there */
    this.views = [];
    /** @type {Entry[]} that have a place: what they need is on its way before their modules are there */
    this.placed = [];
    this.version = this.told = 0; // of the last change, and of the experiment that the server has told
    this.measures = new Measures();
    this._latest = new Latest(0);
    /** @type {Block[] | undefined} */ this._blocks = undefined;
    /** @type {Frame[]} since the last animation frame */
    this._waiting = [];
    this._listeners = new Listeners();
    this.asks = new Asks(this);
    this._raf = this._lastDraw = 0;
    this._watched = "";
    this._motion = window.matchMedia("(prefers-reduced-motion: reduce)");
    this._tick = this._tick.bind(this);
  }

  // ---- connection -------------------------------------------------------------------------------------------------
  /** @param {string} path */
  open(path) {
    this.socket?.close();
    this.asks.leave();
    this._waiting.length = this.told = 0;
    this._watched = "";
    this.socket = connect(path, {
      message: (m) => this._receive(m),
      text: (m) => this._text(m),
      state: (name) => {
        if (name === "open") {
          this._watched = "";
          this._watch();
        } else this._waiting.length = 0; // acks of a lost connection mean nothing to the next one
        this.emit("state", name);
      },
    });
  }

  destroy() {
    cancelAnimationFrame(this._raf);
    this._watching.leave();
    this.socket?.close();
    this.socket = undefined; // what views take back while they go is told to nobody
    for (const v of this.views) this.drop(v);
    this._listeners.clear();
  }

  /** @param {Scene | Frame | Answer} message */
  _receive(message) {
    if (message.type === "scene") return this._scene(message);
    if (message.type === "answer") return this.asks.answer(message);
    if (message.type !== "frame") return;
    if (this.scene && message.scene !== this.scene.scene) return this.socket?.ack(0); // of a network that is no more
    this.measures.frames += 1;
    this._latest.merge(message);
    this._waiting.push(message);
    this._schedule();
  }

  /** @param {Scene} header */
  _scene(header) {
    const old = this._latest.units;
    const scene = asScene(header);
    this.scene = scene;
    if (!(scene.version < this.told)) this.experiment = scene.experiment; // it may have been on its way when that was changed
    if (old !== scene.units || !sameShape(this._blocks, scene.blocks)) this._latest = new Latest(scene.units);
    this._blocks = scene.blocks;
    this._waiting.splice(0).forEach(() => this.socket?.ack(0));
    this.history.load((scene.metrics ?? []).map((m) => m.name), scene.arrays.history?.data);
    if (this.focused && this.focused[0] > scene.blocks.length) this.focus(null);
    for (const v of this.views) if (this.meets(v)) this._guard(v, (view) => view.scene(scene));
    this.emit("scene", scene);
    this.redraw();
  }

  /** @param {Message} message */
  _text(message) {
    if (message.type === "experiment") {
      [this.experiment, this.told] = [message.experiment, message.version];
      if (message.returned) this.changed();
    }
    if (message.type === "kept") this.snapshots = message.all;
    this.emit(message.type, message);
  }

  // ---- drawing ----------------------------------------------------------------------------------------------------
  _schedule() {
    if (!this._raf) this._raf = requestAnimationFrame(this._tick);
  }

  /** @param {number} now */
  _tick(now) {
    this._raf = 0;
    if (!this.views.length) return; // a frame waits for the first view
    if (this._motion.matches && this._waiting.length && now - this._lastDraw < CALM_MS) return this._schedule();
    const began = performance.now();
    const fresh = this._waiting.length > 0;
    if (fresh) {
      this.frame = this._waiting[this._waiting.length - 1];
      this.frame.restarted = this._waiting.some((f) => f.restarted); // of several only the last is drawn
      for (const f of this._waiting) this.history.take(f);
      this.version = Math.max(this.version, this.frame.version ?? 0);
    }
    const { frame } = this;
    if (frame) this._draw(frame, fresh);
    if (!frame || !fresh) return;
    for (const f of this._waiting) this.socket?.ack(f.version ?? 0);
    this._waiting.length = 0;
    this._latest.shown();
    this.measures.draw(frame, now, performance.now() - began);
    this._lastDraw = now;
  }

  /** @param {Frame} frame @param {boolean} fresh */
  _draw(frame, fresh) {
    for (const v of this.views) {
      if (!v.view || !v.visible || !(fresh || v.dirty)) continue;
      if (!v.needs.every((name) => this._has(name))) continue;
      v.dirty = false;
      this._guard(v, (view) => view.frame(frame));
    }
    if (fresh) this.emit("frame", frame);
  }

  /** Whether what an analysis gives has come; its first array always comes. @param {string} offer */
  _has(offer) {
    return (this.scene?.offers[offer]?.[0] ?? offer) in this._latest.arrays;
  }

  /** Draw again in the next animation frame. @param {View} [view] */
  redraw(view) {
    for (const v of this.views) if (!view || v.view === view) v.dirty = true;
    if (this.frame) this._schedule();
  }

  /** A canvas of another size is empty: it is drawn before the browser paints. @param {Entry} entry */
  refit(entry) {
    this._guard(entry, (view) => view.resize?.());
    entry.dirty = true;
    if (this.frame) this._draw(this.frame, false);
  }

  /** A view that throws shows why in its panel; the others go on. @param {Entry} v @param {(view: View) => void} act */
  _guard(v, act) {
    if (v.broken || !v.view) return;
    try {
      act(v.view);
    } catch (error) {
      v.broken = true;
      v.failed?.(/** @type {Error} */ (error));
      console.error(`View ${v.name}`, error);
    }
  }

  // ---- views ------------------------------------------------------------------------------------------------------
  /** Whether the model gives what a view needs; else it is told of no scene, and nobody sees it. @param {Entry} entry */
  meets({ needs, asks }) {
    return [...needs, ...asks].every((need) => need in (this.scene?.offers ?? {}));
  }

  /** @param {Entry} entry */
  add(entry) {
    this.views.push(entry);
    const { theme, scene } = this;
    if (theme) this._guard(entry, (view) => view.theme?.(theme));
    if (scene && this.meets(entry)) this._guard(entry, (view) => view.scene(scene));
    entry.dirty = true;
    this.watch();
    if (this.frame || this._waiting.length) this._schedule(); // the server sends nothing until what waits is drawn
  }

  /** Takes a view away, one that had stopped too: it may listen and hold things until it is told. @param {Entry} entry */
  drop(entry) {
    this.views = this.views.filter((v) => v !== entry);
    try {
      entry.view?.destroy?.();
    } catch (error) { // the others go all the same
      console.error(`View ${entry.name}`, error);
    }
    entry.view = null;
  }

  /** @param {Theme} theme */
  setTheme(theme) {
    this.theme = theme;
    for (const v of this.views) this._guard(v, (view) => view.theme?.(theme));
    this.redraw();
  }

  /** @param {Entry} entry @param {boolean} visible */
  show(entry, visible) {
    if (entry.visible === visible) return;
    entry.visible = visible;
    entry.dirty = true;
    this.watch();
    if (visible && this.frame) this._schedule();
  }

  // ---- what is watched --------------------------------------------------------------------------------------------
  /** Tell the server soon what is in sight (changes of one moment go together). */
  watch() {
    this._watching.soon(() => this._watch());
  }

  _watch() {
    const { argument, arrays, key } = this._watching.message(this.placed);
    if (key === this._watched || !this.socket) return;
    this._watched = key;
    this.socket.send("watch", argument, arrays);
  }

  /** One option of an analysis that is watched; undefined takes it back. @type {Shown["option"]} */
  option(analysis, name, value) {
    this._watching.option(analysis, name, value);
    this.emit("option", name);
    this.watch();
  }

  /** An option that a person chooses. @type {Shown["choose"]} */
  choose(analysis, name, value) {
    this.option(analysis, name, value);
    this.keep(analysis, { ...this.chosen[analysis], [name]: value });
  }

  /** What a person has chosen, of an analysis or a view: links carry it. @type {Shown["keep"]} */
  keep(name, chosen) {
    if (JSON.stringify(chosen) === JSON.stringify(this.chosen[name] ?? {})) return;
    this.chosen[name] = chosen;
    this.emit("chosen", name);
  }

  /** What was chosen for an option; undefined where nobody has. @type {Shown["optionOf"]} */
  optionOf(analysis, name) {
    return this._watching.options[analysis]?.[name];
  }

  /** An option that is an array, such as a drawing; null takes it back. @type {Shown["picture"]} */
  picture(analysis, name, array) {
    this._watching.picture(analysis, name, array);
    this.watch();
  }

  /** @param {string} name @param {boolean} wanted */
  want(name, wanted) {
    this._watching.extra.set(name, wanted);
    this.watch();
  }

  /** @param {Unit | null} unit */
  focus(unit) {
    if (unit?.join() === this.focused?.join()) return;
    this.focused = unit;
    this.emit("focus", unit);
    this._watch();
    this.redraw();
  }

  // ---- commands ---------------------------------------------------------------------------------------------------
  /** @type {Shown["send"]} */
  send(name, argument, arrays) {
    if (name === "cancel") this.asks.cancel(argument);
    this.socket?.send(name, argument, arrays);
  }

  /** @param {Record<string, unknown>} changes of the experiment, by their paths */
  set(changes) {
    return this._change("set", { changes });
  }

  /** A point or a drawing moved, added or removed; `changed()` afterwards, as with `set`. @type {Shown["point"]} */
  point(argument) {
    this._change("point", argument);
  }

  /** @param {string} name @param {object} argument */
  _change(name, argument) {
    this.version += 1;
    this.measures.send(this.version);
    this.send(name, { ...argument, version: this.version });
    return this.version;
  }

  /** The page pulls the experiment and rewrites its widgets and the address. */
  changed() {
    this.host.changed(this.version);
  }

  /** @param {number} index @param {number} value */
  edit(index, value) {
    this.send("edit", { index, value });
    this.changed();
  }

  /** A study or analysis; `arrays` join its options. @type {Shown["ask"]} */
  ask(name, options = {}, arrays) {
    return this.asks.ask(name, (id) => (this.socket ? this.socket.send("ask", { id, name, options }, arrays) : "lost"));
  }

  // ---- small services ---------------------------------------------------------------------------------------------
  canvas = surface;

  /** @type {Shown["on"]} */
  on(event, listener) {
    return this._listeners.add(event, listener);
  }

  /** @type {Shown["emit"]} */
  emit(event, value) {
    this._listeners.tell(event, value);
  }
}
