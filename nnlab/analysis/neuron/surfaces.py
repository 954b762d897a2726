"""The loss of one neuron as a surface over two of its weights, with its lowest points and its curvature.

The mean squared error of a linear unit is a bowl with Hessian 2 X'X / n: gradient descent on it converges for learning rates
below 2 / lambda_max and diverges above (LeCun et al. 1998, section 4.3). The mean absolute error is lowest where a linear
programme says so; Huber's loss where reweighted least squares comes to rest (Huber 1964, delta = 1).
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from nnlab.analysis.analysis import COSTLY_S, Analysis
from nnlab.analysis.neuron.rows import is_unit, own, plain
from nnlab.core.records import Array, Examples
from nnlab.families.learner import Learner
from nnlab.families.neuron.learner import AT_ONCE, NeuronLearner
from nnlab.families.neuron.slopes import SLOPES, sigmoid

Values = NDArray[np.float64]
Slices = Generator[None, None, dict[str, Array]]
SIDE = 61  # of the bowl's grid
SIGMOID_SIDE = 45
LOSSES = ("mse", "mae", "huber")
LEAST_HALF = 1.5  # of the bowl that is drawn
SIGMOID_HALF = 8.0
ZOOMS = (0.05, 20.0)

_BOWLS: WeakKeyDictionary[Learner, tuple[tuple[Any, ...], Array]] = WeakKeyDictionary()
_OPTIMA: WeakKeyDictionary[Learner, tuple[Examples, bool, Values]] = WeakKeyDictionary()


def bowl(learner: Learner, options: dict[str, Any]) -> Slices:
    """The training loss of a linear unit over slope w and bias b.

    `options["zoom"]` = how much wider than usual (1). "bowl" (61, 61) float32, row 0 = lowest b; "bowl_axes" (4,): w and b
    from, to; "bowl_optima" (3, 3): w, b, loss at the lowest point of mse, mae, huber; "bowl_curve" (5,): lambda_max,
    lambda_min and 2 / lambda_max (-1 where nothing curves up) at the present weights, and the steep direction (w, b).
    """
    one = own(learner)
    best = optima(one)
    here = best[LOSSES.index(one.rows[0])]
    start = np.array([one.spec.w1, one.spec.b])
    half = max(LEAST_HALF, 1.3 * float(np.abs(start - here[:2]).max())) * _zoom(options)
    w, b = (np.linspace(at - half, at + half, SIDE) for at in here[:2])
    grid = yield from _grid(one, w, b)
    return {
        "bowl": grid,
        "bowl_axes": plain([w[0], w[-1], b[0], b[-1]]),
        "bowl_optima": plain(best),
        "bowl_curve": plain(curvature(one)),
    }


def _grid(one: NeuronLearner, w: Values, b: Values) -> Generator[None, None, Array]:
    """The loss at each pair of `w` and `b`, kept as long as nothing that it depends on has changed."""
    key = (one.data, one.rows[0], one.spec.scaled, w[0], w[-1], b[0], b[-1])
    kept = _BOWLS.get(one)
    if kept is not None and kept[0][0] is key[0] and kept[0][1:] == key[1:]:
        return kept[1]
    found = yield from _costs(one, np.stack(np.meshgrid(w, b), -1).reshape(-1, 2))
    _BOWLS[one] = (key, plain(found.reshape(SIDE, SIDE)))
    return _BOWLS[one][1]


def _costs(one: NeuronLearner, places: Values, *, row: int | None = None) -> Generator[None, None, Values]:
    """The mean training cost (k,) at `places` (k, inputs + 1) in slices of a few milliseconds; 0 where there are no points."""
    found = np.zeros(len(places))
    at_once = max(1, AT_ONCE // 2 // max(1, one.n_train))
    for start in range(0, len(places) if one.n_train else 0, at_once):
        part = slice(start, start + at_once)
        found[part] = one.costs(places[part], row=row)
        yield
    return found


def optima(one: NeuronLearner) -> Values:
    """(3, 3): w, b and loss where mse, mae and huber are lowest over the training points."""
    kept = _OPTIMA.get(one)
    if kept is None or kept[0] is not one.data or kept[1] != one.spec.scaled:
        kept = _OPTIMA[one] = (one.data, one.spec.scaled, _optima(*one.parts["train"]))
    return kept[2]


def _optima(x: Values, y: Values) -> Values:
    if not len(y):
        return np.zeros((3, 3))
    found = [least_squares(x, y), least_absolute(x, y), least_huber(x, y)]
    costs = [SLOPES[name].cost(x @ w, y).mean() for name, w in zip(LOSSES, found, strict=True)]
    return np.column_stack([found, costs])


def least_squares(x: Values, y: Values) -> Values:
    """The weights with the smallest mean squared error."""
    found: Values = np.asarray(np.linalg.lstsq(x, y, rcond=None)[0], np.float64)
    return found


def least_absolute(x: Values, y: Values) -> Values:
    """The weights with the smallest sum of |x w - y|; least squares where the programme cannot be solved.

    They are the multipliers of its dual, max y.d with x'd = 0 and |d| <= 1, which has two constraints instead of one a point.
    """
    solved = linprog(-y, A_eq=x.T, b_eq=np.zeros(x.shape[1]), bounds=(-1, 1), method="highs")
    return np.asarray(-solved.eqlin.marginals, np.float64) if solved.success else least_squares(x, y)


def least_huber(x: Values, y: Values) -> Values:
    """Least squares in which a residual r beyond 1 weighs 1 / abs(r), until it rests."""
    w: Values = least_squares(x, y)
    for _ in range(500):
        weight = np.sqrt(1 / np.maximum(1.0, np.abs(x @ w - y)))
        new = least_squares(x * weight[:, None], y * weight)
        if np.abs(new - w).max() < 1e-12:
            break
        w = new
    return w


def curvature(one: NeuronLearner) -> Values:
    """lambda_max, lambda_min, 2 / lambda_max (-1: none), and the unit vector of lambda_max, of the loss at the weights."""
    x, y = one.parts["train"]
    name = one.rows[0]
    if not len(y) or name == "mae":
        return np.array([0.0, 0.0, -1.0, 1.0, 0.0])
    with np.errstate(invalid="ignore", over="ignore"):
        inside = np.abs(x @ one.weights[0] - y) <= 1
    chosen, factor = (x, 2.0) if name == "mse" else (x[inside], 1.0)
    values, vectors = np.linalg.eigh(factor * chosen.T @ chosen / len(y))
    top = float(values[-1])
    return np.array([top, values[0], 2 / top if top > 1e-12 else -1.0, *vectors[:, -1]])


def sigmoids(learner: Learner, options: dict[str, Any]) -> Slices:
    """Mean squared error and cross-entropy of a sigmoid neuron over (w1, w2) at its present bias, or over (w1, b).

    `options["zoom"]` = how much wider than usual; `options["across"]` = "w2" or "b", the upward axis. "sigmoids" (2, 45, 45)
    float32, row 0 lowest; "sigmoids_axes" (4,): w1 and the other from, to; "sigmoids_points" (n, 2, 4): for each training
    point under each of the two neurons z, a, target, derivative of its loss by z.
    """
    one = own(learner)
    spec = one.spec
    upward = 2 if str(options.get("across")) == "b" else 1
    half = max(SIGMOID_HALF, 1.3 * max(abs(spec.w1), abs(spec.w2), abs(spec.b))) * _zoom(options)
    side = np.linspace(-half, half, SIGMOID_SIDE)
    grids = np.tile(one.weights[one.lead], (SIGMOID_SIDE**2, 1))
    first, second = np.meshgrid(side, side)
    grids[:, 0], grids[:, upward] = first.ravel(), second.ravel()
    first_loss = yield from _costs(one, grids, row=0)
    other_loss = yield from _costs(one, grids, row=1)
    return {
        "sigmoids": plain(np.stack([first_loss, other_loss]).reshape(2, SIGMOID_SIDE, SIGMOID_SIDE)),
        "sigmoids_axes": plain([-half, half, -half, half]),
        "sigmoids_points": plain(_points(one)),
    }


def _points(one: NeuronLearner) -> Values:
    x, y = one.parts["train"]
    found = np.zeros((len(y), 2, 4))
    for row, name in enumerate(one.rows):
        z = x @ one.weights[row]
        found[:, row] = np.stack([z, sigmoid(z), y, SLOPES[name].slope(z, y)], 1)
    return found


def _zoom(options: dict[str, Any]) -> float:
    value = options.get("zoom", 1.0)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 1.0
    return float(min(max(value, ZOOMS[0]), ZOOMS[1]))


BOWL = Analysis(bowl, ("bowl", "bowl_axes", "bowl_optima", "bowl_curve"), NeuronLearner, COSTLY_S, is_unit("linear"))
SIGMOIDS = Analysis(
    sigmoids, ("sigmoids", "sigmoids_axes", "sigmoids_points"), NeuronLearner, COSTLY_S, is_unit("sigmoid")
)
