"""What every dataset of the plane shares: sample count, noise, split, seed, and the points a person moved, added or removed."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from nnlab.core.experiment import DataSpec
from nnlab.core.fields import param
from nnlab.core.records import Dataset
from nnlab.core.rng import stream

LIMIT = 6.0  # the plane shown is [-6, 6] x [-6, 6], as in TensorFlow Playground
ADDED = 1_000_000  # ids from here on are points that a person added
Coordinate = Annotated[float, Field(ge=-LIMIT, le=LIMIT)]
PointId = Annotated[int, Field(ge=0, le=ADDED + 5_000)]

Points = tuple[NDArray[np.float64], NDArray[np.float64]]


class PointsSpec(DataSpec):
    """Generated points of the plane. Edits are applied last, so moving a slider keeps them."""

    samples: int = param(500, ge=10, le=5_000, label="Samples", unit="points", live=True, help="Points in training and test set together.")
    noise: float = param(0.0, ge=0, le=50, step=5, unit="%", label="Noise", live=True, help="How far points stray from the pattern.")
    test_noise: float | None = param(None, ge=0, le=50, step=5, unit="%", label="Noise of the test set", live=True, help="Its own noise for the test points; empty means the same as for training.")
    train_share: float = param(50, ge=10, le=90, step=5, unit="%", label="Training share", live=True, help="Part of the points that the network learns from; the rest tests it.")
    seed: int = param(0, ge=0, le=2**31 - 1, label="Seed of the data", live=True, widget="number", help="Draws other points of the same pattern.")
    moved: tuple[tuple[PointId, Coordinate, Coordinate], ...] = param((), max_length=2_000, label="Moved points", live=True, widget="none", help="Points that were dragged: id, x, y.")
    removed: tuple[PointId, ...] = param((), max_length=5_000, label="Removed points", live=True, widget="none", help="Ids of points that were taken away.")
    added: tuple[tuple[Coordinate, Coordinate, Annotated[float, Field(ge=-10, le=10)]], ...] = param((), max_length=2_000, label="Added points", live=True, widget="none", help="Points that were added: x, y, label.")

    @abstractmethod
    def draw(self, n: int, noise: float, rng: np.random.Generator) -> Points:
        """`n` points with `noise` in 0..0.5: x (n, 2) and y (n,)."""
