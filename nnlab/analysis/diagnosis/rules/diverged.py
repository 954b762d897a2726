"""Weights or losses that are no longer numbers."""

from __future__ import annotations

from typing import Any

from nnlab.analysis.diagnosis.finding import Finding, fastest, found, rounded
from nnlab.analysis.diagnosis.rules.weights import SMALLER, USUAL_RATE, oversized
from nnlab.train.updates import Run


def diverged(run: Run) -> Finding:
    """What to do about a run that has diverged."""
    path, descent = fastest(run)
    numbers = {"step": run.step, "good": run.good, "rate": descent.learning_rate}
    if oversized(run):
        return found("diverged", numbers, *SMALLER)
    remedy: dict[str, Any] = {f"{path}.learning_rate": rounded(min(descent.learning_rate / 10, USUAL_RATE))}
    # Such a rate is not the cause alone, and where targets are numbers the gradient grows with the error.
    steep = descent.learning_rate <= 0.1 or run.data.answer.kind == "number"
    if steep and not descent.clip_norm:
        return found("diverged", numbers, remedy | {f"{path}.clip_norm": 1.0}, "back_clipped")
    return found("diverged", numbers, remedy, "back")
