"""The losses: targets, the torch.nn.functional call they equal, and their derivative by hand.

| | two classes, one output | more classes, an output each | a number | the input itself |
|---|---|---|---|---|
| cross_entropy | binary_cross_entropy_with_logits(z, 0/1) | cross_entropy(z) | | binary_cross_entropy_with_logits(z, 0…1) |
| mse, mae, huber | mse_loss, l1_loss, huber_loss(tanh z, -1/1) | the same, one against the rest | the same of (z, y) | the same |
| hinge | mean max(0, 1 - t z), t = -1/1 | multi_margin_loss(z) | | |

All are means over the examples (and over the outputs, as torch takes them, or over all numbers of an input); there is no
1/2 before a square.
Here z and targets are features first, (n_outputs, n), except in `delta`, which calls the kernels that autograd would call
on the layout it would call them on: (n, n_outputs).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from nnlab.core.experiment import Experiment
from nnlab.core.forms import Answer, Target
from nnlab.core.registries import LOSSES

aten = torch.ops.aten
NUMBERS: tuple[Target, ...] = ("number", "itself")  # what is compared as it is
MEAN = 1  # at::Reduction::Mean
Delta = Callable[[Tensor], object]  # writes d loss / d z of the prepared buffers for these targets


class Loss(ABC):
    """One loss on `n_outputs` outputs. `squash` names the function between z and what the loss compares."""

    squash = "linear"
    low, high = -1.0, 1.0  # the two values that a class's target takes

    def __init__(self, target: Target, n_outputs: int) -> None:
        self.target, self.n_outputs = target, n_outputs

    def targets(self, labels: Tensor) -> Tensor:
        """Labels (n,) -> (n, n_outputs): the value, or `high` at the class and `low` elsewhere; inputs (n, …) -> (n, numbers)."""
        if self.target == "itself":
            return labels.flatten(1)
        if self.target == "number":
            return labels.unsqueeze(1)
        if self.n_outputs == 1:
            return torch.where(labels.unsqueeze(1) > 0.5, self.high, self.low).to(labels.dtype)
        onehot = F.one_hot(labels.long(), self.n_outputs)
        return torch.where(onehot > 0, self.high, self.low).to(labels.dtype)

    @abstractmethod
    def values(self, z: Tensor, targets: Tensor) -> Tensor:
        """The loss of each example (n,), differentiable."""

    def mean(self, z: Tensor, targets: Tensor) -> Tensor:
        """The mean over the examples, differentiable."""
        return self.values(z, targets).mean()

    @abstractmethod
    def delta(self, z: Tensor, out: Tensor) -> Delta:
        """Prepare the derivative of `mean` by z, written to `out`; both (batch, n_outputs), as the targets will be."""

    def shown(self, z: Tensor) -> Tensor:
        """What the screen shows (n, n_outputs): in [-1, 1] for two classes, probabilities for more, else the value."""
        if self.target in NUMBERS:
            return z.t().clone()
        if self.n_outputs == 1:
            return self._score(z).t()
        return self._probabilities(z).t()

    def _score(self, z: Tensor) -> Tensor:
        return torch.tanh(z)

    def _probabilities(self, z: Tensor) -> Tensor:
        return torch.softmax(z, 0)


class CrossEntropy(Loss):
    """Softmax cross-entropy; with one output, and for each number of an input, its two-class form on the logit."""

    low = 0.0

    def __init__(self, target: Target, n_outputs: int) -> None:
        super().__init__(target, n_outputs)
        self.squash = "sigmoid" if n_outputs == 1 else "softmax"

    def values(self, z: Tensor, targets: Tensor) -> Tensor:
        if self.n_outputs == 1:
            values = F.binary_cross_entropy_with_logits(z, targets, reduction="none")
            return values.mean(0) if self.target == "itself" else values.squeeze(0)
        return F.cross_entropy(z.t(), targets.t(), reduction="none")

    def mean(self, z: Tensor, targets: Tensor) -> Tensor:
        if self.n_outputs == 1:
            return F.binary_cross_entropy_with_logits(z, targets)
        return F.cross_entropy(z.t(), targets.t())

    def delta(self, z: Tensor, out: Tensor) -> Delta:
        return self._single(z, out) if self.n_outputs == 1 else self._several(z, out)

    def _single(self, z: Tensor, out: Tensor) -> Delta:
        count, sigmoid = _constant(z.numel(), z), torch.sigmoid

        def write(targets: Tensor) -> None:
            sigmoid(z, out=out).sub_(targets).div_(count)

        return write

    def _several(self, z: Tensor, out: Tensor) -> Delta:
        share, logs, slope, dtype = _constant(-1 / len(z), z), torch.empty_like(z), torch.empty_like(z), z.dtype

        def write(targets: Tensor) -> None:
            aten._log_softmax.out(z, 1, False, out=logs)
            torch.mul(targets, share, out=slope)
            aten._log_softmax_backward_data.out(slope, logs, 1, dtype, out=out)

        return write

    def _score(self, z: Tensor) -> Tensor:
        return torch.tanh(z / 2)  # 2 sigmoid(z) - 1


class Distance(Loss):
    """A function of output minus target, through tanh for classes: base of mse, mae and huber."""

    def __init__(self, target: Target, n_outputs: int) -> None:
        super().__init__(target, n_outputs)
        self.squash = "linear" if target in NUMBERS else "tanh"

    @abstractmethod
    def distance(self, output: Tensor, targets: Tensor, reduction: str) -> Tensor:
        """The torch.nn.functional call."""

    @abstractmethod
    def slope(self, output: Tensor, out: Tensor) -> Delta:
        """Prepare the derivative of the mean distance by `output`, written to `out`."""

    def values(self, z: Tensor, targets: Tensor) -> Tensor:
        return self.distance(self._output(z), targets, "none").mean(0)

    def mean(self, z: Tensor, targets: Tensor) -> Tensor:
        return self.distance(self._output(z), targets, "mean")

    def delta(self, z: Tensor, out: Tensor) -> Delta:
        if self.squash == "linear":
            return self.slope(z, out)
        output, tanh, back = torch.empty_like(z), torch.tanh, aten.tanh_backward.grad_input
        slope = self.slope(output, out)

        def write(targets: Tensor) -> None:
            tanh(z, out=output)
            slope(targets)
            back(out, output, grad_input=out)

        return write

    def _output(self, z: Tensor) -> Tensor:
        return z if self.squash == "linear" else torch.tanh(z)

    def _probabilities(self, z: Tensor) -> Tensor:
        """Each class's output on 0..1, divided by their sum; equal shares where all are zero."""
        share = (torch.tanh(z) + 1).clamp_(min=1e-6)
        return share / share.sum(0)


