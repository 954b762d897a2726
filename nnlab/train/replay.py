"""Replays of a run's history: restore the nearest snapshot, then repeat the updates and events after it.

A replay is a generator that yields every few milliseconds, so that a worker shows the snapshot at once and serves the other runs
meanwhile, or waits for the thread that loads the examples it needs next; `seek` runs it to the end.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator

from nnlab.core.experiment import Experiment
from nnlab.core.metrics import watched
from nnlab.train.branches import Branch
from nnlab.train.history import History
from nnlab.train.loading import Loading, to_load
from nnlab.train.updates import Run, apply, drop_batch, is_finite, measured, restore, snapshot, updates

LEFT_BEHIND_S = 0.1  # of replay between two snapshots left behind, so that the next way back is short
CLOCK_S = 1e-3  # between two readings of the clock, about
Way = Generator[Loading | None, None, None]  # what it waits for, if anything


def seek(run: Run, step: int) -> int:
    """Go to exactly the state at `step`, after what was changed there, or as near as the history reaches; returns the step reached."""
    _go(seeking(run, step))
    return run.step


def seeking(run: Run, step: int) -> Way:
    """The replay to `step`. It yields first at the nearest snapshot and ends at `step` itself."""
    first, last = run.span
    step = max(first, min(step, last))
    found = run.timeline.before(step)
    drop_batch(run)
    if not found.step < run.step <= step:
        yield from _at_hand(run, found.experiment)
        restore(run, found)
    yield from _repeat(run, step=step)
    yield from _settled(run)


def seeking_epoch(run: Run, epoch: int) -> Way:
    """The replay to the beginning of `epoch`."""
    found = run.timeline.epoch_start(epoch)
    yield from _at_hand(run, found.experiment)
    restore(run, found)
    yield from _repeat(run, epoch=epoch)
    yield from _settled(run)


def _go(way: Way) -> None:
    for thread in way:
        if thread is not None:
            thread.join()


def _at_hand(run: Run, experiment: Experiment) -> Way:
    """Wait for the examples of another place of the history, where they are many and not at hand any more."""
    thread = None if experiment.data == run.experiment.data else to_load(experiment.data)
    if thread is None:
        return
    if thread.ident is None:
        thread.start()
    while not thread.outcome.done():
        yield thread


def last_good(run: Run) -> int:
    """Newest step with a snapshot of numbers at which the watched metric was not half as bad again as at the start."""
    first, _ = run.span
    metric = watched(run.learner.metrics, tested=False)
    start = float(run.history.column(metric.name)[0]) if len(run.history) else math.nan
    limit = start / 1.5 if metric.better == "higher" else 1.5 * start
    row = run.history.last_within(metric.name, limit, metric.better)
    newest = first if row is None else row
    snapshots = run.timeline.snapshots
    before = (s.step for s in reversed(snapshots) if s.step <= newest and s.finite)  # a look at all would take long
    return next(before, next((s.step for s in snapshots if s.finite), first))


def fork(run: Run) -> None:
    """The run goes on from here in another way: what came after becomes a branch, where there is anything."""
    timeline = run.timeline
    if run.step >= timeline.last and timeline.seen == len(timeline.events):
        return
    left = _course(run)
    timeline.forget_future(run.step, run.epoch)
    run.history.truncate(run.step)
    run.branches.leave(left, timeline)


def return_to(run: Run, number: int) -> int:
    """Go to the end of a branch, and make the present course a branch in its place; returns the step reached.

    Nothing happens where there is no branch of this number.
    """
    _go(returning(run, number))
    return run.step


def returning(run: Run, number: int) -> Way:
    """`return_to` in slices; the first yield that is not a thread is at the nearest snapshot."""
    branch = run.branches.find(number, run.timeline)
    if branch is None:
        return
    yield from _at_hand(run, branch.snapshots[-1].experiment)
    branch = run.branches.find(number, run.timeline)  # meanwhile others may have needed its room
    if branch is None:
        return
    if run.judging is None:
        run.timeline.pass_by(snapshot(run))
    left, shared = _course(run), branch.among(run.timeline.kept, run.timeline.events)
    held = {s.place: s for s in (*shared, *branch.snapshots)}
    run.timeline.follow(branch.events, sorted(held.values(), key=lambda s: s.place), branch.last)
    run.history = History(run.history.names, branch.rows)
    restore(run, branch.snapshots[-1])
    run.branches.leave(left, run.timeline, instead=number)
    yield from _repeat(run, step=branch.last)
    yield from _settled(run)


def _course(run: Run) -> Branch:
    """The present course, as a branch with all that is kept of it."""
    timeline = run.timeline
    run.branches.align(timeline)
    return Branch(0, timeline.last, tuple(timeline.events), tuple(timeline.kept), run.history.rows)


def _repeat(run: Run, *, step: int | None = None, epoch: int | None = None) -> Way:
    """Updates and events from the present place up to a step, or to the beginning of an epoch."""
    timeline = run.timeline
    last = timeline.last if step is None else step
    left_at = run.clock_s
    yield None
    while True:
        event = timeline.events[timeline.seen] if timeline.seen < len(timeline.events) else None
        if event and event.step == run.step and (run.judging is None or event.epoch == run.epoch):
            if isinstance(event.what, Experiment):
                yield from _at_hand(run, event.what)
            apply(run, event.what)
            timeline.seen += 1
            continue
        if run.judging is not None:
            timed(run, 1, remember=False)
            yield None
            continue
        if run.step >= last or (epoch is not None and run.epoch >= epoch) or run.n == 0:
            return
        goal = last if event is None else min(event.step, last)
        while run.step < goal and not (epoch is not None and run.epoch >= epoch):
            timed(run, min(run.left, run.pace, goal - run.step), remember=goal - run.step <= run.pace)
            if run.clock_s - left_at >= LEFT_BEHIND_S and run.half is None and run.judging is None:
                timeline.pass_by(snapshot(run))
                left_at = run.clock_s
            yield None


def timed(run: Run, count: int, *, remember: bool) -> bool:
    """A piece of work, its processor time on the run's clock, and the pace so that the next takes about a millisecond."""
    before = time.thread_time()
    ended = updates(run, count, remember=remember)
    took = time.thread_time() - before
    run.clock_s += took
    if took > 2 * CLOCK_S:
        run.pace = max(1, run.pace // 2)
    elif took < CLOCK_S / 2:
        run.pace = min(256, run.pace * 2)
    return ended


def _settled(run: Run) -> Way:
    """Measure where a replay has ended, and check whether the run has diverged there."""
    while not measured(run):
        yield None
    run.diverged = not is_finite(run)
    if run.diverged:
        run.good = last_good(run)
