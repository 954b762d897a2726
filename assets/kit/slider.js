/** A range input on a logarithmic scale, with its caption and value; `input` acts during the drag, `change` on release. */

const STEPS = 600;

/**
 * @param {{label: string, low: number, high: number, title?: string, shown: (v: number) => string, parse?: (t: string) => number,
 *          last?: {value: number, text: string}, input: (v: number) => void, change: (v: number) => void}} options
 *   `last`: what the far right end means instead of `high`.
 */
export function logSlider(options) {
  const { label, low, high, shown, last, input, change } = options;
  const box = document.createElement("label");
  box.className = "slider";
  box.title = options.title ?? "";
  const name = document.createElement("span");
  name.className = "name";
  name.textContent = label;
  const range = document.createElement("input");
  Object.assign(range, { type: "range", min: "0", max: String(STEPS), step: "1", className: "range" });
  range.setAttribute("aria-label", label);
  const field = document.createElement(options.parse ? "input" : "output");
  field.className = "value";
  if (options.parse) {
    field.type = "text";
    field.inputMode = "decimal";
    field.setAttribute("aria-label", `${label}, typed`);
  }
  box.append(name, range, field);
  let value = low;
  let held = false;
  let limit = null;
  let marked = -1;

  const clamped = (v) => Math.min(high, Math.max(low, v));
  const toPlace = (v) => (last && v === last.value ? STEPS : Math.round((STEPS * Math.log(clamped(v) / low)) / Math.log(high / low)));
  const toValue = (place) => (last && place === STEPS ? last.value : round(low * (high / low) ** (place / STEPS)));
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
  range.addEventListener("change", () => {
    held = false;
    change(value);
  });
  if (options.parse) {
    field.addEventListener("change", () => {
      const typed = options.parse(field.value);
      if (Number.isFinite(typed)) {
        value = typed;
        range.value = String(toPlace(typed));
        input(value);
        change(value);
      }
      write();
    });
  }
  return {
    box,
    /** A red line across the slider at `v`, with words for it; null takes it away. */
    mark(v, words = "") {
      const share = v === null ? -1 : Math.log(clamped(v) / low) / Math.log(high / low);
      if (share === marked) return;
      marked = share;
      limit ??= addLimit(box);
      limit.hidden = share < 0;
      limit.style.marginLeft = `calc(6.5px + (100% - 16px) * ${Math.max(0, share).toFixed(4)})`; // the middle of the thumb there
      range.title = words;
    },
    /** Shows a value that came from elsewhere; leaves a slider in a hand alone, unless `always`. */
    show(v, always = false) {
      if (v === undefined || v === null || (!always && (held || v === value || field === field.getRootNode().activeElement))) return;
      value = v;
      range.value = String(toPlace(v));
      write();
    },
  };
}

/** The mark lies over the range, whose cell it shares. */
function addLimit(box) {
  const limit = document.createElement("i");
  limit.className = "limit";
  limit.setAttribute("aria-hidden", "true");
  box.append(limit);
  return limit;
}

const round = (v) => Number(v.toPrecision(3));
