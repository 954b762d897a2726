"""Round Gaussian clouds on a circle, one a class (scikit-learn's `make_blobs` with these centres)."""

from __future__ import annotations

from typing import Literal

import numpy as np

from nnlab.core.fields import param
from nnlab.data.points.spec import Points, PointsSpec, Values

RING = 3.5


class Blobs(PointsSpec):
    """Two to five clouds: the plainest task with several classes."""

    kind: Literal["blobs"]
    n_classes: int = param(3, ge=2, le=5, label="Clouds", help="Number of clouds; each is a class.")

    @property
    def classes(self) -> int:
        """One class a cloud."""
        return self.n_classes

    def draw(self, n: int, noise: float, rng: np.random.Generator) -> Points:
        """The standard deviation of a cloud grows from 0.6 without noise to 1.8 at 50 %."""
        y = np.arange(n) % self.n_classes
        return centres(self.n_classes)[y] + (0.6 + 2.4 * noise) * rng.standard_normal((n, 2)), y.astype(float)


def centres(n: int) -> Values:
    """Evenly on a circle of radius 3.5, the first on top: (n, 2)."""
    angle = 2 * np.pi * np.arange(n) / n
    return RING * np.stack([np.sin(angle), np.cos(angle)], axis=1)
