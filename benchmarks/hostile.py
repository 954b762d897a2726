"""Two thousand random hostile experiments and links: each is refused in a sentence or runs, and how soon that is said."""

from __future__ import annotations

import base64
import json
import statistics
import time
import zlib
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings

from benchmarks import Row, row
from nnlab.core.errors import NnlabError, Refused
from nnlab.core.experiment import Experiment, experiment
from nnlab.core.links import from_link
from nnlab.train import run
from tests.strategies import hostile

EACH = 1_000  # experiments, and as many links


def rows() -> list[Row]:
    """The slowest answer of all; what is accepted is trained for three updates besides."""
    times, ends = [], {"refused": 0, "run": 0, "refused when it began": 0}
    for answer in (experiment, lambda value: from_link(packed(value))):
        for value in drawn(EACH):
            began = time.perf_counter()
            spec = answered(answer, value)
            times.append(time.perf_counter() - began)
            ends[outcome(spec)] += 1
    told = ", ".join(f"{count:,} {end}" for end, count in ends.items() if count)
    how = f"{len(times):,} drawn by hypothesis: {told}, none crashed; median {1000 * statistics.median(times):.2f} ms"
    return [row("Hostile experiments and links, slowest answer", 1000 * max(times), unit="ms", bar="≤ 50", how=how)]


def drawn(count: int) -> list[Any]:
    """So many hostile values, the same each time."""
    values: list[Any] = []

    @settings(
        max_examples=count, derandomize=True, database=None, deadline=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(hostile())
    def collect(value: Any) -> None:
        values.append(value)

    collect()
    return values


def packed(value: Any) -> str:
    """A link that holds `value`, as somebody who knows the format would write it."""
    return base64.urlsafe_b64encode(zlib.compress(json.dumps(value).encode())).decode().rstrip("=")


def answered(answer: Callable[[Any], Experiment], value: Any) -> Experiment | None:
    """The experiment that was made of `value`; None where it was refused. Anything else that is raised is a defect."""
    try:
        return answer(value)
    except Refused:
        return None


def outcome(spec: Experiment | None) -> str:
    """How it ended; what was accepted has to train."""
    if spec is None:
        return "refused"
    try:
        run.advance(run.start(spec), steps=3)
    except NnlabError:
        return "refused when it began"
    return "run"
