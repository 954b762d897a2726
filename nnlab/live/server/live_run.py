"""A run as the server knows it: its experiment, who looks at it, where it lives and its newest frame. No torch."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nnlab.core.errors import Refused
from nnlab.core.experiment import Experiment, patch, plain
from nnlab.core.links import to_link
from nnlab.data.points.upload import attachment
from nnlab.live.messages import protocol
from nnlab.live.server.viewer import Viewer

if TYPE_CHECKING:
    from nnlab.live.pool.pool import Worker
    from nnlab.live.server.hub import Hub


@dataclass(frozen=True)
class Status:
    """A run at a glance, for a page."""

    playing: bool
    held: bool  # playing, but nobody looks
    stopped: str  # why the run has ended, in a sentence; "" while it goes on
    viewers: int
    version: int
    alive: bool  # whether a worker has it


class LiveRun:
    """One run. Its methods may be called from any thread; they return at once, the worker follows."""

    def __init__(self, hub: Hub, key: int, token: str, owner: str, experiment: Experiment, worker: Worker) -> None:
        self.key, self.token, self.owner = key, token, owner
        self.experiment = experiment
        self.version = 0
        self.worker = worker
        self.playing = self.held = self.asked = False
        self.stopped = ""
        self.speed = 0.0
        self.viewers: dict[int, Viewer] = {}
        self.frame: bytes | None = None
        self.frames = 0  # frames that came from the worker
        self.checkpoint: bytes | None = None
        self.losses: list[float] = []  # when a worker was lost under it
        self.seen_at = 0.0  # when a viewer last gave a sign of life
        self._hub = hub
        self._drawn = 0  # newest version that a viewer has on the screen
        self._on_screen = threading.Condition(hub.lock)
        self._watched: tuple[tuple[str, ...], dict[str, Any]] = ((), {})

    # ---- what pages call ---------------------------------------------------------------------------------------------
    def change(self, experiment: Experiment, *, version: int = 0) -> None:
        """Go on with another experiment; every viewer is told. `version` is the least that frames will carry."""
        with self._hub.lock:
            if experiment == self.experiment and version <= self.version:
                return
            rows = attachment(experiment.data)  # raises `Refused` where they are gone, before anything is changed
            new_rows = rows if rows is None or rows[0] != getattr(self.experiment.data, "digest", "") else None
            self.experiment = experiment
            self.version = max(self.version + 1, version)
            self.send("change", {"experiment": plain(experiment), "rows": new_rows, "version": self.version})
            self.hurry()
            self._tell_edited()

    def patch(self, changes: Mapping[str, Any], *, version: int = 0) -> None:
        """Change dotted fields; raises `Refused`."""
        with self._hub.lock:
            self.change(patch(self.experiment, changes), version=version)

    def seen(self, patience_s: float) -> bool:
        """Wait until a viewer has drawn the newest change, at most `patience_s`; whether one has. False where nobody looks.

        A page that is about to be drawn anew waits here: its own work in the browser would hold the picture up.
        """
        with self._hub.lock:
            wanted = self.version
            if not self.viewers:
                return False
            return self._on_screen.wait_for(lambda: self._drawn >= wanted, patience_s)

    def pictured(self, patience_s: float) -> bool:
        """Wait until a viewer has come and drawn a first frame, at most `patience_s`; whether one has."""
        with self._hub.lock:
            return self._on_screen.wait_for(lambda: any(one.drew for one in self.viewers.values()), patience_s)

    def play(self, on: bool) -> None:
        """Play or pause."""
        with self._hub.lock:
            self.playing = bool(on)
            self.send("play", bool(on))

    def pace(self, speed: float) -> None:
        """Updates a second; 0 = as fast as the worker can."""
        with self._hub.lock:
            self.speed = speed
            self.send("speed", speed)

    def reset(self) -> None:
        """Back to the same initial weights."""
        self.send("reset")

    def step(self, unit: str, n: int = 1) -> None:
        """Some epochs, batches or phases forth or back."""
        self.send("step", unit, n)

    def close(self) -> None:
        """Free the run."""
        self._hub.free(self)

    def status(self) -> Status:
        """The run at a glance."""
        return Status(self.playing, self.held, self.stopped, len(self.viewers), self.version, self.worker.ready)

    # ---- what the hub calls, with its lock held ----------------------------------------------------------------------
    def send(self, op: str, *rest: Any) -> None:
        """A command to the worker."""
        self.worker.send(op, self.key, *rest)

    def open(self) -> None:
        """Have the worker open it: at its beginning, or where the last checkpoint left it."""
        self.asked = False
        offers, options = self._watched
        rows = attachment(self.experiment.data)
        state = {"playing": self.playing, "held": self.held, "speed": self.speed, "version": self.version}
        what = {"experiment": plain(self.experiment), "rows": rows, "checkpoint": self.checkpoint}
        self.send("open", {**what, **state, "offers": offers, "options": options})
        for viewer in self.viewers.values():
            self.send("refresh", viewer.number)
        self.want()

    def want(self) -> None:
        """Ask the worker for one more frame, if a viewer has credit for it and it was not asked already."""
        if not self.asked and any(viewer.wants(self.frames) for viewer in self.viewers.values()):
            self.asked = True
            self.send("want")

    def drawn(self, viewer: Viewer, version: int) -> None:
        """A viewer has drawn a frame of `version`."""
        first, viewer.drew = not viewer.drew, True
        if first or version > self._drawn:
            self._drawn = max(self._drawn, version)
            self._on_screen.notify_all()

    def hurry(self) -> None:
        """Have what was just done shown by a frame out of turn."""
        for viewer in self.viewers.values():
            viewer.hurry(self.frames)
        self.want()

    def watch(self) -> None:
        """Tell the worker what all viewers together want, if that has changed."""
        offers = tuple(dict.fromkeys(name for viewer in self.viewers.values() for name in viewer.offers))
        options = {name: value for viewer in self.viewers.values() for name, value in viewer.options.items()}
        if (offers, options) != self._watched:
            self._watched = offers, options
            self.send("watch", offers, options)

    def tell(self, text: str) -> None:
        """A text for every viewer."""
        for viewer in self.viewers.values():
            viewer.tell(text)

    def edited(self, *, returned: bool = False) -> str:
        """The JSON text about the experiment as it is now; `returned` where nobody has changed it just now."""
        try:
            link = to_link(self.experiment)
        except Refused:
            link = None
        return protocol.edited(
            self.experiment.model_dump(mode="json"), version=self.version, link=link, returned=returned
        )

    def returned(self, experiment: Experiment, *, version: int) -> None:
        """Going through its history has led past a change, to `experiment`; unless a newer change is under way."""
        if version == self.version:
            self.experiment = experiment
            self._tell_edited(returned=True)

    def _tell_edited(self, *, returned: bool = False) -> None:
        if self.viewers:
            text = self.edited(returned=returned)
            for viewer in self.viewers.values():
                viewer.edited(text)
