"""A multilayer perceptron and its losses written out by hand in float64 numpy: values, slopes and the chain rule.

Independent of `families/mlp/engine.py` and of autograd, so that the three can be held against each other. Arrays are
features first: (units, n). delta = dL/dz, and backwards (Rumelhart, Hinton and Williams 1986, equations 3 to 6)

    dL/dW = delta a_prev^T,  dL/db = sum delta,  dL/da_prev = W^T delta,  delta_prev = dL/da_prev * f'(z_prev).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_softmax, ndtr

from nnlab.families.learner import Block
from nnlab.families.mlp.activations import LEAK

Values = NDArray[np.float64]
Function = Callable[[Values], Values]


def _density(z: Values) -> Values:
    found: Values = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    return found


# name -> (f, f')
ACTIVATIONS: dict[str, tuple[Function, Function]] = {
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float)),
    "leaky_relu": (lambda z: np.where(z > 0, z, LEAK * z), lambda z: np.where(z > 0, 1.0, LEAK)),
    "gelu": (lambda z: z * ndtr(z), lambda z: ndtr(z) + z * _density(z)),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "sigmoid": (expit, lambda z: expit(z) * expit(-z)),
    "silu": (lambda z: z * expit(z), lambda z: expit(z) * (1 + z * expit(-z))),
    "sine": (np.sin, np.cos),
    "linear": (lambda z: z, np.ones_like),
    # Each output of a softmax depends on every z: it has no slope of its own, and the loss takes both steps at once.
    "softmax": (lambda z: np.exp(log_softmax(z, 0)), lambda z: np.full_like(z, np.nan)),
}


@dataclass(frozen=True)
class Forward:
    """`inputs` of every layer with the features first, and `z`, `a` of every layer, each (units, n)."""

    inputs: list[Values]
    z: list[Values]
    a: list[Values]


@dataclass(frozen=True)
class Backward:
    """For every layer dL/da, f'(z) and delta = dL/dz, each (units, n), and the gradient in the order of the weights."""

    da: list[Values]
    slope: list[Values]
    delta: list[Values]
    gradient: Values


def weights_of(flat: Values, block: Block) -> tuple[Values, Values]:
    """W (fan_out, fan_in) and b (fan_out,) of a layer."""
    table = flat[block.start : block.start + block.fan_out * block.stride].reshape(block.fan_out, block.stride)
    return table[:, : block.fan_in], table[:, -1]


def forward(flat: Values, blocks: Sequence[Block], features: Values) -> Forward:
    """Features (k, n) through all layers: z = W a + b, a = f(z)."""
    found = Forward([], [], [])
    below = features
    for block in blocks:
        weight, bias = weights_of(flat, block)
        z = weight @ below + bias[:, None]
        found.inputs.append(below)
        found.z.append(z)
        below = ACTIVATIONS[block.activation][0](z)
        found.a.append(below)
    return found


def backward(flat: Values, blocks: Sequence[Block], passed: Forward, *, targets: Values, loss: str) -> Backward:
    """From the mean loss back to every weight and bias."""
    slopes = [ACTIVATIONS[b.activation][1](z) for b, z in zip(blocks, passed.z, strict=True)]
    da, delta = LOSSES[loss][1](passed.z[-1], passed.a[-1], targets, slopes[-1])
    found = Backward([da], slopes, [delta], np.zeros_like(flat))
    for i in range(len(blocks) - 1, -1, -1):
        weight, bias = weights_of(found.gradient, blocks[i])  # views: what is written lands in the gradient
        weight[:] = delta @ passed.inputs[i].T
        bias[:] = delta.sum(1)
        if i:
            da = weights_of(flat, blocks[i])[0].T @ delta
            delta = da * slopes[i - 1]
            found.da.insert(0, da)
            found.delta.insert(0, delta)
    return found


def losses(passed: Forward, targets: Values, loss: str) -> Values:
    """The loss of each example (n,)."""
    return LOSSES[loss][0](passed.z[-1], passed.a[-1], targets)


# The losses: (z, output, targets), each (n_outputs, n) -> the loss of each example (n,); with the output's slope beside
# them -> dL/doutput and dL/dz of the mean over the examples.

Two = tuple[Values, Values]


def _cross_entropy(z: Values, output: Values, targets: Values) -> Values:
    if len(z) == 1:
        return np.asarray((np.logaddexp(0, z) - targets * z)[0])
    return np.asarray(-(targets * log_softmax(z, 0)).sum(0))


def _cross_entropy_slope(z: Values, output: Values, targets: Values, slope: Values) -> Two:
    """The slope of sigmoid or softmax cancels against the logarithm's: dL/dz = (output - target) / n."""
    n = z.shape[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        by_output = (output - targets) / (output * (1 - output)) if len(z) == 1 else -targets / output
    return by_output / n, (output - targets) / n


def _distance(distance: Function, steepness: Function) -> tuple[Callable[..., Values], Callable[..., Two]]:
    """Losses that compare output and target term by term."""

    def value(z: Values, output: Values, targets: Values) -> Values:
        return np.asarray(distance(output - targets).mean(0))

    def derivative(z: Values, output: Values, targets: Values, slope: Values) -> Two:
        da = steepness(output - targets) / z.size
        return da, da * slope

    return value, derivative


def _hinge(z: Values, output: Values, targets: Values) -> Values:
    if len(z) == 1:
        return np.asarray(np.maximum(0, 1 - targets * z)[0])
    return np.asarray(_margins(z, targets).clip(min=0).sum(0) / len(z))


def _hinge_slope(z: Values, output: Values, targets: Values, slope: Values) -> Two:
    if len(z) == 1:
        delta = np.where(targets * z < 1, -targets, 0.0) / z.shape[1]
        return delta, delta
    pushed = (_margins(z, targets) > 0) / z.size
    delta = np.where(targets > 0, -pushed.sum(0), pushed)
    return delta, delta


def _margins(z: Values, targets: Values) -> Values:
    """1 - z_y + z_j for every other class j; -1 at the class y itself, which does not compete with itself."""
    own = np.where(targets > 0, z, 0).sum(0)
    return np.where(targets > 0, -1.0, 1 - own + z)


LOSSES: dict[
    str, tuple[Callable[[Values, Values, Values], Values], Callable[[Values, Values, Values, Values], Two]]
] = {
    "cross_entropy": (_cross_entropy, _cross_entropy_slope),
    "mse": _distance(np.square, lambda e: 2 * e),
    "mae": _distance(np.abs, np.sign),
    "huber": _distance(lambda e: np.where(np.abs(e) <= 1, e * e / 2, np.abs(e) - 0.5), lambda e: e.clip(-1, 1)),
    "hinge": (_hinge, _hinge_slope),
}
