"""What all datasets of the plane share: split, seed and the user's edits; generated ones also count and noise.

A dataset is a pure function of its specification. Positions, noise and split draw from streams of their own, and the
number of random draws does not depend on the noise: turning it up moves the same points further from the same pattern.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from nnlab.core.fields import param
from nnlab.core.forms import Answer
from nnlab.core.parts import DataSpec
from nnlab.core.records import Examples
from nnlab.core.rng import stream
from nnlab.data.points.download import to_csv
from nnlab.data.points.edits import ADDED, LIMIT, Editable

Values = NDArray[np.float64]
Points = tuple[Values, Values]


class _Sampling(DataSpec):
    """Count and noise; a class of its own so that these controls come before the split."""

    samples: int = param(
        500,
        ge=10,
        le=5_000,
        label="Samples",
        unit="points",
        live=True,
        help="Points in training and test set together.",
    )
    noise: float = param(
        0.0, ge=0, le=50, step=5, unit="%", label="Noise", live=True, help="How far points stray from the pattern."
    )
    test_noise: float | None = param(
        None,
        ge=0,
        le=50,
        step=5,
        unit="%",
        label="Noise of the test set",
        live=True,
        empty="as in training",
        help="Separate noise for the test points. Empty: the same as for training.",
    )


class PlaneSpec(Editable):
    """Points with a split. Edits are applied last, so that moving a slider keeps them."""

    train_share: float = param(
        50,
        ge=10,
        le=90,
        step=5,
        unit="%",
        label="Training share",
        live=True,
        help="Share of the points that the network learns from; the rest are the test set.",
    )
    seed: int = param(
        0,
        ge=0,
        le=2**31 - 1,
        label="Seed of the data",
        live=True,
        widget="number",
        help="Another seed gives other points of the same pattern, and another split.",
    )
    downloads: ClassVar[str] = "csv"

    def load(self) -> Examples:
        """The arrays, edits included; the caller owns them. An empty dataset has arrays of 0 rows."""
        made = _load(self)
        copies = {name: getattr(made, name).copy() for name in ("inputs", "targets", "is_test", "ids")}
        return replace(made, **copies)

    def sizes(self) -> tuple[int, int]:
        """Points that train and test; edits count."""
        made = _load(self)
        return made.count("train"), made.count("test")

    def download(self) -> str:
        """Every point with its label, and whether it trains or tests the network."""
        return to_csv(self.load())


class PointsSpec(PlaneSpec, _Sampling):
    """Points drawn from a pattern."""

    @abstractmethod
    def draw(self, n: int, noise: float, rng: np.random.Generator) -> Points:
        """`n` points with `noise` in 0..0.5: x (n, 2) and y (n,). Positions beyond the plane are mirrored back."""

    def base(self) -> Examples:
        """Points with the training noise, and in the rows of the test set the same points with the test noise."""
        x, y = self.draw(self.samples, self.noise / 100, stream(self.seed, self.kind))
        is_test = split(self.samples, self.train_share, self.seed)
        if self.test_noise is not None:
            x_test, y_test = self.draw(self.samples, self.test_noise / 100, stream(self.seed, self.kind))
            x, y = np.where(is_test[:, None], x_test, x), np.where(is_test, y_test, y)
        return Examples(
            inputs=_into_plane(x).astype(np.float32),
            targets=y.astype(np.float32),
            is_test=is_test,
            ids=np.arange(self.samples),
            answer=Answer(self.target, self.classes),
        )


def split(n: int, train_share: float, seed: int) -> NDArray[np.bool_]:
    """Which of `n` rows test: a seeded permutation cut at the share, with one of each kept where `n` allows it.

    Another share moves only the rows between the two cuts.
    """
    n_train = round(n * train_share / 100)
    if n > 1:
        n_train = min(max(n_train, 1), n - 1)
    return stream(seed, "split").permutation(n) >= n_train


def jitter(rng: np.random.Generator, n: int, reach: float) -> Values:
    """Uniform steps (n, 2) in [-reach, reach], TensorFlow Playground's noise before it is scaled."""
    return rng.uniform(-reach, reach, (n, 2))


def _into_plane(x: Values) -> Values:
    """Positions beyond the border mirrored at it (a triangle wave), so that none pile up on the edge."""
    period = 4 * LIMIT
    return np.abs((x - LIMIT) % period - period / 2) - LIMIT


@lru_cache(maxsize=16)
def _load(spec: PlaneSpec) -> Examples:
    """Base and edits together; cached, because a page, its run and its download ask for the same one."""
    base = spec.base()
    added = np.array(spec.added, float).reshape(-1, 3)
    label = added[:, 2]
    x = np.concatenate([base.inputs, added[:, :2]]).astype(np.float32)
    ids = np.concatenate([base.ids, ADDED + np.arange(len(added))]).astype(np.int64)
    rows = {int(name): row for row, name in enumerate(ids)} if spec.moved else {}
    for name, at_x, at_y in spec.moved:
        if name in rows:
            x[rows[name]] = at_x, at_y
    keep = ~np.isin(ids, np.array(spec.removed, np.int64))
    if base.answer.kind == "class":
        keep[len(base.ids) :] &= (label == np.floor(label)) & (label >= 0) & (label < base.answer.classes)
    return replace(
        base,
        inputs=x[keep],
        targets=np.concatenate([base.targets, label]).astype(np.float32)[keep],
        is_test=np.concatenate([base.is_test, spec.added_is_test()])[keep],
        ids=ids[keep],
    )
