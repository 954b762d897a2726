/**
 * The metrics of a run in groups that are measured alike: training beside test.
 *
 * @import { Metric, Theme } from "./types.d.ts"
 * @typedef {{kind: string, title: string, unit: string, falls: boolean, lines: Metric[]}} Kind
 */

/** @type {Record<string, string>} */
const NAMES = { train: "Training", test: "Test", "": "" };

/** A metric's name beside others of its kind. @param {Metric} metric */
export const nameOf = ({ split, label, key }) => (!key && NAMES[split]) || label;

/** What is measured alike, of training and test examples; in the order in which the run declares it. @param {Metric[]} metrics @returns {Kind[]} */
export function kindsOf(metrics) {
  /** @type {Map<string, Metric[]>} */
  const kinds = new Map();
  for (const m of metrics) kinds.set(m.kind, [...(kinds.get(m.kind) ?? []), m]);
  return [...kinds].map(([kind, lines]) => {
    const title = lines[0].split && !lines[0].key ? lines[0].label.replace(/^\S+ /, "") : kind;
    return { kind, lines, unit: lines[0].unit, falls: lines[0].better !== "higher", title: title[0].toUpperCase() + title.slice(1) };
  });
}

const KEYS = [1, 2, 0, 3, 4]; // of the colours of classes

/** The colour of what is measured alike with others and told apart by a key: by its place among them, the last of four in grey. @param {Theme} theme @param {number} i */
export const keyColour = (theme, i) => (i === 3 ? theme.faint : theme.class_points[KEYS[i % KEYS.length]]);
