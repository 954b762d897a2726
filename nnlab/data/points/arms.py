"""Interleaved spiral arms, one a class: r = 5 i / n, angle = 2 pi turns i / n + 2 pi arm / arms."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from nnlab.core.fields import param
from nnlab.data.points.spec import Points, PointsSpec, Values, jitter

RADIUS = 5.0


class Arms(PointsSpec):
    """Two to five spiral arms: a test of how often a network can bend."""

    title: ClassVar[str] = "Spiral arms"
    kind: Literal["arms"]
    n_classes: int = param(3, ge=2, le=5, label="Arms", help="Number of spiral arms; each is a class.")
    turns: float = param(
        1.0, ge=0.25, le=3, step=0.25, label="Turns", live=True, help="How often an arm winds around the centre."
    )

    @property
    def classes(self) -> int:
        """One class an arm."""
        return self.n_classes

    def draw(self, n: int, noise: float, rng: np.random.Generator) -> Points:
        """Points at even steps along each arm, each moved by up to `noise` along both axes."""
        return wind(n, self.n_classes, turns=self.turns, steps=jitter(rng, n, 1.0) * noise)


def wind(n: int, arms: int, *, turns: float, steps: Values) -> Points:
    """`n` points shared among `arms` arms, row by row in turn, moved by `steps` (n, 2)."""
    y = np.arange(n) % arms
    along = (np.arange(n) // arms) / (n / arms)
    angle = 2 * np.pi * (turns * along + y / arms)
    r = RADIUS * along
    return np.stack([r * np.sin(angle), r * np.cos(angle)], axis=1) + steps, y.astype(float)
