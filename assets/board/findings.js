/**
 * The strip under the player: what was measured to be wrong with a one-click remedy, what the server says, and how the
 * connection is. Its height is reserved, so nothing below ever jumps.
 */
import { words } from "../kit/words.js";

const LINGER_MS = 2500; // a finding that comes and goes is kept this long, or the strip would flicker
const NOTICE_MS = 8000;

export function strip(root, board) {
  const box = document.createElement("div");
  box.className = "strip";
  box.innerHTML = `<div class="doctor" role="status" aria-live="polite" aria-label="Diagnosis"></div><div class="message" role="status" aria-live="polite" aria-label="Messages"></div>`;
  root.append(box);
  const message = messages(box.querySelector(".message"));
  const doctor = findings(box.querySelector(".doctor"), board);
  board.on("frame", (f) => {
    const found = f.findings ?? [];
    doctor(found, f.restarted);
    message.stopped(found.some((one) => one.code === "diverged") ? "" : words(f.stopped)); // the finding says the same, with a button
  });
  board.on("state", (name) => message.state(name === "open" ? "" : words(name)));
  board.on("notice", (m) => message.say(words(m), m.level, m.stay));
  board.on("queue", (m) => message.say(m.place ? words({ code: "queue", values: m }) : "", "info", true));
  board.on("refused", (m) => message.say(m.problems.map(spoken).join(" "), "error"));
  board.on("experiment", () => message.accepted());
}

/** "training.learning_rate must be …" as "Learning rate must be …". */
function spoken([field, sentence]) {
  if (!field || !sentence.startsWith(`${field} `)) return sentence;
  const name = field.split(".").at(-1).replaceAll("_", " ");
  return name[0].toUpperCase() + name.slice(1) + sentence.slice(field.length);
}

/** One line: a lost connection before a refusal or notice, these before why the run stopped. */
function messages(box) {
  const now = { state: "", said: "", level: "info", stopped: "" };
  let timer = 0;
  const write = () => {
    const text = now.state || now.said || now.stopped;
    if (box.textContent !== text) box.textContent = text;
    box.dataset.level = now.state ? "warning" : now.said ? now.level : "info";
    box.title = text;
  };
  return {
    state(text) {
      now.state = text;
      write();
    },
    stopped(text) {
      if (text === now.stopped) return;
      now.stopped = text;
      write();
    },
    say(text, level = "info", stay = false) {
      Object.assign(now, { said: text, level });
      clearTimeout(timer);
      if (!stay) timer = setTimeout(() => this.say("", "info", true), NOTICE_MS);
      write();
    },
    /** What was refused before is out of date once something was accepted. */
    accepted() {
      if (now.level === "error") this.say("", "info", true);
    },
  };
}

function findings(box, board) {
  const seen = new Map(); // code -> {finding, until}
  let shown = null;
  return (found, restarted) => {
    const now = performance.now();
    if (restarted) seen.clear(); // what was wrong with the run before is no more, nor does its remedy fit
    for (const finding of found) seen.set(finding.code, { finding, until: now + LINGER_MS });
    for (const [code, { until }] of seen) if (until < now || (!board.frame.playing && !found.some((f) => f.code === code))) seen.delete(code);
    const list = [...seen.values()].map((s) => s.finding);
    const key = JSON.stringify(list.map((f) => [f.code, f.label, f.remedy]));
    if (key === shown) return refresh(box, list);
    shown = key;
    box.replaceChildren(...(list.length ? list.map((f) => row(f, board)) : [well()]));
    if (list.length > 1) box.firstChild.append(more(box, list.length - 1));
    else box.classList.remove("all");
  };
}

/** The same findings with new numbers: only the words change, a button under the pointer stays. */
function refresh(box, list) {
  list.forEach((finding, i) => {
    const sentence = box.children[i].firstChild;
    if (sentence.textContent !== words(finding)) sentence.textContent = sentence.title = words(finding);
  });
}

function row(finding, board) {
  const line = document.createElement("div");
  line.className = "finding";
  line.dataset.code = finding.code;
  const sentence = document.createElement("span");
  sentence.textContent = sentence.title = words(finding);
  line.append(sentence);
  const changes = finding.remedy ?? {};
  if (!finding.label) return line;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "small remedy";
  button.textContent = words(finding.label);
  button.onclick = () => {
    if (finding.code === "diverged") board.send("recover", null);
    if (Object.keys(changes).length) board.set(changes);
    if (finding.code === "left") board.send("reset", null); // who has left the surface rests until the race begins again
    board.changed();
  };
  line.append(button);
  return line;
}

/** Further findings lie over what is below, so that opening them moves nothing either. */
function more(box, hidden) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "small more";
  const show = (all) => {
    box.classList.toggle("all", all);
    button.textContent = all ? "Less" : `+${hidden}`;
    button.setAttribute("aria-expanded", String(all));
    button.setAttribute("aria-label", all ? "Show the first finding only" : `Show ${hidden} more`);
  };
  button.onclick = () => show(!box.classList.contains("all"));
  show(box.classList.contains("all"));
  return button;
}

function well() {
  const line = document.createElement("div");
  line.className = "finding well";
  line.append(Object.assign(document.createElement("span"), { textContent: words("well") }));
  return line;
}
