"""A run as the server knows it: its experiment, its viewers, its worker and its newest frame. No torch."""

from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Mapping
from typing import Any, Protocol

from nnlab.core.experiment import Experiment, patch, plain
from nnlab.core.say import Told
from nnlab.live.messages import checkpoint, protocol
from nnlab.live.pool.pool import Worker
from nnlab.live.server.asked import LOST, Asked
from nnlab.live.server.past import Past
from nnlab.live.server.viewer import Viewer


class Holder(Protocol):
    """What a run needs of the hub that holds it: the lock, the folder of large checkpoints, and `free`."""

    lock: threading.RLock
    folder: checkpoint.Folder

    def free(self, run: LiveRun) -> None:
        """End the run."""

    def number(self) -> int:
        """One that no viewer and nothing asked by a page has."""


class LiveRun:
    """One run. Its methods may be called from any thread; they return at once, the worker follows."""

    def __init__(self, hub: Holder, key: int, token: str, owner: str, experiment: Experiment, worker: Worker) -> None:
        self.key, self.token, self.owner = key, token, owner
        self.experiment = experiment
        self.version = 0
        self.past = Past(experiment)
        self.worker = worker
        self.playing = self.held = self.asked = False
        self.stopped: dict[str, Any] | None = None  # why it has ended, as its worker tells
        self.closed: Told | str | None = None  # why it was closed; a change or a reset opens it again
        self.speed = 0.0
        self.viewers: dict[int, Viewer] = {}
        self.asked_by_pages: dict[int, Asked] = {}  # by its number, until it is answered
        self.frame: bytes | None = None
        self.frames = 0  # frames that came from the worker
        self.checkpoint: bytes | None = None
        self.losses: list[float] = []  # when it ended the process that worked on it
        self.seen_at = 0.0  # when a viewer last gave a sign of life
        self._hub = hub
        self._drawn = 0  # newest version that a viewer has on the screen
        self._on_screen = threading.Condition(hub.lock)
        self._attached = ""  # digest of what its worker was sent last
        self._watched: tuple[tuple[str, ...], dict[str, dict[str, Any]]] = ((), {})

    # ---- what pages call ---------------------------------------------------------------------------------------------
    def change(self, experiment: Experiment, *, version: int = 0) -> None:
        """Go on with another experiment; every viewer is told. `version` is the least that frames will carry."""
        with self._hub.lock:
            if experiment == self.experiment and version <= self.version:
                return
            self._go(experiment, version=version)
            self.past.take(experiment, time.monotonic())

    def patch(self, changes: Mapping[str, Any], *, version: int = 0) -> None:
        """Change dotted fields; raises `Refused`."""
        with self._hub.lock:
            self.change(patch(self.experiment, changes), version=version)

    def undo(self) -> None:
        """Take the last change of the experiment back, if there is one; raises `Refused` where its uploaded file is gone."""
        with self._hub.lock:
            if self.past.before is not None:
                self._go(self.past.before)
                self.past.back()

    def redo(self) -> None:
        """Make the change that was taken back last again, if there is one; raises `Refused` as `undo` does."""
        with self._hub.lock:
            if self.past.after is not None:
                self._go(self.past.after)
                self.past.forth()

    def seen(self, patience_s: float) -> bool:
        """Wait until a viewer has drawn the newest change, at most `patience_s`; whether one has. False if nobody watches.

        A page that is about to be drawn anew waits here: its own work in the browser would hold the picture up.
        """
        with self._hub.lock:
            wanted = self.version
            if not self.viewers:
                return False
            return self._on_screen.wait_for(lambda: self._drawn >= wanted, patience_s)

    def pictured(self, patience_s: float) -> bool:
        """Wait until a viewer has drawn a first frame, at most `patience_s`; whether one has."""
        with self._hub.lock:
            return self._on_screen.wait_for(lambda: any(one.drew for one in self.viewers.values()), patience_s)

    def play(self, on: bool) -> None:
        """Play or pause."""
        with self._hub.lock:
            self.playing = bool(on) and self.closed is None
            self.send("play", bool(on))

    def pace(self, speed: float) -> None:
        """Updates a second; 0 = as fast as the worker can."""
        with self._hub.lock:
            self.speed = speed
            self.send("speed", speed)

    def reset(self) -> None:
        """Back to the same initial weights."""
        with self._hub.lock:
            if self.closed is not None:
                self.reopen()
            else:
                self.send("reset")

    def step(self, unit: str, n: int = 1) -> None:
        """Some epochs, batches or phases forth or back."""
        self.send("step", unit, n)

    def ask(self, name: str, options: Mapping[str, Any]) -> Asked:
        """Ask the study or analysis `name` of the run for a record; returns at once."""
        with self._hub.lock:
            number = self._hub.number()
            asked = Asked(lambda: self._cancel(number))
            if self.closed is not None:
                asked.end(LOST)
                return asked
            self.asked_by_pages[number] = asked
            self.send("ask", number, name, name, dict(options))
            return asked

    def looked(self, name: str) -> Mapping[str, Any]:
        """What its viewers have chosen of the analysis `name`, such as the picture that is looked at."""
        with self._hub.lock:
            return dict(self._watched[1].get(name, {}))

    def _cancel(self, number: int) -> None:
        with self._hub.lock:
            if self.asked_by_pages.pop(number, None) is not None:
                self.send("cancel", number)

    def close(self) -> None:
        """Free the run."""
        self._hub.free(self)

    # ---- what the hub calls, with its lock held ----------------------------------------------------------------------
    def send(self, op: str, *rest: Any) -> None:
        """Send a command to the worker, unless the run was closed."""
        if self.closed is None:
            self.worker.send(op, self.key, *rest)

    def open(self) -> None:
        """Have the worker open it: at its beginning, or where the last checkpoint left it."""
        self.drop_asked()
        self.asked = False
        offers, options = self._watched
        attachment = self.experiment.data.attachment()
        self._attached = attachment[0] if attachment else ""
        state = {"playing": self.playing, "held": self.held, "speed": self.speed, "version": self.version}
        what = {"experiment": plain(self.experiment), "attachment": attachment, "checkpoint": self.checkpoint}
        where = {"folder": str(self._hub.folder.path), "offers": offers, "options": options}
        self.send("open", {**what, **state, **where})
        for viewer in self.viewers.values():
            self.send("refresh", viewer.number)
        self.want()

    def close_for(self, why: Told | str) -> None:
        """Close it: the worker drops it, and its viewers are told why."""
        self.send("close")
        self.drop_asked()
        self.closed, self.playing = why, False
        self.tell(protocol.notice(why, level="error", stay=True))

    def reopen(self) -> None:
        """From its beginning, once something about it has changed; raises `Refused` where its uploaded file is gone."""
        self.experiment.data.attachment()
        self.forget()
        self.closed, self.losses = None, []
        self.tell(protocol.notice("", stay=True))
        self.open()

    def answered(self, number: int, message: bytes, *, done: bool) -> None:
        """What a page has asked gets on (`done`: is answered); nothing where nobody waits for it any more."""
        asked = self.asked_by_pages.pop(number, None) if done else self.asked_by_pages.get(number)
        if asked is not None:
            asked.take(message, done=done)

    def drop_asked(self) -> None:
        """Whoever waits for a record is told that it does not come."""
        for asked in self.asked_by_pages.values():
            asked.end(LOST)
        self.asked_by_pages.clear()

    def forget(self) -> None:
        """Drop the checkpoint."""
        self._hub.folder.drop(self.key)
        self.checkpoint = None

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
        """Show what was just done in a frame ahead of the others."""
        for viewer in self.viewers.values():
            viewer.hurry(self.frames)
        self.want()

    def watch(self) -> bool:
        """Tell the worker what all viewers together want, if that has changed; whether it has."""
        offers = tuple(dict.fromkeys(name for viewer in self.viewers.values() for name in viewer.offers))
        options: dict[str, dict[str, Any]] = {}
        for viewer in self.viewers.values():
            for name, chosen in viewer.options.items():
                options[name] = {**options.get(name, {}), **chosen}
        if pickle.dumps((offers, options)) == pickle.dumps(self._watched):  # there may be arrays among them
            return False
        self._watched = offers, options
        self.send("watch", offers, options)
        return True

    def tell(self, message: str | bytes) -> None:
        """A message for every viewer."""
        for viewer in self.viewers.values():
            viewer.tell(message)

    def edited(self, *, returned: bool = False) -> str:
        """The JSON text about the present experiment; `returned` if a replay led to it, not a change."""
        return protocol.edited(self.experiment.model_dump(mode="json"), version=self.version, returned=returned)

    def returned(self, experiment: Experiment, *, version: int) -> None:
        """Going through its history has led past a change, to `experiment`; unless a newer change is under way."""
        if version == self.version:
            self.experiment = experiment
            self.past.moved(experiment)
            self._tell_edited(returned=True)

    def _go(self, experiment: Experiment, *, version: int = 0) -> None:
        attachment = experiment.data.attachment()  # raises `Refused` where it is gone, before anything is changed
        self.experiment = experiment
        self.version = max(self.version + 1, version)
        if self.closed is not None:
            self.reopen()
        else:
            new = None if attachment is None or attachment[0] == self._attached else attachment
            self.send("change", {"experiment": plain(experiment), "attachment": new, "version": self.version})
            self._attached = attachment[0] if attachment else ""
        self.hurry()
        self._tell_edited()

    def _tell_edited(self, *, returned: bool = False) -> None:
        if self.viewers:
            text = self.edited(returned=returned)
            for viewer in self.viewers.values():
                viewer.edited(text)
