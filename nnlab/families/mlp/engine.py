"""Plain multilayer perceptrons: backpropagation by hand over static buffers, for any mix of activations and any loss.

Features first: a layer is z = W [a; 1] with the bias folded in as last column of W, so its gradient comes out of the same
product: dW = delta [a; 1]^T, delta_below = f'(z_below) * W^T delta (Rumelhart, Hinton and Williams 1986). A plan holds
the buffers of one batch size and a list of prepared kernels on them; a step allocates nothing and waits for nothing.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from nnlab.families.learner import Block
from nnlab.families.mlp.activations import ACTIVATIONS, Kernel
from nnlab.families.mlp.layout import bias_of, folded, weight_of
from nnlab.families.mlp.losses import Loss

MAX_PLANS = 4  # batch sizes in use at once: the batch, the last partial one, and two for the whole training set


class ForwardPass:
    """Static buffers and kernels that take `size` examples through the network.

    `units` are the activations of the hidden layers (units, size); `sums` the pre-activations, of which those that share
    a buffer with their activation are overwritten by it; `output` is z of the last layer.
    """

    def __init__(self, flat: Tensor, blocks: tuple[Block, ...], *, size: int) -> None:
        new = partial(torch.empty, dtype=flat.dtype, device=flat.device)
        # Each layer's input carries a row of ones below the units: what the bias column multiplies.
        self.inputs = [torch.ones(b.fan_out + 1, size, dtype=flat.dtype, device=flat.device) for b in blocks[:-1]]
        self.units = [buffer[:-1] for buffer in self.inputs]
        in_place = [ACTIVATIONS[b.activation].in_place for b in blocks[:-1]]
        self.sums = [a if shared else new(a.shape) for a, shared in zip(self.units, in_place, strict=True)]
        self.output = new((blocks[-1].fan_out, size))
        self.sums.append(self.output)
        self._weights, self._first = folded(flat, blocks[0]), self.sums[0]
        self._kernels: list[Kernel] = []
        for i, block in enumerate(blocks[1:]):
            self._kernels += ACTIVATIONS[blocks[i].activation].forward(self.sums[i], self.units[i])
            self._kernels.append(partial(torch.mm, folded(flat, block), self.inputs[i], out=self.sums[i + 1]))

    def run(self, columns: Tensor) -> None:
        """Examples as columns with the row of ones (fan_in + 1, size) through all layers."""
        torch.mm(self._weights, columns, out=self._first)
        for kernel in self._kernels:
            kernel()


class Plan:
    """The three passes of one update on batches of `size` examples, which leave the gradient in `grad`."""

    def __init__(self, flat: Tensor, grad: Tensor, *, blocks: tuple[Block, ...], loss: Loss, size: int) -> None:
        passed = ForwardPass(flat, blocks, size=size)
        deltas = [torch.empty(b.fan_out, size, dtype=flat.dtype, device=flat.device) for b in blocks]
        self.forward, self.output = passed.run, passed.output
        self.loss = loss.delta(passed.output, deltas[-1])
        self._delta, self._gradient = deltas[0], folded(grad, blocks[0])
        self._kernels: list[Kernel] = []
        for i in range(len(blocks) - 1, 0, -1):
            weights, below = weight_of(flat, blocks[i]), passed.inputs[i - 1].t()
            self._kernels.append(partial(torch.mm, weights.t(), deltas[i], out=deltas[i - 1]))
            self._kernels.append(partial(torch.mm, deltas[i], below, out=folded(grad, blocks[i])))
            activation = ACTIVATIONS[blocks[i - 1].activation]
            self._kernels += activation.backward(deltas[i - 1], passed.sums[i - 1], passed.units[i - 1])

    def backward(self, rows: Tensor) -> None:
        """After `forward` and `loss`, the same examples as rows (size, fan_in + 1) -> the gradient."""
        for kernel in self._kernels:
            kernel()
        torch.mm(self._delta, rows, out=self._gradient)


class Batch(NamedTuple):
    """Prepared views of some training examples: rows (n, fan_in + 1), columns its transpose, targets (n_outputs, n)."""

    rows: Tensor
    columns: Tensor
    targets: Tensor
    plan: Plan


class PlainEngine:
    """Gradients of a network of linear layers and activations."""

    def __init__(self, flat: Tensor, grad: Tensor, *, blocks: tuple[Block, ...], loss: Loss) -> None:
        self.flat, self.grad, self.blocks, self._loss = flat, grad, blocks, loss
        self._plans: dict[int, Plan] = {}

    def batch(self, rows: Tensor, targets: Tensor) -> Batch:
        """`rows` (n, fan_in + 1) and `targets` (n, n_outputs) with the plan of their number."""
        size = len(rows)
        if size not in self._plans:
            if len(self._plans) >= MAX_PLANS:
                self._plans.clear()
            self._plans[size] = Plan(self.flat, self.grad, blocks=self.blocks, loss=self._loss, size=size)
        return Batch(rows, rows.t(), targets.t(), self._plans[size])

    def forward(self, batch: Batch, step: int) -> None:
        """Forward pass of `batch`; `step` is for engines that draw random numbers."""
        batch.plan.forward(batch.columns)

    def loss(self, batch: Batch) -> Tensor:
        """The loss of each example of the batch last forwarded (n,)."""
        return self._loss.values(batch.plan.output, batch.targets)

    def backward(self, batch: Batch) -> None:
        """The gradient of the mean loss of the batch last forwarded, into `grad`."""
        batch.plan.loss(batch.targets)
        batch.plan.backward(batch.rows)

    def gradient(self, batch: Batch, step: int) -> None:
        """`forward` and `backward` at once."""
        rows, columns, targets, plan = batch
        plan.forward(columns)
        plan.loss(targets)
        plan.backward(rows)

    def traced(self, batch: Batch) -> tuple[list[Tensor], list[Tensor]]:
        """Pre-activations and activations of the batch last forwarded; see `trace`."""
        return trace(self.flat, self.blocks, batch.columns[:-1])


def trace(flat: Tensor, blocks: tuple[Block, ...], inputs: Tensor) -> tuple[list[Tensor], list[Tensor]]:
    """Inputs (fan_in, n) -> z of every layer, and a of every hidden layer with the inputs first, each (units, n)."""
    sums: list[Tensor] = []
    units = [inputs]
    for block in blocks:
        sums.append(torch.addmm(bias_of(flat, block).unsqueeze(1), weight_of(flat, block), units[-1]))
        if block is not blocks[-1]:
            units.append(ACTIVATIONS[block.activation].function(sums[-1]))
    return sums, units
