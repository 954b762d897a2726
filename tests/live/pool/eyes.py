"""Looking at runs in real worker processes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from nnlab.live.messages import wire
from nnlab.live.server.hub import Hub
from nnlab.live.server.live_run import LiveRun

PATIENCE_S = 90.0  # a loaded machine is slow, not red


class Eye:
    """A viewer that acknowledges everything at once and remembers what it saw."""

    def __init__(self, hub: Hub, run: LiveRun) -> None:
        self.hub, self.run = hub, run
        self.frames: list[dict[str, Any]] = []
        self.texts: list[dict[str, Any]] = []
        self.viewer = hub.attach(run, lambda: None)

    def send(self, name: str, argument: object = None) -> None:
        self.hub.command(self.run, self.viewer, json.dumps([name, argument]))

    def look(self) -> None:
        while (message := self.hub.take(self.run, self.viewer)) is not None:
            if isinstance(message, str):
                self.texts.append(json.loads(message))
                continue
            header, _ = wire.unpack(message)
            if header["type"] == "frame":
                self.frames.append(header)
                self.send("ack", header["seq"])

    @property
    def step(self) -> int:
        return int(self.frames[-1]["step"]) if self.frames else -1

    @property
    def notices(self) -> list[dict[str, Any]]:
        return [text for text in self.texts if text["type"] == "notice"]


def wait(done: Callable[[], bool], *eyes: Eye, seconds: float = PATIENCE_S) -> None:
    """Until it has come to that; all `eyes` look meanwhile."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise TimeoutError("It must come to that; it did not.")
        for eye in eyes:
            eye.look()
        time.sleep(0.005)
