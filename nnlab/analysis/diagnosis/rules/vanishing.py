"""Of one example's gradient a tiny part comes back to the first layer, while there is something left to learn."""

from __future__ import annotations

from nnlab.analysis.diagnosis.finding import Finding, Remedy, Rule, found, layered
from nnlab.analysis.diagnosis.rules.weights import CAUSES
from nnlab.analysis.diagnosis.symptoms import Symptoms
from nnlab.train.updates import Run

SHARE, SOFT = 1e-3, 3e-3  # of the last layer's gradient that arrives at the first
LEAST = 1e-6


def vanishing(run: Run, seen: Symptoms, active: bool) -> Finding | None:
    """The first layer's signal beside the last one's."""
    first, last = float(seen.signal[0]), float(seen.signal[-1])
    limit = SOFT if active else SHARE
    if len(seen.signal) < 2 or seen.learnt or run.step < 1 or not first <= limit * max(last, LEAST):
        return None
    return found("vanishing", _remedy(run), first=first, last=last, zero=_zero(run))


def _zero(run: Run) -> bool:
    """Whether all weights were 0 at the start."""
    model = run.experiment.model
    return getattr(model, "init", "") == "zeros" or getattr(model, "init_scale", 1) == 0


def _remedy(run: Run) -> Remedy:
    if _zero(run):
        return Remedy({"model.init": "xavier", "model.init_scale": 1.0}, "xavier")
    bounded = [i for i, b in enumerate(run.learner.blocks[:-1]) if b.activation in ("sigmoid", "tanh")]
    if not bounded:
        return Remedy({"model.norm": "layer"}, "layer_norm")
    relu = {f"model.layers.{i}.activation": "relu" for i in bounded}
    return Remedy({**relu, "model.init": "he"}, "relu_he")


def _remediable(run: Run) -> bool:
    """The remedies are about layers of units with an activation each."""
    return layered(run) and all(b.activation for b in run.learner.blocks)


VANISHING = Rule("vanishing", vanishing, ("signal",), after=(*CAUSES, "dead"), applies=_remediable)
