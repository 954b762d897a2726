"""What a person draws on a pad becomes a training example: 28 × 28 bits in the specification itself.

A drawing travels as base64url without padding of its bits, row by row, the leftmost pixel of a byte first: 131 characters.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import FailFast, Field

from nnlab.core.errors import Refused
from nnlab.core.fields import param
from nnlab.core.records import Examples
from nnlab.core.say import say
from nnlab.data.pictures.spec import PicturesSpec, Pixels, _loaded

SIDE = 28
CHARACTERS = 131  # of 98 bytes
MAX_DRAWN = 200
DRAWN = 1_000_000  # ids from here on are drawings
IDS = 2**30  # so many are told apart; ids travel as 32 bits
OPS = ("draw", "undraw", "restore")
_BITS = re.compile(f"[A-Za-z0-9_-]{{{CHARACTERS}}}")
Bits = Annotated[str, Field(pattern=f"^{_BITS.pattern}$")]
Drawing = tuple[Annotated[int, Field(ge=0, le=99)], Bits]


def packed(picture: NDArray[Any]) -> str:
    """The bits of a picture (28, 28): what is above 127, or True, is ink."""
    ink = picture if picture.dtype == bool else picture > 127
    return base64.urlsafe_b64encode(np.packbits(ink).tobytes()).decode().rstrip("=")


def unpacked(bits: str) -> Pixels:
    """The picture (28, 28) of `bits`, 0 or 255; raises ValueError where they are too few or too many."""
    data = base64.urlsafe_b64decode(bits + "=" * (-len(bits) % 4))
    ink: NDArray[np.uint8] = np.unpackbits(np.frombuffer(data, np.uint8)).reshape(SIDE, SIDE)
    return ink * np.uint8(255)


def drawing_id(label: int, bits: str) -> int:
    """The id of a drawing: a function of what it is, so that it stays when another one is taken away."""
    return DRAWN + zlib.crc32(bytes([label]) + np.packbits(unpacked(bits) > 0).tobytes()) % IDS


class Drawable(PicturesSpec):
    """Pictures of 28 × 28 pixels in grey to which drawings can be added; those train the network and never test it.

    Drawings of a class that does not exist (any more), and a second one that is the same, are ignored.
    """

    edits: ClassVar[tuple[str, ...]] = ("drawn",)

    drawn: Annotated[tuple[Drawing, ...], FailFast()] = param(
        (),
        max_length=MAX_DRAWN,
        label="Drawn examples",
        live=True,
        widget="none",
        help="What was drawn on the pad: the class, and 28 × 28 bits.",
    )

    def load(self) -> Examples:
        """The arrays, drawings behind the others; the caller owns them."""
        if not self.drawn:
            return super().load()
        made = _loaded(self._blank())
        kept = list(self._kept())
        ids = np.array([one for one, _, _ in kept], np.int64)
        pictures = np.array([unpacked(bits) for _, _, bits in kept], np.uint8).reshape(-1, 1, SIDE, SIDE)
        return replace(
            made,
            inputs=np.concatenate([made.inputs, pictures]),
            targets=np.concatenate([made.targets, np.array([label for _, label, _ in kept], np.float32)]),
            is_test=np.concatenate([made.is_test, np.zeros(len(ids), bool)]),
            ids=np.concatenate([made.ids, ids]),
        )

    def sizes(self) -> tuple[int, int]:
        """As without drawings, and these train."""
        n_train, n_test = super().sizes()
        return n_train + sum(1 for _ in self._kept()), n_test

    def edited(self, op: str, **values: Any) -> Self:
        """A drawing more (`label`, `bits`), one less (`id`, or those two), or none at all ("restore"); raises `Refused`."""
        if op not in OPS:
            raise Refused.because(say("An edit must be one of {allowed}; got {op}.", allowed=", ".join(OPS), op=op))
        if op == "restore":
            return self._blank()
        if op == "draw":
            return self._draw(values.get("label"), values.get("bits"))
        return self._undraw(_named(values.get("label"), values.get("bits")) or values.get("id"))

    def _blank(self) -> Self:
        return self.model_copy(update={"drawn": ()})

    def _kept(self) -> Iterator[tuple[int, int, str]]:
        """Id, class and bits of the drawings that count."""
        known = set()
        for label, bits in self.drawn:
            name = drawing_id(label, bits)
            if label < self.classes and name not in known:
                known.add(name)
                yield name, label, bits

    def _draw(self, label: object, bits: object) -> Self:
        if not isinstance(label, int | float) or label not in range(self.classes):
            reason = "The class of a drawing must be 0 to {last}; got {got}."
            raise Refused.because(say(reason, last=self.classes - 1, got=str(label)[:20]))
        if not isinstance(bits, str) or not _BITS.fullmatch(bits):
            raise Refused.because(say("A drawing must be {side} × {side} bits; this one is something else.", side=SIDE))
        if not unpacked(bits).any():
            raise Refused.because(say("The drawing is empty; draw something first."))
        if len(self.drawn) >= MAX_DRAWN:
            reason = "At most {most} drawings can be added; take some away or restore the data."
            raise Refused.because(say(reason, most=MAX_DRAWN))
        if drawing_id(int(label), bits) in {name for name, _, _ in self._kept()}:
            raise Refused.because(say("This drawing is an example of its class already; draw another one."))
        return self.model_copy(update={"drawn": (*self.drawn, (int(label), bits))})

    def _undraw(self, id: object) -> Self:
        left = tuple(one for one in self.drawn if drawing_id(*one) != id)
        if len(left) == len(self.drawn):
            reason = "There is no drawing {id}; it may have been removed in another window."
            raise Refused.because(say(reason, id=str(id)[:20]))
        return self.model_copy(update={"drawn": left})


def _named(label: object, bits: object) -> int | None:
    """The id of what these describe; None where it is no drawing."""
    if not isinstance(label, int | float) or label not in range(100) or not isinstance(bits, str):
        return None
    return drawing_id(int(label), bits) if _BITS.fullmatch(bits) else None
