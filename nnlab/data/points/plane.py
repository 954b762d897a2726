"""TensorFlow Playground's plane: target = (x + y) / 10 (dataset.ts, `regressPlane`)."""

from __future__ import annotations

from typing import Literal

import numpy as np

from nnlab.core.forms import Target
from nnlab.data.points.edits import LIMIT
from nnlab.data.points.spec import Points, PointsSpec, jitter


class Plane(PointsSpec):
    """A slope: one linear neuron learns it exactly. The corners reach ±1.2, and ±1.8 with all the noise."""

    kind: Literal["plane"]

    @property
    def target(self) -> Target:
        """A number is predicted."""
        return "number"

    @property
    def classes(self) -> int:
        """1: there are no classes."""
        return 1

    def draw(self, n: int, noise: float, rng: np.random.Generator) -> Points:
        """Uniform points; the target is that of the point after a step of up to 6 * noise."""
        x = rng.uniform(-LIMIT, LIMIT, (n, 2))
        strayed = x + jitter(rng, n, LIMIT) * noise
        return x, strayed.sum(axis=1) / 10
