"""The ten inputs computed from a point of the plane, on the scale of TensorFlow Playground (state.ts: nothing is rescaled)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

FEATURES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "x": lambda x, y: x,
    "y": lambda x, y: y,
    "x2": lambda x, y: x * x,
    "y2": lambda x, y: y * y,
    "xy": lambda x, y: x * y,
    "sin_x": lambda x, y: torch.sin(x),
    "sin_y": lambda x, y: torch.sin(y),
    "cos_x": lambda x, y: torch.cos(x),
    "cos_y": lambda x, y: torch.cos(y),
    "r": lambda x, y: torch.sqrt(x * x + y * y),
}


def features(points: Tensor, names: Sequence[str]) -> Tensor:
    """Points of the plane (n, 2) -> (len(names), n), one row a feature."""
    x, y = points.unbind(1)
    return torch.stack([FEATURES[name](x, y) for name in names])
