// The row of controls that puts another run beside the present one: kept by hand, or its twin, trained for the comparison.
import { make } from "../../kit/dom.js";
import { Asker } from "./landscape_ask.js";
import { shelfOf } from "./landscape_kept.js";

const SMALL = 4; // examples in a small batch
const MOST_POINTS = 5000;
const TITLE = "The same network from the same start with this one thing otherwise is trained for as many updates, and stands beside this run then";

/** `said` shows a sentence: what was done, or why not. @returns {{row: HTMLElement, scene: () => void, destroy: () => void}} */
export function compare(board, said) {
  const shelf = shelfOf(board);
  let twins = [];
  let wanted = {};
  const done = () => {
    shelf.chooseNewest();
    if (shelf.beside) said(`${shelf.words(shelf.beside)[0].toUpperCase()}${shelf.words(shelf.beside).slice(1)} stands beside this run now.`);
  };
  const keeper = new Asker(board, "keep", { options: () => ({}), answered: done, failed: said });
  const trainer = new Asker(board, "twin", { options: () => ({ changes: wanted }), answered: done, failed: said });
  const beside = make("select", { "aria-label": "Run beside this one", style: "max-width:22em", onchange: () => shelf.choose(beside.value) });
  const train = (one) => {
    wanted = one.changes;
    said("Its twin is being trained…");
    trainer.ask({ instead: true });
  };
  const first = make("span", { role: "group", "aria-label": "Compare with the twin", style: "display:inline-flex;flex-wrap:wrap;gap:4px" });
  const more = make("select", { "aria-label": "Other twins of this run", title: TITLE, onchange: () => {
    const one = twins[Number(more.value)];
    more.value = "";
    if (one) train(one);
  } });
  const keep = make("button", { class: "small", type: "button", title: "Kept on the server, whatever its size", onclick: () => keeper.ask() }, "Keep this run");
  const forget = make("button", { class: "small", type: "button", onclick: () => board.send("forget", null) }, "Forget kept ones");
  const row = make("div", { class: "tools" }, make("label", {}, "Beside it", beside), first, more, keep, forget, trainer.bar);
  const list = () => {
    beside.replaceChildren(make("option", { value: "" }, "nothing"), ...shelf.all.map((one) => make("option", { value: one.name }, shelf.words(one))));
    beside.value = shelf.beside?.name ?? "";
    forget.hidden = !shelf.all.length;
    twins = twinsOf(board);
    first.replaceChildren(...twins.filter((one) => one.first).map((one) => make("button", { class: "small", type: "button", title: TITLE, onclick: () => train(one) }, `Compare: ${one.words}`)));
    more.replaceChildren(make("option", { value: "" }, "Other twins…"), ...twins.map((one, i) => [one, i]).filter(([one]) => !one.first).map(([one, i]) => make("option", { value: i }, one.words)));
    more.hidden = !twins.length;
  };
  const offs = ["kept", "beside", "experiment", "scene"].map((event) => board.on(event, list));
  list();
  return {
    row,
    scene: list,
    destroy() {
      for (const off of offs) off();
      keeper.destroy();
      trainer.destroy();
    },
  };
}

/** What the twin of a run may have otherwise. `first`: those with a button. @returns {{words: string, changes: object, first?: boolean}[]} */
function twinsOf(board) {
  const { model, training, seed } = board.experiment ?? {};
  if (!model || model.family === "race" || model.family === "neuron") return [];
  const found = [];
  const n = Math.min(MOST_POINTS, board.scene?.points ? trained(board.scene) : 0);
  if ("skip" in model) found.push({ words: model.skip ? "without skip connections" : "with skip connections", changes: { "model.skip": !model.skip }, first: model.layers?.length > 2 });
  if (training.batch_size > 2 * SMALL) found.push({ words: `in small batches of ${SMALL}`, changes: { "training.batch_size": SMALL }, first: training.batch_size >= n });
  if (n && training.batch_size < n) found.push({ words: `in full batches of ${n}`, changes: { "training.batch_size": n }, first: training.batch_size <= SMALL });
  if (!training.l2) found.push({ words: "with L2 penalty 0.01", changes: { "training.l2": 0.01 } });
  found.push({ words: "at half the learning rate", changes: { "training.learning_rate": training.learning_rate / 2 } });
  found.push({ words: "from another start", changes: { seed: seed + 1 } });
  return found;
}

/** Training points of a scene: rows x, y, label, is_test. */
function trained(scene) {
  const points = scene.arrays?.points;
  let n = 0;
  for (let i = 0; i < (points?.shape[0] ?? 0); i++) n += points.data[4 * i + 3] ? 0 : 1;
  return n;
}
