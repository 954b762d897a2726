"""TensorFlow Playground's two spirals: r = 5 i / n, angle = 1.75 * 2 pi i / n (dataset.ts, `classifySpiralData`)."""

from __future__ import annotations

from typing import Literal

import numpy as np

from nnlab.data.points.arms import wind
from nnlab.data.points.spec import Points, PointsSpec, jitter


class Spiral(PointsSpec):
    """Two interleaved arms: the hardest of the classic four."""

    kind: Literal["spiral"]

    def draw(self, n: int, noise: float, rng: np.random.Generator) -> Points:
        """Points at even steps along each arm, moved by up to `noise` along both axes; the first arm is class 1."""
        x, arm = wind(n, 2, turns=1.75, steps=jitter(rng, n, 1.0) * noise)
        return x, 1 - arm
