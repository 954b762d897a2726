"""Plug-ins: packages that add parts to nnlab through entry points of the group `nnlab`.

The entry point names a `Plugin`. Its module imports nothing but this one: lines are loaded when they are first used.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

GROUP = "nnlab"
LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plugin:
    """What a package adds.

    `lines`: the name of a registry in `core.registries`, such as "families", -> name -> "module:attribute". `assets`: the
    folder of its JavaScript, which browsers find at plugins/NAME/ beside the kit, NAME being that of the entry point.
    """

    lines: Mapping[str, Mapping[str, str]]
    assets: Path | None = None


@functools.cache
def found() -> dict[str, Plugin]:
    """Every plug-in by its name; one that cannot be loaded is left out, and the log says why."""
    plugins = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            plugin = entry.load()
        except Exception:
            LOG.exception("The plug-in %s cannot be loaded; nnlab starts without it.", entry.name)
            continue
        if isinstance(plugin, Plugin):
            plugins[entry.name] = plugin
        else:
            LOG.error("The plug-in %s must name a Plugin; it names a %s.", entry.name, type(plugin).__name__)
    return plugins
