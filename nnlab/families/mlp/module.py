"""The same multilayer perceptron as an nn.Module, with normalisation, dropout and skip connections, through autograd.

A hidden layer is h' = mask * f(norm(W h + b)), plus h where the skip is on and the widths agree. Normalisation stands
before the activation (Ioffe and Szegedy 2015; Ba et al. 2016); dropout is inverted, mask in {0, 1 / (1 - p)} (Srivastava
et al. 2014). The parameters are views into the flat vector.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nnlab.core.rng import seed_of
from nnlab.families.learner import Block
from nnlab.families.losses import Loss
from nnlab.families.mlp.activations import ACTIVATIONS
from nnlab.families.mlp.layout import NormBlock, bias_of, gain_and_shift, weight_of
from nnlab.families.mlp.spec import MLP

EPS = 1e-5  # torch.nn.BatchNorm1d and LayerNorm
MOMENTUM = 0.1  # of the running statistics, torch.nn.BatchNorm1d
MAX_PLANS = 4  # batch sizes in use at once


class MLPModule(nn.Module):
    """Examples first: (n, features) -> z of the output layer (n, n_outputs).

    `running` (2, hidden units) holds mean and variance of each hidden unit under batch normalisation.
    """

    def __init__(
        self, spec: MLP, flat: Tensor, *, blocks: tuple[Block, ...], norms: tuple[NormBlock, ...], running: Tensor
    ) -> None:
        super().__init__()
        self.spec, self.blocks = spec, blocks
        self.weights = nn.ParameterList([nn.Parameter(weight_of(flat, b)) for b in blocks])
        self.biases = nn.ParameterList([nn.Parameter(bias_of(flat, b)) for b in blocks])
        pairs = [gain_and_shift(flat, n) for n in norms]
        self.gains = nn.ParameterList([nn.Parameter(gain) for gain, _ in pairs])
        self.shifts = nn.ParameterList([nn.Parameter(shift) for _, shift in pairs])
        widths = [b.fan_out for b in blocks[:-1]]
        self._running = list(zip(*(torch.split(row, widths) for row in running), strict=True)) if norms else []
        functions = [ACTIVATIONS[b.activation].function for b in blocks[:-1]]
        skips = [spec.skip and b.fan_in == b.fan_out for b in blocks[:-1]]
        *hidden, self._last = zip(self.weights, self.biases, strict=True)  # tuples: a ParameterList is slow to index
        self._hidden = [(*pair, *rest) for pair, rest in zip(hidden, zip(functions, skips, strict=True), strict=True)]
        self._norms = list(zip(self.gains, self.shifts, strict=True))

    def forward(
        self,
        x: Tensor,
        masks: list[Tensor] | None = None,
        sums: list[Tensor] | None = None,
        units: list[Tensor] | None = None,
    ) -> Tensor:
        """`masks` (n, units) of each hidden layer are dropout's. `sums` and `units` collect z and a of each layer."""
        for i, (weight, bias, activation, skip) in enumerate(self._hidden):
            z = F.linear(x, weight, bias)
            if self._norms:
                z = self._normalised(z, i)
            a = activation(z)
            if masks is not None:
                a = a * masks[i]
            x = a + x if skip else a
            if sums is not None and units is not None:
                sums.append(z)
                units.append(x)
        return F.linear(x, *self._last)

    def _normalised(self, z: Tensor, i: int) -> Tensor:
        gain, shift = self._norms[i]
        if self.spec.norm == "layer":
            return F.layer_norm(z, (z.shape[1],), gain, shift, EPS)
        mean, variance = self._running[i]
        # One example has no variance of its own: torch refuses it, here it is normalised with the running statistics.
        of_batch = self.training and len(z) > 1
        return F.batch_norm(z, mean, variance, gain, shift, training=of_batch, momentum=MOMENTUM, eps=EPS)


class Plan:
    """Static buffers for batches of `size` examples: the derivative of the loss by the output, and dropout's masks."""

    def __init__(self, loss: Loss, *, size: int, widths: list[int], n_outputs: int, like: Tensor) -> None:
        new = partial(torch.empty, dtype=like.dtype, device=like.device)
        self.output, self.slope = new((size, n_outputs)), new((size, n_outputs))
        self.loss = loss.delta(self.output, self.slope)
        self.drawn = new((size, sum(widths)))
        self.masks = list(torch.split(self.drawn, widths, dim=1)) if widths else []


