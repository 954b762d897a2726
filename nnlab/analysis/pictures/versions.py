"""What the coming updates make of one training picture: where augmentation is on, each learns from another version of it."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch

from nnlab.analysis.analysis import OnRequest
from nnlab.analysis.pictures.shown import shown
from nnlab.core.records import SPLITS, Array
from nnlab.families.cnn.learner import CnnLearner
from nnlab.train.updates import Run, order

COUNT = 6


class Turn(NamedTuple):
    """The update `step` of `epoch` (both from 0) learns from a picture: the `at`-th of `rows`, its part of the batch, which begins at `first`."""

    step: int
    epoch: int
    first: int
    rows: torch.Tensor
    at: int


def versions(run: Run, options: Mapping[str, Any]) -> Generator[float, None, dict[str, Array]]:
    """The next versions of the training picture that `split` and `example` name, exactly as the updates will see them: one an epoch.

    "versions" (n, C, H, W) uint8: six of them, none of a test picture, of a drawing or without augmentation. "version_updates" (n, 2)
    int32: the update that learns from it, and its epoch, counted from 0. "version_place" (2,) int32: 0 training or 1 test and the row there.
    """
    learner: Any = run.learner
    _, _, (split, row) = shown(learner, {"split": "train", **options})
    pictures, updates = [], []
    if split == SPLITS.index("train") and not learner.spec.augment.off:
        for turn in turns(run, row):
            inputs, _ = learner.batch("train", turn.rows.to(learner.device))
            with torch.inference_mode():
                seen = learner.prepared(inputs, turn.step, turn.first)[turn.at]
            pictures.append((seen.clamp(0, 1) * 255).round().to(torch.uint8).cpu().numpy())
            updates.append((turn.step, turn.epoch))
            if len(pictures) == COUNT:
                break
            yield len(pictures) / COUNT
    form = learner.form
    return {
        "versions": np.array(pictures, np.uint8).reshape(-1, form.channels, form.height, form.width),
        "version_updates": np.array(updates, np.int32).reshape(-1, 2),
        "version_place": np.array((split, row), np.int32),
    }


def turns(run: Run, row: int) -> Iterator[Turn]:
    """When training picture `row` is learned from, from now on, if nothing is changed. A batch under way counts as to come."""
    size, part = run.batch_size, run.learner.part
    step, epoch, offset = run.step, run.epoch, run.offset
    while True:
        rows = order(run, epoch)
        place = int((rows == row).nonzero()[0, 0])
        if place >= offset:
            before = (place - offset) // size
            start = offset + before * size
            first = start + (place - start) // part * part
            stop = min(first + part, start + size, run.n)
            yield Turn(step + before, epoch, first, rows[first:stop], place - first)
        step += -(-(run.n - offset) // size)
        epoch, offset = epoch + 1, 0


VERSIONS = OnRequest(versions, CnnLearner)
