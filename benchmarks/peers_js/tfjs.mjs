// conv–pool–conv–pool–fc in TensorFlow.js on its backend of plain JavaScript, by its Layers API; plain SGD.

import { load, pixels, rounds, told } from "./rounds.mjs";

const tf = load("@tensorflow/tfjs");
await tf.setBackend("cpu");
const { side, batch, lr, classes, labels, layers } = told;

const model = tf.sequential();
for (const [i, { bias }] of layers.slice(0, -1).entries()) {
  const given = i ? {} : { inputShape: [side, side, 1] };
  model.add(tf.layers.conv2d({ ...given, filters: bias.length, kernelSize: 3, padding: "same", activation: "relu" }));
  model.add(tf.layers.maxPooling2d({ poolSize: 2, strides: 2 }));
}
model.add(tf.layers.flatten());
model.add(tf.layers.dense({ units: classes, activation: "softmax" }));
model.compile({ optimizer: tf.train.sgd(lr), loss: "categoricalCrossentropy" });

const learning = model.layers.filter((layer) => layer.weights.length);
learning.forEach((layer, i) => {
  const { weight, bias } = layers[i];
  const dense = i === learning.length - 1;
  const shape = dense ? [bias.length, weight.length / bias.length] : [bias.length, 3, 3, weight.length / bias.length / 9];
  layer.setWeights([tf.tensor(weight, shape).transpose(dense ? [1, 0] : [1, 2, 3, 0]), tf.tensor1d(bias)]);
});

const pictures = tf.tensor(Float32Array.from(pixels, (value) => value / 255), [labels.length, side, side, 1]);
const answers = tf.oneHot(tf.tensor1d(labels, "int32"), classes);

await rounds(model.countParams(), async (first) => {
  const x = pictures.slice([first], [batch]);
  const y = answers.slice([first], [batch]);
  const loss = await model.trainOnBatch(x, y);
  tf.dispose([x, y]);
  return loss;
});
