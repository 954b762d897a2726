"""ReLU units that are zero on every training point: no gradient passes, so they stay so."""

from __future__ import annotations

import numpy as np

from nnlab.analysis.diagnosis.finding import Finding, Remedy, Rule, found, layered
from nnlab.analysis.diagnosis.rules.weights import CAUSES, USUAL_RATE
from nnlab.analysis.diagnosis.symptoms import Symptoms
from nnlab.core.records import Array
from nnlab.train.updates import Run

# The rate beyond which it is the updates' length that kills units, and one to start again with. The other optimisers make
# longer updates of the same rate: momentum 0.9 sums ten gradients, and Adam's steps are as long as the rate.
RATES, RATES_OF_OTHERS = (10 * USUAL_RATE, USUAL_RATE), (0.03, 0.01)


def dead(run: Run, seen: Symptoms, active: bool) -> Finding | None:
    """A whole layer of them, or many while there is something left to learn."""
    units = np.array([b.fan_out for b in run.learner.blocks[:-1]])
    relu = np.isfinite(seen.silent)
    if not relu.any():
        return None
    count, total = round(float((seen.silent * units)[relu].sum())), int(units[relu].sum())
    gone = bool((seen.silent[relu] == 1).any())
    if not gone and (seen.learnt or count < 2 or count / total < (0.2 if active else 0.3)):
        return None
    return found("dead", _remedy(run, relu), count=count, total=total)


def _remedy(run: Run, relu: Array) -> Remedy:
    """Where a high rate has killed them, what is left has grown beyond repair: start again. Else let the slope be small."""
    training = run.experiment.training
    killing, usual = RATES if training.optimizer.kind == "sgd" else RATES_OF_OTHERS
    if training.learning_rate > killing:
        init = "xavier" if getattr(run.experiment.model, "init", "") == "he" else "he"
        return Remedy({"model.init": init, "training.learning_rate": usual}, "restart_slower")
    return Remedy({f"model.layers.{i}.activation": "leaky_relu" for i in np.flatnonzero(relu)}, "leaky_relu")


DEAD = Rule("dead", dead, ("units",), after=CAUSES, applies=layered)
