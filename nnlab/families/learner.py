"""The interface between a family and `train/` and `analysis/`: a model with its optimiser and its loss.

Protocols (`readings`) describe what else can be read of a model; an analysis names the one that it reads.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from nnlab.core.experiment import Experiment
from nnlab.core.metrics import Metric
from nnlab.core.parts import DataSpec
from nnlab.core.records import Array, Examples, Split

PHASES = ("forward", "loss", "backward", "update")
Rows = slice | Tensor  # some examples of a split, in the order of the dataset
ALL = slice(None)


@dataclass(frozen=True)
class Block:
    """Where one layer's parameters lie in the flat vector.

    `weight` is (fan_out, fan_in) at `start`, row stride `stride` (fan_in + 1 where the bias is folded in as last column);
    `bias` of unit i is at `bias + i * bias_stride`. `title` is what the page calls the layer; "": by its number.
    """

    name: str
    fan_in: int
    fan_out: int
    start: int
    stride: int
    bias: int
    bias_stride: int
    activation: str
    title: str = ""


@dataclass(frozen=True)
class Group:
    """Parameters that one descent moves: where they lie in `flat`, and where its `Descent` lies in the experiment.

    Groups lie one behind the other. What lies before the first or behind the last rests, such as a frozen body.
    """

    name: str
    part: slice
    path: str = "training"


class Learner(ABC):
    """One model in training. All tensors live on `device`; nothing here knows about screens, time or other runs.

    Everything is deterministic: the random numbers of a step (dropout) are a pure function of (seed, step), so that
    `state()` needs no generator and a replay from any snapshot gives the same numbers. No call takes longer than some ten
    milliseconds of one core: what would, takes `rows`, or is done in parts.
    """

    device: torch.device
    experiment: Experiment
    data: Examples
    flat: Tensor  # all parameters, (n_parameters,); a view into it is what the model computes with
    grad: Tensor  # gradients of the last batch in the same order
    before: Tensor | None = None  # `flat` before the last update, kept by `train/`; None where it is not known
    blocks: tuple[Block, ...] = ()  # the layers, where parameters are matrices of layers
    phases: tuple[str, ...] = PHASES  # of one update, in order
    # Of a large batch, the phases that tell a gradient of all parts and take the step with it: one pair, or one a player of a GAN.
    moves: tuple[tuple[str, str], ...] = ((PHASES[-2], PHASES[-1]),)
    by_differences: bool = (
        False  # whether second derivatives are differences of first ones: where autograd takes long for them
    )
    # Whether they are taken in float32, which `objective` then accepts: where float64 takes too long for a single example.
    single: bool = False
    second_order: float = 5.0  # how many times as long as an update a product with the Hessian takes
    part: int = 2**31  # examples that one call into training takes at most; a larger batch is accumulated over parts

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The numbers that say how well it does."""
        return self.experiment.model.metrics(self.experiment.data)

    @property
    def ready(self) -> bool:
        """Whether it can make its first update; else what `preparing` does comes first, and a learner built afterwards is ready."""
        return True

    def preparing(self) -> Generator[DataSpec | None, Examples | None, None]:
        """What comes before the first update, such as learning another task, in slices of a few milliseconds: it yields after each.

        Where it yields a dataset, it is sent the examples.
        """
        yield from ()

    @property
    def groups(self) -> tuple[Group, ...]:
        """Parameters by what moves them: one group for most learners, one a racer, one a player of a GAN."""
        return (Group("all", slice(0, self.flat.numel())),)

    def place(self, group: int | None) -> slice:
        """Where a group lies in `flat`; None is everything that some descent moves."""
        return slice(self.groups[0].part.start, self.groups[-1].part.stop) if group is None else self.groups[group].part

    def group_lr(self, group: int, lr: float) -> float:
        """The learning rate in force for one group, where that of the run is `lr`."""
        return lr

    def count(self, split: Split) -> int:
        """How many examples there are in `split`."""
        return self.data.count(split)

    # Training

    @abstractmethod
    def set(self, experiment: Experiment, data: Examples) -> None:
        """Take over every live field of `experiment` and `data` without touching the weights."""

    @abstractmethod
    def shuffle(self, order: Tensor, epoch: int = 0) -> None:
        """Begin `epoch`: `order` (n_train,) int64 is the order in which `step` will see the training examples."""

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

    def accumulate(self, start: int, stop: int, *, share: float, step: int, first: bool, move: int = 0) -> None:
        """The gradient of examples order[start:stop] times `share` onto `grad`, which `first` empties. See `part`, `moves`."""
        raise NotImplementedError

    def update(self, lr: float, step: int, move: int = 0) -> None:
        """Penalties, clipping and the optimiser's step with what was accumulated in `grad`."""
        raise NotImplementedError

    @abstractmethod
    def phase(self, name: str, start: int, stop: int, lr: float, step: int) -> dict[str, Array]:
        """One of `phases` of the same update, with its numbers as float32; all of them in order give the weights of `step`.

        The usual four tell: forward: "z" and "a", pre-activation and activation of every unit for the batch's first example,
        and "a_mean". loss: "losses" (batch,), "loss" (1,). backward: "grad", flat, before penalties and clipping. update: "delta", flat: what was added.
        """

    # What is read

    @abstractmethod
    def evaluate(self, split: Split, rows: Rows = ALL) -> dict[str, float]:
        """Means over some examples of a split, by the `kind` of the metrics; {} for an empty split.

        "loss" is the data loss without penalties. The model is taken as it is used: dropout off, running statistics.
        """

    def gauges(self) -> dict[str, float]:
        """The metrics that are no means over examples, by name."""
        return {}

    @abstractmethod
    def gradient(self, rows: Rows = ALL) -> Tensor:
        """Gradient of the training loss of some training examples, with penalties, flat; leaves `grad` alone.

        The model is taken as it is evaluated. No clipping.
        """

    def example_gradient(self, rows: Tensor) -> Tensor:
        """Root mean square, flat, of the gradients of the single training examples `rows`.

        Unlike `gradient` it does not vanish where the examples' gradients cancel, at rest: it tells how much of a
        signal reaches each layer.
        """
        total = torch.zeros_like(self.flat)
        for row in torch.split(rows, 1):
            total += self.gradient(row).square() / len(rows)
        return total.sqrt_()

    def portion(self, split: Split) -> tuple[int, int]:
        """How many networks `losses_at` likes to take at once, and how many examples."""
        return 1, min(3 * self.part, max(1, self.count(split)))  # a forward pass costs a third of an update

    @torch.no_grad()
    def losses_at(self, weights: Tensor, split: Split, *, group: int | None = None, rows: Rows = ALL) -> Tensor:
        """The mean data loss (k,) of some examples at each of `weights` (k, n) of a `place`; NaN for an empty split.

        A learner overrides it where many networks at once are faster than one after the other.
        """
        own = self.flat[self.place(group)]
        kept = own.clone()
        found = []
        try:
            for one in weights:
                own.copy_(one)
                found.append(self.evaluate(split, rows).get("loss", float("nan")))
        finally:
            own.copy_(kept)
        return torch.tensor(found, dtype=self.flat.dtype, device=self.device)

    # State and facts

    @abstractmethod
    def state(self) -> dict[str, Array]:
        """Weights ("flat") and everything else that later steps depend on, as arrays that later steps do not change."""

    @abstractmethod
    def restore(self, state: Mapping[str, Array]) -> None:
        """Back to `state()`, exactly."""

    @abstractmethod
    def flops(self) -> int:
        """Floating-point operations of one update (forward, backward, one multiply-add = 2) at the present batch size."""

    def facts(self) -> dict[str, Any]:
        """JSON facts for the scene: what the views of this family want to know."""
        return {}
