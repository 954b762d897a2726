"""What a run shows: frames with the arrays that are watched, scenes, and the analyses that take several slices."""

from __future__ import annotations

import sys
import traceback
import weakref
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from nnlab.core.errors import NnlabError
from nnlab.core.records import Array, Quantised
from nnlab.core.say import Told, tell
from nnlab.live.messages import wire
from nnlab.live.worker.request import reason_of

ENOUGH_S = 0.004  # of processor time in a frame: then costly arrays wait for the next one, so that none is much later
FINDINGS_S = 0.5
SCENE_S = 0.05  # between two scenes while points are dragged
RATE_S = 0.5  # over which the training rate is counted
CURVE_ROWS = 120  # measurements that one frame brings at most: a second's worth, for a viewer that was held up
NEVER = -1e9


class Frames:
    """The pictures of one run. `say(told)` tells the viewers about an analysis that fails; the others go on."""

    def __init__(self, engine: ModuleType, clock: Callable[[], float], say: Callable[[Told], None]) -> None:
        self._engine, self._clock, self._say = engine, clock, say
        self.offers: tuple[str, ...] = ()
        self.options: dict[str, dict[str, Any]] = {}
        self.phase: dict[str, Array] = {}
        self.scene_due = self.restarted = False
        self.scene_number = self.seq = 0
        self._scene_at = self._findings_at = NEVER
        self._place = 0  # counts the states that the run has been in
        self._begun: dict[str, tuple[float, int]] = {}  # when an analysis was begun, and for which state
        self._failed: set[str] = set()
        self._slow: dict[str, Any] = {}
        self._done: dict[str, Array | Quantised] = {}
        self._rest: tuple[int, dict[str, Array | Quantised]] = (-1, {})  # all that is known of a state at rest
        self._diagnosis: Any = None
        self._undiagnosable: Callable[[], Any] = _nobody  # the learner whose diagnosis has failed, while it is there
        self._findings: list[dict[str, Any]] = []
        self._rate = (0.0, 0.0)
        self._rate_from = (self._clock(), 0)
        self._curve = (0, 0)  # which course it was when the curves were sent last, and up to which step they went

    def watch(self, offers: tuple[str, ...], options: dict[str, dict[str, Any]]) -> None:
        """What frames carry from now on."""
        self.offers, self.options = offers, options
        self._failed.clear()
        self.renew()

    def moved(self) -> None:
        """The run is in another state."""
        self._place += 1

    def renew(self) -> None:
        """Every array anew, for a viewer that has none or one that wants others; work under way is void."""
        self._begun.clear()
        self._slow.clear()
        self._done, self._rest = {}, (-1, {})

    def replaced(self) -> None:
        """The run is another one: its frames must not pass for the old scene's."""
        self._scene_at = NEVER
        self.void_findings()
        self.renew()

    def restart(self) -> None:
        """The run begins anew: another one, which the next scene shows."""
        self.restarted = self.scene_due = True
        self.replaced()

    def void_findings(self) -> None:
        """Drop the findings: they are about a state that no longer exists."""
        self._findings_at = NEVER
        self._diagnosis, self._findings, self._undiagnosable = None, [], _nobody

    # ---- messages ----------------------------------------------------------------------------------------------------
    def scene(self, run: Any, version: int = 0) -> bytes:
        """What does not change from frame to frame. `version`: of the experiment in it."""
        header, arrays = self._engine.scene(run)
        told = {"type": "scene", "scene": self.scene_number, "version": version, **header}
        return wire.pack(told, {**arrays, **self._constant(run)})

    def next_scene(self, run: Any, version: int = 0) -> bytes | None:
        """The scene, where one is due."""
        now = self._clock()
        if not self.scene_due or now - self._scene_at < SCENE_S:
            return None
        self.scene_number += 1
        self.renew()
        scene = self.scene(run, version)
        self.scene_due, self._scene_at = False, now  # only now: one that fails is tried again with the next command
        return scene

    def frame(self, run: Any, state: dict[str, Any], *, moving: bool) -> bytes:
        """The run as it is now with what is watched; see "Wire" in docs/architecture.md. `moving`: others will follow."""
        now = self._clock()
        self.seq += 1
        self._count(run, now)
        header = {
            "type": "frame",
            "scene": self.scene_number,
            "seq": self.seq,
            **self._engine.header(run),
            **state,
            "rate": {"epochs_s": self._rate[0], "steps_s": self._rate[1]},
            "findings": self._findings,
            "restarted": self.restarted,
        }
        self.restarted = False
        arrays = {**self._arrays(run, moving=moving), **self._curves(run, header.get("course", (0, 0))), **self.phase}
        return wire.pack(header, arrays)

    def late(self, run: Any, *, moving: bool) -> list[str]:
        """Costly arrays that are due, the longest outstanding first: in their rhythm, and once more where a run rests."""
        now = self._clock()
        due = [name for name in self.offers if self._is_due(name, now, moving=moving)]
        return sorted(due, key=lambda name: self._begun.get(name, (NEVER, -1))[0])

    # ---- work that takes several slices ------------------------------------------------------------------------------
    def pending(self, run: Any, *, moving: bool) -> bool:
        """Whether there is such work: analyses that are under way, or a diagnosis that is due."""
        if self._slow or self._diagnosis is not None:
            return True
        rested = not moving or self._clock() - self._findings_at >= FINDINGS_S
        return rested and self._undiagnosable() is not run.learner and bool(self._engine.undiagnosed(run))

    def work(self, run: Any) -> bool:
        """One slice of it; whether there is something new to show."""
        if self._slow:
            name = next(iter(self._slow))
            return self._advance(name)
        if self._diagnosis is None:
            self._diagnosis, self._findings_at = self._engine.diagnosing(run), self._clock()
        try:
            next(self._diagnosis)
            return False
        except StopIteration as stop:
            found = stop.value
        except Exception as error:  # advice that fails must not stop a run
            report(error)  # once a learner, for it fails in each of its states
            self._undiagnosable, found = weakref.ref(run.learner), []
        changed = found != self._findings
        self._diagnosis, self._findings = None, found
        return bool(changed)

    def _advance(self, name: str) -> bool:
        try:
            next(self._slow[name])
            return False
        except StopIteration as stop:
            self._done |= stop.value
        except Exception as error:
            self._fail(name, error)
        self._slow.pop(name, None)
        return True

    # ---- arrays ------------------------------------------------------------------------------------------------------
    def _is_due(self, name: str, now: float, *, moving: bool) -> bool:
        every_s = self._engine.every_s(name)
        begun_at, begun_for = self._begun.get(name, (NEVER, -1))
        if every_s <= 0 or name in self._slow or name in self._failed or begun_for == self._place:
            return False
        return not moving or now - begun_at >= every_s

    def _arrays(self, run: Any, *, moving: bool) -> dict[str, Array | Quantised]:
        """What is new; at rest all there is, for a viewer may have missed the frames before."""
        costly = self.late(run, moving=moving)
        usual = [
            n for n in self.offers if self._engine.every_s(n) == 0 and n not in self._slow and n not in self._failed
        ]
        found = self._begin(run, usual + costly, whole=not moving)
        place, rest = self._rest
        arrays = {**(rest if place == self._place and not moving else {}), **self._done, **found}
        self._done, self._rest = {}, (-1, {}) if moving else (self._place, arrays)
        return arrays

    def _begin(self, run: Any, names: list[str], *, whole: bool) -> dict[str, Array | Quantised]:
        try:
            found, slow, begun = self._engine.begin(run.learner, names, self.options, whole=whole, enough_s=ENOUGH_S)
        except Exception as error:
            if len(names) == 1:
                self._fail(names[0], error)
                return {}
            alone = [self._begin(run, [name], whole=whole) for name in names]  # which of them was it?
            return {name: array for one in alone for name, array in one.items()}
        for name in begun:
            if name in slow and self._begun.get(name, (NEVER, -1))[1] != self._place:  # else it is there already
                self._slow[name] = slow[name]
            self._begun[name] = self._clock(), self._place
        return dict(found)

    def _constant(self, run: Any) -> dict[str, Array | Quantised]:
        """What depends on structure and data alone, one by one: the scene comes without those that fail."""
        found: dict[str, Array | Quantised] = {}
        for name in self._engine.constant(run):
            try:
                found |= self._engine.probe(run.learner, [name])
            except Exception as error:
                if name not in self._failed:  # scenes follow one another while points are dragged: it is said once
                    self._fail(name, error)
        return found

    def _fail(self, name: str, error: Exception) -> None:
        self._failed.add(name)
        if not isinstance(error, NnlabError):  # else it was refused on purpose
            report(error)
        self._say(tell("notice.view_failed", name=name.replace("_", " "), reason=reason_of(error)))

    def _curves(self, run: Any, course: tuple[int, int]) -> dict[str, Array]:
        """What was measured since the frame before; where the run went over to another course, all since it left the one before."""
        (number, left_at), (last, end) = course, self._curve
        rows = run.history.since(min(end if number == last else left_at, run.span[1]), CURVE_ROWS)
        self._curve = number, run.span[1]
        return {"curve": rows.astype(np.float32)} if len(rows) else {}

    def _count(self, run: Any, now: float) -> None:
        since, step = self._rate_from
        if now - since < RATE_S and run.step >= step:
            return
        steps_s = max(0, run.step - step) / max(now - since, 1e-6)
        self._rate = (steps_s / run.batches if run.batches else 0.0, steps_s)
        self._rate_from = (now, run.step)


def _nobody() -> None:
    """As a reference to what is gone."""


def report(error: Exception) -> None:
    """The traceback for the log."""
    traceback.print_exception(error, file=sys.stderr)
