"""The network's output at each point of the plane: as a picture (bytes, fixed range) and as a surface (numbers)."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nnlab.analysis.analysis import COSTLY_S, Analysis, Result
from nnlab.analysis.plane.grid import SIDE, bands_of, pass_of, plane, to_bytes
from nnlab.analysis.plane.units import unit_map, unit_of, unit_picture, unit_values
from nnlab.core.records import Array
from nnlab.families.readings import OnPlane

SURFACE_SIDE = 50
LEVELS = 256
FEWEST_SHARES = 8  # classes have 32 shades each up to so many, fewer beyond
ANSWER = np.array([-1, -1], np.int32)


def boundary(learner: Any, options: dict[str, Any]) -> Result:
    """ "boundary" (100, 100) uint8, row 0 = y_min; `options["focus"]` = [layer, unit] shows that unit instead.

    "boundary_unit" (2,) int32 says which unit that is, -1, -1 for the network's answer: viewers of a run share the focus.
    Of more than two classes a byte is class * shades + floor((shades - 1) * (p_max - 1/C) / (1 - 1/C)), `shades_of(C)`.
    """
    if bands_of(learner) > 1:
        return in_bands(learner, options)
    unit = unit_of(learner, options.get("focus"))
    if unit is not None:
        return {"boundary": unit_map(learner, unit), "boundary_unit": np.array(unit, np.int32)}
    return {"boundary": _picture(learner, pass_of(learner).shown(learner)), "boundary_unit": ANSWER}


def in_bands(learner: Any, options: dict[str, Any]) -> Generator[None, None, dict[str, Array]]:
    """The same picture of a large network, a band of rows at a time."""
    points = plane(learner.data.plane.limit, side=SIDE, device=learner.device)
    unit = unit_of(learner, options.get("focus"))
    rows = []
    for band in torch.tensor_split(points, bands_of(learner)):
        with torch.no_grad():
            shown = unit_values(learner, band, unit) if unit else learner.outputs(band).t()
        rows.append(shown.clone())
        yield
    whole = torch.cat(rows, 1)
    if unit:
        return {"boundary": unit_picture(learner, whole, unit[0]), "boundary_unit": np.array(unit, np.int32)}
    return {"boundary": _picture(learner, whole.clamp(-1, 1) if len(whole) == 1 else whole), "boundary_unit": ANSWER}


def _picture(learner: Any, shown: Tensor) -> Array:
    found = _classes(shown) if learner.data.answer.classes > 2 else to_bytes(shown)
    return found.reshape(SIDE, SIDE)


def shades_of(classes: int) -> int:
    """How many levels of confidence each class has in a byte."""
    return LEVELS // max(FEWEST_SHARES, classes)


def surface(learner: Any, options: dict[str, Any]) -> dict[str, Array]:
    """ "surface" (50, 50) float32, from border to border; for several classes the winner's probability and "surface_class"."""
    points = plane(learner.data.plane.limit, side=SURFACE_SIDE, device=learner.device, edges=True)
    with torch.no_grad():
        shown = learner.outputs(points)
    shape = (SURFACE_SIDE, SURFACE_SIDE)
    if learner.data.answer.classes <= 2:
        return {"surface": _float(shown[:, 0]).reshape(shape)}
    best, winner = shown.max(1)
    return {
        "surface": _float(best).reshape(shape),
        "surface_class": winner.cpu().numpy().astype(np.uint8).reshape(shape),
    }


def _classes(probabilities: Tensor) -> Array:
    """(C, n) -> class and confidence as uint8 (n,); see `boundary`."""
    best, winner = probabilities.max(0)
    least, shades = 1 / len(probabilities), shades_of(len(probabilities))
    confidence = (best - least).div_(1 - least).clamp_(0, 1).mul_(shades - 1).floor_()
    coded = confidence.add_(winner, alpha=shades).cpu().numpy()
    with np.errstate(invalid="ignore"):
        return coded.astype(np.uint8)


def _float(values: Tensor) -> Array:
    return values.cpu().numpy().astype(np.float32)


BOUNDARY = Analysis(boundary, ("boundary", "boundary_unit"), OnPlane)
SURFACE = Analysis(surface, ("surface", "surface_class"), OnPlane, COSTLY_S)
