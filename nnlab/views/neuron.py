"""The views of the page about one neuron."""

from __future__ import annotations

from nnlab.views.view import View

NEURON_PERCEPTRON = View(
    name="neuron_perceptron",
    title="Perceptron",
    needs=("neuron_rows", "perceptron"),
    module="views/neuron/perceptron.js",
    help="The line between the points, the weights in weight space with the half-plane of each point, and every mistake. Drag a point.",
    alt="The points with the perceptron's line, its weights in weight space, and the table of its updates.",
    place="page",
)

NEURON_LINEAR = View(
    name="neuron_linear",
    title="Linear unit",
    needs=("neuron_rows", "bowl", "gradients"),
    module="views/neuron/linear.js",
    help="The line with its squared errors, and the bowl of the loss over slope and bias. Drag one and the other follows.",
    alt="Points with a line and the squares of its errors, and the loss over slope and bias with the path of descent.",
    place="page",
)

NEURON_SIGMOID = View(
    name="neuron_sigmoid",
    title="Sigmoid neuron",
    needs=("neuron_rows", "sigmoids"),
    module="views/neuron/sigmoid.js",
    help="One neuron trained with squared error and with cross-entropy: two surfaces, two paths, and where the slope vanishes.",
    alt="Squared error and cross-entropy of one neuron over two weights, its paths on both, and the slope at every point.",
    place="page",
)

NEURON_BATCHES = View(
    name="neuron_batches",
    title="Batch, stochastic and mini-batch",
    needs=("neuron_rows", "bowl"),
    module="views/neuron/batches.js",
    help="Three units from one start: one moves after every example, one after a mini-batch, one after all examples.",
    alt="Three paths on one loss surface, and the three losses over examples seen and over updates made.",
    place="page",
)

NEURON_ACTIVATIONS = View(
    name="neuron_activations",
    title="Activations",
    needs=(),
    asks=("activations",),
    module="views/neuron/activations.js",
    help="Every activation with its derivative, and what ten layers of it do to a signal and to a gradient.",
    alt="Curves of all activations and their derivatives, and the spread of values and gradients through ten layers.",
    place="page",
)
