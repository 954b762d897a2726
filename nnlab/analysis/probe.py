"""Several analyses of one learner at one moment, for a frame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from nnlab.analysis.plane.grid import shared
from nnlab.core.records import Array, Quantised
from nnlab.core.registries import ANALYSES
from nnlab.families.learner import Learner


def probe(
    learner: Learner, names: Iterable[str], options: Mapping[str, Any] | None = None
) -> dict[str, Array | Quantised]:
    """The arrays of the named analyses, merged; those that the learner does not offer are left out.

    The maps of one call come from one forward pass over the plane. Raises `UnknownName` for a name nobody registered.
    """
    found: dict[str, Array | Quantised] = {}
    chosen = dict(options or {})
    with shared(learner):
        for name in names:
            analysis = ANALYSES.load(name)
            if name in learner.offers:
                found.update(analysis(learner, chosen))
    return found
