/**
 * The panels: a place, a title, help and a description for each view, tabs for those that take turns, and the news of
 * what is in sight, so that nothing is computed for a picture that nobody sees.
 */
import { make } from "../kit/dom.js";
import { words } from "../kit/words.js";

const ASSETS = new URL("../", import.meta.url);
const TAB_KEY = "nnlab.tab";
const ALT_MS = 1000;
const REST_MS = 700;
const SEEN_PX = 80; // of a tab's picture; where less is in sight, a click would seem to do nothing

export class Panels {
  constructor(root, board) {
    this.board = board;
    this.grid = make("div", { class: "grid" });
    root.append(this.grid);
    this.panels = [];
    this.seen = new IntersectionObserver((changes) => this._intersect(changes), { rootMargin: "0px" });
    this.sizes = new ResizeObserver((changes) => changes.forEach((c) => this._resized(c.target)));
    this.altTimer = setInterval(() => this._describe(), ALT_MS);
    this.onPixels = () => this.panels.forEach((p) => this._resized(p.body, true));
    this.pixels = window.matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`);
    this.pixels.addEventListener("change", this.onPixels);
    this.offFrame = board.on("frame", () => this._loadRest());
    this.offScene = board.on("scene", (scene) => this._offered(scene.offers));
  }

  destroy() {
    this.seen.disconnect();
    this.sizes.disconnect();
    clearInterval(this.altTimer);
    this.pixels.removeEventListener("change", this.onPixels);
    this.offFrame();
    this.offScene();
    clearTimeout(this.rest);
  }

  /** @param {{name: string, title: string, needs: string[], module: string, help?: string, alt?: string, place?: string}[]} views */
  show(views) {
    for (const p of this.panels) p.entry.view?.destroy?.();
    this.seen.disconnect();
    this.sizes.disconnect();
    this.board.views = [];
    this.panels = [];
    clearTimeout(this.rest);
    this.rest = 0;
    this.showTabs = this.openTab = null;
    this.grid.replaceChildren();
    const tabs = views.filter((v) => (v.place ?? "tab") === "tab");
    const left = make("div", { class: "column left" });
    const right = make("div", { class: "column right" });
    for (const v of views) if ((v.place ?? "tab") !== "tab") (["wide", "page"].includes(v.place) ? left : right).append(this._panel(v, v.place).box);
    if (tabs.length) left.append(this._tabs(tabs));
    this.leftOut = make("p", { class: "left-out", hidden: true });
    this.grid.append(left, right, this.leftOut);
    this._columns();
    this._offered(this.board.scene?.offers);
  }

  /** Only views whose needs the model meets are shown; the others are named. */
  _offered(offers) {
    if (!offers) return;
    for (const p of this.panels) {
      p.met = p.entry.needs.every((need) => need in offers);
      if (!p.tab) {
        p.box.hidden = !p.met;
        this.board.show(p.entry, p.near && p.met);
      }
    }
    this.showTabs?.();
    this._columns();
    const titles = this.panels.filter((p) => !p.met).map((p) => p.view.title);
    this.leftOut.hidden = !titles.length;
    this.leftOut.textContent = titles.length ? words({ code: "left_out", values: { titles } }) : "";
  }

  /** A column without a view in it leaves its place to the other. */
  _columns() {
    const columns = [...this.grid.querySelectorAll(".column")];
    for (const column of columns) column.hidden = ![...column.children].some((box) => !box.hidden);
    this.grid.classList.toggle("single", columns.some((column) => column.hidden));
  }

  /** Brings the view `name` into sight, where it is one of the tabs. */
  open(name) {
    this.openTab?.(name);
  }

  _panel(view, place) {
    const box = make("section", { class: `panel ${place} view-${view.name}` });
    box.setAttribute("aria-label", view.title);
    const body = make("div", { class: "view" });
    if (place !== "tab") box.append(heading(view));
    box.append(body);
    const entry = { name: view.name, needs: view.needs ?? [], view: null, visible: false, dirty: true, broken: false };
    const described = make("p", { class: "unseen" });
    described.textContent = view.alt ?? "";
    box.append(described);
    entry.failed = (error) => fail(body, error);
    const panel = { view, box, body, entry, described, tab: place === "tab", met: true, shown: place !== "tab", near: false, width: 0 };
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

  async _load(panel) {
    if (panel.asked) return;
    panel.asked = true;
    try {
      const module = await import(new URL(panel.view.module, ASSETS).href);
      if (!this.panels.includes(panel)) return;
      panel.entry.needs = module.default.needs;
      panel.entry.view = module.default.create(panel.body, this.board);
      panel.width = panel.body.clientWidth;
      this.sizes.observe(panel.body);
      this.board.add(panel.entry);
    } catch (error) {
      console.error(`View ${panel.view.name}`, error);
      fail(panel.body, error);
    }
  }

  _resized(body, always = false) {
    const panel = this.panels.find((p) => p.body === body);
    const width = body.clientWidth;
    if (!panel?.entry.view || !width || (!always && width === panel.width)) return;
    panel.width = width;
    this.board._guard(panel.entry, () => panel.entry.view.resize?.());
    this.board.redraw(panel.entry.view);
  }

  _intersect(changes) {
    for (const change of changes) {
      const panel = this.panels.find((p) => p.box === change.target);
      if (!panel) continue;
      panel.near = change.isIntersecting;
      this.board.show(panel.entry, panel.near && panel.shown && panel.met);
    }
  }

  // ---- tabs -------------------------------------------------------------------------------------------------------
  _tabs(views) {
    const box = make("section", { class: "panel tabs" });
    const list = make("div", { class: "tablist" });
    list.setAttribute("role", "tablist");
    list.setAttribute("aria-label", "More views");
    box.append(list);
    const tabs = views.map((view) => {
      const panel = this._panel(view, "tab");
      const button = make("button", { class: "tab" });
      button.type = "button";
      button.textContent = view.title;
      button.title = view.help ?? "";
      button.setAttribute("role", "tab");
      button.onclick = () => {
        this._pick(tabs, view.name);
        if (list.getBoundingClientRect().bottom > window.innerHeight - SEEN_PX) panel.box.scrollIntoView({ block: "nearest" });
      };
      panel.box.setAttribute("role", "tabpanel");
      list.append(button);
      box.append(panel.box);
      return { button, panel, name: view.name };
    });
    list.onkeydown = (event) => this._arrow(event, tabs);
    this.showTabs = () => {
      for (const { button, panel } of tabs) button.hidden = !panel.met;
      const met = tabs.filter((t) => t.panel.met);
      const wanted = sessionStorage.getItem(TAB_KEY);
      box.hidden = !met.length;
      if (met.length) this._show(tabs, (met.find((t) => t.name === wanted) ?? met[0]).name);
    };
    this.openTab = (name) => tabs.some((t) => t.name === name) && this._pick(tabs, name);
    this.showTabs();
    return box;
  }

  _pick(tabs, name) {
    sessionStorage.setItem(TAB_KEY, name);
    this._show(tabs, name);
  }

  _show(tabs, name) {
    for (const { button, panel, name: own } of tabs) {
      const on = own === name;
      button.setAttribute("aria-selected", String(on));
      button.tabIndex = on ? 0 : -1;
      panel.box.hidden = !on;
      panel.shown = on;
      if (on) this._load(panel);
      this.board.show(panel.entry, on && panel.near);
    }
  }

  _arrow(event, tabs) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const met = tabs.filter((t) => t.panel.met);
    const at = met.findIndex((t) => t.button.tabIndex === 0);
    const next = met[(at + by + met.length) % met.length];
    this._pick(tabs, next.name);
    next.button.focus();
  }

  /** Numbers for screen readers, at most once a second and only where a view is in sight. */
  _describe() {
    if (document.hidden || !this.board.frame) return;
    for (const { entry, described, view } of this.panels) {
      if (!entry.visible || !entry.view?.alt || entry.broken) continue;
      this.board._guard(entry, () => {
        const words = entry.view.alt() || view.alt || "";
        if (described.textContent !== words) described.textContent = words;
      });
    }
  }
}

function heading(view) {
  const head = make("header", { class: "head" });
  const title = make("h3", { class: "title" });
  title.textContent = view.title;
  head.append(title);
  if (view.help) {
    const help = make("button", { class: "help" });
    help.type = "button";
    help.textContent = "?";
    help.title = view.help;
    help.setAttribute("aria-label", `About ${view.title}: ${view.help}`);
    const words = make("p", { class: "about" });
    words.textContent = view.help;
    words.hidden = true;
    help.setAttribute("aria-expanded", "false");
    help.onclick = () => {
      words.hidden = !words.hidden;
      help.setAttribute("aria-expanded", String(!words.hidden));
    };
    head.append(help, words);
  }
  return head;
}

function fail(body, error) {
  const words = make("p", { class: "failed" });
  words.setAttribute("role", "alert");
  words.textContent = `This view stopped: ${error.message}. The run goes on; reload the page to see it again.`;
  body.replaceChildren(words);
}
