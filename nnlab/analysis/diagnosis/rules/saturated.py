"""Most tanh or sigmoid units of a layer have no slope on most points, and the task is not learnt."""

from __future__ import annotations

import numpy as np

from nnlab.analysis.diagnosis.finding import Finding, Remedy, Rule, found, layer_of, layered
from nnlab.analysis.diagnosis.rules.weights import CAUSES, SMALLER, oversized
from nnlab.analysis.diagnosis.symptoms import Symptoms
from nnlab.train.updates import Run

FIRST_STEP = 20  # updates before there is something to go by
SHARE, SOFT = 0.5, 0.4  # of a layer's units


def saturated(run: Run, seen: Symptoms, active: bool) -> Finding | None:
    """The layer with most of them."""
    shares = np.nan_to_num(seen.flat)
    if not len(shares) or seen.learnt or run.step < FIRST_STEP or shares.max() < (SOFT if active else SHARE):
        return None
    layer = int(shares.argmax())
    block = run.learner.blocks[layer]
    if oversized(run):
        remedy = SMALLER
    else:
        changes = {f"model.layers.{i}.activation": "leaky_relu" for i in np.flatnonzero(shares >= SOFT)}
        remedy = Remedy(changes, "change_to_leaky_relu")
    return found(
        "saturated",
        remedy,
        **layer_of(run, layer),
        count=round(float(shares[layer]) * block.fan_out),
        total=block.fan_out,
        activation=block.activation,
        loss=float(seen.train_loss[-1]),
    )


SATURATED = Rule("saturated", saturated, ("units",), after=(*CAUSES, "dead", "vanishing"), applies=layered)
