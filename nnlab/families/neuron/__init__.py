"""One neuron: Rosenblatt's perceptron, the linear unit and the sigmoid neuron."""
