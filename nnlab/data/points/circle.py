"""TensorFlow Playground's circle: a disc of class 1 inside a ring of class 0 (dataset.ts, `classifyCircleData`)."""

from __future__ import annotations

from typing import Literal

import numpy as np

from nnlab.data.points.spec import Points, PointsSpec, jitter

RADIUS = 5.0


class Circle(PointsSpec):
    """A disc of radius 2.5 inside a ring from 3.5 to 5; noise blurs which side of 2.5 a point counts to."""

    kind: Literal["circle"]

    def draw(self, n: int, noise: float, rng: np.random.Generator) -> Points:
        """Radius and angle are uniform; the label is that of the point after a step of up to 5 * noise."""
        inside = np.arange(n) % 2 == 0
        lower, upper = np.where(inside, 0.0, 0.7 * RADIUS), np.where(inside, 0.5 * RADIUS, RADIUS)
        r = lower + (upper - lower) * rng.random(n)
        angle = rng.uniform(0, 2 * np.pi, n)
        x = np.stack([r * np.sin(angle), r * np.cos(angle)], axis=1)
        strayed = x + jitter(rng, n, RADIUS) * noise
        return x, (np.hypot(strayed[:, 0], strayed[:, 1]) < 0.5 * RADIUS).astype(float)
