/**
 * The perceptron's books: mistakes against their bound, what became of it, the rules side by side, the table of updates.
 *
 * @import { Frame, Theme } from "../../kit/types.d.ts"
 * @import { NeuronView } from "./view.js"
 * @import { Now } from "./weights.js"
 */
import { found, write } from "../../kit/dom.js";
import { count, number } from "../../kit/numbers.js";
import { diverged, RULES } from "./rules.js";

const ROWS = 9;
const WIDTH = 9; // of a row of the array

export class Book {
  /** @param {HTMLElement} root @param {NeuronView["say"]} say the verdict */
  constructor(root, say) {
    root.insertAdjacentHTML("beforeend", TEMPLATE);
    this.root = root;
    this.say = say;
    const rules = found(root, ".rules", HTMLTableSectionElement);
    const updates = found(root, ".updates", HTMLTableSectionElement);
    rules.innerHTML = RULES.map((r) => `<tr><td><span class="line"></span>${r.name}</td><td></td></tr>`).join("");
    updates.innerHTML = `<tr><td></td><td></td><td></td><td></td></tr>`.repeat(ROWS);
    this.rules = [...rules.rows];
    this.updates = [...updates.rows];
  }

  /** @param {Theme} theme */
  theme(theme) {
    this.rules.forEach((row, i) => {
      const { colour, dash } = RULES[i];
      const line = found(row, ".line");
      line.style.borderTopColor = colour(theme);
      line.style.borderTopStyle = dash.length === 0 ? "solid" : dash[0] < 5 ? "dotted" : "dashed";
    });
  }

  /** @param {Now} now */
  write({ frame, scene, lead }) {
    const facts = frame.arrays.perceptron?.data;
    if (!facts) return;
    const [mistakes, examples, passes, period, settled, radius, gamma, allowed, n, ratio, pocket] = facts;
    write(found(this.root, ".mistakes"), `${count(mistakes)} ${mistakes === 1 ? "mistake" : "mistakes"}`);
    const bounded = allowed >= 0;
    write(found(this.root, ".bound"), bounded ? `of at most ${count(Math.floor(allowed))} · R ${number(radius, 3)}, γ ${number(gamma, 3)}, (R/γ)² ${number(ratio, 4)}` : `without a limit · R ${number(radius, 3)}, γ 0`);
    found(this.root, ".bar i").style.transform = `scaleX(${bounded ? Math.min(1, mistakes / Math.max(1, Math.floor(allowed))) : 1})`;
    const text = sentence({ mistakes, examples, passes, period, settled, bounded, n, pocket, fixed: scene.experiment.model.order !== "shuffled" });
    this.say(text, { good: Boolean(settled), bad: period > 0 || (!bounded && n > 0) });
    const right = frame.arrays.perceptron_right.data;
    this.rules.forEach((row, i) => {
      const lost = diverged(frame, i) && i < 3 && mistakes > 0;
      write(row.cells[1], i === 4 && !bounded ? "none" : lost ? "diverged" : `${count(right[i])} of ${count(n)} right`);
      row.style.fontWeight = i === lead ? "600" : "400";
    });
    this.table(frame, examples);
  }

  /** @param {Frame} frame @param {number} examples that were looked at */
  table({ arrays }, examples) {
    const data = arrays.perceptron_table?.data;
    if (!data) return;
    const seen = Math.min(ROWS, examples, data.length / WIDTH);
    this.updates.forEach((row, i) => {
      const from = data.length - WIDTH * (i + 1);
      const shown = i < seen;
      const [, x, y, t, z, moved, w1, w2, b] = data.subarray(from, from + WIDTH);
      const texts = shown ? [`(${number(x, 2)}, ${number(y, 2)})`, t > 0 ? "+1" : "−1", number(z, 3), moved ? `${number(w1, 3)}, ${number(w2, 3)}, ${number(b, 3)}` : "right"] : ["", "", "", ""];
      texts.forEach((text, j) => write(row.cells[j], text));
      row.classList.toggle("moved", shown && Boolean(moved));
    });
  }
}

/** @param {{mistakes: number, examples: number, passes: number, period: number, settled: number, bounded: boolean, n: number, pocket: number, fixed: boolean}} of */
function sentence({ mistakes, examples, passes, period, settled, bounded, n, pocket, fixed }) {
  if (!n) return "There are no points yet. Choose Add and click in the data space.";
  if (settled) return `Converged: one epoch over the ${count(n)} points without a mistake, after ${count(mistakes)} in total. The weights no longer change.`;
  if (period) return `It goes in circles: the weights are exactly those of ${period === 1 ? "one epoch" : `${count(period)} epochs`} ago, so this repeats without end. No line separates these points; the pocket keeps the best one, ${count(pocket)} of ${count(n)} right.`;
  if (!bounded) return `No line separates these points, so the perceptron never settles. ${fixed ? "Keep watching: its weights will repeat." : "In a fixed order its weights would repeat exactly."}`;
  if (!examples) return "Press play, or go through the points one by one.";
  return `Still learning after ${count(passes)} ${passes === 1 ? "epoch" : "epochs"}. A line separates these points, so the mistakes will end.`;
}

const TEMPLATE = `
<div><div class="label">The perceptron rule has made</div><div class="big mistakes"></div><div class="bar" aria-hidden="true"><i></i></div><div class="label bound"></div></div>
<div class="verdict"></div>
<table aria-label="Points that each rule gets right"><tbody class="rules"></tbody></table>
<table aria-label="The newest updates, newest first"><thead><tr><th>Point</th><th>t</th><th>w·x + b</th><th>w, b after</th></tr></thead><tbody class="updates"></tbody></table>`;
