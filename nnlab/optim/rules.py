"""Update rules over one flat parameter vector: the same numbers as torch.optim, in a handful of kernels a step.

All parameters of a network lie in one tensor and their gradients in another, so a rule is one operation a term instead of
one a tensor, nothing is allocated after the first step and a snapshot is one copy. Weight decay reaches weights only:
`FlatParameters.mask` is 1 at weights and 0 at biases and gains. The kernels are those of torch.optim 2.13 on a CPU (its
single-tensor functions) in the same order, so that float32 rounds alike wherever the processor lets it; do not
rearrange them. Lion follows its authors' own code (Chen et al. 2023; github.com/google/automl, lion_pytorch.py).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from nnlab.core.kinds import OptimizerSpec
from nnlab.core.records import Array
from nnlab.core.registries import RULES
from nnlab.optim.specs import AdaGrad, Adam, AdamW, Lion, Momentum, Nesterov, RmsProp

MOST_COUNTED = 2.0**24  # updates: a float32 counts no further


@dataclass(frozen=True)
class Matrix:
    """A hidden weight matrix inside the flat vector: (rows, columns) at `start`, `stride` apart from row to row."""

    start: int
    rows: int
    columns: int
    stride: int

    def view(self, flat: Tensor) -> Tensor:
        """The matrix as a view into `flat`."""
        return flat.as_strided((self.rows, self.columns), (self.stride, 1), flat.storage_offset() + self.start)


@dataclass(frozen=True)
class FlatParameters:
    """What a rule works on: values, gradient and mask of weights, each (n,), and the hidden weight matrices among them."""

    values: Tensor
    grad: Tensor
    mask: Tensor
    matrices: tuple[Matrix, ...] = ()


class Rule(ABC):
    """One optimiser over flat parameters. `memory` holds its tensors by name; `update` changes values in place."""

    memory_names: tuple[str, ...] = ()

    def __init__(self, spec: OptimizerSpec, parameters: FlatParameters, weight_decay: float = 0.0) -> None:
        self.parameters = parameters
        self.values, self.grad, self.mask = parameters.values, parameters.grad, parameters.mask
        self.memory: dict[str, Tensor] = {name: torch.zeros_like(self.values) for name in self.memory_names}
        self._scratch = torch.empty_like(self.values)
        self._keep, self._kept = torch.ones_like(self.values), 1.0
        self.set(spec, weight_decay)

    def set(self, spec: OptimizerSpec, weight_decay: float) -> None:
        """Take over other settings and keep the memory."""
        self.spec = spec
        self.weight_decay = weight_decay
        self._configure()

    def _configure(self) -> None:  # noqa: B027 - most rules have no constants to prepare
        """Prepare constants from `spec`; called at each change of settings."""

    @abstractmethod
    def update(self, lr: float) -> None:
        """One step at learning rate `lr` with the gradient that lies in `parameters.grad`."""

    def state(self) -> dict[str, Array]:
        """A copy of the memory."""
        return {name: tensor.detach().cpu().numpy().copy() for name, tensor in self.memory.items()}

    def restore(self, state: Mapping[str, Array]) -> None:
        """Back to `state()`, exactly; what it does not hold starts fresh."""
        for name, tensor in self.memory.items():
            if name in state:
                tensor.copy_(torch.tensor(state[name]))
            else:
                tensor.zero_()

    def _constant(self, value: float) -> Tensor:
        """`value` as a 0-d tensor: in-place arithmetic with one is half the price of a Python number."""
        return torch.tensor(value, dtype=self.values.dtype, device=self.values.device)

    def _decayed_gradient(self) -> Tensor:
        """g + weight_decay * w on weights: the decay of the rules that predate AdamW."""
        if not self.weight_decay:
            return self.grad
        return torch.addcmul(self.grad, self.mask, self.values, value=self.weight_decay, out=self._scratch)

    def _shrink(self, lr: float) -> None:
        """w <- (1 - lr * weight_decay) w on weights: decoupled decay (Loshchilov and Hutter 2019)."""
        if not self.weight_decay:
            return
        kept = 1 - lr * self.weight_decay
        if self._kept != kept:  # prepared anew where rate or decay have changed
            torch.where(self.mask > 0, self._constant(kept), self._constant(1.0), out=self._keep)
            self._kept = kept
        self.values.mul_(self._keep)


class SgdRule(Rule):
    """w <- w - lr g."""

    def update(self, lr: float) -> None:
        self.values.add_(self._decayed_gradient(), alpha=-lr)


class MomentumRule(Rule):
    """v <- mu v + g; w <- w - lr v (Polyak 1964, Sutskever et al. 2013)."""

    memory_names = ("velocity",)
    spec: Momentum

    def _configure(self) -> None:
        self._mu = self._constant(self.spec.momentum)

    def update(self, lr: float) -> None:
        velocity = self.memory["velocity"]
        velocity.mul_(self._mu).add_(self._decayed_gradient())
        self.values.add_(velocity, alpha=-lr)


class NesterovRule(Rule):
    """v <- mu v + g; w <- w - lr (g + mu v) (Nesterov 1983 in the form of Sutskever et al. 2013)."""

    memory_names = ("velocity",)
    spec: Nesterov

    def _configure(self) -> None:
        self._mu = self._constant(self.spec.momentum)

    def update(self, lr: float) -> None:
        velocity, gradient = self.memory["velocity"], self._decayed_gradient()
        velocity.mul_(self._mu).add_(gradient)
        torch.add(gradient, velocity, alpha=self.spec.momentum, out=self._scratch)
        self.values.add_(self._scratch, alpha=-lr)


class AdaGradRule(Rule):
    """s <- s + g^2; w <- w - lr g / (sqrt(s) + eps) (Duchi, Hazan and Singer 2011)."""

    memory_names = ("squares",)
    spec: AdaGrad

    def _configure(self) -> None:
        self._eps = self._constant(self.spec.eps)
        self._root = torch.empty_like(self.values)

    def update(self, lr: float) -> None:
        squares, gradient = self.memory["squares"], self._decayed_gradient()
        squares.addcmul_(gradient, gradient)
        torch.sqrt(squares, out=self._root).add_(self._eps)
        self.values.addcdiv_(gradient, self._root, value=-lr)


class RmsPropRule(Rule):
    """s <- alpha s + (1 - alpha) g^2; w <- w - lr g / (sqrt(s) + eps) (Tieleman and Hinton 2012)."""

    memory_names = ("squares",)
    spec: RmsProp

    def _configure(self) -> None:
        self._eps = self._constant(self.spec.eps)
        self._alpha = self._constant(self.spec.alpha)
        self._root = torch.empty_like(self.values)

    def update(self, lr: float) -> None:
        squares, gradient = self.memory["squares"], self._decayed_gradient()
        squares.mul_(self._alpha).addcmul_(gradient, gradient, value=1 - self.spec.alpha)
        torch.sqrt(squares, out=self._root).add_(self._eps)
        self.values.addcdiv_(gradient, self._root, value=-lr)


class AdamRule(Rule):
    """m <- b1 m + (1-b1) g; s <- b2 s + (1-b2) g^2; w <- w - lr m^ / (sqrt(s^) + eps) (Kingma and Ba 2015).

    m^ = m / (1 - b1^t), s^ = s / (1 - b2^t). "t" counts updates as float32, which stands still at 2^24, long after both
    corrections have become 1.
    """

    memory_names = ("mean", "squares")
    spec: Adam | AdamW
    decoupled = False

    def __init__(self, spec: OptimizerSpec, parameters: FlatParameters, weight_decay: float = 0.0) -> None:
        super().__init__(spec, parameters, weight_decay)
        self._t = 0.0  # the count once more, so that no step waits for the device
        self.memory["t"] = torch.zeros((), device=self.values.device)

    def _configure(self) -> None:
        self._root = torch.empty_like(self.values)
        self._eps, self._beta2 = self._constant(self.spec.eps), self._constant(self.spec.beta2)

    def update(self, lr: float) -> None:
        spec, gradient, mean, squares = self.spec, self.grad, self.memory["mean"], self.memory["squares"]
        if self.decoupled:
            self._shrink(lr)
        else:
            gradient = self._decayed_gradient()
        self._t = min(self._t + 1, MOST_COUNTED)
        mean.lerp_(gradient, 1 - spec.beta1)
        squares.mul_(self._beta2).addcmul_(gradient, gradient, value=1 - spec.beta2)
        torch.sqrt(squares, out=self._root).div_((1 - spec.beta2**self._t) ** 0.5).add_(self._eps)
        self.values.addcdiv_(mean, self._root, value=-lr / (1 - spec.beta1**self._t))

    def state(self) -> dict[str, Array]:
        self.memory["t"].fill_(self._t)
        return super().state()

    def restore(self, state: Mapping[str, Array]) -> None:
        super().restore(state)
        self._t = float(self.memory["t"])


class AdamWRule(AdamRule):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019)."""

    decoupled = True


