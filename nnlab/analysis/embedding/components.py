"""Principal components of few examples with many numbers: from the products of examples, so that no length is too long."""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple

import numpy as np

from nnlab.core.records import Array

PIECE = 25_000_000  # multiplications of a slice, about: some milliseconds
NOTHING = 1e-10  # of the largest variance: below it a direction is rounding


class Components(NamedTuple):
    """`scores` (n, r) float64: the examples along all r directions in which they differ, the widest first, so that distances
    are those of the examples themselves. `share` (r,): each direction's part of the variance."""

    scores: Array
    share: Array


def components(examples: Array) -> Generator[None, None, Components]:
    """Of examples (n, d), in slices. Singular value decomposition would give the same, up to the sign of each direction.

    A direction's sign is chosen so that its largest score is positive: equal examples give equal pictures.
    """
    n, d = examples.shape
    products, wide = np.zeros((n, n)), max(1, PIECE // max(1, n * n))
    for start in range(0, d, wide):
        part = examples[:, start : start + wide].astype(np.float64)
        part -= part.mean(0)
        products += part @ part.T
        yield
    values, vectors = np.linalg.eigh(products)
    yield
    kept = values > max(NOTHING * max(values[-1], 0.0), 1e-30)
    values, vectors = values[kept][::-1], vectors[:, kept][:, ::-1]
    scores = vectors * np.sqrt(values)
    if len(values):
        scores *= np.sign(scores[np.abs(scores).argmax(0), np.arange(len(values))])
    return Components(np.ascontiguousarray(scores), values / max(values.sum(), 1e-30))


def first_two(scores: Array) -> Array:
    """(n, 2): the first two directions, 0 where there are fewer."""
    plane = np.zeros((len(scores), 2))
    plane[:, : min(2, scores.shape[1])] = scores[:, :2]
    return plane
