/** Accuracy over the number of training pictures a class: what the source is worth, and when it is worth nothing any more. */
import { percent } from "../../kit/stages.js";
import { Compared, rowsOf } from "./compared.js";
import { spread } from "./words.js";

/** @type {import("./compared.js").Kind} */
const KIND = {
  study: "transfer_few",
  label: "Accuracy over the number of training pictures a class.",
  axis: "training pictures a class",
  points: ({ few_pictures: { data } }) => Array.from(data),
  texts: (points) => points.map(String),
  lines: ({ few_accuracy: array }) => ["scratch", "tuned", "frozen"].map((name, i) => ({ name, values: rowsOf(array, i) })),
  pick: (board, pictures) => {
    board.set({ "data.per_class": pictures });
    board.changed();
  },
  told: ([scratch, tuned, frozen], points, updates) => {
    const at = Math.floor(points.length / 2);
    const say = (/** @type {import("./compared.js").Line} */ { values }, /** @type {number} */ i) => `${percent(spread(values[i]).mean)} ± ${Math.round(100 * spread(values[i]).sd)}`;
    const last = points.length - 1;
    return `After ${updates} updates with ${points[at]} pictures a class: fine-tuned ${say(tuned, at)}, frozen ${say(frozen, at)}, from scratch ${say(scratch, at)}. With ${points[last]}: ${say(tuned, last)}, ${say(frozen, last)}, ${say(scratch, last)}. Click a point to train with so many.`;
  },
};

/** @type {import("../../kit/types.d.ts").ViewModule} */
export default { create: (root, board) => new Compared(root, board, KIND) };
