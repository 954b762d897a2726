"""One stage of a convolutional network for each kind of block, in torch. Registered beside the specifications, by the same names.

A stage is sums, then an activation: `forward(x) = act(sums(x))`. Kernels lie in memory as (out, height, width, in), which is
torch's channels-last order, so that pictures that lie so, too, go through without being copied.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nnlab.families.cnn.blocks import BatchNorm, Conv, Dense, Dropout, Pool, Residual, Shape

EPS, MOMENTUM = 1e-5, 0.1  # torch.nn.BatchNorm2d
LEAK = 0.01  # torch.nn.LeakyReLU's slope


def _identity(x: Tensor) -> Tensor:
    return x


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "leaky_relu": partial(F.leaky_relu, negative_slope=LEAK),
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "gelu": F.gelu,
    "linear": _identity,
}


MONOTONE = ("relu", "leaky_relu", "tanh", "sigmoid", "linear")  # the largest number stays the largest
IN_PLACE: dict[Any, Callable[[Tensor], Tensor]] = {
    ACTIVATIONS["relu"]: torch.relu_,
    ACTIVATIONS["leaky_relu"]: partial(F.leaky_relu_, negative_slope=LEAK),
}


class Stage(nn.Module):
    """`spec` is its block; `given` is the shape of one picture that reaches it."""

    def __init__(self, spec: Any, given: Shape) -> None:
        super().__init__()
        self.take(spec)

    def take(self, spec: Any) -> None:
        """Take over the fields of the block that may change while the network trains."""
        self.spec: Any = spec
        self.act = ACTIVATIONS[getattr(spec, "activation", "linear")]

    def sums(self, x: Tensor) -> Tensor:
        """What the activation is applied to; (n, channels, height, width) or (n, units)."""
        return x

    def forward(self, x: Tensor) -> Tensor:
        """The result of the stage."""
        return self.act(self.sums(x))


def kernel(out: int, into: int, side: int) -> nn.Parameter:
    """Room for filters (out, into, side, side), in channels-last order."""
    return nn.Parameter(torch.empty(out, into, side, side, memory_format=torch.channels_last).zero_())


def trained(stage: Stage, pool: Stage | None, x: Tensor) -> Tensor:
    """A stage and the maximum pooling behind it, if any, with less to write: for training, where nobody looks in between.

    A function that keeps the order of numbers may be applied to the maxima alone: max f(z) = f(max z), with the same gradient.
    """
    z = stage.sums(x)
    if pool is not None:
        z = pool.sums(z)
    return stage.act(z) if z is x else IN_PLACE.get(stage.act, stage.act)(z)


class ConvStage(Stage):
    """A convolution."""

    spec: Conv

    def __init__(self, spec: Conv, given: Shape) -> None:
        super().__init__(spec, given)
        self.weight = kernel(spec.channels, given[0], spec.kernel)
        self.bias = nn.Parameter(torch.zeros(spec.channels))
        self.before, self.behind = spec.padded
        self.options = (spec.stride, min(spec.padded), spec.dilation)

    def sums(self, x: Tensor) -> Tensor:
        """Of an even kernel with Same, the last row and column have one zero more."""
        if self.behind > self.before:
            x = F.pad(x, (0, 1, 0, 1))
        return F.conv2d(x, self.weight, self.bias, *self.options)


class PoolStage(Stage):
    """The largest number of each square, or the mean."""

    spec: Pool

    def sums(self, x: Tensor) -> Tensor:
        """Without padding."""
        pool: Callable[..., Tensor] = F.max_pool2d if self.spec.mode == "max" else F.avg_pool2d
        return pool(x, self.spec.size, self.spec.stride)


class BatchNormStage(Stage):
    """Statistics of the batch in training, of the batches so far otherwise."""

    spec: BatchNorm

    def __init__(self, spec: BatchNorm, given: Shape) -> None:
        super().__init__(spec, given)
        self.norm = Norm(given[0])

    def sums(self, x: Tensor) -> Tensor:
        """Each channel over pictures and places."""
        return self.norm(x)  # type: ignore[no-any-return]


class Norm(nn.Module):
    """torch.nn.BatchNorm2d that also takes a single number a channel, which has no variance: there it uses what it knows."""

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gain, self.shift = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, …), normalised, scaled and shifted."""
        of_batch = self.training and x.numel() > x.shape[1]
        statistics = self.running_mean, self.running_var
        return F.batch_norm(x, *statistics, self.gain, self.shift, training=of_batch, momentum=MOMENTUM, eps=EPS)


class DropoutStage(Stage):
    """Nothing but in training."""

    spec: Dropout

    def sums(self, x: Tensor) -> Tensor:
        """Numbers that stay are divided by the share that stays."""
        return F.dropout(x, self.spec.rate, self.training) if self.training and self.spec.rate else x


class ResidualStage(Stage):
    """f(x) + x: f is convolution, norm, activation, convolution, norm; x goes through 1 × 1 filters where its shape differs."""

    spec: Residual

    def __init__(self, spec: Residual, given: Shape) -> None:
        super().__init__(spec, given)
        self.first = Filters(given[0], spec, side=3, stride=spec.stride)
        self.second = Filters(spec.channels, spec, side=3, stride=1)
        self.skip = Filters(given[0], spec, side=1, stride=spec.stride) if spec.projected(given) else None

    def sums(self, x: Tensor) -> Tensor:
        """Before the activation that follows the sum."""
        made: Tensor = self.second(self.act(self.first(x)))
        return made + (x if self.skip is None else self.skip(x))


class Filters(nn.Module):
    """A convolution with Same inside a residual block: with batch norm, or with a bias."""

    def __init__(self, into: int, spec: Residual, *, side: int, stride: int) -> None:
        super().__init__()
        self.weight = kernel(spec.channels, into, side)
        self.bias = None if spec.norm else nn.Parameter(torch.zeros(spec.channels))
        self.norm = Norm(spec.channels) if spec.norm else None
        self.options = (stride, side // 2)

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, height, width)."""
        x = F.conv2d(x, self.weight, self.bias, *self.options)
        return x if self.norm is None else self.norm(x)


class GlobalPoolStage(Stage):
    """The mean of each map."""

    def sums(self, x: Tensor) -> Tensor:
        """(n, channels, 1, 1)."""
        return x.mean((2, 3), keepdim=True)


class DenseStage(Stage):
    """A linear layer over all numbers of a picture, channel by channel."""

    spec: Dense

    def __init__(self, spec: Dense, given: Shape) -> None:
        super().__init__(spec, given)
        self.weight = nn.Parameter(torch.zeros(spec.units, prod(given)))
        self.bias = nn.Parameter(torch.zeros(spec.units))

    def sums(self, x: Tensor) -> Tensor:
        """(n, units)."""
        return F.linear(x.flatten(1), self.weight, self.bias)


# The stages that draw no random numbers; one of another kind, of a plug-in, may.
CERTAIN = {ConvStage, PoolStage, BatchNormStage, ResidualStage, GlobalPoolStage, DenseStage}
