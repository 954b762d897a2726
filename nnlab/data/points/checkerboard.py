"""A board of alternating cells: class = (column + row) mod 2."""

from __future__ import annotations

from typing import Literal

import numpy as np

from nnlab.core.fields import param
from nnlab.data.points.edits import LIMIT
from nnlab.data.points.spec import Points, PointsSpec, jitter


class Checkerboard(PointsSpec):
    """The exclusive or, repeated: more cells need more bends."""

    kind: Literal["checkerboard"]
    cells: int = param(
        4, ge=2, le=8, label="Cells per side", live=True, help="Number of cells in each row of the board."
    )

    def draw(self, n: int, noise: float, rng: np.random.Generator) -> Points:
        """Uniform points; the label is that of the point after a step of up to one cell * noise."""
        width = 2 * LIMIT / self.cells
        x = rng.uniform(-LIMIT, LIMIT, (n, 2))
        strayed = x + jitter(rng, n, width) * noise
        column_and_row = np.floor((strayed + LIMIT) / width)
        return x, column_and_row.sum(axis=1) % 2
