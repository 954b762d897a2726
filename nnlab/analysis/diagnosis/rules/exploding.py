"""A gradient far longer than anything a learning rate is made for."""

from __future__ import annotations

import numpy as np

from nnlab.analysis.diagnosis.finding import Finding, Remedy, Rule, found, layer_of, layered
from nnlab.analysis.diagnosis.rules.weights import SMALLER, oversized
from nnlab.analysis.diagnosis.symptoms import Symptoms
from nnlab.train.updates import Run

LONGEST, SOFT = 100.0, 30.0
CLIP = Remedy({"training.clip_norm": 1.0}, "clip")


def exploding(run: Run, seen: Symptoms, active: bool) -> Finding | None:
    """The longest gradient of a layer."""
    largest = float(seen.norms.max())
    if not np.isfinite(largest) or largest < (SOFT if active else LONGEST) or run.experiment.training.clip_norm:
        return None
    remedy = SMALLER if oversized(run) else CLIP
    return found("exploding", remedy, **layer_of(run, int(seen.norms.argmax())), length=largest)


EXPLODING = Rule("exploding", exploding, ("norms",), applies=layered)
