"""What can be done with a run: start it, advance it, change it while it goes on, go back, and carry it elsewhere.

No threads and no I/O. The clock decides only when to return and when to measure; the weights after n updates depend on the
experiment and on what was changed at which step, and on nothing else.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any, Literal

from nnlab.core.experiment import Experiment, changed, restarts
from nnlab.core.records import Array
from nnlab.families.learner import PHASES, Phase
from nnlab.train import updates
from nnlab.train.history import Curves
from nnlab.train.replay import forget_future, last_good, seek, seek_epoch
from nnlab.train.stopping import Watch
from nnlab.train.timeline import Edit, Event, Proceed
from nnlab.train.updates import Run

__all__ = [
    "Run", "advance", "advance_phase", "change", "checkpoint", "edit", "proceed", "recover", "reset", "resume", "seek",
    "start", "step_by",
]  # fmt: skip

Unit = Literal["epoch", "batch", "phase"]

LOOK_S = 1 / 120  # between two measurements: twice a frame
LOOK_SHARE = 40  # measuring takes at most a fortieth of the time
CLOCK_S = 1e-3  # between two looks at the clock, about
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

    Returns the updates done. It returns early when the stop rule fires or the run has diverged: see `run.stopped`. A batch
    that is shown phase by phase is finished first. A run that stands in its past forgets what came after.
    """
    if budget_s is None and steps is None and epochs is None:
        raise ValueError("advance needs one of budget_s, steps and epochs.")
    if run.stopped:
        return 0
    now = time.perf_counter()
    deadline = math.inf if budget_s is None else now + budget_s
    began, last_step = run.step, run.step + (10**18 if steps is None else steps)
    last_epoch = run.epoch + (10**18 if epochs is None else epochs)
    forget_future(run)
    if updates.finish_batch(run):
        _arrive(run)
    while run.step < last_step and run.epoch < last_epoch and now < deadline and not run.stopped:
        before = now
        count = min(run.left, run.pace, last_step - run.step)
        last = run.step + count == last_step or run.epoch + 1 == last_epoch or deadline - now < 3 * CLOCK_S
        if updates.updates(run, count, remember=last):
            _arrive(run)
        now = time.perf_counter()
        _keep_pace(run, now - before)
        if now >= run.look:
            _observe(run)
    _settle(run)
    return run.step - began


def advance_phase(run: Run) -> tuple[Phase | Literal[""], dict[str, Array]]:
    """The next phase of the present batch, with its numbers; ("", {}) where the run has ended."""
    if run.stopped:
        return "", {}
    forget_future(run)
    numbers = updates.phase(run)
    if run.phase == "update":
        _arrive(run)
        _settle(run)
    return run.phase, numbers


def step_by(run: Run, unit: Unit, n: int) -> dict[str, Array]:
    """`n` epochs, batches or phases onwards, backwards for negative `n`; the numbers of the phase arrived at.

    Onwards from a place in the past follows the history as far as it goes.
    """
    if unit == "phase":
        return _step_phase(run, n)
    if n > 0 and run.step == run.timeline.last:
        advance(run, **{{"epoch": "epochs", "batch": "steps"}[unit]: n})
    elif unit == "batch":
        seek(run, run.step + n + int(n < 0 and run.half is not None))
    else:
        seek_epoch(run, max(0, run.epoch + n + int(n < 0 and run.offset > 0)))
    return {}


def change(run: Run, experiment: Experiment) -> bool:
    """Take over another experiment: live fields in place (False), else from its initial weights (True)."""
    old = run.experiment
    if experiment == old:
        return False
    parts = {name: getattr(old, name) for name in ("data", "model") if getattr(old, name) == getattr(experiment, name)}
    experiment = experiment.model_copy(update=parts)  # parts that stay the same are kept in memory once
    if restarts(old, experiment):
        _become(run, _begin(updates.build(experiment, run.dataset if "data" in parts else None)))
        return True
    n = run.n
    updates.abandon_batch(run)
    forget_future(run)
    updates.apply(run, experiment)
    light = run.n == n and all(path.startswith(TRACELESS) for path in changed(old, experiment))
    _note(run, Event(run.step, experiment, light))
    return False


