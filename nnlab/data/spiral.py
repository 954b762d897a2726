"""TensorFlow Playground's two spirals."""

from __future__ import annotations

from typing import Literal

import numpy as np

from nnlab.data.points import Points, PointsSpec


class Spiral(PointsSpec):
    """Two interleaved arms: the hardest of the classic four."""

    kind: Literal["spiral"]

    def draw(self, n: int, noise: float, rng: np.random.Generator) -> Points:
        raise NotImplementedError
