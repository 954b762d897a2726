"""Which classes are taken for which."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np

from nnlab.analysis.analysis import COSTLY_S, Analysis, Result, finished
from nnlab.core.records import SPLITS, Array
from nnlab.families.learner import ALL
from nnlab.families.readings import Classifying
from nnlab.families.sampling import sample


def confusion(learner: Any, options: dict[str, Any]) -> Result:
    """ "confusion" (2, C, C) float32 counts: of training and of test examples; rows true, columns predicted.

    Of a seeded sample while training goes on, where there are more than a few calls may take; "confusion_of" (2,) int32 says how
    many there are.
    """
    whole = options.get("whole") is True
    work = _counting(learner, whole=whole)
    return work if max(map(learner.count, SPLITS)) > learner.part else finished(work)


def _counting(learner: Any, *, whole: bool) -> Generator[None, None, dict[str, Array]]:
    """So many examples at a time as one call may take."""
    data, classes = learner.data, learner.data.answer.classes
    found = np.zeros((2, classes, classes), np.float32)
    for i, split in enumerate(SPLITS):
        rows = ALL if whole else sample(learner, split, 3 * learner.part)
        true = data.parts[split][1].astype(np.int64)
        chosen = true if isinstance(rows, slice) else true[rows.cpu().numpy()]
        for start in range(0, len(chosen), learner.part):
            end = min(start + learner.part, len(chosen))
            some = slice(start, end) if isinstance(rows, slice) else rows[start:end]
            cell = chosen[start:end] * classes + learner.answers(split, some).cpu().numpy()
            found[i] += np.bincount(cell, minlength=classes * classes).reshape(classes, classes)
            yield
    return {"confusion": found, "confusion_of": np.array([learner.count(split) for split in SPLITS], np.int32)}


def _asks_for_classes(learner: Any) -> bool:
    return bool(learner.data.answer.kind == "class")


CONFUSION = Analysis(confusion, ("confusion", "confusion_of"), Classifying, COSTLY_S, _asks_for_classes)
