"""Where a multilayer perceptron's parameters lie in the flat vector.

One block [fan_out, fan_in + 1] a layer, row by row, the bias in the last column; behind all blocks, where there is
normalisation, gain and shift of each hidden layer: gain (units,), shift (units,). Dropout and skip connections add no
parameters, so the same vector serves a network with and without them.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from nnlab.families.learner import Block
from nnlab.families.mlp.spec import MLP
from nnlab.optim.rules import Matrix


@dataclass(frozen=True)
class NormBlock:
    """Gain of a normalised layer at `start`, shift behind it, each (units,)."""

    name: str
    start: int
    units: int


def blocks_of(spec: MLP, n_outputs: int, squash: str) -> tuple[Block, ...]:
    """The layers in order; `squash` is the function behind the output layer, named like an activation."""
    widths = [len(spec.features), *(layer.units for layer in spec.layers), n_outputs]
    activations = [*(layer.activation for layer in spec.layers), squash]
    names = [*(f"hidden {i + 1}" for i in range(len(spec.layers))), "output"]
    found, start = [], 0
    for name, fan_in, fan_out, activation in zip(names, widths, widths[1:], activations, strict=False):
        stride = fan_in + 1
        found.append(Block(name, fan_in, fan_out, start, stride, start + fan_in, stride, activation))
        start += fan_out * stride
    return tuple(found)


def norms_of(spec: MLP, blocks: tuple[Block, ...]) -> tuple[NormBlock, ...]:
    """Gains and shifts of the hidden layers; () without normalisation."""
    if spec.norm == "none":
        return ()
    start, found = end_of(blocks), []
    for block in blocks[:-1]:
        found.append(NormBlock(f"norm of {block.name}", start, block.fan_out))
        start += 2 * block.fan_out
    return tuple(found)


def end_of(blocks: tuple[Block, ...]) -> int:
    """Length of the part of the flat vector that the layers take."""
    return blocks[-1].start + blocks[-1].fan_out * blocks[-1].stride


def folded(flat: Tensor, block: Block) -> Tensor:
    """View [fan_out, fan_in + 1] of weights with the bias as last column."""
    return flat[block.start : block.start + block.fan_out * block.stride].view(block.fan_out, block.stride)


def weight_of(flat: Tensor, block: Block) -> Tensor:
    """View [fan_out, fan_in] of the weights."""
    return folded(flat, block)[:, :-1]


def bias_of(flat: Tensor, block: Block) -> Tensor:
    """View (fan_out,) of the biases."""
    return folded(flat, block)[:, -1]


def gain_and_shift(flat: Tensor, norm: NormBlock) -> tuple[Tensor, Tensor]:
    """Views (units,) of gain and shift."""
    gain, shift = flat[norm.start : norm.start + 2 * norm.units].view(2, norm.units).unbind(0)
    return gain, shift


def weight_mask(like: Tensor, blocks: tuple[Block, ...]) -> Tensor:
    """1 at weights, 0 at biases, gains and shifts: what penalties and decay reach."""
    mask = torch.zeros_like(like)
    for block in blocks:
        weight_of(mask, block).fill_(1)
    return mask


def hidden_matrices(blocks: tuple[Block, ...]) -> tuple[Matrix, ...]:
    """The weight matrices of the hidden layers, which Muon takes over; the output layer is not among them."""
    return tuple(Matrix(b.start, b.fan_out, b.fan_in, b.stride) for b in blocks[:-1])
