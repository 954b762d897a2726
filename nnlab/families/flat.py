"""A torch module over one flat vector: its parameters become views into it, and their gradients views into another.

The optimiser is then one operation a term instead of one a tensor, and a snapshot is one copy. A parameter keeps its order in
memory: a kernel in torch's channels-last order lies in the vector as (out, height, width, in), and the module computes with a
permuted view of it, so that nothing is copied.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from math import prod

import torch
from torch import Tensor, nn

from nnlab.core.rng import seed_of
from nnlab.families.learner import Block
from nnlab.optim.rules import Matrix


@dataclass(frozen=True)
class FlatModule:
    """`values` and `grad` (n,), the parameters that are trained and their gradients as views into them, in the order of `starts`.

    `views` gives the same views of another vector. `mask` is 1 at weights (two dimensions and more) and 0 at biases and gains: what penalties and decay reach.
    """

    values: Tensor
    grad: Tensor
    parameters: tuple[Tensor, ...]
    gradients: tuple[Tensor, ...]
    starts: tuple[int, ...]
    mask: Tensor
    blocks: tuple[Block, ...]

    def views(self, vector: Tensor) -> tuple[Tensor, ...]:
        """A vector like `values` as one tensor a parameter, each shaped and ordered as the parameter is."""
        offset = int(vector.storage_offset())
        return tuple(
            vector.as_strided(p.shape, p.stride(), offset + start)
            for p, start in zip(self.parameters, self.starts, strict=True)
        )

    def matrices(self, within: slice) -> tuple[Matrix, ...]:
        """The weights that Muon takes over among those of a group: all but the last layer, a kernel as one row a channel."""
        own = [b for b in self.blocks[:-1] if within.start <= b.start < within.stop]
        return tuple(Matrix(b.start - within.start, b.fan_out, b.fan_in, b.stride) for b in own)


def flatten(module: nn.Module) -> FlatModule:
    """Move the parameters of `module` that are to be trained into one vector, without changing their values."""
    named = {name: p for name, p in module.named_parameters() if p.requires_grad}
    values = torch.cat([_in_order(p.detach()) for p in named.values()])
    grad, mask = torch.zeros_like(values), torch.zeros_like(values)
    gradients, starts, at = [], {}, 0
    for name, p in named.items():
        part = slice(at, at + p.numel())
        strides = p.stride() if _channels_last(p) else p.detach().contiguous().stride()
        p.data = values.as_strided(p.shape, strides, at)
        gradients.append(grad.as_strided(p.shape, strides, at))
        mask[part] = float(p.dim() > 1)
        starts[name], at = at, part.stop
    blocks = tuple(_block(name, p.shape, starts) for name, p in named.items() if p.dim() > 1)
    return FlatModule(values, grad, tuple(named.values()), tuple(gradients), tuple(starts.values()), mask, blocks)


def _channels_last(p: Tensor) -> bool:
    return p.dim() == 4 and p.is_contiguous(memory_format=torch.channels_last)


def _in_order(p: Tensor) -> Tensor:
    """All numbers in the order in which they lie in the flat vector."""
    return (p.permute(0, 2, 3, 1) if _channels_last(p) else p).reshape(-1)


def _block(name: str, shape: torch.Size, starts: dict[str, int]) -> Block:
    """The layer of a weight; its bias is the parameter that is named alike, -1 where there is none."""
    fan_in, bias = prod(shape[1:]), starts.get(name.replace("weight", "bias"), -1)
    layer = name.removesuffix(".weight") or name
    return Block(layer, fan_in, shape[0], starts[name], fan_in, bias if "weight" in name else -1, 1, "")


@contextmanager
def seeded(seed: int, *names: str | int) -> Iterator[None]:
    """torch's own generator at the stream `names` of `seed`, and afterwards as it was: for code that takes no generator."""
    # `torch.manual_seed` takes a millisecond where there is no accelerator: it queues the seed for one, with its stack.
    generator = torch.default_generator
    begin = torch.manual_seed if _accelerated() else generator.manual_seed
    kept = generator.get_state()
    try:
        begin(seed_of(seed, *names))
        yield
    finally:
        generator.set_state(kept)


@cache
def _accelerated() -> bool:
    return bool(torch.accelerator.is_available())
