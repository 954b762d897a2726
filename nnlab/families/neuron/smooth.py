"""A neuron's training loss as a differentiable torch function of its weights: for Hessians, and an oracle for the slopes."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from nnlab.families.learner import ALL, Rows
from nnlab.families.readings import Objective


def objective(name: str, x: Tensor, t: Tensor, *, l2: float, mask: Tensor) -> Objective:
    """The mean cost of slope `name` over rows x (n, inputs + 1) and targets t (n,), with the L2 penalty on `mask`."""
    cost = COSTS[name]

    def loss(weights: Tensor, rows: Rows = ALL) -> Tensor:
        chosen = t[rows]
        penalty = l2 / 2 * (mask * weights * weights).sum()
        return len(chosen) / max(1, len(t)) * (cost(x[rows] @ weights, chosen) + penalty)

    return loss


COSTS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "perceptron": lambda z, t: torch.relu(-t * z).mean(),
    "delta": lambda z, t: F.mse_loss(z, t) / 2,
    "logistic": lambda z, t: F.softplus(-t * z).mean(),
    "mse": F.mse_loss,
    "mae": F.l1_loss,
    "huber": F.huber_loss,
    "sigmoid_mse": lambda z, t: F.mse_loss(torch.sigmoid(z), t),
    "sigmoid_ce": lambda z, t: F.binary_cross_entropy_with_logits(z, t),
}
