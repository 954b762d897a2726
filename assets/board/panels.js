/**
 * The panels: a place, a title, help and a description for each view, tabs for those that take turns, and the news of
 * what is in sight, so that nothing is computed for a picture that nobody sees.
 *
 * @import { Board, Entry } from "./board.js"
 * @typedef {{name: string, title: string, needs: string[], wants: string[], asks: string[], module: string, help?: string, alt?: string, place?: string}} Declared a view as Python declares it
 * @typedef {{view: Declared, box: HTMLElement, body: HTMLElement, entry: Entry, described: HTMLElement, tab: boolean, met: boolean, shown: boolean, near: boolean, loading: boolean, size: string}} Panel
 * @typedef {{button: HTMLButtonElement, panel: Panel, name: string}} Tab
 */
import { make, write } from "../kit/dom.js";
import { recall, store } from "../kit/memory.js";
import { words } from "../kit/words.js";
import { onPaper } from "./print.js";
import { Room } from "./room.js";

const SLIVER_PX = 40; // at the edge of the window: a panel of which no more is in sight shows a title at most
const ASSETS = new URL("../", import.meta.url);
const TAB_KEY = "nnlab.tab"; // the tab that was open last, a page
const ALT_MS = 1000;
const REST_MS = 700;
const SMALL = ["square", "half"]; // places
const SEEN_PX = 80; // of a tab's picture; where less is in sight, a click would seem to do nothing

