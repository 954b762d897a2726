"""Several analyses of one learner at one moment, for a frame."""

from __future__ import annotations

import math
import time
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
    found, slow, _ = begin(learner, names, options or {}, whole=whole)
    arrays: dict[str, Array | Quantised] = dict(found)
    for work in slow.values():
        arrays |= finished(work)
    return arrays


def begin(
    learner: Learner, names: Iterable[str], options: Options, *, whole: bool, enough_s: float = math.inf
) -> tuple[Arrays, dict[str, Slow], set[str]]:
    """The arrays that are there at once, the work of the analyses that go on in slices, and which were begun.

    After `enough_s` seconds of processor time no other costly analysis is begun, but one always is.
    """
    found: dict[str, Array | Quantised] = {}
    slow: dict[str, Slow] = {}
    begun: set[str] = set()
    costly, began = 0, time.thread_time()
    with shared(learner):
        for name in names:
            analysis = ANALYSES.load(name)
            if not analysis.offered(learner):
                begun.add(name)
                continue
            if analysis.every_s:
                if costly and time.thread_time() - began > enough_s:
                    continue
                costly += 1
            begun.add(name)
            result = analysis.compute(learner, {**options.get(name, {}), "whole": whole})
            if isinstance(result, Mapping):
                found.update(result)
            else:
                slow[name] = result
    return found, slow, begun
