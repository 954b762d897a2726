/**
 * What a channel likes and sees, in sentences with the numbers of this run. Pure.
 *
 * @import { Arrays, Named } from "../../kit/types.d.ts"
 * @typedef {{name: string, className: (c: number) => string}} Names the channel, as a sentence begins with it, and the classes
 */
import { count, number } from "../../kit/numbers.js";
import { argmax, percent } from "../../kit/stages.js";

const MUCH = 0.1; // of the favourites, beyond twice what chance gives

/** Height and width of a box. @param {ArrayLike<number>} boxes @param {number} [i] */
export const sideOf = (boxes, i = 0) => [boxes[4 * i + 2] - boxes[4 * i], boxes[4 * i + 3] - boxes[4 * i + 1]];

/** @param {number[]} side */
export const across = ([height, width]) => `${height} × ${width}`;

/** Which class stands out among the favourites. @param {Arrays} a @param {Names} names @param {boolean} least whether the others are shown */
export function likes({ liked_shares, liked_examples, liked_range }, { name, className }, least) {
  const classes = liked_shares.shape[1];
  const [top, all] = [liked_shares.data.subarray(0, classes), liked_shares.data.subarray(classes)];
  const [looked, every] = liked_examples.data;
  const favourites = sum(top);
  const low = number(liked_range.data[0], 3);
  const of = `${count(looked)}${looked < every ? ` of ${count(every)}` : ""} pictures`;
  if (!favourites) return `${name} likes nothing: its highest value is ${low} for each of ${of}.`;
  const best = argmax(top);
  const stands = top[best] / favourites >= 2 * (all[best] / looked) + MUCH;
  const which = favourites === 1 ? `its only favourite is one of “${className(best)}”` : `${count(top[best])} of its ${favourites} favourites${stands ? "" : ` are “${className(best)}”`}`;
  const said = stands || favourites === 1 ? `${name} likes “${className(best)}” most: ${which} among ${of}.` : `${name} likes no class much more than others: ${which}, among ${of}.`;
  return least ? `${said} Below: the pictures that excite it least.` : said;
}

/** What can move it, and what does. @param {Arrays} a @param {Named} picture that is looked at @param {boolean} map whether it has a map */
export function sees({ sight_boxes, sight_facts }, { shape: [, height, width] }, map) {
  const [whole, inner, before] = [0, 1, 2].map((i) => sideOf(sight_boxes.data, i));
  const { 0: pictures, 2: share } = sight_facts.data;
  const can = whole[0] === height && whole[1] === width ? `the whole picture, ${across(whole)} pixels` : `${across(whole)} pixels`;
  const who = map ? "the middle cell of its map" : "it";
  if (!inner[0]) return `By construction, ${who} can see ${can}; but in none of ${count(pictures)} pictures does any of them move it.`;
  const then = before[0] ? (across(before) === across(inner) ? ", as before training" : ` (${across(before)} before training)`) : "";
  return `By construction, ${who} can see ${can}; ${percent(share)} of what moves it lies in ${across(inner)}${then}.`;
}

/** What both networks take the made picture for. @param {Arrays} a @param {Names} names @param {number | null} wanted the class that it is made for */
export function says({ made_likely, made_right, made_updates, made_values }, { name, className }, wanted) {
  const classes = made_likely.shape[1];
  const [own, other] = [made_likely.data.subarray(0, classes), made_likely.data.subarray(classes)];
  const [first, second] = wanted === null ? [argmax(own), argmax(other)] : [wanted, wanted];
  const [before, after] = made_values.data;
  const channel = `${name[0].toLowerCase()}${name.slice(1)}`;
  const risen = after > before ? `Made for ${channel}, whose value rises from ${number(before, 3)} to ${number(after, 3)}.` : `No step made ${channel} larger than ${number(before, 3)}.`;
  const made = wanted === null ? risen : `Made for “${className(wanted)}”.`;
  const [mine, its] = made_updates.data;
  return `${made} This network: ${percent(own[first])} “${className(first)}”. A second network, trained from another start: ${percent(other[second])} “${className(second)}”. (Steps: ${count(mine)} and ${count(its)}. Pictures read right: ${percent(made_right.data[0])} and ${percent(made_right.data[1])}.)`;
}

/** @param {ArrayLike<number>} values */
function sum(values) {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total;
}
