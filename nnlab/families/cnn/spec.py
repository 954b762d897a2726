"""What can be chosen about a convolutional network. No torch here: the server draws the controls from it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, SerializeAsAny

from nnlab.core.errors import Problem
from nnlab.core.fields import Spec, param
from nnlab.core.forms import Pictures, Target
from nnlab.core.kinds import pick
from nnlab.core.metrics import Metric, usual
from nnlab.core.parts import DataSpec, ModelSpec
from nnlab.core.registries import BLOCKS
from nnlab.core.say import say
from nnlab.core.training import Training
from nnlab.families.cnn.blocks import BlockSpec
from nnlab.families.cnn.shapes import MOST_BLOCKS, Refusal, Stage, refusals, stages

Init = Literal["he", "xavier", "normal"]


class Augment(Spec):
    """How training pictures are changed at random, anew in each update; 0 is off. Test pictures stay as they are."""

    shift: float = param(
        0.0,
        ge=0,
        le=50,
        unit="%",
        step=1,
        label="Shift",
        live=True,
        help="Up to this share of the side, in each direction.",
    )
    rotation: float = param(
        0.0, ge=0, le=180, unit="°", step=1, label="Rotation", live=True, help="Up to this angle, to both sides."
    )
    flip: float = param(
        0.0,
        ge=0,
        le=100,
        unit="%",
        step=5,
        label="Flip",
        live=True,
        help="Share of the pictures that is mirrored left to right.",
    )
    scale: float = param(
        0.0, ge=0, le=50, unit="%", step=1, label="Scale", live=True, help="Up to this much larger or smaller."
    )
    noise: float = param(
        0.0,
        ge=0,
        le=50,
        unit="%",
        step=1,
        label="Pixel noise",
        live=True,
        help="Standard deviation of what is added to each pixel, as a share of black to white.",
    )
    cut_out: float = param(
        0.0,
        ge=0,
        le=80,
        unit="%",
        step=5,
        label="Cut-out",
        live=True,
        help="Side of a black square, as a share of the picture's.",
    )

    @property
    def off(self) -> bool:
        """Whether nothing is changed."""
        return not any(self.model_dump().values())


class Convolutional(ModelSpec):
    """Blocks of several kinds on pictures; a last linear layer, which is always there, turns their result into the classes."""

    told_by: ClassVar[tuple[str, ...]] = ("blocks",)
    forms: ClassVar[tuple[str, ...]] = (Pictures.name,)
    targets: ClassVar[tuple[Target, ...]] = ("class",)
    blocks: tuple[Annotated[SerializeAsAny[BlockSpec], BeforeValidator(pick(BLOCKS, "kind"))], ...] = param(
        ({"kind": "conv"}, {"kind": "pool"}, {"kind": "conv", "channels": 16}, {"kind": "pool"}),
        max_length=MOST_BLOCKS,
        label="Blocks",
        help="What a picture goes through, from the first block to the last. Without any, the network is linear.",
        validate_default=True,
    )
    init: Init = param(
        "he",
        label="Initial weights",
        choices=(("he", "He"), ("xavier", "Xavier"), ("normal", "Normal")),
        help="How the weights are drawn before the first update.",
    )
    init_scale: float = param(
        1.0, ge=0, le=10, step=0.1, label="Scale of the initial weights", help="Multiplies the drawn weights."
    )
    augment: Augment = param(
        Augment(), label="Augmentation", live=True, help="Changes the training pictures at random in each update."
    )

    def check(self, data: DataSpec, training: Training) -> list[Problem]:
        """A network that is impossible for these pictures; Muon without a hidden layer."""
        problems = [replace(refusal.problem, instead=refusal.change) for refusal in self.refusals(data)]
        if training.optimizer.kind == "muon" and not any(block.width for block in self.blocks):
            reason = say(
                "Muon needs at least one convolution or fully connected block: it works on hidden weight matrices only. Add one "
                "or choose another optimiser."
            )
            problems.append(Problem("training.optimizer", reason))
        return problems

    def refusals(self, data: DataSpec) -> list[Refusal]:
        """What is impossible about the blocks for these pictures, each with the nearest possible values."""
        return refusals(self.blocks, *_asked(data))

    def stages(self, data: DataSpec) -> tuple[Stage, ...]:
        """Every stage with its shape for these pictures; the network must be possible."""
        return stages(self.blocks, *_asked(data))


class Cnn(Convolutional):
    """One convolutional network."""

    title: ClassVar[str] = "Convolutional network"
    family: Literal["cnn"]

    def metrics(self, data: DataSpec) -> tuple[Metric, ...]:
        """Loss and accuracy."""
        return usual(data.target)

    @classmethod
    def example(cls) -> dict[str, Any]:
        blocks = [
            {"kind": "conv", "channels": 4},
            {"kind": "batch_norm"},
            {"kind": "pool"},
            {"kind": "residual", "channels": 4},
            {"kind": "dropout", "rate": 0.1},
        ]
        return {
            "data": {"kind": "digits8", "samples": 200},
            "model": {"family": "cnn", "blocks": blocks, "augment": {"shift": 5, "noise": 5}},
            "training": {"learning_rate": 0.1, "batch_size": 20},
        }

    @classmethod
    def largest(cls) -> dict[str, Any]:
        blocks = [
            {"kind": "conv", "channels": 64, "kernel": 3, "activation": "gelu"},
            {"kind": "residual", "channels": 64},
            {"kind": "batch_norm"},
            {"kind": "pool", "stride": 1},
            {"kind": "dense", "units": 256},
            {"kind": "dropout"},
        ]
        augment = {"shift": 10, "rotation": 15, "flip": 50, "scale": 10, "noise": 10, "cut_out": 20}
        return {
            "data": {"kind": "digits8", "samples": 1_797, "train_share": 90},
            "model": {"family": "cnn", "blocks": blocks, "augment": augment},
            "training": {"optimizer": {"kind": "adam"}, "batch_size": 20_000},
        }


def _asked(data: DataSpec) -> tuple[Pictures, int]:
    """The form of the pictures and the numbers that answer them: one for two classes, else one a class."""
    form = data.form
    if not isinstance(form, Pictures):
        raise TypeError(f"The data must be pictures; got {form.name}.")
    return form, data.classes if data.classes > 2 else 1
