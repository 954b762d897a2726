"""Several analyses of one learner at one moment, for a frame."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from typing import Any

from nnlab.analysis.analysis import Arrays, finished
from nnlab.analysis.shared import shared
from nnlab.core.records import Array, Quantised
from nnlab.core.registries import ANALYSES
from nnlab.families.learner import Learner

Options = Mapping[str, Mapping[str, Any]]
Slow = Generator[Any, None, Arrays]


def probe(learner: Learner, names: Iterable[str], options: Options | None = None, *, whole: bool = True) -> Arrays:
    """The arrays of all those analyses `names` that the learner can be asked, those that take several slices included.

    `options` are by analysis. `whole`: no later frame brings the rest of what comes in turns. Raises `UnknownName` for a
    name nobody registered.
    """
    found, slow = begin(learner, names, options or {}, whole=whole)
    arrays: dict[str, Array | Quantised] = dict(found)
    for work in slow.values():
        arrays |= finished(work)
    return arrays


def begin(learner: Learner, names: Iterable[str], options: Options, *, whole: bool) -> tuple[Arrays, dict[str, Slow]]:
    """The arrays that are there at once, and the work of the analyses that go on in slices."""
    found: dict[str, Array | Quantised] = {}
    slow: dict[str, Slow] = {}
    with shared(learner):
        for name in names:
            analysis = ANALYSES.load(name)
            if not analysis.offered(learner):
                continue
            result = analysis.compute(learner, {**options.get(name, {}), "whole": whole})
            if isinstance(result, Mapping):
                found.update(result)
            else:
                slow[name] = result
    return found, slow
