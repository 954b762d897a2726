"""Looking at runs in real worker processes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from nnlab.live.messages import wire
from nnlab.live.server.hub import Hub
from nnlab.live.server.live_run import LiveRun
from tests.waiting import until


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


def wait(done: Callable[[], bool], *eyes: Eye) -> None:
    """Until it has come to that; all `eyes` look meanwhile."""

    def looked() -> bool:
        for eye in eyes:
            eye.look()
        return done()

    until(looked)
