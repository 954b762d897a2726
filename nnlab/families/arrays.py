"""From tensors to arrays that are kept or sent."""

from __future__ import annotations

import torch
from torch import Tensor

from nnlab.core.records import Array


def numbers(tensor: Tensor) -> Array:
    """For the screen: float32 on the CPU."""
    return copied(tensor.to(torch.float32))


def copied(tensor: Tensor) -> Array:
    """On the CPU, and no later change reaches it."""
    array: Array = tensor.detach().cpu().numpy().copy()
    return array
