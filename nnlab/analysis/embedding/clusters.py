"""k-means of scikit-learn, one start a slice, and how well its clusters match the classes."""

from __future__ import annotations

import warnings
from collections.abc import Generator
from typing import Any

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score

from nnlab.core.records import Array

STARTS = 10
PIECE, LONGEST = 6, 50  # updates of the means in a slice, and slices of a start


def clustered(points: Array, k: int, seed: int) -> Generator[None, None, Array]:
    """(n,) int32: the cluster of each of some points (n, d), by the tightest of ten starts; the largest cluster is 0, and so on."""
    best, found = np.inf, np.zeros(len(points), np.int32)
    k, points = min(k, len(points)), points.astype(np.float32)
    for start in range(STARTS if points.shape[1] else 0):
        begin: Any = "k-means++"
        for _ in range(LONGEST):
            means = KMeans(k, init=begin, n_init=1, max_iter=PIECE, random_state=(seed + start) % 2**31)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)  # fewer different points than clusters
                means.fit(points)
            yield
            begin = means.cluster_centers_
            if means.n_iter_ < PIECE:
                break
        if means.inertia_ < best * (1 - 1e-6):
            best, found = means.inertia_, means.labels_
    sizes = np.bincount(found, minlength=k)
    place = np.empty(k, np.int32)
    place[np.argsort(-sizes, kind="stable")] = np.arange(k)
    return place[found]


def purity(clusters: Array, classes: Array) -> float:
    """The share of examples that belong to the most frequent class of their cluster (Manning et al. 2008, section 16.3)."""
    return float(sum(np.bincount(classes[clusters == c]).max() for c in np.unique(clusters)) / len(classes))


def agreement(clusters: Array, classes: Array) -> float:
    """The adjusted Rand index: 1 where both are the same groups, about 0 where they have nothing to do with each other."""
    return float(adjusted_rand_score(classes, clusters))
