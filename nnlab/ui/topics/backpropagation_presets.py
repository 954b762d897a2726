"""Starting points of the page on backpropagation, each with a line that says what to watch; a test checks each line."""

from __future__ import annotations

from typing import Any

from nnlab.ui.presets import Preset


def _value(
    examples: list[tuple[float, float, float]],
    layers: list[tuple[int, str]],
    weights: list[float],
    *,
    classes: int = 0,
    **training: Any,
) -> dict[str, Any]:
    asked = {"n_classes": classes} if classes else {"labels": "numbers"}
    return {
        "data": {"kind": "drawn", "added": examples, **asked},
        "model": {
            "family": "mlp",
            "layers": [{"units": units, "activation": activation} for units, activation in layers],
            "weights": weights,
        },
        "training": {"loss": "mse", "learning_rate": 0.1, "batch_size": 100, **training},
    }


# Weights stand as the network keeps them: each neuron's row of weights with its bias behind it, layer by layer.
PRESETS: dict[str, Preset] = {
    "first": Preset(
        "One example",
        "Two sigmoid neurons and one target number. Neuron 1 starts at z = 0, where the sigmoid is 0.5 and its slope "
        "0.25. Go step by step and check every number in your head; then click a line.",
        None,
        _value([(1, 2, 1)], [(2, "sigmoid")], [0.5, -0.25, 0, 1, 0.5, -1, 2, -1, 0]),
    ),
    "vanishing": Preset(
        "Vanishing gradient",
        "Three sigmoid layers: on the way back, each layer multiplies δ by a slope of at most 0.25, so little is "
        "left for the first. Choose tanh and compare.",
        None,
        _value(
            [(1, -1, 1)],
            [(2, "sigmoid"), (2, "sigmoid"), (2, "sigmoid")],
            [0.8, -0.6, 0.1, -0.5, 0.9, 0, 0.7, -0.4, 0, 0.6, 0.5, -0.2, 0.9, -0.8, 0.1, 0.4, 0.7, 0, 1, -1, 0],
        ),
    ),
    "dead": Preset(
        "Dead ReLU",
        "Neuron 2 has a bias of −5: its z is negative, so it gives 0 and its slope is 0. No gradient passes "
        "through it, so no update will ever change it for this example.",
        None,
        _value([(1, 2, 1)], [(3, "relu")], [0.5, 0.5, 0, 1, 0.5, -5, -0.5, 1, 0, 0.5, 1, -0.5, 0]),
    ),
    "batch": Preset(
        "Batch of four",
        "The four corners of XOR as one batch: each weight's gradient is the mean over four examples, which pull in different "
        "directions. Look at them one by one with ‹ and ›.",
        None,
        _value(
            [(1, 1, 0), (-1, 1, 1), (-1, -1, 0), (1, -1, 1)],
            [(3, "tanh")],
            [1, 0.5, 0, -0.5, 1, 0.5, 0.8, -0.9, 0.2, 1, -0.5, 0.7, 0],
            classes=2,
            loss="cross_entropy",
            learning_rate=0.5,
        ),
    ),
    "classes": Preset(
        "Three classes",
        "Softmax turns three sums into probabilities. With cross-entropy, δ is simply probability minus target: it "
        "pulls the right class up and pushes the others down.",
        None,
        _value(
            [(1, -0.5, 2)],
            [(3, "tanh")],
            [0.5, -1, 0, -0.5, 0.5, 0.2, 1, 0.5, 0, 0.6, -0.4, 0.1, 0, -0.3, 0.8, 0.2, 0, 0.5, 0.1, -0.7, 0],
            classes=3,
            loss="cross_entropy",
            learning_rate=0.5,
        ),
    ),
}
