// conv–pool–conv–pool–fc in ConvNetJS (Karpathy 2014), as its own MNIST demo builds it; plain SGD.

import { load, pixels, rounds, told } from "./rounds.mjs";

const { Net, SGDTrainer, Vol } = load("convnetjs");
const { side, batch, lr, classes, labels, layers } = told;

const net = new Net();
net.makeLayers([
  { type: "input", out_sx: side, out_sy: side, out_depth: 1 },
  ...layers.slice(0, -1).flatMap(({ bias }) => [
    { type: "conv", sx: 3, filters: bias.length, stride: 1, pad: 1, activation: "relu" },
    { type: "pool", sx: 2, stride: 2 },
  ]),
  { type: "softmax", num_classes: classes },
]);

const learning = net.layers.filter((layer) => layer.filters);
learning.forEach((layer, i) => {
  const each = layers[i].weight.length / layer.filters.length;
  layer.filters.forEach((filter, k) => {
    filter.w.set(layers[i].weight.slice(k * each, (k + 1) * each));
  });
  layer.biases.w.set(layers[i].bias);
});

const pictures = labels.map((_, n) => {
  const picture = new Vol(side, side, 1, 0);
  for (let i = 0; i < side * side; i++) picture.w[i] = pixels[n * side * side + i] / 255;
  return picture;
});

const trainer = new SGDTrainer(net, { learning_rate: lr, momentum: 0, batch_size: batch, l2_decay: 0 });
const parameters = learning.reduce((sum, layer) => sum + layer.filters.reduce((n, f) => n + f.w.length, 0) + layer.biases.w.length, 0);

await rounds(parameters, (first) => {
  let loss = 0;
  for (let n = first; n < first + batch; n++) loss += trainer.train(pictures[n], labels[n]).cost_loss;
  return loss / batch;
});
