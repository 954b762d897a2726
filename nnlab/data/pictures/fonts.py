"""Characters of the TrueType fonts inside matplotlib, rendered with Pillow.

A master is one character of one face, centred by its box, its longer side `LONGER` of `CANVAS` pixels. A picture is a master seen
through an affine map, at twice the resolution, each 2 × 2 pixels averaged.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from nnlab.data.pictures.found import beside
from nnlab.data.pictures.varied import Values

SIDE, FINE = 28, 2
CANVAS, LONGER = 96, 64
FULL = 0.8  # of the frame: the longer side of a glyph, before it is scaled
SIZE = 96  # pixels an em, of the first rendering


@lru_cache(maxsize=64)
def _face(file: str) -> ImageFont.FreeTypeFont:
    path = beside("matplotlib", "mpl-data", "fonts", "ttf", file)
    return ImageFont.truetype(str(path), SIZE, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=4_096)
def master(file: str, character: str) -> Image.Image:
    """The character of a face: grey, `CANVAS` pixels a side."""
    font = _face(file)
    left, top, right, bottom = font.getbbox(character)
    room = Image.new("L", (int(right - left) + 8, int(bottom - top) + 8))
    ImageDraw.Draw(room).text((4 - left, 4 - top), character, fill=255, font=font)
    tight = room.crop(room.getbbox())
    ratio = LONGER / max(tight.size)
    width, height = (max(1, round(side * ratio)) for side in tight.size)
    canvas = Image.new("L", (CANVAS, CANVAS))
    canvas.paste(
        tight.resize((width, height), Image.Resampling.LANCZOS), ((CANVAS - width) // 2, (CANVAS - height) // 2)
    )
    return canvas


def rendered(masters: Sequence[Image.Image], matrix: Values, moved: Values) -> NDArray[np.float32]:
    """Each master through its map: (n, 28, 28), 0…1."""
    size = SIDE * FINE
    back = np.linalg.inv(matrix) * (LONGER / FULL / size)  # from fine pixels of the picture to pixels of the master
    offset = CANVAS / 2 - np.einsum("nij,nj->ni", back, size * (0.5 + moved))
    affine = np.concatenate([back, offset[:, :, None]], axis=2).reshape(-1, 6).tolist()
    fine = np.empty((len(masters), size, size), np.uint8)
    for i, (one, values) in enumerate(zip(masters, affine, strict=True)):
        seen = one.transform((size, size), Image.Transform.AFFINE, values, Image.Resampling.BILINEAR)
        fine[i] = np.asarray(seen)
    blocks = fine.reshape(-1, SIDE, FINE, SIDE, FINE)
    sums = blocks[:, :, 0].astype(np.uint16) + blocks[:, :, 1]
    return (sums[..., 0] + sums[..., 1]).astype(np.float32) / np.float32(255 * FINE**2)
