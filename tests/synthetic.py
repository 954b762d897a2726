"""Small data and families of other forms than points, registered for a test: pictures, tokens, two descents, a game, and so on.

Each family is a specification and a module, as `docs/add-a-family.md` has it: what is the same for all comes from `ModuleLearner`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Literal

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nnlab.core.fields import param
from nnlab.core.forms import Answer, Pictures, Target, Tokens
from nnlab.core.metrics import Metric
from nnlab.core.parts import LOSSES_OF, DataSpec, ModelSpec
from nnlab.core.records import Examples
from nnlab.core.registries import DATASETS, FAMILIES, LEARNERS
from nnlab.core.registry import Registry
from nnlab.core.rng import stream
from nnlab.core.training import Descent
from nnlab.families.learner import Group
from nnlab.families.module_learner import ModuleLearner

SIDE, LETTERS, LENGTH = 8, tuple("abcde"), 6


class _Counted(DataSpec):
    """So many examples, every third one tests."""

    count: int = param(90, ge=2, le=20_000, label="Count", help="How many there are.", live=True)

    def sizes(self) -> tuple[int, int]:
        tests = len(range(2, self.count, 3))
        return self.count - tests, tests

    def _split(self) -> dict[str, Any]:
        ids = np.arange(self.count)
        return {"is_test": ids % 3 == 2, "ids": ids, "form": self.form}


class Patches(_Counted):
    """Pictures of 8 x 8 bytes, each with a bright band of rows whose place is the class."""

    kind: Literal["patches"]
    classes: ClassVar[int] = 3  # type: ignore[misc, assignment]

    @property
    def form(self) -> Pictures:
        return Pictures(SIDE, SIDE)

    def load(self) -> Examples:
        rng = stream(0, "patches")
        targets = rng.integers(0, 3, self.count)
        inputs = rng.integers(0, 120, (self.count, 1, SIDE, SIDE))
        for row, target in zip(inputs, targets, strict=True):
            row[0, 2 * target : 2 * target + 3] += 80
        answer = Answer("class", 3, ("top", "middle", "bottom"))
        return Examples(inputs.astype(np.uint8), targets.astype(np.float32), answer=answer, **self._split())


class Blank(Patches):
    """The same pictures, and asked are they themselves."""

    kind: Literal["blank"]  # type: ignore[assignment]
    classes: ClassVar[int] = 1  # type: ignore[misc, assignment]

    @property
    def target(self) -> Target:
        return "itself"

    def load(self) -> Examples:
        found = super().load()
        return replace(found, targets=np.zeros((self.count, 0), np.float32), answer=Answer("itself", 1))


class Letters(_Counted):
    """Rows of six letters, each followed by its successor in a circle of five with few mistakes; asked is what comes next."""

    kind: Literal["letters"]
    classes: ClassVar[int] = 1  # type: ignore[misc, assignment]

    @property
    def form(self) -> Tokens:
        return Tokens(LETTERS, LENGTH)

    @property
    def target(self) -> Target:
        return "sequence"

    def load(self) -> Examples:
        rng = stream(0, "letters")
        rows = (rng.integers(0, 5, (self.count, 1)) + np.arange(LENGTH + 1)) % 5
        wrong = rng.random(rows.shape) < 0.05
        rows = np.where(wrong, rng.integers(0, 5, rows.shape), rows)
        return Examples(rows[:, :-1], rows[:, 1:], answer=Answer("sequence", 1), **self._split())


class _Synthetic(ModelSpec):
    """Where a test says nothing else, ninety examples in batches of ten."""

    data_kind: ClassVar[str]

    @classmethod
    def example(cls) -> dict[str, Any]:
        family = cls.model_fields["family"].annotation.__args__[0]  # type: ignore[union-attr]
        return {"data": {"kind": cls.data_kind}, "model": {"family": family}, "training": {"batch_size": 10}}

    @classmethod
    def largest(cls) -> dict[str, Any]:
        value = cls.example()
        return {**value, "data": {**value["data"], "count": 20_000}, "training": {"batch_size": 20_000}}


class Conv(_Synthetic):
    """A convolution with batch norm and dropout, and a linear layer."""

    family: Literal["conv"]
    forms: ClassVar[tuple[str, ...]] = (Pictures.name,)
    targets: ClassVar[tuple[Target, ...]] = ("class",)
    losses: ClassVar[Mapping[Target, tuple[str, ...]]] = {"class": LOSSES_OF["class"]}
    data_kind: ClassVar[str] = "patches"
    channels: int = param(4, ge=1, le=64, label="Channels", help="Of the convolution.")
    dropout: float = param(0.25, ge=0, le=0.9, label="Dropout", help="Of the flat features.")
    norm: bool = param(True, label="Batch norm", help="Behind the convolution.")


class ConvLearner(ModuleLearner):
    """See `Conv`."""

    def make(self) -> nn.Module:
        spec: Any = self.experiment.model
        return nn.Sequential(
            nn.Conv2d(1, spec.channels, 3),
            nn.BatchNorm2d(spec.channels) if spec.norm else nn.Identity(),
            nn.Tanh(),
            nn.Flatten(),
            nn.Dropout(spec.dropout),
            nn.Linear(spec.channels * (SIDE - 2) ** 2, 3),
        )


class TwoDescents(_Synthetic):
    """A body that the training's descent moves, and a head with a descent of its own."""

    family: Literal["two_descents"]
    forms: ClassVar[tuple[str, ...]] = (Pictures.name,)
    targets: ClassVar[tuple[Target, ...]] = ("class",)
    data_kind: ClassVar[str] = "patches"
    head: Descent = param(
        Descent(optimizer={"kind": "adam"}, learning_rate=0.01, clip_norm=0.5),  # type: ignore[arg-type]
        label="Head",
        help="How the last layer moves.",
        live=True,
    )


