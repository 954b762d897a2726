"""The courses that a run has left: who goes back and does something else can return to how it went on before.

A course is its events and where it ends: a replay finds every state again, and snapshots only make it short. A branch holds all
its events, its curves, and those snapshots that do not lie on the present course too. Few are kept, in a share of the history's
bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from nnlab.train.history import Rows
from nnlab.train.timeline import Event, Snapshot, Timeline

MOST = 3  # branches; the oldest goes
SHARE = 4  # they take at most a quarter of the bytes of the history


@dataclass(frozen=True, eq=False)
class Branch:
    """A course that ends at step `last`; the higher its `number`, the later it was left. `events`: all of them; the first `common` are the present's as well.

    `snapshots`: in order, those behind the place where the two part and one before it; `rows`: its curves (n, 2 + metrics).
    """

    number: int
    last: int
    events: tuple[Event, ...]
    snapshots: tuple[Snapshot, ...]
    rows: Rows
    common: int = 0

    def parts(self, timeline: Timeline) -> int:
        """The step at which it and the present course go different ways; `common` must be right."""
        then = slice(self.common, self.common + 1)
        after = [event.step for event in (*self.events[then], *timeline.events[then])]
        return min(self.last, timeline.last, *after)

    def within(self, events: Sequence[Event], last: int) -> bool:
        """Whether another course passes through all of it, so that it tells nothing more."""
        shared = common(self.events, events)
        later = all(event.step >= self.last for event in events[shared : shared + 1])
        return shared == len(self.events) and self.last <= last and later

    def among(self, snapshots: Sequence[Snapshot], events: Sequence[Event]) -> list[Snapshot]:
        """Those of the `snapshots` of another course, whose events are given, that lie on this one: from before they part."""
        shared = common(self.events, events)
        after = self.events[shared : shared + 1]
        end = (after[0].step, after[0].epoch) if after else (self.last + 1, 0)
        return [s for s in snapshots if s.events <= shared and s.step <= self.last and (s.step, s.epoch) <= end]


@dataclass
class Branches:
    """Those of one run. `course` counts how often it went over to another; `left_at`: where it did so last."""

    course: int = 0
    left_at: int = 0
    _all: list[Branch] = field(default_factory=list)
    _forgotten: int = 0  # events of the timeline that were dropped when this was last set right

    def __len__(self) -> int:
        return len(self._all)

    @property
    def nbytes(self) -> int:
        """Bytes of what the present course does not hold, about; what two branches share counts once."""
        snapshots = {id(s.values): s.nbytes for b in self._all for s in b.snapshots}
        events = {id(e): e.nbytes for b in self._all for e in b.events[b.common :]}
        return sum(snapshots.values()) + sum(events.values()) + sum(b.rows.nbytes for b in self._all)

    def told(self, timeline: Timeline) -> list[dict[str, int]]:
        """For a frame: the number of each, the step where it and the present course part, and where it ends."""
        self.align(timeline)
        return [{"id": b.number, "from": b.parts(timeline), "to": b.last} for b in self._all]

    def find(self, number: int, timeline: Timeline) -> Branch | None:
        """The branch of this number; None where there is none, or none any more."""
        self.align(timeline)
        return next((b for b in self._all if b.number == number), None)

    def align(self, timeline: Timeline) -> None:
        """Take over what has happened to the present course; drop those that it now passes through."""
        before, gone = [(b.number, b.common) for b in self._all], timeline.forgotten - self._forgotten
        self._forgotten = timeline.forgotten
        if gone:
            self._all = [_without(b, gone) for b in self._all if b.common >= gone and b.snapshots[-1].events >= gone]
        self._all = [replace(b, common=common(b.events, timeline.events)) for b in self._all]
        self._all = [b for b in self._all if not b.within(timeline.events, timeline.last)]
        if before != [(b.number, b.common) for b in self._all]:
            self.fit(timeline)

    def leave(self, left: Branch, timeline: Timeline, *, instead: int = 0) -> None:
        """The run has gone over from `left`, with all snapshots of it, to the course that `timeline` is now.

        `instead`: the number of the branch that this course was, whose place it takes.
        """
        self.course += 1
        left = replace(left, number=self.course, common=common(left.events, timeline.events))
        self.left_at = left.parts(timeline)
        others = [left if b.number == instead else b for b in self._all if not b.within(left.events, left.last)]
        if left not in others and not any(left.within(b.events, b.last) for b in others):
            others.append(left)
        self._all = [_beside(b, left, timeline) for b in others]
        while len(self._all) > MOST:
            self._drop_oldest()
        self.align(timeline)
        self.fit(timeline)

    def fit(self, timeline: Timeline) -> None:
        """Thin and drop until they are within their share, and tell the timeline how much that is."""
        while self._all and self.nbytes > timeline.limit // SHARE:
            at = max(range(len(self._all)), key=lambda i: len(self._all[i].snapshots))
            held = self._all[at].snapshots
            if len(held) > 2:
                self._all[at] = replace(self._all[at], snapshots=(*held[:-1:2], held[-1]))
            else:
                self._drop_oldest()
        timeline.beside = self.nbytes
        timeline.fit()

    def _drop_oldest(self) -> None:
        self._all.remove(min(self._all, key=lambda b: b.number))


def common(one: Sequence[Event], other: Sequence[Event]) -> int:
    """With how many equal events both begin."""
    both = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in both if a is not b and a != b), min(len(one), len(other)))


def _beside(branch: Branch, left: Branch, timeline: Timeline) -> Branch:
    """A branch with what it needs of the snapshots of `left`, and without those that lie on the present course."""
    lent = branch.snapshots if branch is left else (*branch.among(left.snapshots, left.events), *branch.snapshots)
    on_both = branch.among(timeline.kept, timeline.events)
    own = {s.place: s for s in lent}
    for shared in on_both:
        own.pop(shared.place, None)
    held = sorted([*on_both[-1:], *own.values()], key=lambda s: s.place)
    return replace(branch, snapshots=tuple(held), common=common(branch.events, timeline.events))


def _without(branch: Branch, events: int) -> Branch:
    """A branch that begins so many events later."""
    held = tuple(replace(s, events=s.events - events) for s in branch.snapshots if s.events >= events)
    return replace(branch, events=branch.events[events:], snapshots=held, common=branch.common - events)
