"""How far two classes can be told apart by a line, and how many mistakes that allows a perceptron.

With x' = (x, y, 1), the margin gamma is the largest min t w.x' over unit vectors w. By duality it is the distance from the
origin to the convex hull of the points t x' (Wolfe 1976, "Finding the nearest point in a polytope", gives it exactly), and no
line separates the classes where that distance is 0. Novikoff 1962: at most (R / gamma)^2 mistakes, R the largest length of x'.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
TINY = 1e-10
MOST_ROUNDS = 1_000


class Margin(NamedTuple):
    """`gamma` is 0 where no line separates the classes; `direction` is the unit vector that has the margin."""

    radius: float
    gamma: float
    direction: Values


def margin(x: Values, t: Values) -> Margin:
    """The margin of rows x (n, inputs + 1) with targets t = -1 or 1."""
    if not len(x):
        return Margin(0.0, 0.0, np.zeros(x.shape[1]))
    radius = float(np.linalg.norm(x, axis=1).max())
    nearest = nearest_point(x * t[:, None])
    gamma = float(np.linalg.norm(nearest))
    if gamma <= 1e-7 * max(radius, 1.0):
        return Margin(radius, 0.0, np.zeros(x.shape[1]))
    direction = nearest / gamma
    return Margin(radius, float(((x * t[:, None]) @ direction).min()), direction)


def nearest_point(points: Values) -> Values:
    """The point of the convex hull of `points` (n, d) that is nearest to the origin."""
    corral = [int((points**2).sum(1).argmin())]
    share: Values = np.ones(1)
    found: Values = points[corral[0]].copy()
    scale = float((points**2).sum(1).max())
    for _ in range(MOST_ROUNDS):
        best = int((points @ found).argmin())
        if points[best] @ found >= found @ found - TINY * scale or best in corral:
            break
        corral.append(best)
        share = np.append(share, 0.0)
        while (
            True
        ):  # towards the nearest point of the corral's plane, dropping those that it would need less than nothing of
            wanted = _affine(points[corral])
            if (wanted > TINY).all():
                share = wanted
                break
            falling = wanted <= TINY
            step = float(np.min(share[falling] / np.maximum(share[falling] - wanted[falling], 1e-300)))
            share = share + min(1.0, max(0.0, step)) * (wanted - share)
            kept = share > TINY
            if kept.all():
                kept[int(share.argmin())] = False
            corral = [c for c, k in zip(corral, kept, strict=True) if k]
            share = share[kept] / share[kept].sum()
        found = np.asarray(share @ points[corral], np.float64)
    return found


def _affine(points: Values) -> Values:
    """Shares that sum to 1 of the point nearest to the origin in the plane through `points`."""
    m = len(points)
    system = np.zeros((m + 1, m + 1))
    system[0, 1:] = system[1:, 0] = 1
    system[1:, 1:] = points @ points.T
    right = np.zeros(m + 1)
    right[0] = 1
    solved: Values = np.asarray(np.linalg.lstsq(system, right, rcond=None)[0][1:], np.float64)
    return solved


def allowed(found: Margin, start: Values) -> float:
    """Mistakes that are possible from weights `start` (in units of the learning rate); infinite where no line separates.

    |w_k|^2 <= |start|^2 + k R^2 and w_k.u >= start.u + k gamma give a quadratic in k; (R / gamma)^2 from zero.
    """
    if found.gamma <= 0:
        return math.inf
    along = float(start @ found.direction)
    half = found.radius**2 / 2 - found.gamma * along
    rest = along**2 - float(start @ start)
    return max(0.0, (half + math.sqrt(max(0.0, half**2 - found.gamma**2 * rest))) / found.gamma**2)
