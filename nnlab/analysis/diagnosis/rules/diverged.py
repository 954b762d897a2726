"""Weights or losses that are no longer numbers."""

from __future__ import annotations

from dataclasses import replace

from nnlab.analysis.diagnosis.finding import Finding, Remedy, fastest, found, rounded
from nnlab.analysis.diagnosis.rules.weights import SMALLER, USUAL_RATE, oversized
from nnlab.train.updates import Run


def diverged(run: Run) -> Finding:
    """What to do about a run that has diverged."""
    _, descent = fastest(run)
    return found("diverged", _remedy(run), step=run.step, good=run.good, rate=descent.learning_rate)


def _remedy(run: Run) -> Remedy:
    if oversized(run):
        return replace(SMALLER, command="recover")
    path, descent = fastest(run)
    slower = {f"{path}.learning_rate": rounded(min(descent.learning_rate / 10, USUAL_RATE))}
    # Such a rate is not the cause alone, and where targets are numbers the gradient grows with the error.
    steep = descent.learning_rate <= 0.1 or run.data.answer.kind == "number"
    if steep and not descent.clip_norm:
        return Remedy(slower | {f"{path}.clip_norm": 1.0}, "back_clipped", "recover")
    return Remedy(slower, "back", "recover")
