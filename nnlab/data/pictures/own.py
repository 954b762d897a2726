"""A user's own pictures. The specification holds a digest and counts, so that links stay short; the pictures are attached to it."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from nnlab.core import attachments
from nnlab.core.errors import Refused
from nnlab.core.fields import param
from nnlab.core.forms import Pictures
from nnlab.core.records import Examples
from nnlab.core.say import Said, say
from nnlab.data.pictures.album import LEAST, MAX_CLASSES, MAX_PICTURES, SIDE, Album
from nnlab.data.pictures.spec import FromFile, Pixels, Stored
from nnlab.data.pictures.split import Named, each_its_own
from nnlab.data.tables.read import shortened

MAX_FILE_NAME = 80
Count = Annotated[int, Field(ge=LEAST, le=MAX_PICTURES)]
LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as Pillow's


class OwnPictures(FromFile):
    """Pictures of the user, by class. Before there are any, and with `digest` "", a legal set of 0 rows."""

    title: ClassVar[str] = "Your own pictures"
    listed: ClassVar[bool] = False  # it comes with files
    shows: ClassVar[Said] = say("Your own pictures, made as large as each other with their proportions kept.")
    source: ClassVar[Said] = say(
        "Uploaded by you; they stay on this server only as long as it runs and others need no room."
    )
    licence: ClassVar[str] = "yours"
    kind: Literal["pictures"]
    samples: int = param(
        MAX_PICTURES,
        ge=4,
        le=MAX_PICTURES,
        label="Samples",
        unit="pictures",
        help="Pictures in both sets together, at most.",
    )
    side: int = param(
        32, ge=16, le=SIDE, step=4, unit="px", label="Size of pictures", help="Height and width of every picture."
    )
    colour: bool = param(True, label="In colour", help="Three channels, red, green and blue; or one of grey.")
    digest: str = param(
        "", label="Files", widget="none", pattern="^([0-9a-f]{64})?$", help="SHA-256 of the uploaded pictures."
    )
    name: str = param(
        "", label="Name of the files", widget="none", max_length=MAX_FILE_NAME, help="Shown above the pictures."
    )
    counts: tuple[Count, ...] = param(
        (), max_length=MAX_CLASSES, label="Pictures of each class", widget="none", help="As in the files."
    )

    @property
    def form(self) -> Pictures:
        """A square, as chosen."""
        return Pictures(self.side, self.side, 3 if self.colour else 1)

    @property
    def classes(self) -> int:
        """As in the files; 2 before there are any."""
        return max(LEAST, len(self.counts))

    @property
    def class_names(self) -> tuple[str, ...]:
        """As in the files; () where these are not in this process."""
        try:
            return self._album().class_names if self.digest else ()
        except Refused:
            return ()

    def names(self) -> tuple[Named, ...]:
        """Each picture has a name of its own."""
        return tuple(map(each_its_own, self.counts))

    def sizes(self) -> tuple[int, int]:
        """Pictures that train and test; none before there are files."""
        return super().sizes() if self.digest and self.counts else (0, 0)

    def base(self) -> Examples:
        """The files' pictures; raises `Refused` where they are not here, or are others than the specification says."""
        if not self.digest:
            empty = np.zeros((0, self.form.channels, self.side, self.side), np.uint8)
            return self.examples(empty, np.zeros(0, np.int64), 0)
        found = self._album().counts
        if found != self.counts:
            reason = "data.counts must be {allowed}, as in the uploaded pictures; got {got}."
            raise Refused.because(say(reason, allowed=list(found), got=list(self.counts)), "data.counts")
        return super().base()

    def stored(self) -> Stored:
        """The pictures in the size and the colours that were chosen."""
        album = self._album()
        every = np.ones(len(album.labels), bool)
        pixels = _grey(album.pixels) if not self.colour else album.pixels
        return Stored(
            _smaller(pixels, self.side).transpose(0, 3, 1, 2), album.labels, np.arange(len(every)), every, every
        )

    def attachment(self) -> tuple[str, Album] | None:
        """The pictures; none before there are any."""
        return (self.digest, self._album()) if self.digest else None

    def _album(self) -> Album:
        found = attachments.held(self.digest)
        if not isinstance(found, Album):
            raise Refused.because(say("The uploaded files must be pictures; got something else."), "data.digest")
        return found


def keep(album: Album, *, name: str = "") -> OwnPictures:
    """Put `album` into this process's store and give the specification that names it."""
    digest = attachments.keep(album)
    return OwnPictures(kind="pictures", digest=digest, name=shortened(name, MAX_FILE_NAME), counts=album.counts)


def _grey(pixels: Pixels) -> Pixels:
    """One channel of three, (n, 64, 64, 1)."""
    grey: Pixels = np.round(pixels @ LUMA).astype(np.uint8)
    return grey[..., None]


def _smaller(pixels: Pixels, side: int) -> Pixels:
    """Each picture (64, 64, channels) averaged down to `side`: exact where 64 is a multiple of it."""
    if side == SIDE:
        return pixels
    edges = np.arange(side + 1) * SIDE / side  # of the new pixels, in old ones
    weights = np.clip(
        np.minimum(edges[1:, None], np.arange(1, SIDE + 1)) - np.maximum(edges[:-1, None], np.arange(SIDE)), 0, None
    )
    weights = (weights * side / SIDE).astype(np.float32)
    found = np.einsum("ai,nijc->najc", weights, pixels.astype(np.float32), optimize=True)
    smaller: Pixels = np.round(np.einsum("bj,najc->nabc", weights, found, optimize=True)).astype(np.uint8)
    return smaller
