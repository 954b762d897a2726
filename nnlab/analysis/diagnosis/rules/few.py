"""Batch norm with batches of one to three examples: their mean and variance say little of the data, and one has no variance."""

from __future__ import annotations

from nnlab.analysis.diagnosis.finding import Remedy, Rule, Slices, found, layered
from nnlab.analysis.diagnosis.symptoms import Symptoms
from nnlab.analysis.diagnosis.trial import tried
from nnlab.train.updates import Run

FIRST_STEP, FIRST_EPOCH = 30, 5  # before there is something to go by
FEW = 4  # examples, from which on nothing is said
USUAL = 10  # examples in a batch
HELPS, SOFT_HELPS = 0.8, 0.9  # of the present loss: what a remedy leaves of it
ITS_SHARE = 0.5  # of a batch: a last batch that is smaller changes the weights as much as a whole one


def few(run: Run, seen: Symptoms, active: bool) -> Slices:
    """How many examples the smallest batch of an epoch has, where a larger one or layer norm was tried and helps."""
    count = smallest(run.n, run.batch_size)
    if seen.learnt or run.n <= FEW or count >= FEW or run.step < FIRST_STEP or run.epoch < FIRST_EPOCH:
        return None
    larger = without_rest(run.n, max(USUAL, run.batch_size))
    trials = yield from tried(run, "few", ({"training.batch_size": larger}, {"model.norm": "layer"}))
    if not trials or trials[0].loss > (SOFT_HELPS if active else HELPS) * seen.present:
        return None
    changes = trials[0].changes
    batch = "training.batch_size" in changes
    remedy = Remedy(changes, "restart_batch", "reset") if batch else Remedy(changes, "layer_norm", "reset")
    return found("few", remedy, count=count, last=count < run.batch_size, loss=seen.present, tried=trials[0].loss)


def smallest(n: int, batch: int) -> int:
    """Examples in the smallest batch of an epoch: the last one where `batch` does not divide n."""
    return n % batch or batch


def without_rest(n: int, least: int) -> int:
    """The smallest batch size from `least` on that leaves no last batch, or one of at least half its size."""
    sizes = range(min(least, n), n + 1)
    return next(size for size in sizes if n % size == 0 or n % size >= ITS_SHARE * size)


def _normalised(run: Run) -> bool:
    """Hidden layers under batch norm."""
    return layered(run) and len(run.learner.blocks) > 1 and getattr(run.experiment.model, "norm", "") == "batch"


FEW_IN_BATCH = Rule("few", few, after=("overshooting", "shrunk", "dropped"), applies=_normalised)
