"""Weights that were drawn too large: a cause of several findings, and the remedy."""

from __future__ import annotations

from nnlab.analysis.diagnosis.finding import Remedy
from nnlab.train.updates import Run

SMALLER = Remedy({"model.init_scale": 1.0}, "smaller_weights")
USUAL_RATE = 0.03
# What is found about rate, penalty, dropout and batches: gradients and units look as they do because of it.
CAUSES = ("overshooting", "beyond", "shrunk", "dropped", "few", "bouncing")


def oversized(run: Run) -> bool:
    """Whether the initial weights were made larger than their rule draws them."""
    return float(getattr(run.experiment.model, "init_scale", 1.0)) > 1
