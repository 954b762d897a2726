"""The multilayer perceptron: what can be chosen about it, its layers in one flat vector, and two ways to train it."""
