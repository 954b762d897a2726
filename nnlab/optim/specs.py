"""What can be chosen about each optimiser; the names and defaults are torch.optim's. No torch here."""

from __future__ import annotations

from typing import ClassVar, Literal

from nnlab.core.fields import param
from nnlab.core.kinds import OptimizerSpec


class Sgd(OptimizerSpec):
    """Plain gradient descent: w <- w - lr * g."""

    title: ClassVar[str] = "SGD"
    kind: Literal["sgd"]


class Momentum(OptimizerSpec):
    """Heavy ball (Polyak 1964; Sutskever et al. 2013 as torch.optim.SGD writes it)."""

    kind: Literal["momentum"]
    momentum: float = param(
        0.9, ge=0, le=0.999, label="Momentum", live=True, help="How much of the previous velocity is kept."
    )


class Nesterov(OptimizerSpec):
    """Nesterov's accelerated gradient in torch.optim.SGD's form."""

    kind: Literal["nesterov"]
    momentum: float = param(
        0.9,
        ge=0.01,
        le=0.999,
        label="Momentum",
        live=True,
        help="How much of the previous velocity is kept; the gradient is taken one step ahead.",
    )


class AdaGrad(OptimizerSpec):
    """Duchi, Hazan and Singer 2011."""

    title: ClassVar[str] = "AdaGrad"
    kind: Literal["adagrad"]
    eps: float = param(
        1e-10, ge=1e-12, le=0.1, log=True, label="Epsilon", live=True, help="Prevents a division by zero."
    )


class RmsProp(OptimizerSpec):
    """Tieleman and Hinton 2012."""

    title: ClassVar[str] = "RMSprop"
    kind: Literal["rmsprop"]
    alpha: float = param(
        0.99, ge=0, le=0.9999, label="Smoothing", live=True, help="How slowly the average of squared gradients forgets."
    )
    eps: float = param(
        1e-8, ge=1e-12, le=0.1, log=True, label="Epsilon", live=True, help="Prevents a division by zero."
    )


class _Betas(OptimizerSpec):
    beta1: float = param(
        0.9, ge=0, le=0.999, label="Beta 1", live=True, help="How slowly the average of gradients forgets."
    )
    beta2: float = param(
        0.999, ge=0, le=0.99999, label="Beta 2", live=True, help="How slowly the average of squared gradients forgets."
    )


class Adam(_Betas):
    """Kingma and Ba 2015."""

    kind: Literal["adam"]
    eps: float = param(
        1e-8, ge=1e-12, le=0.1, log=True, label="Epsilon", live=True, help="Prevents a division by zero."
    )


class AdamW(_Betas):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019)."""

    title: ClassVar[str] = "AdamW"
    kind: Literal["adamw"]
    eps: float = param(
        1e-8, ge=1e-12, le=0.1, log=True, label="Epsilon", live=True, help="Prevents a division by zero."
    )


class Lion(OptimizerSpec):
    """The sign of an interpolated momentum (Chen et al. 2023, algorithm 2)."""

    kind: Literal["lion"]
    beta1: float = param(
        0.9, ge=0, le=0.999, label="Beta 1", live=True, help="Share of the momentum in the direction of the update."
    )
    beta2: float = param(0.99, ge=0, le=0.9999, label="Beta 2", live=True, help="How slowly the momentum forgets.")


class Muon(OptimizerSpec):
    """Orthogonalised momentum on hidden weight matrices (Jordan 2024), AdamW on everything else."""

    kind: Literal["muon"]
    momentum: float = param(
        0.95, ge=0, le=0.999, label="Momentum", live=True, help="How much of the previous velocity is kept."
    )
    ns_steps: int = param(
        5,
        ge=1,
        le=10,
        label="Newton–Schulz steps",
        live=True,
        widget="number",
        help="Iterations that make the update's matrix nearly orthogonal.",
    )
