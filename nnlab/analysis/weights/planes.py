"""Planes in weight space to draw the loss on: filter-normalised random directions, and the run's own principal ones.

Random directions are scaled filter by filter to the norm of the weights they move, so that the picture does not depend on
the scale of the weights (Li et al. 2018, Visualizing the loss landscape of neural nets, section 4). The other plane is spanned
by the first two principal components of the run's path, relative to where it stands (the same paper, section 7.2).
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from nnlab.core.rng import stream
from nnlab.families.learner import Block

Vector = NDArray[np.float64]
SLICE = 2**17  # numbers that are drawn or scaled at once
PIECE = 2**15  # parameters at once: they stay in the cache, and need no room beside the result
AT_ONCE = 50_000_000  # multiplications of float64 numbers: some milliseconds


@dataclass(frozen=True)
class Plane:
    """`origin + a * first + b * second`. `explained`: each direction's share of the path's variance (0, 0 if random).

    `filters`: whether the directions are normalised filter by filter.
    """

    origin: Vector
    first: Vector
    second: Vector
    explained: tuple[float, float] = (0.0, 0.0)
    filters: bool = False

    def points(self, a: NDArray[np.float64], b: NDArray[np.float64]) -> Vector:
        """Coordinates (k,) and (k,) -> weights (k, n_parameters)."""
        found: Vector = self.origin + np.outer(a, self.first) + np.outer(b, self.second)
        return found

    def projection(self) -> Vector:
        """(2, n_parameters): times (weights - origin), the coordinates of the nearest point of the plane."""
        products = np.array([[one @ other for other in (self.first, self.second)] for one in (self.first, self.second)])
        inverse = np.linalg.pinv(products, hermitian=True)  # far cheaper than that of the basis
        found = np.empty((2, len(self.first)))
        for at in range(0, len(self.first), PIECE):
            part = slice(at, at + PIECE)
            np.matmul(inverse, [self.first[part], self.second[part]], out=found[:, part])
        return found

    def coordinates(self, weights: Vector) -> Vector:
        """Weights (m, n_parameters) -> the nearest point's coordinates (m, 2), by least squares."""
        found: Vector = (weights - self.origin) @ self.projection().T
        return found


def random_plane(origin: Vector, blocks: tuple[Block, ...], *, seed: int) -> Plane:
    """See `drawing`."""
    work = drawing(origin, blocks, seed=seed)
    while True:
        try:
            next(work)
        except StopIteration as stop:
            plane: Plane = stop.value
            return plane


def drawing(origin: Vector, blocks: tuple[Block, ...], *, seed: int) -> Generator[float, None, Plane]:
    """Two Gaussian directions, each row of a weight matrix as long as the weights it moves; biases stay (Li et al. 2018).

    Where these span no plane (a neuron with one input, weights that are all zero, a place on a surface), all parameters move:
    the directions are orthogonal and as long as the weights, at least 1. Two parameters are their own plane. In slices of a few
    milliseconds, for a network may have a million parameters.
    """
    rng = stream(seed, "landscape")
    drawn = [np.empty_like(origin) for _ in range(2)]
    for direction in drawn:
        for at in range(0, len(origin), SLICE):
            rng.standard_normal(out=direction[at : at + SLICE])
            yield 0.0
    first, second = [np.zeros_like(direction) for direction in drawn]
    for found, direction in ((first, drawn[0]), (second, drawn[1])):
        for block in blocks:
            rows = max(1, SLICE // block.fan_in)
            for at in range(0, block.fan_out, rows):
                _filter_normalise(found, direction, origin, _some(block, at, rows))
                yield 0.0
    if len(origin) > 2 and _span(first, second):
        return Plane(origin, first, second, filters=True)
    first, second = np.eye(2) if len(origin) == 2 else (drawn[0] / np.linalg.norm(drawn[0]), drawn[1])
    length = max(1.0, float(np.linalg.norm(origin)))
    return Plane(origin, length * first, length * _orthogonal(second, [first]))


def _some(block: Block, at: int, rows: int) -> Block:
    """At most so many rows of a block, from one on."""
    return replace(block, start=block.start + at * block.stride, fan_out=min(rows, block.fan_out - at))


def _span(first: Vector, second: Vector) -> bool:
    """Whether the directions differ by more than their length."""
    across = float(first @ second)
    # squares of the singular values
    low, high = np.linalg.eigvalsh(np.array([[float(first @ first), across], [across, float(second @ second)]]))
    return bool(low > 1e-12 * max(float(high), 1e-60))


def products(offsets: Vector) -> Generator[float, None, Vector]:
    """The products (m, m) of each two of `offsets` (m, n_parameters), in slices of a few milliseconds."""
    found = np.zeros((len(offsets), len(offsets)))
    for part in np.array_split(offsets, 1 + offsets.size * len(offsets) // AT_ONCE, 1):
        found += part @ part.T
        yield 0.0
    return found


def path_plane(origin: Vector, path: Vector) -> Plane:
    """`planing` at once."""
    offsets = path - origin
    work = planing(origin, offsets, offsets @ offsets.T)
    while True:
        try:
            next(work)
        except StopIteration as done:
            found: Plane = done.value
            return found


def planing(origin: Vector, offsets: Vector, gram: Vector) -> Generator[float, None, Plane]:
    """The first two principal directions of a path (m, n_parameters) seen from `origin`, each of length 1; in slices.

    `offsets`: the path - origin. `gram`: their `products`.

    Directions point to the beginning of the path, so that the picture keeps its orientation while the path grows. A path that is
    a line or a point leaves directions over: they are filled with unit vectors orthogonal to the rest.
    """
    # m is at most a few hundred, n may be tens of thousands: the small Gram matrix has the same singular values.
    values, vectors = np.linalg.eigh(gram)
    order = np.argsort(values)[::-1][:2]
    total = max(float(np.clip(values, 0, None).sum()), 1e-300)
    directions: list[Vector] = []
    for i in order:
        if values[i] > 1e-10 * total:
            side = np.sign(vectors[np.argmax(np.abs(vectors[:, i])), i])
            directions.append(side * (offsets.T @ vectors[:, i]) / np.sqrt(values[i]))
            yield 0.0
    shares = [float(values[i]) / total for i in order[: len(directions)]]
    rng = stream(0, "plane")
    while len(directions) < 2:
        drawn = rng.standard_normal(len(origin))
        yield 0.0
        directions.append(_orthogonal(drawn, directions))
        yield 0.0
    return Plane(origin, directions[0], directions[1], (*shares, 0.0, 0.0)[:2])  # type: ignore[arg-type]


def _filter_normalise(found: Vector, direction: Vector, weights: Vector, block: Block) -> None:
    """Write the rows of a block into `found`, as long as those of the weights."""
    drawn, moved = _rows(direction, block), _rows(weights, block)
    length = np.linalg.norm(moved, axis=1) / (np.linalg.norm(drawn, axis=1) + 1e-10)
    np.multiply(drawn, length[:, None], out=_rows(found, block))


def _rows(flat: Vector, block: Block) -> Vector:
    """The weight matrix (fan_out, fan_in) of a block, as a view into the flat vector."""
    all_rows = sliding_window_view(flat[block.start :], block.fan_in, writeable=True)
    return all_rows[:: block.stride][: block.fan_out]


def _orthogonal(direction: Vector, others: list[Vector]) -> Vector:
    for other in others:
        direction = direction - other * float(direction @ other)
    length = np.linalg.norm(direction)
    # In a space of one dimension nothing is orthogonal to the first direction: the plane is a line there.
    found: Vector = direction / length if length > 1e-9 else direction * 0
    return found
