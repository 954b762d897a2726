/** Space, →, ← and R, unless the keyboard belongs to something else just now; and a picture that the mouse does not give it to. */

const TYPING = new Set(["INPUT", "TEXTAREA", "SELECT"]);

/**
 * @param {HTMLElement} root
 * @param {{toggle: () => void, forward: () => void, back: () => void, reset: () => void}} verbs
 * @returns {() => void} stops listening
 */
export function keyboard(root, verbs) {
  /** @type {Record<string, () => void>} */
  const acts = { " ": verbs.toggle, ArrowRight: verbs.forward, ArrowLeft: verbs.back, r: verbs.reset, R: verbs.reset };
  const listen = (/** @type {KeyboardEvent} */ event) => {
    const act = acts[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey || !root.isConnected || taken(event)) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // "r" alone would also make Streamlit run the script again
    if (!event.repeat || event.key.startsWith("Arrow")) act();
  };
  window.addEventListener("keydown", listen, true);
  return () => window.removeEventListener("keydown", listen, true);
}

/** A press of the mouse on `picture` leaves the keyboard to the player, as one beside it would: who was typing is done. @param {HTMLElement} picture */
export function leaveKeys(picture) {
  picture.addEventListener("mousedown", (event) => {
    event.preventDefault();
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    if (at instanceof HTMLElement && TYPING.has(at.tagName)) at.blur();
  });
}

/** @param {KeyboardEvent} event */
function taken(event) {
  const target = event.composedPath()[0];
  if (!(target instanceof HTMLElement)) return false;
  if (TYPING.has(target.tagName) || target.isContentEditable || target.closest("[role=dialog], [role=listbox], [role=slider], [role=combobox], [data-keys]")) return true;
  if (event.key === " ") return target.closest("button, a, summary, [role=button], [role=tab], [role=checkbox], [role=switch]") !== null;
  return event.key.startsWith("Arrow") && target.closest("[role=tab], [role=radio], [role=menu], [role=grid], .js-plotly-plot") !== null;
}
