/** Weights that were kept for a comparison: in this tab's session storage, so they outlive a reload and another experiment. */

const KEY = "nnlab.kept";
const MOST = 6;
/** Parameters beyond which a command with their weights would be longer than the server reads (64 kB, base64 of float32). */
export const LARGEST = 12_000;

/** @returns {{name: string, shape: string, step: number, loss: number, weights: string}[]} */
export function kept() {
  try {
    const found = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found : [];
  } catch {
    return [];
  }
}

/** Keeps the newest `MOST`; returns its name, or "" where the browser has no room. */
export function keep({ shape, step, loss, weights, from }) {
  const all = kept();
  const number = 1 + Math.max(0, ...all.map((one) => Number(/\d+/.exec(one.name)?.[0] ?? 0)));
  const name = `kept ${number}`;
  try {
    sessionStorage.setItem(KEY, JSON.stringify([...all, { name, shape, step, loss, from, weights: base64(weights) }].slice(-MOST)));
  } catch {
    return "";
  }
  return name;
}

export function forget() {
  sessionStorage.removeItem(KEY);
}

function base64(weights) {
  const bytes = new Uint8Array(Float32Array.from(weights).buffer); // little-endian on every machine with a browser
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}
