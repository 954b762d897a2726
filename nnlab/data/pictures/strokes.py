"""Digits drawn by a pen: what comes closest to a drawing pad without anybody's hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from nnlab.core.forms import Pictures
from nnlab.core.records import Split
from nnlab.core.rng import stream
from nnlab.core.say import Said, say
from nnlab.data.pictures.card import Figures
from nnlab.data.pictures.drawn import Drawable
from nnlab.data.pictures.spec import Indices, Pixels
from nnlab.data.pictures.varied import Values, Varied


class Strokes(Drawable, Varied):
    """Digits of 28 × 28 pixels, drawn as strokes: two to four ways to write each, with joints that stray."""

    title: ClassVar[str] = "Drawn digits"
    frame: ClassVar[Pictures] = Pictures(28, 28)
    shows: ClassVar[Said] = say(
        "Digits as strokes of a pen, white on black. Each has two to four ways to be written, and no two are drawn alike; the test "
        "set has the same ways, drawn anew."
    )
    source: ClassVar[Said] = say(
        "Drawn by nnlab: lines through joints that stray, and a pen of another width each time."
    )
    licence: ClassVar[str] = "of nnlab"
    figures: ClassVar[Mapping[str, Figures]] = {"": Figures(0.1, 0.886, 0.986)}
    kind: Literal["strokes"]

    @property
    def class_names(self) -> tuple[str, ...]:
        """The ten digits."""
        return tuple("0123456789")

    def render(self, labels: Indices, split: Split) -> Pixels:
        """Strokes, paler and with noise."""
        matrix, moved = self.warps(split, len(labels))
        rng = stream(self.seed, self.kind, split, "pens")
        return self.exposed(strokes(labels, matrix, moved, rng, np.ones(len(labels), bool)), split)


def strokes(
    labels: Indices, matrix: Values, moved: Values, rng: np.random.Generator, rows: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """A stroke-drawn digit for each label of `rows` through its map: (rows, 28, 28), 0…1. All labels draw from `rng`."""
    from nnlab.data.pictures import pens  # here, because the server draws none and needs no Pillow for it

    n = len(labels)
    ways, stray = rng.random(n), rng.standard_normal((n, pens.MOST_JOINTS, 2))
    widths = rng.uniform(*pens.PEN, n)
    return pens.rendered(pens.written(labels[rows], ways[rows], stray[rows]), matrix[rows], moved[rows], widths[rows])
