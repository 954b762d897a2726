"""A record of a run that a page has asked for, and waits for: what the browser asks for by itself goes another way."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping

from nnlab.core.records import Array
from nnlab.core.say import say
from nnlab.live.messages import wire

LOST = say("The computation was interrupted. Ask for it again.")


class Asked:
    """One request. The pool's threads tell it what comes, the script's thread waits; `share` is how far it is, 0…1."""

    def __init__(self, cancel: Callable[[], None]) -> None:
        self.share = 0.0
        self._cancel, self._over = cancel, threading.Event()
        self._message, self._error = b"", ""

    @property
    def over(self) -> bool:
        """Whether there is nothing more to wait for."""
        return self._over.is_set()

    def wait(self, patience_s: float) -> bool:
        """Wait for the end, at most so long; whether it has come."""
        return self._over.wait(patience_s)

    def record(self) -> tuple[Mapping[str, Array], str]:
        """The arrays, or the sentence that says why there are none."""
        if not self._message:
            return {}, self._error
        header, arrays = wire.unpack(self._message)
        return arrays, str(header.get("error", ""))

    def cancel(self) -> None:
        """Nobody waits for it any more."""
        self._cancel()
        self.end(LOST)

    # ---- what the run calls, with the hub's lock held ----------------------------------------------------------------
    def take(self, message: bytes, *, done: bool) -> None:
        """Its progress as JSON, or the answer as bytes."""
        if not done:
            self.share = float(json.loads(message).get("share", self.share))
            return
        self._message = message
        self._over.set()

    def end(self, why: str) -> None:
        """It will not be answered."""
        if not self.over:
            self._error = why
            self._over.set()
