"""What every analytic surface is: one expression in x and y, from which value, gradient and picture are all computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nnlab.core.formula import Formula, parse

Minimum = tuple[float, float, float]  # x, y, f(x, y)


@dataclass(frozen=True)
class Surface:
    """A loss surface f(x, y) with what is known about it.

    `domain` is (x_min, x_max, y_min, y_max); `minima` are its global minima in the domain (empty where unknown);
    `start` is a good place to begin; `noise` the standard deviation that its gradient carries by default;
    `log_height` says that the picture reads better with log(1 + f - f_min) as height.
    """

    title: str
    expression: str
    domain: tuple[float, float, float, float]
    minima: tuple[Minimum, ...]
    start: tuple[float, float]
    learning_rate: float
    watch: str
    source: str
    noise: float = 0.0
    log_height: bool = False

    @property
    def formula(self) -> Formula:
        """The parsed expression."""
        return parse(self.expression, ("x", "y"))

    def value(self, x: Any, y: Any, namespace: Any = np) -> Any:
        """f at arrays or tensors x and y of one shape, by numpy or torch."""
        return self.formula.evaluate({"x": x, "y": y}, namespace)
