/** Codes with numbers as sentences in the reader's language: one catalogue a language in `words/`. */
import english from "../words/en.js";
import { count, number } from "./numbers.js";

const formats = {
  count,
  short: (x) => number(x, 3),
  brief: (x) => number(x, 2),
};

/**
 * @param {{code?: string, values?: object, text?: string}|string|null|undefined} said a code with values, or a text as it is
 * @returns {string} "" for nothing
 */
export function words(said) {
  if (!said) return "";
  if (typeof said === "string") return english[said] ? english[said]({}, formats) : said;
  if (said.text !== undefined) return said.text;
  const made = english[said.code];
  return made ? made(said.values ?? {}, formats) : said.code;
}
