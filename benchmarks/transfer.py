"""Who wins: the presets of the page on transfer learning, from scratch, fine-tuned, frozen and frozen at random, over five seeds.

`python -m benchmarks.transfer` prints what `EXPECTED` in nnlab/families/transfer/spec.py holds.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from nnlab.analysis.transfer.compared import learned
from nnlab.core.experiment import Experiment
from nnlab.families.transfer.learner import TransferLearner
from nnlab.families.transfer.module import Plan
from nnlab.train.preparing import slices
from nnlab.train.run import reset, start
from nnlab.ui.topics.transfer_presets import PRESETS

SEEDS = 5
UPDATES: Mapping[str, int] = {"digits": 80, "greek": 80, "drawn": 40}


def measured(experiment: Experiment, updates: int, seeds: int = SEEDS) -> dict[str, NDArray[np.float64]]:
    """Accuracy on unseen pictures of the target (seeds,) by network, after equal updates on equal batches."""
    run = start(experiment)
    if not run.learner.ready:
        for thread in slices(run):
            if thread is not None:
                thread.join()
        reset(run)
    learner = run.learner
    assert isinstance(learner, TransferLearner)
    n = learner.spec.blocks_kept
    plans = {"scratch": Plan(0, 0), "tuned": Plan(n, 0), "frozen": Plan(n, n), "random": Plan(0, n)}
    found: dict[str, list[float]] = {name: [] for name in plans}
    for seed in range(seeds):
        for name, plan in plans.items():
            work = learned(experiment, learner, plan, seed, updates, (0, 1))
            while True:
                try:
                    next(work)
                except StopIteration as stop:
                    found[name].append(stop.value)
                    break
    return {name: np.array(values) for name, values in found.items()}


def main() -> None:
    """Print each preset."""
    for name, updates in UPDATES.items():
        rows = measured(PRESETS[name].experiment, updates)
        told = ", ".join(f'("{c}", {v.mean():.3f}, {v.std(ddof=1):.3f})' for c, v in rows.items())
        print(f"{name}, {updates} updates: {told}", flush=True)


if __name__ == "__main__":
    main()
