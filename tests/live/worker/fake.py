"""An engine that only pretends to work, on a clock of its own: every call costs what it is told to cost, and is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nnlab.live.messages import wire
from nnlab.live.messages.kinds import HEAD, Kind
from nnlab.live.worker import hosted, process, request, saver

TURN_S = 2e-5  # that the worker itself takes for a turn


class Clock:
    """Wall clock and processor time in one: nothing else runs on this machine."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def spend(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class FakeRun:
    """A run whose calls cost seconds: `slice_s` a slice of training (0: as long as it is allowed), `frame_s` a frame, …"""

    name: str
    slice_s: float = 0.0
    frame_s: float = 0.0008
    whole_slices: int = 0  # of the exact metrics; 0: those of a frame are exact
    finding_slices: int = 0
    saving_s: float = 0.0
    replay_s: float = 0.0  # an update of a replay
    step: int = 0
    experiment: Any = None
    stopped: Any = None
    measured: bool = False
    found_for: int = -1
    last: int = 0
    course: int = 0
    batches: int = 10
    calls: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.learner = self
        self.history = SimpleNamespace(since=lambda step, most: np.empty((0, 2)))
        self.experiment = SimpleNamespace(data=0, model=0, training=SimpleNamespace(batch_size=1))

    @property
    def span(self) -> tuple[int, int]:
        return 0, max(self.last, self.step)


@dataclass
class Engine:
    """Stands in for `nnlab.live.worker.engine`. `rhythm` by analysis as `Analysis.every_s`; `slices`: of those in slices."""

    clock: Clock
    runs: dict[str, FakeRun]
    rhythm: dict[str, float] = field(default_factory=dict)
    slices: dict[str, int] = field(default_factory=dict)
    slice_s: float = 0.01
    trained_s: Counter[str] = field(default_factory=Counter)
    behind_s: Counter[str] = field(default_factory=Counter)

    def loading(self, run: Any, **_: Any) -> None:
        return None

    def opened(self, value: Any, attachment: Any, saved: Any) -> FakeRun:
        return self.runs[value["name"]]

    def limit_history(self, run: FakeRun, most_bytes: int) -> None:
        run.calls["limit_history"] += 1

    def least_history(self, run: FakeRun) -> int:
        return 1

    def advance(self, run: FakeRun, budget_s: float, *, steps: int | None = None) -> int:
        cost = run.slice_s or budget_s
        self._spend(run, "advance", cost)
        self.trained_s[run.name] += cost
        run.step += 1
        run.measured = False
        return 1

    def header(self, run: FakeRun) -> dict[str, Any]:
        self._spend(run, "header", run.frame_s)
        return {"step": run.step, "exact": run.measured}

    def measure(self, run: FakeRun) -> None:
        run.calls["measure"] += 1

    def inexact(self, run: FakeRun) -> bool:
        return run.whole_slices > 0 and not run.measured

    def whole(self, run: FakeRun) -> Iterator[None]:
        yield from self._in_slices(run, "whole", run.whole_slices)
        run.measured = True

    def undiagnosed(self, run: FakeRun) -> bool:
        return run.finding_slices > 0 and run.found_for != run.step

    def diagnosing(self, run: FakeRun) -> Any:
        place = run.step
        yield from self._in_slices(run, "diagnosing", run.finding_slices)
        run.found_for = place
        return [{"code": "slow", "at": place}]

    def every_s(self, name: str) -> float:
        return self.rhythm.get(name, 0.0)

    def begin(self, run: FakeRun, names: list[str], options: Any, *, whole: bool, enough_s: float) -> Any:
        for name in names:
            run.calls[f"begin {name}"] += 1
        slow = {name: self._analysis(run, name) for name in names if name in self.slices}
        return {name: np.array([run.step], np.int32) for name in names if name not in self.slices}, slow, set(names)

    def _analysis(self, run: FakeRun, name: str) -> Any:
        run.calls[f"first slice of {name}"] += 1
        place = run.step
        yield from self._in_slices(run, name, self.slices[name])
        return {name: np.array([place], np.int32)}

    def seeking(self, run: FakeRun, step: int) -> Iterator[None]:
        run.last = max(run.last, run.step)
        run.step = step // 10 * 10  # there is a snapshot every ten steps
        yield
        while run.step < step:
            self._spend(run, "replay", run.replay_s)
            run.step += 1
            yield

    def branch_end(self, run: FakeRun, number: int) -> int | None:
        return number or None  # it ends at the step of its number

    def returning(self, run: FakeRun, number: int) -> Iterator[None]:
        yield from self.seeking(run, number)

    def checkpoint(self, run: FakeRun) -> dict[str, Any]:
        self._spend(run, "checkpoint", run.saving_s)
        return {"step": run.step}

    def scene(self, run: FakeRun) -> Any:
        return {}, {}

    def constant(self, run: FakeRun) -> tuple[str, ...]:
        return ()

    def _in_slices(self, run: FakeRun, name: str, count: int) -> Iterator[None]:
        for _ in range(count):
            self._spend(run, name, self.slice_s)
            self.behind_s[run.name] += self.slice_s
            yield

    def _spend(self, run: FakeRun, call: str, seconds: float) -> None:
        run.calls[call] += 1
        self.clock.spend(seconds)


class Laboratory:
    """A host with pretended runs, each watched by somebody who draws at once."""

    def __init__(self, patch: pytest.MonkeyPatch, *runs: FakeRun, **engine: Any) -> None:
        self.clock = Clock()
        times = SimpleNamespace(perf_counter=self.clock, thread_time=self.clock, monotonic=self.clock)
        for module in (hosted, request, saver):
            patch.setattr(module, "time", times)
        patch.setattr(process, "spent", self.clock)
        self.engine = Engine(self.clock, {run.name: run for run in runs}, **engine)
        self.frames: dict[str, list[tuple[dict[str, Any], dict[str, Any]]]] = {run.name: [] for run in runs}
        self._keys = {run.name: key for key, run in enumerate(runs, start=1)}
        self._names = {key: name for name, key in self._keys.items()}
        self._wanting: list[int] = []
        self.host = process.Host(self.engine, self._take, self.clock)  # type: ignore[arg-type]

    def open(self, name: str, offers: tuple[str, ...] = (), *, folder: str = "", **state: Any) -> None:
        usual = {"playing": True, "held": False, "speed": 0.0, "version": 0, "checkpoint": None, "attachment": None}
        opening = {"experiment": {"name": name}, "folder": folder, "offers": offers, "options": {}, **usual, **state}
        self.do("open", name, opening)
        self.do("want", name)

    def do(self, op: str, name: str, *arguments: Any) -> None:
        self.host.do([(op, self._keys[name], *arguments)])

    def hosted(self, name: str) -> hosted.Hosted:
        return self.host.runs[self._keys[name]]

    def go(self, seconds: float) -> int:
        """So much pretended time; how many turns had something to do."""
        until, turns = self.clock.now + seconds, 0
        while self.clock.now < until:
            wait = self.host.turn()
            turns += wait == 0
            self.clock.spend(TURN_S if wait == 0 else min(wait or seconds, until - self.clock.now) + 1e-9)
            wanting, self._wanting = self._wanting, []
            for key in wanting:
                self.host.do([("want", key)])
        return turns

    def _take(self, message: bytes) -> None:
        kind, key, _ = HEAD.unpack_from(message)
        if kind == Kind.FRAME:
            header, arrays = wire.unpack(message[HEAD.size :])
            self.frames[self._names[key]].append((header, arrays))
            self._wanting.append(key)
