"""The plane as a layer sees it: the input grid and the points in the coordinates of two or three of its units."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from nnlab.analysis.analysis import COSTLY_S, Analysis
from nnlab.analysis.plane.grid import plane
from nnlab.core.records import Array
from nnlab.families.readings import OnPlane

LINES = 21
MOST_POINTS = 400


@torch.no_grad()
def warp(learner: Any, options: dict[str, Any]) -> dict[str, Array]:
    """ "warp" (21, 21, k): the grid from border to border, row 0 = y_min; "warp_points" (m, k): m = min(n, 400)
    of the n points, rows floor(i n / m), for classes may lie sorted or in turns.

    `options["layer"]` and `options["units"]` with k = 2 or 3 units; what does not exist is replaced by the last hidden layer and
    its first units, and a layer with fewer units than k gives zeros for the missing ones.
    """
    grid = plane(learner.data.plane.limit, side=LINES, device=learner.device, edges=True)
    n = len(learner.data)
    m = min(n, MOST_POINTS)
    points = torch.tensor(learner.data.inputs[np.arange(m) * n // m], dtype=grid.dtype, device=learner.device)
    layers = learner.activations(torch.cat([grid, points]))
    layer, units = _chosen([len(a) for a in layers], options)
    values = np.zeros((layers[0].shape[1], len(units)), np.float32)
    for column, unit in enumerate(units):
        if unit is not None:
            values[:, column] = layers[layer][unit].cpu().numpy()
    split = LINES * LINES
    return {"warp": values[:split].reshape(LINES, LINES, len(units)), "warp_points": values[split:]}


def _chosen(widths: list[int], wanted: dict[str, Any]) -> tuple[int, list[int | None]]:
    """The layer and its units; None for a unit that is not there."""
    layer = wanted.get("layer")
    asked = wanted.get("units")
    units = [u for u in asked if isinstance(u, int)][:3] if isinstance(asked, list | tuple) else []
    if not isinstance(layer, int) or not 0 <= layer < len(widths):
        layer = max(0, len(widths) - 2)
    if len(units) < 2:
        units = [0, 1]
    if all(0 <= u < widths[layer] for u in units):
        return layer, list(units)
    return layer, [u if u < widths[layer] else None for u in range(len(units))]


WARP = Analysis(warp, ("warp", "warp_points"), OnPlane, COSTLY_S)
