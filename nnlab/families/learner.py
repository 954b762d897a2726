"""What a family gives `train/` and `analysis/`: a model, its optimiser and its loss behind a handful of verbs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from nnlab.core.experiment import Experiment
from nnlab.core.records import Array, Dataset
from nnlab.families import functional

Phase = Literal["forward", "loss", "backward", "update"]
PHASES: tuple[Phase, ...] = ("forward", "loss", "backward", "update")
Split = Literal["train", "test"]


@dataclass(frozen=True)
class Block:
    """Where one layer's parameters lie in the flat vector.

    `weight` is (fan_out, fan_in) at `start`, row stride `stride` (fan_in + 1 where the bias is folded in as last column);
    `bias` of unit i is at `bias + i * bias_stride`. `units` are the names of the layer's outputs.
    """

    name: str
    fan_in: int
    fan_out: int
    start: int
    stride: int
    bias: int
    bias_stride: int
    activation: str


class Learner(ABC):
    """One network in training. All tensors live on `device`; nothing here knows about screens, time or other runs.

    Everything is deterministic: the random numbers of a step (dropout) are a pure function of (seed, step), so that
    `state()` needs no generator and a replay from any snapshot gives the same numbers.
    """

    offers: frozenset[str]
    device: torch.device
    experiment: Experiment
    dataset: Dataset
    blocks: tuple[Block, ...]
    flat: Tensor  # all parameters, (n_parameters,); a view into it is what the model computes with
    grad: Tensor  # gradients of the last batch in the same order
    before: Tensor | None = None  # `flat` before the last update, kept by `train/`; None where it is not known
    module: nn.Module | None = None  # as it is evaluated, its parameters views into `flat`; see `objective`
    mask: Tensor  # 1 where penalties and weight decay act, flat like the parameters; used with `module`

    @property
    def members(self) -> tuple[slice, ...]:
        """Where in `flat` each network of its own begins and ends: one for most learners, one a racer for a race.

        The landscape is that of one member: `losses_at` and `objective` take its weights, `blocks` lie in them.
        """
        return (slice(0, self.flat.numel()),)

    def member_lr(self, member: int, lr: float) -> float:
        """The learning rate in force for one member, where that of the run is `lr`."""
        return lr

    @abstractmethod
    def set(self, experiment: Experiment, dataset: Dataset) -> None:
        """Take over every live field of `experiment` and `dataset` without touching the weights."""

    @abstractmethod
    def shuffle(self, order: Tensor) -> None:
        """Begin an epoch: `order` (n_train,) int64 is the order in which `step` will see the training examples."""

    @abstractmethod
    def step(self, start: int, stop: int, lr: float, step: int) -> None:
        """One update on examples order[start:stop] at learning rate `lr`; `step` counts updates before this one."""

    def steps(self, start: int, stop_at: int, *, batch: int, lr: float, step: int, count: int) -> tuple[int, int]:
        """At most `count` updates on consecutive batches of `batch` examples from `start`; the last one may be partial.

        Returns (updates done, offset reached); the offset is `stop_at` at the end of the epoch. Equal to calling `step`
        for each batch; a learner overrides it to leave the interpreter less to do.
        """
        done = 0
        while done < count and start < stop_at:
            stop = min(start + batch, stop_at)
            self.step(start, stop, lr, step + done)
            start, done = stop, done + 1
        return done, start

    @abstractmethod
    def phase(self, name: Phase, start: int, stop: int, lr: float, step: int) -> dict[str, Array]:
        """One phase of the same update, with its numbers as float32.

        forward: "z" and "a", pre-activation and activation of every unit for the batch's first example, and "a_mean".
        loss: "losses" (batch,), "loss" (1,). backward: "grad", flat. update: "delta", flat: what was added to `flat`.
        The four phases in order give bitwise the same weights as `step`.
        """

    @abstractmethod
    def evaluate(self, split: Split) -> dict[str, float]:
        """Mean data loss ("loss", without penalties, dropout off) and, for classes, "accuracy"; {} for an empty split."""

    @abstractmethod
    def outputs(self, points: Tensor) -> Tensor:
        """Points of the plane (n, 2) -> what the screen shows (n, n_outputs).

        Two classes: one number in [-1, 1], positive for class 1. More: probabilities. Regression: the prediction.
        """

    @abstractmethod
    def activations(self, points: Tensor) -> list[Tensor]:
        """Points (n, 2) -> one (units, n) tensor a layer, features first: [features, hidden…, output].

        The output is the one before `outputs`' squashing. The tensors lie in the learner's buffers: the next call to
        `activations`, `outputs` or `evaluate` may overwrite them. Fresh memory would cost more than the arithmetic.
        """

    def stack_size(self, split: Split) -> int:
        """How many networks `losses_at` likes to take at once; they are one stretch of work between two frames."""
        return 1

    @torch.no_grad()
    def losses_at(self, weights: Tensor, split: Split) -> Tensor:
        """The mean data loss (k,) as `evaluate` has it, at each of `weights` (k, n_parameters); NaN for an empty split.

        A learner overrides it where many networks at once are faster than one after the other.
        """
        kept = self.flat.clone()
        found = []
        try:
            for one in weights:
                self.flat.copy_(one)
                found.append(self.evaluate(split).get("loss", float("nan")))
        finally:
            self.flat.copy_(kept)
        return torch.tensor(found, dtype=self.flat.dtype, device=self.device)

    def objective(self, part: slice = slice(None)) -> Callable[[Tensor], Tensor]:
        """The training loss with its L2 penalty as a twice differentiable function of float64 weights (n_parameters,).

        Of the training examples of `part` in the order of the dataset, as their share of the whole: the functions of parts
        that cover all examples add up to that of all. A learner whose model is a torch module gives `module`, `examples`
        and `criterion` and has it from there; another one writes it out.
        """
        if self.module is None:
            raise NotImplementedError
        rows = self.examples("train")
        penalty = self.experiment.training.l2 / 2 * self.mask.double()
        return functional.objective(
            self.module, self.flat, rows=rows, part=part, criterion=self.criterion, penalty=penalty
        )

    def examples(self, split: Split) -> tuple[Tensor, Tensor]:
        """What `module` is given (n, …) and what it should answer (n, …), in the order of the dataset."""
        raise NotImplementedError

    def criterion(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The loss of each example (n,), without penalties, from what `module` answers."""
        raise NotImplementedError

    def example_gradient(self, count: int = 16) -> Tensor:
        """Root mean square, flat, of the gradients of `count` single training examples.

        Unlike `full_gradient` it does not vanish where the examples' gradients cancel, at rest: it tells how much of a
        signal reaches each layer.
        """
        return self.full_gradient().abs()

    @abstractmethod
    def full_gradient(self) -> Tensor:
        """Gradient of the training loss that `evaluate` tells, with penalties, flat; leaves `grad` alone.

        The network is taken as it is evaluated: no dropout, running statistics. No clipping.
        """

    @abstractmethod
    def state(self) -> dict[str, Array]:
        """Weights and optimiser memory as arrays that later steps do not change."""

    @abstractmethod
    def restore(self, state: Mapping[str, Array]) -> None:
        """Back to `state()`, exactly."""

    @abstractmethod
    def flops(self) -> int:
        """Floating-point operations of one update (forward, backward, one multiply-add = 2) at the present batch size."""

    def facts(self) -> dict[str, Any]:
        """JSON facts for the scene: parameters, blocks, feature names, shapes."""
        return {}
