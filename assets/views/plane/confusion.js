/**
 * Which class was taken for which: a table of counts and shares for training and test data.
 *
 * @import { Board, Frame, Scene, Theme, Values, View } from "../../kit/types.d.ts"
 * @typedef {{count: HTMLElement, share: HTMLElement, box: HTMLElement}} Cell
 * @typedef {{element: HTMLElement, cells: Cell[][], recalls: HTMLElement[], figures: HTMLElement}} Table
 */
import { make, write } from "../../kit/dom.js";
import { count } from "../../kit/numbers.js";
import { classColour, css, rgb } from "../../kit/palette.js";
import { className } from "../../kit/points.js";

const STYLE = `
.cm { display: flex; flex-wrap: wrap; gap: 12px 32px; font-variant-numeric: tabular-nums; }
.cm table { border-collapse: separate; border-spacing: 4px; margin: 0; }
.cm caption { text-align: left; font-size: 15px; font-weight: 600; padding: 0 4px 6px; white-space: nowrap; }
.cm caption span { font-weight: 400; color: var(--cm-faint); }
.cm th { font-weight: 500; font-size: 14px; padding: 2px 6px; text-align: right; color: var(--cm-faint); white-space: nowrap; max-width: 11em; overflow: hidden; text-overflow: ellipsis; }
.cm thead th { text-align: center; }
.cm td { width: 74px; height: 56px; border-radius: 8px; text-align: center; padding: 2px 4px; border: 0; }
.cm .cm-count { display: block; font-size: 21px; font-weight: 600; line-height: 1.15; }
.cm .cm-share { display: block; font-size: 14px; }
.cm td.cm-recall { background: none; width: 70px; font-size: 16px; font-weight: 600; color: var(--cm-text); }
.cm .cm-dot { display: inline-block; width: 10px; height: 10px; border-radius: 50%; margin-right: 6px; }
.cm.many td { width: 62px; height: 46px; } .cm.many .cm-count { font-size: 17px; } .cm.many td.cm-recall { width: 56px; font-size: 14px; }
.cm.crowded { display: block; } .cm.crowded table { width: 100%; table-layout: fixed; border-spacing: 2px; }
.cm.crowded th { padding: 2px; } .cm.crowded td { width: auto; height: 32px; padding: 0; border-radius: 5px; } .cm.crowded .cm-count { font-size: 15px; font-weight: 500; }
.cm.crowded :is(.cm-share, .cm-dot) { display: none; } .cm.crowded td.cm-recall { font-size: 14px; }
.cm-note { font-size: 14px; color: var(--cm-faint); margin: 6px 0 0; }
`;

/** @implements {View} */
class Confusion {
  /** @type {Scene | null} */
  sceneNow = null;
  /** @type {Theme | null} */
  colours = null;
  /** @type {Table[]} */
  tables = [];

  /** @param {HTMLElement} root @param {Board} board */
  constructor(root, board) {
    this.board = board;
    this.box = make("div", { class: "cm" });
    this.note = make("p", { class: "cm-note" });
    root.append(make("style", {}, STYLE), this.box, this.note);
  }

  /** @param {Theme} theme */
  theme(theme) {
    this.colours = theme;
    for (const box of [this.box, this.note]) {
      box.style.setProperty("--cm-faint", theme.faint);
      box.style.setProperty("--cm-text", theme.text);
    }
    if (this.sceneNow) this.scene(this.sceneNow);
  }

  /** @param {Scene} scene */
  scene(scene) {
    this.sceneNow = scene;
    const { colours: theme } = this;
    if (!theme) return;
    const n = scene.answer.kind === "class" ? scene.classes : 0; // else nobody sees it
    this.box.classList.toggle("many", n > 3);
    this.box.classList.toggle("crowded", n > 6); // counts alone have room
    this.tables = n ? ["Training", "Test"].map((title) => table(scene, theme, title)) : [];
    this.box.replaceChildren(...this.tables.map(({ element }) => element));
    this.note.textContent = `Rows are true classes, columns are predictions${n > 6 ? "" : "; each share is of its row"}. Recall: the share of a class that was found.`;
    this.board.redraw(this);
  }