def edit(run: Run, index: int, value: float) -> None:
    """Set one parameter by its place in `flat`; raises `Refused`."""
    updates.check_index(run, index, value)
    _do(run, Edit(index, value))


def proceed(run: Run) -> None:
    """Go on after the stop rule has ended the run: it counts anew from here (what pressing play after a stop means)."""
    if run.watch.sentence:
        _do(run, Proceed())


def measure(run: Run) -> dict[str, float]:
    """Losses and accuracies at exactly the present weights; while a run goes on, `run.metrics` may be some updates old."""
    return updates.measure(run)


def reset(run: Run) -> None:
    """The same initial weights again, with the settings of now."""
    _become(run, _begin(updates.build(run.experiment, run.dataset)))


def recover(run: Run) -> None:
    """After divergence: back to the last good step."""
    if run.diverged:
        seek(run, run.good)
    if run.diverged:
        reset(run)


def checkpoint(run: Run) -> dict[str, Any]:
    """The run as numpy arrays and JSON values; a batch shown phase by phase counts as not yet begun."""
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
    run.history = Curves(saved["history"])
    updates.begin_epoch(run)
    updates.measure(run)
    _arrive(run, always=True)
    _check(run)
    return run


def _begin(run: Run) -> Run:
    run.history.add(0, 0.0, updates.measure(run))
    _arrive(run, always=True)
    _check(run)
    return run


def _become(run: Run, other: Run) -> None:
    run.__dict__.update(other.__dict__)


def _do(run: Run, what: Edit | Proceed) -> None:
    updates.abandon_batch(run)
    forget_future(run)
    updates.apply(run, what)
    _note(run, Event(run.step, what))


def _note(run: Run, event: Event) -> None:
    run.timeline.note(event)
    _arrive(run, always=True)
    _observe(run)


def _arrive(run: Run, *, always: bool = False) -> None:
    """At the end of an epoch, or wherever a snapshot is due `always`."""
    timeline = run.timeline
    timeline.last = run.step
    if always or (run.offset == 0 and run.epoch % timeline.every == 0):
        timeline.keep(updates.snapshot(run))


def _observe(run: Run) -> None:
    """Measure, and note it in the curves; how long that took decides when to do it next."""
    began = (
        time.thread_time()
    )  # not the clock on the wall: on a busy machine a pause would count as a costly measurement
    metrics = updates.measure(run)
    run.history.add(run.step, run.epoch + (run.offset / run.n if run.n else 0.0), metrics)
    _check(run)
    run.look = time.perf_counter() + max(LOOK_S, LOOK_SHARE * (time.thread_time() - began))
    run.timeline.pass_by(updates.snapshot(run))


def _settle(run: Run) -> None:
    """At the end of a call: the furthest step, divergence, and a last measurement where one is due or the run has ended."""
    run.timeline.last = run.step
    _check(run)
    if run.stopped or time.perf_counter() >= run.look:
        _observe(run)


def _check(run: Run) -> None:
    run.diverged = not updates.is_finite(run)
    if run.diverged:
        run.good = last_good(run)


def _keep_pace(run: Run, took_s: float) -> None:
    """Twice or half as many updates before the next look at the clock, so that one comes about every millisecond."""
    if took_s > 2 * CLOCK_S:
        run.pace = max(1, run.pace // 2)
    elif took_s < CLOCK_S / 2:
        run.pace = min(256, run.pace * 2)


def _step_phase(run: Run, n: int) -> dict[str, Array]:
    """Phases onwards or backwards; backwards repeats the batch up to the phase before."""
    if n > 0:
        numbers: dict[str, Array] = {}
        for _ in range(n):
            numbers = advance_phase(run)[1]
        return numbers
    done = PHASES.index(run.phase) + 1 if run.half is not None and run.phase in PHASES else 0
    batches, done = divmod(done + n, len(PHASES))
    seek(run, run.step + batches)
    return _step_phase(run, done) if done else {}
