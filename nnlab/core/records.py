"""Named arrays: what analyses give, what frames carry and what plots draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
# "descent": no examples to learn from, but a surface to go down on
Task = Literal["classification", "regression", "descent"]


@dataclass(frozen=True)
class Record:
    """Arrays by name with a few plain facts beside them (`facts` must be JSON)."""

    arrays: Mapping[str, Array]
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Quantised:
    """A map as bytes: value = low + (high - low) * byte / 255."""

    bytes_: NDArray[np.uint8]
    low: float
    high: float


@dataclass(frozen=True)
class Scale:
    """From the plane or a target back to the units of the file it came from: real = offset + factor * value."""

    offset: float = 0.0
    factor: float = 1.0

    def real(self, value: Any) -> Any:
        """`value` (a number or an array) in real units."""
        return self.offset + self.factor * value


AS_IS = Scale()


@dataclass(frozen=True)
class Dataset:
    """Points of the plane with labels or targets, split into training and test rows.

    No rows at all is legal (nothing drawn yet, everything removed), and so is an empty training or test set.

    x : (n, 2) float32. y : (n,) float32, class index 0..n_classes-1 or target in about [-1, 1].
    is_test : (n,) bool. ids : (n,) int64, the point's name in `DataSpec` edits: row of the generated set, or
    1_000_000 + k for the k-th added point.
    """

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    is_test: NDArray[np.bool_]
    ids: NDArray[np.int64]
    task: Task
    n_classes: int
    limit: float = 6.0
    axis_names: tuple[str, str] = ("x", "y")
    class_names: tuple[str, ...] = ()
    axis_scales: tuple[Scale, Scale] = (AS_IS, AS_IS)
    target_name: str = "label"
    target_scale: Scale = AS_IS

    @property
    def n_outputs(self) -> int:
        """Output neurons: one for two classes or a number, else one a class."""
        return self.n_classes if self.n_classes > 2 else 1
