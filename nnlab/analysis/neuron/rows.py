"""What the page about one neuron draws: its rows and path, and the perceptron's bookkeeping."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from nnlab.analysis.analysis import Analysis
from nnlab.analysis.neuron.margin import Margin, Values, allowed, margin
from nnlab.core.errors import Refused
from nnlab.core.records import Array, Examples
from nnlab.core.say import say
from nnlab.families.learner import Learner
from nnlab.families.neuron.learner import AT_ONCE, NeuronLearner
from nnlab.families.sampling import sample

_MARGINS: WeakKeyDictionary[Learner, tuple[Examples, Margin]] = WeakKeyDictionary()


def neuron_rows(learner: Learner, options: dict[str, Any]) -> dict[str, Array]:
    """Every neuron that is trained here, with its path.

    "neuron_rows" (m, k) float32 weights, bias last; "neuron_costs" (m,) mean training cost of each by its own loss;
    "neuron_trace" (p, 1 + m k): examples seen, weights; "neuron_trace_costs" (p, m), of a sample of many points; "neuron_seen"
    (1,) examples seen.
    """
    one = own(learner)
    trace = np.concatenate([one.trace.rows, _now(one)])
    m, k = one.weights.shape
    path = trace[:, 1:].reshape(-1, m, k)
    rows = sample(one, "train", max(1, AT_ONCE // (m * len(path))))
    costs = np.stack([one.costs(path[:, row], row=row, rows=rows) for row in range(m)], 1)
    now = np.array([float(one.costs(one.weights[[row]], row=row)[0]) for row in range(m)])
    found = {"neuron_rows": one.weights, "neuron_costs": now, "neuron_trace": trace, "neuron_trace_costs": costs}
    return {name: plain(value) for name, value in found.items()} | {"neuron_seen": plain(trace[-1:, 0])}


def _now(one: NeuronLearner) -> Values:
    return np.concatenate([[[one.seen]], one.weights.reshape(1, -1)], 1)


def perceptron(learner: Learner, options: dict[str, Any]) -> dict[str, Array]:
    """The perceptron rule's bookkeeping since points, weights or learning rate were last changed.

    "perceptron" (12,) float32: mistakes, examples, passes, period of the circle (epochs; 0 none), settled, R, gamma (0: not
    separable), mistakes allowed (-1: any number), training points, (R / gamma)^2 (-1), right in the pocket, right now.
    "perceptron_lines" (5, k) weights and "perceptron_right" (5,): perceptron, delta, logistic, pocket, largest margin.
    "perceptron_table" (24, 9): id, x, y, t, z, moved, w1, w2, b afterwards; oldest first, rows of zeros before the first.
    """
    one = own(learner)
    tally, found = one.tally, margin_of(one)
    limit = allowed(found, tally.origin / tally.unit[0])
    best = (found.radius / found.gamma) ** 2 if found.gamma else -1.0
    lines = np.vstack([one.weights, tally.pocket, found.direction])
    right = [one.right_with(line) for line in lines]
    facts = [tally.mistakes, tally.examples, tally.counts[5], tally.period, tally.settled, found.radius]
    facts += [found.gamma, limit if math.isfinite(limit) else -1, one.n_train, best, right[3], right[one.lead]]
    return {
        "perceptron": np.array(facts, np.float32),
        "perceptron_lines": plain(lines),
        "perceptron_right": np.array(right, np.float32),
        "perceptron_table": plain(tally.table),
    }


def margin_of(one: NeuronLearner) -> Margin:
    """The margin of the training points, computed once for each dataset."""
    kept = _MARGINS.get(one)
    if kept is None or kept[0] is not one.data:
        kept = _MARGINS[one] = (one.data, margin(*one.parts["train"]))
    return kept[1]


def own(learner: Learner) -> NeuronLearner:
    """`learner` as the neuron it must be."""
    if not isinstance(learner, NeuronLearner):
        raise Refused.because(say("Only a single neuron can show this; open the page One neuron."))
    return learner


def plain(values: Any) -> Array:
    """As float32, for the wire."""
    with np.errstate(over="ignore"):
        found: Array = np.asarray(values, np.float64).astype(np.float32)
    return found


def is_unit(unit: str) -> Callable[[Any], bool]:
    """Whether the neuron is of that kind."""
    return lambda learner: bool(learner.spec.unit == unit)


NEURON_ROWS = Analysis(
    neuron_rows,
    ("neuron_rows", "neuron_costs", "neuron_trace", "neuron_trace_costs", "neuron_seen"),
    NeuronLearner,
)
PERCEPTRON = Analysis(
    perceptron,
    ("perceptron", "perceptron_lines", "perceptron_right", "perceptron_table"),
    NeuronLearner,
    when=is_unit("perceptron"),
)
