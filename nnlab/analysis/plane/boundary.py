"""What the network says at each point of the plane: as a picture (bytes, fixed range) and as a surface (numbers)."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from nnlab.analysis.plane.grid import SIDE, pass_of, plane, to_bytes
from nnlab.analysis.plane.units import unit_map
from nnlab.core.records import Array
from nnlab.families.learner import Learner

SURFACE_SIDE = 50
SHADES = 32  # of each class: byte = class * 32 + floor(31 * confidence)


def boundary(learner: Learner, options: dict[str, Any]) -> dict[str, Array]:
    """ "boundary" (100, 100) uint8, row 0 = y_min; `options["focus"]` = [layer, unit] shows that unit instead.

    "boundary_unit" (2,) int32 says which unit that is, -1, -1 for the network's answer: viewers of a run share the focus.
    """
    focus = unit_map(learner, options["focus"]) if options.get("focus") else None
    if focus is not None:
        return {"boundary": focus, "boundary_unit": np.array(options["focus"], np.int32)}
    shown = pass_of(learner).shown(learner)
    found = _classes(shown) if learner.dataset.n_classes > 2 else to_bytes(shown)
    return {"boundary": found.reshape(SIDE, SIDE), "boundary_unit": np.array([-1, -1], np.int32)}


def surface(learner: Learner, options: dict[str, Any]) -> dict[str, Array]:
    """ "surface" (50, 50) float32, from border to border; for several classes the winner's probability and "surface_class"."""
    points = plane(learner.dataset.limit, side=SURFACE_SIDE, device=learner.device, edges=True)
    with torch.no_grad():
        shown = learner.outputs(points)
    shape = (SURFACE_SIDE, SURFACE_SIDE)
    if learner.dataset.n_classes <= 2:
        return {"surface": _float(shown[:, 0]).reshape(shape)}
    best, winner = shown.max(1)
    return {
        "surface": _float(best).reshape(shape),
        "surface_class": winner.cpu().numpy().astype(np.uint8).reshape(shape),
    }


def _classes(probabilities: Tensor) -> Array:
    """(C, n) -> class * 32 + floor(31 * (p_max - 1/C) / (1 - 1/C)) as uint8 (n,)."""
    best, winner = probabilities.max(0)
    least = 1 / len(probabilities)
    confidence = (best - least).div_(1 - least).clamp_(0, 1).mul_(SHADES - 1).floor_()
    coded = confidence.add_(winner, alpha=SHADES).cpu().numpy()
    with np.errstate(invalid="ignore"):
        return coded.astype(np.uint8)


def _float(values: Tensor) -> Array:
    return values.cpu().numpy().astype(np.float32)
