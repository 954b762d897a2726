/**
 * Which picture all views of pictures look at: an example, or what was drawn. It is an option of each of their analyses.
 *
 * @import { Board, Sent } from "../../kit/types.d.ts"
 * @typedef {{split: "train" | "test", example: number}} Place
 */
const LOOKING = ["wall"];

/** @param {Board} board @returns {Place & {drawn: boolean}} */
export function optionsOf(board) {
  return { split: board.optionOf("wall", "split") ?? "test", example: board.optionOf("wall", "example") ?? 0, drawn: drawings.get(board) !== undefined };
}

/** @type {WeakMap<Board, Sent>} what was drawn, as long as it is looked at */
const drawings = new WeakMap();

/** @param {Board} board @param {Place} place */
export function look(board, { split, example }) {
  draw(board, null);
  for (const name of LOOKING) {
    board.choose(name, "split", split);
    board.choose(name, "example", example);
  }
}

/** @param {Board} board @param {Sent | null} drawing (H, W) bytes; null: an example again */
export function draw(board, drawing) {
  if (!drawing && !drawings.has(board)) return;
  if (drawing) drawings.set(board, drawing);
  else drawings.delete(board);
  for (const name of LOOKING) board.picture(name, "drawing", drawing);
}

/** What `board.ask` needs to speak of the same picture. @param {Board} board @returns {[options: Record<string, unknown>, arrays: Record<string, Sent>]} */
export function asked(board) {
  const drawing = drawings.get(board);
  const { split, example } = optionsOf(board);
  return [{ split, example }, drawing ? { drawing } : {}];
}

/** Which channel is looked into: the number of its stage, the picture being 0, and its own. @param {Board} board @param {{stage: number, channel: number}} unit */
export const prefer = (board, { stage, channel }) => board.choose("favourites", "unit", [stage, channel]);

/** What a person preferred last; null where nothing was. @param {Board} board @returns {{stage: number, channel: number} | null} */
export function preferred(board) {
  const unit = board.optionOf("favourites", "unit");
  return Array.isArray(unit) && unit.length === 2 && unit.every(Number.isInteger) ? { stage: unit[0], channel: unit[1] } : null;
}
