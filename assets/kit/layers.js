/** What a layer of weights is called. */

/** @import { Block } from "./types.d.ts" */

/** As its page calls it, such as "Conv 2"; else "Layer 2", or "Output" for the last. @param {Block[]} blocks @param {number} b */
export const layerName = (blocks, b) => blocks[b]?.title || (b === blocks.length - 1 ? "Output" : `Layer ${b + 1}`);

/** Which number is which layer, those of one network together: "1–2 Frozen (Conv 1, Answer)"; "" where they have no titles. @param {Block[]} blocks */
export function numbered(blocks) {
  if (!blocks.every(({ title }) => title)) return "";
  /** @type {{whole: string, first: number, names: string[]}[]} */
  const groups = [];
  blocks.forEach(({ title }, b) => {
    const [own, whole = ""] = title.split(" · ").reverse();
    const last = groups[groups.length - 1];
    if (last && whole && last.whole === whole) last.names.push(own);
    else groups.push({ whole, first: b + 1, names: [own] });
  });
  return groups.map(({ whole, first, names }) => {
    const last = first + names.length - 1;
    return `${last > first ? `${first}–${last}` : first} ${whole ? `${whole} (${names.join(", ")})` : names[0]}`;
  }).join("; ");
}
