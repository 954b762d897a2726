"""Large datasets are loaded in a thread, so that a worker's other runs go on meanwhile; what a run is told until then waits.

A thread and not a child process: nothing has to be carried over, and loading is mostly numpy, which lets others run.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any

POLL_S = 0.005
Command = tuple[Any, ...]
LOADS = ("open", "change")


class Waiting:
    """Commands to one run that wait for its examples."""

    def __init__(self, load: Callable[[], None], first: Command) -> None:
        self.commands = [first]
        self._thread = Thread(target=load, daemon=True)
        self._thread.start()

    @property
    def over(self) -> bool:
        """Whether the examples are there, or cannot be had."""
        return not self._thread.is_alive()
