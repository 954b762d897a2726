"""The pictures of a user as a run needs them: what travels to a worker, named by its digest."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nnlab.core.say import Said

SIDE = 64  # pixels: how large they are kept; a data set may make them smaller
MAX_CLASSES = 20
MAX_PICTURES = 2_000
LEAST = 2  # of each class: one to train and one to test


@dataclass(frozen=True, eq=False)
class Album:
    """Pictures with their classes.

    pixels : (n, 64, 64, 3) uint8. labels : (n,) int64, indices into `class_names`, of which each has two pictures at least.
    notes : what was done to them and what was left out, in sentences for the screen.
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    class_names: tuple[str, ...]
    notes: tuple[Said, ...] = ()

    @property
    def counts(self) -> tuple[int, ...]:
        """Pictures of each class."""
        return tuple(np.bincount(self.labels, minlength=len(self.class_names)).tolist())

    @cached_property
    def digest(self) -> str:
        """SHA-256 of pictures, classes and names, in hexadecimal; the notes do not count."""
        found = hashlib.sha256(json.dumps([self.class_names, self.pixels.shape]).encode())
        for array in (self.pixels, self.labels):
            found.update(np.ascontiguousarray(array).tobytes())
        return found.hexdigest()

    @property
    def n_bytes(self) -> int:
        """Memory of the arrays."""
        return self.pixels.nbytes + self.labels.nbytes
