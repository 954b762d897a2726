/**
 * What is said above the networks: how far the source is, who reads most, and beside it what five seeds have given.
 *
 * @import { Measured } from "../../kit/types.d.ts"
 * @import { About } from "./words.js"
 * @typedef {{done: number, all: number, learned: number | null}} Learned updates on the source, how many there are to be, and the accuracy on it
 * @typedef {{step: number, at: number, many: number, tested: number, metrics: Measured | null, guess: string, source: Learned}} Now `at`: the update that the numbers are of
 */
import { count } from "../../kit/numbers.js";
import { percent } from "../../kit/stages.js";
import { known, label, leaders, pictures } from "./words.js";

const TELL = 20; // updates before anything is said of who is ahead

/** @param {About} about @param {Now} now */
export function sentence(about, now) {
  const said = now.guess ? `You said ${small(about, now.guess)}. ` : "";
  const { done, all, learned } = now.source;
  if (done < all && !now.step) {
    if (!done) return `${said}Press Play: the network first learns the source (${known(about.source)}).`;
    return `${said}Update ${count(done)} of ${count(all)} on the source (${known(about.source)}): it reads ${learned === null ? "…" : percent(learned)} of unseen pictures right.`;
  }
  const from = pictures(now.many);
  if (!now.at && said) return `${said}Press Play: four networks learn the target from ${from}.`;
  if (!now.at) return `The source is learned${learned === null ? "" : ` (${percent(learned)} read right)`}. Press Play: four networks learn the target from ${from}.`;
  return happened(about, now, from) + verdict(about, now);
}

/** The numbers of now, and in brackets those of five seeds: only for who has guessed, and not before the updates that they are of. @param {About} about @param {Now} now @param {string} from */
function happened(about, { at, guess, metrics }, from) {
  const { expected } = about;
  const beside = guess && expected && at >= expected.updates ? expected : null;
  const each = about.courses.map(({ name, label: title }) => {
    const [, mean, sd] = beside?.courses.find(([other]) => other === name) ?? [];
    const seeds = mean === undefined || sd === undefined ? "" : ` (${Math.round(100 * mean)}\u202f±\u202f${Math.round(100 * sd)})`;
    return `${title.toLowerCase()} ${percent(metrics?.[`accuracy_${name}`] ?? 0).replace(" ", "\u202f")}${seeds}`;
  });
  return `After ${count(at)} updates, ${from}, read right${beside ? ` (in brackets: five seeds after ${beside.updates})` : ""}: ${each.join(", ")}.`;
}

/** Who is ahead, where somebody has guessed. @param {About} about @param {Now} now */
function verdict(about, { at, guess, metrics, tested }) {
  if (!guess || at < TELL) return "";
  const best = leaders(about.courses, metrics, tested).map((name) => small(about, name));
  const rest = best.slice(1);
  const last = rest.pop();
  const names = last === undefined ? best[0] : `${[best[0], ...rest].join(", ")} and ${last}`;
  const so = last === undefined ? "is ahead" : best.length < about.courses.length ? "are ahead and about equal" : "are about equal";
  return ` You said ${small(about, guess)}: after ${count(at)} updates ${names} ${so}.`;
}

/** As long as a sentence may become before the first update, and after it: so that there is room from the start. @param {About} about @param {number} many @returns {[string, string]} */
export function longest(about, many) {
  const metrics = Object.fromEntries(about.courses.map(({ name }, i) => [`accuracy_${name}`, i < 3 && i ? 0.888 : 0.222]));
  const now = { many, tested: 100, metrics, guess: "random", source: { done: 888, all: 888, learned: 0.8 } };
  const before = [888, 889].map((all) => sentence(about, { ...now, step: 0, at: 0, source: { ...now.source, all } }));
  const asked = sentence(about, { ...now, step: 0, at: 0, guess: "" });
  return [[...before, asked].reduce((a, b) => (b.length > a.length ? b : a)), sentence(about, { ...now, step: 888, at: 888 })];
}

/** @param {About} about @param {string} name */
const small = (about, name) => label(about, name).toLowerCase();