class TwoDescentsLearner(ModuleLearner):
    """See `TwoDescents`."""

    def make(self) -> nn.Module:
        return nn.Sequential(nn.Flatten(), nn.Linear(SIDE * SIDE, 12), nn.Tanh(), nn.Linear(12, 3))

    @property
    def groups(self) -> tuple[Group, ...]:
        body = sum(p.numel() for p in self.module[1].parameters())  # type: ignore[index]
        return Group("body", slice(0, body)), Group("head", slice(body, len(self.flat)), "model.head")


class Thawed(TwoDescents):
    """The same on top of a layer that nobody trains; the body rests too, as long as it is frozen."""

    family: Literal["thawed"]  # type: ignore[assignment]
    frozen: bool = param(True, label="Frozen", help="Whether only the head learns.", live=True)


class ThawedLearner(ModuleLearner):
    """See `Thawed`."""

    def make(self) -> nn.Module:
        first = nn.Linear(SIDE * SIDE, 16).requires_grad_(False)
        return nn.Sequential(nn.Flatten(), first, nn.Tanh(), nn.Linear(16, 12), nn.Tanh(), nn.Linear(12, 3))

    @property
    def groups(self) -> tuple[Group, ...]:
        spec: Any = self.experiment.model
        body, whole = 12 * 17, len(self.flat)
        head = Group("head", slice(body, whole), "model.head")
        return (head,) if spec.frozen else (Group("body", slice(0, body)), head)


class Recurrent(_Synthetic):
    """Two layers of gated units over letters; it has a loss and a number that is no mean, and nothing else."""

    family: Literal["recurrent"]
    forms: ClassVar[tuple[str, ...]] = (Tokens.name,)
    targets: ClassVar[tuple[Target, ...]] = ("sequence",)
    data_kind: ClassVar[str] = "letters"


class Letter(nn.Module):
    """Letters (n, length) -> logits of the next one at each place (n, length, letters)."""

    def __init__(self) -> None:
        super().__init__()
        self.inputs = nn.Embedding(len(LETTERS), 4)
        self.cells = nn.GRU(4, 5, num_layers=2, dropout=0.3, batch_first=True)
        self.last = nn.Linear(5, len(LETTERS))

    def forward(self, letters: Tensor) -> Tensor:
        seen: Tensor = self.last(self.cells(self.inputs(letters))[0])
        return seen


class RecurrentLearner(ModuleLearner):
    """See `Recurrent`."""

    def make(self) -> nn.Module:
        return Letter()


