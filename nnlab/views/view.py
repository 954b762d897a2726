"""The views of the live page: what each needs from a run, which module draws it, and the words beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from nnlab.core.registries import VIEWS

Place = Literal["page", "wide", "square", "half", "tab"]  # "page": all there is, on a page of its own


@dataclass(frozen=True)
class View:
    """One panel; a page leaves out those whose `needs` and `asks` the model does not meet.

    `needs`: names of ANALYSES that come with the frames. `wants`: such as come where the model has them. `asks`: ANALYSES and
    STUDIES that it requests. `module`: the file under `assets/`. `place`: where the page puts it.
    """

    name: str
    title: str
    needs: tuple[str, ...]
    module: str
    help: str
    alt: str
    place: Place = "tab"
    wants: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()


def described(names: Iterable[str] = tuple(VIEWS), lead: str = "") -> list[dict[str, Any]]:
    """The views as JSON for the live component, in the given order; `lead` has the large place of the stage."""
    return [asdict(VIEWS.load(name)) | ({"place": "wide"} if name == lead else {}) for name in names]
