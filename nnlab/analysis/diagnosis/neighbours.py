"""How well the training points can be told from one another at all: what their nearest neighbours say of them.

The nearest neighbours of a point err at most about twice as often as the best of all classifiers, and five of them less (Cover
and Hart 1967). Each training point is left out of its own neighbours, so no test set is needed.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from nnlab.core.forms import Points
from nnlab.core.records import Array, Examples
from nnlab.families.learner import Learner, Rows
from nnlab.families.sampling import sample

NEAREST = 5
FEWEST = 20  # points before neighbours tell anything
MOST = 1_000  # training points that are looked at
AT_ONCE = 100  # of them in a slice: a millisecond or two
_KNOWN: WeakKeyDictionary[Learner, tuple[Examples, float]] = WeakKeyDictionary()


def told_by_neighbours(learner: Learner) -> Generator[None, None, float]:
    """Share of training points whose five nearest others are mostly of their class; for numbers, the mean squared error of
    the five's mean. NaN where that cannot be said: fewer than 20 points, or no points of the plane. Kept for the same data.
    """
    data = learner.data
    known = _KNOWN.get(learner)
    if known is None or known[0] is not data:
        found = yield from _measured(learner)
        known = _KNOWN[learner] = (data, found)
    return known[1]


def looked_at(learner: Learner) -> Rows:
    """The training points that are looked at: the same sample each time."""
    return sample(learner, "train", MOST)


def _measured(learner: Learner) -> Generator[None, None, float]:
    data = learner.data
    if not isinstance(data.form, Points) or data.answer.kind not in ("class", "number"):
        return math.nan
    rows = looked_at(learner)
    x, y = (part if isinstance(rows, slice) else part[rows.cpu().numpy()] for part in data.parts["train"])
    if len(y) < FEWEST:
        return math.nan
    total = 0.0
    for start in range(0, len(y), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        answers = y[_nearest(x, np.arange(len(y))[some])]  # (at once, NEAREST)
        if data.answer.kind == "number":
            total += float(((answers.mean(1) - y[some]) ** 2).sum())
        else:
            votes = (answers[:, :, None] == np.arange(data.answer.classes)).sum(1)
            total += float((votes.argmax(1) == y[some]).sum())
        yield
    return total / len(y)


def _nearest(x: Array, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """Indices (chosen, NEAREST) of the points of x (n, 2) that are nearest to each chosen one, itself left out."""
    squares = ((x[chosen][:, None] - x[None]) ** 2).sum(-1)
    squares[np.arange(len(chosen)), chosen] = np.inf
    found: NDArray[np.int64] = np.argpartition(squares, NEAREST, axis=1)[:, :NEAREST]
    return found
