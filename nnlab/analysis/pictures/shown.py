"""Which picture is looked at: an example of the data, or what was drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from nnlab.core.records import SPLITS, Split

Off = Mapping[str, frozenset[int]]  # channels that are switched off, by the name of their stage


class Shown(NamedTuple):
    """`picture` (1, C, H, W) in 0…1; its class, -1 where nobody knows it; and its place: number of the split and row, -1 and 0 of a drawing."""

    picture: Tensor
    target: int
    place: tuple[int, int]


def shown(learner: Any, options: Mapping[str, Any]) -> Shown:
    """The picture that is looked at, as the network takes it.

    `options["drawing"]`: (H, W) or (C, H, W) uint8 in place of an example; else `split` and `example` name one, which is counted
    round, so that every whole number is legal. What makes no sense counts as not given.
    """
    form = learner.data.form
    drawing = options.get("drawing")
    if isinstance(drawing, np.ndarray) and drawing.size in (form.height * form.width, form.size):
        picture = torch.as_tensor(np.asarray(drawing, np.uint8).copy(), device=learner.device)
        planes = picture.view(-1, form.height, form.width).expand(form.channels, -1, -1)
        return Shown(learner.encode(planes.unsqueeze(0)), -1, (-1, 0))
    wanted = options.get("split")
    split: Split = "train" if isinstance(wanted, str) and wanted == "train" and learner.count("train") else "test"
    if not learner.count(split):
        split = "train"
    if not learner.count(split):
        blank = torch.zeros(1, form.channels, form.height, form.width, device=learner.device, dtype=learner.dtype)
        return Shown(blank, -1, (-1, 0))
    example = options.get("example", 0)
    at = example % learner.count(split) if isinstance(example, int) else 0
    inputs, targets = learner.batch(split, slice(at, at + 1))
    return Shown(inputs, int(targets[0]), (SPLITS.index(split), at))


def switched_off(learner: Any, options: Mapping[str, Any]) -> Off:
    """`options["off"]`, [[number of a stage, channel], …], as far as there are such channels; the picture and the answer stay."""
    found: dict[str, frozenset[int]] = {}
    stages = learner.stages
    pairs = options.get("off")
    for pair in pairs if isinstance(pairs, list) else ():
        match pair:
            case [int(at), int(channel)] if 0 < at < len(stages) - 1 and 0 <= channel < stages[at].shape[0]:
                name = stages[at].name
                found[name] = found.get(name, frozenset()) | {channel}
    return found
