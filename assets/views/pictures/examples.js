/**
 * What is drawn on the pad as an example: its class, the bits that travel, and which training pictures were drawn.
 *
 * @import { Board, Scene } from "../../kit/types.d.ts"
 * @typedef {[label: number, bits: string]} Drawing as the data hold it
 */
import { make } from "../../kit/dom.js";

/** Black and white, row by row, as base64url (nnlab/data/pictures/drawn.py). @param {Uint8Array} bytes @returns {string} */
export function bitsOf(bytes) {
  const packed = new Uint8Array(Math.ceil(bytes.length / 8));
  bytes.forEach((v, i) => {
    if (v > 127) packed[i >> 3] |= 128 >> (i & 7);
  });
  return btoa(String.fromCharCode(...packed)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Whether drawings can be examples of these data. @param {Scene | null} scene */
const drawable = (scene) => Array.isArray(scene?.experiment?.data.drawn);

/** Those that count: of a class that there is, each once. @param {Scene} scene @returns {Drawing[]} */
function drawings(scene) {
  /** @type {Drawing[]} */
  const all = scene.experiment?.data.drawn ?? [];
  const first = (/** @type {Drawing} */ d, /** @type {number} */ i) => all.findIndex((e) => e[0] === d[0] && e[1] === d[1]) === i;
  return all.filter((d, i) => d[0] < scene.classes && first(d, i));
}

/** The drawing that is a training picture: they stand behind all others. @param {Scene | null} scene @param {number} row @returns {Drawing | null} */
export function drawingAt(scene, row) {
  if (!scene) return null;
  const there = drawings(scene);
  return there[row - scene.counts.train + there.length] ?? null;
}

/** A button and a list of the classes: what is on the pad becomes a training picture. */
export class Adding {
  bits = ""; // of what is on the pad
  names = "";
  /** @type {Scene | null} */
  sceneNow = null;

  /** @param {Board} board */
  constructor(board) {
    this.board = board;
    this.button = make("button", { class: "small", type: "button", style: "padding:4px 7px", title: "Add the drawing to the training pictures, as an example of the class beside", disabled: true, onclick: () => this.add() }, "Add as");
    this.list = make("select", { "aria-label": "Class of the drawing", style: "padding:4px 2px;min-width:36px;flex:0 1 auto", onchange: () => this.enable() });
    this.root = make("span", { style: "display:none;gap:3px;min-width:0" }, this.button, this.list);
  }

  /** @param {boolean} shown */
  show(shown) {
    this.root.style.display = shown && drawable(this.sceneNow) ? "inline-flex" : "none";
  }

  /** Which class it is, is left to the person: there is no usual one. @param {Scene} scene */
  scene(scene) {
    this.sceneNow = scene;
    const names = Array.from({ length: scene.classes }, (_, c) => scene.class_names?.[c] ?? String(c));
    const told = JSON.stringify(names);
    if (told !== this.names) this.list.replaceChildren(make("option", { value: "", disabled: true, selected: true }, "?"), ...names.map((name, c) => make("option", { value: String(c) }, name)));
    this.names = told;
    this.enable();
  }

  /** What is drawn has changed. @param {Uint8Array | null} bytes */
  drawn(bytes) {
    this.bits = bytes ? bitsOf(bytes) : "";
    this.enable();
  }

  /** Not where it is an example of that class already. */
  enable() {
    this.button.disabled = !this.bits || this.list.value === "" || this.classes().includes(Number(this.list.value));
    this.button.style.opacity = this.button.disabled ? "0.5" : "";
  }

  /** Of what is on the pad, as an example. @returns {number[]} */
  classes() {
    const { sceneNow: scene, bits } = this;
    return scene && bits ? drawings(scene).filter((d) => d[1] === bits).map((d) => d[0]) : [];
  }

  add() {
    this.board.point({ op: "draw", label: Number(this.list.value), bits: this.bits });
    this.board.changed();
  }
}
