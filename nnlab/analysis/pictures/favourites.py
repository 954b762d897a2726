"""Which pictures of the data excite a channel most, and where in them."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import torch

from nnlab.analysis.analysis import ON_REQUEST, Analysis, Result
from nnlab.analysis.options import choice
from nnlab.analysis.pictures.unit import Unit, box, frozen, places, result, unit_of
from nnlab.core.errors import Refused
from nnlab.core.records import SPLITS, Array, Split
from nnlab.core.say import say
from nnlab.families.cnn.learner import CnnLearner
from nnlab.families.sampling import sample

MOST = 5_000  # pictures looked at
SHOWN = 9
TOP = 50  # those whose classes are counted


def favourites(learner: Any, options: dict[str, Any]) -> Result:
    """The nine pictures of `split` ("both", "train", "test") that excite a channel most, or with `order` "least" those that do least.

    `stage` and `channel` name it. How much a picture excites it: the largest value in its map. "liked_pictures" (n, C, H, W) uint8;
    "liked_boxes" (n, 4) int32: top, left, bottom, right (exclusive) of what the cell with that value can see; "liked_values" (n,)
    float32; "liked_classes" (n,) int32; "liked_places" (n, 2) int32: number of the split and row. "liked_shares" (2, classes) int32: how often
    each class is among the 50 that excite it most, without those that excite it no more than any other does, and among all that
    were looked at. "liked_range" (2,) float32: the lowest and the highest of all values. "liked_examples" (2,) int32: pictures looked
    at, and all. "liked_unit" (2,) int32: stage and channel as they were taken.
    """
    split = choice(options, "split", ("both", *SPLITS), "both")
    order = choice(options, "order", ("most", "least"), "most")
    parts: list[Split] = [s for s in SPLITS if split in ("both", s) and learner.count(s)]
    if not parts:
        raise Refused.because(say("There are no examples of this part to look at."), "split")
    return _liked(learner, unit_of(learner, options), parts, least=order == "least")


def _liked(learner: Any, unit: Unit, parts: list[Split], *, least: bool) -> Generator[float, None, dict[str, Array]]:
    data, answer = learner.data.parts, learner.data.answer
    counts = {s: learner.count(s) for s in parts}
    every = sum(counts.values())
    module = frozen(learner.module)
    rows = {s: _rows(learner, s, min(counts[s], max(1, MOST * counts[s] // every))) for s in parts}
    total = sum(map(len, rows.values()))
    values, cells = [], []
    for split in parts:
        for some in np.array_split(rows[split], -(-len(rows[split]) // learner.part)):
            with torch.no_grad(), learner.used():
                inputs = learner.encode(torch.as_tensor(data[split][0][some], device=learner.device))
                maps = result(module, inputs, unit.stage)[:, unit.channel].reshape(len(some), -1)
                highest = maps.max(1)
            values.append(highest.values.float().cpu().numpy())
            cells.append(highest.indices.cpu().numpy())
            yield sum(map(len, values)) / total
    found, cell = np.concatenate(values), np.concatenate(cells)
    place = np.concatenate([np.stack((np.full(len(rows[s]), SPLITS.index(s)), rows[s]), 1) for s in parts])
    classes = np.concatenate([np.asarray(data[s][1][rows[s]], np.int64) for s in parts])
    falling = np.argsort(-found, kind="stable")
    top = falling[:TOP][found[falling[:TOP]] > found.min()]
    shown = (np.argsort(found, kind="stable") if least else falling)[:SHOWN]
    width = places(learner, unit.stage)[1]
    return {
        "liked_pictures": np.stack([np.asarray(data[SPLITS[s]][0][row], np.uint8) for s, row in place[shown]]),
        "liked_boxes": np.array([box(learner, unit.stage, *divmod(int(at), width)) for at in cell[shown]], np.int32),
        "liked_values": found[shown],
        "liked_classes": classes[shown].astype(np.int32),
        "liked_places": place[shown].astype(np.int32),
        "liked_shares": np.stack([_counts(some, answer.classes) for some in (classes[top], classes)]),
        "liked_range": np.array([found.min(), found.max()], np.float32),
        "liked_examples": np.array([total, every], np.int32),
        "liked_unit": np.array(unit, np.int32),
    }


def _counts(classes: Array, most: int) -> Array:
    return np.bincount(classes, minlength=most).astype(np.int32)


def _rows(learner: Any, split: Split, most: int) -> Array:
    """At most so many of a split, always the same ones."""
    rows = sample(learner, split, most)
    return np.arange(learner.count(split)) if isinstance(rows, slice) else rows.cpu().numpy()


FAVOURITES = Analysis(
    favourites,
    (
        "liked_pictures",
        "liked_boxes",
        "liked_values",
        "liked_classes",
        "liked_places",
        "liked_shares",
        "liked_range",
        "liked_examples",
        "liked_unit",
    ),
    CnnLearner,
    every_s=ON_REQUEST,
)
