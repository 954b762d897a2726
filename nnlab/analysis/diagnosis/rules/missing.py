"""A class that no training example, or no test example, belongs to."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnlab.analysis.diagnosis.finding import Finding, Remedy, Rule, found
from nnlab.analysis.diagnosis.symptoms import Symptoms
from nnlab.core.errors import Refused
from nnlab.core.experiment import patch
from nnlab.core.records import SPLITS, Array
from nnlab.core.say import tell
from nnlab.train.loading import examples, to_load
from nnlab.train.updates import Run

HALF: dict[str, Any] = {"data.train_share": 50.0}  # per cent of the examples


def missing(run: Run, seen: Symptoms, active: bool) -> Finding | None:
    """Which class, on which side of the split."""
    answer, counts = (
        run.data.answer,
        [np.bincount(_classes(run.data.parts[s][1]), minlength=run.data.answer.classes) for s in SPLITS],
    )
    gone = _gone(counts)
    if gone is None:
        return None
    side, index = gone
    name = answer.class_names[index] if answer.class_names else f"class {index}"
    split, count = SPLITS[side], int(counts[side].sum())
    if splits_well(run, HALF):
        return found("missing", Remedy(HALF, "half_share"), name=name, split=split, count=count)
    return Finding(tell("missing", name=name, split=split, count=count))


def _gone(counts: list[Array]) -> tuple[int, int] | None:
    """Side and index of a class that is on the other side only; None also where a side is empty."""
    for side, count in enumerate(counts):
        lacks = np.flatnonzero((count == 0) & (counts[1 - side] > 0))
        if len(lacks) and count.sum():
            return side, int(lacks[0])
    return None


def splits_well(run: Run, share: dict[str, Any]) -> bool:
    """Whether both sides have examples, of each class, with another training share: a file may have a split of its own.

    Where that takes long to load it stays unknown, and nothing is promised: other runs wait meanwhile.
    """
    if not hasattr(run.experiment.data, "train_share"):
        return False
    try:
        wanted = patch(run.experiment, share).data
        if to_load(wanted) is not None:
            return False
        data = examples(wanted)
    except Refused:
        return False
    if not all(data.count(s) for s in SPLITS):
        return False
    if data.answer.kind != "class":
        return True
    sides = [np.bincount(_classes(data.targets[data.rows(s)]), minlength=data.answer.classes) for s in SPLITS]
    return _gone(sides) is None


def _classes(targets: Array) -> Array:
    return targets.astype(np.int64).ravel()


def _classified(run: Run) -> bool:
    return bool(run.data.answer.kind == "class")


MISSING = Rule("missing", missing, applies=_classified)
