"""A hub whose pool only writes down what it is told, and a viewer of one of its runs."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from typing import Any

from nnlab.core.experiment import experiment
from nnlab.live.messages.kinds import Kind
from nnlab.live.server.hub import Hub, Limits, LiveRun
from nnlab.live.server.viewer import Viewer

CIRCLE = experiment({"data": {"kind": "circle"}, "model": {"family": "mlp"}})


class Slot:
    """A worker's slot that remembers its commands."""

    def __init__(self, number: int) -> None:
        self.number, self.ready, self.pid = number, True, 0
        self.commands: list[tuple[Any, ...]] = []

    def send(self, *command: Any) -> None:
        pickle.dumps(command)
        self.commands.append(command)

    def names(self) -> list[str]:
        return [command[0] for command in self.commands]


class FakePool:
    def __init__(self, size: int, receive: Callable[..., None], lost: Callable[..., None]) -> None:
        self.workers = [Slot(i) for i in range(size)]
        self.alive = size

    def check(self, now: float) -> None:
        pass


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def make(workers: int = 1, **limits: Any) -> tuple[Hub, Clock]:
    clock = Clock()
    return Hub(workers, limits=Limits(**limits), pool=FakePool, clock=clock), clock  # type: ignore[arg-type]


def watched(hub: Hub) -> tuple[LiveRun, Viewer, Slot]:
    run = hub.open(CIRCLE, "ann")
    return run, hub.attach(run, lambda: None), run.worker  # type: ignore[return-value]


def command(hub: Hub, run: LiveRun, viewer: Viewer, name: str, argument: object = None) -> None:
    hub.command(run, viewer, json.dumps([name, argument]))


def texts(viewer: Viewer) -> list[dict[str, Any]]:
    found = []
    while (message := viewer.next(None, 0)) is not None:
        if isinstance(message, str):
            found.append(json.loads(message))
    return found


def deliver(hub: Hub, run: LiveRun, viewer: Viewer) -> None:
    """A scene and two frames, which the viewer has not drawn yet."""
    for kind in (Kind.SCENE, Kind.FRAME, Kind.FRAME):
        hub._receive(run.worker, kind, run.key, 0, b"x")
        while hub.take(run, viewer) is not None:
            pass
