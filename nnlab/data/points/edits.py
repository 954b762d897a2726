"""What a mouse does to the points: each function gives a new specification and leaves the old one as it was.

Ids stay what they are: removing an added point in the middle hides it, only trailing ones are really dropped.
"""

from __future__ import annotations

import math
from typing import Any, TypeVar

from nnlab.core.errors import Refused
from nnlab.core.experiment import DataSpec
from nnlab.data.points.spec import ADDED, LIMIT, MAX_EDITS, PlaneSpec

AnyData = TypeVar("AnyData", bound=DataSpec)


def move(spec: AnyData, id: int, x: float, y: float) -> AnyData:
    """Point `id` at (x, y); a point that is moved again takes one entry, an added point none."""
    edited = _editable(spec)
    at = (_on_plane(x, "x"), _on_plane(y, "y"))
    if id >= ADDED:
        place = _added_place(edited, id)
        added = list(edited.added)
        added[place] = (*at, added[place][2])
        return _with(spec, added=tuple(added))
    _present(edited, id)
    moved = tuple(entry for entry in edited.moved if entry[0] != id)
    if len(moved) >= MAX_EDITS:
        raise Refused.because(f"At most {MAX_EDITS:,} points can be moved; restore the data or make fewer changes.")
    return _with(spec, moved=(*moved, (id, *at)))


def add(spec: AnyData, x: float, y: float, label: float) -> AnyData:
    """One more point at (x, y): `label` is its class, or its target where numbers are predicted."""
    edited = _editable(spec)
    if len(edited.added) >= MAX_EDITS:
        raise Refused.because(f"At most {MAX_EDITS:,} points can be added; remove some or restore the data.")
    if edited.task == "classification" and label not in range(edited.classes):
        raise Refused.because(f"The class of a point must be 0 to {edited.classes - 1}; got {label:g}.")
    if not abs(label) <= 1 and edited.task == "regression":
        raise Refused.because(f"The target of a point must be between -1 and 1; got {label:g}.")
    return _with(spec, added=(*edited.added, (_on_plane(x, "x"), _on_plane(y, "y"), float(label))))


def remove(spec: AnyData, id: int) -> AnyData:
    """Without point `id`."""
    edited = _editable(spec)
    if id < ADDED:
        _present(edited, id)
        return _with(
            spec, moved=tuple(m for m in edited.moved if m[0] != id), removed=(*_without(edited.removed, id), id)
        )
    _added_place(edited, id)
    removed = {*edited.removed, id}
    added = edited.added
    while added and (last := ADDED + len(added) - 1) in removed:
        removed.discard(last)
        added = added[:-1]
    return _with(spec, added=added, removed=tuple(sorted(removed)))


def restore(spec: AnyData) -> AnyData:
    """All points as they were before any edit."""
    _editable(spec)
    return _with(spec, moved=(), removed=(), added=())


def _editable(spec: DataSpec) -> PlaneSpec:
    if not isinstance(spec, PlaneSpec):
        raise Refused.because("The points of this dataset cannot be edited.")
    return spec


def _with(spec: AnyData, **edits: Any) -> AnyData:
    """The copy skips validation, so that a drag over 2,000 points stays quick: every value was checked above."""
    return spec.model_copy(update=edits)


def _on_plane(value: float, axis: str) -> float:
    """The coordinate to a thousandth, which is finer than a pixel and keeps links short."""
    if not math.isfinite(value) or abs(value) > LIMIT:
        raise Refused.because(f"{axis} must be between {-LIMIT:g} and {LIMIT:g}; got {value:g}.")
    return round(float(value), 3)


def _present(spec: PlaneSpec, id: int) -> None:
    if id in spec.removed or not 0 <= id < len(spec.base().ids):
        raise Refused.because(f"There is no point {id}; it may have been removed in another window.")


def _added_place(spec: PlaneSpec, id: int) -> int:
    if id in spec.removed or id - ADDED >= len(spec.added):
        raise Refused.because(f"There is no point {id}; it may have been removed in another window.")
    return id - ADDED


def _without(ids: tuple[int, ...], id: int) -> tuple[int, ...]:
    return tuple(one for one in ids if one != id)
