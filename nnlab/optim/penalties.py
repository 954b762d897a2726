"""L1, L2 and clipping on a flat gradient; what is off costs nothing.

loss + l1 sum |w| + l2 / 2 sum w^2 over weights (never biases), then torch.nn.utils.clip_grad_norm_ on the sum.
"""

from __future__ import annotations

import torch
from torch import Tensor

CLIP_EPS = 1e-6  # torch.nn.utils.clip_grad_norm_ divides by norm + 1e-6


class Penalties:
    """Adds the penalties' gradient to `grad` in place, then clips it."""

    def __init__(self, values: Tensor, mask: Tensor, *, l1: float, l2: float, clip_norm: float) -> None:
        self._values, self._mask = values, mask
        self._l1, self._l2, self._clip = l1, l2, clip_norm
        self._scratch = torch.empty_like(values)
        self._norm, self._ratio = (torch.empty((), dtype=values.dtype, device=values.device) for _ in range(2))

    def __bool__(self) -> bool:
        """Whether `apply` does anything."""
        return bool(self._l1 or self._l2 or self._clip)

    def add(self, grad: Tensor) -> None:
        """Gradient of the penalties onto `grad`."""
        if self._l2:
            grad.addcmul_(self._mask, self._values, value=self._l2)
        if self._l1:
            torch.sign(self._values, out=self._scratch)
            grad.addcmul_(self._mask, self._scratch, value=self._l1)

    def apply(self, grad: Tensor) -> None:
        """Penalties, then clipping; no branch depends on a value on the device, so nothing waits for it."""
        self.add(grad)
        if self._clip:
            torch.linalg.vector_norm(grad, out=self._norm)
            torch.add(self._norm, CLIP_EPS, out=self._ratio).reciprocal_().mul_(self._clip).clamp_(max=1.0)
            grad.mul_(self._ratio)
