/**
 * What a tab remembers through a reload. Where the browser allows no storage, as in the frame of another site's page, it is
 * remembered until the tab is closed or loaded anew.
 */

/** @type {Map<string, string>} */
const here = new Map();

/** @param {string} key @returns {string | null} */
export function recall(key) {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return here.get(key) ?? null;
  }
}

/** @param {string} key @param {string} value */
export function store(key, value) {
  try {
    sessionStorage.setItem(key, value);
  } catch {
    here.set(key, value);
  }
}
