/**
 * The page's address: experiment, part and run are written into it in place. Streamlit would add an entry to the browser's
 * history for each change, and Back would lead through all of them.
 */

/** @param {Record<string, string>} said by name; what it does not say goes, but for what is not the page's @param {string[]} names of all that the page may say */
export function write(said, names = ["topic", "s", "run"]) {
  const url = new URL(location.href);
  for (const name of names) {
    if (said[name]) url.searchParams.set(name, said[name]);
    else url.searchParams.delete(name);
  }
  if (url.href !== location.href) history.replaceState(history.state, "", url);
}
