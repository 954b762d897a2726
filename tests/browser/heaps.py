"""Points in more classes than a dataset of our own has."""

from __future__ import annotations

from typing import Literal

import numpy as np

from nnlab.core.fields import param
from nnlab.data.points.spec import Points, PointsSpec

LINES = {"many_heaps": f"{__name__}:ManyHeaps"}


class ManyHeaps(PointsSpec):
    """A heap a class, evenly on a circle."""

    kind: Literal["many_heaps"]
    n_classes: int = param(12, ge=2, le=40, label="Heaps", help="Heaps, and so classes.")

    @property
    def classes(self) -> int:
        return self.n_classes

    def draw(self, n: int, noise: float, rng: np.random.Generator) -> Points:
        y = np.arange(n) % self.n_classes
        angle = 2 * np.pi * y / self.n_classes
        return 4.5 * np.stack([np.sin(angle), np.cos(angle)], 1) + 0.4 * rng.standard_normal((n, 2)), y.astype(float)
