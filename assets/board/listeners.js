/** Who wants to hear what of the board. */
export class Listeners {
  /** @type {Map<string, Set<(value: any) => void>>} */
  #of = new Map();

  /** @param {string} event @param {(value: any) => void} listener @returns {() => void} takes it away again */
  add(event, listener) {
    const all = this.#of.get(event) ?? new Set();
    this.#of.set(event, all.add(listener));
    return () => void all.delete(listener);
  }

  /** @param {string} event @param {unknown} value */
  tell(event, value) {
    for (const listener of this.#of.get(event) ?? []) {
      try {
        listener(value);
      } catch (error) { // the others hear it, and the frame is acknowledged, or nothing would come any more
        console.error(`On ${event}`, error);
      }
    }
  }

  clear() {
    this.#of.clear();
  }
}
