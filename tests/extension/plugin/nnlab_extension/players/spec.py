"""Points on a ring that nobody has labelled, and what can be chosen about two players: one makes points, one judges them."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np

from nnlab.core.fields import param
from nnlab.core.forms import Answer
from nnlab.core.metrics import Metric
from nnlab.core.parts import DataSpec, ModelSpec
from nnlab.core.records import Examples
from nnlab.core.rng import stream
from nnlab.core.training import Descent


class EightHeaps(DataSpec):
    """Eight heaps of points on a circle."""

    kind: Literal["eight_heaps"]
    samples: int = param(1_000, ge=20, le=5_000, label="Samples", unit="points", help="Points in all; a fifth tests.")

    target: ClassVar[str] = "none"
    classes: ClassVar[int] = 1

    def sizes(self) -> tuple[int, int]:
        return self.samples - self.samples // 5, self.samples // 5

    def load(self) -> Examples:
        rng, n = stream(0, "eight_heaps"), self.samples
        angle = rng.integers(0, 8, n) * np.pi / 4
        points = 4 * np.stack([np.cos(angle), np.sin(angle)], 1) + rng.normal(0, 0.25, (n, 2))
        is_test = np.arange(n) >= n - n // 5
        return Examples(
            points.astype(np.float32), np.zeros((n, 0), np.float32), is_test, np.arange(n), answer=Answer("none", 1)
        )


class TwoPlayers(ModelSpec):
    """A generative adversarial network of two small networks (Goodfellow et al. 2014)."""

    title: ClassVar[str] = "Two players"
    targets: ClassVar[tuple[str, ...]] = ("none",)
    losses: ClassVar[dict[str, tuple[str, ...]]] = {}
    family: Literal["two_players"]
    units: int = param(32, ge=4, le=128, label="Units", help="Of both hidden layers of each player.")
    generator: Descent = param(
        Descent.model_validate({"optimizer": {"kind": "adam"}, "learning_rate": 0.002}),
        label="Generator",
        live=True,
        help="How the generator moves; the run's own descent is the discriminator's.",
    )

    def metrics(self, data: DataSpec) -> tuple[Metric, ...]:
        """How far made points lie from the nearest real ones, both players' losses, and what the discriminator takes for real."""
        return (
            Metric("off", "Made points off by", "", "distance", "lower"),
            Metric("d_loss", "Discriminator loss", "", "loss", ""),
            Metric("g_loss", "Generator loss", "", "loss", ""),
            Metric("real", "Real taken for real", "", "taken for real", "", "%"),
            Metric("fake", "Fake taken for real", "", "taken for real", "", "%"),
        )

    @classmethod
    def example(cls) -> dict[str, Any]:
        return {
            "data": {"kind": "eight_heaps", "samples": 400},
            "model": {"family": "two_players", "units": 16},
            "training": {"optimizer": {"kind": "adam"}, "learning_rate": 0.002, "batch_size": 50},
        }

    @classmethod
    def largest(cls) -> dict[str, Any]:
        return {
            "data": {"kind": "eight_heaps", "samples": 5_000},
            "model": {"family": "two_players", "units": 128},
            "training": {"batch_size": 4_000},
        }
