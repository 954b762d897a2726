"""Named arrays: the examples of a dataset, and what analyses give and frames carry."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nnlab.core.forms import Answer, Form, Points

Array = NDArray[Any]
Split = Literal["train", "test"]
SPLITS: tuple[Split, ...] = ("train", "test")


@dataclass(frozen=True)
class Quantised:
    """A map as bytes: value = low + (high - low) * byte / 255."""

    bytes_: NDArray[np.uint8]
    low: float
    high: float


@dataclass(frozen=True)
class Examples:
    """The examples of a dataset, split into training and test rows. The first axis of each array counts them.

    No rows at all is legal (nothing drawn yet, everything removed), and so is an empty training or test set.

    inputs : as `form` says. targets : as `answer` says; class indices 0…classes-1 or numbers in about [-1, 1] as float32 (n,),
    a sequence (n, length), and for "itself" and "none" an array of no columns (n, 0).
    is_test : (n,) bool. ids : (n,) int64, what an edit names a row by.
    """

    inputs: Array
    targets: Array
    is_test: NDArray[np.bool_]
    ids: NDArray[np.int64]
    form: Form = field(default_factory=Points)
    answer: Answer = field(default_factory=Answer)

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, split: Split) -> NDArray[np.bool_]:
        """Which rows belong to `split`, (n,)."""
        return self.is_test if split == "test" else ~self.is_test

    def count(self, split: Split) -> int:
        """How many rows belong to `split`."""
        return int(self.rows(split).sum())

    @cached_property
    def parts(self) -> dict[Split, tuple[Array, Array]]:
        """Inputs and targets of each split. Many take a while to be copied, so it is done once, where they are loaded."""
        return {split: (self.inputs[self.rows(split)], self.targets[self.rows(split)]) for split in SPLITS}

    @property
    def plane(self) -> Points:
        """The form of points of the plane; other examples have none."""
        if not isinstance(self.form, Points):
            raise TypeError(f"The examples must be points of the plane; got {self.form.name}.")
        return self.form
