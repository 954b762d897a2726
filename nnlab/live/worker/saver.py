"""When the hub gets a checkpoint of a run: about once a second while it trains, at once where it rests; and what it is for."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from nnlab.live.messages import checkpoint
from nnlab.live.messages.kinds import Kind

EVERY_S = 1.0
LONGEST_S = 2.5  # so that no more than three seconds of training are ever lost
HURRIED_S = 0.5
SHARE = 50  # a checkpoint may cost a fiftieth of the time
BYTES_S = 2**20  # of one run through the pipe, while it is changed many times a second


class Saver:
    """Checkpoints of one run. `changed` must be set after each change of the run."""

    def __init__(self, post: Callable[[Kind, int, bytes], None], clock: Callable[[], float]) -> None:
        self._post, self._clock = post, clock
        self._files: tuple[Path, Path] | None = None
        self._turn = 0
        self._at = -1e9
        self._every_s = EVERY_S
        self._rest_s = 0.0
        self.changed = False

    def use(self, folder: str, key: int) -> None:
        """Where large checkpoints of the run `key` go."""
        self._files = checkpoint.files_of(Path(folder), key)

    def late(self) -> bool:
        """Whether a checkpoint waits that is due."""
        return self.changed and self._files is not None and self._clock() - self._at >= self._every_s

    def save(self, take: Callable[[], dict[str, Any]], *, now: bool = False) -> None:
        """Send what `take` gives, if something has changed since and it is time, or `now`."""
        at = self._clock()
        if not self.changed or self._files is None or at - self._at < (self._rest_s if now else self._every_s):
            return
        self.changed, self._at = False, at
        began = time.thread_time()
        message = self._packed(take(), self._files)
        if message is not None:
            self._post(Kind.CHECKPOINT, 0, message)
            self._rest_s = len(message) / BYTES_S
        self._every_s = min(LONGEST_S, max(EVERY_S, SHARE * (time.thread_time() - began)))
        self._rest_s = max(self._rest_s, min(self._every_s - EVERY_S, HURRIED_S))  # a costly one is not hurried either

    def _packed(self, saved: dict[str, Any], files: tuple[Path, Path]) -> bytes | None:
        """None where there is no room for its file: the run goes on without."""
        self._turn = 1 - self._turn
        try:
            return checkpoint.packed(saved, files[self._turn])
        except OSError as error:
            print(f"A checkpoint could not be written: {error}", file=sys.stderr)
            return None


def opened(engine: ModuleType, opening: Mapping[str, Any]) -> tuple[Any, bool]:
    """The run of its checkpoint, and whether it had to start anew because the checkpoint was unusable."""
    what, attachment = opening["experiment"], opening["attachment"]
    if opening["checkpoint"] is None:
        return engine.opened(what, attachment, None), False
    try:
        return engine.opened(what, attachment, checkpoint.unpacked(opening["checkpoint"])), False
    except Exception as error:  # damaged, or of another network: the worker died before it could save a last change
        traceback.print_exception(error, file=sys.stderr)
        return engine.opened(what, attachment, None), True
