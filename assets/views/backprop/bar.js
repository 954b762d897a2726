// The controls of the walk: play, step, size of a step, pace, the phases to jump to, and the loss before and after.
import { num } from "./names.js";
import { PHASES, SIZES } from "./steps.js";
import { make } from "../network/style.js";

const PACES = [["0.5", "½ / s"], ["1", "1 / s"], ["3", "3 / s"], ["10", "10 / s"]];
const ICONS = {
  play: "M7 4.5v15l12.5-7.5z", pause: "M6.5 4.5h4v15h-4zM13.5 4.5h4v15h-4z", forward: "M5 5v14l9.5-7zM16 5h3v14h-3z", back: "M19 5v14L9.5 12zM5 5h3v14H5z",
  reset: "M12 4.5a7.5 7.5 0 1 0 7.3 9.2l-2.4-.6A5 5 0 1 1 12 7c1.4 0 2.6.5 3.5 1.4L13 11h7V4l-2.7 2.7A7.5 7.5 0 0 0 12 4.5z",
};
const icon = (name) => `<svg viewBox="0 0 24 24" aria-hidden="true" class="icon-${name}"><path fill-rule="evenodd" d="${ICONS[name]}"/></svg>`;

export class Bar {
  /** verbs: toggle, forward, back, reset, size(name), pace(steps a second), jump(phase). */
  constructor(root, verbs) {
    const key = (name, label, title, act) => {
      const button = make("button", { class: `key ${name}`, type: "button", "aria-label": label, title, onclick: act });
      button.innerHTML = name === "play" ? icon("play") + icon("pause") : icon(name);
      return button;
    };
    const choice = (label, options, value, act) => {
      const select = make("select", { "aria-label": label, title: label, onchange: () => act(select.value) }, ...options.map(([v, t]) => make("option", { value: v }, t)));
      select.value = value;
      return select;
    };
    this.play = key("play", "Play", "Play (space)", verbs.toggle);
    this.size = choice("Size of a step", SIZES, "neuron", verbs.size);
    this.pace = choice("Steps a second", PACES, "1", (v) => verbs.pace(Number(v)));
    this.phases = PHASES.map(([name, title]) => make("button", { class: "bp-phase", type: "button", onclick: () => verbs.jump(name) }, title));
    this.count = make("b", {}, "0");
    this.loss = make("b", { class: "bp-loss" }, "—");
    this.after = make("b", { class: "bp-after" }, "");
    this.box = make("section", { class: "bp-bar", "aria-label": "Walk" },
      make("div", { class: "bp-keys" }, key("reset", "Reset", "Back to the initial weights (R)", verbs.reset), key("back", "Step back", "Step back (←)", verbs.back), this.play,
        key("forward", "Step forward", "Step forward (→)", verbs.forward), this.size, this.pace),
      make("nav", { class: "bp-phases", "aria-label": "Phases" }, ...this.phases),
      make("div", { class: "bp-figures" }, make("span", {}, "updates ", this.count), make("span", {}, "loss ", this.loss, this.after)));
    root.append(this.box);
  }

  playing(on) {
    this.play.classList.toggle("on", on);
    this.play.setAttribute("aria-label", on ? "Pause" : "Play");
    this.play.title = on ? "Pause (space)" : "Play (space)";
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
