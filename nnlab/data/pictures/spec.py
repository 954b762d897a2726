"""What all sets of pictures share: how many, which share trains, a seed, a card; drawn anew or taken from a file.

A set is a pure function of its specification. Every factor draws from a stream of its own, and as many numbers whatever its
strength, so that a slider changes the same pictures. Form, classes and sizes are told without making or loading a picture.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnlab.core.fields import param
from nnlab.core.forms import Answer, Pictures
from nnlab.core.parts import DataSpec
from nnlab.core.records import SPLITS, Examples, Split
from nnlab.core.rng import stream
from nnlab.core.say import Said
from nnlab.data.pictures.card import Card, Figures
from nnlab.data.pictures.split import Cut, Named, cut

NOISY = 200  # pictures that get their noise at once
Pixels = NDArray[np.uint8]
Indices = NDArray[np.int64]


class PicturesSpec(DataSpec):
    """Pictures of several classes with a split by class: none is missing on either side."""

    frame: ClassVar[Pictures]
    shows: ClassVar[Said]
    source: ClassVar[Said]
    licence: ClassVar[str]
    varies: ClassVar[str] = ""  # the field on which the figures of the card depend
    figures: ClassVar[Mapping[str, Figures]] = {}  # by its value; by "" where none does

    samples: int = param(
        2_500, ge=100, le=20_000, label="Samples", unit="pictures", help="Pictures in training and test set together."
    )
    train_share: int = param(
        80,
        ge=10,
        le=90,
        step=5,
        unit="%",
        label="Training share",
        help="Part of each class that the network learns from; the rest tests it.",
    )
    per_class: int = param(
        0,
        ge=0,
        le=500,
        label="Training pictures a class",
        widget="number",
        help="At most so many train for each class, to see what few examples are worth; 0 means all of them. The test set stays.",
    )
    seed: int = param(
        0,
        ge=0,
        le=2**31 - 1,
        label="Seed of the data",
        widget="number",
        help="Draws other pictures, or other ones for the test set.",
    )

    @property
    def form(self) -> Pictures:
        """Height, width and channels."""
        return self.frame

    @property
    @abstractmethod
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes in the order of their indices."""

    @property
    def classes(self) -> int:
        """One for each name."""
        return len(self.class_names)

    @property
    def card(self) -> Card:
        """What is told about these pictures."""
        figures = self.figures.get(str(getattr(self, self.varies)) if self.varies else "")
        return Card(self.shows, self.source, self.licence, figures)

    @abstractmethod
    def base(self) -> Examples:
        """The pictures before edits by hand, which the caller does not change."""

    def load(self) -> Examples:
        """The arrays, which the caller owns: inputs (n, channels, height, width) uint8, training rows before test rows."""
        made = _loaded(self)
        copies = {name: getattr(made, name).copy() for name in ("inputs", "targets", "is_test", "ids")}
        return replace(made, **copies)

    def examples(self, inputs: Pixels, labels: Indices, n_train: int, ids: Indices | None = None) -> Examples:
        """Arrays as `Examples`: the first `n_train` rows train; `ids` are 0, 1, … where none are given."""
        answer = Answer(self.target, self.classes, self.class_names)
        rows = np.arange(len(labels))
        return Examples(
            inputs, labels.astype(np.float32), rows >= n_train, rows if ids is None else ids, self.form, answer
        )


@lru_cache(maxsize=4)
def _loaded(spec: PicturesSpec) -> Examples:
    """Kept, because a page, its run and an edit by hand ask for the same pictures."""
    return spec.base()


