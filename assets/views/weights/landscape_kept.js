/**
 * Runs that were kept on the server to compare others with, and the one of them that stands beside the present run. All views of
 * a board share both: `kept` and `beside` are events of the board.
 */

/** @typedef {{name: string, shape: string, step: number, loss: number|null, experiment: object}} Kept */
/** @type {WeakMap<object, Shelf>} */
const shelves = new WeakMap();

/** The shelf of a board; made with the first view that asks for it. */
export function shelfOf(board) {
  if (!shelves.has(board)) shelves.set(board, new Shelf(board));
  return shelves.get(board);
}

class Shelf {
  constructor(board) {
    this.board = board;
    this.chosen = "";
    board.on("kept", () => this.find() || this.choose(""));
  }

  /** @returns {Kept[]} the oldest first */
  get all() {
    return this.board.kept ?? [];
  }

  /** @returns {Kept|undefined} the one beside the present run */
  get beside() {
    return this.find();
  }

  find(name = this.chosen) {
    return this.all.find((one) => one.name === name);
  }

  choose(name) {
    if (name === this.chosen) return;
    this.chosen = name;
    this.board.emit("beside", name);
  }

  chooseNewest() {
    this.choose(this.all.at(-1)?.name ?? "");
  }

  /** Its name, step and loss, and up to three settings that it has otherwise than the present run. */
  words(one) {
    const others = differences(this.board.experiment, one.experiment);
    const what = others.length ? others.slice(0, 3).join(", ") + (others.length > 3 ? " …" : "") : "same settings";
    return `${one.name}: ${what}, step ${one.step}`;
  }
}

const UNNAMED = ["data", "model", "training"]; // parts of the experiment that say nothing beside the field itself

/** In words, where `other` is set otherwise: "batch size 4", "skip off". */
export function differences(here, other) {
  const [a, b] = [leaves(here), leaves(other)];
  return Object.keys(b).filter((path) => JSON.stringify(a[path]) !== JSON.stringify(b[path])).map((path) => `${named(path)} ${valued(b[path])}`);
}

function leaves(value, path = "") {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return { [path]: value };
  return Object.assign({}, ...Object.entries(value).map(([name, part]) => leaves(part, path ? `${path}.${name}` : name)));
}

function named(path) {
  const parts = path.split(".").filter((part) => !UNNAMED.includes(part));
  return parts.filter((part, i) => part !== "kind" || i === 0).join(" ").replaceAll("_", " ");
}

function valued(value) {
  if (typeof value === "boolean") return value ? "on" : "off";
  if (Array.isArray(value)) return value.every((layer) => layer?.units) ? value.map((layer) => layer.units).join("-") || "none" : `of ${value.length}`;
  return String(value ?? "none");
}
