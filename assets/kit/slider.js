/** A range input on a logarithmic scale, with its caption and value; `input` acts during the drag, `change` on release. */
import { make, typing } from "./dom.js";

const STEPS = 600;
const RELEASED = ["change", "pointerup", "pointercancel", "keyup", "blur"]; // a drag that ends where it began changes nothing

/** @param {HTMLInputElement} range @param {() => void} act when a hand lets go of it */
export function onRelease(range, act) {
  for (const name of RELEASED) range.addEventListener(name, act);
}

/** A number as it is typed here or elsewhere: with a point or a comma. @param {string} text */
const typedNumber = (text) => Number.parseFloat(text.replace(",", "."));

/**
 * @param {{label: string, low: number, high: number, title?: string, shown: (v: number) => string, typed?: boolean,
 *          last?: {value: number, text: string}, input: (v: number) => void, change: (v: number) => void}} options
 *   `typed`: whether the value can be typed as well; `last`: what the far right end means instead of `high`.
 */
export function logSlider({ label, low, high, title = "", shown, typed = false, last, input, change }) {
  const range = make("input", { type: "range", min: 0, max: STEPS, step: 1, class: "range", "aria-label": label });
  const field = typed ? make("input", { type: "text", class: "value", inputmode: "decimal", "aria-label": `${label}, typed` }) : make("output", { class: "value" });
  /** @type {HTMLElement | null} */
  let limit = null;
  const box = make("label", { class: "slider", title }, make("span", { class: "name" }, label), range, field);
  let value = low;
  let held = false;
  let marked = -1;

  const share = (/** @type {number} */ v) => Math.log(Math.min(high, Math.max(low, v)) / low) / Math.log(high / low);
  const toPlace = (/** @type {number} */ v) => (last && v === last.value ? STEPS : Math.round(STEPS * share(v)));
  const toValue = (/** @type {number} */ place) => (last && place === STEPS ? last.value : Number((low * (high / low) ** (place / STEPS)).toPrecision(3)));
  const write = () => {
    const text = last && value === last.value ? last.text : shown(value);
    if (field.value !== text) field.value = text;
    range.setAttribute("aria-valuetext", text);
  };

  range.addEventListener("input", () => {
    held = true;
    value = toValue(Number(range.value));
    write();
    input(value);
  });
  onRelease(range, () => {
    held = false;
  });
  range.addEventListener("change", () => change(value));
  if (typed) {
    field.addEventListener("change", () => {
      const number = typedNumber(field.value);
      if (Number.isFinite(number)) {
        value = number;
        range.value = String(toPlace(number));
        input(value);
        change(value);
      }
      write();
    });
  }
  return {
    box,
    /** A red line across the slider at `v`, with words for it; null takes it away. @param {number | null} v @param {string} [words] */
    mark(v, words = "") {
      const at = v === null ? -1 : share(v);
      if (at === marked) return;
      marked = at;
      limit ??= box.appendChild(make("i", { class: "limit", "aria-hidden": "true" })); // over the range, whose cell it shares
      limit.hidden = at < 0;
      limit.style.marginLeft = `calc(6.5px + (100% - 16px) * ${Math.max(0, at).toFixed(4)})`; // the middle of the thumb there
      range.title = words;
    },
    /** Shows a value that came from elsewhere; leaves a slider in a hand alone, unless `always`. @param {number | null | undefined} v @param {boolean} [always] */
    show(v, always = false) {
      if (v === undefined || v === null || (!always && (held || v === value || typing(field)))) return;
      value = v;
      range.value = String(toPlace(v));
      write();
    },
  };
}
