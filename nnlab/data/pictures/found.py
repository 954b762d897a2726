"""Where files of other packages lie, without importing those; and a folder for what is worth keeping between two starts."""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FILES = Path(__file__).with_name("files")  # what is shipped with nnlab; see NOTICE


def beside(package: str, *parts: str) -> Path:
    """The path of a file of an installed package; raises `ModuleNotFoundError` where the package is missing."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"nnlab needs the package {package}; install nnlab again.", name=package)
    return Path(spec.submodule_search_locations[0]).joinpath(*parts)


def cache_folder() -> Path:
    """nnlab's folder in the cache of the user, as the system has it; it need not exist, nor be writable."""
    if sys.platform == "win32":
        above = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        above = Path.home() / "Library" / "Caches"
    else:
        above = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return above / "nnlab"


def kept(path: Path) -> dict[str, NDArray[Any]] | None:
    """The arrays of an npz file; None where there is none, or it is damaged."""
    try:
        with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except Exception:  # whatever is wrong with it: it is made again
        return None


def keep(path: Path, **arrays: NDArray[Any]) -> None:
    """Write arrays to `path` at once or not at all; where that is not allowed, nothing is kept and nothing is said."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez_compressed(file, allow_pickle=False, **arrays)
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError:
        return
