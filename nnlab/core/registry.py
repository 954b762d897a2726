"""Name -> "module:attribute", loaded on first use, so that a registry line costs nothing until somebody asks for it."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterator
from typing import Any

from nnlab.core.errors import UnknownName


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

    def load(self, name: object) -> Any:
        """The registered object; an unknown name raises `UnknownName` with the nearest known one."""
        if not isinstance(name, str) or name not in self._lines:
            raise UnknownName(self._unknown(name))
        module, _, attribute = self._lines[name].partition(":")
        return getattr(importlib.import_module(module), attribute)

    def _unknown(self, name: object) -> str:
        shown = str(name)[:40]
        near = difflib.get_close_matches(shown, self._lines, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(self._lines))}."
        return f"There is no {self.what} {shown!r}; {hint}"
