"""What the tests of pictures share: every kind, every variant of it, and pictures of test files."""

from __future__ import annotations

import io
import zipfile

import numpy as np
from PIL import Image

from benchmarks.pictures import kinds, variants
from nnlab.core.registries import DATASETS

KINDS = kinds()
VARIANTS = [(kind, value) for kind in KINDS for value, _ in variants(kind)]


def spec_of(kind, **fields):
    """A specification of pictures."""
    return DATASETS.load(kind).model_validate({"kind": kind, **fields})


def variant(kind, value, **fields):
    """The specification of a variant."""
    cls = DATASETS.load(kind)
    return spec_of(kind, **({cls.varies: value} if value else {}), **fields)


def encoded(pixels, form="PNG", **more):
    """A picture as the bytes of a file."""
    file = io.BytesIO()
    Image.fromarray(np.asarray(pixels, np.uint8)).save(file, form, **more)
    return file.getvalue()


def plain(colour, size=(40, 40)):
    """A picture of one colour; `size` is width and height."""
    return np.full((size[1], size[0], 3), colour, np.uint8)


def zipped(files, folders=()):
    """A zip of name -> contents, and of folders that hold nothing."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for folder in folders:
            archive.writestr(folder.rstrip("/") + "/", b"")
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()
