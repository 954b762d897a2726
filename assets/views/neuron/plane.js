/** The plane of the data with its points to drag, add and remove; a view draws under and over them and may grab lines first. */
import { mark } from "../../kit/canvas.js";
import { number, ticks, tickText } from "../../kit/numbers.js";
import { pointColour } from "../../kit/palette.js";
import { editing } from "../../kit/point_editing.js";

const GUTTER = { left: 30, right: 6, top: 6, bottom: 24 };

/**
 * @param {HTMLElement} root
 * @param {{under?: (v) => void, above?: (v) => void, grab?: (v) => void, reading?: (v, index) => string, hovered?: (index) => void, keys: string}} parts
 */
export function plane(root, board, { under, above, grab, reading, hovered }) {
  root.classList.add("view-boundary");
  root.innerHTML = `<div class="tools"><span class="modes" role="group" aria-label="Edit the points" style="margin:0"></span></div><div class="plot"></div>`;
  const over = board.canvas(root.querySelector(".plot"), { height: (width) => width - GUTTER.left - GUTTER.right + GUTTER.top + GUTTER.bottom });
  const view = { root, board, over, scene: null, theme: null, hover: null, held: null, size: 0 };
  view.x = (x) => GUTTER.left + ((x + view.scene.limit) / (2 * view.scene.limit)) * view.size;
  view.y = (y) => GUTTER.top + ((view.scene.limit - y) / (2 * view.scene.limit)) * view.size;
  view.toPlane = (event) => toPlane(view, event);
  view.nearest = (at) => nearest(view, at);
  view.drawPoints = () => draw(view, under, above);
  grab?.(view);
  editing(view);
  over.canvas.addEventListener("pointermove", (event) => {
    if (!view.scene || view.held || view.dragging) return;
    const at = view.toPlane(event);
    const index = at.inside ? nearest(view, at) : -1;
    if (index !== (view.hover?.index ?? -1)) {
      view.hover = index >= 0 ? { index } : null;
      hovered?.(index);
      view.drawPoints();
    }
    board.tip(at.inside ? event.clientX : null, event.clientY, at.inside ? words(view, at, index, reading) : "");
  });
  over.canvas.addEventListener("pointerleave", () => {
    view.hover = null;
    hovered?.(-1);
    board.tip(null);
    view.drawPoints();
  });
  return Object.assign(view, {
    onScene(scene) {
      view.scene = scene;
      const held = view.held;
      if (held) {
        held.index = scene.ids.indexOf(held.id); // the server's news is a little older than the hand
        if (held.moved && held.index >= 0) scene.points.set([held.x, held.y], 4 * held.index);
      }
      view.choices();
    },
    onTheme(theme) {
      view.theme = theme;
      view.choices();
    },
  });
}

function toPlane(view, event) {
  const box = view.over.canvas.getBoundingClientRect();
  const { limit } = view.scene;
  const [px, py] = [event.clientX - box.left, event.clientY - box.top];
  const x = ((px - GUTTER.left) / view.size) * 2 * limit - limit;
  const y = limit - ((py - GUTTER.top) / view.size) * 2 * limit;
  return { x, y, px, py, inside: Math.abs(x) <= limit && Math.abs(y) <= limit };
}

function nearest(view, { px, py }) {
  const { points } = view.scene;
  let [best, found] = [13, -1];
  for (let i = 0; i < points.length / 4; i++) {
    const d = Math.hypot(view.x(points[4 * i]) - px, view.y(points[4 * i + 1]) - py);
    if (d < best) [best, found] = [d, i];
  }
  return found;
}

function words(view, at, index, reading) {
  if (index < 0) return `x ${number(at.x, 3)}, y ${number(at.y, 3)}`;
  const [x, y] = view.scene.points.subarray(4 * index, 4 * index + 2);
  return `Point ${index + 1}: x ${number(x, 3)}, y ${number(y, 3)}\n${reading?.(view, index) ?? ""}`.trim();
}

function draw(view, under, above) {
  const { over, scene, theme } = view;
  if (!scene || !theme || !over.width) return;
  const { ctx } = over;
  view.size = over.width - GUTTER.left - GUTTER.right;
  ctx.clearRect(0, 0, over.width, over.height);
  axes(view);
  ctx.save();
  ctx.beginPath();
  ctx.rect(GUTTER.left, GUTTER.top, view.size, view.size);
  ctx.clip();
  under?.(view);
  const n = scene.points.length / 4;
  const r = n > 300 ? 3.2 : n > 80 ? 4.2 : 5.5;
  for (let i = 0; i < n; i++) point(view, i, r);
  above?.(view, r);
  const at = view.held ?? view.hover;
  if (at && at.index >= 0 && at.index < n) ring(view, at.index, r + 4, theme.text);
  ctx.restore();
}

function point(view, i, r) {
  const { scene, theme } = view;
  const { ctx } = view.over;
  const [x, y, label, test] = scene.points.subarray(4 * i, 4 * i + 4);
  const colour = scene.classes > 1 ? pointColour(theme, label, scene.classes) : theme.train;
  mark(ctx, scene.classes > 1 ? theme.marks[label % theme.marks.length] : "circle", view.x(x), view.y(y), r);
  ctx.fillStyle = test ? theme.background : colour;
  ctx.fill();
  ctx.lineWidth = test ? 2 : 1;
  ctx.strokeStyle = test ? colour : theme.halo;
  ctx.stroke();
}

/** A ring around point `i`. */
export function ring(view, i, r, colour, width = 2) {
  const { ctx } = view.over;
  ctx.beginPath();
  ctx.arc(view.x(view.scene.points[4 * i]), view.y(view.scene.points[4 * i + 1]), r, 0, 2 * Math.PI);
  ctx.lineWidth = width;
  ctx.strokeStyle = colour;
  ctx.stroke();
}

function axes(view) {
  const { scene, theme, over, size } = view;
  const { ctx } = over;
  const { limit } = scene;
  ctx.lineWidth = 1;
  ctx.strokeStyle = theme.border;
  ctx.strokeRect(GUTTER.left - 0.5, GUTTER.top - 0.5, size + 1, size + 1);
  ctx.beginPath();
  for (const [a, b, c, d] of [[-limit, 0, limit, 0], [0, -limit, 0, limit]]) {
    ctx.moveTo(view.x(a), view.y(b));
    ctx.lineTo(view.x(c), view.y(d));
  }
  ctx.stroke();
  ctx.fillStyle = theme.faint;
  ctx.font = `12px ${theme.font}`;
  ctx.textBaseline = "top";
  ctx.textAlign = "center";
  const marks = ticks(-limit, limit, 5).filter((v) => Math.abs(v) < limit * 0.9);
  for (const v of marks) ctx.fillText(tickText(v), view.x(v), GUTTER.top + size + 5);
  ctx.textBaseline = "middle";
  ctx.textAlign = "right";
  for (const v of marks) ctx.fillText(tickText(v), GUTTER.left - 5, view.y(v));
  ctx.fillStyle = theme.text;
  ctx.textBaseline = "top";
  ctx.fillText(scene.axis_names?.[0] ?? "x", GUTTER.left + size, GUTTER.top + size + 5);
  ctx.textAlign = "left";
  ctx.fillText(scene.axis_names?.[1] ?? "y", 4, GUTTER.top);
}
