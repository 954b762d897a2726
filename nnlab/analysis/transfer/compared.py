"""The same comparison over and over: with other seeds, over how many blocks are kept, and over how many pictures there are.

Each network learns alone, on the batches that all networks of its seed see. "How many blocks": Yosinski et al. 2014, figure 2.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import numpy as np
import torch

from nnlab.analysis.analysis import OnRequest
from nnlab.analysis.transfer.layers import FIRST, waited
from nnlab.core.errors import Refused
from nnlab.core.experiment import Experiment, patch
from nnlab.core.records import Array
from nnlab.core.rng import seed_of
from nnlab.core.say import say
from nnlab.families.transfer.learner import TransferLearner
from nnlab.families.transfer.module import Plan
from nnlab.train.preparing import loaded

SEEDS, MOST_SEEDS = 5, 10
UPDATES, MOST_UPDATES = 80, 500
LOOKED = 500  # test pictures
FEW = (1, 2, 5, 10, 20)
Work = Generator[float, None, dict[str, Array]]


def kept(run: Any, options: Mapping[str, Any]) -> Work:
    """ "kept_blocks" (points,) int32: numbers of kept blocks, 0 first. "kept_accuracy" (2, points, seeds) float32: on test pictures of the target after
    "kept_updates" (1,) updates, fine-tuned and frozen. At 0 both are from scratch.
    """
    learner = _of(run)
    updates, seeds = _chosen(options)
    points = [0, *(i + 1 for i, stage in enumerate(_bodies(learner)) if any(True for _ in stage.parameters()))]
    found = np.zeros((2, len(points), seeds), np.float32)
    rest = [(row, at) for at in range(1, len(points)) for row in (0, 1)]
    count, done = seeds * (1 + len(rest)), 0
    for seed in range(seeds):
        plans = {(0, 0): Plan(0, 0), **{(row, at): Plan(points[at], points[at] * row) for row, at in rest}}
        for (row, at), plan in plans.items():
            found[row, at, seed] = yield from learned(run.experiment, learner, plan, seed, updates, (done, count))
            done += 1
        found[1, 0, seed] = found[0, 0, seed]
    return {
        "kept_blocks": np.array(points, np.int32),
        "kept_accuracy": found,
        "kept_updates": np.array([updates], np.int32),
    }


def few(run: Any, options: Mapping[str, Any]) -> Work:
    """ "few_pictures" (points,) int32: training pictures a class. "few_accuracy" (3, points, seeds) float32: from scratch, fine-tuned and frozen, as above."""
    learner = _of(run)
    updates, seeds = _chosen(options)
    n = learner.spec.blocks_kept
    plans = (Plan(0, 0), Plan(n, 0), Plan(n, n))
    found = np.zeros((len(plans), len(FEW), seeds), np.float32)
    count, done = found.size, 0
    for seed in range(seeds):
        for at, pictures in enumerate(FEW):
            spec = patch(run.experiment, {"data.per_class": pictures})
            for row, plan in enumerate(plans):
                found[row, at, seed] = yield from learned(spec, learner, plan, seed, updates, (done, count))
                done += 1
    return {
        "few_pictures": np.array(FEW, np.int32),
        "few_accuracy": found,
        "few_updates": np.array([updates], np.int32),
    }


def _of(run: Any) -> TransferLearner:
    learner: TransferLearner = run.learner
    if not learner.ready:
        raise Refused.because(FIRST)
    return learner


def _bodies(learner: TransferLearner) -> list[Any]:
    return [stage for _, stage in learner.source.chain()][:-1]


def _chosen(options: Mapping[str, Any]) -> tuple[int, int]:
    """Updates and seeds; raises `Refused`."""
    updates, seeds = options.get("updates", UPDATES), options.get("seeds", SEEDS)
    for name, value, most in (("updates", updates, MOST_UPDATES), ("seeds", seeds, MOST_SEEDS)):
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            raise Refused.because(
                say("The {name} must be 1 to {most}; got {value}.", name=name, most=most, value=value)
            )
    return updates, seeds


def learned(
    experiment: Experiment, learner: TransferLearner, plan: Plan, seed: int, updates: int, place: tuple[int, int]
) -> Generator[float, None, float]:
    """The accuracy on test pictures of one network after so many updates, in slices of an update."""
    done, count = place
    spec = patch(experiment, {"seed": experiment.seed + seed, "data.seed": getattr(experiment.data, "seed", 0) + seed})
    data = yield from waited(loaded(spec.data), done / count)
    origin = learner.module.get_buffer("origin").cpu().numpy()
    one = TransferLearner(spec, data, learner.device, begin={"one": plan}, learned=origin)
    n, size, lr = data.count("train"), spec.training.batch_size, spec.training.learning_rate
    at, epoch = n, -1
    for step in range(updates if n else 0):
        if at >= n:
            at, epoch = 0, epoch + 1
            generator = torch.Generator().manual_seed(seed_of(spec.seed, "order", epoch))
            one.shuffle(torch.randperm(n, generator=generator), epoch)
        stop = min(at + size, n)
        for first in range(at, stop, one.part):  # as `step` does, with pauses
            last = min(first + one.part, stop)
            one.accumulate(first, last, share=(last - first) / (stop - at), step=step, first=first == at)
            yield (done + step / updates) / count
        one.update(lr * spec.training.schedule.factor(epoch), step)
        at = stop
    right, seen = 0.0, min(LOOKED, data.count("test"))
    for first in range(0, seen, one.part):
        rows = slice(first, min(first + one.part, seen))
        right += one.evaluate("test", rows)["accuracy_one"] * (rows.stop - first)
        yield (done + 1) / count
    return right / max(1, seen)


KEPT = OnRequest(kept, TransferLearner)
FEW_PICTURES = OnRequest(few, TransferLearner)
