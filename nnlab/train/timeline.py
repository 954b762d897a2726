"""The history of a run: snapshots to go back to, and the events (edits, changes) between them.

A state is found again exactly by restoring the nearest snapshot before it and replaying the updates and events after it.
Snapshots are one an epoch while a run is young, and never further apart than half a second of replay as long as there is room;
where there is none, every second one goes. The last few places where the run paused for a frame are kept as well, so that a
short way back is a short replay. All of it is bounded in bytes: a worker divides its budget among its runs.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from nnlab.core.experiment import Experiment
from nnlab.core.records import Array
from nnlab.train.stopping import Watch

MANY = 400  # snapshots beyond which those that lie close are thinned
MB = 2**20
SMALL, LIMIT, LARGE_LIMIT = 100_000, 24 * MB, 96 * MB  # parameters, and bytes of a history up to so many and beyond
MAX_EVENTS = 1_000
EDIT_BYTES, EVENTS_SHARE = 250, 4  # of one edited example in an event; events take at most a quarter of the bytes
REPLAY_S = 0.5  # of processor time between two snapshots: as long as a way back should take
RECENT, RECENT_SHARE = 48, 4  # places of the last frames, in at most a quarter of the bytes
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

    `epoch`: that of the run then; behind the last update of an epoch it tells whether the stop rule had judged already.
    `light`: the change leaves no trace but the new experiment, so that another light one at the same place replaces it.
    """

    step: int
    epoch: int
    what: Experiment | Edit | Proceed
    light: bool = False

    @property
    def nbytes(self) -> int:
        """Bytes it takes, about: a changed experiment holds a list of every edited example of its own."""
        lists = vars(self.what.data).values() if isinstance(self.what, Experiment) else ()
        return OVERHEAD + EDIT_BYTES * sum(len(one) for one in lists if isinstance(one, tuple))

    def gives_way(self, later: Event) -> bool:
        """Whether `later` makes this one superfluous: a slider or weight that is still being dragged."""
        if (self.step, self.epoch) != (later.step, later.epoch):
            return False
        if isinstance(self.what, Edit) and isinstance(later.what, Edit):
            return self.what.index == later.what.index
        return self.light and later.light


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that determines what comes next. `events` is how many of the timeline's events it has seen.

    `clock_s`: processor time that training had taken up to here, which tells how long a replay takes.
    """

    step: int
    events: int
    epoch: int
    offset: int
    experiment: Experiment
    watch: Watch
    names: tuple[str, ...]
    values: tuple[Array, ...]
    clock_s: float = 0.0

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
    """The snapshots and events of one run. `last` is the furthest step reached; `seen`, the events behind the present.

    `every`: epochs between two that are kept. `limit`: bytes of all snapshots together, of which branches take `beside`.
    `forgotten`: the oldest events that were dropped for want of room.
    """

    events: list[Event] = field(default_factory=list)
    seen: int = 0
    last: int = 0
    every: int = 1
    limit: int = LIMIT
    beside: int = 0
    forgotten: int = 0
    _even: list[Snapshot] = field(default_factory=list)
    _recent: deque[Snapshot] = field(default_factory=deque)
    _names: tuple[str, ...] = ()
    _many: int = MANY
    _gap_s: float = REPLAY_S
    _held: int = 0  # bytes of the evenly spaced ones: a long history is not added up again for each
    _noted: int = 0  # and of the events

    @property
    def first(self) -> int:
        """The earliest step one can go back to."""
        return self._even[0].step if self._even else self.last

    @property
    def snapshots(self) -> list[Snapshot]:
        """All of them, in order."""
        return sorted({s.place: s for s in (*self._even, *self._recent)}.values(), key=lambda s: s.place)

    @property
    def kept(self) -> list[Snapshot]:
        """The evenly spaced ones and the furthest of all, in order."""
        return sorted({s.place: s for s in (*self._even, *self._furthest)}.values(), key=lambda s: s.place)

    @property
    def _furthest(self) -> list[Snapshot]:
        return [max(self._recent, key=lambda s: s.place)] if self._recent else []

    @property
    def nbytes(self) -> int:
        """Bytes of all snapshots and of the branches, about."""
        return self.beside + sum(s.nbytes for s in self.snapshots)

    @property
    def least(self) -> int:
        """Bytes of the newest evenly spaced one, which stays in any case."""
        return self._even[-1].nbytes if self._even else 0

    def names(self, state: Mapping[str, Array]) -> tuple[str, ...]:
        """The names of a state's arrays, one tuple shared by all snapshots that have the same."""
        found = tuple(state)
        if found != self._names:
            self._names = found
        return self._names

    def due(self, *, epoch: int, offset: int, clock_s: float) -> bool:
        """Whether a snapshot should be kept at this place: at the start of some epochs, and after half a second anyhow."""
        if offset == 0 and epoch % self.every == 0:
            return True
        return not self._even or clock_s - self._even[-1].clock_s >= self._gap_s

    def keep(self, snapshot: Snapshot) -> None:
        """Add to the evenly spaced ones, thinning them where there is no room; one at the same place is replaced."""
        at = bisect_left(self._even, snapshot.place, key=lambda s: s.place)
        self._held += snapshot.nbytes
        if at < len(self._even) and self._even[at].place == snapshot.place:
            self._held -= self._even[at].nbytes
            self._even[at] = snapshot
        else:
            self._even.insert(at, snapshot)
        many = len(self.events) > MAX_EVENTS or self._noted > self.limit // EVENTS_SHARE
        if many and snapshot.events == len(self.events) > 1:
            self._forget_past(-(-len(self.events) // 4))
        if len(self._even) > self._many:
            self._thin(REPLAY_S)
            self._many = max(MANY, 2 * len(self._even))
        self.fit()

    def fit(self) -> None:
        """Thin until everything lies within `limit`; the last stays in any case. Where there is room again, keep more."""
        while self._recent and sum(s.nbytes for s in self._recent) > self.limit // RECENT_SHARE:
            self._recent.popleft()
        room = self.limit - self.limit // RECENT_SHARE - self.beside
        while len(self._even) > 2 and self._held > room:
            self._thin(math.inf)
            self._gap_s *= 2
        if len(self._even) == 2 and self._held > self.limit - self.beside:
            self._spread(self._even[-1:])  # a large network among many: there is no way back to its start
        if self._gap_s > REPLAY_S and self._held < room // 4:  # well below the half that thinning leaves
            self._gap_s /= 2

    def _thin(self, longest_s: float) -> None:
        """Take out every second one, except where that leaves a longer replay than `longest_s`."""
        kept = self._even[:1]
        before_gone = False
        for one, after in pairwise(self._even[1:]):
            before_gone = not before_gone and after.clock_s - kept[-1].clock_s <= longest_s
            if not before_gone:
                kept.append(one)
        self._spread([*kept, self._even[-1]])
        self.every *= 2

    def _spread(self, kept: list[Snapshot]) -> None:
        self._even, self._held = kept, sum(s.nbytes for s in kept)

    def pass_by(self, snapshot: Snapshot) -> None:
        """Keep a snapshot of the last second or so, until later ones replace it."""
        if self._recent and self._recent[-1].place == snapshot.place:
            return
        self._recent.append(snapshot)
        while len(self._recent) > RECENT or len(self._recent) * snapshot.nbytes > self.limit // RECENT_SHARE:
            self._recent.popleft()

    def note(self, event: Event) -> None:
        """Append an event at the present step; the future must be left first, and a snapshot must follow."""
        if self.events and self.events[-1].gives_way(event):
            self._noted -= self.events.pop().nbytes
        self.events.append(event)
        self._noted += event.nbytes
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

    def reach(self, step: int) -> None:
        """The run stands at `step`, beyond what was known or on the way that it went before."""
        self.last = max(self.last, step)

    def forget_future(self, step: int, epoch: int | None = None) -> None:
        """Drop what lies after `step` and the events that the present has not seen.

        `epoch`: that of the run now: a snapshot of the same step may lie behind the stop rule's verdict, which comes later.
        """
        now = (step, math.inf if epoch is None else epoch)
        self._noted -= sum(e.nbytes for e in self.events[self.seen :])
        del self.events[self.seen :]
        self._spread([s for s in self._even if (s.step, s.epoch) <= now and s.events <= self.seen])
        self._recent = deque(s for s in self._recent if (s.step, s.epoch) <= now and s.events <= self.seen)
        self.last = step

    def follow(self, events: Sequence[Event], snapshots: Sequence[Snapshot], last: int) -> None:
        """Go over to another course, with snapshots of it in order; one of them must be restored next."""
        self.events, self.last = list(events), last
        self._noted = sum(e.nbytes for e in events)
        self._recent.clear()
        self._spread(list(snapshots))

    def _forget_past(self, events: int) -> None:
        """Drop the oldest events and the snapshots that would need them; the earliest step moves forward."""
        self._noted -= sum(e.nbytes for e in self.events[:events])
        self.forgotten += events
        del self.events[:events]
        self._spread([replace(s, events=s.events - events) for s in self._even if s.events >= events])
        self._recent = deque(replace(s, events=s.events - events) for s in self._recent if s.events >= events)
        self.seen = len(self.events)


def limit_of(parameters: int) -> int:
    """Bytes that the history of a run with so many parameters may take."""
    return LIMIT if parameters <= SMALL else LARGE_LIMIT
