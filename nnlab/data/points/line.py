"""Points along a line: y = slope x + intercept + noise, with an outlier if wanted. The target is the point's own height."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np

from nnlab.core.fields import param
from nnlab.core.forms import Answer, Target
from nnlab.core.records import Examples
from nnlab.core.rng import stream
from nnlab.data.points.edits import LIMIT
from nnlab.data.points.spec import Points, PointsSpec, split

MOST_NOISE = 4.0  # standard deviation at a noise of 100 %


class Line(PointsSpec):
    """One input x and a target y that lies along a line. Moving a point changes both of its coordinates."""

    listed: ClassVar[bool] = False  # it is for the linear unit, whose page shows nothing else
    kind: Literal["line"]
    samples: int = param(
        60, ge=10, le=500, label="Samples", unit="points", live=True, help="Points in training and test set together."
    )
    train_share: float = param(
        100,
        ge=10,
        le=100,
        step=5,
        unit="%",
        label="Training share",
        live=True,
        help="Share of the points that the network learns from; the rest are the test set.",
    )
    slope: float = param(0.8, ge=-3, le=3, step=0.1, label="Slope", live=True, help="How steeply the line rises.")
    intercept: float = param(
        1.0, ge=-5, le=5, step=0.5, label="Height at x = 0", live=True, help="Where the line crosses x = 0."
    )
    centre: float = param(
        0.0, ge=-5, le=5, step=0.5, label="Centre of x", live=True, help="Where the middle of the points lies."
    )
    scale: float = param(
        4.0, ge=0.5, le=6, step=0.5, label="Spread of x", live=True, help="How far the points reach to each side."
    )
    outlier: float = param(
        0.0,
        ge=-10,
        le=10,
        step=1,
        label="Outlier",
        live=True,
        help="How far the last point is moved up; 0 means no outlier.",
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
        """Evenly random x in order, so that the last point is the rightmost; Gaussian noise across the line."""
        low, high = max(-LIMIT, self.centre - self.scale), min(LIMIT, self.centre + self.scale)
        x = np.sort(rng.uniform(low, high, n))
        y = self.slope * x + self.intercept + MOST_NOISE * noise * rng.standard_normal(n)
        y[-1:] += self.outlier
        at = np.stack([x, np.clip(y, -LIMIT, LIMIT)], 1)
        return at, at[:, 1]

    def base(self) -> Examples:
        """As in `PointsSpec`; a training share of 100 leaves no point to test with."""
        at, _ = self.draw(self.samples, self.noise / 100, stream(self.seed, self.kind))
        is_test = split(self.samples, self.train_share, self.seed)
        if self.train_share == 100:
            is_test[:] = False
        if self.test_noise is not None:
            other, _ = self.draw(self.samples, self.test_noise / 100, stream(self.seed, self.kind))
            at = np.where(is_test[:, None], other, at)
        x = at.astype(np.float32)
        ids = np.arange(self.samples)
        return Examples(x, x[:, 1].copy(), is_test, ids, answer=Answer("number", 1, name="y"))

    def load(self) -> Examples:
        """The arrays, edits included: a point that was moved or added has its height for a target."""
        made = super().load()
        return replace(made, targets=made.inputs[:, 1].copy())
