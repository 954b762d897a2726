/**
 * The controls of the walk: play, step, size of a step, pace, the phases to jump to, and the loss before and after.
 *
 * @import { Numbers } from "./names.js"
 * @import { Size, Step } from "./steps.js"
 * @typedef {object} Verbs
 * @property {() => void} toggle
 * @property {() => void} forward
 * @property {() => void} back
 * @property {() => void} reset
 * @property {(size: Size) => void} size
 * @property {(stepsPerSecond: number) => void} pace
 * @property {(phase: string) => void} jump
 */
import { picker } from "../../kit/choices.js";
import { make } from "../../kit/dom.js";
import { key, showPlaying } from "../../kit/icons.js";
import { num } from "./names.js";
import { PHASES, SIZES } from "./steps.js";

/** @type {[string, string][]} */
const PACES = [["0.5", "½ / s"], ["1", "1 / s"], ["3", "3 / s"], ["10", "10 / s"]];

export class Bar {
  /** @param {HTMLElement} root @param {Verbs} verbs */
  constructor(root, verbs) {
    this.play = key("play", { label: "Play", title: "Play (space)", act: verbs.toggle });
    this.size = titled("Size of a step", SIZES, (size) => verbs.size(/** @type {Size} */ (size)));
    this.size.value = "neuron";
    this.pace = titled("Steps per second", PACES, (pace) => verbs.pace(Number(pace)));
    this.pace.value = "1";
    this.phases = PHASES.map(([name, title]) => make("button", { class: "bp-phase", type: "button", onclick: () => verbs.jump(name) }, title));
    this.count = make("b", {}, "0");
    this.loss = make("b", { class: "bp-loss" }, "—");
    this.after = make("b", { class: "bp-after" }, "");
    this.box = make("section", { class: "bp-bar", "aria-label": "Player" },
      make("div", { class: "bp-keys" }, key("reset", { label: "Reset", title: "Back to the initial weights (R)", act: verbs.reset }),
        key("back", { label: "Step back", title: "Step back (←)", act: verbs.back }), this.play,
        key("forward", { label: "Step forward", title: "Step forward (→)", act: verbs.forward }), this.size, this.pace),
      make("nav", { class: "bp-phases", "aria-label": "Phases" }, ...this.phases),
      make("div", { class: "bp-figures" }, make("span", {}, "updates ", this.count), make("span", {}, "loss ", this.loss, this.after)));
    root.append(this.box);
  }

  /** @param {boolean} on */
  playing(on) {
    showPlaying(this.play, on);
  }

  /** @param {Numbers} r @param {Step} step */
  show(r, step) {
    const at = PHASES.findIndex(([name]) => name === step.phase);
    this.phases.forEach((button, i) => {
      button.classList.toggle("on", i === at);
      button.classList.toggle("done", i < at);
      if (i === at) button.setAttribute("aria-current", "step");
      else button.removeAttribute("aria-current");
    });
    this.count.textContent = String(r.at[0]);
    this.loss.textContent = num(r.loss[0]);
    this.after.textContent = step.phase === "after" ? ` → ${num(r.loss_after[0])}` : "";
    this.after.classList.toggle("worse", r.loss_after[0] > r.loss[0]);
  }
}

/** @param {string} label @param {[string, string][]} choices @param {(value: string) => void} chosen */
function titled(label, choices, chosen) {
  const select = picker(label, choices, chosen);
  select.title = label;
  return select;
}
