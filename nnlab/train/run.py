"""What can be done with a run: start it, advance it, change it while it goes on, go back, and carry it elsewhere.

No threads and no I/O. The clock decides only when to return and when to measure; the weights after n updates depend on the
experiment and on what was changed at which step, and on nothing else.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Mapping
from typing import Any, Literal

from nnlab.core.experiment import Experiment, changed, restarts
from nnlab.core.records import Array
from nnlab.train import phases, updates
from nnlab.train.history import History
from nnlab.train.loading import Loading
from nnlab.train.preparing import prepare, slices
from nnlab.train.replay import fork, last_good, return_to, returning, seek, seeking, seeking_epoch, timed
from nnlab.train.stopping import Watch
from nnlab.train.timeline import Edit, Event, Proceed
from nnlab.train.updates import Run

__all__ = [
    "Run", "advance", "advance_phase", "change", "checkpoint", "edit", "measure", "proceed", "recover", "reset", "resume", "return_to",
    "returning", "seek", "seeking", "settling", "start", "step_by", "stepping",
]  # fmt: skip

Unit = Literal["epoch", "batch", "phase"]
Stepping = Generator[Loading | None, None, dict[str, Array]]

LOOK_S = 1 / 120  # between two measurements: twice a frame
LOOK_SHARE = 40  # measuring takes at most a fortieth of the time,
HELD_SHARE = 10  # or a tenth where a run is held back to a speed at which people watch: there is time to spare
END_S = 3e-3  # before the end of a budget the weights before the last update are kept
SLICE_S = 4e-3  # of a step that is asked for
# Changes of these leave no trace but the new value: while one is dragged at a step, only the last of them is remembered.
TRACELESS = (
    "data.",
    *(f"training.{name}" for name in ("learning_rate", "batch_size", "l1", "l2", "weight_decay", "clip_norm")),
)


def start(experiment: Experiment) -> Run:
    """A run at its initial weights."""
    return _begin(updates.build(experiment))


def advance(run: Run, budget_s: float | None = None, *, steps: int | None = None, epochs: int | None = None) -> int:
    """Updates for `budget_s` seconds, `steps` updates or up to the end of `epochs` epochs, whichever is first.

    Returns the updates done: none before the learner is ready. It returns early when the stop rule fires or the run has diverged: see `run.stopped`. A batch
    that is shown phase by phase is finished first. A run that is in its past makes the updates again that it made before; where
    something was changed after it, it goes on without, and that course becomes a branch.
    """
    if budget_s is None and steps is None and epochs is None:
        raise ValueError("advance needs one of budget_s, steps and epochs.")
    if run.stopped:
        return 0
    now = time.perf_counter()
    deadline = math.inf if budget_s is None else now + budget_s
    if not run.learner.ready:
        if prepare(run, deadline):
            reset(run)
        if budget_s is not None:
            return 0
    run.held = steps is not None
    began, last_step = run.step, run.step + (10**18 if steps is None else steps)
    last_epoch = run.epoch + (10**18 if epochs is None else epochs)
    if run.timeline.seen < len(run.timeline.events):
        fork(run)
    if phases.finish_batch(run):
        _arrive(run)
    while (run.step < last_step or run.judging) and run.epoch < last_epoch and now < deadline and not run.stopped:
        if run.measuring is not None:
            _observe(run)
            now = time.perf_counter()
            continue
        count = min(run.left, run.pace, last_step - run.step)
        last = run.step + count == last_step or run.epoch + 1 == last_epoch or deadline - now < END_S
        timed(run, count, remember=last)
        _arrive(run)
        now = time.perf_counter()
        if now >= run.look:
            _observe(run)
    _settle(run)
    return run.step - began


def advance_phase(run: Run) -> tuple[str, dict[str, Array]]:
    """The next phase of the present batch, with its numbers; ("", {}) where the run has ended."""
    if run.stopped:
        return "", {}
    numbers = step_by(run, "phase", 1)
    return run.phase, numbers


def step_by(run: Run, unit: Unit, n: int) -> dict[str, Array]:
    """`n` epochs, batches or phases onwards, backwards for negative `n`; the numbers of the phase arrived at.

    Onwards from a place in the past follows the history as far as it goes.
    """
    way = stepping(run, unit, n)
    while True:
        try:
            next(way)
        except StopIteration as stop:
            found: dict[str, Array] = stop.value
            return found


def stepping(run: Run, unit: Unit, n: int) -> Stepping:
    """`step_by` in slices of a few milliseconds."""
    if unit == "phase":
        return (yield from _step_phase(run, n))
    if n > 0 and run.step == run.timeline.last:
        yield from _onwards(run, unit, n)
    elif unit == "batch":
        yield from seeking(run, run.step + n + int(n < 0 and run.half is not None))
    else:
        yield from seeking_epoch(run, max(0, run.epoch + n + int(n < 0 and run.offset > 0)))
    return {}


def _onwards(run: Run, unit: Unit, n: int) -> Generator[None, None, None]:
    """`n` epochs or batches that have not been seen yet."""
    goal = run.epoch + n if unit == "epoch" else run.step + n

    def left() -> int:
        return goal - (run.epoch if unit == "epoch" else run.step)

    while left() > 0 and not run.stopped:
        advance(run, SLICE_S, **{{"epoch": "epochs", "batch": "steps"}[unit]: left()})
        yield None
    yield from _end_of_epoch(run)


def _end_of_epoch(run: Run) -> Generator[None, None, None]:
    """The stop rule's evaluation to its end."""
    while run.judging is not None:
        updates.updates(run, 1)
        yield None


