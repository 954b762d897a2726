// A Plotly figure that is updated in place: loaded on first sight, drawn at most five times a second, camera and zoom kept.

const EVERY_MS = 200;
const LONGEST_MS = 2000;
const SHARE = 3; // without a graphics card one picture takes 0.4 s: then it is drawn rarely and the rest stays fluent
const SCRIPT = import.meta.url.replace(/\/assets\/.*/, "/vendor/plotly.min.js"); // the files of assets/ have two addresses
let loading = null;

/** Plotly itself (4.8 MB), fetched once and only when a view that needs it is opened. */
export function plotly() {
  loading ??= new Promise((resolve, reject) => {
    if (window.Plotly) return resolve(window.Plotly);
    const script = document.createElement("script");
    script.src = SCRIPT;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      loading = null;
      reject(new Error("Plotly could not be loaded"));
    };
    document.head.append(script);
  });
  return loading;
}

/** Once what was drawn is on the screen. */
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
  /** @param {HTMLElement} root @param {{height: number, label: string}} options */
  constructor(root, { height, label }) {
    this.box = document.createElement("div");
    this.box.style.cssText = `width:100%;height:${height}px`;
    this.box.setAttribute("role", "img");
    this.box.setAttribute("aria-label", label);
    this.words = document.createElement("p");
    this.words.textContent = "Loading the 3-D view…";
    this.box.append(this.words);
    root.append(this.box);
    Object.assign(this, { drawn: 0, last: 0, pause: EVERY_MS, timer: 0, next: null, dead: false, drawing: false });
    Object.assign(this, { camera: null, turned: false, zooms: new Map() });
  }

  /** `figure()` gives {data, layout}; it is called when there is time to draw, so only the newest state costs anything. */
  show(figure) {
    this.next = figure;
    if (this.timer || this.drawing || this.dead) return;
    this.timer = setTimeout(() => this.draw(), Math.max(0, this.last + this.pause - performance.now()));
  }

  async draw() {
    this.timer = 0;
    this.drawing = true;
    try {
      const library = await plotly();
      if (this.dead || !this.box.clientWidth) return;
      const { data, layout } = this.next();
      this.next = null;
      this.words.remove();
      const began = performance.now();
      this.keep(layout);
      await library.react(this.box, data, layout, { responsive: false, displaylogo: false, showSendToCloud: false, displayModeBar: false });
      this.drawn += 1;
      if (this.drawn === 1) for (const event of ["plotly_relayout", "plotly_relayouting"]) this.box.on(event, (what) => (this.turned ||= "scene.camera" in what));
      await painted();
      this.pause = Math.min(LONGEST_MS, Math.max(EVERY_MS, SHARE * (performance.now() - began)));
    } catch (error) {
      this.words.textContent = `The 3-D view cannot be shown: ${error.message}.`;
      this.box.append(this.words);
    } finally {
      this.drawing = false;
      this.last = performance.now();
    }
    if (this.next && this.box.clientWidth) this.show(this.next);
  }

  resize() {
    if (this.drawn && this.box.clientWidth) window.Plotly.Plots.resize(this.box);
  }

  /**
   * What a person has turned and zoomed goes into the next picture: the camera whatever is drawn, also in the middle of
   * a drag, and the part of a flat picture that is in sight as long as its axes mean the same (`uirevision`).
   */
  keep(layout) {
    const shown = this.box._fullLayout;
    this.camera = shown?.scene?._scene?.getCamera() ?? this.camera;
    if (layout.scene && this.turned) layout.scene.camera = this.camera;
    if (shown?.xaxis && !shown.scene) {
      const axes = [shown.xaxis, shown.yaxis];
      if (axes.some((axis) => axis.autorange === false)) this.zooms.set(shown.uirevision, axes.map((axis) => (axis.autorange === false ? [...axis.range] : null)));
      else this.zooms.delete(shown.uirevision);
    }
    const zoom = this.zooms.get(layout.uirevision);
    if (zoom && layout.xaxis) [layout.xaxis, layout.yaxis].forEach((axis, i) => zoom[i] && (axis.range = zoom[i]));
  }

  /** Looks from the place `eye`, {x, y, z}, and stays there. */
  look(eye) {
    this.camera = { eye, up: { x: 0, y: 0, z: 1 }, center: { x: 0, y: 0, z: -0.1 } };
    this.turned = true;
    if (this.drawn) window.Plotly.relayout(this.box, { "scene.camera": this.camera });
  }

  destroy() {
    this.dead = true;
    clearTimeout(this.timer);
    if (this.drawn) window.Plotly.purge(this.box);
    this.box.remove();
  }
}

/** Layout that all our 3-D pictures share: theme colours, no margins, a flat picture's zoom survives while `kept` stays. */
export function sceneLayout(theme, { axes, kept, eye }) {
  const axis = (options) => ({
    color: theme.text, gridcolor: theme.border, zerolinecolor: theme.border, backgroundcolor: theme.background, showbackground: false,
    tickfont: { size: 12 }, nticks: 6, ...options,
  });
  return {
    autosize: true, margin: { l: 0, r: 0, t: 0, b: 0 }, paper_bgcolor: "rgba(0,0,0,0)", font: { family: theme.font, color: theme.text, size: 14 },
    showlegend: false, uirevision: kept,
    scene: {
      xaxis: axis(axes[0]), yaxis: axis(axes[1]), zaxis: axis(axes[2]), uirevision: kept, dragmode: "orbit",
      camera: { eye, center: { x: 0, y: 0, z: -0.1 } }, aspectmode: "manual", aspectratio: { x: 1, y: 1, z: 0.7 },
    },
  };
}
