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
from nnlab.families.mlp.activations import ACTIVATIONS
from nnlab.families.mlp.layout import NormBlock
from nnlab.families.mlp.losses import Loss
from nnlab.families.mlp.module import EPS
from nnlab.families.mlp.spec import MLP

CACHED = 2**18  # numbers of the widest layer that stay in the cache: larger chunks are slower


def chunk_of(blocks: Sequence[Block], n: int) -> int:
    """How many networks to take at once on `n` examples."""
    widest = max(block.fan_out for block in blocks)
    return max(1, min(256, CACHED // max(1, widest * n)))


def outputs(
    spec: MLP,
    stack: Tensor,
    inputs: Tensor,
    *,
    blocks: Sequence[Block],
    norms: Sequence[NormBlock] = (),
    running: Tensor | None = None,
) -> Tensor:
    """z of the output layer (k, n_outputs, n) of `k` networks `stack` (k, n_parameters) on `inputs` (features, n)."""
    k = len(stack)
    h = inputs.expand(k, *inputs.shape)
    first_unit = 0
    for block, norm in zip_longest(blocks, norms):
        folded = stack[:, block.start : block.start + block.fan_out * block.stride].view(k, block.fan_out, block.stride)
        z = torch.baddbmm(folded[:, :, -1:], folded[:, :, :-1], h)
        if block is blocks[-1]:
            return z
        if norm is not None:
            statistics = None
            if spec.norm == "batch" and running is not None:
                statistics = running[:, first_unit : first_unit + norm.units]
            z = _normalised(z, stack, norm, statistics=statistics)
            first_unit += norm.units
        a = ACTIVATIONS[block.activation].function(z)
        h = a + h if spec.skip and block.fan_in == block.fan_out else a
    return h


def losses(z: Tensor, targets: Tensor, loss: Loss) -> Tensor:
    """The mean loss of each network (k,), from z (k, n_outputs, n) and targets (n, n_outputs)."""
    k, n_outputs, n = z.shape
    flat = z.transpose(0, 1).reshape(n_outputs, k * n)
    return loss.values(flat, targets.t().repeat(1, k)).view(k, n).mean(1)


def _normalised(z: Tensor, stack: Tensor, norm: NormBlock, *, statistics: Tensor | None) -> Tensor:
    """Layer norm over the units, or batch norm with the running `statistics` (2, units)."""
    gain, shift = stack[:, norm.start : norm.start + 2 * norm.units].view(len(stack), 2, norm.units, 1).unbind(1)
    if statistics is None:
        variance, mean = torch.var_mean(z, 1, correction=0, keepdim=True)
    else:
        mean, variance = statistics.view(2, 1, -1, 1).unbind(0)
    return (z - mean) * torch.rsqrt(variance + EPS) * gain + shift
