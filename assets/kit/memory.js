/**
 * What a tab remembers through a reload. Where the browser allows no storage, as in the frame of another site's page, it is
 * remembered until the tab is closed or loaded anew.
 */

/** @type {Map<string, string>} */
const here = new Map();

/** @param {string} key @returns {string | null} */
export function recall(key) {
  try {
    return here.get(key) ?? sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

/** @param {string} key @param {string} value */
export function store(key, value) {
  try {
    sessionStorage.setItem(key, value);
    here.delete(key);
  } catch {
    here.set(key, value);
  }
}

/** @param {string} key */
export function forget(key) {
  here.delete(key);
  try {
    sessionStorage.removeItem(key);
  } catch {} // there is none
}
