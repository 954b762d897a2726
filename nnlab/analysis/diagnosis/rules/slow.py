"""Updates are a tiny part of the weights and the loss barely falls, though there is a gradient to follow."""

from __future__ import annotations

import math

from nnlab.analysis.diagnosis.finding import Finding, Remedy, Rule, fastest, found, layered, rounded
from nnlab.analysis.diagnosis.rules.weights import CAUSES
from nnlab.analysis.diagnosis.symptoms import Symptoms
from nnlab.train.updates import Run

FIRST_STEP = 100  # updates before there is something to go by
USUAL_MOVE = 5e-3  # of the weights' length in one update, early in training
LEAST_GRADIENT = 1e-2
SMALL_MOVE, SOFT_MOVE = 1e-4, 2e-4
SMALL_FALL, SOFT_FALL = 0.02, 0.04


def slow(run: Run, seen: Symptoms, active: bool) -> Finding | None:
    """A learning rate at which updates are as long as they usually are."""
    if seen.learnt or run.step < FIRST_STEP or not seen.moved > 0 or float(seen.norms.max()) < LEAST_GRADIENT:
        return None
    if seen.moved > (SOFT_MOVE if active else SMALL_MOVE) or seen.fall > (SOFT_FALL if active else SMALL_FALL):
        return None
    path, descent = fastest(run)
    rate = descent.learning_rate
    factor = 10.0 ** min(4, max(1, round(math.log10(USUAL_MOVE / seen.moved))))
    higher = max(rounded(min(rate * factor, 0.1)), rounded(min(rate * 10, 10)))
    remedy = Remedy({f"{path}.learning_rate": higher}, "rate")
    return found("slow", remedy, moved=seen.moved, fall=max(0.0, seen.fall), updates=run.step - run.step // 2)


SLOW = Rule("slow", slow, ("norms", "moved"), after=(*CAUSES, "dead", "vanishing"), applies=layered)
