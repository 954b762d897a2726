"""Which names of a set test and which train: near twins bear one name, so a name never stands on both sides.

Works on counts alone, so that the server can tell the sizes of a set whose pictures it never loads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnlab.core.rng import stream

Counts = NDArray[np.int64]


class Named(NamedTuple):
    """Pictures of each name of one class, (names,): how many there are if it trains, and how many if it tests."""

    trains: Counts
    tests: Counts


class Cut(NamedTuple):
    """One class after the split: indices of its names in the order in which they are used, and how many pictures are taken."""

    train_names: Counts
    test_names: Counts
    n_train: int
    n_test: int


def each_its_own(count: int) -> Named:
    """`count` pictures without near twins: each is a name of its own."""
    ones = np.ones(count, np.int64)
    return Named(ones, ones)


def cut(classes: Sequence[Named], samples: int, train_share: float, seed: int) -> tuple[Cut, ...]:
    """The split of every class, of `samples` pictures in all at most.

    Each class is cut for itself at `train_share` (in %), with a name on either side at least: it must have two, one of them with
    pictures to train and another with pictures to test. Fewer samples are taken from all classes in proportion, two of each at least.
    """
    walks = [_walk(names, train_share, stream(seed, "split", c)) for c, names in enumerate(classes)]
    there = np.array(
        [[names.trains[a].sum(), names.tests[b].sum()] for names, (a, b) in zip(classes, walks, strict=True)]
    )
    cuts = []
    for (train_names, test_names), (n_train, n_test), wanted in zip(walks, there, _quotas(there, samples), strict=True):
        tests = int(np.clip(round(wanted * n_test / (n_train + n_test)), 1, n_test))
        cuts.append(Cut(train_names, test_names, int(np.clip(wanted - tests, 1, n_train)), tests))
    return tuple(cuts)


def _walk(names: Named, train_share: float, rng: np.random.Generator) -> tuple[Counts, Counts]:
    """Names that train and names that test: the first of a random order test until their share is reached."""
    order = rng.permutation(len(names.trains))
    able = order[names.tests[order] > 0]
    reached = np.cumsum(names.tests[able])
    k = int(np.searchsorted(reached, names.tests.sum() * (100 - train_share) / 100 - 1e-6)) + 1
    wished = [able[:last] for last in range(min(k, len(able)), 0, -1)]
    for tests in (*wished, *able[1:, None]):
        left = order[~np.isin(order, tests) & (names.trains[order] > 0)]
        if len(left):
            return left, tests
    raise ValueError("A class must have two names, one to train and another to test.")


def _quotas(there: Counts, samples: int) -> Counts:
    """Pictures of each class, in proportion to what is `there`, (classes, 2): by the largest remainders, two of each at least."""
    each = there.sum(axis=1)
    exact = each * min(1.0, samples / each.sum())
    found: Counts = np.floor(exact + 1e-9).astype(np.int64)
    missing = min(samples, int(each.sum())) - int(found.sum())
    found[np.argsort(found - exact, kind="stable")[:missing]] += 1
    found[found < 2] = 2
    return found
