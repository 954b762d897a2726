"""An engine without torch for real worker processes: its runs do what the seed of their experiment says.

A run counts its own training time; its state is as large as that of 400,000 parameters with Adam where `LARGE` says so.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from nnlab.core.errors import Refused

DIES, DIES_OPENING, HANGS, REFUSED, BROKEN, BUSY, LARGE = 101, 102, 103, 104, 105, 106, 107
NUMBERS = 3 * 400_000  # float32: weights and two moments


class Run:
    """A run of nothing."""

    def __init__(self, value: Mapping[str, Any], saved: Mapping[str, Any] | None) -> None:
        self.seed = value.get("seed", 0)
        self.step = int(saved["step"]) if saved else 0
        self.trained_s = float(saved["trained_s"]) if saved else 0.0
        self.whole = bool((saved["state"] == saved["step"]).all()) if saved else True
        self.batches, self.stopped, self.span = 10, None, (0, 0)
        self.learner = self
        self.history = SimpleNamespace(since=lambda step, most: np.empty((0, 2)))


def preload() -> None:
    """Nothing is needed."""


def forks() -> bool:
    return False


def loading(run: Any, **_: Any) -> None:
    return None


def opened(value: Mapping[str, Any], attachment: Any, saved: Mapping[str, Any] | None) -> Run:
    run = Run(value, saved)
    if run.seed == DIES_OPENING:
        os._exit(3)
    if run.seed == REFUSED:
        raise Refused.because("The seed must be lucky; got 104.")
    if run.seed == BROKEN:
        raise ZeroDivisionError("by nothing")
    return run


def advance(run: Run, budget_s: float, *, steps: int | None = None) -> int:
    if run.seed == DIES:
        os._exit(3)
    if run.seed == HANGS:
        time.sleep(3600)
    seconds = 0.05 if run.seed == BUSY else min(budget_s, 0.002)
    time.sleep(seconds)
    run.trained_s += seconds
    run.step += 1
    return 1


def checkpoint(run: Run) -> dict[str, Any]:
    size = NUMBERS if run.seed == LARGE else 10
    return {"step": run.step, "trained_s": run.trained_s, "state": np.full(size, run.step, np.float32)}


def header(run: Run) -> dict[str, Any]:
    return {"step": run.step, "trained_s": run.trained_s, "whole": run.whole}


def scene(run: Run) -> Any:
    return {"seed": run.seed}, {}


def constant(run: Run) -> tuple[str, ...]:
    return ()


def begin(learner: Run, names: list[str], options: Any, *, whole: bool, enough_s: float) -> Any:
    return {}, {}, set(names)


def reset(run: Run) -> None:
    run.step = 0


def known(value: Mapping[str, Any], attachment: Any) -> Any:
    return value


def limit_history(run: Run, most_bytes: int) -> None: ...


def least_history(run: Run) -> int:
    return 1


def measure(run: Run) -> None: ...


def every_s(name: str) -> float:
    return 0.0


def inexact(run: Run) -> bool:
    return False


def undiagnosed(run: Run) -> bool:
    return False


def whole(run: Run) -> Iterator[None]:
    yield


def diagnosing(run: Run) -> Iterator[None]:
    yield
