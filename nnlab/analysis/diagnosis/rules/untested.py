"""Every example trains, so nothing can be said about new ones: a note of the lowest rank."""

from __future__ import annotations

from nnlab.analysis.diagnosis.finding import Finding, Remedy, Rule, found
from nnlab.analysis.diagnosis.rules.missing import splits_well
from nnlab.analysis.diagnosis.symptoms import Symptoms
from nnlab.core.say import tell
from nnlab.train.updates import Run

FEWEST = 10  # examples; fewer are worked out by hand, and none of them can be spared
USUAL = {"data.train_share": 80.0}  # per cent of the examples


def untested(run: Run, seen: Symptoms, active: bool) -> Finding | None:
    """How many examples train."""
    if run.data.count("test") or run.n < FEWEST:
        return None
    if splits_well(run, USUAL):
        return found("untested", Remedy(USUAL, "test_share"), count=run.n)
    return Finding(tell("untested", count=run.n))


def _could_overfit(run: Run) -> bool:
    """A model whose test loss is shown, and of more than one layer: a single one, such as a line, hardly overfits."""
    names = {metric.name for metric in run.learner.metrics}
    return {"train_loss", "test_loss"} <= names and len(run.learner.blocks) != 1


UNTESTED = Rule("untested", untested, applies=_could_overfit)
