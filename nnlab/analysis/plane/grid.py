"""One forward pass over the plane, shared by all maps of a frame.

The plane is 100 x 100 cell centres, row 0 = y_min, as TensorFlow Playground has it. A learner that has a `Painter` goes its way
through memory that all learners of the process share; others are asked for their activations. One thread only.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor

from nnlab.analysis.shared import once
from nnlab.core.records import Array
from nnlab.families.learner import Learner
from nnlab.families.readings import Painter
from nnlab.families.scratch import Scratch

SIDE = 100
BAND = 4e8  # operations of one band
SLOWER = 4  # times as long as plain kernels take the others, which also allocate
Planar = Any  # a learner that is `OnPlane`


@lru_cache(maxsize=32)
def plane(limit: float, *, side: int, device: torch.device, edges: bool = False) -> Tensor:
    """Points (side * side, 2) of [-limit, limit]^2, x fastest: cell centres, or with `edges` from border to border."""
    share = (torch.arange(side) + 0.5) / side if not edges else torch.arange(side) / (side - 1)
    axis = (limit * (2 * share - 1)).to(torch.float32)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    return torch.stack([x.reshape(-1), y.reshape(-1)], 1).to(device)


class Pass:
    """A learner's activations over the plane: computed anew at each `layers()`, or once for all analyses of a frame."""

    def __init__(self) -> None:
        self.turn = 0  # which part of many neuron maps comes next

    def layers(self, learner: Planar) -> list[Tensor]:
        """[features, hidden…, output before squashing], each (units, SIDE * SIDE); overwritten by the next pass."""
        painter = painter_of(learner)
        way = learner.activations if painter is None else painter.layers
        return once(learner, "layers", lambda: way(_points(learner)))

    def shown(self, learner: Planar) -> Tensor:
        """What the screen shows, (n_outputs, SIDE * SIDE); a single output is cut off at -1 and 1."""
        return once(learner, "shown", lambda: self._shown(learner))

    def _shown(self, learner: Planar) -> Tensor:
        painter = painter_of(learner)
        if painter is not None:
            return painter.shown(self.layers(learner)[-1])
        found: Tensor = learner.outputs(_points(learner)).t()
        return found.clamp(-1, 1) if len(found) == 1 else found


STAGE = Scratch()  # of pictures
_PASSES: WeakKeyDictionary[Learner, Pass] = WeakKeyDictionary()


def pass_of(learner: Learner) -> Pass:
    """The learner's own pass; it lives as long as the learner."""
    found = _PASSES.get(learner)
    if found is None:
        found = _PASSES[learner] = Pass()
    return found


def painter_of(learner: Planar) -> Painter | None:
    """The short way through the learner, where it has one."""
    found: Painter | None = getattr(learner, "painter", None)
    return found


def bands_of(learner: Planar) -> int:
    """In how many bands of rows a pass over the plane goes, so that each takes some five milliseconds; 1 for most."""
    operations = 2 * SIDE * SIDE * sum(b.fan_in * b.fan_out for b in learner.blocks)
    return min(SIDE, 1 + int(operations * (1 if painter_of(learner) else SLOWER) // BAND))


def to_bytes(values: Tensor, scale: Tensor | None = None, *, out: Array | None = None) -> Array:
    """-1…1 as 0…255, rounded. With `scale` (broadcast to `values`) they are divided by it and cut off there.

    numpy's conversion takes a third of the time of torch's; memory is kept, because fresh pages cost more than the sums.
    """
    room = STAGE.take(values.numel(), values).view(values.shape)
    if scale is None:
        torch.add(_half(values.device), values, alpha=127.5, out=room)
    else:
        torch.mul(values, 127.5 / scale, out=room).clamp_(-127.5, 127.5).add_(128)
    found = np.empty(room.shape, np.uint8) if out is None else out
    with np.errstate(invalid="ignore"):  # a network that has diverged holds NaN, and its picture means nothing
        np.copyto(found, room.cpu().numpy(), casting="unsafe")
    return found


@lru_cache(maxsize=4)
def _half(device: torch.device) -> Tensor:
    return torch.tensor(128.0, device=device)


def _points(learner: Planar) -> Tensor:
    return plane(learner.data.plane.limit, side=SIDE, device=learner.device)
