"""Characters of fonts: the fonts of the test set are of families from which the network has seen nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnlab.core.fields import param
from nnlab.core.forms import Pictures
from nnlab.core.records import Split
from nnlab.core.rng import stream
from nnlab.core.say import Said, say
from nnlab.data.pictures.card import Figures
from nnlab.data.pictures.drawn import Drawable
from nnlab.data.pictures.spec import Indices, Pixels
from nnlab.data.pictures.strokes import strokes
from nnlab.data.pictures.varied import Varied

STYLES = ("regular", "bold", "italic", "bold italic")
# family -> the file of each style that it has
FAMILIES: Mapping[str, Mapping[str, str]] = {
    "DejaVu Sans": dict(
        zip(STYLES, (f"DejaVuSans{s}.ttf" for s in ("", "-Bold", "-Oblique", "-BoldOblique")), strict=True)
    ),
    "DejaVu Sans Mono": dict(
        zip(STYLES, (f"DejaVuSansMono{s}.ttf" for s in ("", "-Bold", "-Oblique", "-BoldOblique")), strict=True)
    ),
    "DejaVu Serif": dict(
        zip(STYLES, (f"DejaVuSerif{s}.ttf" for s in ("", "-Bold", "-Italic", "-BoldItalic")), strict=True)
    ),
    "STIX General": dict(zip(STYLES, (f"STIXGeneral{s}.ttf" for s in ("", "Bol", "Italic", "BolIta")), strict=True)),
    "Computer Modern Serif": {"regular": "cmr10.ttf", "bold": "cmb10.ttf", "italic": "cmti10.ttf"},
    "Computer Modern Sans": {"regular": "cmss10.ttf"},
    "Computer Modern Typewriter": {"regular": "cmtt10.ttf"},
}
WHOLE = tuple(family for family, faces in FAMILIES.items() if len(faces) == len(STYLES))  # with Greek as well
CAPITALS, SMALL = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"
CHARACTERS = {
    "digits": "0123456789",
    "capitals": CAPITALS,
    "small": SMALL,
    "greek": "αβγδεζηθικλμνξοπρστυφχψω",
    "style": "0123456789" + CAPITALS + SMALL,
}


class Chosen(NamedTuple):
    """What each picture shows, (n,) each: its family, the file of its face, and its character."""

    families: tuple[str, ...]
    files: tuple[str, ...]
    characters: tuple[str, ...]


class Glyphs(Drawable, Varied):
    """Characters of 28 × 28 pixels from seven families of fonts: the families of the test set train nothing."""

    title: ClassVar[str] = "Glyphs of fonts"
    frame: ClassVar[Pictures] = Pictures(28, 28)
    shows: ClassVar[Said] = say(
        "Characters of fonts, white on black, turned, scaled, slanted and moved at random. Whole families of fonts test, so that "
        "what is learned must hold for fonts never seen; digits that a pen draws may be mixed into the training set."
    )
    source: ClassVar[Said] = say("The fonts inside matplotlib: DejaVu, STIX and Computer Modern (BaKoMa).")
    licence: ClassVar[str] = "Bitstream Vera and DejaVu, STIX Font License, BaKoMa Fonts Licence"
    varies: ClassVar[str] = "what"
    told_by: ClassVar[tuple[str, ...]] = ("what", "strokes")
    figures: ClassVar[Mapping[str, Figures]] = {
        "digits": Figures(0.1, 0.798, 0.958),
        "capitals": Figures(0.039, 0.586, 0.858),
        "small": Figures(0.039, 0.616, 0.838),
        "greek": Figures(0.042, 0.598, 0.881),
        "style": Figures(0.25, 0.472, 0.672),
    }
    kind: Literal["glyphs"]
    samples: int = param(
        5_000, ge=100, le=20_000, label="Samples", unit="pictures", help="Pictures in training and test set together."
    )
    what: Literal["digits", "capitals", "small", "greek", "style"] = param(
        "digits",
        label="What to recognise",
        choices=(
            ("digits", "Digits"),
            ("capitals", "Capital letters"),
            ("small", "Small letters"),
            ("greek", "Greek letters"),
            ("style", "Style of the font"),
        ),
        help="Which characters there are, and what the network is to tell about them.",
    )
    strokes: float = param(
        40,
        ge=0,
        le=100,
        step=5,
        unit="%",
        label="Drawn digits among them",
        help="Part of the training set that a pen has drawn and no font; of digits only. The test set has none.",
    )

    @property
    def class_names(self) -> tuple[str, ...]:
        """The characters, or the styles."""
        return STYLES if self.what == "style" else tuple(CHARACTERS[self.what])

    def families(self, split: Split) -> tuple[str, ...]:
        """The families of fonts of a set: two of seven test, or one of the four that have all styles and Greek."""
        there = WHOLE if self.what in ("greek", "style") else tuple(FAMILIES)
        order = [there[i] for i in stream(self.seed, "families").permutation(len(there))]
        tests = 2 if len(there) > len(WHOLE) else 1
        return tuple(order[:tests] if split == "test" else order[tests:])

    def chosen(self, labels: Indices, split: Split) -> Chosen:
        """Family, face and character for each label: every family as often, then every face of it."""
        draws = stream(self.seed, self.kind, split, "faces").random((len(labels), 3))
        families, there = [], self.families(split)
        files, characters, letters = [], [], CHARACTERS[self.what]
        for label, (family, face, letter) in zip(labels.tolist(), draws.tolist(), strict=True):
            families.append(there[int(family * len(there))])
            faces = FAMILIES[families[-1]]
            style = STYLES[label] if self.what == "style" else list(faces)[int(face * len(faces))]
            files.append(faces[style])
            characters.append(letters[int(letter * len(letters)) if self.what == "style" else label])
        return Chosen(tuple(families), tuple(files), tuple(characters))

    def by_pen(self, split: Split, n: int) -> NDArray[np.bool_]:
        """Which of the `n` pictures of a set a pen has drawn; another share moves only those between the two."""
        share = self.strokes / 100 if self.what == "digits" and split == "train" else 0.0
        return stream(self.seed, self.kind, split, "which").permutation(n) < round(share * n)

    def render(self, labels: Indices, split: Split) -> Pixels:
        """Glyphs and strokes, paler and with noise."""
        return self.exposed(self._drawings(labels, split), split)

    def _drawings(self, labels: Indices, split: Split) -> NDArray[np.float32]:
        """(n, 28, 28), 0…1. Both kinds of a picture go through the same map."""
        from nnlab.data.pictures import fonts  # here, because the server renders none

        n = len(labels)
        matrix, moved = self.warps(split, n)
        pen, chosen = self.by_pen(split, n), self.chosen(labels, split)
        found = np.empty((n, 28, 28), np.float32)
        set_in_type = np.flatnonzero(~pen)
        masters = [fonts.master(chosen.files[i], chosen.characters[i]) for i in set_in_type]
        found[~pen] = fonts.rendered(masters, matrix[~pen], moved[~pen])
        if pen.any():
            found[pen] = strokes(labels, matrix, moved, stream(self.seed, self.kind, split, "pens"), pen)
        return found
