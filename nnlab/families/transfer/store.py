"""Networks that have learned a source: kept in memory and on disk, under a digest of everything that they depend on.

A file holds numbers alone. One that is missing, damaged or of another shape is as none: the source is learned again.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import tempfile
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nnlab.core.records import Array
from nnlab.families.transfer.spec import SOURCE_BATCH, SOURCE_RATE, Transfer

VARIABLE = "NNLAB_CACHE"  # the folder; "" keeps nothing on disk
VERSION = 1  # of what a digest stands for
MOST_FILES, MOST_KEPT = 64, 4
_kept: OrderedDict[str, Learned] = OrderedDict()
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Learned:
    """All weights and running statistics (n,) float32; `curve` (points, 2): updates, and test accuracy on the source after them."""

    vector: Array
    curve: Array


def digest_of(spec: Transfer, seed: int) -> str:
    """Of what the source's network depends on."""
    told = {
        "version": VERSION,
        "source": spec.source_data.model_dump(mode="json"),
        "model": spec.model_dump(mode="json", include={"blocks", "init", "init_scale", "augment"}),
        "training": [spec.source_updates, SOURCE_RATE, SOURCE_BATCH, seed],
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def folder() -> Path | None:
    """Where files lie; None where nothing is kept on disk."""
    named = os.environ.get(VARIABLE)
    if named is None:
        named = str(Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nnlab")
    return Path(named) / "sources" if named else None


def find(digest: str, size: int) -> Learned | None:
    """What was put there under this digest, of `size` numbers; None where there is nothing."""
    if digest in _kept:
        _kept.move_to_end(digest)
        return _kept[digest]
    place = folder()
    if place is None:
        return None
    try:
        whole = io.BytesIO((place / f"{digest}.npz").read_bytes())  # a damaged file would stay open in numpy's hands
        with np.load(whole, allow_pickle=False) as file:
            found = Learned(file["vector"], file["curve"])
    except FileNotFoundError:
        return None
    except Exception:  # whatever is wrong with it
        _log.warning("a source on disk cannot be read, and is learned again", exc_info=True)
        return None
    if found.vector.shape != (size,) or found.curve.ndim != 2 or not np.isfinite(found.vector).all():
        return None
    _remember(digest, found)
    return found


def keep(digest: str, learned: Learned) -> None:
    """Keep it in memory, and on disk where that can be done."""
    _remember(digest, learned)
    place = folder()
    if place is None:
        return
    try:
        place.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=place, suffix=".part")
        with os.fdopen(handle, "wb") as file:
            np.savez(file, vector=learned.vector, curve=learned.curve)
        Path(name).replace(place / f"{digest}.npz")  # at once: another process never sees half of it
        files = sorted(place.glob("*.npz"), key=lambda one: one.stat().st_mtime)
        for old in files[:-MOST_FILES]:
            with suppress(OSError):
                old.unlink()
    except OSError:
        _log.warning("a source cannot be kept on disk", exc_info=True)


def forget() -> None:
    """Nothing is kept in memory any more."""
    _kept.clear()


def _remember(digest: str, learned: Learned) -> None:
    _kept[digest] = learned
    while len(_kept) > MOST_KEPT:
        _kept.popitem(last=False)
