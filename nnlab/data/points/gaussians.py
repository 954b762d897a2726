"""TensorFlow Playground's two Gaussian clouds (dataset.ts, `classifyTwoGaussData`)."""

from __future__ import annotations

from typing import Literal

import numpy as np

from nnlab.data.points.spec import Points, PointsSpec, Values

CENTRE = 2.0


class Gaussians(PointsSpec):
    """Class 1 around (2, 2), class 0 around (-2, -2): one neuron is enough."""

    kind: Literal["gaussians"]

    def draw(self, n: int, noise: float, rng: np.random.Generator) -> Points:
        """The variance of a cloud grows from 0.5 without noise to 4 at 50 %."""
        y = ((np.arange(n) + 1) % 2).astype(float)
        centre = np.where(y == 1, CENTRE, -CENTRE)[:, None]
        x: Values = centre + float(np.sqrt(0.5 + 7 * noise)) * rng.standard_normal((n, 2))
        return x, y
