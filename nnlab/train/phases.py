"""One update phase by phase: forward, loss, backward and update for most models, with the numbers of each."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from nnlab.core.records import Array
from nnlab.train.updates import Run, drop_batch, end_of_batch, gather, moved, take_step


def phase(run: Run) -> dict[str, Array]:
    """The next phase of the present batch, with its numbers; the last one ends the batch and, if it is the last, the epoch.

    Of a batch that goes through in parts, the numbers are those of its first part; see `gathering`.
    """
    learner, name = run.learner, _next_phase(run)
    if name == learner.phases[0] and not (run.done and not run.phase):  # its gradient is there already: see `gathering`
        drop_batch(run)
        run.half = learner.state()
    run.phase = name
    moved(run)
    stop = min(run.offset + run.batch_size, run.n)
    if name == learner.moves[0][1]:
        learner.before = learner.flat.clone()
    if run.batch_size > learner.part:
        numbers = _phase_in_parts(run, name)
    else:
        numbers = learner.phase(name, run.offset, stop, run.lr, run.step)
    if name == learner.phases[-1]:
        run.half, run.done, run.move = None, 0, 0
        run.step += 1
        run.offset = stop
        end_of_batch(run)
    return numbers


def _next_phase(run: Run) -> str:
    """The phase that follows the one that was done last."""
    names = run.learner.phases
    return names[names.index(run.phase) + 1] if run.phase in names[:-1] else names[0]


def gathering(run: Run) -> Generator[None, None, None]:
    """Before a phase that tells the gradient of a large batch: add it up, part by part."""
    if run.batch_size <= run.learner.part or _next_phase(run) not in _columns(run)[0]:
        return
    if _next_phase(run) == run.learner.phases[0]:
        drop_batch(run)
        run.half = run.learner.state()
    _forget_what_was_shown(run)
    stop = min(run.offset + run.batch_size, run.n)
    while run.offset + run.done < stop:
        gather(run, stop)
        yield


def _forget_what_was_shown(run: Run) -> None:
    """The part that forward was shown on has moved running statistics, and will move them again when its turn comes."""
    if run.half is not None and run.done == run.move == 0:
        run.learner.restore(run.half)


def _columns(run: Run) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of the phases that tell a gradient, and of those that take the step with it."""
    gradients, steps = zip(*run.learner.moves, strict=True)
    return gradients, steps


def _phase_in_parts(run: Run, name: str) -> dict[str, Array]:
    """A phase of a large batch: forward and loss are shown for its first part, the gradient adds up all of them."""
    learner, (gradients, steps) = run.learner, _columns(run)
    if name in gradients:
        return {"grad": learner.grad.cpu().numpy().astype(np.float32)}
    if name in steps:
        before = learner.flat.clone()
        take_step(run)
        return {"delta": (learner.flat - before).cpu().numpy().astype(np.float32)}
    return learner.phase(name, run.offset, run.offset + learner.part, run.lr, run.step)


def finish_batch(run: Run) -> int:
    """Do the remaining phases of a batch that is shown phase by phase; updates done (0 or 1).

    Of a large one the parts are left to do, as if nothing had been shown.
    """
    begun = run.half is not None and bool(run.phase)
    if begun and run.batch_size > run.learner.part:
        _forget_what_was_shown(run)
        begun = False
    while begun and run.half is not None:
        phase(run)
    run.phase = ""
    return int(begun)
