"""Handwritten digits on 8 × 8 pixels, from the file inside scikit-learn."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np

from nnlab.core.fields import param
from nnlab.core.forms import Pictures
from nnlab.core.say import Said, say
from nnlab.data.pictures.card import Figures
from nnlab.data.pictures.found import beside
from nnlab.data.pictures.spec import FromFile, Stored
from nnlab.data.pictures.split import Named, each_its_own

COUNTS = (178, 182, 177, 183, 181, 182, 181, 179, 174, 180)


class Digits8(FromFile):
    """1,797 handwritten digits of 13 people on 8 × 8 pixels: small enough to train in a second."""

    title: ClassVar[str] = "Digits 8 × 8"
    frame: ClassVar[Pictures] = Pictures(8, 8)
    shows: ClassVar[Said] = say("Handwritten digits, made small: 8 × 8 pixels in 17 shades of grey.")
    source: ClassVar[Said] = say(
        "The test part of “Optical Recognition of Handwritten Digits” (E. Alpaydin and C. Kaynak, 1998), UCI repository, through "
        "scikit-learn. The file does not say who wrote which digit, so the same hand may write on both sides of the split."
    )
    licence: ClassVar[str] = "CC BY 4.0"
    figures: ClassVar[Mapping[str, Figures]] = {"": Figures(0.102, 0.948, 0.962)}
    kind: Literal["digits8"]
    samples: int = param(
        1_797, ge=100, le=1_797, label="Samples", unit="pictures", help="Pictures in training and test set together."
    )

    @property
    def class_names(self) -> tuple[str, ...]:
        """The ten digits."""
        return tuple("0123456789")

    def names(self) -> tuple[Named, ...]:
        """As many names as pictures."""
        return tuple(map(each_its_own, COUNTS))

    def stored(self) -> Stored:
        """All pictures; the file has 0 to 16, of which 255 is made for the brightest."""
        with gzip.open(beside("sklearn", "datasets", "data", "digits.csv.gz"), "rt") as file:
            rows = np.loadtxt(file, delimiter=",", dtype=np.int64)
        pixels = np.round(rows[:, :-1] * (255 / 16)).astype(np.uint8).reshape(-1, 1, 8, 8)
        all_of_them = np.ones(len(rows), bool)
        return Stored(pixels, rows[:, -1], np.arange(len(rows)), all_of_them, all_of_them)
