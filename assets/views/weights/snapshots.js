/**
 * Runs that this person keeps on the server to compare others with, and the one of them that stands beside the present run.
 * All views of a board share both: `kept` and `beside` are events of the board.
 *
 * @import { Board, Snapshot } from "../../kit/types.d.ts"
 */

/** @type {WeakMap<Board, Snapshots>} */
const known = new WeakMap();

/** The snapshots of a board; made with the first view that asks for them. @param {Board} board */
export function snapshotsOf(board) {
  const found = known.get(board) ?? new Snapshots(board);
  known.set(board, found);
  return found;
}

class Snapshots {
  chosen = "";

  /** @param {Board} board */
  constructor(board) {
    this.board = board;
    board.on("kept", () => this.beside || this.choose(""));
  }

  /** The oldest first. */
  get all() {
    return this.board.snapshots;
  }

  /** The one beside the present run. */
  get beside() {
    return this.all.find((one) => one.name === this.chosen);
  }

  /** @param {string} name "" for none */
  choose(name) {
    if (name === this.chosen) return;
    this.chosen = name;
    this.board.emit("beside", name);
  }

  chooseNewest() {
    this.choose(this.all.at(-1)?.name ?? "");
  }

  /** Its name, step and loss, and up to three settings that it has otherwise than the present run. @param {Snapshot} one */
  describe(one) {
    const others = differences(this.board.experiment, one.experiment);
    const what = others.length ? others.slice(0, 3).join(", ") + (others.length > 3 ? " …" : "") : "same settings";
    return `${one.name}: ${what}, step ${one.step}`;
  }
}

const UNNAMED = ["data", "model", "training"]; // parts of the experiment that say nothing beside the field itself

/** In words, where `other` is set otherwise: "batch size 4", "skip off". @param {unknown} here @param {unknown} other */
function differences(here, other) {
  const [a, b] = [leaves(here), leaves(other)];
  return Object.keys(b).filter((path) => JSON.stringify(a[path]) !== JSON.stringify(b[path])).map((path) => `${named(path)} ${valued(b[path])}`);
}

/** Values by their paths. @param {unknown} value @param {string} [path] @returns {Record<string, unknown>} */
function leaves(value, path = "") {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return { [path]: value };
  return Object.assign({}, ...Object.entries(value).map(([name, part]) => leaves(part, path ? `${path}.${name}` : name)));
}

/** @param {string} path */
function named(path) {
  const parts = path.split(".").filter((part) => !UNNAMED.includes(part));
  return parts.filter((part, i) => part !== "kind" || i === 0).join(" ").replaceAll("_", " ");
}

/** @param {unknown} value */
function valued(value) {
  if (typeof value === "boolean") return value ? "on" : "off";
  if (Array.isArray(value)) return value.every((layer) => layer?.units) ? value.map((layer) => layer.units).join("-") || "none" : `of ${value.length}`;
  return String(value ?? "none");
}
