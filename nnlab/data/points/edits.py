"""Edits of points by mouse: each function returns a new specification and leaves the old one unchanged.

Ids never change: an added point that is removed is hidden, and only trailing ones are really dropped.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Annotated, Any, ClassVar, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import FailFast, Field

from nnlab.core.errors import Refused
from nnlab.core.fields import param
from nnlab.core.forms import Points
from nnlab.core.parts import DataSpec
from nnlab.core.records import Examples
from nnlab.core.say import say
from nnlab.data.tables.read import MAX_ROWS

LIMIT = Points().limit  # the plane shown is [-6, 6] x [-6, 6], as in TensorFlow Playground
ADDED = 1_000_000  # ids from here on are points that a person added
MAX_EDITS = 2_000  # moved and added points
Coordinate = Annotated[float, Field(ge=-LIMIT, le=LIMIT)]
Label = Annotated[float, Field(ge=-10, le=10)]
PointId = Annotated[int, Field(ge=0, le=ADDED + MAX_EDITS)]

NO_POINT = "There is no point {id}; it may have been removed in another window."
NEEDED = {"move": ("id", "x", "y"), "add": ("x", "y", "label"), "remove": ("id",), "restore": ()}


class Editable(DataSpec):
    """Points of the plane that a user may move, add and remove.

    A generated or uploaded point's id is its row before any edit; the k-th added point is `ADDED + k`. Ids that name
    no point, and added points of a class that does not exist (any more), are ignored.
    """

    edits: ClassVar[tuple[str, ...]] = ("moved", "removed", "added")

    moved: Annotated[tuple[tuple[PointId, Coordinate, Coordinate], ...], FailFast()] = param(
        (),
        max_length=MAX_EDITS,
        label="Moved points",
        live=True,
        widget="none",
        help="Points that were dragged: id, x, y.",
    )
    removed: Annotated[tuple[PointId, ...], FailFast()] = param(
        (),
        max_length=MAX_ROWS + MAX_EDITS,
        label="Removed points",
        live=True,
        widget="none",
        help="Ids of points that were removed.",
    )
    added: Annotated[tuple[tuple[Coordinate, Coordinate, Label], ...], FailFast()] = param(
        (),
        max_length=MAX_EDITS,
        label="Added points",
        live=True,
        widget="none",
        help="Points that were added: x, y, label.",
    )

    @abstractmethod
    def base(self) -> Examples:
        """The points before edits; their ids are 0, 1, … in order."""

    def added_is_test(self) -> NDArray[np.bool_]:
        """Which added points test the network: none, because they are added for the network to learn from."""
        return np.zeros(len(self.added), bool)

    def edited(self, op: str, **values: Any) -> Self:
        """A point moved (`id`, `x`, `y`), added (`x`, `y`, `label`) or removed (`id`), or all as they were ("restore")."""
        if op not in NEEDED:
            raise Refused.because(say("An edit must be one of {allowed}; got {op}.", allowed=", ".join(NEEDED), op=op))
        given = [values.get(name) for name in NEEDED[op]]
        if None in given:
            needed = ", ".join(NEEDED[op])
            raise Refused.because(say("To {op} a point, {needed} are needed; one is missing.", op=op, needed=needed))
        found: Self = EDITS[op](self, *given)
        return found


AnyData = TypeVar("AnyData", bound=Editable)


def move(spec: AnyData, id: int, x: float, y: float) -> AnyData:
    """Point `id` at (x, y); a point that is moved again takes one entry, an added point none."""
    at = (_on_plane(x, "x"), _on_plane(y, "y"))
    if id >= ADDED:
        place = _added_place(spec, id)
        added = list(spec.added)
        added[place] = (*at, added[place][2])
        return _with(spec, added=tuple(added))
    _present(spec, id)
    moved = tuple(entry for entry in spec.moved if entry[0] != id)
    if len(moved) >= MAX_EDITS:
        reason = "At most {most:,} points can be moved; restore the data or make fewer changes."
        raise Refused.because(say(reason, most=MAX_EDITS))
    return _with(spec, moved=(*moved, (id, *at)))


def add(spec: AnyData, x: float, y: float, label: float) -> AnyData:
    """One more point at (x, y): `label` is its class, or its target where numbers are predicted."""
    if len(spec.added) >= MAX_EDITS:
        reason = "At most {most:,} points can be added; remove some or restore the data."
        raise Refused.because(say(reason, most=MAX_EDITS))
    if spec.target == "class" and label not in range(spec.classes):
        reason = "The class of a point must be 0 to {last}; got {got:g}."
        raise Refused.because(say(reason, last=spec.classes - 1, got=label))
    if not abs(label) <= 1 and spec.target == "number":
        raise Refused.because(say("The target of a point must be between -1 and 1; got {got:g}.", got=label))
    return _with(spec, added=(*spec.added, (_on_plane(x, "x"), _on_plane(y, "y"), float(label))))


def remove(spec: AnyData, id: int) -> AnyData:
    """Without point `id`."""
    if id < ADDED:
        _present(spec, id)
        return _with(spec, moved=tuple(m for m in spec.moved if m[0] != id), removed=(*_without(spec.removed, id), id))
    _added_place(spec, id)
    removed = {*spec.removed, id}
    added = spec.added
    while added and (last := ADDED + len(added) - 1) in removed:
        removed.discard(last)
        added = added[:-1]
    return _with(spec, added=added, removed=tuple(sorted(removed)))


def restore(spec: AnyData) -> AnyData:
    """All points as they were before any edit."""
    return _with(spec, moved=(), removed=(), added=())


def _with(spec: AnyData, **edits: Any) -> AnyData:
    """The copy skips validation, so that a drag over 2,000 points stays quick: every value was checked above."""
    return spec.model_copy(update=edits)


def _on_plane(value: float, axis: str) -> float:
    """The coordinate to a thousandth, which is finer than a pixel and keeps links short."""
    if not math.isfinite(value) or abs(value) > LIMIT:
        reason = "{axis} must be between {low:g} and {high:g}; got {got:g}."
        raise Refused.because(say(reason, axis=axis, low=-LIMIT, high=LIMIT, got=value))
    return round(float(value), 3)


def _present(spec: Editable, id: int) -> None:
    if id in spec.removed or not 0 <= id < len(spec.base().ids):
        raise Refused.because(say(NO_POINT, id=id))


def _added_place(spec: Editable, id: int) -> int:
    if id in spec.removed or id - ADDED >= len(spec.added):
        raise Refused.because(say(NO_POINT, id=id))
    return id - ADDED


def _without(ids: tuple[int, ...], id: int) -> tuple[int, ...]:
    return tuple(one for one in ids if one != id)


EDITS: dict[str, Any] = {"move": move, "add": add, "remove": remove, "restore": restore}
