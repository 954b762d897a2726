"""Learning rate times penalty beyond 1: each update takes more than the whole weight away, and beyond 2 weights grow."""

from __future__ import annotations

from nnlab.analysis.diagnosis.finding import Finding, Remedy, Rule, fastest, found, layered, rounded
from nnlab.analysis.diagnosis.symptoms import Symptoms
from nnlab.train.updates import Run

WHOLE = 1.0
USUAL = 0.003  # a penalty that most networks can stand
COUPLED = ("sgd", "momentum", "nesterov")  # others divide the penalty's gradient by a running size


def overshooting(run: Run, seen: Symptoms, active: bool) -> Finding | None:
    """w <- w - lr (l2 + weight decay) w - …, from what was chosen: it holds from the first update on."""
    path, descent = fastest(run)
    held = {
        "l2": getattr(descent, "l2", 0.0) * (descent.optimizer.kind in COUPLED),
        "weight_decay": descent.weight_decay,
    }
    share = descent.learning_rate * sum(held.values())
    if share < WHOLE:
        return None
    changes = {f"{path}.{name}": min(value, USUAL) for name, value in held.items() if value}
    remedy = Remedy(changes, "weaker_penalty", "reset")
    return found("overshooting", remedy, rate=descent.learning_rate, penalty=sum(held.values()), share=rounded(share))


OVERSHOOTING = Rule("overshooting", overshooting, applies=layered, certain=True)
