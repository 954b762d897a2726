"""Starting points of the page One neuron, by part, each with a line that says what to watch; a test checks each line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnlab.ui.presets import Preset

SLOW = 3  # updates a second: each one can be followed

_RISING = [
    (2.5, 2, 1),
    (4.5, -4.5, 0),
    (2, 4, 1),
    (0, -1.5, 0),
    (1, 2.5, 1),
    (-4, -4, 0),
    (1.5, -4.5, 0),
    (-4.5, -2, 0),
]
_RISING += [(-3, 3, 0), (3, -3.5, 0), (-3.5, -1.5, 0), (-1, -0.5, 0), (-1.5, -2.5, 0), (1, -2.5, 0), (-1, 0, 0)]
_XOR = [(2, 2, 1), (2, -2, 0), (-2, -2, 1), (-2, 2, 0)]
_FAR = [(0.5, 1, 1), (-0.5, 1.5, 0), (0.5, -1, 1), (-0.5, -1.5, 0), (0.5, 3, 1), (-0.5, 0, 0), (-0.5, -3, 0)]
_FAR += [(5, 0.5, 1), (5.5, 1, 1), (5, -1, 1), (5.5, -0.5, 1), (5.5, 2, 1), (5, -2, 1), (5.5, -3, 1), (5, 3, 1)]


def _perceptron(points: Sequence[tuple[float, float, int]], lr: float = 0.02, **model: Any) -> dict[str, Any]:
    return {
        "data": {"kind": "drawn", "added": points},
        "model": {"family": "neuron", "unit": "perceptron", "w1": 0, "w2": 0, "b": 0, **model},
        "training": {"batch_size": 1, "learning_rate": lr},
    }


def _linear(data: dict[str, Any], *, w: float, b: float, model: dict[str, Any] | None = None, **training: Any) -> Any:
    return {
        "data": {"kind": "line", "samples": 20, **data},
        "model": {"family": "neuron", "unit": "linear", "w1": w, "b": b, **(model or {})},
        "training": {"loss": "mse", "batch_size": 500, **training},
    }


PRESETS: dict[str, dict[str, Preset]] = {
    "perceptron": {
        "separable": Preset(
            "One point at a time",
            "Only a point on the wrong side moves the line. In weight space, w moves into the green cone and stays there.",
            SLOW,
            _perceptron(_RISING),
        ),
        "xor": Preset(
            "XOR",
            "No line separates these four points: the weights return to earlier values, and nnlab detects this cycle.",
            SLOW,
            _perceptron(_XOR),
        ),
        "stray": Preset(
            "One stray point",
            "The stray point at (−3, −3) makes the perceptron cycle; the pocket keeps the best line so far.",
            40,
            _perceptron([*_RISING, (-3, -3, 1)]),
        ),
        "far": Preset(
            "Three rules",
            "The delta rule wants w·x + b = 1 at the far points, too, so it misclassifies near ones. The other two rules do not.",
            60,
            _perceptron(_FAR, rule="logistic"),
        ),
        "origin": Preset(
            "No bias",
            "Without a bias, the edge of every half-plane in weight space passes through the origin: together they form a cone.",
            SLOW,
            _perceptron(
                [(2, 1, 1), (-1, -3, 0), (3, -1, 1), (-3, 1, 0), (1, 4, 1), (-4, 2, 0), (4, -3, 1)], bias=False
            ),
        ),
    },
    "linear": {
        "bowl": Preset(
            "Down the bowl",
            "Each square is one squared error; their mean is the height in the bowl. Drag the line, or the point in the bowl.",
            10,
            _linear({"noise": 20}, w=-1.5, b=-3, learning_rate=0.03),
        ),
        "valley": Preset(
            "A valley",
            "All x lie between 2 and 6, so changing the slope is almost like changing the bias: the bowl becomes a "
            "long valley. Switch on feature scaling.",
            30,
            _linear({"noise": 20, "centre": 4, "scale": 2, "intercept": -2}, w=-0.5, b=2, learning_rate=0.03),
        ),
        "limit": Preset(
            "Just too fast",
            "The learning rate is 1 % above the largest stable one, 2/λmax: every step crosses the valley and ends a little higher.",
            20,
            _linear({"noise": 20}, w=0.5, b=0.5, learning_rate=0.2375),
        ),
        "outlier": Preset(
            "An outlier",
            "One point pulls the whole line down, because its error is squared. Choose the Huber loss or the absolute error.",
            60,
            _linear({"noise": 10, "outlier": -9}, w=0, b=0, learning_rate=0.05),
        ),
    },
    "sigmoid": {
        "plateau": Preset(
            "A bad start",
            "The same neuron twice, confident and wrong at the start: the squared error is flat there, cross-entropy is not.",
            20,
            {
                "data": {"kind": "gaussians", "samples": 40, "noise": 20},
                "model": {"family": "neuron", "w1": -3, "w2": -3, "b": 0},
                "training": {"batch_size": 500, "learning_rate": 0.5},
            },
        ),
        "example": Preset(
            "A worked example",
            "Weights (0, 1), bias 4, input (2, 3): z = 0·2 + 1·3 + 4 = 7, and sigmoid(7) = 0.9990889. Read it in the panel.",
            None,
            {
                "data": {"kind": "drawn", "added": [(2, 3, 1), (-2, -3, 0), (1, -5, 0), (-1, 2, 1)]},
                "model": {"family": "neuron", "w1": 0, "w2": 1, "b": 4},
                "training": {"batch_size": 500, "learning_rate": 0.1},
            },
        ),
    },
    "batches": {
        "three": Preset(
            "Three paths",
            "Same start, same examples. Updates after every example are fast and noisy; one after all of them is a smooth step per epoch.",
            60,
            {
                "data": {"kind": "line", "samples": 40, "noise": 30},
                "model": {"family": "neuron", "unit": "linear", "race": True, "w1": -1.5, "b": -3, "mini": 8},
                "training": {"loss": "mse", "batch_size": 1, "learning_rate": 0.02},
            },
        ),
    },
}
