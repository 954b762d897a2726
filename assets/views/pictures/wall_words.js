/**
 * What the wall says: a sentence with the numbers of this run, and what is read at a map.
 *
 * @import { Tile } from "./tiles.js"
 * @import { Seen, Wall } from "./wall.js"
 */
import { number } from "../../kit/numbers.js";
import { isMap } from "./tiles.js";
import { argmax, moved, percent } from "../../kit/stages.js";

/** What the network answers; where channels are off, what that has done. @param {Wall} v */
export function sentence(v) {
  const { answer, classes } = /** @type {Seen} */ (v.seen);
  const off = v.off();
  const { 0: taken, 1: right } = classes;
  const n = answer.length / 2;
  const p = (/** @type {number} */ row, /** @type {number} */ c) => answer[row * n + c];
  if (off.length) {
    const whole = argmax(answer.subarray(n));
    const still = v.still ? "still " : ""; // after a reset
    const which = off.length === 1 ? `${kindOf(v, off[0][0], "M", "U")} ${off[0][1] + 1} of ${v.named(off[0][0])} is ${still}off` : `${off.length} maps are ${still}off`;
    return `${which}: the probability of “${v.className(whole)}” ${moved(p(1, whole), p(0, whole))}.${taken === whole ? "" : ` The network now answers “${v.className(taken)}”.`}`;
  }
  const verdict = right < 0 ? "" : taken === right ? ", which is right" : `; right is “${v.className(right)}” (${percent(p(0, right))})`;
  const best = v.strongest();
  const most = best ? ` The framed map ${best.channel + 1} of ${v.named(best.stage)} speaks most for it: ${percent(best.share)} of all that speaks for or against it in this stage.` : "";
  return `The network answers “${v.className(taken)}” with ${percent(p(0, taken))}${verdict}.${most}`;
}

/** What a channel of a stage is called: without a place in the picture it is no map. @param {Wall} v @param {number} stage @param {string} [m] @param {string} [u] first letters */
const kindOf = (v, stage, m = "m", u = "u") => (isMap(v.stages[stage]) ? `${m}ap` : `${u}nit`);

/** @param {Wall} v @param {Tile} tile */
export function reading(v, tile) {
  const { ranges, shares, maps, answer, classes } = /** @type {Seen} */ (v.seen);
  const { cell } = v;
  const stage = v.stages[tile.stage];
  if (tile.stage === v.stages.length - 1) return `${v.className(tile.channel)}: ${percent(answer[tile.channel] ?? answer[0])}`;
  if (tile.stage === 0) return "The picture";
  const at = stage.first + tile.channel;
  const byte = cell ? maps[stage.byte + (tile.channel * stage.height + cell.row) * stage.width + cell.column] : 0;
  const field = v.field();
  return [
    `${v.named(tile.stage)}, ${kindOf(v, tile.stage)} ${tile.channel + 1}`,
    `speaks ${shares[at] < 0 ? "against" : "for"} “${v.className(classes[0])}”: ${percent(Math.abs(shares[at]))} of what speaks for or against it in this stage`,
    isMap(stage) ? `from ${number(ranges[2 * at], 3)} to ${number(ranges[2 * at + 1], 3)}` : `value ${number(ranges[2 * at + 1], 3)}`,
    ...(cell ? [`row ${cell.row + 1}, column ${cell.column + 1}: ${number(meaning(v, tile, byte), 2)}`] : []),
    ...(field ? [`sees ${field.bottom - field.top + 1} × ${field.right - field.left + 1} pixels of the picture`] : []),
    v.off().some(([s, c]) => s === tile.stage && c === tile.channel) ? "Click to switch it on." : "Click to switch it off.",
    "Shift and click: its favourite pictures.",
  ].join("\n");
}

/** What a byte of a map stands for. @param {Wall} v @param {Tile} tile @param {number} byte */
function meaning(v, { stage: number, channel }, byte) {
  const stage = v.stages[number];
  const { low, high } = v.scale.value === "network" ? v.network() : v.scale.value === "map" ? v.extent(stage.first + channel, 1) : v.extent(stage.first, stage.channels);
  const most = Math.max(Math.abs(low), Math.abs(high));
  const from = v.signed(stage) ? -most : 0;
  return from + ((most - from) * byte) / 255;
}
