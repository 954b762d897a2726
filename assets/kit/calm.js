/** Numbers that change sixty times a second cannot be read: they are written eleven times a second, or as told, and the last of them always. */

const CALM_MS = 90;

export class Calm {
  last = 0;
  timer = 0;

  /** @param {number} [every_ms] */
  constructor(every_ms = CALM_MS) {
    this.every_ms = every_ms;
  }

  /** Does it now or, where that was done just before and more will come, soon. @param {boolean} playing @param {() => void} act */
  do(playing, act) {
    clearTimeout(this.timer);
    const now = () => {
      this.last = performance.now();
      act();
    };
    const wait = playing ? this.every_ms - (performance.now() - this.last) : 0;
    if (wait > 0) this.timer = setTimeout(now, wait);
    else now();
  }

  stop() {
    clearTimeout(this.timer);
  }
}