export class Panels {
  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    this.board = board;
    this.grid = make("div", { class: "grid" });
    this.inside = make("div", { class: "inside" });
    root.append(this.grid, this.inside);
    this.room = new Room(this.grid);
    /** @type {Panel[]} */
    this.panels = [];
    this.rest = 0;
    this.leftOut = make("p", { class: "left-out", hidden: true });
    /** @type {Tab[]} */
    this.tabs = [];
    /** @type {HTMLElement | null} */
    this.tabBox = null;
    this.picked = ""; // the tab that a person has picked since the last start
    this.seen = new IntersectionObserver((changes) => this._intersect(changes), { rootMargin: `-${SLIVER_PX}px 0px` });
    this.sizes = new ResizeObserver((changes) => changes.forEach((c) => this._resized(c.target)));
    this.altTimer = setInterval(() => this._describe(), ALT_MS);
    this.onPixels = () => this.panels.forEach((p) => this._resized(p.body, true));
    this.pixels = window.matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`);
    this.pixels.addEventListener("change", this.onPixels);
    this.onAway = (/** @type {Event} */ event) => this._away(event);
    for (const type of ["pointerdown", "keydown"]) document.addEventListener(type, this.onAway);
    this.offFrame = board.on("frame", () => this._loadRest());
    this.offScene = board.on("scene", () => this._offered());
  }

  destroy() {
    this.room.destroy();
    this.seen.disconnect();
    this.sizes.disconnect();
    clearInterval(this.altTimer);
    this.pixels.removeEventListener("change", this.onPixels);
    for (const type of ["pointerdown", "keydown"]) document.removeEventListener(type, this.onAway);
    this.offFrame();
    this.offScene();
    clearTimeout(this.rest);
    this.panels = []; // a module that comes now makes no view any more
  }

  /** @param {Declared[]} views */
  show(views) {
    for (const p of this.panels) this.board.drop(p.entry);
    this.seen.disconnect();
    this.sizes.disconnect();
    this.panels = [];
    clearTimeout(this.rest);
    this.rest = 0;
    this.tabs = [];
    this.tabBox = null;
    this.grid.replaceChildren();
    this.inside.replaceChildren();
    const tabs = views.filter((v) => (v.place ?? "tab") === "tab");
    const left = make("div", { class: "column left" });
    const right = make("div", { class: "column right" });
    for (const v of views) {
      const place = v.place ?? "tab";
      if (place !== "tab") (["wide", "page"].includes(place) ? left : right).append(this._panel(v, place).box);
    }
    this.grid.append(left, right);
    this.inside.append(...(tabs.length ? [this._tabs(tabs)] : []), this.leftOut);
    this.board.placed = this.panels.map((p) => p.entry);
    this._columns();
    this.room.measure();
    this._offered();
  }

  /** Only views whose needs the model meets are shown; the others are named. */
  _offered() {
    if (!this.board.scene) return;
    for (const p of this.panels) {
      p.met = this.board.meets(p.entry);
      if (!p.tab) {
        p.box.hidden = !p.met;
        this.board.show(p.entry, p.near && p.met);
      }
    }
    this._showTabs();
    this._columns();
    const titles = this.panels.filter((p) => !p.met).map((p) => p.view.title);
    this.leftOut.hidden = !titles.length;
    this.leftOut.textContent = titles.length ? words({ code: "left_out", values: { titles } }) : "";
  }

  /** A column without a view in it leaves its place to the other. */
  _columns() {
    const columns = /** @type {HTMLElement[]} */ ([...this.grid.querySelectorAll(".column")]);
    for (const column of columns) column.hidden = !column.querySelector(":scope > :not([hidden])");
    this.grid.classList.toggle("single", columns.some((column) => column.hidden));
    this.grid.hidden = columns.every((column) => column.hidden);
  }

  /** What a button has opened over the pictures is shut by Escape, or by a press elsewhere. @param {Event} event */
  _away(event) {
    const key = event instanceof KeyboardEvent;
    if (key && event.key !== "Escape") return;
    const path = event.composedPath();
    for (const { box } of this.panels) {
      const open = [...box.querySelectorAll(":scope > .head [aria-expanded=true]")];
      for (const button of open) if (key || !path.some((e) => e instanceof Element && box.contains(e) && e.matches(".head, .tools"))) /** @type {HTMLElement} */ (button).click();
    }
  }

  /** Brings the view `name` into sight, where it is one of the tabs. @param {string} name */
  open(name) {
    if (this.tabs.some((t) => t.name === name)) this._open(name);
  }

  /** @param {Declared} view @param {string} place @returns {Panel} */
  _panel(view, place) {
    const box = make("section", { class: `panel ${place} view-${view.name}`, "aria-label": view.title });
    const body = make("div", { class: "view" });
    if (!["tab", "page"].includes(place)) box.append(heading(view)); // what is alone on a page is called as the page is
    box.append(body);
    const described = make("p", { class: "unseen" }, view.alt ?? "");
    box.append(described);
    /** @type {Entry} */
    const entry = { name: view.name, needs: view.needs, wants: view.wants, asks: view.asks, view: null, visible: false, dirty: true, broken: false, failed: (error) => fail(body, error) };
    const panel = { view, box, body, entry, described, tab: place === "tab", met: true, shown: place !== "tab", near: false, loading: false, size: "" };
    this.panels.push(panel);
    this.seen.observe(box);
    if (panel.shown) this._load(panel);
    return panel;
  }

  /** What hides behind tabs is made when the first picture stands: it must not hold that up. */
  _loadRest() {
    if (this.rest || !this.panels.some((p) => p.entry.view)) return;
    this.rest = setTimeout(() => this.panels.forEach((p) => this._load(p)), REST_MS);
  }

  /** @param {Panel} panel */
  async _load(panel) {
    if (panel.loading) return;
    panel.loading = true;
    try {
      const module = await import(new URL(panel.view.module, ASSETS).href);
      if (!this.panels.includes(panel)) return;
      panel.entry.view = module.default.create(panel.body, this.board);
      this._beside(panel);
      panel.size = panel.tab ? sizeOf(panel.body) : ""; // on the stage it is fitted once all of its parts are there
      this.sizes.observe(panel.body);
      if (!panel.tab) for (const part of panel.body.children) this.sizes.observe(part); // what grows takes from the picture
      this.board.add(panel.entry);
    } catch (error) {
      panel.entry.broken = true; // nothing is computed for it
      console.error(`View ${panel.view.name}`, error);
      fail(panel.body, /** @type {Error} */ (error));
    }
  }

  /** The first tools of a view share the line of its title; those of a small one open over it. @param {Panel} panel */
  _beside({ view, box, body }) {
    const head = box.querySelector(".head");
    if (!head || !body.querySelector(".tools:first-of-type")) return;
    box.classList.add("headed");
    if (SMALL.includes(view.place ?? "")) head.append(options(view, box));
    box.style.setProperty("--head", widthOf(head));
    this.sizes.observe(head);
  }

  /** @param {Element} body or a part of it @param {boolean} [always] */
  _resized(body, always = false) {
    const panel = this.panels.find((p) => p.box.contains(body));
    panel?.box.style.setProperty("--head", widthOf(panel.box.querySelector(".head")));
    const size = panel ? sizeOf(panel.body) : "";
    if (!panel?.entry.view || onPaper() || (!always && size === panel.size)) return;
    panel.size = size;
    if (!panel.body.clientWidth) return; // hidden: what comes meanwhile is fitted when it is seen again
    this.board.refit(panel.entry);
  }

  /** @param {IntersectionObserverEntry[]} changes */
  _intersect(changes) {
    for (const change of changes) {
      const panel = this.panels.find((p) => p.box === change.target);
      if (!panel) continue;
      panel.near = change.isIntersecting;
      if (panel.near && panel.shown) panel.box.classList.add("seen");
      this.board.show(panel.entry, panel.near && panel.shown && panel.met);
    }
  }

  // ---- tabs -------------------------------------------------------------------------------------------------------
  /** @param {Declared[]} views */
  _tabs(views) {
    const list = make("div", { class: "tablist", role: "tablist", "aria-label": "More views" });
    const box = make("section", { class: "panel tabs" }, list);
    this.tabs = views.map((view) => {
      const panel = this._panel(view, "tab");
      const pick = () => {
        this._pick(view.name);
        if (list.getBoundingClientRect().bottom > window.innerHeight - SEEN_PX) panel.box.scrollIntoView({ block: "nearest" });
      };
      const button = make("button", { class: "tab", type: "button", title: view.help ?? "", role: "tab", onclick: pick }, view.title);
      panel.box.setAttribute("role", "tabpanel");
      list.append(button);
      box.append(panel.box);
      return { button, panel, name: view.name };
    });
    list.onkeydown = (event) => this._arrow(event);
    this.tabBox = box;
    this._showTabs();
    return box;
  }

  /** The tabs whose needs are met, and of these the one that was open last. */
  _showTabs() {
    for (const { button, panel } of this.tabs) button.hidden = !panel.met;
    const met = this.tabs.filter((t) => t.panel.met);
    const last = recall(tabKey());
    if (this.tabBox) this.tabBox.hidden = !met.length;
    if (met.length) this._show((met.find((t) => t.name === last) ?? met[0]).name);
  }

  /** @param {string} name */
  _pick(name) {
    this._open(name);
    this.picked = name;
    this.board.emit("chosen", name);
  }

  /** @param {string} name */
  _open(name) {
    store(tabKey(), name);
    this._show(name);
  }

  /** @param {string} name */
  _show(name) {
    for (const { button, panel, name: own } of this.tabs) {
      const on = own === name;
      button.setAttribute("aria-selected", String(on));
      button.tabIndex = on ? 0 : -1;
      panel.box.hidden = !on;
      panel.shown = on;
      if (on) this._load(panel);
      this.board.show(panel.entry, on && panel.near);
    }
  }

  /** @param {KeyboardEvent} event */
  _arrow(event) {
    const by = Number(event.key === "ArrowRight") - Number(event.key === "ArrowLeft");
    if (!by) return;
    event.preventDefault();
    const met = this.tabs.filter((t) => t.panel.met);
    const at = met.findIndex((t) => t.button.tabIndex === 0);
    const next = met[(at + by + met.length) % met.length];
    this._pick(next.name);
    next.button.focus();
  }

  /** Numbers for screen readers, at most once a second and only where a view is in sight. */
  _describe() {
    if (document.hidden || !this.board.frame) return;
    for (const { entry, described, view } of this.panels) {
      if (entry.visible) this.board._guard(entry, (shown) => shown.alt && write(described, shown.alt() || view.alt || ""));
    }
  }
}

/** What a picture is fitted to: the width and, on the stage, the height that other parts leave. @param {Element} body */
function sizeOf(body) {
  const held = getComputedStyle(body).getPropertyValue("--held").trim() === "1";
  return [body.clientWidth, ...(held ? [body.clientHeight, ...[...body.children].map((part) => /** @type {HTMLElement} */ (part).offsetHeight)] : [])].join();
}

/** What the tools beside a title leave free for it. @param {Element | null} head */
const widthOf = (head) => `${head?.clientWidth ?? 0}px`;

const tabKey = () => `${TAB_KEY} ${location.pathname}`;

/** @param {Declared} view */
function heading({ title, help }) {
  const head = make("header", { class: "head" }, make("h3", { class: "title" }, title));
  if (!help) return head;
  const about = make("p", { class: "about", hidden: true }, help);
  const button = make("button", {
    class: "help", type: "button", title: help, "aria-label": `About ${title}: ${help}`, "aria-expanded": "false",
    onclick: () => {
      about.hidden = !about.hidden;
      button.setAttribute("aria-expanded", String(!about.hidden));
    },
  }, "?");
  head.append(button, about);
  return head;
}

/** Shows and hides the tools of a small view. @param {Declared} view @param {HTMLElement} box */
function options({ title }, box) {
  /** @type {HTMLButtonElement} */
  const button = make("button", { class: "small options", type: "button", "aria-expanded": "false", "aria-label": `Options of ${title}`, title: "Options",
    onclick: () => button.setAttribute("aria-expanded", String(box.classList.toggle("opened"))),
  }, "⋯");
  return button;
}

/** @param {HTMLElement} body @param {Error} error */
function fail(body, error) {
  body.replaceChildren(make("p", { class: "failed", role: "alert" }, `This view stopped: ${error.message}. The run continues; reload the page to see it again.`));
}
