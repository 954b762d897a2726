"""The convolutional network: blocks of several kinds, the shapes that follow from them, and the network in training."""
