"""Activations in place for pictures, where the last bit does not matter: tanh by whichever of two forms is faster here.

torch hands tanh to MKL's vector library, which takes a slow path on AMD processors: ten times as long as sigmoid. There
2 sigmoid(2 z) - 1 serves, which is off by 2e-7 at most. Training, and all that is compared with torch, keeps torch's tanh.
"""

from __future__ import annotations

import time
from functools import cache, partial

import torch
from torch import Tensor

from nnlab.families.mlp.activations import ACTIVATIONS, Kernel

VALUES, REPEATS = 2**15, 9  # of the trial: a few milliseconds in all
TWICE, LESS = (
    torch.tensor(2.0),
    torch.tensor(-1.0),
)  # in-place arithmetic with these is half the price of Python numbers


def in_place(activation: str, z: Tensor) -> list[Kernel]:
    """Kernels that overwrite `z` with the activation."""
    if activation == "tanh" and z.dtype == torch.float32 and z.device.type == "cpu" and sigmoid_is_faster():
        return _by_sigmoid(z)
    return ACTIVATIONS[activation].forward(z, z)


@cache
def sigmoid_is_faster() -> bool:
    """Whether this processor takes less time for the form by sigmoid; measured once in a process."""
    z = torch.linspace(-3, 3, VALUES)
    return _seconds(_by_sigmoid(z)) < _seconds(ACTIVATIONS["tanh"].forward(z, z))


def _by_sigmoid(z: Tensor) -> list[Kernel]:
    return [partial(z.mul_, TWICE), z.sigmoid_, partial(torch.add, LESS, z, alpha=2, out=z)]


def _seconds(kernels: list[Kernel]) -> float:
    """What the kernels take in the fastest of some repeats."""
    found = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        for kernel in kernels:
            kernel()
        found.append(time.perf_counter() - began)
    return min(found)


sigmoid_is_faster()  # measured when a worker loads the family, before a run waits for it
