"""The surface that a specification names.

The minima of a typed one are searched: around every lowest cell of a grid, with ever finer grids, so that no gradient is needed.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nnlab.core.formula import parse
from nnlab.core.registries import SURFACES
from nnlab.surfaces.surface import Minimum, Surface

TYPED = "typed"
SIDE = 161  # cells of the grid on which minima are looked for
ZOOMS = 26  # each halves the window: 2 ** -26 of a cell is left
SAME = 1e-3  # two minima whose heights differ by less count as equally deep
MOST = 12  # minima that are shown
FLAT = 400  # cells on one level beyond which it is a plain, not minima


@lru_cache(maxsize=64)
def chosen(name: str, formula: str, reach: float) -> Surface:
    """The registered surface `name`, or for "typed" the `formula` over the square [-reach, reach]."""
    if name != TYPED:
        found: Surface = SURFACES.load(name)
        return found
    minima = search(formula, reach)
    steepest = curvature(formula, reach)
    return Surface(
        title="Your own formula",
        expression=formula.strip(),
        domain=(-reach, reach, -reach, reach),
        minima=minima,
        start=(-0.7 * reach, 0.6 * reach),
        learning_rate=float(f"{min(0.1, max(1e-4, 0.5 / steepest)):.0e}"),
        watch="Where do the optimisers end, and do they agree?",
        source="Typed by you. nnlab searches its minima on a grid, so a very narrow one may be missing.",
    )


def search(formula: str, reach: float) -> tuple[Minimum, ...]:
    """The lowest places inside the square, at most `MOST`; () where there is none or where all of it is flat."""
    f = parse(formula, ("x", "y"))
    line = np.linspace(-reach, reach, SIDE)
    x, y = np.meshgrid(line, line)
    z = np.broadcast_to(f.evaluate({"x": x, "y": y}), x.shape)
    inner = z[1:-1, 1:-1]
    lowest = np.ones_like(inner, bool)
    for i in (0, 1, 2):
        for j in (0, 1, 2):
            lowest &= inner <= z[i : SIDE - 2 + i, j : SIDE - 2 + j]
    rows, columns = np.nonzero(lowest)
    if not 0 < len(rows) < FLAT:
        return ()
    order = np.argsort(inner[rows, columns])[: 4 * MOST]
    found = [_refined(formula, line[columns[k] + 1], line[rows[k] + 1], line[1] - line[0]) for k in order]
    best = min(m[2] for m in found)
    return _distinct(m for m in found if m[2] <= best + SAME * max(1.0, abs(best)))


def _distinct(found: Iterable[Minimum]) -> tuple[Minimum, ...]:
    kept: list[Minimum] = []
    for m in found:
        if all(max(abs(m[0] - k[0]), abs(m[1] - k[1])) > 1e-2 for k in kept) and len(kept) < MOST:
            kept.append(m)
    return tuple(kept)


def _refined(formula: str, x: float, y: float, half: float) -> Minimum:
    """The lowest place within `half` of (x, y) and, step by step, around what was found."""
    f = parse(formula, ("x", "y"))
    steps = np.linspace(-1, 1, 9)
    dx, dy = (s.ravel() for s in np.meshgrid(steps, steps))
    for _ in range(ZOOMS):
        z = np.broadcast_to(f.evaluate({"x": x + half * dx, "y": y + half * dy}), dx.shape)
        k = int(np.argmin(np.where(np.isnan(z), np.inf, z)))
        x, y, half = float(x + half * dx[k]), float(y + half * dy[k]), half / 2
    return (round(x, 7) + 0.0, round(y, 7) + 0.0, float(f.evaluate({"x": np.array([x]), "y": np.array([y])})[0]))


def curvature(formula: str, reach: float) -> float:
    """The largest size of the second differences of the formula on a grid: about the largest curvature there is."""
    f = parse(formula, ("x", "y"))
    line = np.linspace(-reach, reach, 81)
    x, y = np.meshgrid(line, line)
    z: NDArray[np.float64] = np.broadcast_to(f.evaluate({"x": x, "y": y}), x.shape)
    step = line[1] - line[0]
    with np.errstate(all="ignore"):
        bends = np.concatenate([np.diff(z, 2, axis=axis).ravel() for axis in (0, 1)]) / step**2
    return max(float(np.abs(bends[np.isfinite(bends)]).max(initial=0.0)), 1e-3)
