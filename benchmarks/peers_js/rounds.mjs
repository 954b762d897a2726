// What both peers share: they read the work, then train as many batches as each line of stdin asks for and answer with a line.
// Usage: node PEER.mjs FOLDER-WITH-node_modules FOLDER-WITH-THE-WORK

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const [, , modules, work] = process.argv;

/** A package out of the folder that it was installed into. */
export const load = createRequire(join(modules, "package.json"));

/** Sizes, labels and the first weights; kernels lie as (out, height, width, in), a dense layer's weights as (out, in). */
export const told = JSON.parse(readFileSync(join(work, "work.json"), "utf8"));

/** Bytes of all pictures, each (side, side). */
export const pixels = readFileSync(join(work, "pictures.bin"));

/** Trains with `step(first)`, which gives the loss of the batch that begins at picture `first`; seconds are the processor's. */
export async function rounds(parameters, step) {
  console.log(JSON.stringify({ parameters, node: process.version }));
  let at = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    const losses = [];
    const before = process.cpuUsage();
    for (let i = 0; i < Number(line); i++) {
      losses.push(await step(at));
      at = (at + told.batch) % told.labels.length;
    }
    const { user, system } = process.cpuUsage(before);
    console.log(JSON.stringify({ losses, seconds: (user + system) / 1e6 }));
  }
}