class MeanSquared(Distance):
    """(output - target)^2."""

    def distance(self, output: Tensor, targets: Tensor, reduction: str) -> Tensor:
        return F.mse_loss(output, targets, reduction=reduction)

    def slope(self, output: Tensor, out: Tensor) -> Delta:
        one, back = _constant(1.0, output), aten.mse_loss_backward.grad_input
        return lambda targets: back(one, output, targets, MEAN, grad_input=out)


class MeanAbsolute(Distance):
    """|output - target|."""

    def distance(self, output: Tensor, targets: Tensor, reduction: str) -> Tensor:
        return F.l1_loss(output, targets, reduction=reduction)

    def slope(self, output: Tensor, out: Tensor) -> Delta:
        share, sub = _constant(1 / output.numel(), output), torch.sub
        return lambda targets: sub(output, targets, out=out).sign_().mul_(share)


class Huber(Distance):
    """Half the square up to a distance of 1, linear beyond (Huber 1964, delta = 1)."""

    def distance(self, output: Tensor, targets: Tensor, reduction: str) -> Tensor:
        return F.huber_loss(output, targets, reduction=reduction)

    def slope(self, output: Tensor, out: Tensor) -> Delta:
        one, back = _constant(1.0, output), aten.huber_loss_backward.out
        return lambda targets: back(one, output, targets, MEAN, 1.0, grad_input=out)


class Hinge(Loss):
    """max(0, 1 - t z); for more classes the mean over the others of max(0, 1 - z_y + z_j) (torch's multi_margin_loss)."""

    def values(self, z: Tensor, targets: Tensor) -> Tensor:
        if self.n_outputs == 1:
            return torch.relu(1 - targets * z).squeeze(0)
        return F.multi_margin_loss(z.t(), targets.argmax(0), reduction="none")

    def delta(self, z: Tensor, out: Tensor) -> Delta:
        return self._single(z, out) if self.n_outputs == 1 else self._several(z, out)

    def _single(self, z: Tensor, out: Tensor) -> Delta:
        share, one = _constant(-1 / len(z), z), _constant(1.0, z)

        def write(targets: Tensor) -> None:
            torch.mul(z, targets, out=out)
            torch.lt(out, one, out=out)
            out.mul_(targets).mul_(share)

        return write

    def _several(self, z: Tensor, out: Tensor) -> Delta:
        classes = torch.empty(len(z), dtype=torch.int64, device=z.device)
        one, back = _constant(1.0, z), aten.multi_margin_loss_backward.grad_input

        def write(targets: Tensor) -> None:
            torch.argmax(targets, 1, out=classes)
            back(one, z, classes, 1, 1, None, MEAN, grad_input=out)

        return write

    def _score(self, z: Tensor) -> Tensor:
        return z.clamp(-1, 1)


def _constant(value: float, like: Tensor) -> Tensor:
    return torch.tensor(value, dtype=like.dtype, device=like.device)


def loss_of(experiment: Experiment, answer: Answer) -> Loss:
    """The loss that `experiment` names, for such answers."""
    made: Loss = LOSSES.load(experiment.training.loss)(answer.kind, answer.outputs)
    return made
