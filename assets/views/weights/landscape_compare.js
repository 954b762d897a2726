/**
 * The row of controls that puts another run beside the present one: kept by hand, or its twin, trained for the comparison.
 *
 * @import { Board } from "../../kit/types.d.ts"
 * @typedef {{words: string, changes: Record<string, unknown>, first?: boolean}} Twin what a twin has otherwise; `first`: those with a button
 */
import { make } from "../../kit/dom.js";
import { trained } from "../../kit/points.js";
import { snapshotsOf } from "./snapshots.js";
import { Study } from "../../kit/study.js";

const SMALL = 4; // examples in a small batch
const MOST_POINTS = 5000;
const TITLE = "Trains this network again with only this setting changed, for as many updates, and shows it beside this run";

export class Compare {
  /** @type {Twin[]} */
  twins = [];
  /** @type {Record<string, unknown>} of the twin that is trained */
  changes = {};

  /** @param {Board} board @param {(sentence: string) => void} said shows what was done, or why not */
  constructor(board, said) {
    this.board = board;
    this.said = said;
    this.snapshots = snapshotsOf(board);
    const answered = () => this.done();
    this.keeper = new Study(board, "keep", { options: () => ({}), answered, failed: said });
    this.trainer = new Study(board, "twin", { options: () => ({ changes: this.changes }), answered, failed: said });
    this.beside = make("select", { "aria-label": "Run beside this one", style: "max-width:22em", onchange: (e) => this.snapshots.choose(e.target.value) });
    this.first = make("span", { role: "group", "aria-label": "Compare with one change", style: "display:inline-flex;flex-wrap:wrap;gap:4px" });
    this.more = make("select", { "aria-label": "Other changes to compare", title: TITLE, style: "max-width:8.5em", onchange: (e) => this.train(this.twins[Number(e.target.value)]) });
    const keep = make("button", { class: "small", type: "button", title: "Keeps it on the server, whatever its size", onclick: () => this.keeper.request() }, "Keep this run");
    this.forget = make("button", { class: "small", type: "button", onclick: () => board.send("forget", null) }, "Delete kept runs");
    this.row = make("div", { class: "tools" }, make("label", {}, "Beside", this.beside), this.first, this.more, keep, this.forget, this.trainer.bar);
    this.offs = [board.on("kept", () => this.list()), board.on("beside", () => this.list()), board.on("experiment", () => this.list()), board.on("scene", () => this.list())];
    this.list();
  }

  done() {
    const { snapshots } = this;
    snapshots.chooseNewest();
    const words = snapshots.beside ? snapshots.describe(snapshots.beside) : "";
    if (words) this.said(`${words[0].toUpperCase()}${words.slice(1)} is now beside this run.`);
  }

  /** @param {Twin} twin */
  train({ changes }) {
    this.more.value = "";
    this.changes = changes;
    this.said("Training the network to compare…");
    this.trainer.request({ instead: true });
  }

  /** What there is to choose from; again with every scene. */
  list() {
    const { snapshots } = this;
    this.beside.replaceChildren(make("option", { value: "" }, "no run"), ...snapshots.all.map((one) => make("option", { value: one.name }, snapshots.describe(one))));
    this.beside.value = snapshots.beside?.name ?? "";
    this.forget.hidden = !snapshots.all.length;
    this.twins = twinsOf(this.board);
    this.first.replaceChildren(...this.twins.filter((one) => one.first).map((one) => make("button", { class: "small", type: "button", title: TITLE, onclick: () => this.train(one) }, `Compare: ${one.words}`)));
    this.more.replaceChildren(make("option", { value: "" }, "Compare…"), ...this.twins.flatMap((one, i) => (one.first ? [] : [make("option", { value: i }, one.words)])));
    this.more.hidden = !this.twins.length;
  }

  destroy() {
    for (const off of this.offs) off();
    this.keeper.destroy();
    this.trainer.destroy();
  }
}

/** What the twin of a run may have otherwise. @param {Board} board @returns {Twin[]} */
function twinsOf({ experiment, scene }) {
  if (experiment?.training?.learning_rate === undefined) return []; // several that learn each at a rate of their own
  const { model, training, seed } = experiment;
  /** @type {Twin[]} */
  const found = [];
  const n = Math.min(MOST_POINTS, scene ? trained(scene) : 0);
  if ("skip" in model) found.push({ words: model.skip ? "without skip connections" : "with skip connections", changes: { "model.skip": !model.skip }, first: model.layers?.length > 2 });
  if (training.batch_size > 2 * SMALL) found.push({ words: `in small batches of ${SMALL}`, changes: { "training.batch_size": SMALL }, first: training.batch_size >= n });
  if (n && training.batch_size < n) found.push({ words: `in full batches of ${n}`, changes: { "training.batch_size": n }, first: training.batch_size <= SMALL });
  if (!training.l2) found.push({ words: "with L2 penalty 0.01", changes: { "training.l2": 0.01 } });
  found.push({ words: "at half the learning rate", changes: { "training.learning_rate": training.learning_rate / 2 } });
  found.push({ words: "from another start", changes: { seed: seed + 1 } });
  return found;
}
