/** Accuracy over the number of blocks kept: fine-tuned, frozen, and from scratch as a band (Yosinski et al. 2014, figure 2). */
import { percent, titleOf } from "../../kit/stages.js";
import { Compared, rowsOf } from "./compared.js";
import { spread } from "./words.js";

/** @type {import("./compared.js").Kind} */
const KIND = {
  study: "transfer_kept",
  label: "Accuracy over the number of blocks kept.",
  axis: "kept up to this block",
  points: ({ kept_blocks: { data } }) => Array.from(data),
  texts: (points, scene) => points.map((n) => (n ? titleOf({ name: scene?.facts.transfer?.stages[n - 1] ?? "", kind: (scene?.facts.transfer?.stages[n - 1] ?? "").replace(/\d+$/, "") }) : "none")),
  lines: ({ kept_accuracy: array }) => [
    { name: "scratch", values: [rowsOf(array, 0)[0]], band: true },
    { name: "tuned", values: rowsOf(array, 0) },
    { name: "frozen", values: rowsOf(array, 1) },
  ],
  pick: (board, blocks) => {
    board.set({ "model.kept": blocks });
    board.changed();
  },
  told: ([scratch, tuned, frozen], points, updates) => {
    const best = (/** @type {number[][]} */ values) => values.map((row, i) => ({ ...spread(row), i })).reduce((a, b) => (b.mean > a.mean ? b : a));
    const say = (/** @type {{mean: number, sd: number, i: number}} */ { mean, sd, i }) => `${percent(mean)} ± ${Math.round(100 * sd)} with ${points[i]} blocks kept`;
    const none = spread(scratch.values[0]);
    return `After ${updates} updates: from scratch ${percent(none.mean)} ± ${Math.round(100 * none.sd)}; best fine-tuned ${say(best(tuned.values))}, best frozen ${say(best(frozen.values))}. Click a point to keep so many.`;
  },
};

/** @type {import("../../kit/types.d.ts").ViewModule} */
export default { create: (root, board) => new Compared(root, board, KIND) };
