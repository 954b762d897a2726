"""Many multilayer perceptrons of one shape at once: a stack of flat vectors through batched products, differentiable.

The loss surface asks for the loss at thousands of neighbouring weights; one product over a stack of matrices replaces
as many small ones. Evaluation mode: no dropout, running statistics. Also the differentiable loss that Hessians need.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

import torch
from torch import Tensor

from nnlab.families.learner import Block
from nnlab.families.losses import Loss
from nnlab.families.mlp.activations import ACTIVATIONS
from nnlab.families.mlp.layout import NormBlock
from nnlab.families.mlp.module import EPS
from nnlab.families.mlp.pictured import in_place
from nnlab.families.mlp.spec import MLP

CACHED = 2**17  # numbers of a layer that stay in a processor's cache: larger buffers are slower
ON_DEVICE = 2**25  # the same for an accelerator, which wants much to do at once
MOST = 256  # networks at once


class Sweep:
    """The mean loss of up to `size` networks at a time on up to `tile` examples, in buffers that are allocated once.

    The examples are taken in tiles where a single network fills the cache.
    """

    def __init__(
        self,
        spec: MLP,
        rows: Tensor,
        targets: Tensor,
        *,
        blocks: Sequence[Block],
        norms: Sequence[NormBlock],
        running: Tensor,
        loss: Loss,
    ) -> None:
        self._spec, self._blocks, self._norms, self._running, self._loss = spec, blocks, norms, running, loss
        n, widest = len(rows), max(block.fan_out for block in blocks)
        room = CACHED if rows.device.type == "cpu" else ON_DEVICE
        self.size = max(1, min(MOST, room // max(1, widest * n)))
        self.tile = tile = max(1, -(-n // max(1, -(-widest * n // room))))
        with torch.inference_mode(False):  # so that any mode may write the buffers
            self._buffers = [rows.new_empty(self.size * widest * tile) for _ in range(2)]
            columns = rows[:, :-1].t()
            self._tiles = [
                (part.contiguous(), aims.t().repeat(1, self.size))
                for part, aims in zip(torch.split(columns, tile, 1), torch.split(targets, tile), strict=True)
            ]

    @torch.no_grad()
    def losses(self, stack: Tensor, tile: int) -> Tensor:
        """The mean loss of each of `stack` (k, n_parameters), k at most `size`, on the examples of one tile."""
        k = len(stack)
        columns, aims = self._tiles[tile]
        n = columns.shape[1]
        z = self._output(stack, columns).transpose(0, 1).reshape(-1, k * n)
        return self._loss.values(z, aims[:, : k * n]).view(k, n).mean(1)

    def _output(self, stack: Tensor, columns: Tensor) -> Tensor:
        """z of the output layer (k, n_outputs, n), in a buffer that the next call overwrites."""
        k, n, h, first_unit = len(stack), columns.shape[1], columns, 0
        z = columns
        for i, (block, norm) in enumerate(zip_longest(self._blocks, self._norms)):
            folded = _folded(stack, block)
            z = self._buffers[i % 2][: k * block.fan_out * n].view(k, block.fan_out, n)
            if i == 0:  # all networks have the same inputs: one product
                weights = folded[:, :, :-1].reshape(k * block.fan_out, block.fan_in)
                torch.mm(weights, columns, out=z.view(k * block.fan_out, n))
            else:
                torch.bmm(folded[:, :, :-1], h, out=z)
            z += folded[:, :, -1:]
            if block is self._blocks[-1]:
                break
            if norm is not None:
                z = _normalised(z, stack, norm, statistics=_statistics(self._spec, self._running, first_unit, norm))
                first_unit += norm.units
            for kernel in in_place(block.activation, z):
                kernel()
            h = z.add_(h) if self._spec.skip and block.fan_in == block.fan_out else z
        return z


def outputs(
    spec: MLP,
    stack: Tensor,
    inputs: Tensor,
    *,
    blocks: Sequence[Block],
    norms: Sequence[NormBlock] = (),
    running: Tensor,
) -> Tensor:
    """z of the output layer (k, n_outputs, n) of `k` networks `stack` (k, n_parameters) on `inputs` (features, n)."""
    k = len(stack)
    h = inputs.expand(k, *inputs.shape)
    first_unit = 0
    for block, norm in zip_longest(blocks, norms):
        folded = _folded(stack, block)
        z = torch.baddbmm(folded[:, :, -1:], folded[:, :, :-1], h)
        if block is blocks[-1]:
            return z
        if norm is not None:
            z = _normalised(z, stack, norm, statistics=_statistics(spec, running, first_unit, norm))
            first_unit += norm.units
        a = ACTIVATIONS[block.activation].function(z)
        h = a + h if spec.skip and block.fan_in == block.fan_out else a
    return h


def losses(z: Tensor, targets: Tensor, loss: Loss) -> Tensor:
    """The mean loss of each network (k,), from z (k, n_outputs, n) and targets (n, n_outputs)."""
    k, n_outputs, n = z.shape
    flat = z.transpose(0, 1).reshape(n_outputs, k * n)
    return loss.values(flat, targets.t().repeat(1, k)).view(k, n).mean(1)


def _folded(stack: Tensor, block: Block) -> Tensor:
    """View (k, fan_out, fan_in + 1) of one layer's weights with the bias as last column."""
    part = stack[:, block.start : block.start + block.fan_out * block.stride]
    return part.view(len(stack), block.fan_out, block.stride)


def _statistics(spec: MLP, running: Tensor, first_unit: int, norm: NormBlock) -> Tensor | None:
    return running[:, first_unit : first_unit + norm.units] if spec.norm == "batch" else None


def _normalised(z: Tensor, stack: Tensor, norm: NormBlock, *, statistics: Tensor | None) -> Tensor:
    """Layer norm over the units, or batch norm with the running `statistics` (2, units)."""
    gain, shift = stack[:, norm.start : norm.start + 2 * norm.units].view(len(stack), 2, norm.units, 1).unbind(1)
    if statistics is None:
        variance, mean = torch.var_mean(z, 1, correction=0, keepdim=True)
    else:
        mean, variance = statistics.view(2, 1, -1, 1).unbind(0)
    return (z - mean) * torch.rsqrt(variance + EPS) * gain + shift
