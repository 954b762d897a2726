/**
 * Where the tiles of the wall stand: a column of tiles a stage, from the picture on the left to the answer on the right. Pure.
 *
 * @typedef {{channels: number, height: number, width: number, kernel: number, first: number, byte: number, kernelByte: number}} Stage
 *   `first`: the number of its first channel among all; `byte`, `kernelByte`: where its maps and its kernels begin
 * @typedef {{stage: number, channel: number, x: number, y: number, w: number, h: number}} Tile
 * @typedef {{stage: number, x: number, width: number, tiles: Tile[]}} Column
 * @typedef {{columns: Column[], width: number, size: number}} Plan
 * @typedef {{size: number, room: number, last: number, answers: number, title: number}} Place what the widths of all columns follow from
 */
export const HEAD = 38; // pixels: what a stage is, and its size
export const BAR = 5; // below a tile: what it carries
const GAP = 3;
const BETWEEN = 14; // two stages
const CELL = 13; // of a unit without a place
const ANSWERS = [58, 92]; // the column of the classes, at least and at most
const TITLE = [42, 58]; // the words over a narrow column
const LARGEST = 110;
const LEAST = 12;

/** @param {ArrayLike<number>} plan rows of channels, height, width, side of the kernels @returns {Stage[]} */
export function stagesOf(plan) {
  const found = [];
  let [first, byte, kernelByte] = [0, 0, 0];
  for (let i = 0; i < plan.length; i += 4) {
    const [channels, height, width, kernel] = [plan[i], plan[i + 1], plan[i + 2], plan[i + 3]];
    found.push({ channels, height, width, kernel, first, byte, kernelByte });
    first += channels;
    byte += channels * height * width;
    kernelByte += channels * kernel * kernel;
  }
  return found;
}

/** Whether its units have a place in the picture. @param {Stage} stage */
export const isMap = (stage) => stage.height * stage.width > 1;

/**
 * The largest tiles with which all stages stand beside each other; where even the smallest are too wide, the plan is wider than the room.
 * @param {Stage[]} stages @param {number} width @param {number} height @param {(stage: number) => number[]} order channels from top to bottom, of the answer its classes,
 *   which share the one output where they are two; a stage without any is left out @param {number} [named] pixels that the names of the classes need @returns {Plan}
 */
export function plan(stages, width, height, order, named = 0) {
  const shown = stages.map((stage, i) => ({ stage, i })).filter(({ i }) => order(i).length);
  const room = height - HEAD;
  const place = { room, last: stages.length - 1, answers: Math.max(within(0.15 * width, ANSWERS), Math.min(0.2 * width, named)), title: within(0.085 * width, TITLE) };
  let size = Math.max(LEAST, Math.min(LARGEST, room - BAR));
  while (size > LEAST && across(shown, { ...place, size }) > width) size -= 1;
  const spare = Math.max(0, width - across(shown, { ...place, size })) / Math.max(1, shown.length - 1);
  let x = 0;
  const columns = shown.map(({ stage, i }) => {
    const made = column(stage, i, { ...place, x, size, order: order(i) });
    x += made.width + BETWEEN + spare;
    return made;
  });
  return { columns, width: Math.max(width, x - BETWEEN - spare), size };
}

/** @param {Stage} stage @param {number} size @param {number} room */
function grid(stage, size, room) {
  const each = isMap(stage) ? size : CELL;
  const high = isMap(stage) ? (size * stage.height) / Math.max(stage.height, stage.width) + BAR + GAP : CELL;
  const rows = Math.max(1, Math.min(stage.channels, Math.floor(room / high)));
  return { each, high, rows, columns: Math.ceil(stage.channels / rows) };
}

/** @param {{stage: Stage, i: number}[]} shown @param {Place} place */
function across(shown, place) {
  const widths = shown.map(({ stage, i }) => widthOf(stage, i, place));
  return widths.reduce((a, b) => a + b, 0) + BETWEEN * (shown.length - 1);
}

/** @param {Stage} stage @param {number} i @param {Place} place */
function widthOf(stage, i, { size, room, last, answers, title }) {
  if (i === last) return answers;
  if (i === 0) return Math.max(title, Math.min(1.6 * size, room));
  const { each, columns } = grid(stage, size, room);
  return Math.max(title, columns * (each + GAP) - GAP);
}

/** @param {number} v @param {number[]} range */
const within = (v, [low, high]) => Math.max(low, Math.min(high, v));

/** @param {Stage} stage @param {number} i @param {Place & {x: number, order: number[]}} place @returns {Column} */
function column(stage, i, { x, order, ...place }) {
  const { size, room, last } = place;
  const width = widthOf(stage, i, place);
  if (i === 0) {
    const w = Math.min(width, (room * stage.width) / stage.height);
    const h = (w * stage.height) / stage.width;
    return { stage: i, x, width, tiles: [{ stage: i, channel: 0, x, y: HEAD + (room - h) / 2, w, h }] };
  }
  if (i === last) {
    const high = Math.min(26, room / order.length);
    const top = HEAD + (room - high * order.length) / 2;
    return { stage: i, x, width, tiles: order.map((channel, k) => ({ stage: i, channel, x, y: top + k * high, w: width, h: high })) };
  }
  const { each, high, rows, columns } = grid(stage, size, room);
  const h = isMap(stage) ? high - BAR - GAP : CELL - 2;
  const w = isMap(stage) ? (size * stage.width) / Math.max(stage.height, stage.width) : CELL - 2;
  const left = x + (width - columns * (each + GAP) + GAP) / 2;
  const top = HEAD + Math.max(0, (room - rows * high) / 2);
  const tiles = order.map((channel, k) => ({ stage: i, channel, x: left + Math.floor(k / rows) * (each + GAP), y: top + (k % rows) * high, w, h }));
  return { stage: i, x, width, tiles };
}

/** The tile at a place; null where there is none. @param {Plan} plan @param {number} x @param {number} y @returns {Tile | null} */
export function under({ columns }, x, y) {
  for (const { tiles } of columns) {
    const tile = tiles.find((t) => x >= t.x && x < t.x + t.w + GAP && y >= t.y && y < t.y + t.h + BAR);
    if (tile) return tile;
  }
  return null;
}
