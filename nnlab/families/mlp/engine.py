"""Plain multilayer perceptrons: backpropagation by hand over static buffers, for any mix of activations and any loss.

Examples first, as autograd has it: z = a W^T + b, dW = delta^T a, db = sum delta, delta_below = f'(z_below) * (delta W)
(Rumelhart, Hinton and Williams 1986). A plan holds the buffers of one batch size and a list of prepared kernels on them;
a step allocates nothing and waits for nothing. The kernels are the very ones that `torch.nn.functional` and autograd
call, in the same order on the same layout, so that float32 rounds alike wherever the processor lets it.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from nnlab.families.learner import Block
from nnlab.families.losses import Loss
from nnlab.families.mlp.activations import ACTIVATIONS, Kernel
from nnlab.families.mlp.layout import bias_of, weight_of

MAX_PLANS = 4  # batch sizes in use at once: the batch, the last partial one, and two for the whole training set


class Plan:
    """The three passes of one update on batches of `size` examples, which leave the gradient in `grad`.

    `output` (size, n_outputs) is z of the last layer. A hidden layer's pre-activations share a buffer with its
    activations where these determine the derivative.
    """

    def __init__(self, flat: Tensor, grad: Tensor, *, blocks: tuple[Block, ...], loss: Loss, size: int) -> None:
        new = partial(torch.empty, dtype=flat.dtype, device=flat.device)
        sums = [new(size, b.fan_out) for b in blocks]
        units = [
            z if ACTIVATIONS[b.activation].in_place else new(z.shape) for z, b in zip(sums, blocks[:-1], strict=False)
        ]
        deltas = [new(z.shape) for z in sums]
        self.output = sums[-1]
        self.loss = loss.delta(self.output, deltas[-1])
        shifts, steps = ([bias_of(f, b) for b in blocks] for f in (flat, grad))
        weights = [weight_of(flat, b) for b in blocks]
        products = [_product(grad, b) for b in blocks]
        self._first = partial(torch.addmm, shifts[0], mat2=weights[0].t(), out=sums[0])
        self._forward: list[Kernel] = []
        self._backward: list[Kernel] = [partial(torch.sum, deltas[-1], 0, out=steps[-1])]
        for i in range(1, len(blocks)):
            activation = ACTIVATIONS[blocks[i - 1].activation]
            self._forward += activation.forward(sums[i - 1], units[i - 1])
            self._forward.append(partial(torch.addmm, shifts[i], units[i - 1], weights[i].t(), out=sums[i]))
        for i in range(len(blocks) - 1, 0, -1):
            out, place = products[i]
            self._backward += [partial(torch.mm, deltas[i].t(), units[i - 1], out=out), *place]
            self._backward += _down(deltas[i], weights[i], out=deltas[i - 1])
            activation = ACTIVATIONS[blocks[i - 1].activation]
            self._backward += activation.backward(deltas[i - 1], sums[i - 1], units[i - 1])
            self._backward.append(partial(torch.sum, deltas[i - 1], 0, out=steps[i - 1]))
        out, self._place = products[0]
        self._last = partial(torch.mm, deltas[0].t(), out=out)

    def forward(self, inputs: Tensor) -> None:
        """Examples (size, fan_in) through all layers."""
        self._first(inputs)
        for kernel in self._forward:
            kernel()

    def backward(self, inputs: Tensor) -> None:
        """After `forward` and `loss`, the same examples -> the gradient."""
        for kernel in self._backward:
            kernel()
        self._last(inputs)
        for kernel in self._place:
            kernel()


def _product(grad: Tensor, block: Block) -> tuple[Tensor, list[Kernel]]:
    """Where a layer's weight gradient is written, and what brings it to its place.

    A single column takes another path through BLAS when it is strided, as it is in the flat vector, so it is copied there.
    """
    place = weight_of(grad, block)
    if block.fan_in > 1:
        return place, []
    column = torch.empty_like(place, memory_format=torch.contiguous_format)
    return column, [partial(place.copy_, column)]


def _down(delta: Tensor, weights: Tensor, *, out: Tensor) -> list[Kernel]:
    """The gradient by the layer below's units; a single column of weights is copied for the reason of `_product`."""
    if weights.shape[1] > 1:
        return [partial(torch.mm, delta, weights, out=out)]
    column = torch.empty_like(weights, memory_format=torch.contiguous_format)
    return [partial(column.copy_, weights), partial(torch.mm, delta, column, out=out)]


class Batch(NamedTuple):
    """Some training examples: inputs (n, fan_in), targets (n, n_outputs)."""

    inputs: Tensor
    targets: Tensor
    plan: Plan


class PlainEngine:
    """Gradients of a network of linear layers and activations."""

    def __init__(self, flat: Tensor, grad: Tensor, *, blocks: tuple[Block, ...], loss: Loss) -> None:
        self.flat, self.grad, self.blocks, self._loss = flat, grad, blocks, loss
        self._plans: dict[int, Plan] = {}

    def batch(self, inputs: Tensor, targets: Tensor) -> Batch:
        """`inputs` (n, fan_in) and `targets` (n, n_outputs) with the plan of their number."""
        size = len(inputs)
        if size not in self._plans:
            if len(self._plans) >= MAX_PLANS:
                self._plans.clear()
            self._plans[size] = Plan(self.flat, self.grad, blocks=self.blocks, loss=self._loss, size=size)
        return Batch(inputs, targets, self._plans[size])

    def forward(self, batch: Batch, step: int) -> None:
        """Forward pass of `batch`; `step` is for engines that draw random numbers."""
        batch.plan.forward(batch.inputs)

    def loss(self, batch: Batch) -> Tensor:
        """The loss of each example of the batch last forwarded (n,)."""
        return self._loss.values(batch.plan.output.t(), batch.targets.t())

    def backward(self, batch: Batch) -> None:
        """The gradient of the mean loss of the batch last forwarded, into `grad`."""
        batch.plan.loss(batch.targets)
        batch.plan.backward(batch.inputs)

    def gradient(self, batch: Batch, step: int, part: int = 0) -> None:
        """`forward` and `backward` at once; `step` and `part` are for engines that draw random numbers."""
        inputs, targets, plan = batch
        plan.forward(inputs)
        plan.loss(targets)
        plan.backward(inputs)

    def traced(self, batch: Batch) -> tuple[list[Tensor], list[Tensor]]:
        """Pre-activations and activations of the batch last forwarded; see `trace`."""
        return trace(self.flat, self.blocks, batch.inputs.t())


def trace(flat: Tensor, blocks: tuple[Block, ...], inputs: Tensor) -> tuple[list[Tensor], list[Tensor]]:
    """Inputs (fan_in, n) -> z of every layer, and a of every hidden layer with the inputs first, each (units, n)."""
    sums: list[Tensor] = []
    units = [inputs]
    for block in blocks:
        sums.append(torch.addmm(bias_of(flat, block).unsqueeze(1), weight_of(flat, block), units[-1]))
        if block is not blocks[-1]:
            units.append(ACTIVATIONS[block.activation].function(sums[-1]))
    return sums, units
