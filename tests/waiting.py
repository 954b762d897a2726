"""Waiting for what must come: no longer than it takes, and as long as a loaded machine may need. Slow is not red."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_S = 120.0


def until(done: Callable[[], object], *, every_s: float = 0.005) -> None:
    """Until it has come to that."""
    end = time.monotonic() + PATIENCE_S
    while not done():
        if time.monotonic() > end:
            raise TimeoutError("It must come to that; it did not.")
        time.sleep(every_s)
