/** The keys of the player and of the page, unless the keyboard belongs to something else just now; and a picture that the mouse does not give it to. */

const TYPING = new Set(["INPUT", "TEXTAREA", "SELECT"]);
/** @type {Element | null} which the mouse has given the focus: who then presses the space bar means the player, not this button again */
let clicked = null;

/**
 * @param {HTMLElement} root
 * @param {{toggle: () => void, forward: () => void, back: () => void, reset: () => void, faster?: () => void, slower?: () => void}} verbs
 * @returns {() => void} stops listening
 */
export function keyboard(root, verbs) {
  /** @type {Record<string, (() => void) | undefined>} */
  const acts = { " ": verbs.toggle, ArrowRight: verbs.forward, ArrowLeft: verbs.back, r: verbs.reset, R: verbs.reset, "+": verbs.faster, "=": verbs.faster, "-": verbs.slower };
  return heard(root, (event) => (event.ctrlKey || event.metaKey ? undefined : acts[event.key]));
}

/**
 * Ctrl+Z, Ctrl+Shift+Z (and Ctrl+Y), on a Mac with the command key; P and G.
 * @param {HTMLElement} root
 * @param {{undo: () => void, redo: () => void, present: () => void, words: () => void}} verbs
 * @returns {() => void} stops listening
 */
export function pageKeys(root, verbs) {
  return heard(root, (event) => {
    const pressed = event.key.toLowerCase();
    if (!event.ctrlKey && !event.metaKey) return { p: verbs.present, g: verbs.words }[pressed];
    if (pressed === "z") return event.shiftKey ? verbs.redo : verbs.undo;
    return pressed === "y" ? verbs.redo : undefined;
  });
}

/** @param {HTMLElement} root @param {(event: KeyboardEvent) => (() => void) | undefined} verb */
function heard(root, verb) {
  const listen = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Tab") clicked = null;
    const act = verb(event);
    if (!act || event.altKey || !root.isConnected || (event.ctrlKey || event.metaKey ? typing(event) : taken(event))) return;
    event.preventDefault();
    if (event.key === " " && clicked instanceof HTMLElement) clicked.blur(); // else Firefox presses it when the key goes up
    event.stopImmediatePropagation(); // "r" alone would also make Streamlit run the script again
    if (!event.repeat || event.key.startsWith("Arrow")) act();
  };
  window.addEventListener("keydown", listen, true);
  window.addEventListener("pointerdown", point, true);
  return () => window.removeEventListener("keydown", listen, true);
}

/** @param {PointerEvent} event */
function point(event) {
  clicked = buttonOf(event);
}

/** @param {Event} event */
function buttonOf(event) {
  const target = event.composedPath()[0];
  return target instanceof Element ? target.closest("button, a, summary, [role=button], [role=tab], [role=checkbox], [role=switch]") : null;
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

/** Whether a text is being written, which has an undo of its own; a slider has none. @param {KeyboardEvent} event */
function typing(event) {
  const target = event.composedPath()[0];
  if (target instanceof HTMLInputElement) return !["range", "checkbox", "radio", "button"].includes(target.type) && !target.readOnly && target.getAttribute("role") !== "combobox";
  return target instanceof HTMLTextAreaElement || (target instanceof HTMLElement && target.isContentEditable);
}

/** @param {KeyboardEvent} event */
function taken(event) {
  const target = event.composedPath()[0];
  if (!(target instanceof HTMLElement)) return false;
  if (TYPING.has(target.tagName) || target.isContentEditable || target.closest("[role=dialog], [role=listbox], [role=slider], [role=combobox], [data-keys]")) return true;
  if (event.key === " ") return ![null, clicked].includes(buttonOf(event));
  return event.key.startsWith("Arrow") && target.closest("[role=tab], [role=radio], [role=menu], [role=grid], .js-plotly-plot") !== null;
}
