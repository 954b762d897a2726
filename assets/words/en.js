/**
 * What workers and server tell, in English: code -> words made of its values. `n` are the number formats of `words.js`.
 * @import { Formats } from "../kit/words.js"
 * @typedef {Record<string, any>} Values
 *
 * A language is one such file; a code that it does not know is shown in English.
 */
/** @param {Values} v */
const layer = (v) => v.title || (v.layer ? `layer ${v.layer}` : "the output layer");
/** @param {Values} v what a stop rule has watched: the training loss stands in for a test loss that there is not */
const watched = (v) => `${lower(v.metric)}${v.metric.startsWith("Training ") ? ", used because there is no test set," : ""}`;
/** @param {number} count @param {string} unit */
const counted = (count, unit) => (count === 1 ? `1 ${unit}` : `${count} ${unit}s`);

/** @type {Record<string, (v: Values, n: Formats) => string>} */
export default {
  // ---- why a run has ended
  "stop.nothing": () => "There is nothing to learn from: no training examples are left. Add some, or raise the training share.",
  "stop.diverged": (v, n) => `Training diverged: after ${n.count(v.step)} updates the weights or the loss are infinite or not a number. Go back to step ${n.count(v.good)}, the last good one, and lower the learning rate.`,
  "stop.epochs": (v) => `Stopped after ${v.again ? "another " : ""}${counted(v.count, v.unit)}, as set in the stop rule.`,
  "stop.target": (v, n) => `Stopped: ${watched(v)} has reached ${n.short(v.value)}, and the target is ${n.short(v.target)}.`,
  "stop.patience": (v, n) => `Stopped: ${watched(v)} has not improved for ${counted(v.waited, v.unit)} (best: ${v.best === null ? "never finite" : `${n.short(v.best)} in ${v.unit} ${v.best_epoch}`}).`,

  speed: (v, n) => (v.speed ? `Speed: ${n.count(v.speed)} updates a second.` : "Full speed."),
  other_course: () => "This is the other branch of your run, at its end. Where the two differ, the same button leads back.",

  // ---- what is wrong with a run
  diverged: (v, n) => `Training diverged: after ${n.count(v.step)} updates the weights or the loss are infinite or not a number. The learning rate is ${n.short(v.rate)}; step ${n.count(v.good)} was the last good one.`,
  exploding: (v, n) => `Exploding gradients: the gradient of ${layer(v)} has length ${n.short(v.length)}; usual is below 10.`,
  missing: (v) => `${v.split === "train" ? "Nothing to learn from" : "Nothing to test on"}: none of the ${v.count} ${v.split === "train" ? "training" : "test"} examples belongs to ${v.name}.`,
  overshooting: (v, n) => `Penalty too strong for this learning rate: ${n.short(v.rate)} × ${n.short(v.penalty)} = ${n.short(v.share)}, so each update removes more than the whole weight.`,
  shrunk: (v, n) => `Penalty too strong: the weights have shrunk to ${(100 * v.left).toFixed(0)} % of their length, and the training loss is still ${n.short(v.loss)}.`,
  dropped: (v, n) => `Too much dropout: an update uses on average ${n.short(v.kept)} of the ${v.total} neurons of ${layer(v)}, so the network learns hardly anything.`,
  beyond: (v, n) => `Learning rate too large: ${n.short(v.rate)} is above the largest stable one, 2/λmax = ${n.short(v.limit)}: each step crosses the valley and ends higher.`,
  above_limit: (v, n) => `Learning rate above the largest stable one${v.name ? ` for ${v.name}` : ""}: ${n.short(v.rate)} is above ${v.words} = ${n.short(v.limit)}, so steps along the steepest direction grow.`,
  cycle: (v, n) => `${v.period ? "Going in circles" : "No line separates these points"}: ${v.period ? `the weights are exactly those of ${counted(v.period, "epoch")} ago, because no line separates these points` : "the weights stay bounded, but never settle"}. Mistakes so far: ${n.count(v.mistakes)}.`,
  few: (v, n) => `Batches too small for batch norm: ${v.last ? "the last one of each epoch" : "each"} has ${counted(v.count, "example")}, ${v.count === 1 ? "which has no variance" : "whose mean and variance say little about the others"}. The training loss is still ${n.short(v.loss)}; a trial run reached ${n.short(v.tried)}.`,
  bouncing: (v, n) => `Learning rate too large: at ${n.short(v.rate)} the training loss ${v.risen ? `has risen from ${n.short(v.first)} to ${n.short(v.now)}` : `jumps by ${(100 * v.rough).toFixed(0)} % from one measurement to the next, and is still about ${n.short(v.now)}`}.`,
  dead: (v) => `Dead neurons: ${v.count} of ${v.total} ReLU ${v.count === 1 ? "neurons gives" : "neurons give"} zero for every training example, so no gradient reaches them.`,
  vanishing: (v, n) => `${v.zero ? "No gradient passes weights that are zero" : "Vanishing gradients"}: one example's gradient has length ${n.brief(v.first)} in the first layer and ${n.brief(v.last)} in the last.`,
  saturated: (v, n) => `Saturated neurons: ${v.count} of ${v.total} ${v.activation} neurons of ${layer(v)} have almost no slope for 90 % of the training examples, and the loss is still ${n.short(v.loss)}.`,
  overfitting: (v, n) => `Overfitting: the test loss has risen from ${n.short(v.best)} in epoch ${v.epoch} to ${n.short(v.now)}, and the training loss is ${n.short(v.train)}.`,
  slow: (v, n) => `Learning rate too small: one update moves the weights by ${n.brief(v.moved)} of their length, and the training loss fell by only ${(100 * v.fall).toFixed(1)} % over the last ${n.count(v.updates)} updates.`,
  simple: (v, n) => `Network too simple: the training loss stays at ${n.short(v.loss)}. ${v.classes ? `It gets ${(100 * v.own).toFixed(0)} % of the training examples right; their nearest neighbours alone would get ${(100 * v.neighbours).toFixed(0)} %` : `Its mean squared error is ${n.short(v.own)}, and that of the nearest neighbours' mean is ${n.short(v.neighbours)}`}. A larger network tried for ${counted(v.epochs, "epoch")} reached a loss of ${n.short(v.tried)}.`,
  untested: (v, n) => `No test set: the network trains on all ${n.count(v.count)} examples, so overfitting cannot show.`,
  left: (v, n) => `${v.name} left the surface after ${n.count(v.steps)} steps at a learning rate of ${n.short(v.rate)}${v.limit === null ? "" : `; the curvature at the minimum allows one below ${n.short(v.limit)}`}.`,

  // ---- what one click does about it
  back: (v, n) => `Back to step ${n.count(v.good)}, learning rate ${n.short(v.learning_rate)}`,
  back_clipped: (v, n) => `Back to step ${n.count(v.good)}, learning rate ${n.short(v.learning_rate)}, gradient clipped at ${n.short(v.clip_norm)}`,
  smaller_weights: () => "Restart with smaller weights",
  clip: (v, n) => `Clip the gradient at length ${n.short(v.clip_norm)}`,
  restart_slower: (v, n) => `Restart: ${v.init === "he" ? "He" : "Xavier"} initial weights, learning rate ${n.short(v.learning_rate)}`,
  leaky_relu: () => "Change ReLU to leaky ReLU",
  change_to_leaky_relu: () => "Change them to leaky ReLU",
  half_share: (v) => `Train on ${v.train_share} % of the examples`,
  weaker_penalty: () => "Restart with a weaker penalty",
  less_dropout: (v, n) => `Set dropout to ${n.short(v.dropout)}`,
  xavier: () => "Restart: Xavier initial weights",
  layer_norm: () => "Restart with layer norm",
  relu_he: () => "Restart: ReLU, He initial weights",
  l2: (v, n) => `Set the L2 penalty to ${n.short(v.l2)}`,
  test_share: (v) => `Test on ${100 - v.train_share} % of the examples`,
  restart_batch: (v) => `Restart with batch size ${v.batch_size}`,
  wider: () => "Restart with more neurons",
  deeper: () => "Restart with one more layer",
  hidden_layer: () => "Restart with a hidden layer",
  bent: () => "Restart with tanh instead of linear",
  another_rule: (v) => `Restart with the ${v.rule === "delta" ? "delta rule" : "logistic loss"}`,
  rate: (v, n) => `Set the learning rate to ${n.short(v.learning_rate)}`,
  restart_rate: (v, n) => `Restart at learning rate ${n.short(v.learning_rate)}`,

  // ---- what the server says
  "notice.restored": () => "The process that trained this network ended unexpectedly. Training continues from about a second earlier.",
  "notice.crashed": () => "This network crashed its training process twice, so it was closed. Change or reset the experiment to open it again.",
  "notice.gone": () => "This network was closed because nobody used it for a long time. Reload the page to start again.",
  "notice.run_failed": (v) => `This run stopped because of an error (${v.reason}). Change the experiment or reset the run to continue.`,
  "notice.view_failed": (v) => `The view of ${v.name} cannot be drawn for this model: ${v.reason}`,

  // ---- what the page says by itself
  well: () => "Nothing unusual.",
  connecting: () => "Connecting…",
  lost: () => "Connection lost, trying again.",
  gone: () => "This network is no longer on the server. Reload the page to start again with the same settings.",
  ask_lost: () => "The connection was lost before the answer came.",
  ask_dropped: () => "The computation ended without a result. Start it again.",
  ask_cancelled: () => "The computation was cancelled.",
  left_out: (v) => `Not available for this model: ${v.titles.join(", ")}.`,
  sampled_of: (v, n) => ` Measured on ${n.count(v.count)} of ${n.count(v.all)} examples.`,
  sampled: (v, n) => `measured on ${n.count(v.count)}`,
};

/** @param {string} metric */
const lower = (metric) => `the ${metric[0].toLowerCase()}${metric.slice(1)}`;
