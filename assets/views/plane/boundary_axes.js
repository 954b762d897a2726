/** The frame of the output map: round numbers and names along both axes, and the room that they take. */
import { fitted } from "../../kit/canvas.js";
import { ticks, tickText } from "../../kit/numbers.js";

const SHORT = 24; // pixels; a longer name gets a line of its own, as "x" and "y" do not need one
const LEAST = { left: 30, right: 6, top: 6, bottom: 26 };
const LINE = 16;
const MOST_DIGITS = 64;

const nameOf = (scene, axis) => scene.axis_names?.[axis] ?? "xy"[axis];

/** The room around the map for this scene: as much as its longest number needs, and a line for each long name. */
export function gutter(ctx, scene, theme) {
  if (!scene || !theme) return LEAST;
  ctx.font = `12px ${theme.font}`;
  const digits = Math.max(...axisTicks(scene, 1).map(({ text }) => ctx.measureText(text).width), 0);
  const [across, up] = [0, 1].map((axis) => isLong(ctx, scene, axis));
  return {
    ...LEAST,
    left: Math.max(LEAST.left, Math.min(MOST_DIGITS, Math.ceil(digits) + 9)) + (up ? LINE : 0),
    bottom: LEAST.bottom + (across ? LINE : 0),
  };
}

const isLong = (ctx, scene, axis) => ctx.measureText(nameOf(scene, axis)).width > SHORT;

/** `toX`, `toY`: from the plane to pixels of `ctx`, whose map lies within `room` and is `size` wide and high. */
export function drawAxes(ctx, { scene, theme, room, size, toX, toY }) {
  ctx.strokeStyle = theme.border;
  ctx.lineWidth = 1;
  ctx.strokeRect(room.left - 0.5, room.top - 0.5, size + 1, size + 1);
  ctx.fillStyle = theme.faint;
  ctx.font = `12px ${theme.font}`;
  const long = [0, 1].map((axis) => isLong(ctx, scene, axis));
  ctx.textAlign = "center";
  ctx.textBaseline = "top";
  for (const { at, text } of axisTicks(scene, 0)) ctx.fillText(text, toX(at), room.top + size + 5);
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  for (const { at, text } of axisTicks(scene, 1)) ctx.fillText(text, room.left - 5, toY(at));
  ctx.fillStyle = theme.text;
  acrossName(ctx, fitted(ctx, nameOf(scene, 0), size), { long: long[0], room, size });
  upName(ctx, fitted(ctx, nameOf(scene, 1), size), { long: long[1], room, size });
}

function acrossName(ctx, text, { long, room, size }) {
  ctx.textBaseline = "top";
  ctx.textAlign = long ? "center" : "right";
  ctx.fillText(text, room.left + (long ? size / 2 : size), room.top + size + 5 + (long ? LINE : 0));
}

function upName(ctx, text, { long, room, size }) {
  if (!long) {
    ctx.textAlign = "left";
    ctx.textBaseline = "top";
    return ctx.fillText(text, 0, room.top - 2);
  }
  ctx.save();
  ctx.translate(8, room.top + size / 2);
  ctx.rotate(-Math.PI / 2);
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(text, 0, 0);
  ctx.restore();
}

/** Round numbers in the units of the data, at their places in the plane; those under a short axis name are left out. */
function axisTicks(scene, axis) {
  const [offset, factor] = scene.axis_scales?.[axis] ?? [0, 1];
  const { limit } = scene;
  return ticks(offset - factor * limit, offset + factor * limit, 5)
    .map((v) => ({ at: (v - offset) / factor, text: tickText(v) }))
    .filter(({ at }) => at < limit * 0.9 && at > -limit * 0.97);
}
