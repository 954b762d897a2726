"""A server that finds the package beside nnlab, and a program that looks at its runs as a browser does."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from benchmarks.real_app import free_port
from benchmarks.serving import Server, send, serving
from nnlab.live.messages import wire
from tests.waiting import PATIENCE_S

ROOT = Path(__file__).parent.parent.parent
PACKAGES = Path(__file__).with_name("plugin")
LIMITS = '{"pause_after_s": 5.0, "free_after_s": 120.0}'
OWN = {"small_cnn": "channel_maps", "token_lstm": "guesses", "two_players": "fakes"}  # family -> what only it can show
FAMILIES = tuple(OWN)


def environment() -> dict[str, str]:
    """Where Python finds nnlab and the package beside it."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(PACKAGES)))}


class Eye:
    """A viewer that acknowledges every frame and puts together what it has seen."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.scene: dict[str, Any] = {}
        self.frame: dict[str, Any] = {}
        self.arrays: dict[str, Any] = {}
        self.texts: list[str] = []
        self.phases: list[str] = []

    async def until(self, done: Any, seconds: float = PATIENCE_S) -> dict[str, Any]:
        """The newest frame, or the first to come, for which `done(header)` holds."""
        if self.frame and done(self.frame):
            return self.frame
        async with asyncio.timeout(seconds):
            async for message in self.socket:
                if isinstance(message, str):
                    self.texts.append(message)
                    continue
                header, arrays = wire.unpack(message)
                if header["type"] == "scene":
                    self.scene = header
                if header["type"] != "frame":
                    continue
                await send(self.socket, "ack", header["seq"])
                self.frame = header
                self.arrays |= {name: getattr(a, "bytes_", a) for name, a in arrays.items()}
                if self.phases[-1:] != [header["phase"]]:
                    self.phases.append(header["phase"])
                if done(header):
                    return header
        raise AssertionError("The socket closed.")

    async def send(self, name: str, argument: Any = None) -> None:
        """One command."""
        await send(self.socket, name, argument)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app with two workers; what the package loads, and where, it notes in the file `loads`."""
    loads = tmp_path_factory.mktemp("extension") / "loads"
    more = {
        "PYTHONPATH": environment()["PYTHONPATH"],
        "NNLAB_WORKERS": "2",
        "NNLAB_LIMITS": LIMITS,
        "LOADS": str(loads),
    }
    with serving(free_port(), **more) as running:
        running.wait(alive=2)
        yield running
