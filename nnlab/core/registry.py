"""Name -> "module:attribute", loaded on first use, so that a registry line costs nothing until then."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterator, Mapping
from typing import Any

from nnlab.core.errors import UnknownName
from nnlab.core.say import Said, say


class Registry:
    """The named things of one sort: datasets, families, optimisers, views.

    Parameters
    ----------
    what : the singular noun used in messages, such as "dataset".
    lines : name -> "module:attribute".
    """

    def __init__(self, what: str, lines: dict[str, str]) -> None:
        self.what = what
        self._lines = dict(lines)

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __contains__(self, name: object) -> bool:
        return name in self._lines

    def __len__(self) -> int:
        return len(self._lines)

    def add(self, lines: Mapping[str, str]) -> list[str]:
        """Add the lines of a plug-in behind the others; returns the names that exist already, which stay unchanged."""
        taken = [name for name in lines if name in self._lines]
        self._lines.update({name: line for name, line in lines.items() if name not in self._lines})
        return taken

    def remove(self, lines: Mapping[str, str]) -> None:
        """Remove lines that a plug-in has added; a name that existed before stays."""
        self._lines = {name: line for name, line in self._lines.items() if lines.get(name) != line}

    def leave_out(self, name: str) -> None:
        """Take out one line that cannot be loaded."""
        self._lines = {known: line for known, line in self._lines.items() if known != name}

    def load(self, name: object) -> Any:
        """The registered object; an unknown name raises `UnknownName` with the nearest known one."""
        if not isinstance(name, str) or name not in self._lines:
            raise UnknownName(self._unknown(name))
        module, _, attribute = self._lines[name].partition(":")
        return getattr(importlib.import_module(module), attribute)

    def _unknown(self, name: object) -> Said:
        shown = str(name)[:40]
        near = difflib.get_close_matches(shown, self._lines, n=1)
        if near:
            return say("There is no {what} {name!r}; did you mean {near!r}?", what=self.what, name=shown, near=near[0])
        return say(
            "There is no {what} {name!r}; known: {known}.",
            what=self.what,
            name=shown,
            known=", ".join(sorted(self._lines)),
        )
