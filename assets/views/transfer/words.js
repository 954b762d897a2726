/**
 * The four networks in colour and words.
 *
 * @import { Facts, Measured, Theme } from "../../kit/types.d.ts"
 * @typedef {NonNullable<Facts["transfer"]>} About
 */
import { keyColour } from "../../kit/metrics.js";

const COLOURS = ["scratch", "tuned", "frozen", "random"];
const SOURCES = { capitals: "capital letters", small: "small letters", greek: "Greek letters", style: "styles of fonts", digits: "digits of fonts", strokes: "drawn digits", mnist: "handwritten digits", icons: "icons" };

/** A network's colour: the same in every view. @param {Theme} theme @param {string} name */
export const colourOf = (theme, name) => keyColour(theme, COLOURS.indexOf(name));

/** A source in a sentence. @param {string} name */
export const known = (name) => /** @type {Record<string, string>} */ (SOURCES)[name] ?? name;

/** What somebody may think will win. @returns {[string, string][]} */
export const answers = () => [["scratch", "From scratch"], ["tuned", "Fine-tuned"], ["frozen", "Frozen"], ["random", "Frozen random"]];

/** What a network is called. @param {About | undefined} about @param {string} name @returns {string} */
export const label = (about, name) => about?.courses.find((one) => one.name === name)?.label ?? name;

/** @param {number} n 0: all */
export const pictures = (n) => (n ? `${n} ${n === 1 ? "picture" : "pictures"} a class` : "all pictures");

/** One standard error of the difference of two shares, each measured on `n` pictures. @param {number} p @param {number} q @param {number} n */
export const margin = (p, q, n) => Math.sqrt((p * (1 - p) + q * (1 - q)) / Math.max(1, n));

/**
 * The network with the highest accuracy, and all that `n` test pictures do not tell from it; in order, the best first.
 * @param {About["courses"]} courses @param {Measured | null | undefined} metrics @param {number} n @returns {string[]}
 */
export function leaders(courses, metrics, n) {
  const each = courses.map(({ name }) => ({ name, value: metrics?.[`accuracy_${name}`] ?? 0 })).sort((a, b) => b.value - a.value);
  return each.filter(({ value }) => each[0].value - value <= margin(each[0].value, value, n)).map(({ name }) => name);
}

/** Mean and standard deviation of some numbers. @param {number[]} values */
export function spread(values) {
  const mean = values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);
  const square = values.reduce((a, b) => a + (b - mean) ** 2, 0) / Math.max(1, values.length - 1);
  return { mean, sd: Math.sqrt(square) };
}
