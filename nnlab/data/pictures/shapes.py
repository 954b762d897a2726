"""Shapes in colour whose factors are all known: any of them can be the question, about the same pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from nnlab.core.fields import param
from nnlab.core.forms import Pictures
from nnlab.core.records import SPLITS, Split
from nnlab.core.rng import stream
from nnlab.core.say import Said, say
from nnlab.data.pictures.card import Figures
from nnlab.data.pictures.spec import Indices, Pixels, Rendered, with_noise

SIDE, FINE = 32, 2
COLOURS = {
    "red": (214, 60, 44),
    "yellow": (232, 204, 62),
    "green": (0, 158, 115),
    "blue": (46, 112, 214),
    "purple": (172, 84, 190),
    "white": (236, 236, 236),
}
RADII = {"small": 4.0, "medium": 6.2, "large": 8.4}  # pixels
PLACES = {"top left": (10, 10), "top right": (22, 10), "bottom left": (10, 22), "bottom right": (22, 22)}
CLUTTER = {"none": 0, "some": 4, "much": 10}  # lines behind the shape
SHAPES = ("circle", "square", "triangle", "star", "cross", "ring")
FACTORS = {
    "shape": SHAPES,
    "colour": tuple(COLOURS),
    "size": tuple(RADII),
    "place": tuple(PLACES),
    "clutter": tuple(CLUTTER),
}
DARKEST, BRIGHTEST = 10, 70  # of the background
MOST = max(CLUTTER.values())


class Shapes(Rendered):
    """A shape on 32 × 32 pixels in colour, of which shape, colour, size, place and clutter are known; one of them is asked for."""

    title: ClassVar[str] = "Shapes in colour"
    frame: ClassVar[Pictures] = Pictures(SIDE, SIDE, 3)
    shows: ClassVar[Said] = say(
        "One of six shapes in one of six colours and three sizes, in one of four places, over much clutter, some or none. All five "
        "vary by themselves, and one of them is the class."
    )
    source: ClassVar[Said] = say("Drawn by nnlab.")
    licence: ClassVar[str] = "of nnlab"
    varies: ClassVar[str] = "factor"
    told_by: ClassVar[tuple[str, ...]] = ("factor",)
    figures: ClassVar[Mapping[str, Figures]] = {
        "shape": Figures(0.168, 0.54, 0.8),
        "colour": Figures(0.168, 0.978, 0.998),
        "size": Figures(0.334, 0.688, 0.896),
        "place": Figures(0.25, 1.0, 1.0),
        "clutter": Figures(0.334, 0.396, 0.83),
    }
    kind: Literal["shapes"]
    factor: Literal["shape", "colour", "size", "place", "clutter"] = param(
        "shape", label="What to recognise", help="The factor that the network is to tell; the pictures stay the same."
    )
    noise: float = param(
        10, ge=0, le=50, step=5, unit="%", label="Noise", help="How much every pixel strays (standard deviation)."
    )

    @property
    def class_names(self) -> tuple[str, ...]:
        """The values of the factor."""
        return FACTORS[self.factor]

    def sizes(self) -> tuple[int, int]:
        """Pictures that train and test: the same whatever is asked."""
        n_train = round(self.samples * self.train_share / 100)
        return self.few(n_train), self.samples - n_train

    def labels(self, split: Split, n: int) -> Indices:
        """The factor that is asked for."""
        return self._values(split, n)[self.factor]

    def factors(self) -> dict[str, Indices]:
        """Every factor of every picture, in the order of the rows that `load` gives: indices into `FACTORS`, (n,) each."""
        found = [self._values(split, n) for split, n in zip(SPLITS, self.sizes(), strict=True)]
        return {name: np.concatenate([values[name] for values in found]) for name in FACTORS}

    def _values(self, split: Split, n: int) -> dict[str, Indices]:
        """Every factor, each of its values as often as any other."""
        return {
            name: stream(self.seed, self.kind, split, name).permutation(np.arange(n) % len(values))
            for name, values in FACTORS.items()
        }

    def render(self, labels: Indices, split: Split) -> Pixels:
        """The pictures, with noise."""
        values = self._values(split, len(labels))
        drawn = self._drawn(values, stream(self.seed, self.kind, split, "drawing"))
        noisy = with_noise(
            lambda rows: drawn[rows], drawn.shape, self.noise, stream(self.seed, self.kind, split, "noise")
        )
        return np.ascontiguousarray(noisy.transpose(0, 3, 1, 2))

    def _drawn(self, values: dict[str, Indices], rng: np.random.Generator) -> Pixels:
        """(n, 32, 32, 3): background, clutter over it, the shape over both."""
        from PIL import Image, ImageDraw  # here, because the server draws none

        n, size = len(values["shape"]), SIDE * FINE
        jitter, grey = rng.uniform(-1, 1, (n, 4)), rng.integers(DARKEST, BRIGHTEST, n)
        hues = np.clip(np.array(list(COLOURS.values()))[values["colour"]] + rng.integers(-18, 19, (n, 3)), 0, 255)
        lines, paints = rng.uniform(0, 1, (n, MOST, 3)), rng.integers(60, 220, (n, MOST, 3))
        radius = np.array(list(RADII.values()))[values["size"]] + 0.6 * jitter[:, 0]
        centre = np.array(list(PLACES.values()))[values["place"]] + 1.6 * jitter[:, 1:3]
        count = np.array(list(CLUTTER.values()))[values["clutter"]]
        found = np.empty((n, SIDE, SIDE, 3), np.uint8)
        turn = np.pi * lines[..., 2]
        half = 5 * np.stack([np.cos(turn), np.sin(turn)], -1)
        ends = np.concatenate([size * lines[..., :2] - half, size * lines[..., :2] + half], -1)
        corners = _corners(values["shape"], centre, radius, 0.25 * jitter[:, 3])
        for i in range(n):
            ground = (int(grey[i]),) * 3
            picture = Image.new("RGB", (size, size), ground)
            draw = ImageDraw.Draw(picture)
            for line, paint in zip(ends[i, : count[i]].tolist(), paints[i].tolist(), strict=False):
                draw.line(line, fill=tuple(paint), width=FINE)
            for polygon, paint in zip(corners[i], (tuple(hues[i].tolist()), ground), strict=False):
                draw.polygon(polygon, fill=paint)
            found[i] = np.asarray(picture.reduce(FINE))
        return found


def _corners(
    shapes: Indices, centre: NDArray[np.float64], radius: NDArray[np.float64], angles: NDArray[np.float64]
) -> list[list[list[float]]]:
    """The polygons of each picture, in fine pixels: x and y of one corner after the other. Shapes of one kind at once."""
    found: list[list[list[float]]] = [[] for _ in shapes]
    for kind, shape in enumerate(SHAPES):
        rows = np.flatnonzero(shapes == kind)
        for outline in outlines(shape, angles[rows]):
            places = FINE * (centre[rows, None] + radius[rows, None, None] * outline)
            for row, polygon in zip(rows, places.reshape(len(rows), -1).tolist(), strict=True):
                found[row].append(polygon)
    return found


def outlines(shape: str, angles: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """The polygons of a shape of radius 1 around 0, (n, corners, 2) each; the second, of a ring, is its hole. Turned by `angles` (n,)."""
    turns = {"circle": 32, "ring": 32, "square": 4, "triangle": 3, "star": 10, "cross": 12}[shape]
    at = 2 * np.pi * np.arange(turns) / turns - np.pi / 2
    reach = np.ones(turns)
    if shape == "square":
        at = at + np.pi / 4
    elif shape == "star":
        reach[1::2] = 0.42
    elif shape == "cross":
        corner = np.arctan2(0.32, 0.95)
        at = np.repeat(np.pi / 2 * np.arange(4), 3) + np.tile([-corner, corner, np.pi / 4], 4)
        reach = np.tile([np.hypot(0.32, 0.95), np.hypot(0.32, 0.95), 0.32 * np.sqrt(2)], 4)
    turned = at + angles[:, None]
    outer = reach[:, None] * np.stack([np.cos(turned), np.sin(turned)], axis=2)
    return [outer, 0.55 * outer] if shape == "ring" else [outer]
