"""Emoji on 32 × 32 pixels in colour, each drawn by up to four designers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np

from nnlab.core.fields import param
from nnlab.core.forms import Pictures
from nnlab.core.say import Said, say
from nnlab.data.pictures.card import Figures
from nnlab.data.pictures.found import FILES
from nnlab.data.pictures.spec import FromFile, Stored
from nnlab.data.pictures.split import Named

CLASSES = (
    *("face", "mammal", "bird", "sea and insects", "fruit and vegetables", "dish", "plant", "vehicle", "building"),
    *("sky", "clothing", "hand", "person", "flag", "tool", "sport and games", "music", "clock"),
)
STYLES = ("fluent-emoji-flat", "noto", "noto-v1", "twemoji")
OF_ONE_STYLE = "flag"  # which only Twemoji has drawn, so it is left out where a style is held out
# Which styles each name has (bits of a hexadecimal digit, the first style the lowest), names in alphabetical order; a line a class.
NAMES = (
    "ffffffbfffffffbbbfbfbbbbafbbfbbbbfbbfffffffffbbfffbbfffffffffffffffbffffffbffbfbffffbfffbbfffffffffebbfffffffbffffffffffffffbfbfbf",
    "bffbbbffffffffffbffffbffbfbbfbfffbbffbffbbfffffbfffbffffbfbbfffffb",
    "ffbfbfffbbbfffbbfbfbfb",
    "ffbfffbbfbfffffbfbffbbbfbbfbffffffffbffffb",
    "fffbbbbbfffbfffbbffffbfbbfbbbfffffaffff",
    "ffbffffbfbfbfbffbffffffffbbffbffbfbfbbbfffffffffbffbfbffbfffbbfffffbbffffffffbbfbffbf",
    "ffffffbfffffbafbffbfbffffffff",
    "fffffffbffffffffffffbfffbfffffbfffffffffbfbfffffbfbfffffbffffffffffffffb",
    "fbfffffffffbfffffbffffffbfffffffb",
    "ffffffffffffffffffffffffffbffffffffffffffffffff",
    "fbfbfbbffffbfbbbfffbffbffbffbffffbfbbfffbbbffbf",
    "ffffffffbfbbbfbbffffbbbbbffefffffffbbffffff",
    "bfb9fbbbbffbfbfbbbbbbbbbbbbbbbfdffffffffffffffffffbbbbbbbbbbfbbbbbffffffffffffffffffffbbbbbbbbfffffffffffbbbfbbbbbbfbbbbbbffbbfbbbbbbbfffbbbbfbbbfbbbbbbbbbbfffffffffffbbbbb",
    "8" * 258,
    "bfbbfffbfbbbbbfbfffbfbfbbbffffbbfbbfbbfbffbbbbbffbffafbbbffbfbbbfb",
    "fffffffbfffbbfbfffbffffbfffbfbbbffbbbfffbffbffbfffb",
    "bbfffbfaffbffbffffffffffffffff",
    "fffffffffffffffffffffffffffffff",
)


class Emoji(FromFile):
    """3,941 emoji of 18 kinds on 32 × 32 pixels in colour; the same emoji by several designers is on one side of the split only."""

    title: ClassVar[str] = "Emoji"
    frame: ClassVar[Pictures] = Pictures(32, 32, 3)
    shows: ClassVar[Said] = say(
        "Emoji of 18 kinds, from face to clock, on white. Those of the test set were never seen in any style; with a style held "
        "out, all that are tested are of that style and nothing that trains is."
    )
    source: ClassVar[Said] = say(
        "Noto Emoji in its new and its old style, Fluent Emoji (flat) and Twemoji, through Iconify; kinds from emoji-datasource."
    )
    licence: ClassVar[str] = "Apache-2.0, MIT and CC BY 4.0; see NOTICE"
    varies: ClassVar[str] = "held_out"
    told_by: ClassVar[tuple[str, ...]] = ("held_out",)
    figures: ClassVar[Mapping[str, Figures]] = {
        "none": Figures(0.145, 0.486, 0.497),
        "fluent-emoji-flat": Figures(0.168, 0.327, 0.385),
        "noto": Figures(0.163, 0.394, 0.486),
        "noto-v1": Figures(0.135, 0.411, 0.411),
        "twemoji": Figures(0.167, 0.211, 0.411),
    }
    kind: Literal["emoji"]
    samples: int = param(
        3_941, ge=100, le=3_941, label="Samples", unit="pictures", help="Pictures in training and test set together."
    )
    held_out: Literal["none", "fluent-emoji-flat", "noto", "noto-v1", "twemoji"] = param(
        "none",
        label="Style of the test set only",
        choices=(
            ("none", "None"),
            ("fluent-emoji-flat", "Fluent (flat)"),
            ("noto", "Noto"),
            ("noto-v1", "Noto, old"),
            ("twemoji", "Twemoji"),
        ),
        help="Tests on emoji of a designer from whom the network has seen nothing; without flags, which one designer alone has drawn.",
    )

    @property
    def class_names(self) -> tuple[str, ...]:
        """The kinds; with a style held out, without flags."""
        return CLASSES if self.held_out == "none" else tuple(name for name in CLASSES if name != OF_ONE_STYLE)

    def names(self) -> tuple[Named, ...]:
        """From the styles above."""
        found = []
        for name, line in zip(CLASSES, NAMES, strict=True):
            drawn = np.array([[int(digit, 16) >> bit & 1 for bit in range(len(STYLES))] for digit in line])
            if name in self.class_names:
                found.append(Named(drawn[:, self._of_style(False)].sum(1), drawn[:, self._of_style(True)].sum(1)))
        return tuple(found)

    def _of_style(self, tests: bool) -> list[int]:
        """Indices of the styles that test, or that train: all of them where none is held out."""
        return [i for i, style in enumerate(STYLES) if self.held_out == "none" or (style == self.held_out) is tests]

    def stored(self) -> Stored:
        """All pictures of the classes that there are."""
        with np.load(FILES / "emoji.npz", allow_pickle=False) as file:
            pixels, labels = file["images"].transpose(0, 3, 1, 2), file["labels"].astype(np.int64)
            names, style = file["name"], file["style"]
        trains, tests = (np.isin(style, [STYLES[i] for i in self._of_style(side)]) for side in (False, True))
        place = np.array([self.class_names.index(name) if name in self.class_names else -1 for name in CLASSES])
        return Stored(pixels, place[labels], names, trains, tests)
