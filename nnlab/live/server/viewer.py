"""One browser tab on a run: what it has been sent, what it may be sent next. All of it is bounded; no thread, no socket."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from nnlab.core.records import Array
from nnlab.live.messages import protocol

IN_FLIGHT = 2  # frames on their way to a browser that it has not drawn yet
MAX_TOLD = (
    64  # notices, refusals and answers that wait for a slow reader; beyond it the oldest go, progress before the others
)
PASSING = '{"type": "progress"'  # begins what the next of its kind makes out of date; others somebody waits for


class Viewer:
    """Guarded by the hub's lock; `wake` may be called from any thread."""

    def __init__(self, number: int, wake: Callable[[], None]) -> None:
        self.number = number
        self.wake = wake
        self.offers: tuple[str, ...] = ()
        self.options: dict[str, dict[str, Any]] = {}
        self.credit = IN_FLIGHT
        self.closed = self.drew = False
        self._seen = 0  # number of the newest frame it was given
        self._scene: bytes | None = None
        self._scened = False
        self._edited: str | None = None
        self._told: deque[str | bytes] = deque()

    def watch(self, watch: protocol.Watch, arrays: Mapping[str, Array]) -> None:
        """What it wants in its frames; an array named "analysis.option" joins the options of that analysis."""
        self.offers = watch.offers
        self.options = {name: dict(chosen) for name, chosen in watch.options.items()}
        for path, array in arrays.items():
            name, _, option = path.partition(".")
            self.options.setdefault(name, {})[option] = array

    def ack(self) -> None:
        """It has drawn a frame: one more may go."""
        self.credit = min(IN_FLIGHT, self.credit + 1)

    def hurry(self, newest: int) -> None:
        """The frame after number `newest` shows what was just done: it is sent next, even if two are on their way."""
        self.credit = max(1, self.credit)
        self._seen = newest

    def tell(self, message: str | bytes) -> None:
        """A sentence or an answer for it."""
        self._told.append(message)
        if len(self._told) > MAX_TOLD:
            del self._told[
                next((i for i, one in enumerate(self._told) if isinstance(one, str) and one.startswith(PASSING)), 0)
            ]
        self.wake()

    def edited(self, text: str) -> None:
        """The experiment was changed; only the newest matters."""
        self._edited = text
        self.wake()

    def begin(self, scene: bytes) -> None:
        """A scene for it, which goes before any further frame; only the newest matters."""
        self._scene, self._scened = scene, True
        self.wake()

    def close(self, last: str) -> None:
        """Its run has ended: one last message, then nothing."""
        self.closed = True
        self.tell(last)

    def wants(self, newest: int) -> bool:
        """Whether it has credit and has been given frame number `newest`."""
        return self.credit > 0 and self._seen >= newest

    def next(self, frame: bytes | None, number: int) -> bytes | str | None:
        """What to send now; None = nothing."""
        if self._scene is not None:
            scene, self._scene = self._scene, None
            return scene
        if self._edited is not None:
            text, self._edited = self._edited, None
            return text
        if self._told:
            return self._told.popleft()
        if frame is None or not self._scened or not self.credit or number <= self._seen:
            return None
        self.credit -= 1
        self._seen = number
        return frame
