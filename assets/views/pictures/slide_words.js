/**
 * A window that slides, in words: what a cell is, how its sum and the size come about, and why there is no output.
 *
 * @import { Slid } from "./slide.js"
 */
import { figure } from "../../kit/numbers.js";
import { plain } from "../../kit/stages.js";
import { reachOf } from "./slide_draw.js";

const MOST_TERMS = 9; // of a sum that is written out

/** One number in a sentence. @param {Slid} s */
export function cellInWords(s) {
  const [sum, torch] = s.facts;
  const place = `row ${s.at[0] + 1}, column ${s.at[1] + 1}`;
  const covered = s.inside.filter((v) => !v).length;
  const padded = covered ? ` ${covered === 1 ? "One of them is a zero" : `${covered} of them are zeros`} of the padding.` : "";
  const same = Math.abs(torch - sum) <= 1e-4 * Math.max(1, Math.abs(sum));
  const says = same ? "PyTorch gives the same" : `PyTorch gives ${plain(torch)}`;
  if (s.operation === "max") {
    const mean = s.maps[1][s.at[0] * s.out[1] + s.at[1]];
    const seen = s.patch.length - covered;
    const others = covered === 1 ? "The other place (–) is padding and does" : `The other ${covered} places (–) are padding and do`;
    const rest = covered ? `${others} not take part. The mean, which counts ${covered === 1 ? "it" : "them"} as 0, is ${plain(mean)}.` : `Their mean is ${plain(mean)}.`;
    return `This cell (${place}) is ${plain(sum)}: ${seen === 1 ? "the only number there" : `the largest of ${seen} numbers`}. ${says}. ${rest}`;
  }
  if (s.operation === "average") {
    const most = s.maps[0][s.at[0] * s.out[1] + s.at[1]];
    return `This cell (${place}) is ${plain(sum)}: the mean of ${s.patch.length} numbers. ${says}. The largest of them is ${plain(most)}.${padded}`;
  }
  let [up, down] = [0, 0];
  for (const p of s.products) [up, down] = p > 0 ? [up + p, down] : [up, down + p];
  const { digits } = adding([up, down], sum);
  const exact = (/** @type {number} */ v) => fixed(v, up && down ? digits : Math.abs(v) < 0.1 && v ? 4 : 3);
  const parts = up && down ? `products above 0 give ${exact(up)}, those below 0 give ${exact(down)}` : `the sum of ${s.products.length} products, none of them ${up ? "below" : down ? "above" : "other than"} 0`;
  return `This cell (${place}) is ${exact(sum)}: ${parts}. ${says}.${covered ? ` ${covered} of the ${s.patch.length} pixels are zeros of the padding.` : ""}`;
}

/** The sum written out, without what is 0. @param {Slid} s */
export function sumInWords(s) {
  if (s.operation === "max") {
    const seen = [...s.patch].filter((_, i) => s.inside[i]);
    if (seen.length > MOST_TERMS) seen.sort((x, y) => y - x); // the one that wins is among those that are read
    return `max(${listed(seen)}) = ${figure(s.facts[0])}`;
  }
  if (s.operation === "average") {
    const told = [...s.patch].filter((v) => v !== 0);
    const { digits, same } = adding(told, s.facts[0], s.patch.length);
    return `(${listed(told, " + ", (v) => fixed(v, digits))}) / ${s.patch.length} ${same ? "=" : "≈"} ${fixed(s.facts[0], digits)}${zeros(s.patch.length - told.length, "number")}`;
  }
  const told = [...s.products].filter((v) => v !== 0);
  if (told.length > MOST_TERMS) told.sort((a, b) => Math.abs(b) - Math.abs(a));
  const { digits, same } = adding(told, s.facts[0]);
  const text = told.slice(0, MOST_TERMS).map((v, i) => `${v < 0 ? (i ? " − " : "−") : i ? " + " : ""}${fixed(Math.abs(v), digits)}`).join("");
  const more = told.length > MOST_TERMS ? ` and ${told.length - MOST_TERMS} more` : "";
  return `${text || "0"}${more} ${same ? "=" : "≈"} ${fixed(s.facts[0], digits)}${zeros(s.products.length - told.length, "product")}`;
}

/** How many digits behind the point terms need, so that those that are read give what is read as their sum; and whether they do. @param {number[]} terms @param {number} sum @param {number} [by] what it is divided by */
function adding(terms, sum, by = 1) {
  for (let digits = 3; digits <= 5; digits++) {
    const read = terms.reduce((all, v) => all + Number(v.toFixed(digits)), 0) / by;
    if (terms.length > MOST_TERMS || Number(read.toFixed(digits)) === Number(sum.toFixed(digits))) return { digits, same: true };
  }
  return { digits: 3, same: false };
}

/** @param {number} v @param {number} digits */
const fixed = (v, digits) => (v ? v.toFixed(digits).replace("-", "−") : "0");

/** @param {number[]} values @param {string} [between] @param {(v: number) => string} [said] */
function listed(values, between = ", ", said = figure) {
  const text = values.slice(0, MOST_TERMS).map(said).join(between);
  return (text || "0") + (values.length > MOST_TERMS ? `${between}${values.length - MOST_TERMS} more` : "");
}

/** @param {number} n @param {string} name */
const zeros = (n, name) => (n ? `   (${n} ${name}${n > 1 ? "s are" : " is"} 0)` : "");

/** The size of the output as arithmetic. @param {Slid} s */
export function sizeInWords(s) {
  const [size, stride, padding, dilation] = s.shape;
  const one = (/** @type {number} */ side) => {
    const room = side + 2 * padding - dilation * (size - 1) - 1;
    const whole = Math.floor(room / stride) + 1;
    const exact = room % stride === 0 ? `${whole}` : `${+(room / stride + 1).toFixed(2)}, rounded down ${whole}`;
    return `(${side} + 2·${padding} − ${dilation}·(${size} − 1) − 1) / ${stride} + 1 = ${exact}`;
  };
  const [height, width] = s.from;
  const [rows, columns] = s.from.map((side) => (side + 2 * padding - reachOf(s.shape)) % stride);
  const left = rows || columns ? ` The window never reaches the last ${rows === columns ? (rows === 1 ? "row and column" : `${rows} rows and columns`) : `${rows} rows and ${columns} columns`}${padding ? " of the padded picture" : ""}.` : "";
  return `${height === width ? `Height and width: ${one(height)}` : `Height: ${one(height)}. Width: ${one(width)}`}.${left}`;
}

/** Why there is no output. @param {Slid} s */
export function whyNot({ shape, from, operation }) {
  const [size, , padding, dilation] = shape;
  const what = operation === "convolution" ? "kernel" : "window";
  if (operation !== "convolution" && padding > Math.floor(size / 2)) return `No output: PyTorch pads a pooling by at most half of its size, rounded down. Here that is ${Math.floor(size / 2)}, and the padding is ${padding}.`;
  const reach = reachOf(shape);
  const spans = dilation > 1 ? `spans ${dilation}·(${size} − 1) + 1 = ${reach} pixels` : `spans ${reach} pixels`;
  return `No output: the ${what} ${spans}, and the picture has only ${Math.min(...from)}${padding ? ` + 2·${padding} = ${Math.min(...from) + 2 * padding} with its padding` : ""}.`;
}

/** What the nearest possible window changes. @param {Slid} s */
export function mending({ shape, nearest }) {
  const names = ["size", "stride", "padding", "dilation"];
  return `Take ${names.flatMap((name, i) => (shape[i] === nearest[i] ? [] : [`${name} ${nearest[i]}`])).join(" and ")}`;
}
