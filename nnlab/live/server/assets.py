"""The files of the views: under an address that changes with them, so that a browser keeps them for good. No torch."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from nnlab.core import plugins
from nnlab.core.paths import root

FOLDER = root() / "assets"
YEAR_S = 365 * 24 * 3600


def folders() -> dict[str, Path]:
    """Where the files lie, by the path below the address: those of plug-ins stand at plugins/NAME, beside the kit."""
    added = {f"plugins/{name}": plugin.assets for name, plugin in plugins.found().items() if plugin.assets}
    return {**added, "": FOLDER}


@functools.cache
def stamp() -> str:
    """A name for these very files: of their paths and contents when the server started."""
    found = hashlib.sha256()
    for below, folder in folders().items():
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                name = f"{below}/{path.relative_to(folder).as_posix()}"
                found.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()[:16]


def address(name: str) -> str:
    """Where a browser finds the file `name` of assets/, below the app's own address."""
    return f"/assets/{stamp()}/{name}"


def routes(at: str = "/assets") -> list[BaseRoute]:
    """The files twice: for good under their stamp, and under their plain names, where browsers ask each time."""
    rules = {f"{at}/{stamp()}": f"public, max-age={YEAR_S}, immutable", at: "no-cache"}
    return [
        Mount(f"{start}/{below}".rstrip("/"), Cached(directory=folder, check_dir=False, rule=rule))
        for start, rule in rules.items()
        for below, folder in folders().items()
    ]


class Cached(StaticFiles):
    """Starlette's files with one rule for the browser's cache."""

    def __init__(self, *, rule: str, **more: Any) -> None:
        super().__init__(**more)
        self._rule = rule

    def file_response(self, *args: Any, **more: Any) -> Response:
        """As starlette's, with the header."""
        response = super().file_response(*args, **more)
        response.headers["cache-control"] = self._rule
        return response
