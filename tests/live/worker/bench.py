"""A worker's inside, driven turn by turn in this process: no pipe, no second process."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from nnlab.core.experiment import experiment, plain
from nnlab.live.messages import wire
from nnlab.live.messages.kinds import HEAD, Kind
from nnlab.live.worker import engine
from nnlab.live.worker.hosted import Hosted
from nnlab.live.worker.process import Host
from tests.waiting import PATIENCE_S

SPEC = experiment({"data": {"kind": "circle", "samples": 100}, "model": {"family": "mlp"}})
VIEWS = ("boundary", "neurons", "weights")
Sent = list[tuple[Kind, int, int, bytes]]


def opening(spec: Any = SPEC, **more: Any) -> dict[str, Any]:
    """What the hub says of a run that it wants opened."""
    state = {"playing": False, "held": False, "speed": 0.0, "version": 0, "checkpoint": None, "attachment": None}
    return {"experiment": plain(spec), **state, "folder": "", "offers": VIEWS, "options": {}, **more}


def stand_in(**instead: Any) -> Any:
    """The real engine with some of its functions replaced."""
    return SimpleNamespace(**{name: getattr(engine, name) for name in engine.__all__} | instead)


class Bench:
    """A host whose messages are kept."""

    def __init__(self, module: Any = engine) -> None:
        self.sent: Sent = []
        self.host = Host(module, self._take)

    def _take(self, message: bytes) -> None:
        kind, run, viewer = HEAD.unpack_from(message)
        self.sent.append((Kind(kind), run, viewer, message[HEAD.size :]))

    def do(self, *command: Any) -> None:
        self.host.do([command])

    def until(self, done: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not done():
            assert time.monotonic() < end, "it must come to that"
            if self.host.turn() != 0:
                time.sleep(0.001)  # there is nothing to do yet

    def of(self, kind: Kind, run: int = 1) -> list[bytes]:
        return [body for k, r, _, body in self.sent if (k, r) == (kind, run)]

    def frame(self, run: int = 1) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """The next frame of `run`."""
        before = len(self.of(Kind.FRAME, run))
        self.do("want", run)
        self.until(lambda: len(self.of(Kind.FRAME, run)) > before)
        return wire.unpack(self.of(Kind.FRAME, run)[-1])

    def frame_that(
        self, fits: Callable[[dict[str, Any], dict[str, np.ndarray]], bool], run: int = 1, most: int = 10
    ) -> Any:
        """The first of the next frames of `run` that fits; what takes several slices comes a frame or two later."""
        for _ in range(most):
            header, arrays = self.frame(run)
            if fits(header, arrays):
                return header, arrays
        raise AssertionError(f"One of {most} frames must fit; none did.")

    def texts(self, run: int = 1) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.of(Kind.TEXT, run)]

    def answers(self, run: int = 1) -> list[tuple[dict[str, Any], dict[str, np.ndarray]]]:
        return [wire.unpack(body) for body in self.of(Kind.ANSWER, run)]

    def states(self, run: int = 1) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.of(Kind.STATE, run)]

    def hosted(self, run: int = 1) -> Hosted:
        return self.host.runs[run]
