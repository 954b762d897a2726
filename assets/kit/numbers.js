/** Numbers as texts, and the round numbers that stand along an axis. */

/** A number for the screen: four significant digits, a proper minus, "—" where there is none. @param {number | null | undefined} x @param {number} [digits] */
export function number(x, digits = 4) {
  if (x === null || x === undefined || Number.isNaN(x)) return "—";
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  const size = Math.abs(x);
  let shown;
  if (size === 0) shown = "0";
  else if (size >= 1e6 || size < Math.max(1e-4, 10 ** -digits)) shown = x.toExponential(Math.max(0, digits - 2)).replace("e+", "e");
  else shown = x.toFixed(Math.max(0, Math.min(digits, digits - 1 - Math.floor(Math.log10(size)))));
  return shown.replaceAll("-", "−");
}

/** A whole number with thin spaces between thousands. @param {number | null | undefined} n */
export const count = (n) => (n === null || n === undefined ? "—" : Math.round(n).toString().replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f"));

/** About `wanted` round numbers from `low` to `high`. @param {number} low @param {number} high @param {number} [wanted] */
export function ticks(low, high, wanted = 5) {
  const span = high - low;
  if (!(span > 0)) return [low];
  const rough = span / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const unit = rough / power;
  const step = (unit >= 7.5 ? 10 : unit >= 3.5 ? 5 : unit >= 1.5 ? 2 : 1) * power;
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) found.push(i === 0 ? 0 : +(i * step).toPrecision(12));
  return found;
}

/** The powers of ten between two positive numbers, thinned to at most `most`. @param {number} low @param {number} high @param {number} [most] */
export function decades(low, high, most = 6) {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  const stride = Math.max(1, Math.ceil((last - first + 1) / most));
  const found = [];
  for (let e = first; e <= last; e += stride) found.push(10 ** e);
  return found;
}

/** The powers of ten and, where they are few, 2 and 5 times them. @param {number} low @param {number} high @param {number} [most] */
export function logTicks(low, high, most = 6) {
  const found = [];
  for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e++) {
    for (const f of [1, 2, 5]) if (f * 10 ** e >= low * (1 - 1e-9) && f * 10 ** e <= high * (1 + 1e-9)) found.push(Number((f * 10 ** e).toPrecision(1)));
  }
  return found.length > most ? decades(low, high, most) : found;
}

/** A short text for a tick. @param {number} x */
export function tickText(x) {
  if (x === 0) return "0";
  const size = Math.abs(x);
  if (size >= 1e6) return `${+(x / 1e6).toPrecision(3)}M`.replace("-", "−");
  if (size >= 1e4) return `${+(x / 1e3).toPrecision(3)}k`.replace("-", "−");
  if (size < 1e-3) return x.toExponential(0).replaceAll("-", "−");
  return `${+x.toPrecision(6)}`.replace("-", "−");
}

/** A number as it stands in a formula: two decimals, or two digits where it is small, and a real minus sign. @param {number | null | undefined} value */
export function figure(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "—";
  const size = Math.abs(value);
  const text = size >= 1e4 ? size.toExponential(1) : size >= 100 ? size.toFixed(0) : size >= 0.0995 || size === 0 ? size.toFixed(2)
    : size >= 0.001 ? size.toPrecision(2) : size.toExponential(1);
  return (value < 0 ? "−" : "") + text.replace("e-", "e−").replace("e+", "e");
}

/** A loss or a distance: powers of ten matter, digits do not. @param {number} v */
export function short(v) {
  if (!Number.isFinite(v)) return "—";
  const text = v === 0 || (Math.abs(v) >= 1e-3 && Math.abs(v) < 1e5) ? String(Number(v.toPrecision(3))) : v.toExponential(1).replace("e+", "e");
  return text.replace(/-/g, "−");
}

const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** @param {number} n */
export const subscript = (n) => String(n).replace(/\d/g, (digit) => SUBSCRIPTS[Number(digit)]);

/** 10⁻⁴ for -4. @param {number} exponent */
export const powerOfTen = (exponent) => `10${exponent < 0 ? "⁻" : ""}${String(Math.abs(exponent)).replace(/\d/g, (digit) => SUPERSCRIPTS[Number(digit)])}`;

/** Where the number furthest from 0 stands. @param {ArrayLike<number>} values */
export function furthest(values) {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (Math.abs(values[i]) > Math.abs(values[best])) best = i;
  return best;
}
