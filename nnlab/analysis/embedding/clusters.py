"""k-means in slices, and how well clusters match classes; tests hold both beside scikit-learn, which takes a second to load."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from nnlab.core.records import Array

STARTS, LONGEST = 10, 200  # times that it begins anew, and moves of the means each time
BETTER = 1 - 1e-6  # of the tightest so far: below it another start counts as tighter


def clustered(points: Array, k: int, seed: int) -> Generator[None, None, Array]:
    """(n,) int32: the cluster of each of some points (n, d), by the tightest of ten starts; the largest cluster is 0, and so on."""
    k, random = min(k, len(points)), np.random.default_rng(seed)
    best, found = np.inf, np.zeros(len(points), np.int32)
    for _ in range(STARTS if points.shape[1] else 0):
        means = begun(points, k, random)
        yield
        groups, spread = yield from moved(points, means)
        if spread < best * BETTER:
            best, found = spread, groups
    sizes = np.bincount(found, minlength=k)
    place = np.empty(k, np.int32)
    place[np.argsort(-sizes, kind="stable")] = np.arange(k)
    return np.asarray(place[found])


def begun(points: Array, k: int, random: np.random.Generator) -> Array:
    """(k, d): points far from each other, drawn by k-means++ (Arthur & Vassilvitskii 2007)."""
    chosen = [int(random.integers(len(points)))]
    nearest = ((points - points[chosen[0]]) ** 2).sum(1)
    for _ in range(1, k):
        total = nearest.sum()
        share = nearest / total if total > 0 else np.full(len(points), 1 / len(points))
        chosen.append(int(random.choice(len(points), p=share)))
        nearest = np.minimum(nearest, ((points - points[chosen[-1]]) ** 2).sum(1))
    return points[chosen]


def moved(points: Array, means: Array) -> Generator[None, None, tuple[Array, float]]:
    """Lloyd's algorithm from `means` (k, d) to where no point changes its cluster: clusters (n,), and the sum of squared distances.

    A mean without points goes to the point that is furthest from its own.
    """
    k, sizes, old = len(means), (points**2).sum(1), np.full(len(points), -1)
    for _ in range(LONGEST):
        distances = sizes[:, None] + (means**2).sum(1) - 2 * points @ means.T
        groups = distances.argmin(1)
        own = np.maximum(distances[np.arange(len(points)), groups], 0)
        if (groups == old).all():
            break
        old = groups
        members = np.eye(k)[groups]
        count = members.sum(0)
        means = (members.T @ points) / np.maximum(count, 1)[:, None]
        for empty, far in zip(np.flatnonzero(count == 0), np.argsort(-own, kind="stable"), strict=False):
            means[empty] = points[far]
        yield
    return groups, float(own.sum())


def purity(clusters: Array, classes: Array) -> float:
    """The share of examples that belong to the most frequent class of their cluster (Manning et al. 2008, section 16.3)."""
    return float(crossed(clusters, classes).max(1).sum() / len(classes))


def agreement(clusters: Array, classes: Array) -> float:
    """The adjusted Rand index (Hubert & Arabie 1985): 1 where both are the same groups, about 0 where they are as if by chance."""
    table = crossed(clusters, classes)
    both, rows, columns = (_pairs(counts) for counts in (table, table.sum(1), table.sum(0)))
    chance = rows * columns / _pairs(np.array([len(classes)])) if len(classes) > 1 else 0.0
    most = (rows + columns) / 2
    return 1.0 if most == chance else (both - chance) / (most - chance)


def crossed(clusters: Array, classes: Array) -> Array:
    """(clusters, classes): how many examples are in both."""
    table = np.zeros((int(clusters.max()) + 1, int(classes.max()) + 1))
    np.add.at(table, (clusters, classes), 1)
    return table


def _pairs(counts: Array) -> float:
    return float((counts * (counts - 1) / 2).sum())
