// The controls of the walk: play, step, size of a step, pace, the phases to jump to, and the loss before and after.
import { make } from "../../kit/dom.js";
import { key, showPlaying } from "../../kit/icons.js";
import { num } from "./names.js";
import { PHASES, SIZES } from "./steps.js";

const PACES = [["0.5", "½ / s"], ["1", "1 / s"], ["3", "3 / s"], ["10", "10 / s"]];
export class Bar {
  /** verbs: toggle, forward, back, reset, size(name), pace(steps a second), jump(phase). */
  constructor(root, verbs) {
    const choice = (label, options, value, act) => {
      const select = make("select", { "aria-label": label, title: label, onchange: () => act(select.value) }, ...options.map(([v, t]) => make("option", { value: v }, t)));
      select.value = value;
      return select;
    };
    this.play = key("play", { label: "Play", title: "Play (space)", act: verbs.toggle });
    this.size = choice("Size of a step", SIZES, "neuron", verbs.size);
    this.pace = choice("Steps a second", PACES, "1", (v) => verbs.pace(Number(v)));
    this.phases = PHASES.map(([name, title]) => make("button", { class: "bp-phase", type: "button", onclick: () => verbs.jump(name) }, title));
    this.count = make("b", {}, "0");
    this.loss = make("b", { class: "bp-loss" }, "—");
    this.after = make("b", { class: "bp-after" }, "");
    this.box = make("section", { class: "bp-bar", "aria-label": "Walk" },
      make("div", { class: "bp-keys" }, key("reset", { label: "Reset", title: "Back to the initial weights (R)", act: verbs.reset }),
        key("back", { label: "Step back", title: "Step back (←)", act: verbs.back }), this.play,
        key("forward", { label: "Step forward", title: "Step forward (→)", act: verbs.forward }), this.size, this.pace),
      make("nav", { class: "bp-phases", "aria-label": "Phases" }, ...this.phases),
      make("div", { class: "bp-figures" }, make("span", {}, "updates ", this.count), make("span", {}, "loss ", this.loss, this.after)));
    root.append(this.box);
  }

  playing(on) {
    showPlaying(this.play, on);
  }

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
