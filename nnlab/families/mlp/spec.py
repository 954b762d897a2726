"""What can be chosen about a multilayer perceptron. No torch here: the server draws the controls from it."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from nnlab.core.errors import Problem
from nnlab.core.fields import Spec, param
from nnlab.core.parts import DataSpec, ModelSpec
from nnlab.core.say import say
from nnlab.core.training import Training

Activation = Literal["relu", "leaky_relu", "gelu", "tanh", "sigmoid", "silu", "sine", "linear"]
Feature = Literal["x", "y", "x2", "y2", "xy", "sin_x", "sin_y", "cos_x", "cos_y", "r"]
Norm = Literal["none", "batch", "layer"]
Weight = Annotated[float, Field(ge=-1e6, le=1e6)]
Init = Literal["xavier", "he", "uniform", "zeros", "orthogonal"]

ACTIVATION_NAMES = (
    ("relu", "ReLU"),
    ("leaky_relu", "Leaky ReLU"),
    ("gelu", "GELU"),
    ("tanh", "Tanh"),
    ("sigmoid", "Sigmoid"),
    ("silu", "SiLU"),
    ("sine", "Sine"),
    ("linear", "Linear"),
)
FEATURE_NAMES = (
    ("x", "x"),
    ("y", "y"),
    ("x2", "x²"),
    ("y2", "y²"),
    ("xy", "xy"),
    ("sin_x", "sin x"),
    ("sin_y", "sin y"),
    ("cos_x", "cos x"),
    ("cos_y", "cos y"),
    ("r", "radius"),
)


class Layer(Spec):
    """One hidden layer."""

    units: int = param(
        4, ge=1, le=64, label="Neurons", help="Neurons in this layer. Up to 32, each one shows a heat map."
    )
    activation: Activation = param(
        "tanh",
        label="Activation",
        live=True,
        choices=ACTIVATION_NAMES,
        help="The function that each neuron applies to its weighted sum.",
    )


class MLP(ModelSpec):
    """0 to 8 hidden layers on chosen features of the plane."""

    title: ClassVar[str] = "Multilayer perceptron"
    told_by: ClassVar[tuple[str, ...]] = ("layers",)
    family: Literal["mlp"]
    features: tuple[Feature, ...] = param(
        ("x", "y"),
        min_length=1,
        max_length=10,
        label="Features",
        choices=FEATURE_NAMES,
        help="The inputs that the network gets from each point.",
    )
    layers: tuple[Layer, ...] = param(
        (Layer(units=4), Layer(units=2)),
        max_length=8,
        label="Hidden layers",
        help="Each layer transforms the output of the one before it.",
    )
    dropout: float = param(
        0.0,
        ge=0,
        le=0.9,
        step=0.05,
        label="Dropout",
        live=True,
        help="Share of hidden neurons switched off at random in each update.",
    )
    norm: Norm = param(
        "none",
        label="Normalisation",
        choices=(("none", "None"), ("batch", "Batch norm"), ("layer", "Layer norm")),
        help="Rescales the weighted sums of each hidden layer before its activation.",
    )
    skip: bool = param(
        False, label="Skip connections", help="Adds a layer's input to its output where both have the same width."
    )
    init: Init = param(
        "xavier",
        label="Initial weights",
        choices=(
            ("xavier", "Xavier"),
            ("he", "He"),
            ("uniform", "Uniform"),
            ("zeros", "Zeros"),
            ("orthogonal", "Orthogonal"),
        ),
        help="How the weights are chosen before the first update.",
    )
    init_scale: float = param(
        1.0, ge=0, le=10, step=0.1, label="Scale of the initial weights", help="Multiplies the random initial weights."
    )
    weights: tuple[Weight, ...] = param(
        (),
        max_length=500,
        label="Weights to start from",
        widget="none",
        help="All weights and biases in order instead of drawn ones; left alone where their number does not fit.",
    )

    def check(self, data: DataSpec, training: Training) -> list[Problem]:
        problems = []
        if len(set(self.features)) < len(self.features):
            reason = say("Features must be different from each other; one is listed twice.")
            problems.append(Problem("model.features", reason))
        if training.optimizer.kind == "muon" and not self.layers:
            reason = say(
                "Muon needs at least one hidden layer: it works on hidden weight matrices only. Add a layer or choose another "
                "optimiser."
            )
            problems.append(Problem("training.optimizer", reason))
        return problems

    @classmethod
    def example(cls) -> dict[str, Any]:
        return {"data": {"kind": "circle", "samples": 100}, "model": {"family": "mlp"}, "training": {"batch_size": 10}}

    @classmethod
    def largest(cls) -> dict[str, Any]:
        layers = [{"units": 64, "activation": "gelu"}] * 8
        return {
            "data": {"kind": "circle", "samples": 5_000, "train_share": 90},
            "model": {"family": "mlp", "layers": layers, "norm": "batch", "skip": True},
            "training": {"optimizer": {"kind": "adam"}, "batch_size": 20_000},
        }

    @property
    def plain(self) -> bool:
        """Whether the hand-written backward covers it: no dropout, norm or skip connections."""
        return self.dropout == 0 and self.norm == "none" and not self.skip
