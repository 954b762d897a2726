/**
 * What a place of a map can see of the picture, by construction: its rows and its columns, followed back through every window.
 * As nnlab/families/cnn/receptive.py; pure.
 *
 * @typedef {{taps: number, dilation: number, stride: number, before: number}} Window
 * @typedef {{top: number, left: number, bottom: number, right: number}} Field rows and columns of the smallest box, the last ones included
 */

/** The windows of a block, in order; null where it sees everything. @param {Record<string, any>} block @returns {Window[] | null} */
function windowsOf(block) {
  const plain = { dilation: 1, stride: 1 };
  if (block.kind === "conv") {
    const before = block.padding === "same" ? Math.floor((block.dilation * (block.kernel - 1)) / 2) : Number(block.padding);
    return [{ taps: block.kernel, dilation: block.dilation, stride: block.stride, before }];
  }
  if (block.kind === "pool") return [{ ...plain, taps: block.size, stride: block.stride, before: 0 }];
  if (block.kind === "residual") return [{ ...plain, taps: 3, stride: block.stride, before: 1 }, { ...plain, taps: 3, before: 1 }];
  return ["global_pool", "dense"].includes(block.kind) ? null : [];
}

/**
 * @param {Record<string, any>[]} blocks those from the picture to the map @param {number[][]} sizes height and width of the picture and of
 *   what each block makes @param {number} row @param {number} column @returns {Field | null} null where it sees nothing but padding
 */
export function fieldOf(blocks, sizes, row, column) {
  const [rows, columns] = [row, column].map((place, axis) => {
    let places = [place];
    for (let i = blocks.length - 1; i >= 0; i--) {
      const windows = windowsOf(blocks[i]);
      if (!windows) places = Array.from({ length: sizes[i][axis] }, (_, p) => p);
      else for (let w = windows.length - 1; w >= 0; w--) places = back(places, windows[w], sizes[w ? i + 1 : i][axis]); // inside a block maps are as large as at its end
    }
    return places;
  });
  if (!rows.length || !columns.length) return null;
  return { top: Math.min(...rows), left: Math.min(...columns), bottom: Math.max(...rows), right: Math.max(...columns) };
}

/** @param {number[]} places @param {Window} window @param {number} size of what it looks at */
function back(places, { taps, dilation, stride, before }, size) {
  const found = new Set();
  for (const place of places) {
    for (let k = 0; k < taps; k++) {
      const at = place * stride - before + k * dilation;
      if (at >= 0 && at < size) found.add(at);
    }
  }
  return [...found];
}
