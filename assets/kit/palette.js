/**
 * The colours of the live views, from Streamlit's `--st-*` variables: a diverging map (orange - neutral - blue, told apart
 * by every common form of colour blindness) and five class colours of Okabe & Ito 2008, each with a marker shape as second cue.
 *
 * @import { Theme } from "./types.d.ts"
 */

const LIGHT = { negative: "#f08a1c", middle: "#eef0f2", positive: "#0b76c0", good: "#1a7f4b", warn: "#b45309", bad: "#c62828", train: "#3b4252", test: "#b5179e" };
const DARK = { negative: "#ff9b3d", middle: "#20242c", positive: "#3fa4f5", good: "#5fd18f", warn: "#ffb454", bad: "#ff7b72", train: "#e6e9ef", test: "#ff79c6" };
const CLASSES = {
  light: ["#e69f00", "#0072b2", "#009e73", "#cc79a7", "#d8c71a"],
  dark: ["#f0a92b", "#2f9ae0", "#1fbf92", "#e08fbd", "#f0e442"],
};
export const MARKS = ["circle", "square", "triangle", "diamond", "plus"];

/** "#rgb", "#rrggbb" or "rgb(r g b)" -> [r, g, b] @param {string} colour */
export function rgb(colour) {
  const hex = /^#([0-9a-f]{6}|[0-9a-f]{3})/i.exec(colour.trim());
  if (hex) {
    const digits = hex[1].length === 3 ? [...hex[1]].map((d) => d + d).join("") : hex[1];
    return [0, 2, 4].map((i) => parseInt(digits.slice(i, i + 2), 16));
  }
  const parts = colour.match(/[\d.]+/g);
  return parts ? parts.slice(0, 3).map(Number) : [255, 255, 255];
}

/** @param {number[]} a @param {number[]} b @param {number} t */
export const mix = (a, b, t) => a.map((v, i) => Math.round(v + (b[i] - v) * t));
/** @param {number[]} colour */
export const packed = ([r, g, b]) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0; // ImageData is RGBA in memory, little-endian
/** @param {number[]} colour @param {number} [alpha] */
export const css = ([r, g, b], alpha = 1) => `rgb(${r} ${g} ${b} / ${alpha})`;

/** 0…255 -> negative…middle…positive; with `steps` in so many flat bands. @param {Pick<Theme, "negative"|"middle"|"positive">} theme @param {number} [steps] */
export function diverging(theme, steps = 256) {
  const [low, mid, high] = [theme.negative, theme.middle, theme.positive].map(rgb);
  const lut = new Uint32Array(256);
  for (let i = 0; i < 256; i++) {
    const level = steps < 256 ? Math.min(steps - 1, Math.floor((i * steps) / 256)) / (steps - 1) : i / 255;
    lut[i] = packed(level < 0.5 ? mix(low, mid, level * 2) : mix(mid, high, level * 2 - 1));
  }
  return lut;
}

/** Levels of sureness that each class has in a byte of a map, as in nnlab/analysis/plane/boundary.py. @param {number} classes */
export const shadesOf = (classes) => Math.floor(256 / Math.max(8, classes));

/** class * shades + sureness -> the class's colour, paler where the network is unsure. @param {Pick<Theme, "dark"|"middle"|"classes">} theme @param {{classes?: number, flat?: boolean}} [map] */
export function classMap(theme, { classes = 8, flat = false } = {}) {
  const ground = rgb(theme.middle);
  const lut = new Uint32Array(256);
  const shades = shadesOf(classes);
  for (let i = 0; i < 256; i++) {
    const sure = flat ? 0.85 : 0.12 + 0.8 * ((i % shades) / (shades - 1));
    lut[i] = packed(mix(ground, rgb(classColour(theme, Math.floor(i / shades))), sure));
  }
  return lut;
}

/** Of classes beyond the palette: its colours again, darker or lighter, so that each is its own. @param {Pick<Theme, "dark"|"classes">} theme @param {number} c */
export function classColour({ dark, classes }, c) {
  const colour = classes[c % classes.length];
  const round = Math.floor(c / classes.length);
  return round ? css(mix(rgb(colour), rgb(dark ? "#ffffff" : "#000000"), 1 - 0.65 ** round)) : colour;
}

/** Reads the page's variables at `element`. @param {Element} element @returns {Theme} */
export function themeOf(element) {
  const style = getComputedStyle(element);
  const read = (/** @type {string} */ name, /** @type {string} */ otherwise) => {
    const value = style.getPropertyValue(name).trim();
    return value && value !== "unset" ? value : otherwise;
  };
  const background = read("--st-background-color", "#ffffff");
  const [r, g, b] = rgb(background);
  const dark = 0.299 * r + 0.587 * g + 0.114 * b < 128;
  const text = read("--st-text-color", dark ? "#fafafa" : "#31333f");
  const colours = {
    dark,
    background,
    panel: read("--st-secondary-background-color", dark ? "#262730" : "#f0f2f6"),
    text,
    faint: css(mix(rgb(text), rgb(background), 0.33)),
    border: css(mix(rgb(text), rgb(background), 0.82)),
    halo: dark ? "#0b0d12" : "#ffffff",
    primary: read("--st-primary-color", "#ff4b4b"),
    font: read("--st-font", "sans-serif"),
    mono: read("--st-code-font", "monospace"),
    ...(dark ? DARK : LIGHT),
    classes: dark ? CLASSES.dark : CLASSES.light,
    marks: MARKS,
  };
  const ink = rgb(dark ? "#ffffff" : "#000000"); // points stand out from the map of the same hue
  const inked = (/** @type {string} */ colour) => css(mix(rgb(colour), ink, 0.22));
  return {
    ...colours, points: [colours.negative, colours.positive].map(inked), class_points: colours.classes.map(inked),
    lut: diverging(colours),
  };
}

/** The colour of a point: its class, or for regression its place on the diverging map. @param {Theme} theme @param {number} label @param {number} classes */
export function pointColour(theme, label, classes) {
  if (classes > 2) return label < theme.class_points.length ? theme.class_points[label] : classColour(theme, label);
  if (classes === 2) return theme.points[label > 0.5 ? 1 : 0];
  return tint(theme, label);
}

/** The colour of a number from -1 to 1 on the diverging map. @param {Theme} theme @param {number} value */
export function tint(theme, value) {
  const c = theme.lut[Math.max(0, Math.min(255, Math.round((value + 1) * 127.5)))];
  return css([c & 255, (c >> 8) & 255, (c >> 16) & 255]);
}

/** A colour between stops. @param {string[]} stops @param {number} t 0 the first, 1 the last */
export function between(stops, t) {
  const at = t * (stops.length - 1);
  const k = Math.max(0, Math.min(stops.length - 2, Math.floor(at)));
  return mix(rgb(stops[k]), rgb(stops[k + 1]), at - k);
}
