/** Elements of the page, made and written. */

/**
 * An element with attributes and children: what is named "on…" listens, `true` stands for an attribute without a value,
 * what is `false` or undefined is left out.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {Record<string, string | number | boolean | undefined | ((event: any) => unknown)>} [attributes] @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

/** Writes text where it differs: the same words written again would have the browser lay the page out anew. @param {Element} element @param {string} text */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * The first element that a selector names; throws where there is none.
 * @template {Element} [E=HTMLElement]
 * @param {ParentNode} root @param {string} selector @param {new () => E} [kind]
 * @returns {E}
 */
export function found(root, selector, kind = /** @type {any} */ (HTMLElement)) {
  const element = root.querySelector(selector);
  if (element instanceof kind) return element;
  throw new TypeError(`${selector} must be there as ${kind.name}; got ${element?.tagName ?? "nothing"}.`);
}

/** Whether somebody is typing in a field just now. @param {Element} field */
export function typing(field) {
  const root = field.getRootNode();
  return (root instanceof Document || root instanceof ShadowRoot) && field === root.activeElement;
}
