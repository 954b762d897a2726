"""A plain network over many points for the eye: the short way, in scratch memory that all networks of the process share.

No derivative will be asked for, so every activation may overwrite its sum: half the memory to go through.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import torch
from torch import Tensor

from nnlab.families.learner import Block
from nnlab.families.losses import Loss
from nnlab.families.mlp.features import features
from nnlab.families.mlp.layout import folded
from nnlab.families.mlp.pictured import in_place
from nnlab.families.scratch import Scratch

SCRATCH = Scratch()


class Painter:
    """See `readings.Painter`; for networks of float32 whose units are f(W a + b)."""

    def __init__(self, flat: Tensor, *, blocks: tuple[Block, ...], names: Sequence[str], loss: Loss) -> None:
        self._flat, self._blocks, self._names, self._loss = flat, blocks, tuple(names), loss
        self._points: Tensor | None = None
        self._version = -1
        self._kernels: list[Callable[[], object]] = []
        self._layers: list[Tensor] = []
        self._single = torch.empty(0)

    def layers(self, points: Tensor) -> list[Tensor]:
        """[features, hidden…, output before squashing], each (units, n); overwritten by the next network that is painted."""
        if self._points is not points or self._version != SCRATCH.version:
            self._prepare(points)
        for kernel in self._kernels:
            kernel()
        return self._layers

    def shown(self, z: Tensor) -> Tensor:
        """What the screen shows of the output `z` of `layers`, as the loss has it; a single one without new memory."""
        if len(z) > 1:
            return self._loss.shown(z).t()
        squash = self._blocks[-1].activation
        torch.mul(z, 0.5 if squash == "sigmoid" else 1.0, out=self._single)  # 2 sigmoid(z) - 1 = tanh(z / 2)
        for kernel in in_place("linear" if squash == "linear" else "tanh", self._single):
            kernel()
        return self._single.clamp_(-1, 1)

    def _prepare(self, points: Tensor) -> None:
        """The kernels of one pass, the tensors they leave their results in, and room for what one output shows."""
        inputs, n = _features(self._names, points), len(points)
        memory = iter(self._rows(n))
        self._kernels, self._layers = [], [inputs[:-1]]
        for block in self._blocks[:-1]:
            units = next(memory).view(block.fan_out + 1, n)
            a, one = units[:-1], units[-1]
            self._kernels += [self._product(block, inputs, a), *in_place(block.activation, a), _ones(one)]
            self._layers.append(a)
            inputs = units
        z = next(memory).view(self._blocks[-1].fan_out, n)
        self._kernels.append(self._product(self._blocks[-1], inputs, z))
        self._layers.append(z)
        self._single = next(memory).view(1, n)
        self._points, self._version = points, SCRATCH.version

    def _rows(self, n: int) -> list[Tensor]:
        """Pieces of scratch: units with a row of ones for each hidden layer, z of the last, one row."""
        sizes = [*(block.fan_out + 1 for block in self._blocks[:-1]), self._blocks[-1].fan_out, 1]
        return list(torch.split(SCRATCH.take(sum(sizes) * n, self._flat), [size * n for size in sizes]))

    def _product(self, block: Block, inputs: Tensor, out: Tensor) -> Callable[[], object]:
        weights = folded(self._flat, block)
        return lambda: torch.mm(weights, inputs, out=out)


@lru_cache(maxsize=32)
def _features(names: tuple[str, ...], points: Tensor) -> Tensor:
    """Features with a last row of ones, (features + 1, n)."""
    found = features(points, names)
    return torch.cat([found, torch.ones_like(found[:1])])


def _ones(row: Tensor) -> Callable[[], object]:
    return lambda: row.fill_(1)
