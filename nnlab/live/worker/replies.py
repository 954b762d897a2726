"""What comes of a request, as messages to the viewer that has asked."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Mapping
from typing import Any

from nnlab.live.messages import wire
from nnlab.live.messages.kinds import Kind


class ToViewer:
    """The replies to one request; `head` names it, `done` is called once it is over."""

    def __init__(
        self, post: Callable[[Kind, int, bytes], None], viewer: int, head: dict[str, Any], done: Callable[[], Any]
    ) -> None:
        self._post, self._viewer, self._head, self._done = post, viewer, head, done

    def progress(self, share: float) -> None:
        message = {"type": "progress", **self._head, "share": share}
        self._post(Kind.TEXT, self._viewer, json.dumps(message).encode())

    def answer(self, arrays: Mapping[str, Any]) -> None:
        self._done()
        self._post(Kind.ANSWER, self._viewer, wire.pack({"type": "answer", **self._head}, arrays, exact=True))

    def error(self, text: str) -> None:
        self._done()
        self._post(Kind.ANSWER, self._viewer, wire.pack({"type": "answer", **self._head, "error": text}))

    def snapshot(self, told: dict[str, Any]) -> None:
        """A run that the server keeps; what does not travel to a browser is packed once more."""
        whole = pickle.dumps({"experiment": told["experiment"], "checkpoint": told.pop("checkpoint")}, protocol=5)
        self._post(Kind.SNAPSHOT, 0, pickle.dumps((told, whole), protocol=5))
