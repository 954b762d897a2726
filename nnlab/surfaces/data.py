"""A loss surface to descend, instead of points to learn from: a registered one, or a formula in x and y."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import AfterValidator

from nnlab.core.errors import Refused
from nnlab.core.fields import named, param
from nnlab.core.forms import Answer, Surface, Target
from nnlab.core.formula import MAX_LENGTH, check_finite, parse
from nnlab.core.parts import DataSpec
from nnlab.core.records import Examples
from nnlab.core.registries import SURFACES
from nnlab.core.sentences import refusing
from nnlab.surfaces.chosen import TYPED

NAMES = (("styblinski_tang", "Styblinski–Tang"), (TYPED, "Your own formula"))
POLES = 161  # looked at on each side: 0, 1 and a half lie among them, where a pole makes the lowest place a fiction
REACH = 4.0  # half a side of the square on which a typed formula is shown


def _accepted(text: str) -> str:
    """The text itself, where it is a formula of x and y that is finite all over the square."""
    try:
        for points in (60, POLES):
            check_finite(parse(text, ("x", "y")), limit=REACH, points=points)
    except Refused as refused:
        raise refusing(*refused.problems) from None
    return text


class SurfaceData(DataSpec):
    """A loss surface over x and y; it has no examples."""

    title: ClassVar[str] = "Surface"
    told_by: ClassVar[tuple[str, ...]] = ("surface",)
    kind: Literal["surface"]
    surface: Annotated[str, AfterValidator(named(SURFACES, (TYPED,)))] = param(
        "ravine", label="Surface", choices=NAMES, help="The loss surface of the race; you can type your own."
    )
    formula: Annotated[str, AfterValidator(_accepted)] = param(
        "x^2/8 + y^2 + sin(2*x)*cos(y)",
        label="Height f(x, y) =",
        widget="text",
        max_length=MAX_LENGTH,
        help="The height at x and y from −4 to 4. Use x, y, numbers, + - * / ^ and functions such as sin, exp and abs.",
    )

    @property
    def form(self) -> Surface:
        """A square of places."""
        return Surface(REACH)

    @property
    def target(self) -> Target:
        """Nothing is asked: the surface is the loss."""
        return "none"

    @property
    def classes(self) -> int:
        """1: there are no classes."""
        return 1

    def sizes(self) -> tuple[int, int]:
        """One row that stands for the whole surface."""
        return 1, 0

    def load(self) -> Examples:
        """One row that stands for the whole surface, so that an epoch is one step."""
        row = np.zeros((1, 2), np.float32)
        answer = Answer("none", 1, name="height")
        return Examples(row, row[:, :0], np.zeros(1, bool), np.zeros(1, np.int64), form=self.form, answer=answer)
