"""The receptive field by construction: which pixels a place of a map can see. No torch here.

Windows look at rows and columns independently, so the pixels are a set of rows times a set of columns. Both are followed back
through every window, without what is padded; with dilation or large strides they may have gaps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nnlab.core.forms import Pictures
from nnlab.families.cnn.blocks import BlockSpec, Shape, Window


@dataclass(frozen=True)
class Field:
    """The pixels at each of `rows` and each of `columns`, in order; none where a place sees nothing but padding."""

    rows: tuple[int, ...]
    columns: tuple[int, ...]

    @property
    def box(self) -> tuple[int, int, int, int]:
        """The smallest box around them: top, left, bottom and right, the last two exclusive; all 0 where there is none."""
        if not (self.rows and self.columns):
            return 0, 0, 0, 0
        return self.rows[0], self.columns[0], self.rows[-1] + 1, self.columns[-1] + 1


def field(blocks: Sequence[BlockSpec], form: Pictures, block: int, row: int, column: int) -> Field:
    """What the place (row, column) of block number `block` can see of the picture; -1 is the picture itself.

    A unit of a flat list, and a place of a global pooling, sees all places of what reaches its block.
    """
    found = _windows(blocks[: block + 1], form)
    axes = []
    for axis, place in enumerate((row, column)):
        places = {place}
        for window, sides in reversed(found):
            side = sides[axis]
            if window is not None:
                places = {p for one in places for p in window.seen(one, side)}
            elif places:  # what sees nothing but padding sees nothing in front of it either
                places = set(range(side))
        axes.append(tuple(sorted(places)))
    return Field(*axes)


def _windows(blocks: Sequence[BlockSpec], form: Pictures) -> list[tuple[Window | None, tuple[int, int]]]:
    """Every window from the picture on, with the height and width of what it looks at; None for one that sees everything."""
    shape: Shape = (form.channels, form.height, form.width)
    found: list[tuple[Window | None, tuple[int, int]]] = []
    for block in blocks:
        height, width = shape[1:] if len(shape) == 3 else (1, 1)
        if block.windows is None:
            found.append((None, (height, width)))
        for window in block.windows or ():
            found.append((window, (height, width)))
            height, width = window.places(height), window.places(width)
        shape = block.shape(shape)
    return found
