"""A set of pictures, a family of blocks of several kinds and a page for them, which only tests know. Nothing here can train."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, SerializeAsAny

from nnlab.core.errors import Problem
from nnlab.core.fields import Spec, param
from nnlab.core.forms import Form, Pictures, Target
from nnlab.core.kinds import pick
from nnlab.core.parts import DataSpec, ModelSpec
from nnlab.core.records import Examples
from nnlab.core.registries import DATASETS, FAMILIES, TOPICS
from nnlab.core.registry import Registry
from nnlab.core.training import Training
from nnlab.ui.groups import USUAL
from nnlab.ui.presets import Preset
from nnlab.ui.topic import Topic

LOADED: list[str] = []  # of picture sets


class Digits(DataSpec):
    """60,000 pictures that a page has no business to load."""

    kind: Literal["toy_digits"]
    noise: float = param(0.0, ge=0, le=50, step=5, label="Noise", help="How much the pictures are disturbed.")

    @property
    def form(self) -> Form:
        return Pictures(28, 28)

    @property
    def classes(self) -> int:
        return 10

    def sizes(self) -> tuple[int, int]:
        return 50_000, 10_000

    def load(self) -> Examples:
        LOADED.append(self.kind)
        raise AssertionError("A page must not load pictures.")


class Block(Spec):
    """A part of a network of pictures."""

    kind: str


class Conv(Block):
    title: ClassVar[str] = "Convolution"
    kind: Literal["conv"]
    channels: int = param(8, ge=1, le=32, label="Channels", help="How many pictures it makes of one.")
    kernel: int = param(3, ge=1, le=7, step=2, label="Kernel", help="How far it looks.")


class Pool(Block):
    kind: Literal["max_pool"]
    size: int = param(2, ge=2, le=4, label="Size", help="How many places become one.")


class Norm(Block):
    """It has nothing to set."""

    kind: Literal["norm"]


BLOCKS = Registry("block", {"conv": f"{__name__}:Conv", "max_pool": f"{__name__}:Pool", "norm": f"{__name__}:Norm"})


class Cnn(ModelSpec):
    """Blocks of several kinds, one to four of them."""

    title: ClassVar[str] = "Toy CNN"
    family: Literal["toy_cnn"]
    forms: ClassVar[tuple[str, ...]] = (Pictures.name,)
    targets: ClassVar[tuple[Target, ...]] = ("class",)
    losses: ClassVar[Mapping[Target, tuple[str, ...]]] = {"class": ("cross_entropy", "mse")}
    blocks: tuple[Annotated[SerializeAsAny[Block], BeforeValidator(pick(BLOCKS, "kind"))], ...] = param(
        ({"kind": "conv"}, {"kind": "max_pool"}, {"kind": "norm"}),
        min_length=1,
        max_length=4,
        label="Blocks",
        help="What the pictures go through.",
        validate_default=True,
    )

    def check(self, data: DataSpec, training: Training) -> list[Problem]:
        pools = sum(block.kind == "max_pool" for block in self.blocks)
        return [Problem("model.blocks", "Blocks must hold at most two poolings; got 3.")] if pools > 2 else []


FIRST = Preset(
    "Three blocks", "Nothing happens.", None, {"data": {"kind": "toy_digits"}, "model": {"family": "toy_cnn"}}
)
TOPIC = Topic(name="toy", title="Toy", family="toy_cnn", presets={"three": FIRST}, views=("curves",), groups=USUAL)

LINES: tuple[tuple[Registry, str, str], ...] = (
    (DATASETS, "toy_digits", f"{__name__}:Digits"),
    (FAMILIES, "toy_cnn", f"{__name__}:Cnn"),
    (TOPICS, "toy", f"{__name__}:TOPIC"),
)


def register() -> None:
    """As if they were nnlab's own."""
    for registry, name, line in LINES:
        registry._lines[name] = line


def forget() -> None:
    """As it was before."""
    for registry, name, _ in LINES:
        registry._lines.pop(name, None)
    LOADED.clear()
