"""What comes before a run's first update, such as learning another task: in slices, while the run stands at step 0."""

from __future__ import annotations

import time
from collections.abc import Generator

from nnlab.core.parts import DataSpec
from nnlab.core.records import Examples
from nnlab.train.loading import Loading, examples, to_load
from nnlab.train.updates import Run

LOOK_S = 2e-3  # at most, of waiting for a thread that loads examples


def prepare(run: Run, deadline: float) -> bool:
    """Work on it until `deadline`, on the clock of `time.perf_counter`; True where it is done, and the run must begin anew."""
    run.preparation = run.preparation or slices(run)
    while time.perf_counter() < deadline:
        try:
            thread = next(run.preparation)
        except StopIteration:
            run.preparation = None
            return True
        if thread is not None:
            thread.join(LOOK_S)
    return False


def slices(run: Run) -> Generator[Loading | None, None, None]:
    """A slice of the learner's preparation each; the thread that loads examples where it waits for one."""
    work = run.learner.preparing()
    sent: Examples | None = None
    while True:
        try:
            wanted = work.send(sent)
        except StopIteration:
            return
        sent = None if wanted is None else (yield from loaded(wanted))
        yield None


def loaded(spec: DataSpec) -> Generator[Loading, None, Examples]:
    """The examples of `spec`; the thread that loads them as long as it does."""
    thread = to_load(spec)
    if thread is not None and thread.ident is None:
        thread.start()
    while thread is not None and not thread.outcome.done():
        yield thread
    return examples(spec)
