"""t-SNE in slices: update for update what scikit-learn's `TSNE(method="exact", max_iter=…)` computes.

scikit-learn's own is a single call of seconds, which would hold a worker and the other runs in it. Here a slice is one
update; a test holds both beside each other. Sources: van der Maaten & Hinton 2008; for the step size Belkina et al. 2019.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from nnlab.core.records import Array

FIRST, EXAGGERATED = 250, 12.0  # updates at the beginning, with similarities so many times as large
SLOW, FAST = 0.5, 0.8  # momentum during these, and after
LEAST_GAIN = 0.01
CHECK, PATIENCE, SMALL = (
    50,
    300,
    1e-7,
)  # updates between two looks, without progress, and the gradient that counts as none
TRIES, CLOSE = 100, 1e-5  # of the search for a width, and how near the entropy must come
TINY = np.finfo(np.float64).eps
WIDTH = 1e-4  # of the first picture


def squared(points: Array) -> Array:
    """(n, n): squared distances between points (n, d)."""
    sizes = (points**2).sum(1)
    found: Array = np.maximum(sizes[:, None] + sizes - 2 * points @ points.T, 0)
    np.fill_diagonal(found, 0)
    return found


def similarities(distances: Array, perplexity: float) -> Generator[None, None, Array]:
    """(n, n), symmetric, with sum 1: from squared distances, each point with so many neighbours that its perplexity is the wanted one."""
    n = len(distances)
    wanted, others = np.log(perplexity), ~np.eye(n, dtype=bool)
    beta, low, high = np.ones(n), np.full(n, -np.inf), np.full(n, np.inf)
    p, open_ = np.zeros((n, n)), np.ones(n, dtype=bool)
    for _ in range(TRIES):
        rows = np.flatnonzero(open_)
        near = np.exp(-distances[rows] * beta[rows, None]) * others[rows]
        total = near.sum(1)
        total[total == 0] = 1e-8
        near /= total[:, None]
        p[rows] = near
        entropy = np.log(total) + beta[rows] * (distances[rows] * near).sum(1)
        off = entropy - wanted
        open_[rows] = np.abs(off) > CLOSE
        wide, narrow = rows[off > 0], rows[off <= 0]
        low[wide], high[narrow] = beta[wide], beta[narrow]
        beta[wide] = np.where(np.isinf(high[wide]), 2 * beta[wide], (beta[wide] + high[wide]) / 2)
        beta[narrow] = np.where(np.isinf(low[narrow]), beta[narrow] / 2, (beta[narrow] + low[narrow]) / 2)
        yield
        if not open_.any():
            break
    p += p.T
    found: Array = np.maximum(p / max(p.sum(), TINY), TINY) * others
    return found


def began(scores: Array, seed: int) -> Array:
    """(n, 2): the first two principal components, made small; where there is one alone, or none, noise stands for what is missing."""
    plane = np.zeros((len(scores), 2))
    plane[:, : min(2, scores.shape[1])] = scores[:, :2]
    missing = plane.std(0) < 1e-12
    noise = np.random.default_rng(seed).standard_normal(plane.shape)
    size = plane[:, 0].std() if not missing[0] else 1.0
    plane[:, missing] = 1e-2 * size * noise[:, missing]
    return np.asarray(plane / max(plane[:, 0].std(), 1e-30) * WIDTH)


def tsne(p: Array, start: Array, updates: int) -> Generator[float, None, tuple[Array, float]]:
    """Points (n, 2) whose neighbours are those of the similarities `p`, and their divergence; yields how far it is, 0…1."""
    y, n = start.astype(np.float64), len(start)
    rate = max(n / EXAGGERATED / 4, 50.0)
    speed, gains = np.zeros_like(y), np.ones_like(y)
    best, best_at = np.inf, 0
    for i in range(updates):
        exaggerated = i < FIRST
        if i == FIRST:
            speed, gains, best, best_at = np.zeros_like(y), np.ones_like(y), np.inf, i
        check = (i + 1) % CHECK == 0 or i == updates - 1
        gradient, divergence = _gradient(p, y, EXAGGERATED if exaggerated else 1.0, told=check)
        against = speed * gradient < 0
        gains = np.maximum(np.where(against, gains + 0.2, gains * 0.8), LEAST_GAIN)
        gradient *= gains
        speed = (SLOW if exaggerated else FAST) * speed - rate * gradient
        y += speed
        if check:
            if divergence < best:
                best, best_at = divergence, i
            elif not exaggerated and i - best_at > PATIENCE:
                break
            if not exaggerated and np.linalg.norm(gradient) <= SMALL:
                break
        yield (i + 1) / updates
    return y, _gradient(p, y, 1.0, told=True)[1]


def _gradient(p: Array, y: Array, times: float, *, told: bool) -> tuple[Array, float]:
    """Of the divergence of p · `times` from the similarities of `y`, and where it is `told` the divergence itself."""
    near = squared(y)
    near += 1
    np.reciprocal(near, out=near)
    np.fill_diagonal(near, 0)
    q = near / near.sum()
    np.maximum(q, TINY, out=q)
    apart = p * times if times != 1 else p
    divergence = float((apart * np.log(np.maximum(apart, TINY) / q)).sum()) if told else np.nan
    pull = (apart - q) * near
    return 4 * (pull.sum(1)[:, None] * y - pull @ y), divergence
