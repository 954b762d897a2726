/**
 * A Plotly figure that is updated in place: loaded on first sight, drawn at most five times a second, camera and zoom kept.
 *
 * @import { Theme } from "./types.d.ts"
 * @typedef {{x: number, y: number, z: number}} Eye
 * @typedef {{data: object[], layout: Record<string, any>}} Figure
 * @typedef {HTMLElement & {_fullLayout?: any, on(event: string, listener: (what: object) => void): void}} Plot what Plotly makes of its box
 */
import { roomOf, zoomOf } from "./canvas.js";
import { make } from "./dom.js";

const EVERY_MS = 200;
const LONGEST_MS = 2000;
const SHARE = 3; // without a graphics card one picture takes 0.4 s: then it is drawn rarely and the rest stays fluent
const SCRIPT = import.meta.url.replace(/\/assets\/.*/, "/vendor/plotly.min.js"); // the files of assets/ have two addresses
const CENTRE = { x: 0, y: 0, z: -0.18 };
/** @type {Promise<any> | null} */
let loading = null;

/** What the script leaves behind; it has no types of its own. @returns {any} */
const library = () => /** @type {any} */ (window).Plotly;

/** Plotly itself (4.8 MB), fetched once and only when a view that needs it is opened. */
function plotly() {
  loading ??= new Promise((resolve, reject) => {
    if (library()) return resolve(library());
    const script = make("script", {
      src: SCRIPT, onload: () => resolve(library()),
      onerror: () => {
        loading = null;
        reject(new Error("Plotly could not be loaded"));
      },
    });
    document.head.append(script);
  });
  return loading;
}

/** Once what was drawn is on the screen. @returns {Promise<void>} */
function painted() {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, 1000); // a hidden tab has no animation frames
    requestAnimationFrame(() => requestAnimationFrame(() => {
      clearTimeout(timer);
      resolve();
    }));
  });
}

export class PlotlyPanel {
  drawn = 0;
  last = 0;
  pause = EVERY_MS;
  timer = 0;
  /** @type {(() => Figure) | null} */
  next = null;
  dead = false;
  drawing = false;
  /** @type {object | null} */
  camera = null;
  turned = false;
  zoom = 1; // of what it stands in
  /** @type {Map<string, (number[] | null)[]>} the part of a flat picture that is in sight, by what its axes mean */
  zooms = new Map();

  /** @param {HTMLElement} root @param {{height: number, label: string}} options of the box where its panel grows with it */
  constructor(root, { height, label }) {
    this.height = height;
    this.words = make("p", {}, "Loading the 3-D view…");
    this.box = /** @type {Plot} */ (/** @type {HTMLElement} */ (make("div", { style: `width:100%;height:${height}px`, role: "img", "aria-label": label }, this.words)));
    this.box.addEventListener("wheel", (event) => event.stopPropagation(), { capture: true, passive: true }); // it scrolls the page
    root.append(this.box);
  }

  /** On the stage it takes the height that is left. Plotly knows nothing of a zoom: its box is larger instead, and so is its type. */
  fit() {
    const room = roomOf(this.box);
    this.zoom = zoomOf(this.box.parentElement ?? this.box);
    const height = `${(room < Infinity ? room : this.height) * this.zoom}px`;
    if (this.box.style.height !== height) Object.assign(this.box.style, { height, zoom: String(1 / this.zoom) });
  }

  /** `figure()` is called when there is time to draw, so only the newest state costs anything. @param {() => Figure} figure */
  show(figure) {
    this.next = figure;
    if (this.timer || this.drawing || this.dead) return;
    this.timer = setTimeout(() => this.draw(), Math.max(0, this.last + this.pause - performance.now()));
  }

