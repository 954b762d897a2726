"""The card of a set of pictures: what it shows, whose it is, and how hard it is. A page puts it beside the controls."""

from __future__ import annotations

from dataclasses import dataclass

from nnlab.core.say import Said


@dataclass(frozen=True)
class Figures:
    """Shares of the test pictures, 0…1, that are told right; `benchmarks/pictures.py` measures them at the default settings.

    chance : by naming the most frequent class of the test set always. linear : by scikit-learn's logistic regression over pixels.
    cnn : by a small network, conv8–pool–conv16–pool–fc, after `benchmarks/pictures.py:EPOCHS` epochs of Adam from one set of weights.
    """

    chance: float
    linear: float
    cnn: float


@dataclass(frozen=True)
class Card:
    """What is told about a set of pictures; `figures` is None where nobody can have measured it, as for uploaded ones."""

    shows: Said
    source: Said
    licence: str
    figures: Figures | None
