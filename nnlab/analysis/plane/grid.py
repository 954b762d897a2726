"""One forward pass over the plane, shared by all maps of a frame.

The plane is 100 x 100 cell centres, row 0 = y_min, as TensorFlow Playground has it. A plain network runs through the kernels of its
engine into scratch memory that all learners of the process share; other networks are asked for their activations.
One thread only: the scratch belongs to whoever asked last.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor

from nnlab.analysis.shared import once
from nnlab.core.records import Array
from nnlab.families.learner import Block, Learner
from nnlab.families.losses import loss_of
from nnlab.families.mlp.features import features
from nnlab.families.mlp.layout import folded
from nnlab.families.mlp.pictured import in_place
from nnlab.families.mlp.spec import MLP

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
        self._signature: object = None
        self._run: list[Callable[[], object]] = []
        self._out: list[Tensor] = []
        self._single = torch.empty(0)

    def layers(self, learner: Planar) -> list[Tensor]:
        """[features, hidden…, output before squashing], each (units, SIDE * SIDE); overwritten by the next pass."""
        return once(learner, "layers", lambda: self._forward(learner))

    def shown(self, learner: Planar) -> Tensor:
        """What the screen shows, (n_outputs, SIDE * SIDE); a single output is cut off at -1 and 1."""
        return once(learner, "shown", lambda: self._shown(learner))

    def _shown(self, learner: Planar) -> Tensor:
        z = self.layers(learner)[-1]
        found = self._squash(learner, z) if is_plain(learner) else learner.outputs(_points(learner)).t()
        return found.clamp_(-1, 1) if len(z) == 1 else found

    def _squash(self, learner: Planar, z: Tensor) -> Tensor:
        """As the loss does, but a single output without new memory: that is dear when it comes sixty times a second."""
        if len(z) > 1:
            return loss_of(learner.experiment, learner.data.answer).shown(z).t()
        squash = learner.blocks[-1].activation
        torch.mul(z, 0.5 if squash == "sigmoid" else 1.0, out=self._single)  # 2 sigmoid(z) - 1 = tanh(z / 2)
        for kernel in in_place("linear" if squash == "linear" else "tanh", self._single):
            kernel()
        return self._single

    def _forward(self, learner: Planar) -> list[Tensor]:
        if not is_plain(learner):
            found: list[Tensor] = learner.activations(_points(learner))
            return found
        key = (tuple(b.activation for b in learner.blocks), learner.data.plane.limit, SCRATCH.version)
        if self._signature != key:
            self._run, self._out, self._single = _prepare(learner)
            self._signature = (*key[:2], SCRATCH.version)
        for kernel in self._run:
            kernel()
        return self._out


class Scratch:
    """Memory that grows to the largest network and is shared; `version` changes when it moves."""

    def __init__(self) -> None:
        self.version = 0
        self._memory: dict[tuple[torch.dtype, torch.device], Tensor] = {}

    def take(self, size: int, like: Tensor) -> Tensor:
        """(size,) of the type and device of `like`."""
        key = (like.dtype, like.device)
        if key not in self._memory or len(self._memory[key]) < size:
            self._memory[key] = torch.empty(size, dtype=like.dtype, device=like.device)
            self.version += 1
        return self._memory[key][:size]


SCRATCH = Scratch()  # of the passes
STAGE = Scratch()  # of the pictures made from them
_PASSES: WeakKeyDictionary[Learner, Pass] = WeakKeyDictionary()


def pass_of(learner: Learner) -> Pass:
    """The learner's own pass; it lives as long as the learner."""
    found = _PASSES.get(learner)
    if found is None:
        found = _PASSES[learner] = Pass()
    return found


def is_plain(learner: Planar) -> bool:
    """Whether the learner is a multilayer perceptron whose units are f(W a + b), so that the short way holds."""
    spec = learner.experiment.model
    return isinstance(spec, MLP) and spec.norm == "none" and not spec.skip and learner.flat.dtype == torch.float32


def bands_of(learner: Planar) -> int:
    """In how many bands of rows a pass over the plane goes, so that each takes some five milliseconds; 1 for most."""
    operations = 2 * SIDE * SIDE * sum(b.fan_in * b.fan_out for b in learner.blocks)
    return min(SIDE, 1 + int(operations * (1 if is_plain(learner) else SLOWER) // BAND))


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


@lru_cache(maxsize=32)
def _features(names: tuple[str, ...], points: Tensor) -> Tensor:
    """Features with a last row of ones, (features + 1, n)."""
    found = features(points, names)
    return torch.cat([found, torch.ones_like(found[:1])])


def _prepare(learner: Learner) -> tuple[list[Callable[[], object]], list[Tensor], Tensor]:
    """The kernels of one pass, the tensors they leave their results in, and room for what one output shows."""
    spec = learner.experiment.model
    if not isinstance(spec, MLP):
        raise TypeError(f"The short way needs an MLP; got {type(spec).__name__}.")
    inputs, n = _features(spec.features, _points(learner)), SIDE * SIDE
    memory = iter(_rows(learner, learner.blocks))
    kernels: list[Callable[[], object]] = []
    found = [inputs[:-1]]
    for block in learner.blocks[:-1]:
        units = next(memory).view(block.fan_out + 1, n)
        a, one = units[:-1], units[-1]
        # No derivative will be asked for, so every activation may overwrite its sum: half the memory to go through.
        kernels += [_product(learner, block, inputs, a), *in_place(block.activation, a), _ones(one)]
        found.append(a)
        inputs = units
    z = next(memory).view(learner.blocks[-1].fan_out, n)
    kernels.append(_product(learner, learner.blocks[-1], inputs, z))
    return kernels, [*found, z], next(memory).view(1, n)


def _rows(learner: Learner, blocks: tuple[Block, ...]) -> list[Tensor]:
    """Pieces of scratch: units with a row of ones for each hidden layer, z of the last, one row."""
    sizes = [*(block.fan_out + 1 for block in blocks[:-1]), blocks[-1].fan_out, 1]
    n = SIDE * SIDE
    return list(torch.split(SCRATCH.take(sum(sizes) * n, learner.flat), [size * n for size in sizes]))


def _product(learner: Learner, block: Block, inputs: Tensor, out: Tensor) -> Callable[[], object]:
    weights = folded(learner.flat, block)
    return lambda: torch.mm(weights, inputs, out=out)


def _ones(row: Tensor) -> Callable[[], object]:
    return lambda: row.fill_(1)
