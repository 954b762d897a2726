"""Icons on 28 × 28 pixels, white on black, of seven sets that designers have drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np

from nnlab.core.fields import param
from nnlab.core.forms import Pictures
from nnlab.core.say import Said, say
from nnlab.data.pictures.card import Figures
from nnlab.data.pictures.drawn import Drawable
from nnlab.data.pictures.found import FILES
from nnlab.data.pictures.spec import FromFile, Stored
from nnlab.data.pictures.split import Named

CLASSES = (
    *("star", "cloud", "hand", "mail", "heart", "phone", "house", "book", "camera", "car", "cart", "bell", "clock"),
    *("lock", "bus"),
)
# How many pictures each name has (to base 36), names in alphabetical order; a line a class.
NAMES = (
    "L26212222322211222162221G12362324224422221A",
    "J292A24A1221113C24214222221141812212811292733711121323814231A1171291186227",
    "96622221127162265111722646B132116111221668126111131116166613214662E22E7768",
    "6666E23212226211112231122211221121122222222262223222116122112212122167122132",
    "F21126154213311111A12282118411222141166121",
    "31522225126225211263132412B41241241B42423211223211231222612284A2222242422281229225517221111222122121125121215",
    "I2222212214211211112222112111132111211111112111114414142212114423122122431261131112221221166221241L11112614",
    "Z6466212243122222172342222111211222213131321232411122D2122226232222222652222212111G221222221122222221",
    "L123211111111112181212111612221111116111912269111121411421",
    "F211111127211411333333C1161111631126662111661112611121",
    "F11311111113113121111115111111111I22212121111622211621H21131111111121121116111",
    "B221342131111115115123C111666211289661662466666",
    "B24111112113143422J1111111422511141113511561211311111321122222211111121312121111121121221211222211421K856243233111212121542121111122212",
    "J121113722211111166116632L2242226111246132251126613111",
    "E7111111C1161112111K21111111111111111111211111661",
)


class Icons(Drawable, FromFile):
    """2,997 icons of 15 things on 28 × 28 pixels: simple enough to be drawn on the pad."""

    title: ClassVar[str] = "Icons"
    frame: ClassVar[Pictures] = Pictures(28, 28)
    shows: ClassVar[Said] = say(
        "Icons of 15 things, from star to bus, white on black. Icons of one name are near twins, so a name is on one side of the "
        "split only."
    )
    source: ClassVar[Said] = say(
        "The icon sets Material Design Icons, Material Symbols, Tabler, Phosphor, Fluent, MingCute and Lucide, through Iconify."
    )
    licence: ClassVar[str] = "Apache-2.0, MIT and ISC; see NOTICE"
    figures: ClassVar[Mapping[str, Figures]] = {"": Figures(0.114, 0.78, 0.836)}
    kind: Literal["icons"]
    samples: int = param(
        2_997, ge=100, le=2_997, label="Samples", unit="pictures", help="Pictures in training and test set together."
    )

    @property
    def class_names(self) -> tuple[str, ...]:
        """What the icons show."""
        return CLASSES

    def names(self) -> tuple[Named, ...]:
        """The counts above."""
        counts = (np.array([int(digit, 36) for digit in line]) for line in NAMES)
        return tuple(Named(count, count) for count in counts)

    def stored(self) -> Stored:
        """All pictures."""
        with np.load(FILES / "icons.npz", allow_pickle=False) as file:
            pixels, labels, names = file["images"][:, None], file["labels"].astype(np.int64), file["name"]
        all_of_them = np.ones(len(labels), bool)
        return Stored(pixels, labels, names, all_of_them, all_of_them)
