"""A gradient far longer than anything a learning rate is made for."""

from __future__ import annotations

import numpy as np

from nnlab.analysis.diagnosis.finding import Finding, Remedy, Rule, found, layer_of, layered
from nnlab.analysis.diagnosis.rules.weights import CAUSES, SMALLER, oversized
from nnlab.analysis.diagnosis.symptoms import Symptoms
from nnlab.core.experiment import at
from nnlab.train.updates import Run

LONGEST, SOFT = 100.0, 30.0


def exploding(run: Run, seen: Symptoms, active: bool) -> Finding | None:
    """The longest gradient of a layer."""
    largest = float(seen.norms.max())
    if not np.isfinite(largest) or largest < (SOFT if active else LONGEST):
        return None
    layer = int(seen.norms.argmax())
    start = run.learner.blocks[layer].start
    path = next((g.path for g in run.learner.groups if g.part.start <= start < g.part.stop), "")
    if not path or at(run.experiment, path).clip_norm:  # it rests, or is clipped already
        return None
    remedy = SMALLER if oversized(run) else Remedy({f"{path}.clip_norm": 1.0}, "clip")
    return found("exploding", remedy, **layer_of(run, layer), length=largest)


EXPLODING = Rule("exploding", exploding, ("norms",), after=CAUSES, applies=layered)
