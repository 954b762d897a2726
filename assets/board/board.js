/**
 * The board behind one mounted component: the newest scene and frame, the drawing loop, what is watched, and the
 * verbs that views and controls use. Views know this object and nothing of sockets or of Streamlit.
 */
import { surface } from "../kit/canvas.js";
import { History } from "./history.js";
import { connect } from "./socket.js";
import { Latest, asScene } from "./wire.js";

const CALM_MS = 250; // with "prefers-reduced-motion" the picture changes four times a second
const RING = 600;

export class Board {
  /** @param {{changed: (version: number) => void}} host */
  constructor(host) {
    this.host = host;
    this.scene = this.frame = this.theme = this.experiment = null;
    this.link = "";
    this.kept = []; // runs that this person keeps on the server
    this.focused = null;
    this.history = new History();
    this.views = []; // {needs, view, visible, dirty, live}
    this.version = 0;
    this.measures = { frames: 0, drawn: 0, gaps: [], costs: [], latencies: [] };
    this._latest = new Latest(0);
    this._waiting = []; // frames since the last animation frame
    this._options = {}; // by analysis
    this._pictures = {}; // arrays among them, by "analysis.option"
    this._drawn = 0;
    this._extra = new Map();
    this._listeners = new Map();
    this._answers = new Map();
    this._sent = new Map();
    this._raf = this._lastDraw = this._lastGap = this._watchTimer = 0;
    this._watched = "";
    this._motion = window.matchMedia("(prefers-reduced-motion: reduce)");
    this._tick = this._tick.bind(this);
  }

  // ---- connection -------------------------------------------------------------------------------------------------
  open(path) {
    this.socket?.close();
    this._waiting.length = 0;
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
    clearTimeout(this._watchTimer);
    this.socket?.close();
    for (const v of this.views) this._guard(v, () => v.view?.destroy?.());
    this.views = [];
    this._listeners.clear();
  }

  _receive(message) {
    if (message.type === "scene") return this._scene(message);
    if (message.type === "answer") return this._answer(message);
    if (message.type !== "frame") return;
    if (this.scene && message.scene !== this.scene.scene) return this.socket.ack(0); // of a network that is no more
    this.measures.frames += 1;
    this._latest.merge(message);
    this._waiting.push(message);
    this._schedule();
  }

  _scene(header) {
    const old = this._latest.units;
    this.scene = asScene(header);
    this.experiment = header.experiment;
    if (old !== this.scene.units || !sameShape(this._blocks, this.scene.blocks)) this._latest = new Latest(this.scene.units);
    this._blocks = this.scene.blocks;
    this._waiting.splice(0).forEach(() => this.socket.ack(0));
    this.history.load((header.metrics ?? []).map((m) => m.name), header.arrays.history?.data);
    if (this.focused && this.focused[0] > this.scene.blocks.length) this.focus(null);
    for (const v of this.views) if (v.view) this._guard(v, () => v.view.scene(this.scene));
    this.emit("scene", this.scene);
    this.redraw();
  }

  _text(message) {
    if (message.type === "experiment") {
      this.experiment = message.experiment;
      this.link = message.link;
      if (message.returned) this.changed();
    }
    if (message.type === "kept") this.kept = message.all;
    this.emit(message.type, message);
  }

  _answer(message) {
    this._answers.get(message.id)?.(message);
    this._answers.delete(message.id);
  }

  // ---- drawing ----------------------------------------------------------------------------------------------------
  _schedule() {
    if (!this._raf) this._raf = requestAnimationFrame(this._tick);
  }

  _tick(now) {
    this._raf = 0;
    if (!this.views.length) return; // a frame waits for the first view
    if (this._motion.matches && this._waiting.length && now - this._lastDraw < CALM_MS) return this._schedule();
    const began = performance.now();
    const fresh = this._waiting.length > 0;
    if (fresh) {
      this.frame = this._waiting[this._waiting.length - 1];
      for (const f of this._waiting) this.history.take(f);
      this.version = Math.max(this.version, this.frame.version ?? 0);
    }
    if (this.frame) this._draw(fresh);
    if (!fresh) return;
    for (const f of this._waiting) this.socket.ack(f.version ?? 0);
    this._waiting.length = 0;
    this._latest.shown();
    this._measure(now, performance.now() - began);
    this._lastDraw = now;
  }

  _draw(fresh) {
    const f = this.frame;
    for (const v of this.views) {
      if (!v.view || !v.visible || !(fresh || v.dirty)) continue;
      if (!v.needs.every((name) => this._has(name))) continue;
      v.dirty = false;
      this._guard(v, () => v.view.frame(f));
    }
    if (fresh) this.emit("frame", f);
  }

  /** Whether what an analysis gives has come; its first array always comes. */
  _has(offer) {
    return (this.scene?.offers[offer]?.[0] ?? offer) in this._latest.arrays;
  }

  /** Draw again in the next animation frame, without waiting for news. */
  redraw(view) {
    for (const v of this.views) if (!view || v.view === view) v.dirty = true;
    if (this.frame) this._schedule();
  }

