"""Uploaded files as an `Album`, or one sentence that says which file is wrong and what to do.

A file is a picture (PNG, JPEG, WebP) or a zip of pictures. The class of a picture is the folder in which it lies in a zip, else its
name up to the first separator or digit: `cat-01.png` is a cat. Nothing is trusted: sizes are read off headers before a pixel is
decoded, a zip is unpacked only as far as is allowed, and of what a picture carries beside its pixels only the way it was held
counts. The rest, such as where it was taken, is dropped.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

from nnlab.core.errors import Refused
from nnlab.core.say import Said, say
from nnlab.data.pictures.album import LEAST, MAX_CLASSES, MAX_PICTURES, SIDE, Album
from nnlab.data.pictures.spec import Pixels
from nnlab.data.tables.read import shortened

MAX_BYTES = 5_000_000  # of all files together
MAX_UNPACKED = 4 * MAX_BYTES  # of all pictures of a zip: they hardly shrink in one
MAX_ENTRIES = 2 * MAX_PICTURES
MAX_PIXELS = 25_000_000  # of one picture; Pillow's own limit is higher
MAX_TOTAL_PIXELS = 250_000_000  # of all: what decoding them may take
LEAST_SIDE = 8  # pixels
FORMATS = ("PNG", "JPEG", "WEBP")
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
_NAME = re.compile(r"[^\W\d_]+")  # the letters at its beginning
_TROUBLE = (OSError, ValueError, RuntimeError, EOFError, NotImplementedError, zipfile.BadZipFile)


class _File(NamedTuple):
    """A picture before it is read: its path for the screen, its folder ("" for none) and its bytes."""

    path: str
    folder: str
    data: bytes


def read_pictures(files: Sequence[tuple[str, bytes]]) -> Album:
    """The pictures of uploaded files, (name, contents) each; raises `Refused` with one sentence."""
    total = sum(len(data) for _, data in files)
    if not files:
        raise Refused.because(say("There are no files; choose pictures (PNG, JPEG or WebP) or a zip of them."))
    if total > MAX_BYTES:
        reason = "The files must have at most {most} MB together; got {got:.1f} MB."
        raise Refused.because(say(reason, most=MAX_BYTES // 10**6, got=total / 10**6))
    found: list[_File] = []
    left_out: list[str] = []
    for name, data in files:
        if data[:2] == b"PK":
            found += _unpacked(name, data, left_out)
        else:
            found.append(_File(name, "", data))
    return _album(found, left_out)


def _album(files: list[_File], left_out: list[str]) -> Album:
    """The pictures of all files, those of one class behind each other."""
    if len(files) > MAX_PICTURES:
        raise Refused.because(
            say("There must be at most {most:,} pictures; got {got:,}.", most=MAX_PICTURES, got=len(files))
        )
    if len(files) < 2 * LEAST:
        reason = "There must be at least two classes with two pictures each; got {got} in all."
        raise Refused.because(
            say(reason, got=say("one picture") if len(files) == 1 else say("{n} pictures", n=len(files)))
        )
    labels, names = _classes(files)
    sizes: Counter[tuple[int, int]] = Counter()
    spent, pixels = 0, np.empty((len(files), SIDE, SIDE, 3), np.uint8)
    for i, file in enumerate(files):
        pixels[i], size = _picture(file, MAX_TOTAL_PIXELS - spent)
        spent += size[0] * size[1]
        sizes[size] += 1
    order = np.argsort(labels, kind="stable")
    return Album(pixels[order], labels[order], names, tuple(_notes(sizes, left_out)))


def _notes(sizes: Counter[tuple[int, int]], left_out: list[str]) -> Iterator[Said]:
    """What is worth telling about pictures that are fit to be used."""
    if len(sizes) > 1 or any(width != height for width, height in sizes):
        (width, height), most = sizes.most_common(1)[0]
        yield say(
            "Pictures have {kinds} different sizes, {most} of them {width} × {height}; each was made to fit a square, with its "
            "proportions kept and black beside it.",
            kinds=len(sizes),
            most=most,
            width=width,
            height=height,
        )
    if left_out:
        yield say(
            "Left out, because only PNG, JPEG and WebP can be used: {names}.",
            names=", ".join(map(_short, left_out[:5])),
        )


# ---- classes -------------------------------------------------------------------------------------------------------------
def _classes(files: Sequence[_File]) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], tuple[str, ...]]:
    """The class of each file and the names of classes in alphabetical order; raises `Refused` where a network has nothing to tell."""
    folders = {file.folder for file in files}
    words = [file.folder if len(folders) > 1 and file.folder else _beginning(file) for file in files]
    shown: dict[str, str] = {}
    for word in words:
        shown.setdefault(word.casefold(), word)
    counts = Counter(word.casefold() for word in words)
    if len(counts) == 1:
        reason = (
            "There must be at least two classes; all {n} pictures are of {name!r}. Put each class into a folder of its own and zip "
            "the folders, or begin the name of each file with its class, such as cat-01.png."
        )
        raise Refused.because(say(reason, n=len(words), name=_short(words[0])))
    if len(counts) > MAX_CLASSES:
        reason = "There must be at most {most} classes; got {got}, such as {names}."
        some = ", ".join(_short(word) for word in list(shown.values())[:3])
        raise Refused.because(say(reason, most=MAX_CLASSES, got=len(counts), names=some))
    for key, count in counts.items():
        if count < LEAST:
            reason = "The class {name!r} must have at least two pictures, one to learn from and one to test; got one."
            raise Refused.because(say(reason, name=_short(shown[key])))
    order = sorted(shown)
    return np.array([order.index(word.casefold()) for word in words]), tuple(_short(shown[key]) for key in order)


def _beginning(file: _File) -> str:
    """The letters at the beginning of a file's name; raises `Refused` where it begins with none."""
    found = _NAME.match(unicodedata.normalize("NFC", PurePosixPath(file.path).name))
    if found is None:
        reason = "The name of {name!r} must begin with its class, such as cat-01.png; or put it into a folder named so."
        raise Refused.because(say(reason, name=_short(file.path)))
    return found[0]


