"""The network as it is evaluated - no dropout, running statistics - in static buffers, for everything that only reads it.

Features first, with the bias folded in as last column of W: z = W [a; 1]. The values of each unit are contiguous, as maps need them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from nnlab.families.learner import Block
from nnlab.families.mlp.activations import ACTIVATIONS, Kernel
from nnlab.families.mlp.examples import with_ones
from nnlab.families.mlp.features import features
from nnlab.families.mlp.layout import folded
from nnlab.families.mlp.module import MLPModule
from nnlab.families.mlp.pictured import in_place

MAX_PASSES = 6  # numbers of points in use at once: training and test chunks, the boundary's grid, the maps' grid
MAX_FLOATS = 1_000_000  # in the buffers of a pass for outputs only; wide networks take several passes
REMEMBERED = 4  # grids whose features are kept


class ForwardPass:
    """Static buffers and kernels that take `size` examples through the network.

    `units` are the activations of the hidden layers (units, size), which overwrite their pre-activations; `output` is z of
    the last layer. `pictured`: for the eye, so that tanh may be computed in whichever way is faster.
    """

    def __init__(self, flat: Tensor, blocks: tuple[Block, ...], *, size: int, pictured: bool = False) -> None:
        # Each layer's input carries a row of ones below the units: what the bias column multiplies.
        self._inputs = [torch.ones(b.fan_out + 1, size, dtype=flat.dtype, device=flat.device) for b in blocks[:-1]]
        self.units = [buffer[:-1] for buffer in self._inputs]
        self.output = torch.empty(blocks[-1].fan_out, size, dtype=flat.dtype, device=flat.device)
        sums = [*self.units, self.output]
        self._weights, self._first = folded(flat, blocks[0]), sums[0]
        self._kernels: list[Kernel] = []
        for i, block in enumerate(blocks[1:]):
            a, activation = self.units[i], blocks[i].activation
            self._kernels += in_place(activation, a) if pictured else ACTIVATIONS[activation].forward(a, a)
            self._kernels.append(partial(torch.mm, folded(flat, block), self._inputs[i], out=sums[i + 1]))

    def run(self, columns: Tensor) -> None:
        """Examples as columns with the row of ones (fan_in + 1, size) through all layers."""
        torch.mm(self._weights, columns, out=self._first)
        for kernel in self._kernels:
            kernel()


class Inference:
    """`module` is given where normalisation or skip connections ask for it; plain networks do without."""

    def __init__(
        self, flat: Tensor, *, blocks: tuple[Block, ...], names: Sequence[str], module: MLPModule | None
    ) -> None:
        self._flat, self._blocks, self._names, self._module = flat, blocks, tuple(names), module
        self._passes: dict[tuple[int, bool], ForwardPass] = {}
        self._grids: list[tuple[Tensor, int, Tensor]] = []
        self.chunk = max(256, MAX_FLOATS // sum(b.fan_out + 1 for b in blocks))

    def rows(self, points: Tensor) -> Tensor:
        """Features of points of the plane (n, 2) as rows with a last column of ones (n, k + 1).

        Those of the last few tensors are remembered: the same grid comes every frame.
        """
        version = -1 if points.is_inference() else points._version
        for seen, then, found in self._grids:
            if seen is points and then == version >= 0:
                return found
        found = with_ones(features(points.to(self._flat.device, self._flat.dtype), self._names))
        if version >= 0:
            self._grids = [(points, version, found), *self._grids[: REMEMBERED - 1]]
        return found

    @torch.no_grad()
    def layers(self, rows: Tensor) -> list[Tensor]:
        """[features, hidden…, z of the output layer], each (units, n), in buffers that the next call may overwrite."""
        if self._module is None:
            passed = self._run(rows)
            return [rows.t()[:-1], *passed.units, passed.output]
        units = [rows[:, :-1]]
        z = self._module(units[0], None, [], units)
        return [a.t() for a in (*units, z)]

    @torch.no_grad()
    def output(self, rows: Tensor, *, pictured: bool = False) -> Tensor:
        """z of the output layer (n_outputs, n), which may be overwritten by the next call."""
        if len(rows) > self.chunk:
            parts = [self.output(part, pictured=pictured).clone() for part in torch.split(rows, self.chunk)]
            return torch.cat(parts, 1)
        if self._module is None:
            return self._run(rows, pictured=pictured).output
        z: Tensor = self._module(rows[:, :-1])
        return z.t()

    def _run(self, rows: Tensor, *, pictured: bool = False) -> ForwardPass:
        key = (len(rows), pictured)
        if key not in self._passes:
            if len(self._passes) >= MAX_PASSES:
                self._passes.clear()
            with torch.inference_mode(False):
                self._passes[key] = ForwardPass(self._flat, self._blocks, size=len(rows), pictured=pictured)
        passed = self._passes[key]
        passed.run(rows.t())
        return passed
