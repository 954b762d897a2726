// Which class was taken for which: a table of counts and shares for training and test data.
import { make, write } from "../../kit/dom.js";
import { css, rgb } from "../../kit/palette.js";

const STYLE = `
.cm { display: flex; flex-wrap: wrap; gap: 12px 32px; font-variant-numeric: tabular-nums; }
.cm table { border-collapse: separate; border-spacing: 4px; margin: 0; }
.cm caption { text-align: left; font-size: 15px; font-weight: 600; padding: 0 4px 6px; white-space: nowrap; }
.cm caption span { font-weight: 400; color: var(--cm-faint); }
.cm th { font-weight: 500; font-size: 13px; padding: 2px 6px; text-align: right; color: var(--cm-faint); white-space: nowrap; max-width: 11em; overflow: hidden; text-overflow: ellipsis; }
.cm thead th { text-align: center; }
.cm td { width: 74px; height: 56px; border-radius: 8px; text-align: center; padding: 2px 4px; border: 0; }
.cm .cm-count { display: block; font-size: 21px; font-weight: 600; line-height: 1.15; }
.cm .cm-share { display: block; font-size: 13px; }
.cm td.cm-recall { background: none; width: 70px; font-size: 16px; font-weight: 600; color: var(--cm-text); }
.cm .cm-dot { display: inline-block; width: 10px; height: 10px; border-radius: 50%; margin-right: 6px; }
.cm.many td { width: 62px; height: 46px; } .cm.many .cm-count { font-size: 17px; } .cm.many td.cm-recall { width: 56px; font-size: 14px; }
.cm.crowded { display: block; } .cm.crowded table { width: 100%; table-layout: fixed; border-spacing: 2px; }
.cm.crowded th { padding: 2px; } .cm.crowded td { width: auto; height: 32px; padding: 0; border-radius: 5px; } .cm.crowded .cm-count { font-size: 15px; font-weight: 500; }
.cm.crowded :is(.cm-share, .cm-dot) { display: none; } .cm.crowded td.cm-recall { font-size: 13px; }
.cm-note { font-size: 13px; color: var(--cm-faint); margin: 6px 0 0; }
`;

class Confusion {
  constructor(root, board) {
    this.board = board;
    this.box = make("div", { class: "cm" });
    this.note = make("p", { class: "cm-note" });
    root.append(make("style", {}, STYLE), this.box, this.note);
  }

  theme(theme) {
    this.colours = theme;
    for (const box of [this.box, this.note]) {
      box.style.setProperty("--cm-faint", theme.faint);
      box.style.setProperty("--cm-text", theme.text);
    }
    if (this.sceneNow) this.scene(this.sceneNow);
  }

  scene(scene) {
    this.sceneNow = scene;
    const n = scene.numbers ? 0 : scene.classes;
    this.box.classList.toggle("many", n > 3);
    this.box.classList.toggle("crowded", n > 6); // counts alone have room
    this.tables = n ? ["Training", "Test"].map((title) => this.table(title, n)) : [];
    this.box.replaceChildren(...this.tables.map((table) => table.element));
    this.note.textContent = n ? `Rows are the true class, columns the network’s answer${n > 6 ? "" : "; the share is of its row"}. Recall: how much of a class was found.`
      : "A confusion matrix counts classes; this task predicts numbers, so there is nothing to count.";
    this.board.redraw(this);
  }

  table(title, n) {
    const names = Array.from({ length: n }, (_, c) => this.sceneNow.class_names?.[c] ?? `class ${c}`);
    const figures = make("span");
    const cells = names.map(() => names.map(() => ({ count: make("span", { class: "cm-count" }), share: make("span", { class: "cm-share" }) })));
    const recalls = names.map(() => make("td", { class: "cm-recall" }));
    const rows = names.map((name, i) => make("tr", {}, make("th", { scope: "row", title: name }, this.dot(i, n), name),
      ...cells[i].map((cell) => (cell.box = make("td", {}, cell.count, cell.share))), recalls[i]));
    const head = make("tr", {}, make("th", { "aria-label": "true class" }), ...names.map((name, i) => make("th", { scope: "col", title: name }, this.dot(i, n), name)),
      make("th", { scope: "col" }, "recall"));
    const element = make("table", {}, make("caption", {}, title, " ", figures), make("thead", {}, head), make("tbody", {}, ...rows));
    return { element, cells, recalls, figures };
  }

  dot(i, n) {
    const colour = n > 2 ? this.colours.classes[i % this.colours.classes.length] : [this.colours.negative, this.colours.positive][i];
    return make("span", { class: "cm-dot", style: `background:${colour}` });
  }

  frame(frame) {
    const given = frame.arrays.confusion;
    if (!given || !this.tables.length || given.shape[1] !== this.tables[0].cells.length) return;
    const cells = given.shape[1] * given.shape[2];
    this.tables.forEach((table, split) => this.fill(table, given.data.subarray(split * cells, (split + 1) * cells), given.shape[1]));
  }

  fill(table, counts, n) {
    let all = 0, right = 0;
    for (let i = 0; i < n; i++) {
      let row = 0;
      for (let j = 0; j < n; j++) row += counts[i * n + j];
      for (let j = 0; j < n; j++) this.cell(table.cells[i][j], counts[i * n + j], row, i === j);
      write(table.recalls[i], row ? percent(counts[i * n + i] / row) : "—");
      all += row;
      right += counts[i * n + i];
    }
    write(table.figures, all ? `${percent(right / all)} of ${Math.round(all)} right` : "no examples");
  }

  cell({ box, count, share }, value, row, diagonal) {
    const part = row ? value / row : 0;
    write(count, String(Math.round(value)));
    write(share, row ? percent(part) : "—");
    const colour = diagonal ? this.colours.good : this.colours.bad;
    const background = css(rgb(colour), (0.06 + 0.84 * part).toFixed(2));
    if (box.style.background !== background) box.style.background = background;
    box.style.color = part > 0.55 && !this.colours.dark ? "#ffffff" : part > 0.55 ? "#0e1117" : this.colours.text;
  }

  alt() {
    if (!this.tables.length) return this.note.textContent;
    return ["Training", "Test"].map((title, i) => `${title}: ${this.tables[i].figures.textContent}`).join("; ");
  }

  destroy() {
    this.box.remove();
  }
}

function percent(share) {
  const text = (100 * share).toFixed(share > 0.995 && share < 1 ? 1 : 0);
  return `${text} %`;
}

export default { needs: ["confusion"], create: (root, board) => new Confusion(root, board) };
