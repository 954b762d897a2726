"""What a worker does next: frames by earliest deadline, and between them a fair share of the time for every job.

A frame is due one interval after the last. The interval is 1/60 s while there are few runs and their frames together take
less than half of the time, longer beyond that, so that training never starves; a slice of work ends at the next deadline. Round robin,
which was measured first, misses deadlines from five runs on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

HZ = 60.0  # frames a second of a run while there is time for them
FRAMES_HZ = 400.0  # of all runs of a worker: the server passes each on in about 0.2 ms and has pages to answer besides
GRACEFUL_HZ = 20.0  # below this the frames may take more than half of the time
FRAME_SHARE = 0.5  # of the time, for all frames together
FRAME_SHARE_MOST = 0.85
SLICE_S = 0.004  # longest stretch of work before commands are read again
SHORTEST_S = 0.0005
EARLY_S = 0.0005  # a frame may come this much too early rather than too late


@dataclass
class Pace:
    """When a run's frames are due and what they cost."""

    due: float = 0.0
    cost_s: float = 0.002

    def sent(self, now: float, interval: float, cost_s: float) -> None:
        """A frame was made and took `cost_s`: keep the rhythm where possible."""
        self.cost_s += 0.2 * (cost_s - self.cost_s)
        self.due = self.due + interval if self.due + interval > now else now - cost_s + interval


@dataclass
class Allowance:
    """Updates a run may do under its speed limit: `speed` a second, 0 = no limit."""

    speed: float = 0.0
    _saved: float = 0.0
    _at: float = 0.0

    def steps(self, now: float) -> int | None:
        """Updates allowed now; None = as many as there is time for."""
        if not self.speed:
            return None
        self._saved = min(self._saved + (now - self._at) * self.speed, max(1.0, self.speed / 5))
        self._at = now
        return int(self._saved)

    def used(self, steps: int) -> None:
        """`steps` updates were done."""
        self._saved -= steps

    def ready_at(self) -> float:
        """When the next update is allowed."""
        return self._at + max(0.0, 1.0 - self._saved) / self.speed if self.speed else self._at


class Job(Protocol):
    """Something that wants processor time: a run that plays, or an analysis on request."""

    served_s: float  # time it has had

    def ready(self, now: float) -> bool:
        """Whether it can use time now."""

    def ready_at(self) -> float:
        """When it can use time next, where it cannot now."""


class Framed(Protocol):
    """Something that shows frames."""

    pace: Pace

    def wants_frame(self) -> bool:
        """Whether a viewer has credit and there is something new to show."""

    def may_change(self) -> bool:
        """Whether new frames are to be expected from it."""


@dataclass(frozen=True)
class Next:
    """What to do: `kind` with `item`, for at most `budget_s`; "wait" until that many seconds have passed."""

    kind: Literal["frame", "work", "wait"]
    item: object = None
    budget_s: float | None = None


@dataclass
class Scheduler:
    """Chooses; does nothing itself and owns no clock."""

    hz: float = HZ
    interval_s: float = field(default=1 / HZ, init=False)
    spare_s: float = field(default=1 / HZ, init=False)  # of an interval, for work

    def interval(self, shown: Sequence[Framed]) -> float:
        """Seconds between two frames of one run, for all those that move."""
        costs = [f.pace.cost_s for f in shown if f.may_change()]
        total = sum(costs)
        graceful = max(1 / GRACEFUL_HZ, total / FRAME_SHARE_MOST)
        self.interval_s = max(1 / self.hz, len(costs) / FRAMES_HZ, min(total / FRAME_SHARE, graceful))
        self.spare_s = max(0.0, self.interval_s - total)
        return self.interval_s

    def next(self, now: float, shown: Sequence[Framed], jobs: Sequence[Job]) -> Next:
        """The next thing to do at `now`."""
        wanting = [f for f in shown if f.wants_frame()]
        first = min(wanting, key=lambda f: f.pace.due, default=None)
        if first is not None and first.pace.due - EARLY_S <= now:
            return Next("frame", first)
        ready = [job for job in jobs if job.ready(now)]
        # A run whose next frame would show nothing new has its deadline all the same.
        deadline = min((f.pace.due for f in shown if f.may_change() and f.pace.due > now), default=now + SLICE_S)
        if ready:
            longest = min(SLICE_S, self.spare_s / len(ready), deadline - now)  # each once between two of its frames
            return Next("work", min(ready, key=lambda job: job.served_s), max(SHORTEST_S, longest))
        waits = [job.ready_at() for job in jobs] + [f.pace.due for f in wanting]
        return Next("wait", None, max(0.0, min(waits) - now) if waits else None)
