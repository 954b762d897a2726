"""TensorFlow Playground's six cones of alternating sign (dataset.ts, `regressGaussian`)."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from nnlab.core.forms import Target
from nnlab.data.points.edits import LIMIT
from nnlab.data.points.spec import Points, PointsSpec, Values, jitter

# x, y and sign of each top
TOPS = np.array([[-4, 2.5, 1], [0, 2.5, -1], [4, 2.5, 1], [-4, -2.5, -1], [0, -2.5, 1], [4, -2.5, -1]])


class MultiGaussian(PointsSpec):
    """Three hills and three pits in two rows, flat 2 away from every top."""

    title: ClassVar[str] = "Multi-Gaussian"
    kind: Literal["multi_gaussian"]

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
        return x, height(x + jitter(rng, n, LIMIT) * noise)


def height(x: Values) -> Values:
    """The signed height at x (n, 2): 1 at a top, falling evenly to 0 at distance 2; the largest one counts."""
    distance = np.hypot(*(x[:, None, :] - TOPS[None, :, :2]).transpose(2, 0, 1))
    signed = TOPS[:, 2] * np.clip(1 - distance / 2, 0, 1)
    largest = np.argmax(np.abs(signed), axis=1)
    return np.asarray(signed[np.arange(len(x)), largest])