class Mirror(_Synthetic):
    """An autoencoder: what it answers is held against what it was given, by any loss there is for that."""

    family: Literal["mirror"]
    forms: ClassVar[tuple[str, ...]] = (Pictures.name,)
    targets: ClassVar[tuple[Target, ...]] = ("itself",)
    data_kind: ClassVar[str] = "blank"

    @classmethod
    def example(cls) -> dict[str, Any]:
        found = super().example()
        return {**found, "training": {**found["training"], "loss": "mse", "learning_rate": 0.2}}


class MirrorLearner(ModuleLearner):
    """See `Mirror`."""

    def make(self) -> nn.Module:
        return nn.Sequential(nn.Flatten(), nn.Linear(SIDE * SIDE, 5), nn.Tanh(), nn.Linear(5, SIDE * SIDE))


class Blur(Mirror):
    """An autoencoder that draws random numbers by functions and not by modules, as a variational one does."""

    family: Literal["blur"]  # type: ignore[assignment]


class Blurred(nn.Module):
    """Pictures (n, 1, 8, 8) -> (n, 64), through a code that strays while it trains, or `always`."""

    always = False

    def __init__(self) -> None:
        super().__init__()
        self.code, self.picture = nn.Linear(SIDE * SIDE, 5), nn.Linear(5, SIDE * SIDE)

    def forward(self, pictures: Tensor) -> Tensor:
        code = self.code(F.dropout(pictures.flatten(1), 0.1, self.training))
        strays = self.training or self.always
        found: Tensor = self.picture(torch.tanh(code + 0.1 * torch.randn_like(code) if strays else code))
        return found


class BlurLearner(ModuleLearner):
    """See `Blur`."""

    def make(self) -> nn.Module:
        return Blurred()


class Game(_Synthetic):
    """A toy whose numbers are no losses: "balance" is best at its highest, "length" has no good side, and none is tested."""

    family: Literal["game"]
    forms: ClassVar[tuple[str, ...]] = (Pictures.name,)
    targets: ClassVar[tuple[Target, ...]] = ("class",)
    losses: ClassVar[Mapping[Target, tuple[str, ...]]] = {}
    data_kind: ClassVar[str] = "patches"

    def metrics(self, data: DataSpec) -> tuple[Metric, ...]:
        return (
            Metric("length", "Length", "", "length", ""),
            Metric("balance", "Balance", "train", "balance", "higher"),
        )


class GameLearner(ModuleLearner):
    """See `Game`."""

    def make(self) -> nn.Module:
        return nn.Sequential(nn.Flatten(), nn.Linear(SIDE * SIDE, 1))

    def criterion(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return -outputs[:, 0].tanh()

    def scores(self, outputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
        return {"balance": outputs[:, 0].tanh()}

    def gauges(self) -> dict[str, float]:
        return {"length": float(self.flat.norm())}


def _build(learner: type[ModuleLearner]) -> Any:
    return lambda experiment, data, device: learner(experiment, data, device)


build_conv, build_two_descents = _build(ConvLearner), _build(TwoDescentsLearner)
build_recurrent, build_game = _build(RecurrentLearner), _build(GameLearner)
build_thawed = _build(ThawedLearner)
build_mirror, build_blur = _build(MirrorLearner), _build(BlurLearner)
FAMILY_LINES = {
    "conv": "Conv",
    "two_descents": "TwoDescents",
    "thawed": "Thawed",
    "recurrent": "Recurrent",
    "game": "Game",
    "mirror": "Mirror",
    "blur": "Blur",
}


@pytest.fixture(scope="module")
def synthetic() -> Iterator[None]:
    """Everything of this file registered for the tests of a module."""
    with pytest.MonkeyPatch.context() as patch:

        def add(registry: Registry, name: str, attribute: str) -> None:
            patch.setitem(registry._lines, name, f"{__name__}:{attribute}")

        add(DATASETS, "patches", "Patches")
        add(DATASETS, "blank", "Blank")
        add(DATASETS, "letters", "Letters")
        for name, attribute in FAMILY_LINES.items():
            add(FAMILIES, name, attribute)
            add(LEARNERS, name, f"build_{name}")
        yield
