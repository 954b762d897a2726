/** Elements of the page, made and written. */

/**
 * An element with attributes and children: what is named "on…" listens, `true` stands for an attribute without a value,
 * what is `false` or undefined is left out.
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** Writes text where it differs: the same words written again would have the browser lay the page out anew. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
