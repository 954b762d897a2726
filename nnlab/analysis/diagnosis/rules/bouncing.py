"""The loss goes up and down from measurement to measurement and gets nowhere: the learning rate is too large."""

from __future__ import annotations

from nnlab.analysis.diagnosis.finding import Finding, Remedy, Rule, fastest, found, layered, rounded
from nnlab.analysis.diagnosis.symptoms import Symptoms
from nnlab.train.updates import Run

FEWEST = 10  # measurements before there is something to go by
ROUGH, SOFT = 0.15, 0.09  # of the loss, from one measurement to the next
UP = 0.35  # of all movement that goes up
STANDS = 0.5  # of the first loss
NOWHERE = 0.8  # of the first loss: then it jumps without having got anywhere, and half the roughness is enough
RISEN = 1.5  # times the first loss: then two measurements are enough
HIGHEST = 0.1  # a rate that the remedy may set


def bouncing(run: Run, seen: Symptoms, active: bool) -> Finding | None:
    """How far the loss jumps, where it stands at more than half of what it was, or above it."""
    loss = seen.recent
    if seen.learnt or len(loss) < 3:
        return None
    level = float(loss.mean())
    risen = loss[1:].mean() > RISEN * seen.train_loss[0]
    rough = (SOFT if active else ROUGH) * (0.5 if level > NOWHERE * seen.train_loss[0] else 1.0)
    bounces = len(loss) >= FEWEST and seen.rough > rough and seen.up > UP
    if not (risen or bounces) or level < STANDS * seen.train_loss[0]:
        return None
    path, descent = fastest(run)
    rate = descent.learning_rate
    remedy = Remedy({f"{path}.learning_rate": min(rounded(rate / 10), HIGHEST)}, "restart_rate", "reset")
    first = float(seen.train_loss[0])
    return found("bouncing", remedy, rate=rate, first=first, now=level, rough=seen.rough, risen=bool(risen))


def _descends(run: Run) -> bool:
    """A step has no slope: to the perceptron's rule the rate is only the unit that weights are measured in."""
    return layered(run) and run.learner.blocks[-1].activation != "step"


BOUNCING = Rule("bouncing", bouncing, after=("overshooting", "beyond", "shrunk", "few"), applies=_descends)
