"""Two half moons that hook into each other: scikit-learn's `make_moons`, enlarged to the plane."""

from __future__ import annotations

from typing import Literal

import numpy as np

from nnlab.data.points.spec import Points, PointsSpec

CENTRE = np.array([0.5, 0.25])  # the middle of scikit-learn's two moons
ENLARGED = 3.0


class Moons(PointsSpec):
    """Two half circles of radius 3, the second upside down and moved by (3, 1.5)."""

    kind: Literal["moons"]

    def draw(self, n: int, noise: float, rng: np.random.Generator) -> Points:
        """Points at even steps; `noise` is make_moons's standard deviation, so 50 % is 1.5 on the plane."""
        y = np.arange(n) % 2
        steps = np.array([(n + 1) // 2, n // 2])[y] - 1
        angle = np.pi * (np.arange(n) // 2) / steps
        upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
        x = np.where(y[:, None] == 0, upper, lower) + noise * rng.standard_normal((n, 2))
        return (x - CENTRE) * ENLARGED, y.astype(float)
