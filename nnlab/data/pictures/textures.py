"""Textures: patterns that fill the picture at any scale, angle and place, so that no single pixel tells anything.

A pattern is a function of u and v, coordinates in periods that are turned by an angle and moved by a phase.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from nnlab.core.fields import param
from nnlab.core.forms import Pictures
from nnlab.core.records import Split
from nnlab.core.rng import stream
from nnlab.core.say import Said, say
from nnlab.data.pictures.card import Figures
from nnlab.data.pictures.spec import Indices, Pixels, Rendered

SIDE = 32
PERIOD = 6.5  # pixels, of a pattern in the middle of the scales
CLASSES = ("stripes", "checks", "dots", "waves", "rings", "bricks", "grid", "clouds")
HARD = 3.0  # how steep an edge is
WAVES = 6  # that make a cloud
Plane = NDArray[Any]


class Textures(Rendered):
    """Eight textures of 32 × 32 pixels in grey, at many angles and scales."""

    title: ClassVar[str] = "Textures"
    frame: ClassVar[Pictures] = Pictures(SIDE, SIDE)
    shows: ClassVar[Said] = say(
        "Stripes, checks, dots, waves, rings, bricks, a grid and clouds, each at many angles, places and scales, in light "
        "or dark. No pixel tells a class, so a linear model has nothing to go by."
    )
    source: ClassVar[Said] = say("Drawn by nnlab.")
    licence: ClassVar[str] = "of nnlab"
    figures: ClassVar[Mapping[str, Figures]] = {"": Figures(0.126, 0.164, 0.83)}
    kind: Literal["textures"]
    angle: float = param(
        45,
        ge=0,
        le=90,
        step=5,
        unit="°",
        label="Turned by up to",
        help="Turns each texture by up to this to either side.",
    )
    scales: float = param(
        60,
        ge=0,
        le=100,
        step=5,
        unit="%",
        label="Spread of scales",
        help="At 100 % a pattern is up to twice as coarse or as fine.",
    )
    noise: float = param(
        10, ge=0, le=50, step=5, unit="%", label="Noise", help="How much every pixel strays (standard deviation)."
    )

    @property
    def class_names(self) -> tuple[str, ...]:
        """The patterns."""
        return CLASSES

    def render(self, labels: Indices, split: Split) -> Pixels:
        """The pictures, in another light each, with noise."""
        n, rng = len(labels), stream(self.seed, self.kind, split, "drawing")
        draws = rng.uniform(-1, 1, (n, 5)).astype(np.float32)
        waves = rng.uniform(0, 2 * np.pi, (n, WAVES, 2)).astype(np.float32)
        light = rng.uniform((0.25, 0.35), (0.45, 0.55), (n, 2)).astype(np.float32)[:, :, None, None]
        noise = rng.standard_normal((n, SIDE, SIDE), np.float32)
        u, v = self._coordinates(draws)
        found = noise * np.float32(255 * self.noise / 100)
        for label, pattern in enumerate(CLASSES):
            rows = labels == label
            values = drawn(pattern, u[rows], v[rows], waves[rows])
            found[rows] += 255 * (light[rows, 0] + light[rows, 1] * (values - np.float32(0.25)))
        np.clip(found + np.float32(0.5), 0, 255, out=found)
        return found.astype(np.uint8)[:, None]

    def _coordinates(self, draws: Plane) -> tuple[Plane, Plane]:
        """u and v of every pixel, (n, 32, 32) each, in periods."""
        angle = np.deg2rad(np.float32(self.angle)) * draws[:, 0]
        period = PERIOD * 2 ** (self.scales / 100 * draws[:, 1])
        at = np.arange(SIDE, dtype=np.float32) - np.float32((SIDE - 1) / 2)
        cos, sin = ((f(angle) / period)[:, None, None].astype(np.float32) for f in (np.cos, np.sin))
        phase = draws[:, 2:4, None, None] * 2
        x, y = at[None, None, :], at[None, :, None]
        return cos * x + sin * y + phase[:, 0], cos * y - sin * x + phase[:, 1]


def _ramp(value: Plane) -> Plane:
    """What lies beyond 0…1 set to the nearer of the two."""
    found: Plane = np.clip(value, 0, 1)
    return found


def _wave(u: Plane) -> Plane:
    """1 in one half of each period and 0 in the other, with soft edges."""
    return _ramp(0.5 + HARD / 2 * np.sin(2 * np.pi * u))


def _off(u: Plane) -> Plane:
    """How far it is to the nearest whole number, 0…0.5."""
    found: Plane = np.abs(u - np.round(u))
    return found


def drawn(pattern: str, u: Plane, v: Plane, waves: Plane) -> Plane:
    """The pattern as 0…1, in the shape of u and v; `waves` (n, 6, 2), angles and phases, are for clouds only."""
    match pattern:
        case "stripes":
            return _wave(u)
        case "checks":
            return _ramp(np.abs(_wave(u / 2) - _wave(v / 2)))
        case "dots":
            return _ramp(HARD * (0.36 - np.hypot(_off(u), _off(v))) + 0.5)
        case "waves":
            return _wave(u + 0.35 * np.sin(np.pi * v))
        case "rings":
            return _wave(np.hypot(u, v))
        case "bricks":
            joint = np.minimum(_off(v), 2 * _off(u / 2 + np.floor(v) / 2))
            return _ramp(2 * HARD * (joint - 0.12))
        case "grid":
            return 1 - _ramp(2 * HARD * (np.minimum(_off(u), _off(v)) - 0.1))
    return _clouds(u, v, waves)


def _clouds(u: Plane, v: Plane, waves: Plane) -> Plane:
    """Waves of two periods in random directions, added up."""
    angle, phase = waves[:, :, 0, None, None], waves[:, :, 1, None, None]
    total = np.zeros_like(u)
    for k in range(WAVES):
        total += np.cos(np.pi * (np.cos(angle[:, k]) * u + np.sin(angle[:, k]) * v) + phase[:, k])
    return _ramp(0.5 + total / WAVES)