def change(run: Run, experiment: Experiment) -> bool:
    """Take over another experiment: live fields in place (False), else from its initial weights (True)."""
    old = run.experiment
    if experiment == old:
        return False
    parts = {name: getattr(old, name) for name in ("data", "model") if getattr(old, name) == getattr(experiment, name)}
    experiment = experiment.model_copy(update=parts)  # parts that stay the same are kept in memory once
    if restarts(old, experiment):
        _become(run, _begin(updates.build(experiment, run.data if "data" in parts else None)))
        return True
    n, epoch = run.n, run.epoch
    updates.drop_batch(run)
    fork(run)
    updates.apply(run, experiment)
    light = run.n == n and all(path.startswith(TRACELESS) for path in changed(old, experiment))
    _note(run, Event(run.step, epoch, experiment, light))
    return False


def edit(run: Run, index: int, value: float) -> None:
    """Set one parameter by its place in `flat`; raises `Refused`."""
    updates.check_index(run, index, value)
    _do(run, Edit(index, value))


def proceed(run: Run) -> None:
    """Go on after the stop rule has ended the run: it counts anew from here (what pressing play after a stop means)."""
    if run.watch.stop:
        _do(run, Proceed())


def measure(run: Run) -> dict[str, float]:
    """The metrics at exactly the present weights; while a run goes on, `run.metrics` may be some updates old."""
    while run.stale:
        updates.measured(run)
    return run.metrics


def settling(run: Run) -> Generator[None, None, None]:
    """The metrics of all examples at the present weights, in slices; noted in the curves where nothing is noted there yet."""
    yield from run.evaluation.whole()
    run.stale = False
    if run.step == run.timeline.last:
        run.history.add(run.step, run.place, run.metrics)


def reset(run: Run) -> None:
    """The same initial weights again, with the settings of now. The course so far becomes a branch, as long as its beginning and its examples are there."""
    first, now = run.timeline.before(0), run.experiment
    known = first.place == (0, 0) and not run.timeline.forgotten and first.experiment.data == now.data
    if not (known and (run.timeline.last or len(run.branches)) and run.learner.ready):
        _become(run, _begin(updates.build(now, run.data)))
        return
    updates.drop_batch(run)
    updates.restore(run, first)
    fork(run)
    if now != first.experiment:
        updates.apply(run, now)
        run.timeline.note(Event(0, 0, now))
    _begin(run)


def recover(run: Run) -> None:
    """After divergence: back to the last good step."""
    if run.diverged:
        seek(run, run.good)
    if run.diverged:
        reset(run)


def checkpoint(run: Run) -> dict[str, Any]:
    """The run as numpy arrays and JSON values; a batch that is under way counts as not yet begun."""
    rows = run.history.rows
    return {
        "step": run.step,
        "epoch": run.epoch,
        "offset": run.offset,
        "watch": run.watch.plain(),
        "state": dict(run.half or run.learner.state()),
        "history": rows[rows[:, 0] <= run.step],
    }