  async draw() {
    this.timer = 0;
    this.drawing = true;
    try {
      const drawer = await plotly();
      if (this.dead || !this.box.clientWidth || !this.next) return;
      if (!this.drawn) this.fit();
      const { data, layout } = this.next();
      if (this.zoom !== 1) enlarge([layout, ...data.map((/** @type {any} */ trace) => trace.colorbar)], this.zoom);
      this.next = null;
      this.words.remove();
      const began = performance.now();
      this.keep(layout);
      await drawer.react(this.box, data, layout, { responsive: false, scrollZoom: false, displaylogo: false, showSendToCloud: false, displayModeBar: false });
      if (this.dead) return void drawer.purge(this.box); // or its WebGL context would stay
      this.drawn += 1;
      if (this.drawn === 1) this.listen();
      await painted();
      this.pause = Math.min(LONGEST_MS, Math.max(EVERY_MS, SHARE * (performance.now() - began)));
    } catch (error) {
      this.words.textContent = `The 3-D view cannot be shown: ${error instanceof Error ? error.message : error}.`;
      this.box.append(this.words);
    } finally {
      this.drawing = false;
      this.last = performance.now();
    }
    if (this.next && this.box.clientWidth) this.show(this.next);
  }

  listen() {
    for (const event of ["plotly_relayout", "plotly_relayouting"]) {
      this.box.on(event, (what) => {
        this.turned ||= "scene.camera" in what;
      });
    }
  }

  resize() {
    this.fit();
    if (this.drawn && this.box.clientWidth) library().Plots.resize(this.box);
  }

  /**
   * What a person has turned and zoomed goes into the next picture: the camera whatever is drawn, also in the middle of
   * a drag, and the part of a flat picture that is in sight as long as its axes mean the same (`uirevision`).
   * @param {Record<string, any>} layout
   */
  keep(layout) {
    const shown = this.box._fullLayout;
    this.camera = shown?.scene?._scene?.getCamera() ?? this.camera;
    if (layout.scene && this.turned) layout.scene.camera = this.camera;
    if (shown?.xaxis && !shown.scene) {
      const ranges = [shown.xaxis, shown.yaxis].map((axis) => (axis.autorange === false ? [...axis.range] : null));
      if (ranges.some(Boolean)) this.zooms.set(shown.uirevision, ranges);
      else this.zooms.delete(shown.uirevision);
    }
    const zoom = layout.xaxis && this.zooms.get(layout.uirevision);
    if (zoom?.[0]) layout.xaxis.range = zoom[0];
    if (zoom?.[1]) layout.yaxis.range = zoom[1];
  }

  /** Looks from a place and stays there. @param {Eye} eye */
  look(eye) {
    this.camera = { eye, up: { x: 0, y: 0, z: 1 }, center: CENTRE };
    this.turned = true;
    if (this.drawn) library().relayout(this.box, { "scene.camera": this.camera });
  }

  destroy() {
    this.dead = true;
    clearTimeout(this.timer);
    if (this.drawn) library().purge(this.box);
    this.box.remove();
  }
}

/** Larger type, wherever a figure names a size. @param {any} part @param {number} by */
function enlarge(part, by) {
  if (typeof part !== "object" || !part || ArrayBuffer.isView(part)) return;
  for (const [name, value] of Object.entries(part)) {
    if (/font$/.test(name) && value?.size) part[name] = { ...value, size: value.size * by };
    else enlarge(value, by);
  }
}

/**
 * Layout that all our 3-D pictures share: theme colours, no margins, a flat picture's zoom survives while `revision` stays.
 * @param {Theme} theme @param {{axes: object[], revision: string, eye: Eye}} options @returns {Record<string, any>}
 */
export function sceneLayout(theme, { axes, revision, eye }) {
  const [xaxis, yaxis, zaxis] = axes.map((options) => ({
    color: theme.text, gridcolor: theme.border, zerolinecolor: theme.border, backgroundcolor: theme.background, showbackground: false,
    tickfont: { size: 14 }, nticks: 6, ...options,
  }));
  return {
    autosize: true, margin: { l: 0, r: 0, t: 0, b: 0 }, paper_bgcolor: "rgba(0,0,0,0)", font: { family: theme.font, color: theme.text, size: 14 },
    showlegend: false, uirevision: revision,
    scene: {
      xaxis, yaxis, zaxis, uirevision: revision, dragmode: "orbit",
      camera: { eye, center: CENTRE }, aspectmode: "manual", aspectratio: { x: 1, y: 1, z: 0.7 },
    },
  };
}
