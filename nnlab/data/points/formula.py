"""Data from a typed formula: classes by the side of a curve y = f(x), or targets from a surface f(x, y)."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import AfterValidator

from nnlab.core.errors import Refused
from nnlab.core.fields import param
from nnlab.core.forms import Answer, Scale, Target
from nnlab.core.formula import MAX_LENGTH, check_finite, parse
from nnlab.core.records import Examples
from nnlab.core.sentences import refusing
from nnlab.data.points.edits import LIMIT
from nnlab.data.points.spec import Points, PointsSpec, Values, jitter


def _curve(text: str) -> str:
    return _accepted(text, ("x",))


def _surface(text: str) -> str:
    return _accepted(text, ("x", "y"))


def _accepted(text: str, variables: tuple[str, ...]) -> str:
    """The text itself, where it is a formula that is finite on the plane."""
    try:
        check_finite(parse(text, variables), limit=LIMIT)
    except Refused as refused:
        raise refusing(*refused.problems) from None
    return text


class Formula(PointsSpec):
    """Class 1 above the curve y = f(x), class 0 on it and below."""

    title: ClassVar[str] = "Formula y > f(x)"
    kind: Literal["formula"]
    f: Annotated[str, AfterValidator(_curve)] = param(
        "2 * sin(x)",
        label="y > f(x), with f(x) =",
        live=True,
        widget="text",
        max_length=MAX_LENGTH,
        help="Points above this curve are class 1. Use x, numbers, + - * / ^ and functions such as sin, exp, abs, min.",
    )

    def draw(self, n: int, noise: float, rng: np.random.Generator) -> Points:
        """Uniform points; the label is that of the point after a step of up to 5 * noise."""
        x = rng.uniform(-LIMIT, LIMIT, (n, 2))
        strayed = x + jitter(rng, n, 5.0) * noise
        curve = parse(self.f, ("x",)).evaluate({"x": strayed[:, 0]})
        return x, (strayed[:, 1] > curve).astype(float)


class FormulaSurface(PointsSpec):
    """The target is f(x, y), divided by its largest size on the plane so that it lies in [-1, 1]."""

    title: ClassVar[str] = "Formula f(x, y)"
    kind: Literal["formula_surface"]
    f: Annotated[str, AfterValidator(_surface)] = param(
        "sin(x) * cos(y)",
        label="Target f(x, y) =",
        live=True,
        widget="text",
        max_length=MAX_LENGTH,
        help="The number to learn, scaled to [−1, 1]. Use x, y, numbers, + - * / ^ and functions such as sin and exp.",
    )

    @property
    def target(self) -> Target:
        """A number is predicted."""
        return "number"

    @property
    def classes(self) -> int:
        """1: there are no classes."""
        return 1

    def draw(self, n: int, noise: float, rng: np.random.Generator) -> Points:
        """Uniform points; the target is that of the point after a step of up to 6 * noise."""
        x = rng.uniform(-LIMIT, LIMIT, (n, 2))
        strayed = np.clip(x + jitter(rng, n, LIMIT) * noise, -LIMIT, LIMIT)
        return x, np.clip(_heights(self.f, strayed) / largest(self.f), -1, 1)

    def base(self) -> Examples:
        """The points, with the formula as the target's name and the scale back to its own values."""
        return replace(super().base(), answer=Answer("number", 1, (), self.f.strip(), Scale(0.0, largest(self.f))))


def _heights(text: str, x: Values) -> Values:
    """f at the points (n, 2); 0 on a pole, which the check on a grid can miss."""
    value = parse(text, ("x", "y")).evaluate({"x": x[:, 0], "y": x[:, 1]})
    return np.where(np.isfinite(value), value, 0.0)


@lru_cache(maxsize=64)
def largest(text: str) -> float:
    """The largest |f| on an even grid of the plane, 60 a side; 1 where f is 0 everywhere."""
    line = np.linspace(-LIMIT, LIMIT, 60)
    grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    return float(np.abs(_heights(text, grid)).max()) or 1.0
