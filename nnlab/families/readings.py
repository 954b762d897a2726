"""What can be read of a model beside its training: optional protocols. An analysis names the one that it reads.

A family implements the methods; nothing has to be declared, and what an analysis can be offered follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from torch import Tensor, nn

from nnlab.core.records import Array, Split


@runtime_checkable
class OnPlane(Protocol):
    """A model of points of the plane: what it and its units say everywhere."""

    def outputs(self, points: Tensor) -> Tensor:
        """Points of the plane (n, 2) -> what the screen shows (n, n_outputs).

        Two classes: one number in [-1, 1], positive for class 1. More: probabilities. A number: the prediction.
        """

    def activations(self, points: Tensor) -> list[Tensor]:
        """Points (n, 2) -> one (units, n) tensor a layer, features first: [features, hidden…, output].

        The output is the one before `outputs`' squashing. The tensors lie in the learner's buffers: the next call to
        `activations`, `outputs` or `evaluate` may overwrite them. Fresh memory would cost more than the arithmetic.
        """


class Painter(Protocol):
    """A short way over the plane for the eye, which an `OnPlane` learner may have as its `painter`; None where it has none."""

    def layers(self, points: Tensor) -> list[Tensor]:
        """As `OnPlane.activations`, overwritten by the next call of any painter."""

    def shown(self, z: Tensor) -> Tensor:
        """The last of `layers` (n_outputs, n) as `OnPlane.outputs` says it, features first; a single one within -1…1."""


@runtime_checkable
class Layered(Protocol):
    """A model with named layers, whose activations of given inputs can be looked at."""

    def layers(self, inputs: Tensor) -> Mapping[str, Tensor]:
        """Inputs as the model takes them (n, …) -> activations (n, …) by the name of the layer, in order."""


@runtime_checkable
class Classifying(Protocol):
    """A model whose answer for each example of a split is a class."""

    def answers(self, split: Split, rows: slice | Tensor) -> Tensor:
        """The class (n,) int64 that it takes each of some examples of `split` for."""


class Objective(Protocol):
    """A loss that can be differentiated twice by its weights."""

    def __call__(self, weights: Tensor, rows: slice | Tensor = slice(None)) -> Tensor:
        """Of the training examples `rows`, in the order of the dataset, as their share of all: parts add up to the whole."""


@runtime_checkable
class Smooth(Protocol):
    """A model whose training loss can be differentiated twice by its weights."""

    def objective(self, *, group: int | None = None) -> Objective:
        """The training loss with its L2 penalty as a function of weights (n,) of a `place` and of training examples.

        The weights are float64, or float32 where `Learner.single` allows it, and so is the loss.
        """


@runtime_checkable
class Differentiable(Protocol):
    """A model that is a torch module: what attribution and saliency need."""

    module: nn.Module

    def examples(self, split: Split) -> tuple[Tensor, Tensor]:
        """What `module` is given (n, …) and what it should answer (n, …), in the order of the dataset."""

    def criterion(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The loss of each example (n,), without penalties, from what `module` answers."""


@runtime_checkable
class Generative(Protocol):
    """A model that makes things."""

    def sample(self, count: int, seed: int) -> Tensor:
        """(count, …) as the inputs of its data are, drawn from the stream `seed`."""

    def decode(self, codes: Tensor) -> Tensor:
        """Codes (n, dimensions) -> (n, …) as the inputs of its data are."""


@runtime_checkable
class Attentive(Protocol):
    """A model whose attention can be looked at."""

    def attention(self, inputs: Tensor) -> Mapping[str, Array]:
        """Inputs (n, length, …) -> weights (n, heads, length, length) by the name of the layer; rows sum to 1."""