  /** @param {Frame} frame */
  frame(frame) {
    const given = frame.arrays.confusion;
    const { colours: theme } = this;
    if (!given || !theme || !this.tables.length || given.shape[1] !== this.tables[0].cells.length) return;
    const cells = given.shape[1] * given.shape[2];
    const all = frame.arrays.confusion_of?.data;
    this.tables.forEach((one, split) => fill(one, theme, given.data.subarray(split * cells, (split + 1) * cells), { n: given.shape[1], all: all?.[split] ?? 0 }));
  }

  alt() {
    return ["Training", "Test"].map((title, i) => `${title}: ${this.tables[i].figures.textContent}`).join("; ");
  }

  destroy() {
    this.box.remove();
  }
}

/** @param {Scene} scene @param {Theme} theme @param {string} title @returns {Table} */
function table(scene, theme, title) {
  const names = Array.from({ length: scene.classes }, (_, c) => className(scene, c));
  const dots = () => names.map((_, i) => make("span", { class: "cm-dot", style: `background:${names.length > 2 ? classColour(theme, i) : [theme.negative, theme.positive][i]}` }));
  const cells = names.map(() => names.map(() => {
    const [count, share] = [make("span", { class: "cm-count" }), make("span", { class: "cm-share" })];
    return { count, share, box: make("td", {}, count, share) };
  }));
  const recalls = names.map(() => make("td", { class: "cm-recall" }));
  const [across, down] = [dots(), dots()];
  const rows = names.map((name, i) => make("tr", {}, make("th", { scope: "row", title: name }, down[i], name), ...cells[i].map(({ box }) => box), recalls[i]));
  const head = make("tr", {}, make("th", { "aria-label": "true class" }), ...names.map((name, i) => make("th", { scope: "col", title: name }, across[i], name)), make("th", { scope: "col" }, "recall"));
  const figures = make("span");
  return { element: make("table", {}, make("caption", {}, title, " ", figures), make("thead", {}, head), make("tbody", {}, ...rows)), cells, recalls, figures };
}

/** @param {Table} table @param {Theme} theme @param {Values} counts @param {{n: number, all: number}} of classes, and how many examples there are: the counts may be of a sample */
function fill({ cells, recalls, figures }, theme, counts, { n, all }) {
  let [counted, right] = [0, 0];
  for (let i = 0; i < n; i++) {
    let row = 0;
    for (let j = 0; j < n; j++) row += counts[i * n + j];
    for (let j = 0; j < n; j++) fillCell(cells[i][j], theme, { value: counts[i * n + j], row, diagonal: i === j });
    write(recalls[i], row ? percent(counts[i * n + i] / row) : "—");
    counted += row;
    right += counts[i * n + i];
  }
  const sample = counted < all ? ` in a sample of ${count(all)}` : "";
  write(figures, counted ? `${percent(right / counted)} of ${count(counted)} right${sample}` : "no examples");
}

/** @param {Cell} cell @param {Theme} theme @param {{value: number, row: number, diagonal: boolean}} of `row`: sum of its row */
function fillCell({ box, count, share }, theme, { value, row, diagonal }) {
  const part = row ? value / row : 0;
  write(count, String(Math.round(value)));
  write(share, row ? percent(part) : "—");
  const background = css(rgb(diagonal ? theme.good : theme.bad), Number((0.06 + 0.84 * part).toFixed(2)));
  if (box.style.background !== background) box.style.background = background;
  box.style.color = part > 0.55 ? (theme.dark ? "#0e1117" : "#ffffff") : theme.text;
}

/** @param {number} share */
function percent(share) {
  const text = (100 * share).toFixed(share > 0.995 && share < 1 ? 1 : 0);
  return `${text} %`;
}

export default { create: (/** @type {HTMLElement} */ root, /** @type {Board} */ board) => new Confusion(root, board) };
