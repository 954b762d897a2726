"""A penalty has shrunk the weights so far that the network answers the same everywhere."""

from __future__ import annotations

from nnlab.analysis.diagnosis.finding import Finding, Remedy, Rule, fastest, found, layered
from nnlab.analysis.diagnosis.rules.overshooting import USUAL
from nnlab.analysis.diagnosis.symptoms import Symptoms
from nnlab.train.updates import Run

LEFT, SOFT = 0.5, 0.6  # of the length that the weights began with
STANDS = 0.9  # of the first loss
PENALTIES = {"l1": 3e-4, "l2": USUAL, "weight_decay": USUAL}  # and what most networks can stand of each


def shrunk(run: Run, seen: Symptoms, active: bool) -> Finding | None:
    """How much of the weights' length is left, while nothing is learnt."""
    path, descent = fastest(run)
    held = {name: value for name in PENALTIES if (value := getattr(descent, name, 0.0)) > PENALTIES[name]}
    if not held or seen.learnt or not seen.length < (SOFT if active else LEFT):
        return None
    if seen.train_loss[-1] < STANDS * seen.train_loss[0]:
        return None
    changes = {f"{path}.{name}": PENALTIES[name] for name in held}
    remedy = Remedy(changes, "weaker_penalty", "reset")
    return found("shrunk", remedy, left=seen.length, loss=float(seen.train_loss[-1]), penalty=sum(held.values()))


SHRUNK = Rule("shrunk", shrunk, ("length",), after=("overshooting",), applies=layered)
