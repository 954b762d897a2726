"""The network is too simple for the data: its neighbours tell a point far better, and a larger network tried beside it learns."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch

from nnlab.analysis.diagnosis.finding import Remedy, Rule, Slices, found, layered
from nnlab.analysis.diagnosis.neighbours import MOST, looked_at, told_by_neighbours
from nnlab.analysis.diagnosis.rules.weights import CAUSES
from nnlab.analysis.diagnosis.symptoms import Symptoms
from nnlab.analysis.diagnosis.trial import tried
from nnlab.core.forms import Points
from nnlab.families.readings import OnPlane
from nnlab.train.updates import Run

FIRST_STEP, FIRST_EPOCH = 300, 20  # before there is something to go by
STILL, SOFT_STILL = 0.05, 0.08  # share of the loss that was lost or won over the last half of the updates
GAP, SOFT_GAP = 0.05, 0.03  # of accuracy, beyond two standard errors of the neighbours' share
TIMES, SOFT_TIMES = 3.0, 2.5  # the neighbours' squared error
HELPS, SOFT_HELPS = 0.7, 0.8  # of the present loss: what is left of it in a larger network
FEW, MOST_UNITS, MOST_LAYERS = 8, 64, 8
Larger = Mapping[str, Any]


def simple(run: Run, seen: Symptoms, active: bool) -> Slices:
    """What the network gets right, what its neighbours tell, and what the best larger network came to."""
    classes = run.data.answer.kind == "class"
    if (classes and seen.learnt) or run.step < FIRST_STEP or run.epoch < FIRST_EPOCH:
        return None
    if not abs(seen.trend) < (SOFT_STILL if active else STILL):
        return None
    floor = yield from told_by_neighbours(run.learner)
    own = _own(run)
    if not _far(run, own, floor, active):
        return None
    trials = yield from tried(run, "simple", [*_larger(run), *_control(run)])
    best = trials[0] if trials else None
    stands = min([seen.present, *(t.loss for t in trials if not t.changes)])
    if best is None or best.loss > (SOFT_HELPS if active else HELPS) * min(stands, best.first):
        return None
    remedy = _remedy(run, best.changes)
    return found(
        "simple",
        remedy,
        loss=seen.present,
        own=own,
        neighbours=floor,
        tried=best.loss,
        epochs=best.epochs,
        classes=classes,
    )


def _control(run: Run) -> list[Larger]:
    """The same network once more where something was changed on the way: had it stood so from its start, would it do as well?"""
    return [{}] if run.timeline.seen else []


def _own(run: Run) -> float:
    """What the network has that compares with the neighbours' number: its accuracy, or its mean squared error."""
    if run.data.answer.kind == "class":
        return run.metrics.get("train_accuracy", math.nan)
    learner, rows = run.learner, looked_at(run.learner)
    if not isinstance(learner, OnPlane):
        return math.nan
    x, y = (torch.from_numpy(part)[rows if isinstance(rows, slice) else rows.cpu()] for part in run.data.parts["train"])
    with torch.no_grad():
        given = learner.outputs(x.to(device=learner.device, dtype=learner.flat.dtype)).squeeze(1).cpu()
    return float((given - y).square().mean())


def _far(run: Run, own: float, floor: float, active: bool) -> bool:
    """Whether the neighbours do clearly better; False where one of them is not known."""
    if run.data.answer.kind == "number":
        return own > (SOFT_TIMES if active else TIMES) * floor
    error = math.sqrt(max(0.0, floor * (1 - floor)) / max(1, min(run.n, MOST)))
    return own < floor - 2 * error - (SOFT_GAP if active else GAP)


def _larger(run: Run) -> list[Larger]:
    """Networks to try: neurons where there are few, one more layer; where all layers are linear, the same with a bend."""
    layers = [layer.model_dump(mode="json") for layer in run.experiment.model.layers]  # type: ignore[attr-defined]
    if not layers:
        return [{"model.layers": [{"units": FEW, "activation": "tanh"}]}]
    if all(layer["activation"] == "linear" for layer in layers):
        return [{f"model.layers.{i}.activation": "tanh" for i in range(len(layers))}]
    wider = {
        f"model.layers.{i}.units": min(MOST_UNITS, FEW if layer["units"] < FEW else 2 * layer["units"])
        for i, layer in enumerate(layers)
        if layer["units"] < MOST_UNITS
    }
    deeper = {"model.layers": [*layers, {**layers[-1], "units": max(FEW // 2, layers[-1]["units"])}]}
    return [one for one in (wider, deeper if len(layers) < MOST_LAYERS else {}) if one]


def _remedy(run: Run, changes: Larger) -> Remedy:
    """It starts anew, as what was tried did."""
    last = next(iter(changes)).rpartition(".")[2]
    if last == "units":
        return Remedy(changes, "wider", "reset")
    if last == "activation":
        return Remedy(changes, "bent", "reset")
    hidden = len(run.learner.blocks) > 1
    return Remedy(changes, "deeper", "reset") if hidden else Remedy(changes, "hidden_layer", "reset")


def _on_points(run: Run) -> bool:
    """Layers of chosen widths on points of the plane, which have neighbours."""
    return layered(run) and hasattr(run.experiment.model, "layers") and isinstance(run.data.form, Points)


SIMPLE = Rule(
    "simple", simple, after=(*CAUSES, "exploding", "dead", "vanishing", "saturated", "slow"), applies=_on_points
)
