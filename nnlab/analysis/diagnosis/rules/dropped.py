"""Dropout leaves so few units of a layer that hardly anything gets through it."""

from __future__ import annotations

from nnlab.analysis.diagnosis.finding import Finding, Remedy, Rule, found, layer_of, layered
from nnlab.analysis.diagnosis.symptoms import Symptoms
from nnlab.train.updates import Run

FIRST_STEP = 50  # updates before there is something to go by
FEW = 2.0  # units of a layer, on average
STANDS, SOFT = 0.9, 0.85  # of the first loss
USUAL = 0.1


def dropped(run: Run, seen: Symptoms, active: bool) -> Finding | None:
    """How many units of the narrowest layer an update uses on average, while nothing is learnt."""
    dropout = float(getattr(run.experiment.model, "dropout", 0.0))
    hidden = run.learner.blocks[:-1]
    if not dropout or not hidden or seen.learnt or run.step < FIRST_STEP:
        return None
    layer = min(range(len(hidden)), key=lambda i: hidden[i].fan_out)
    kept = hidden[layer].fan_out * (1 - dropout)
    if kept >= FEW or seen.train_loss[-1] < (SOFT if active else STANDS) * seen.train_loss[0]:
        return None
    remedy = Remedy({"model.dropout": USUAL if dropout > USUAL else 0.0}, "less_dropout")
    return found("dropped", remedy, **layer_of(run, layer), kept=kept, total=hidden[layer].fan_out)


DROPPED = Rule("dropped", dropped, applies=layered)
