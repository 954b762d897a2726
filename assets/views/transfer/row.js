/**
 * One network as a row: its name, its blocks, and how much it reads. Nothing is printed over anything else: what has no room is left out.
 *
 * @import { Theme } from "../../kit/types.d.ts"
 * @typedef {{x: number, y: number, width: number, height: number}} Place
 * @typedef {CanvasRenderingContext2D} Context
 */
import { fitted } from "../../kit/canvas.js";
import { css, rgb } from "../../kit/palette.js";
import { percent, titleOf } from "../../kit/stages.js";

const LINES = 38; // pixels of a row: below it there is one line of text
const MOVED = 1; // a layer that has changed by as much as it is large fills its bar

/** @param {Context} ctx @param {Theme} theme @param {{title: string, under: string, colour: string}} what @param {Place} place */
export function drawName(ctx, theme, { title, under, colour }, { x, y, width, height }) {
  const two = under && height >= LINES;
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  ctx.fillStyle = colour;
  ctx.font = `600 ${sized(15, height)}px ${theme.font}`;
  ctx.fillText(fitted(ctx, title, width), x, y + height / 2 - (two ? 8 : 0));
  if (!two) return;
  ctx.font = `14px ${theme.font}`;
  ctx.fillStyle = theme.faint;
  ctx.fillText(fitted(ctx, under, width), x, y + height / 2 + 9);
}

/**
 * A block: its colour says where its weights are from, a thick frame that they stay, a bar how much they have changed (`gone`; null: there is none).
 * @param {Context} ctx @param {Theme} theme @param {{stage: {name: string, kind: string}, copied: boolean, still: boolean, weighted: boolean, gone: number | null, colour: string}} what @param {Place} place
 */
export function drawBlock(ctx, theme, { stage, copied, still, weighted, gone, colour }, { x, y, width, height }) {
  ctx.fillStyle = copied ? css(rgb(theme.positive), weighted ? 0.22 : 0.1) : theme.panel;
  ctx.fillRect(x, y, width, height);
  ctx.lineWidth = still ? 2.5 : 1;
  ctx.strokeStyle = copied ? theme.positive : theme.border;
  ctx.setLineDash(copied || still ? [] : [4, 3]);
  ctx.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
  ctx.setLineDash([]);
  const two = height >= LINES;
  const bar = gone !== null && height >= 24;
  ctx.textBaseline = "middle";
  ctx.textAlign = "center";
  ctx.fillStyle = weighted ? theme.text : theme.faint;
  ctx.font = `${sized(14, height)}px ${theme.font}`;
  const title = titleOf(stage);
  const short = title.replace(/^(.)\D*(\d*)$/, "$1$2"); // where a block is narrow
  const text = [title, short, title[0]].find((one, i) => ctx.measureText(one).width <= width - (i ? 2 : 4));
  if (text) ctx.fillText(text, x + width / 2, y + (two ? height * 0.36 : height / 2 - (bar ? 3 : 0)));
  if (still && two && width >= 36) {
    ctx.font = `14px ${theme.font}`;
    ctx.fillStyle = theme.faint;
    ctx.fillText("still", x + width / 2, y + height * 0.74);
  }
  if (gone === null || !bar) return;
  const [left, top, long, high] = [x + 5, two ? y + height * 0.68 : y + height - 7, width - 10, two ? 6 : 4];
  ctx.fillStyle = theme.border;
  ctx.fillRect(left, top, long, high);
  ctx.fillStyle = colour;
  ctx.fillRect(left, top, long * Math.min(1, gone / MOVED), high);
}

/** How much it reads: a number above a bar, or beside it. @param {Context} ctx @param {Theme} theme @param {{value: number | null, share: number, note: string, colour: string}} what @param {Place} place */
export function drawAnswer(ctx, theme, { value, share, note, colour }, { x, y, width, height }) {
  const two = height >= LINES;
  const middle = y + height / 2;
  const left = two ? x : x + Math.min(50, width / 2);
  const [top, long] = [two ? middle + 8 : middle - 4, x + width - left];
  ctx.fillStyle = theme.border;
  ctx.fillRect(left, top, long, 8);
  ctx.fillStyle = colour;
  ctx.fillRect(left, top, long * share, 8);
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  ctx.fillStyle = theme.text;
  ctx.font = `600 ${sized(two ? 18 : 15, height)}px ${theme.font}`;
  ctx.fillText(value === null ? "–" : percent(value), x, two ? middle - 6 : middle);
  if (!two || width <= 100) return;
  ctx.font = `14px ${theme.font}`;
  ctx.fillStyle = theme.faint;
  ctx.textAlign = "right";
  ctx.fillText(note, x + width, middle - 6);
}

/** The line between what is kept and what is new, with its handle. @param {Context} ctx @param {Theme} theme @param {number} x @param {Place} place */
export function drawHandle(ctx, theme, x, { y, height }) {
  ctx.strokeStyle = theme.text;
  ctx.lineWidth = 2;
  ctx.setLineDash([5, 4]);
  ctx.beginPath();
  ctx.moveTo(x, y);
  ctx.lineTo(x, y + height - 4);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.fillStyle = theme.text;
  ctx.beginPath();
  ctx.roundRect(x - 5, y + height / 2 - 14, 10, 28, 5);
  ctx.fill();
}

/** A size of letters that a row so high has room for. @param {number} wanted @param {number} height */
const sized = (wanted, height) => Math.max(8, Math.min(wanted, Math.floor(height - 4)));
