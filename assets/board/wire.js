/**
 * Bytes from the server -> scenes and frames; the other end of nnlab/live/messages/wire.py.
 *
 * u32 header length | JSON header padded so that the payload starts at a multiple of 4 | arrays, each padded to 4.
 * Arrays are views into the message: nothing is copied. A first byte of 0x78 means that the whole message is zlib.
 *
 * @import { Block, Answer, Arrays, Form, Frame, Scale, Scene, Sent, Target } from "../kit/types.d.ts"
 */

/** @type {Record<string, Uint8ArrayConstructor | Int32ArrayConstructor | Float32ArrayConstructor | Float64ArrayConstructor>} */
const TYPES = { u1: Uint8Array, i4: Int32Array, f4: Float32Array, f8: Float64Array };
const NAMES = new Map(Object.entries(TYPES).map(([name, type]) => [/** @type {Function} */ (type), name]));
const ZLIB = 0x78;
const FIRST = "_first"; // what is behind the name of an array of which a frame brings a slice
const text = new TextDecoder();

/** The header, with `arrays` as {name: Named}. @param {ArrayBuffer} buffer @returns {Scene | Frame | Answer} */
export function decode(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  if (length > buffer.byteLength - 4) throw new RangeError(`A message must hold its header; got ${buffer.byteLength} bytes.`);
  const header = JSON.parse(text.decode(new Uint8Array(buffer, 4, length)));
  const payload = 4 + length;
  /** @type {Arrays} */
  const arrays = {};
  for (const a of header.arrays ?? []) {
    let count = 1;
    for (const n of a.shape) count *= n;
    const at = payload + a.at;
    const Type = TYPES[a.dtype];
    const size = Type.BYTES_PER_ELEMENT;
    const data = at % size ? new Type(buffer.slice(at, at + count * size)) : new Type(buffer, at, count);
    arrays[a.name] = { data, shape: a.shape, low: a.low, high: a.high };
  }
  header.arrays = arrays;
  return header;
}

/**
 * A command with arrays as bytes, the other way round: header {command: [name, argument]}.
 * @param {string} name @param {unknown} argument @param {Record<string, Sent>} arrays
 */
export function encode(name, argument, arrays) {
  const parts = [];
  const lines = [];
  let at = 0;
  for (const [key, { data, shape }] of Object.entries(arrays)) {
    lines.push({ name: key, dtype: NAMES.get(data.constructor), shape, at });
    const bytes = new Uint8Array(/** @type {ArrayBuffer} */ (data.buffer), data.byteOffset, data.byteLength);
    const padding = -bytes.length & 3;
    parts.push(bytes, new Uint8Array(padding));
    at += bytes.length + padding;
  }
  let header = JSON.stringify({ command: [name, argument], arrays: lines });
  header += " ".repeat(-new TextEncoder().encode(header).length & 3);
  let bytes = new TextEncoder().encode(header);
  if ((bytes.length & 0xff) === ZLIB) bytes = new TextEncoder().encode(`${header}    `); // it must not look like zlib
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length, true);
  return new Blob([length, bytes, ...parts]);
}

/** @param {ArrayBuffer} buffer */
export const isCompressed = (buffer) => new Uint8Array(buffer, 0, 1)[0] === ZLIB;

/** @param {ArrayBuffer} buffer @returns {Promise<ArrayBuffer>} */
export const inflate = (buffer) => new Response(new Blob([buffer]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer();

/** Adds the shortcuts that views read to a decoded scene. @param {Scene} header */
export function asScene(header) {
  const scene = header;
  const blocks = scene.facts?.blocks ?? [];
  const firsts = [0];
  for (const b of blocks) firsts.push(firsts[firsts.length - 1] + b.fan_out);
  scene.blocks = blocks;
  scene.features = scene.facts?.features ?? [];
  scene.points = /** @type {Float32Array} */ (scene.arrays.points?.data ?? new Float32Array(0));
  scene.ids = /** @type {Int32Array} */ (scene.arrays.ids?.data ?? new Int32Array(0));
  scene.units = firsts[firsts.length - 1];
  shortcuts(scene, scene.form ?? {}, scene.answer ?? {});
  scene.unit_at = (layer, unit) => firsts[layer - 1] + unit;
  return scene;
}

/** What views of points and classes read all the time. @param {Scene} scene @param {Partial<Form>} form @param {Partial<Target>} answer */
function shortcuts(scene, form, answer) {
  const pair = (/** @type {Partial<Scale>} */ { offset = 0, factor = 1 } = {}) => [offset, factor];
  Object.assign(scene, {
    limit: form.limit,
    axis_names: form.axis_names ?? ["x", "y"],
    axis_scales: (form.axis_scales ?? []).map(pair),
    numbers: answer.kind === "number",
    classes: answer.classes,
    class_names: answer.class_names ?? [],
    target_name: answer.name,
    target_scale: pair(answer.scale),
  });
}

/** Keeps the newest of every array, so that what comes seldom is always there; puts slices of neuron maps together. */
export class Latest {
  /** @param {number} units how many maps "neurons" has in all */
  constructor(units) {
    this.units = units;
    /** @type {Arrays} */
    this.arrays = {};
    /** @type {Set<string>} */
    this.fresh = new Set();
    this.spent = true;
  }

  /** A frame was drawn: what comes next is fresh again. */
  shown() {
    this.spent = true;
  }

  /** The frame with all arrays known so far in place of its own. @param {Frame} frame */
  merge(frame) {
    if (this.spent) this.fresh.clear();
    this.spent = false;
    for (const name in frame.arrays) {
      if (name.endsWith(FIRST)) continue;
      if (name === "curve") { // rows of the curves since the frame before: each frame's own, not the newest of its kind
        frame.curve = frame.arrays.curve.data;
        continue;
      }
      if (`${name}${FIRST}` in frame.arrays) this._slice(name, frame.arrays);
      else this.arrays[name] = frame.arrays[name];
      this.fresh.add(name);
    }
    frame.arrays = this.arrays;
    frame.fresh = this.fresh;
    return frame;
  }

  /** Maps of some units, from the one that its companion names, into those of all. @param {string} name @param {Arrays} arrays */
  _slice(name, arrays) {
    const part = arrays[name];
    const [count, side] = part.shape;
    const first = arrays[`${name}${FIRST}`].data[0];
    if (this.arrays[name]?.shape[1] !== side) {
      this.arrays[name] = { data: new Uint8Array(this.units * side * side).fill(128), shape: [this.units, side, side] };
    }
    const whole = this.arrays[name];
    const head = Math.min(count, this.units - first); // a rotating slice may run over the end and go on at 0
    whole.data.set(part.data.subarray(0, head * side * side), first * side * side);
    if (head < count) whole.data.set(part.data.subarray(head * side * side), 0);
  }
}

/** Whether the weights of two networks lie in the same places. @param {Block[] | undefined} a @param {Block[]} b */
export const sameShape = (a, b) => a !== undefined && a.length === b.length && a.every((x, i) => x.fan_in === b[i].fan_in && x.fan_out === b[i].fan_out);
