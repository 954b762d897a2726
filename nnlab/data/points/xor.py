"""TensorFlow Playground's exclusive or: class 1 where x and y have the same sign (dataset.ts, `classifyXORData`)."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from nnlab.data.points.spec import Points, PointsSpec, jitter

REACH = 5.0
PADDING = 0.3  # the empty cross between the quadrants


class Xor(PointsSpec):
    """Four quadrants, opposite ones alike: no straight line separates them."""

    title: ClassVar[str] = "XOR"
    kind: Literal["xor"]

    def draw(self, n: int, noise: float, rng: np.random.Generator) -> Points:
        """Uniform points pushed off the axes; the label is that of the point after a step of up to 5 * noise."""
        x = rng.uniform(-REACH, REACH, (n, 2))
        x += np.where(x > 0, PADDING, -PADDING)
        strayed = x + jitter(rng, n, REACH) * noise
        return x, (strayed[:, 0] * strayed[:, 1] >= 0).astype(float)