class Batch(NamedTuple):
    """Some training examples: inputs (n, features), targets (n, n_outputs)."""

    inputs: Tensor
    targets: Tensor
    plan: Plan


class ModuleEngine:
    """Gradients of the module by autograd, copied into the flat gradient; the interface of `PlainEngine`.

    Autograd starts from the derivative of the loss by the output, which the losses write by hand.
    """

    def __init__(self, module: MLPModule, grad: Tensor, *, norms: tuple[NormBlock, ...], loss: Loss, seed: int) -> None:
        self.module, self.grad, self._loss, self._seed = module, grad, loss, seed
        blocks = module.blocks
        self._parameters: list[Tensor] = [*module.weights, *module.biases, *module.gains, *module.shifts]
        pairs = [gain_and_shift(grad, n) for n in norms]
        self._gradients = [weight_of(grad, b) for b in blocks] + [bias_of(grad, b) for b in blocks]
        self._gradients += [gain for gain, _ in pairs] + [shift for _, shift in pairs]
        self._widths = [b.fan_out for b in blocks[:-1]]
        self._n_outputs = blocks[-1].fan_out
        self._drops = module.spec.dropout if self._widths else 0.0
        self._kept = torch.tensor(1 / (1 - self._drops), dtype=grad.dtype, device=grad.device)
        self._generator = torch.Generator(grad.device)
        self._plans: dict[int, Plan] = {}
        self._output = grad
        self._seen: tuple[list[Tensor], list[Tensor]] = ([], [])

    def batch(self, inputs: Tensor, targets: Tensor) -> Batch:
        """`inputs` (n, features) and `targets` (n, n_outputs)."""
        size = len(inputs)
        if size not in self._plans:
            if len(self._plans) >= MAX_PLANS:
                self._plans.clear()
            self._plans[size] = Plan(
                self._loss, size=size, widths=self._widths, n_outputs=self._n_outputs, like=self.grad
            )
        return Batch(inputs, targets, self._plans[size])

    def masks(self, plan: Plan, step: int, part: int = 0) -> list[Tensor] | None:
        """Dropout's masks of update `step`: one draw (n, hidden units) from the stream (seed, "dropout", step, part)."""
        if not (self._drops and self.module.training):
            return None
        self._generator.manual_seed(seed_of(self._seed, "dropout", step, *([part] if part else [])))
        plan.drawn.bernoulli_(1 - self._drops, generator=self._generator).mul_(self._kept)
        return plan.masks

    @torch.enable_grad()
    def forward(self, batch: Batch, step: int) -> None:
        """Forward pass of `batch`, remembered for `loss`, `backward` and `traced`."""
        sums: list[Tensor] = []
        units = [batch.inputs]
        self._output = self.module(batch.inputs, self.masks(batch.plan, step), sums, units)
        self._seen = ([*sums, self._output], units)

    def loss(self, batch: Batch) -> Tensor:
        """The loss of each example of the batch last forwarded (n,)."""
        return self._loss.values(self._output.detach().t(), batch.targets.t())

    def backward(self, batch: Batch) -> None:
        """The gradient of the mean loss of the batch last forwarded, into `grad`."""
        plan, output = batch.plan, self._output
        plan.output.copy_(output.detach())
        plan.loss(batch.targets)
        torch._foreach_copy_(self._gradients, torch.autograd.grad(output, self._parameters, plan.slope))

    def gradient(self, batch: Batch, step: int, part: int = 0) -> None:
        """`forward` and `backward` at once, without keeping what `traced` tells; `part` of a batch draws masks of its own."""
        self._output = self.module(batch.inputs, self.masks(batch.plan, step, part))
        self.backward(batch)

    def traced(self, batch: Batch) -> tuple[list[Tensor], list[Tensor]]:
        """Pre-activations and activations of the batch last forwarded, each (units, n), inputs first among the latter."""
        sums, units = self._seen
        return [z.detach().t() for z in sums], [a.detach().t() for a in units]
