"""Handwritten digits of 8 × 8 pixels (scikit-learn's copy of Alpaydin and Kaynak's set at UCI, 1998)."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar, Literal

import numpy as np

from nnlab.core.fields import param
from nnlab.core.forms import Answer, Pictures
from nnlab.core.parts import DataSpec
from nnlab.core.records import Array, Examples
from nnlab.core.rng import stream

MOST = 1_797


class Digits8(DataSpec):
    """Digits written by hand, 8 × 8 pixels in 16 shades."""

    title: ClassVar[str] = "Digits 8 × 8"
    kind: Literal["digits8"]
    samples: int = param(
        MOST, ge=20, le=MOST, label="Samples", unit="pictures", help="Pictures in training and test set together."
    )
    train_share: float = param(
        80,
        ge=10,
        le=90,
        step=5,
        unit="%",
        label="Training share",
        help="Part of the pictures that the network learns from; the rest tests it.",
    )
    seed: int = param(0, ge=0, le=2**31 - 1, label="Seed of the data", widget="number", help="Draws another split.")

    @property
    def form(self) -> Pictures:
        """8 × 8 pixels, one channel."""
        return Pictures(8, 8)

    @property
    def classes(self) -> int:
        """0 to 9."""
        return 10

    def sizes(self) -> tuple[int, int]:
        """Pictures that train and test."""
        train = round(self.samples * self.train_share / 100)
        return train, self.samples - train

    def load(self) -> Examples:
        """A seeded choice of the pictures."""
        pictures, labels = _all()
        rows = stream(self.seed, "digits8").permutation(MOST)[: self.samples]
        is_test = np.arange(self.samples) >= self.sizes()[0]
        answer = Answer("class", 10, tuple("0123456789"))
        return Examples(pictures[rows], labels[rows], is_test, np.arange(self.samples), self.form, answer)


@lru_cache(maxsize=1)
def _all() -> tuple[Array, Array]:
    from sklearn.datasets import load_digits  # a second of imports, which the server need not wait for

    found = load_digits()
    pictures = (found.images * (255 / 16)).round().astype(np.uint8)[:, None]
    return pictures, found.target.astype(np.float32)