# ---- a zip ---------------------------------------------------------------------------------------------------------------
def _unpacked(name: str, data: bytes, left_out: list[str]) -> list[_File]:
    """The pictures of a zip; the names of what is none go into `left_out`."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [one for one in archive.infolist() if not _hidden(one.filename)]
            if len(entries) > MAX_ENTRIES:
                reason = "{name!r} must hold at most {most:,} files; it holds {got:,}."
                raise Refused.because(say(reason, name=_short(name), most=MAX_ENTRIES, got=len(entries)))
            kept = [one for one in entries if one.filename.lower().endswith(SUFFIXES)]
            _no_empty_folder(entries, kept)
            left_out += [one.filename for one in entries if not one.is_dir() and one not in kept]
            return list(_contents(name, archive, kept))
    except _TROUBLE:
        reason = "{name!r} cannot be unpacked; make a plain zip without a password and upload that."
        raise Refused.because(say(reason, name=_short(name))) from None


def _contents(name: str, archive: zipfile.ZipFile, entries: Iterable[zipfile.ZipInfo]) -> Iterator[_File]:
    """The bytes of each entry; what its header promises is not believed."""
    left = MAX_UNPACKED
    for one in entries:
        with archive.open(one) as file:
            data = file.read(left + 1)
        left -= len(data)
        if left < 0:
            reason = "{name!r} must hold at most {most} MB of pictures; it holds more."
            raise Refused.because(say(reason, name=_short(name), most=MAX_UNPACKED // 10**6))
        path = PurePosixPath(unicodedata.normalize("NFC", one.filename.replace("\\", "/")))
        yield _File(str(path), path.parent.name, data)


def _no_empty_folder(entries: Sequence[zipfile.ZipInfo], kept: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse a folder that holds no picture, at any depth: somebody wanted a class there."""
    used = {above for one in kept for above in PurePosixPath(one.filename).parents}
    for one in entries:
        path = PurePosixPath(one.filename)
        folder = path if one.is_dir() else path.parent
        if folder not in used and folder != PurePosixPath("."):
            reason = "The folder {name!r} must hold pictures (PNG, JPEG or WebP); it holds none."
            raise Refused.because(say(reason, name=_short(str(folder))))


def _hidden(path: str) -> bool:
    """What systems put into a zip by themselves."""
    parts = PurePosixPath(path).parts
    return (
        not parts
        or "__MACOSX" in parts
        or parts[-1].startswith(".")
        or parts[-1].lower() in ("thumbs.db", "desktop.ini")
    )


# ---- a picture -----------------------------------------------------------------------------------------------------------
def _picture(file: _File, pixels_left: int) -> tuple[Pixels, tuple[int, int]]:
    """The picture (64, 64, 3) and its size as the file has it."""
    try:
        with Image.open(io.BytesIO(file.data), formats=FORMATS) as opened:
            size = opened.size
            _check_size(file, size, pixels_left)
            opened.draft("RGB", (4 * SIDE, 4 * SIDE))  # a JPEG can be decoded smaller
            return _squared(opened), size
    except Refused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large(file) from None
    except Exception:  # a decoder may stumble over anything
        reason = "{name!r} must be a PNG, JPEG or WebP picture; it is something else, or it is damaged."
        raise Refused.because(say(reason, name=_short(file.path))) from None


def _check_size(file: _File, size: tuple[int, int], pixels_left: int) -> None:
    """Refuse what is too large to be decoded, by its header, and what is too small to show anything."""
    width, height = size
    if width * height > MAX_PIXELS:
        raise _too_large(file)
    if width * height > pixels_left:
        reason = (
            "All pictures together must have at most {most} million pixels; make them smaller, 200 × 200 is plenty."
        )
        raise Refused.because(say(reason, most=MAX_TOTAL_PIXELS // 10**6))
    if min(size) < LEAST_SIDE:
        reason = "{name!r} must be at least {least} × {least} pixels; got {width} × {height}."
        raise Refused.because(say(reason, name=_short(file.path), least=LEAST_SIDE, width=width, height=height))


def _too_large(file: _File) -> Refused:
    reason = "{name!r} must have at most {most} million pixels; it has more. Make it smaller, 200 × 200 is plenty."
    return Refused.because(say(reason, name=_short(file.path), most=MAX_PIXELS // 10**6))


def _squared(opened: Image.Image) -> Pixels:
    """Turned as it was held, on white where it is see-through, made to fit a square with black beside it."""
    turned = ImageOps.exif_transpose(_in_bytes(opened))
    turned.thumbnail((4 * SIDE, 4 * SIDE), Image.Resampling.BOX)  # large ones first, so that what follows is quick
    if turned.has_transparency_data:
        clear = turned.convert("RGBA")
        turned = Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear)
    return np.asarray(ImageOps.pad(turned.convert("RGB"), (SIDE, SIDE), Image.Resampling.BOX, color="black"))


def _in_bytes(opened: Image.Image) -> Image.Image:
    """The picture with 8 bits a channel; a PNG of grey may have 16."""
    if not opened.mode.startswith("I"):
        return opened
    values = np.asarray(opened).astype(np.int64) // 256
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


def _short(text: str) -> str:
    return shortened(text)
