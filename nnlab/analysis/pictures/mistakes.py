"""The pictures that a network is most wrong about, and is most sure of."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import torch

from nnlab.analysis.analysis import ON_REQUEST, Analysis, Result
from nnlab.analysis.options import choice, whole
from nnlab.core.errors import Refused
from nnlab.core.records import SPLITS, Array
from nnlab.core.say import say
from nnlab.families.cnn.learner import CnnLearner

MOST = 48


def mistakes(learner: Any, options: dict[str, Any]) -> Result:
    """The `count` wrong examples of `split` with the lowest probability of the right class, worst first; with `order` "sure" right ones, surest first.

    "mistake_rows" (n,) int32: their places in the split; "mistake_pictures" (n, C, H, W) uint8; "mistake_classes" (n, 2) int32: right,
    answered; "mistake_sure" (n, 2) float32: probability of either; "mistake_count" (2,) int32: wrong ones, and all of the split.
    """
    split = choice(options, "split", SPLITS, "test" if learner.count("test") else "train")
    count = whole(options, "count", 24, (1, MOST))
    order = choice(options, "order", ("wrong", "sure"), "wrong")
    if not learner.count(split):
        raise Refused.because(say("There are no examples of this part to look at."), "split")
    return _worst(learner, split, count, sure=order == "sure")


def _worst(learner: Any, split: Any, count: int, *, sure: bool) -> Generator[float, None, dict[str, Array]]:
    n, parts = learner.count(split), []
    for start in range(0, n, learner.part):
        with torch.inference_mode(), learner.used():
            inputs, targets = learner.batch(split, slice(start, min(start + learner.part, n)))
            likely = learner.likely(learner.module(inputs))
            rows = torch.arange(len(likely), device=likely.device)
            taken, right = likely.argmax(1), targets.long()
            parts.append(torch.stack((likely[rows, right], likely[rows, taken], taken.float(), right.float()), 1).cpu())
        yield start / n
    known = torch.cat(parts)
    order = known[:, 0].argsort(descending=sure, stable=True)
    right = known[:, 2] == known[:, 3]
    order = order[right[order] if sure else ~right[order]][:count]
    chosen = known[order]
    pictures = learner.data.parts[split][0][order.numpy()]
    return {
        "mistake_rows": order.to(torch.int32).numpy(),
        "mistake_pictures": np.asarray(pictures, np.uint8),
        "mistake_classes": chosen[:, [3, 2]].to(torch.int32).numpy(),
        "mistake_sure": chosen[:, :2].float().numpy(),
        "mistake_count": np.array([int((~right).sum()), n], np.int32),
    }


MISTAKES = Analysis(
    mistakes,
    ("mistake_rows", "mistake_pictures", "mistake_classes", "mistake_sure", "mistake_count"),
    CnnLearner,
    every_s=ON_REQUEST,
)
