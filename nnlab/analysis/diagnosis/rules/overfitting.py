"""The test loss has been rising while the training loss fell, and stands clearly above it."""

from __future__ import annotations

import numpy as np

from nnlab.analysis.diagnosis.finding import Finding, Remedy, Rule, found, rounded
from nnlab.analysis.diagnosis.rules.weights import CAUSES
from nnlab.analysis.diagnosis.symptoms import Symptoms
from nnlab.core.records import Array
from nnlab.train.updates import Run

WIDTH, SHARE = (
    5,
    10,
)  # of a moving mean, at least, and of all measurements: single ones are noisy, also several of one epoch
FEWEST = 20  # measurements
LEAST = 0.05  # of the loss at the start: with a smaller gap the network is right nearly everywhere, and nothing is to be mended


def overfitting(run: Run, seen: Symptoms, active: bool) -> Finding | None:
    """Where the test loss was lowest, and where it is now."""
    known = np.isfinite(seen.test_loss)
    if known.sum() < FEWEST:
        return None
    width = max(WIDTH, int(known.sum()) // SHARE)
    test, train = _smooth(seen.test_loss[known], width), _smooth(seen.train_loss[known], width)
    if test[-1] < 0.95 * test[-max(5, len(test) // 10)]:  # it is getting better
        return None
    best = int(test.argmin())
    risen, gap = test[-1] / max(test[best], 1e-9), test[-1] - train[-1]
    soft = 0.5 if active else 1.0
    if best > len(test) - 5 or risen < 1 + 0.15 * soft or gap < 0.5 * soft * test[-1] or train[-1] > train[best]:
        return None
    if gap < LEAST * soft * seen.test_loss[known][0]:
        return None
    lowest = int(
        _smooth(seen.test_loss[known], WIDTH).argmin()
    )  # a wide mean over the fall at the start would come late
    held = run.experiment.training.l2
    l2 = 0.003 if held == 0 else rounded(min(held * 3, 0.3))
    return found(
        "overfitting",
        Remedy({"training.l2": l2}, "l2"),
        best=float(test[best]),
        epoch=round(float(seen.epochs[known][lowest + WIDTH // 2])),
        now=float(test[-1]),
        train=float(train[-1]),
    )


def _smooth(values: Array, width: int) -> Array:
    return np.convolve(values, np.ones(width) / width, mode="valid")


def _tested(run: Run) -> bool:
    return {"train_loss", "test_loss"} <= set(run.history.names)


OVERFITTING = Rule("overfitting", overfitting, after=(*CAUSES, "missing"), applies=_tested)
