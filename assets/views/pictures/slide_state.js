/**
 * What is chosen of a window that slides, and what follows from a choice: a convolution and a pooling each keep a window of their own.
 *
 * @import { Arrays, Scene } from "../../kit/types.d.ts"
 * @import { Operation, Slid } from "./slide.js"
 * @import { Chosen } from "./slide_bar.js"
 * @typedef {Pick<Chosen, "size" | "stride" | "padding" | "dilation">} Shape
 */
import { parsed, recut } from "./slide_table.js";

export const KEY = "view.slide";
/** `numbers`: of a kernel of one's own, as JSON, "" where it has a name; `lent`: the channel of the network that they are of, "" of none */
export const USUAL = { operation: "convolution", size: 3, stride: 1, padding: 1, dilation: 1, kernel: "edges_across", numbers: "", lent: "", colour: "mean" };

/** @param {string} operation */
const kindOf = (operation) => (operation === "convolution" ? "convolution" : "pooling");

/** @param {Shape} chosen @returns {Shape} */
const shapeOf = ({ size, stride, padding, dilation }) => ({ size, stride, padding, dilation });

/** As the network pools. @param {Scene | null} scene @returns {Shape} */
function pooling(scene) {
  const block = scene?.experiment.model.blocks?.find((/** @type {{kind: string}} */ b) => b.kind === "pool");
  const { size = 2, stride = 2 } = block ?? {};
  return { size: Math.min(7, size), stride: Math.min(4, stride), padding: 0, dilation: 1 };
}

export class Memory {
  /** @type {Map<number, number[]>} a kernel of one's own of each size */
  own = new Map();
  /** @type {Map<string, Shape>} the windows of a convolution and of a pooling */
  shapes = new Map();

  /** What is chosen next. @param {Chosen} before @param {Partial<Chosen>} to @param {Scene | null} scene @returns {Chosen} */
  next(before, to, scene) {
    const kind = kindOf(to.operation ?? before.operation);
    /** @type {Partial<Chosen>} */
    let window = {};
    if (kind !== kindOf(before.operation)) {
      this.shapes.set(kindOf(before.operation), shapeOf(before));
      window = this.shapes.get(kind) ?? (kind === "pooling" ? pooling(scene) : shapeOf(USUAL));
    }
    const chosen = { ...before, ...window, ...to };
    if (to.kernel) Object.assign(chosen, { numbers: "", lent: "" });
    const own = parsed(chosen.numbers);
    if (kind === "convolution" && own && own.length !== chosen.size ** 2) Object.assign(chosen, { numbers: JSON.stringify(this.own.get(chosen.size) ?? recut(own, chosen.size)), lent: "" });
    return chosen;
  }
}

/** An answer as it is drawn. @param {Arrays} a @param {Operation} operation @returns {Slid} */
export function slidOf(a, operation) {
  const data = (/** @type {string} */ name) => /** @type {any} */ (a[`slide_${name}`].data);
  const [count, rows, columns] = a.slide_outputs.shape;
  const cells = rows * columns;
  return {
    input: data("input"), from: a.slide_input.shape, maps: Array.from({ length: count }, (_, i) => data("outputs").subarray(i * cells, (i + 1) * cells)), out: [rows, columns],
    patch: data("patch"), inside: data("inside"), kernel: data("kernel"), products: data("products"), facts: data("facts"), shape: [...data("shape")], nearest: [...data("nearest")],
    at: [...data("at")], possible: count > 0, operation,
  };
}
