"""What only a multilayer perceptron can be asked: its backpropagation, number by number."""
