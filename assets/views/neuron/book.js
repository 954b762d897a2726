/** The perceptron's books: mistakes against their bound, what became of it, the rules side by side, the table of updates. */
import { write } from "../../kit/dom.js";
import { count, number } from "../../kit/numbers.js";
import { RULES, weightsOf } from "./rules.js";

const ROWS = 9;

export function book(root, state) {
  root.insertAdjacentHTML("beforeend", TEMPLATE);
  const at = (name) => root.querySelector(name);
  const rules = at(".rules");
  rules.innerHTML = RULES.map((r) => `<tr><td><span class="line"></span>${r.name}</td><td></td></tr>`).join("");
  at(".updates").innerHTML = `<tr><td></td><td></td><td></td><td></td></tr>`.repeat(ROWS);
  const self = { state, at, rules: [...rules.rows], updates: [...at(".updates").rows] };
  return { frame: () => frame(self), theme: () => theme(self), scene: () => frame(self), words: () => at(".verdict").textContent };
}

function theme(self) {
  self.rules.forEach((row, i) => {
    const line = row.querySelector(".line");
    line.style.borderTopColor = RULES[i].colour(self.state.theme);
    line.style.borderTopStyle = RULES[i].dash.length === 0 ? "solid" : RULES[i].dash[0] < 5 ? "dotted" : "dashed";
  });
}

function frame(self) {
  const { state, at } = self;
  const facts = state.frame?.arrays.perceptron?.data;
  if (!facts || !state.scene) return;
  const [mistakes, examples, passes, period, settled, radius, gamma, allowed, n, ratio, pocket, now] = facts;
  write(at(".mistakes"), `${count(mistakes)} ${mistakes === 1 ? "mistake" : "mistakes"}`);
  const bounded = allowed >= 0;
  write(at(".bound"), bounded ? `of at most ${count(Math.floor(allowed))} · R ${number(radius, 3)}, γ ${number(gamma, 3)}, (R/γ)² ${number(ratio, 4)}` : `of any number · R ${number(radius, 3)}, γ 0`);
  at(".bar i").style.transform = `scaleX(${bounded ? Math.min(1, mistakes / Math.max(1, Math.floor(allowed))) : 1})`;
  const verdict = at(".verdict");
  write(verdict, sentence({ mistakes, examples, passes, period, settled, bounded, n, pocket, now, fixed: state.scene.experiment.model.order !== "shuffled" }));
  verdict.classList.toggle("good", Boolean(settled));
  verdict.classList.toggle("bad", period > 0 || (!bounded && n > 0));
  const right = state.frame.arrays.perceptron_right.data;
  self.rules.forEach((row, i) => {
    write(row.cells[1], i === 4 && !bounded ? "none" : weightsOf(state, i) === null && i < 3 && mistakes > 0 ? "diverged" : `${count(right[i])} of ${count(n)} right`);
    row.style.fontWeight = i === state.lead ? "600" : "400";
  });
  table(self);
}

function sentence({ mistakes, examples, passes, period, settled, bounded, n, pocket, fixed }) {
  if (!n) return "There are no points yet. Choose Add and click in the data space.";
  if (settled) return `Converged: a whole pass over the ${count(n)} points without a mistake, after ${count(mistakes)} in all. The weights will not change any more.`;
  if (period) return `It goes in circles: the weights are bit for bit what they were ${period === 1 ? "one epoch" : `${count(period)} epochs`} ago, so it will repeat this for ever. No line separates these points; the pocket keeps the best one, ${count(pocket)} of ${count(n)} right.`;
  if (!bounded) return `No line separates these points, so the perceptron will never rest. ${fixed ? "Keep watching: its weights will come back." : "In a fixed order its weights would come back exactly."}`;
  if (!examples) return "Press play, or look at one point after the other.";
  return `Still learning: ${count(passes)} ${passes === 1 ? "epoch" : "epochs"} over. A line separates these points, so the mistakes must end.`;
}

function table(self) {
  const { arrays } = self.state.frame;
  const data = arrays.perceptron_table?.data;
  if (!data) return;
  const seen = Math.min(ROWS, arrays.perceptron.data[1], data.length / 9);
  self.updates.forEach((row, i) => {
    const from = data.length - 9 * (i + 1);
    const shown = i < seen;
    const [, x, y, t, z, moved, w1, w2, b] = data.subarray(from, from + 9);
    const texts = shown ? [`(${number(x, 2)}, ${number(y, 2)})`, t > 0 ? "+1" : "−1", number(z, 3), moved ? `${number(w1, 3)}, ${number(w2, 3)}, ${number(b, 3)}` : "right"] : ["", "", "", ""];
    texts.forEach((text, j) => write(row.cells[j], text));
    row.classList.toggle("moved", shown && Boolean(moved));
  });
}

const TEMPLATE = `
<div><div class="label">The perceptron rule has made</div><div class="big mistakes"></div><div class="bar" aria-hidden="true"><i></i></div><div class="label bound"></div></div>
<div class="verdict" role="status"></div>
<table aria-label="Points that each rule gets right"><tbody class="rules"></tbody></table>
<table aria-label="The newest updates, newest first"><thead><tr><th>Point</th><th>t</th><th>w·x + b</th><th>w, b after</th></tr></thead><tbody class="updates"></tbody></table>`;
