"""Bytes of a frame on the wire: the default network with boundary, thumbnails and curves, plain and compressed."""

from __future__ import annotations

from typing import Any

from benchmarks import Row, row
from benchmarks.serving import DEFAULT, VIEWS
from nnlab.core.experiment import experiment, plain
from nnlab.live.messages import wire
from nnlab.live.messages.kinds import HEAD, Kind
from nnlab.live.worker import engine
from nnlab.live.worker.process import Host

FRAMES = 60  # of a run that goes on meanwhile, so that the maps are those of a trained network too
KB = 1000


def rows() -> list[Row]:
    """The largest of `FRAMES` frames, as a worker makes them."""
    engine.preload()
    found = frames(FRAMES)
    how = f"largest of {FRAMES} frames with {', '.join(VIEWS)}, metrics and diagnosis, default network at full speed"
    squeezed = max(len(wire.squeeze(frame)) for frame in found)
    return [
        row("bytes of a frame", max(map(len, found)) / KB, unit="kB", bar="≤ 22", how=how),
        row("bytes of a frame, compressed", squeezed / KB, unit="kB", bar="≤ 10", how=f"{how}; zlib level 1"),
    ]


def frames(count: int) -> list[bytes]:
    """So many frames of the default experiment."""
    found: list[bytes] = []

    def take(message: bytes) -> None:
        if message[0] == Kind.FRAME:
            found.append(message[HEAD.size :])

    host = Host(engine, take)
    opening: dict[str, Any] = {
        "experiment": plain(experiment(DEFAULT)),
        "attachment": None,
        "checkpoint": None,
        "folder": "",
        "options": {},
    }
    host.do([("open", 1, {**opening, "playing": True, "held": False, "speed": 0.0, "version": 0, "offers": VIEWS})])
    while len(found) < count:
        host.do([("want", 1)])
        host.turn()
    return found
