"""Initial weights, a pure function of (seed, shapes).

xavier: U(-a, a), a = sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010). he: N(0, 2 / fan_in) (He et al. 2015).
orthogonal: Saxe et al. 2014. uniform: U(-0.5, 0.5) with biases 0.1, TensorFlow Playground's (nn.ts). zeros: all zero.
The drawn weights are multiplied by `init_scale`. Biases are 0 except under uniform; they are not scaled. Gains of a
normalisation are 1, shifts 0. Weights that the specification lists are taken as they are.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nnlab.core.rng import seed_of
from nnlab.families.learner import Block
from nnlab.families.mlp.layout import NormBlock, bias_of, gain_and_shift, weight_of
from nnlab.families.mlp.spec import MLP

PLAYGROUND_BIAS = 0.1  # nn.ts: `bias = 0.1`


def draw(flat: Tensor, spec: MLP, *, blocks: tuple[Block, ...], norms: tuple[NormBlock, ...], seed: int) -> None:
    """Fill `flat`. Drawn on the CPU as float32 whatever `flat` is, so that every device starts from the same numbers."""
    if len(spec.weights) == len(flat):
        flat.copy_(torch.tensor(spec.weights))
        return
    generator = torch.Generator().manual_seed(seed_of(seed, "weights"))
    flat.zero_()
    for block in blocks:
        weight = torch.empty(block.fan_out, block.fan_in)
        _fill(weight, spec.init, generator)
        weight_of(flat, block).copy_(weight * spec.init_scale)
        if spec.init == "uniform":
            bias_of(flat, block).fill_(PLAYGROUND_BIAS)
    for norm in norms:
        gain_and_shift(flat, norm)[0].fill_(1.0)


def _fill(weight: Tensor, init: str, generator: torch.Generator) -> None:
    match init:
        case "xavier":
            nn.init.xavier_uniform_(weight, generator=generator)
        case "he":
            nn.init.kaiming_normal_(weight, generator=generator)
        case "uniform":
            weight.uniform_(-0.5, 0.5, generator=generator)
        case "orthogonal":
            nn.init.orthogonal_(weight, generator=generator)
        case "zeros":
            weight.zero_()
        case _:
            raise ValueError(f"Initial weights must be one of xavier, he, uniform, zeros, orthogonal; got {init!r}.")
