"""Kernels that are known by a name, at any size: at 3 × 3 they are those of the textbooks.

Gonzalez and Woods, "Digital Image Processing" (4th edition, 2018), sections 3.5 and 3.6; the Sobel operator at larger sizes
as in OpenCV's `getDerivKernels`: binomial smoothing across the derivative.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import comb

import numpy as np

from nnlab.core.records import Array


def _binomial(k: int) -> Array:
    return np.array([comb(k - 1, i) for i in range(k)], np.float64)


def _one(k: int) -> Array:
    """1 in the middle; of an even size, in front of it."""
    made = np.zeros((k, k))
    made[(k - 1) // 2, (k - 1) // 2] = 1
    return made


def _blur(k: int) -> Array:
    """Binomial: nearly a Gaussian. Its numbers add up to 1, so that the brightness stays."""
    made: Array = np.outer(_binomial(k), _binomial(k)) / 4 ** (k - 1)
    return made


def _sharpen(k: int) -> Array:
    """The pixel, less what lies in its row and column; they add up to 1."""
    made, middle = np.zeros((k, k)), (k - 1) // 2
    made[middle, :] = made[:, middle] = -1
    made[middle, middle] = 2 * k - 1
    return made


def _edges_across(k: int) -> Array:
    """Sobel: how much brighter it is on the right than on the left."""
    if k == 1:
        return np.zeros((1, 1))  # one pixel has no neighbour to differ from
    derivative = np.convolve(_binomial(k - 2), [-1, 0, 1]) if k > 2 else np.array([-1.0, 1.0])
    return np.outer(_binomial(k), derivative)


def _edges_down(k: int) -> Array:
    """Sobel: how much brighter it is below than above."""
    made: Array = _edges_across(k).T
    return made


def _outline(k: int) -> Array:
    """Laplacian: how much brighter a pixel is than all around it together; they add up to 0."""
    return k * k * _one(k) - 1


def _emboss(k: int) -> Array:
    """Light from the upper left: the slope along the diagonal, and the pixel itself."""
    rows, columns = np.indices((k, k))
    made: Array = rows + columns - (k - 1.0)
    made[(k - 1) // 2, (k - 1) // 2] = 1
    return made


_NAMED: Mapping[str, Callable[[int], Array]] = {
    "edges_across": _edges_across,
    "edges_down": _edges_down,
    "outline": _outline,
    "sharpen": _sharpen,
    "blur": _blur,
    "emboss": _emboss,
    "identity": _one,
}
NAMES = tuple(_NAMED)


def named(name: str, k: int) -> Array:
    """The kernel `name`, one of `NAMES`, (k, k) float64 with k ≥ 1."""
    return _NAMED[name](k)
