"""Weights or losses that are no longer numbers."""

from __future__ import annotations

from nnlab.analysis.diagnosis.finding import Finding, Remedy, found, rounded
from nnlab.analysis.diagnosis.rules.weights import SMALLER, USUAL_RATE, oversized
from nnlab.train.updates import Run


def diverged(run: Run) -> Finding:
    """What to do about a run that has diverged."""
    training = run.experiment.training
    return found("diverged", _remedy(run), step=run.step, good=run.good, rate=training.learning_rate)


def _remedy(run: Run) -> Remedy:
    if oversized(run):
        return SMALLER
    training = run.experiment.training
    slower = rounded(min(training.learning_rate / 10, USUAL_RATE))
    # Such a rate is not the cause alone, and where targets are numbers the gradient grows with the error.
    steep = training.learning_rate <= 0.1 or run.data.answer.kind == "number"
    if steep and not training.clip_norm:
        return Remedy({"training.learning_rate": slower, "training.clip_norm": 1.0}, "back_clipped")
    return Remedy({"training.learning_rate": slower}, "back")
