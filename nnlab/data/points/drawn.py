"""An empty plane for the user's own points."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from nnlab.core.fields import param
from nnlab.core.forms import Answer, Target
from nnlab.core.records import Examples
from nnlab.core.rng import stream
from nnlab.data.points.spec import PlaneSpec


class Drawn(PlaneSpec):
    """Only what was added by hand: no points at first, which is a legal dataset of 0 rows."""

    title: ClassVar[str] = "Your own points"
    told_by: ClassVar[tuple[str, ...]] = ("added",)
    kind: Literal["drawn"]
    labels: Literal["classes", "numbers"] = param(
        "classes",
        label="Labels",
        choices=(("classes", "Classes"), ("numbers", "Numbers")),
        help="Whether a point belongs to a class or has a number between −1 and 1.",
    )
    n_classes: int = param(2, ge=2, le=5, label="Classes", help="Classes to choose from when you add a point.")
    train_share: float = param(
        100,
        ge=10,
        le=100,
        step=5,
        unit="%",
        label="Training share",
        live=True,
        help="Share of the points that the network learns from; the rest, chosen at random, are the test set.",
    )

    @property
    def target(self) -> Target:
        """As `labels` says."""
        return "class" if self.labels == "classes" else "number"

    @property
    def classes(self) -> int:
        """`n_classes`, or 1 for numbers."""
        return self.n_classes if self.labels == "classes" else 1

    def base(self) -> Examples:
        """Nothing: 0 rows."""
        return Examples(
            inputs=np.zeros((0, 2), np.float32),
            targets=np.zeros(0, np.float32),
            is_test=np.zeros(0, bool),
            ids=np.zeros(0, np.int64),
            answer=Answer(self.target, self.classes),
        )

    def added_is_test(self) -> NDArray[np.bool_]:
        """A random draw for each point, so that another point never changes the split of the others; the first one always trains."""
        is_test = stream(self.seed, "split").random(len(self.added)) * 100 >= self.train_share
        is_test[:1] = False
        if self.train_share < 100 and len(is_test) > 1 and not is_test.any():
            is_test[1] = True
        return is_test