  /** A view that throws shows why in its panel; the others go on. */
  _guard(v, act) {
    if (v.broken) return;
    try {
      act();
    } catch (error) {
      v.broken = true;
      v.failed?.(error);
      console.error(`View ${v.name}`, error);
    }
  }

  _measure(now, cost) {
    const m = this.measures;
    m.drawn += 1;
    if (this._lastGap && this.frame.playing) ring(m.gaps, now - this._lastGap);
    this._lastGap = this.frame.playing ? now : 0;
    ring(m.costs, cost);
    for (const [version, at] of this._sent) {
      if (version > this.frame.version) break;
      this._sent.delete(version);
      ring(m.latencies, performance.now() - at);
    }
  }

  // ---- views ------------------------------------------------------------------------------------------------------
  add(entry) {
    this.views.push(entry);
    if (this.theme) this._guard(entry, () => entry.view.theme?.(this.theme));
    if (this.scene) this._guard(entry, () => entry.view.scene(this.scene));
    entry.dirty = true;
    this.watch();
    if (this.frame || this._waiting.length) this._schedule(); // the server sends nothing until what waits is drawn
  }

  setTheme(theme) {
    this.theme = theme;
    for (const v of this.views) if (v.view) this._guard(v, () => v.view.theme?.(theme));
    this.redraw();
  }

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
    clearTimeout(this._watchTimer);
    this._watchTimer = setTimeout(() => this._watch(), 20);
  }

  _watch() {
    const offers = new Set();
    for (const v of this.views) if (v.visible && !v.broken) v.needs.forEach((n) => offers.add(n));
    for (const [name, wanted] of this._extra) if (wanted) offers.add(name);
    const options = {};
    const arrays = {};
    for (const [name, own] of Object.entries(this._options)) if (offers.has(name)) options[name] = { ...own };
    if (this.focused && offers.has("boundary")) options.boundary = { ...options.boundary, focus: this.focused };
    for (const [path, array] of Object.entries(this._pictures)) if (offers.has(path.split(".")[0])) arrays[path] = array;
    const message = { offers: [...offers].sort(), options };
    const key = JSON.stringify([message, Object.keys(arrays), this._drawn]);
    if (key === this._watched || !this.socket) return;
    this._watched = key;
    this.socket.send("watch", message, Object.keys(arrays).length ? arrays : undefined);
  }

  /** One option of an analysis that is watched; undefined takes it back. */
  option(analysis, name, value) {
    const own = (this._options[analysis] ??= {});
    if (value === undefined) delete own[name];
    else own[name] = value;
    this.emit("option", name);
    this.watch();
  }

  /** What was chosen for an option; undefined where nobody has. */
  optionOf(analysis, name) {
    return this._options[analysis]?.[name];
  }

  /** An option that is an array, such as a drawing: {data: a typed array, shape}; null takes it back. */
  picture(analysis, name, array) {
    if (array) this._pictures[`${analysis}.${name}`] = array;
    else delete this._pictures[`${analysis}.${name}`];
    this._drawn += 1;
    this.watch();
  }

  want(name, wanted) {
    this._extra.set(name, wanted);
    this.watch();
  }

  focus(unit) {
    if (unit?.join() === this.focused?.join()) return;
    this.focused = unit;
    this.emit("focus", unit);
    this._watch();
    this.redraw();
  }

  // ---- commands ---------------------------------------------------------------------------------------------------
  send(name, argument, arrays) {
    this.socket?.send(name, argument, arrays);
  }

  set(changes) {
    this.version += 1;
    this._sent.set(this.version, performance.now());
    this.send("set", { changes, version: this.version });
    return this.version;
  }

  /** A point moved, added or removed; `changed()` afterwards, as with `set`. */
  point(argument) {
    this.version += 1;
    this._sent.set(this.version, performance.now());
    this.send("point", { ...argument, version: this.version });
  }

  /** The page pulls the experiment and rewrites its widgets and the address. */
  changed() {
    this.host.changed(this.version);
  }

  edit(index, value) {
    this.send("edit", { index, value });
    this.changed();
  }

  /** A record that takes longer than a frame; `arrays` ({name: {data, shape}}) join its options. */
  ask(name, options = {}, arrays) {
    const id = (this._asked = (this._asked ?? 0) + 1);
    const answer = new Promise((resolve) => {
      this._answers.set(id, resolve);
      this.send("ask", { id, name, options }, arrays);
    });
    return Object.assign(answer, { id }); // what "cancel" takes
  }

  // ---- small services ---------------------------------------------------------------------------------------------
  canvas(root, options) {
    return surface(root, options);
  }

  on(event, listener) {
    const all = this._listeners.get(event) ?? new Set();
    this._listeners.set(event, all.add(listener));
    return () => all.delete(listener);
  }

  emit(event, value) {
    for (const listener of this._listeners.get(event) ?? []) listener(value);
  }
}

const sameShape = (a, b) => a?.length === b.length && a.every((x, i) => x.fan_in === b[i].fan_in && x.fan_out === b[i].fan_out);

function ring(list, value) {
  if (list.length >= RING) list.shift();
  list.push(value);
}
