/** Codes with numbers as sentences in the reader's language: one catalogue a language in `words/`. */
import english from "../words/en.js";
import { count, number } from "./numbers.js";

/** @typedef {{count: typeof count, short: (x: number) => string, brief: (x: number) => string}} Formats */
/** @type {Formats} */
const formats = { count, short: (x) => number(x, 3), brief: (x) => number(x, 2) };

/**
 * @param {import("./types.d.ts").Told | string | null | undefined} told a code with values, or a text as it is
 * @returns {string} "" for nothing
 */
export function words(told) {
  if (!told) return "";
  if (typeof told === "string") return words({ code: told });
  const { code = "", values = {}, text } = told;
  return text ?? english[code]?.(values, formats) ?? code;
}
