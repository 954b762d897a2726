"""Back and forth through a run's history: restore the nearest snapshot, then repeat what happened from there."""

from __future__ import annotations

import math

from nnlab.train.updates import Run, abandon_batch, apply, is_finite, measure, restore, snapshot, updates

STRIDE = 256  # updates between two snapshots left behind by a replay, so that the next way back is short


def seek(run: Run, step: int, *, within: int | None = None) -> int:
    """Exactly the state at `step` (after what was changed there), as near as the history reaches; the step arrived at.

    `within`: land on the nearest snapshot before it instead, where more than so many updates would have to be repeated.
    """
    first, last = run.span
    step = max(first, min(step, last))
    found = run.timeline.before(step)
    abandon_batch(run)
    if not found.step < run.step <= step:
        restore(run, found)
    if within is not None and step - run.step > within:
        step = run.step
    _repeat(run, step=step)
    return _settle(run)


def seek_epoch(run: Run, epoch: int) -> int:
    """The state at the beginning of `epoch`; the step arrived at."""
    abandon_batch(run)
    restore(run, run.timeline.epoch_start(epoch))
    _repeat(run, epoch=epoch)
    return _settle(run)


def last_good(run: Run) -> int:
    """Newest step with a snapshot of numbers whose training loss was not above one and a half times the first one."""
    first, _ = run.span
    start = run.history.rows[0, 2] if len(run.history) else math.nan
    row = run.history.last_below(1.5 * start)
    limit = first if row is None else row
    finite = [s.step for s in run.timeline.snapshots if s.finite]
    return max((s for s in finite if s <= limit), default=min(finite, default=first))


def forget_future(run: Run) -> None:
    """Going on from a place in the past: what came after it is no longer what happens."""
    if run.step < run.timeline.last or run.timeline.seen < len(run.timeline.events):
        run.timeline.forget_future(run.step)
        run.history.truncate(run.step)


def _repeat(run: Run, *, step: int | None = None, epoch: int | None = None) -> None:
    """Updates and events from the present place up to a step, or to the beginning of an epoch."""
    timeline = run.timeline
    last = timeline.last if step is None else step
    left_at = run.step
    while True:
        while timeline.seen < len(timeline.events) and timeline.events[timeline.seen].step == run.step:
            apply(run, timeline.events[timeline.seen].what)
            timeline.seen += 1
        if run.step >= last or (epoch is not None and run.epoch >= epoch) or run.n == 0:
            return
        until = timeline.events[timeline.seen].step if timeline.seen < len(timeline.events) else last
        updates(run, min(run.left, STRIDE, min(until, last) - run.step), remember=True)
        if run.step - left_at >= STRIDE and run.step < last:
            timeline.pass_by(snapshot(run))
            left_at = run.step


def _settle(run: Run) -> int:
    measure(run)
    run.diverged = not is_finite(run)
    if run.diverged:
        run.good = last_good(run)
    return run.step
