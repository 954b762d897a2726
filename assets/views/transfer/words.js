/**
 * The four networks in colour and words.
 *
 * @import { Theme } from "../../kit/types.d.ts"
 */
import { keyColour } from "../../kit/metrics.js";

const COLOURS = ["scratch", "tuned", "frozen", "random"];
const SOURCES = { capitals: "capital letters", small: "small letters", greek: "Greek letters", style: "styles of fonts", digits: "digits of fonts", strokes: "drawn digits", mnist: "handwritten digits", icons: "icons" };

/** A network's colour: the same in every view. @param {Theme} theme @param {string} name */
export const colourOf = (theme, name) => keyColour(theme, COLOURS.indexOf(name));

/** A source in a sentence. @param {string} name */
export const known = (name) => /** @type {Record<string, string>} */ (SOURCES)[name] ?? name;

/** What somebody may think will win. @returns {[string, string][]} */
export const answers = () => [["scratch", "From scratch"], ["tuned", "Fine-tuned"], ["frozen", "Frozen"]];

/** The network with the highest accuracy. @param {{name: string}[]} courses @param {Record<string, number | null | undefined> | null | undefined} metrics */
export function leader(courses, metrics) {
  const value = (/** @type {{name: string}} */ { name }) => metrics?.[`accuracy_${name}`] ?? -1;
  return courses.reduce((best, one) => (value(one) > value(best) ? one : best), courses[0])?.name ?? "";
}

/** Mean and standard deviation of some numbers. @param {number[]} values */
export function spread(values) {
  const mean = values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);
  const square = values.reduce((a, b) => a + (b - mean) ** 2, 0) / Math.max(1, values.length - 1);
  return { mean, sd: Math.sqrt(square) };
}