def resume(experiment: Experiment, saved: Mapping[str, Any]) -> Run:
    """The run of a checkpoint, exactly; its history of snapshots begins there."""
    run = updates.build(experiment)
    run.learner.restore(saved["state"])
    run.step, run.epoch, run.offset = saved["step"], saved["epoch"], saved["offset"]
    run.watch = Watch.of(saved["watch"])
    run.history = History(run.history.names, saved["history"])
    updates.begin_epoch(run)
    updates.end_of_batch(run)
    updates.measured(run)
    _keep(run)
    _check(run)
    return run


def _begin(run: Run) -> Run:
    _observe(run)
    _keep(run)
    _check(run)
    return run


def _become(run: Run, other: Run) -> None:
    limit = run.timeline.limit
    run.__dict__.update(other.__dict__)
    run.timeline.limit = min(limit, run.timeline.limit)


def _do(run: Run, what: Edit | Proceed) -> None:
    updates.drop_batch(run)
    fork(run)
    updates.apply(run, what)
    _note(run, Event(run.step, run.epoch, what))


def _note(run: Run, event: Event) -> None:
    run.timeline.note(event)
    _keep(run)
    _observe(run)


def _arrive(run: Run) -> None:
    """After some updates: a snapshot where one is due, which is never in the middle of a batch."""
    known = run.step < run.timeline.last  # it has been here: there are snapshots
    run.timeline.reach(run.step)
    whole = run.half is None and run.judging is None
    if whole and not known and run.timeline.due(epoch=run.epoch, offset=run.offset, clock_s=run.clock_s):
        _keep(run)


def _keep(run: Run) -> None:
    run.timeline.reach(run.step)
    run.timeline.keep(updates.snapshot(run))


def _observe(run: Run) -> None:
    """A slice of measuring; at its end the curves note it, and what it has cost decides when to do it next."""
    began = (
        time.thread_time()
    )  # not the clock on the wall: on a busy machine a pause would count as a costly measurement
    done = updates.measured(run)
    run.look_cost_s += time.thread_time() - began
    if not done:
        return
    if run.step == run.timeline.last:  # else the curves have been here
        run.history.add(run.step, run.place, run.metrics)
    _check(run)
    if run.half is None and run.judging is None:
        run.timeline.pass_by(updates.snapshot(run))
    run.look = time.perf_counter() + max(LOOK_S, (HELD_SHARE if run.held else LOOK_SHARE) * run.look_cost_s)
    run.look_cost_s = 0.0


def _settle(run: Run) -> None:
    """At the end of a call: the furthest step, divergence, and a last measurement where one is due or the run has ended."""
    run.timeline.reach(run.step)
    run.branches.align(run.timeline)
    _check(run)
    if run.stopped or time.perf_counter() >= run.look:
        _observe(run)


def _check(run: Run) -> None:
    run.diverged = not updates.is_finite(run)
    if run.diverged:
        run.good = last_good(run)


def _step_phase(run: Run, n: int) -> Stepping:
    """Phases onwards or backwards; backwards repeats the batch up to the phase before."""
    numbers: dict[str, Array] = {}
    if n < 0:
        names = run.learner.phases
        done = names.index(run.phase) + 1 if run.half is not None and run.phase in names else 0
        batches, n = divmod(done + n, len(names))
        yield from seeking(run, run.step + batches)
    for _ in range(n):
        numbers = yield from _phase(run)
        yield None
    return numbers


def _phase(run: Run) -> Stepping:
    """The next phase; where the last batch ends with it, the next epoch begins. In the past the history stays."""
    yield from _end_of_epoch(run)
    if run.stopped:
        return {}
    if not run.learner.ready:
        yield from slices(run)
        reset(run)
    past = run.step < run.timeline.last
    yield from phases.gathering(run)
    numbers = phases.phase(run)
    if run.half is None and past:
        yield from seeking(run, run.step)  # what was changed there comes too
        run.phase = run.learner.phases[-1]
    elif run.half is None:
        yield from _end_of_epoch(run)
        _arrive(run)
        _settle(run)
    return numbers
