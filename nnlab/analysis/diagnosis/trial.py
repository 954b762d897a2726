"""A remedy is tried before it is offered: the changed experiment trains from its start beside the run, and no longer than it has."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping, Sequence
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from nnlab.core.errors import Refused
from nnlab.core.experiment import Experiment, patch
from nnlab.core.records import Examples
from nnlab.families.learner import Learner
from nnlab.train.updates import Run, build, is_finite, measured, updates

MOST, MOST_SLOW = 6_000, 1_500  # updates of a trial: a few tenths of a second; autograd takes longer over each of them
WORK = 3e9  # operations of a trial: a second or so of one core
AT_ONCE, AT_ONCE_SLOW, SLICE_WORK = 64, 8, 1e7  # updates and operations of a slice
UNSTOPPED = {f"training.stop.{name}": 0 for name in ("epochs", "target_loss", "patience")}
Changes = Mapping[str, Any]


class Trial(NamedTuple):
    """What came of a change after so many epochs: the training loss at the start and then, infinite where it diverged."""

    changes: Changes
    first: float
    loss: float
    epochs: int


class _Kept(NamedTuple):
    experiment: Experiment
    data: Examples
    epoch: int
    longest: bool  # whether all trials were as long as they may be
    trials: tuple[Trial, ...]


_KEPT: WeakKeyDictionary[Learner, dict[str, _Kept]] = WeakKeyDictionary()


def tried(run: Run, code: str, candidates: Sequence[Changes]) -> Generator[None, None, tuple[Trial, ...]]:
    """The trials of `candidates` of the rule `code`, in slices, the lowest loss first; without those of too much work.

    They leave the data as they are. Kept while experiment and data stay, until the run has had more than twice as many
    epochs as when it was asked.
    """
    learner, experiment, data, epoch = run.learner, run.experiment, run.data, run.epoch
    kept = _KEPT.setdefault(learner, {}).get(code)
    if kept and kept.experiment == experiment and kept.data is data and (epoch <= 2 * kept.epoch or kept.longest):
        return kept.trials
    found = []
    for changes in candidates:
        try:
            other = build(patch(experiment, {**UNSTOPPED, **changes}), data)
        except Refused:  # such as a batch size that another part of the experiment does not allow
            continue
        yield
        if epochs := min(epoch, _most(other)):
            found.append((yield from _trained(other, changes, epochs)))
    trials = tuple(sorted(found, key=lambda trial: trial.loss))
    _KEPT[learner][code] = _Kept(experiment, data, epoch, all(trial.epochs < epoch for trial in trials), trials)
    return trials


def _most(other: Run) -> int:
    """As many epochs as the bounds of work allow."""
    most = MOST if _quick(other) else MOST_SLOW
    return int(min(most, WORK // max(1, other.learner.flops())) // max(1, other.batches))


def _quick(other: Run) -> bool:
    return bool(getattr(other.experiment.model, "plain", True))


def _trained(other: Run, changes: Changes, epochs: int) -> Generator[None, None, Trial]:
    """`other` after so many epochs. One that is no longer finite is not trained on."""
    most = AT_ONCE if _quick(other) else AT_ONCE_SLOW
    at_once = max(1, min(most, int(SLICE_WORK // max(1, other.learner.flops()))))
    while not measured(other):
        yield
    first, fine = other.metrics.get("train_loss", math.nan), True
    while other.epoch < epochs and fine:
        updates(other, min(other.left, at_once))
        fine = is_finite(other)
        yield
    while not measured(other):
        yield
    loss = other.metrics.get("train_loss", math.nan)
    return Trial(changes, first, loss if fine and math.isfinite(loss) else math.inf, epochs)
