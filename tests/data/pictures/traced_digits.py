"""How the digits "traced" of `drawn_digits.json` came about: real handwriting, thinned to a line and followed from end to end.

`python -m tests.data.pictures.traced_digits` writes the file anew, with the made ones.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, zoom

from nnlab.data.pictures.mnist import Mnist
from tests.data.pictures import made_digits
from tests.data.pictures.drawn_digits import Line, keep

EACH = 20
LARGER = 4
SPUR = 8  # pixels of the enlarged picture: shorter lines are left over from thinning
APART = 5  # pixels between two points of a line

Pixel = tuple[int, int]


def thinned(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Lines of one pixel (T. Y. Zhang and C. Y. Suen, 1984)."""
    ink = ink.copy()
    while True:
        before = ink.sum()
        for odd in (False, True):
            p = np.pad(ink, 1)
            around = [
                p[:-2, 1:-1],
                p[:-2, 2:],
                p[1:-1, 2:],
                p[2:, 2:],
                p[2:, 1:-1],
                p[2:, :-2],
                p[1:-1, :-2],
                p[:-2, :-2],
            ]
            count = sum(x.astype(int) for x in around)
            begins = sum((~around[i] & around[(i + 1) % 8]).astype(int) for i in range(8))
            up, right, down, left = around[::2]
            open_ = ~(up & right & left) & ~(up & down & left) if odd else ~(up & right & down) & ~(right & down & left)
            ink &= ~((count >= 2) & (count <= 6) & (begins == 1) & open_)
        if ink.sum() == before:
            return ink


def followed(thin: NDArray[np.bool_]) -> list[list[Pixel]]:
    """Every pixel's way to the next, from ends first, straight on where lines cross."""
    there = {(int(row), int(column)) for row, column in np.argwhere(thin)}

    def beside(p: Pixel) -> list[Pixel]:
        near = [q for q in ((p[0], p[1] + 1), (p[0] + 1, p[1]), (p[0], p[1] - 1), (p[0] - 1, p[1])) if q in there]
        corners = ((p[0] + i, p[1] + j) for i in (1, -1) for j in (1, -1))
        return near + [q for q in corners if q in there and (p[0], q[1]) not in there and (q[0], p[1]) not in there]

    used: set[frozenset[Pixel]] = set()
    found = []
    for p in sorted(there, key=lambda p: (len(beside(p)) != 1, p)):
        for q in beside(p):
            if frozenset((p, q)) in used:
                continue
            line = [p, q]
            used.add(frozenset(line))
            while ways := [r for r in beside(line[-1]) if frozenset((line[-1], r)) not in used]:
                here, heading = np.array(line[-1]), np.array(line[-1]) - np.array(line[-min(6, len(line))])
                steps = [np.array(r) - here for r in ways]
                best = max(range(len(ways)), key=lambda i: float(steps[i] @ heading / np.linalg.norm(steps[i])))
                used.add(frozenset((line[-1], ways[best])))
                line.append(ways[best])
            found.append(line)
    return found


def lines_of(picture: NDArray[np.uint8]) -> list[Line]:
    """The lines of a digit (28, 28) in parts of the frame."""
    large = gaussian_filter(zoom(picture.astype(float), LARGER, order=1), 0.7)
    found = []
    for pixels in followed(thinned(large > 127)):
        if len(pixels) < SPUR:
            continue
        line, reach = np.array(pixels, float), 4
        ends = np.repeat(line[:1], reach, 0), np.repeat(line[-1:], reach, 0)
        long, even = np.concatenate([ends[0], line, ends[1]]), np.full(2 * reach + 1, 1 / (2 * reach + 1))
        smooth = np.stack([np.convolve(long[:, i], even, "valid") for i in (1, 0)], 1)
        smooth[[0, -1]] = line[[0, -1], ::-1]
        found.append(smooth[np.unique([*range(0, len(smooth), APART), len(smooth) - 1])] / (28 * LARGER))
    return found


def traced() -> list[tuple[int, list[Line]]]:
    """Twenty of each digit, chosen by chance."""
    stored, rng = Mnist(kind="mnist").stored(), np.random.default_rng(10)
    rows = [
        (digit, row) for digit in range(10) for row in rng.choice(np.flatnonzero(stored.labels == digit), EACH, False)
    ]
    return [(digit, lines_of(stored.pixels[row, 0])) for digit, row in rows]


if __name__ == "__main__":
    keep({"made": made_digits.written(), "traced": traced()})