class LionRule(Rule):
    """w <- (1 - lr weight_decay) w - lr sign(b1 m + (1-b1) g); m <- b2 m + (1-b2) g (Chen et al. 2023, algorithm 2)."""

    memory_names = ("mean",)
    spec: Lion

    def _configure(self) -> None:
        self._share = torch.empty_like(self.values)
        self._beta1, self._rest = self._constant(self.spec.beta1), self._constant(1 - self.spec.beta1)
        self._beta2 = self._constant(self.spec.beta2)

    def update(self, lr: float) -> None:
        mean = self.memory["mean"]
        self._shrink(lr)
        torch.mul(self.grad, self._rest, out=self._share)
        torch.mul(mean, self._beta1, out=self._scratch).add_(self._share).sign_()
        self.values.add_(self._scratch, alpha=-lr)
        mean.mul_(self._beta2).add_(self.grad, alpha=1 - self.spec.beta2)


def rule(spec: OptimizerSpec, parameters: FlatParameters, weight_decay: float = 0.0) -> Rule:
    """The registered rule of `spec` with fresh memory."""
    found = RULES.load(spec.kind)(spec, parameters, weight_decay)
    if not isinstance(found, Rule):
        raise TypeError(f"The rule registered as {spec.kind!r} must be a Rule; got {type(found).__name__}.")
    return found
