"""When the hub gets a checkpoint of a run: about once a second while it trains, at once where it rests."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nnlab.live.messages import checkpoint
from nnlab.live.messages.kinds import Kind

EVERY_S = 1.0
LONGEST_S = 2.5  # so that no more than three seconds of training are ever lost
HURRIED_S = 0.5
SHARE = 50  # a checkpoint may cost a fiftieth of the time


class Saver:
    """Checkpoints of one run. `changed` is set by whoever changes the run."""

    def __init__(self, post: Callable[[Kind, int, bytes], None], clock: Callable[[], float]) -> None:
        self._post, self._clock = post, clock
        self._files: tuple[Path, Path] | None = None
        self._turn = 0
        self._at = -1e9
        self._every_s = EVERY_S
        self.changed = False

    def use(self, folder: str, key: int) -> None:
        """Where large checkpoints of the run `key` go."""
        self._files = Path(folder, f"run-{key}-0"), Path(folder, f"run-{key}-1")

    def late(self) -> bool:
        """Whether a checkpoint waits that is due."""
        return self.changed and self._files is not None and self._clock() - self._at >= self._every_s

    def save(self, take: Callable[[], dict[str, Any]], *, now: bool = False) -> None:
        """Send what `take` gives, if something has changed since and it is time, or `now`."""
        at = self._clock()
        least = min(self._every_s - EVERY_S, HURRIED_S) if now else self._every_s  # a large one is not hurried either
        if not self.changed or self._files is None or at - self._at < least:
            return
        self.changed, self._at = False, at
        began = time.thread_time()
        self._turn = 1 - self._turn
        self._post(Kind.CHECKPOINT, 0, checkpoint.packed(take(), self._files[self._turn]))
        self._every_s = min(LONGEST_S, max(EVERY_S, SHARE * (time.thread_time() - began)))
