"""The activations: a differentiable function for autograd, and forward and backward kernels over static buffers.

The backward multiplies the gradient by the derivative, written from the output where the output determines it
(tanh' = 1 - a^2, sigmoid' = a (1 - a), relu' = [a > 0]), so that z needs no buffer of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F

aten = torch.ops.aten
Kernel = Callable[[], object]  # one prepared ATen call on static buffers
LEAK = 0.01  # torch.nn.LeakyReLU's slope


@dataclass(frozen=True)
class Activation:
    """`forward(z, a)` prepares a <- f(z), `backward(g, z, a)` prepares g <- g f'(z), each as a list of kernels.

    Where `in_place`, z and a are the same buffer; elsewhere they may be for `forward`, where no `backward` will follow.
    """

    function: Callable[[Tensor], Tensor]
    forward: Callable[[Tensor, Tensor], list[Kernel]]
    backward: Callable[[Tensor, Tensor, Tensor], list[Kernel]]
    in_place: bool = True


def _sine_backward(g: Tensor, z: Tensor, a: Tensor) -> list[Kernel]:
    return [z.cos_, partial(g.mul_, z)]  # z is not needed again after its cosine


def _identity(z: Tensor) -> Tensor:
    return z


ACTIVATIONS: dict[str, Activation] = {
    "relu": Activation(
        torch.relu,
        lambda z, a: [z.relu_],
        lambda g, z, a: [partial(aten.threshold_backward.grad_input, g, a, 0, grad_input=g)],
    ),
    "leaky_relu": Activation(
        partial(F.leaky_relu, negative_slope=LEAK),
        lambda z, a: [partial(aten.leaky_relu_.default, z, LEAK)],
        lambda g, z, a: [partial(aten.leaky_relu_backward.grad_input, g, a, LEAK, True, grad_input=g)],
    ),
    "tanh": Activation(
        torch.tanh,
        lambda z, a: [z.tanh_],
        lambda g, z, a: [partial(aten.tanh_backward.grad_input, g, a, grad_input=g)],
    ),
    "sigmoid": Activation(
        torch.sigmoid,
        lambda z, a: [z.sigmoid_],
        lambda g, z, a: [partial(aten.sigmoid_backward.grad_input, g, a, grad_input=g)],
    ),
    "linear": Activation(_identity, lambda z, a: [], lambda g, z, a: []),
    "gelu": Activation(
        F.gelu,
        lambda z, a: [partial(aten.gelu.out, z, out=a)],
        lambda g, z, a: [partial(aten.gelu_backward.grad_input, g, z, grad_input=g)],
        in_place=False,
    ),
    "silu": Activation(
        F.silu,
        lambda z, a: [partial(aten.silu.out, z, out=a)],
        lambda g, z, a: [partial(aten.silu_backward.grad_input, g, z, grad_input=g)],
        in_place=False,
    ),
    "sine": Activation(
        torch.sin,
        lambda z, a: [partial(torch.sin, z, out=a)],
        _sine_backward,
        in_place=False,
    ),
}
