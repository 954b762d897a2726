"""What a neuron's weighted sum z costs and how the cost slopes, for each unit and rule, in numpy and for many z at once.

| name | cost of one example | derivative by z | source |
|---|---|---|---|
| perceptron | max(0, -t z) | -t where t z <= 0 | Rosenblatt 1958 |
| delta | (t - z)^2 / 2 | z - t | Widrow and Hoff 1960 |
| logistic | log(1 + exp(-t z)) | -t sigmoid(-t z) | |
| mse, mae, huber | (z - y)^2, abs(z - y), Huber with delta 1 | | |
| sigmoid_mse | (a - y)^2 | 2 (a - y) a (1 - a) | a = sigmoid(z) |
| sigmoid_ce | -log of the right class's probability | a - y | |

t is -1 or 1, y is 0 or 1 (sigmoid) or a number. On the line itself (t z = 0) the perceptron rule counts a mistake.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Function = Callable[[Values, Values], Values]


@dataclass(frozen=True)
class Slope:
    """`cost(z, target)` and `slope(z, target)`, both elementwise. `low`: the target of class 0; None for numbers."""

    cost: Function
    slope: Function
    low: float | None


def sigmoid(z: Values) -> Values:
    """1 / (1 + exp(-z)) without overflow: tanh saturates quietly."""
    return 0.5 * (1 + np.tanh(0.5 * z))


def _delta(z: Values, t: Values) -> Values:
    return z - t


def _mae(z: Values, y: Values) -> Values:
    return np.abs(z - y)


def _huber(z: Values, y: Values) -> Values:
    far = np.abs(z - y)
    near = np.minimum(far, 1.0)
    return near * (far - near / 2)


def _sigmoid_mse_slope(z: Values, y: Values) -> Values:
    a = sigmoid(z)
    return 2 * (a - y) * a * (1 - a)


SLOPES: dict[str, Slope] = {
    "perceptron": Slope(lambda z, t: np.maximum(0.0, -t * z), lambda z, t: np.where(t * z <= 0, -t, 0.0), -1.0),
    "delta": Slope(lambda z, t: (t - z) ** 2 / 2, _delta, -1.0),
    "logistic": Slope(lambda z, t: np.logaddexp(0.0, -t * z), lambda z, t: -t * sigmoid(-t * z), -1.0),
    "mse": Slope(lambda z, y: (z - y) ** 2, lambda z, y: 2 * (z - y), None),
    "mae": Slope(_mae, lambda z, y: np.sign(z - y), None),
    "huber": Slope(_huber, lambda z, y: np.clip(z - y, -1, 1), None),
    "sigmoid_mse": Slope(lambda z, y: (sigmoid(z) - y) ** 2, _sigmoid_mse_slope, 0.0),
    "sigmoid_ce": Slope(lambda z, y: np.logaddexp(0.0, z) - y * z, lambda z, y: sigmoid(z) - y, 0.0),
}
