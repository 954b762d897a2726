"""Where a run has been: snapshots to go back to, and the events (edits, changes) that lie between them.

A state is found again exactly by restoring the nearest snapshot before it and replaying the updates and events after it.
Snapshots are one an epoch while a run is young; when there are too many, every second one goes and the interval doubles. The
last few places where the run paused for a frame are kept as well, so that a short way back is a short replay.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from nnlab.core.experiment import Experiment
from nnlab.core.records import Array
from nnlab.train.stopping import Watch

MAX_SNAPSHOTS = 400
MAX_BYTES = 24 * 2**20
MAX_EVENTS = 1_000
RECENT = 48  # of the snapshots; the places of the last frames
# An ndarray, its share of the tuples and the snapshot itself, in bytes: what a small state costs beside its numbers.
OVERHEAD = 400


@dataclass(frozen=True)
class Proceed:
    """The run was told to go on after its stop rule had ended it."""


@dataclass(frozen=True)
class Edit:
    """One parameter was set by hand."""

    index: int
    value: float


@dataclass(frozen=True)
class Event:
    """What a person did when the run stood at `step`; a changed `Experiment`, an `Edit` or `Proceed`.

    `light`: the change leaves no trace but the new experiment, so that another light one at the same step replaces it.
    """

    step: int
    what: Experiment | Edit | Proceed
    light: bool = False

    def gives_way(self, later: Event) -> bool:
        """Whether `later` makes this one superfluous: a slider or weight that is still being dragged."""
        if self.step != later.step:
            return False
        if isinstance(self.what, Edit) and isinstance(later.what, Edit):
            return self.what.index == later.what.index
        return self.light and later.light


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that determines what comes next. `events` is how many of the timeline's events it has seen."""

    step: int
    events: int
    epoch: int
    offset: int
    experiment: Experiment
    watch: Watch
    names: tuple[str, ...]
    values: tuple[Array, ...]

    @property
    def state(self) -> dict[str, Array]:
        """What `Learner.restore` takes."""
        return dict(zip(self.names, self.values, strict=True))

    @property
    def place(self) -> tuple[int, int]:
        """Snapshots are ordered by step, and at one step by the events they have seen."""
        return self.step, self.events

    @property
    def nbytes(self) -> int:
        """Bytes it takes, about."""
        return OVERHEAD + sum(v.nbytes for v in self.values)

    @property
    def finite(self) -> bool:
        """Whether all its numbers are numbers."""
        return all(bool(np.isfinite(v).all()) for v in self.values)


@dataclass
class Timeline:
    """The snapshots and events of one run. `last` is the furthest step reached; `seen`, the events behind the present."""

    events: list[Event] = field(default_factory=list)
    seen: int = 0
    last: int = 0
    every: int = 1
    _even: list[Snapshot] = field(default_factory=list)
    _recent: deque[Snapshot] = field(default_factory=lambda: deque(maxlen=RECENT))
    _names: tuple[str, ...] = ()

    @property
    def first(self) -> int:
        """The earliest step one can go back to."""
        return self._even[0].step if self._even else self.last

    @property
    def snapshots(self) -> list[Snapshot]:
        """All of them, in order."""
        return sorted({s.place: s for s in (*self._even, *self._recent)}.values(), key=lambda s: s.place)

    @property
    def nbytes(self) -> int:
        """Bytes of all snapshots, about."""
        return sum(s.nbytes for s in self.snapshots)

    def names(self, state: Mapping[str, Array]) -> tuple[str, ...]:
        """The names of a state's arrays, one tuple shared by all snapshots that have the same."""
        found = tuple(state)
        if found != self._names:
            self._names = found
        return self._names

    def keep(self, snapshot: Snapshot) -> None:
        """Add to the evenly spaced ones, thinning them where there are too many; one at the same place is replaced."""
        at = bisect_left(self._even, snapshot.place, key=lambda s: s.place)
        if at < len(self._even) and self._even[at].place == snapshot.place:
            self._even[at] = snapshot
        else:
            self._even.insert(at, snapshot)
        if len(self.events) > MAX_EVENTS and snapshot.events == len(self.events):
            self._forget_past(MAX_EVENTS // 4)
        room = MAX_BYTES - RECENT * snapshot.nbytes
        while len(self._even) > MAX_SNAPSHOTS - RECENT or (
            len(self._even) * snapshot.nbytes > room
            and sum(s.nbytes for s in self._even) > room
            and len(self._even) > 4
        ):
            self._even = [self._even[0], *self._even[2::2]]
            self.every *= 2

    def pass_by(self, snapshot: Snapshot) -> None:
        """Remember a place of the last second or so; it gives way to later ones."""
        if not self._recent or self._recent[-1].place != snapshot.place:
            self._recent.append(snapshot)

    def note(self, event: Event) -> None:
        """Append an event at the present step; the future must be forgotten first, and a snapshot must follow."""
        if self.events and self.events[-1].gives_way(event):
            self.events[-1] = event
        else:
            self.events.append(event)
        self.seen = len(self.events)

    def before(self, step: int) -> Snapshot:
        """The newest snapshot not after `step`, the oldest one where `step` lies before all."""
        at = bisect_right(self._even, step, key=lambda s: s.step)
        best = self._even[max(0, at - 1)]
        near = [s for s in self._recent if best.place < s.place and s.step <= step]
        return max(near, key=lambda s: s.place, default=best)

    def epoch_start(self, epoch: int) -> Snapshot:
        """The newest snapshot not after the beginning of `epoch`."""
        found = [s for s in self.snapshots if (s.epoch, s.offset) <= (epoch, 0)]
        return found[-1] if found else self._even[0]

    def forget_future(self, step: int) -> None:
        """Drop what lies after `step` and the events that the present has not seen."""
        del self.events[self.seen :]
        self._even = [s for s in self._even if s.step <= step and s.events <= self.seen]
        kept = [s for s in self._recent if s.step <= step and s.events <= self.seen]
        self._recent = deque(kept, maxlen=RECENT)
        self.last = step

    def _forget_past(self, events: int) -> None:
        """Drop the oldest events and the snapshots that would need them; the earliest step moves forward."""
        del self.events[:events]

        def renumber(s: Snapshot) -> Snapshot:
            return Snapshot(s.step, s.events - events, s.epoch, s.offset, s.experiment, s.watch, s.names, s.values)

        self._even = [renumber(s) for s in self._even if s.events >= events]
        self._recent = deque((renumber(s) for s in self._recent if s.events >= events), maxlen=RECENT)
        self.seen = len(self.events)
