"""What a run keeps and sends: bytes of its history, of its checkpoints through the pipe, and the time to pack an answer."""

from __future__ import annotations

import statistics
import tempfile
import time
from typing import Any

import numpy as np

from benchmarks import Row, row
from benchmarks.large import WIDE
from benchmarks.serving import DEFAULT
from nnlab.core.experiment import experiment, plain
from nnlab.live.messages import wire
from nnlab.live.messages.kinds import Kind
from nnlab.live.worker import engine
from nnlab.live.worker.process import Host

MB = 2**20
PLAY_S = 20.0
RUNS = {"up to 100,000 parameters": (DEFAULT, 24), "of 450,000 parameters": (WIDE, 96)}


def rows() -> list[Row]:
    """History and checkpoints of a small and of a large run that play for a while, and the packing of 64 pictures."""
    engine.preload()
    found = []
    for name, (value, most) in RUNS.items():
        history, sent = played(value)
        how = f"{PLAY_S:g} s at full speed"
        found.append(row(f"History of a run {name}", history, unit="MB", bar=f"≤ {most}", how=how))
        found.append(row(f"Checkpoints of a run {name} through the pipe", sent, unit="MB/s", bar="≤ 1", how=how))
    how = "median of 200, processor time, uint8 with its range"
    return [*found, row("An answer of 64 pictures of 28×28, packed", packing_ms(), unit="ms", bar="≤ 1", how=how)]


def played(value: dict[str, Any]) -> tuple[float, float]:
    """MB of the history of a run after a while, and MB of its checkpoints in a second."""
    sent = 0

    def take(message: bytes) -> None:
        nonlocal sent
        sent += len(message) * (message[0] == Kind.CHECKPOINT)

    host = Host(engine, take)
    with tempfile.TemporaryDirectory() as folder:
        opening: dict[str, Any] = {
            "experiment": plain(experiment(value)),
            "attachment": None,
            "checkpoint": None,
            "folder": folder,
            "options": {},
        }
        host.do([("open", 1, {**opening, "playing": True, "held": False, "speed": 0.0, "version": 0, "offers": []})])
        began = time.monotonic()
        while time.monotonic() < began + PLAY_S:
            host.do([("want", 1)])
            host.turn()
        (hosted,) = host.runs.values()
        return hosted.run.timeline.nbytes / MB, sent / MB / PLAY_S


def packing_ms() -> float:
    """Milliseconds to make a message of 64 pictures."""
    pictures = np.random.default_rng(0).integers(0, 256, (64, 28, 28), dtype=np.uint8)
    taken = []
    for _ in range(200):
        began = time.thread_time()
        wire.pack(
            {"type": "answer", "id": 1, "name": "pictures"}, {"pictures": pictures, "scores": np.zeros(64)}, exact=True
        )
        taken.append(1e3 * (time.thread_time() - began))
    return statistics.median(taken)
