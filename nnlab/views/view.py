"""The views of the live page: what each needs from a run, which module draws it, and the words beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from nnlab.core.registries import VIEWS

Place = Literal["page", "wide", "square", "half", "tab"]  # "page": all there is, on a page of its own


@dataclass(frozen=True)
class View:
    """One panel. `needs` are names of ANALYSES; `module` is the file under `assets/`; `place` is where the page puts it."""

    name: str
    title: str
    needs: tuple[str, ...]
    module: str
    help: str
    alt: str
    place: Place = "tab"


def described(names: Iterable[str] = tuple(VIEWS)) -> list[dict[str, Any]]:
    """The views as JSON for the live component, in the given order."""
    return [asdict(VIEWS.load(name)) | {"needs": list(VIEWS.load(name).needs)} for name in names]