class Rendered(PicturesSpec):
    """Pictures that are drawn from scratch, as many of each class as of any other."""

    def sizes(self) -> tuple[int, int]:
        """Pictures that train and test; either set holds each class once at least."""
        n_train = round(self.samples * self.train_share / 100)
        n_train = min(max(n_train, self.classes), self.samples - self.classes)
        return self.few(n_train), self.samples - n_train

    def few(self, n_train: int) -> int:
        """How many of `n_train` pictures train where only so many of a class may."""
        return min(n_train, self.per_class * self.classes) if self.per_class else n_train

    def labels(self, split: Split, n: int) -> Indices:
        """The class of each picture of a set, (n,): every class as often as any other, in a random order."""
        return stream(self.seed, self.kind, split, "labels").permutation(np.arange(n) % self.classes)

    @abstractmethod
    def render(self, labels: Indices, split: Split) -> Pixels:
        """A picture for each label: (n, channels, height, width)."""

    def base(self) -> Examples:
        """Both sets, each from streams of its own."""
        labels = {split: self.labels(split, n) for split, n in zip(SPLITS, self.sizes(), strict=True)}
        pictures = [self.render(labels[split], split) for split in SPLITS]
        return self.examples(np.concatenate(pictures), np.concatenate(list(labels.values())), len(labels["train"]))


def with_noise(
    drawn: Callable[[slice], NDArray[Any]], shape: tuple[int, ...], strength: float, rng: np.random.Generator
) -> Pixels:
    """`drawn` (n, …) 0…255 as bytes with noise, whose standard deviation is `strength` % of white; `drawn(rows)` gives some of them.

    Some pictures at a time, whose numbers stay in the processor's cache: all of them at once would be a quarter of a gigabyte.
    """
    found = np.empty(shape, np.uint8)
    for at in range(0, len(found), NOISY):
        rows = slice(at, at + NOISY)
        noise = rng.standard_normal(found[rows].shape, np.float32)
        noise *= np.float32(255 * strength / 100)
        noise += drawn(rows)
        noise += np.float32(0.5)
        np.clip(noise, 0, 255, out=noise)
        found[rows] = noise
    return found


class Stored(NamedTuple):
    """The pictures of a file: pixels (n, channels, height, width), classes (n,), names (n,), which may train and which test (n,)."""

    pixels: Pixels
    labels: Indices
    names: NDArray[np.str_] | Indices
    trains: NDArray[np.bool_]
    tests: NDArray[np.bool_]


class FromFile(PicturesSpec):
    """Pictures of a file, split by name: what counts as near twins bears one name and stands on one side only.

    An id is the picture's row in the file.
    """

    @abstractmethod
    def names(self) -> Sequence[Named]:
        """How many pictures each name of each class has, names in alphabetical order: constants that a test compares with the file."""

    @abstractmethod
    def stored(self) -> Stored:
        """The pictures of the file."""

    def sizes(self) -> tuple[int, int]:
        """Pictures that train and test: `samples` of them, or as many as there are."""
        cuts = self._cuts()
        return sum(one.n_train for one in cuts), sum(one.n_test for one in cuts)

    def _cuts(self) -> tuple[Cut, ...]:
        cuts = cut(self.names(), self.samples, self.train_share, self.seed)
        most = self.per_class or self.samples
        return tuple(one._replace(n_train=min(one.n_train, most)) for one in cuts)

    def base(self) -> Examples:
        """The rows that the split of the names chooses, in the order of the file."""
        found = self.stored()
        rows: dict[Split, list[Indices]] = {split: [] for split in SPLITS}
        for label, one in enumerate(self._cuts()):
            rows["train"].append(_rows(found, label, found.trains, one.train_names)[: one.n_train])
            rows["test"].append(_rows(found, label, found.tests, one.test_names)[: one.n_test])
        train, test = (np.sort(np.concatenate(rows[split])) for split in SPLITS)
        ids = np.concatenate([train, test])
        return self.examples(np.ascontiguousarray(found.pixels[ids]), found.labels[ids], len(train), ids)


def _rows(found: Stored, label: int, allowed: NDArray[np.bool_], wanted: Indices) -> Indices:
    """Rows of class `label` that are `allowed`, name after name in the order `wanted`."""
    names, which = np.unique(found.names[found.labels == label], return_inverse=True)
    rows = np.flatnonzero(found.labels == label)
    place = np.full(len(names), -1)
    place[wanted] = np.arange(len(wanted))
    kept = allowed[rows] & (place[which] >= 0)
    return rows[kept][np.argsort(place[which][kept], kind="stable")]
