"""What can be chosen about a race of optimisers. No torch here: the server draws the controls from it."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, SerializeAsAny

from nnlab.core.errors import Problem
from nnlab.core.fields import param
from nnlab.core.forms import Surface as SurfaceForm
from nnlab.core.forms import Target
from nnlab.core.kinds import OptimizerSpec, pick
from nnlab.core.metrics import Metric
from nnlab.core.parts import DataSpec, ModelSpec
from nnlab.core.registries import OPTIMIZERS
from nnlab.core.say import say
from nnlab.core.training import Descent, Training
from nnlab.surfaces.chosen import chosen
from nnlab.surfaces.data import REACH, SurfaceData
from nnlab.surfaces.surface import Surface

Colour = Literal["blue", "orange", "green", "pink", "yellow", "red", "violet", "grey"]
COLOURS: tuple[Colour, ...] = ("blue", "orange", "green", "pink", "yellow", "red", "violet", "grey")
MOST_RACERS = 8


class Racer(Descent):
    """One optimiser on the surface, with its own settings; an epoch is one step."""

    control_order: ClassVar[tuple[str, ...]] = (
        "optimizer", "learning_rate", "schedule", "noise", "weight_decay", "clip_norm", "colour",
    )  # fmt: skip

    optimizer: Annotated[SerializeAsAny[OptimizerSpec], BeforeValidator(pick(OPTIMIZERS, "kind"))] = param(
        {"kind": "sgd"},
        label="Optimiser",
        help="The rule that turns gradients into updates. Muon works on matrices; for a position (x, y) it is AdamW.",
        validate_default=True,
    )
    noise: float | None = param(
        None,
        ge=0,
        le=100,
        label="Gradient noise",
        live=True,
        widget="number",
        step=0.1,
        empty="surface's",
        help="Standard deviation of the noise in each gradient, as with mini-batches. Empty: the surface's own.",
    )
    weight_decay: float = param(
        0.0,
        ge=0,
        le=1,
        label="Weight decay",
        live=True,
        widget="number",
        step=0.01,
        help="Pulls the position towards (0, 0), as the optimiser defines it. Without it AdamW is the same as Adam.",
    )
    colour: Colour = param("blue", label="Colour", live=True, help="The colour of its path; it also has its own mark.")


def _started() -> tuple[dict[str, Any], ...]:
    """The default racers: plain descent, momentum and Adam."""
    return (
        {"optimizer": {"kind": "sgd"}, "learning_rate": 0.03, "colour": "blue"},
        {"optimizer": {"kind": "momentum"}, "learning_rate": 0.01, "colour": "orange"},
        {"optimizer": {"kind": "adam"}, "learning_rate": 0.1, "colour": "green"},
    )


class Race(ModelSpec):
    """Up to eight optimisers race down one surface from the same start."""

    title: ClassVar[str] = "Race of optimisers"
    family: Literal["race"]
    forms: ClassVar[tuple[str, ...]] = (SurfaceForm.name,)
    targets: ClassVar[tuple[Target, ...]] = ("none",)
    pass_name: ClassVar[str] = "step"

    racers: tuple[Racer, ...] = param(
        _started(),
        max_length=MOST_RACERS,
        label="Racers",
        help="The optimisers that race, each with settings of its own.",
        validate_default=True,
    )
    start_x: float | None = param(
        None,
        ge=-1e3,
        le=1e3,
        label="Start x",
        widget="number",
        step=0.1,
        empty="surface's",
        help="Where the race begins. Empty: the surface's own start. Click the map to set it.",
    )
    start_y: float | None = param(
        None,
        ge=-1e3,
        le=1e3,
        label="Start y",
        widget="number",
        step=0.1,
        empty="surface's",
        help="Where the race begins. Empty: the surface's own start. Click the map to set it.",
    )

    def check(self, data: DataSpec, training: Training) -> list[Problem]:
        """There must be a racer, and the start must lie on the surface."""
        if not self.racers:  # not by min_length, which pydantic also counts where a racer alone is wrong
            return [
                Problem("model.racers", say("The racers must be 1 to {most}; got none. Add one.", most=MOST_RACERS))
            ]
        surface = surface_of(data)
        x_min, x_max, y_min, y_max = surface.domain
        problems = []
        for name, value, low, high in (("x", self.start_x, x_min, x_max), ("y", self.start_y, y_min, y_max)):
            if value is not None and not low <= value <= high:
                reason = "Start {axis} must be from {low:g} to {high:g} on the surface {surface}; got {got:g}."
                values = {"axis": name, "low": low, "high": high, "surface": surface.title, "got": value}
                problems.append(Problem(f"model.start_{name}", say(reason, **values)))
        return problems

    def metrics(self, data: DataSpec) -> tuple[Metric, ...]:
        """The lowest height of all racers; there are no test examples."""
        return (Metric("train_loss", "Lowest loss", "train", "loss", "lower"),)

    @classmethod
    def example(cls) -> dict[str, Any]:
        return {"data": {"kind": "surface"}, "model": {"family": "race"}}

    @classmethod
    def largest(cls) -> dict[str, Any]:
        racer = {"optimizer": {"kind": "adam"}, "learning_rate": 0.01}
        return {
            "data": {"kind": "surface", "surface": "rastrigin"},
            "model": {"family": "race", "racers": [racer] * MOST_RACERS},
        }

    def start(self, surface: Surface) -> tuple[float, float]:
        """Where all racers begin."""
        x, y = surface.start
        return (x if self.start_x is None else self.start_x, y if self.start_y is None else self.start_y)


def surface_of(data: DataSpec) -> Surface:
    """The surface that the data name."""
    if not isinstance(data, SurfaceData):
        raise TypeError(f"The data must be a surface; got {type(data).__name__}.")
    return chosen(data.surface, data.formula, REACH)


def usual_rate(kind: str, surface: Surface) -> float:
    """A learning rate with which the optimiser `kind` comes down from the surface's start, to two digits.

    Rules that follow the gradient's length take the surface's own rate, less where momentum adds up several gradients; rules
    that divide by it move about a rate a step, so theirs is a share of the surface's width.
    """
    width = min(surface.domain[1] - surface.domain[0], surface.domain[3] - surface.domain[2])
    shares = {"adagrad": 0.1, "rmsprop": 0.005, "lion": 0.003}
    if kind == "sgd":
        rate = surface.learning_rate
    elif kind in ("momentum", "nesterov"):
        rate = surface.learning_rate / 3
    else:
        rate = shares.get(kind, 0.02) * width
    return float(f"{rate:.1e}")
