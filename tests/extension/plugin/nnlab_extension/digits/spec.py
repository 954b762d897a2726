"""Pictures of ten digits as a seven-segment display shows them, and what can be chosen about a small CNN."""

from __future__ import annotations

import os
from typing import Any, ClassVar, Literal

import numpy as np

from nnlab.core.fields import param
from nnlab.core.forms import Answer, Pictures
from nnlab.core.metrics import Metric, means, usual
from nnlab.core.parts import DataSpec, ModelSpec
from nnlab.core.records import Examples
from nnlab.core.rng import stream

LIT = ("abcdef", "bc", "abged", "abgcd", "fgbc", "afgcd", "afgedc", "abc", "abcdefg", "abcdfg")
FROM = {"a": (0, 0, 1, 9), "b": (0, 8, 8, 9), "c": (7, 8, 15, 9), "d": (14, 0, 15, 9), "e": (7, 0, 15, 1), "f": (0, 0, 8, 1), "g": (7, 0, 8, 9)}  # fmt: skip


class Segments(DataSpec):
    """Ten digits on 28 × 28 pixels, shifted, brighter and darker, with noise."""

    title: ClassVar[str] = "Seven segments"
    kind: Literal["segments"]
    samples: int = param(
        1_000, ge=20, le=25_000, label="Samples", unit="pictures", help="Pictures in all; a fifth tests."
    )
    noise: float = param(20, ge=0, le=100, unit="%", label="Noise", help="How much every pixel strays.")
    seed: int = param(0, ge=0, le=2**31 - 1, widget="number", label="Seed of the data", help="Draws other pictures.")

    form: ClassVar[Pictures] = Pictures(28, 28)
    classes: ClassVar[int] = 10

    def sizes(self) -> tuple[int, int]:
        return self.samples - self.samples // 5, self.samples // 5

    def load(self) -> Examples:
        if os.environ.get("LOADS"):  # a test wants to know who loads pictures
            with open(os.environ["LOADS"], "a") as file:
                print(os.getpid(), file=file)
        rng, n = stream(self.seed, "segments"), self.samples
        labels = np.arange(n) % 10
        pictures = rng.integers(0, 1 + round(self.noise * 2.55), (n, 1, 28, 28)).astype(np.uint8)
        shift, light = rng.integers(0, (11, 17), (n, 2)), rng.integers(150, 256, n)
        glyphs = np.zeros((10, 28, 28), bool)
        for digit, lit in enumerate(LIT):
            for top, left, bottom, right in (FROM[s] for s in lit):
                glyphs[digit, top + 1 : bottom + 3, left + 1 : right + 2] = True
        rows, columns = ((np.arange(28) - by[:, None]) % 28 for by in shift.T)
        lit = glyphs[labels[:, None, None], rows[:, :, None], columns[:, None, :]]
        pictures[:, 0] = np.where(lit, light[:, None, None], pictures[:, 0])
        is_test = rng.permutation(n) < n // 5
        return Examples(
            pictures,
            labels.astype(np.float32),
            is_test,
            np.arange(n),
            self.form,
            Answer("class", 10, tuple("0123456789")),
        )


class SmallCnn(ModelSpec):
    """Two convolutions, each with ReLU and max pooling, and one or two linear layers."""

    title: ClassVar[str] = "Small CNN"
    forms: ClassVar[tuple[str, ...]] = ("pictures",)
    targets: ClassVar[tuple[str, ...]] = ("class",)
    family: Literal["small_cnn"]
    channels: int = param(
        8, ge=2, le=32, label="Channels", help="Of the first convolution; the second has twice as many."
    )
    dense: int = param(
        0, ge=0, le=384, label="Dense units", help="Of a layer between the convolutions and the answer; 0 for none."
    )

    def metrics(self, data: DataSpec) -> tuple[Metric, ...]:
        """Loss, accuracy, and how often the true class is among the first three."""
        return (*usual(data.target), *means("top3", "top-3 accuracy", "higher", "%"))

    @classmethod
    def example(cls) -> dict[str, Any]:
        return {
            "data": {"kind": "segments", "samples": 200},
            "model": {"family": "small_cnn", "channels": 4},
            "training": {"learning_rate": 0.1, "batch_size": 20},
        }

    @classmethod
    def largest(cls) -> dict[str, Any]:
        return {
            "data": {"kind": "segments", "samples": 25_000},
            "model": {"family": "small_cnn", "channels": 32, "dense": 384},
            "training": {"batch_size": 20_000},
        }
