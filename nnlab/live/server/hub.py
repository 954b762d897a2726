"""The runs of this server: opened, found, leased to their viewers, limited, and carried over when a worker dies. No torch.

Called from Streamlit's script threads, from the event loop and from the pool's threads; one lock guards everything and is
never held for longer than it takes to note something down. A viewer that reads slowly only delays itself.
"""

from __future__ import annotations

import itertools
import json
import logging
import pickle
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nnlab.core.errors import Busy, NnlabError, Refused
from nnlab.core.experiment import Experiment, experiment
from nnlab.core.say import Told, say, tell
from nnlab.live.messages import checkpoint, protocol
from nnlab.live.messages.kinds import Kind
from nnlab.live.pool.pool import Pool, Worker, default_workers
from nnlab.live.server.kept_runs import KeptRuns
from nnlab.live.server.live_run import LiveRun
from nnlab.live.server.viewer import IN_FLIGHT, Viewer

__all__ = ["Hub", "Limits", "LiveRun", "current", "use"]

_log = logging.getLogger("nnlab.live")
RESTORED, CRASHED, GONE = tell("notice.restored"), tell("notice.crashed"), tell("notice.gone")
FULL = (
    "{runs} networks are training, the most that this computer allows. You are number {place} in the queue; "
    "the page opens by itself."
)
YOURS = (
    "You have {runs} networks open, the most that one person may have. Close another tab; this page then opens by "
    "itself."
)
# What a person has just done is shown ahead of the frames that are on their way.
HURRIED = frozenset({"play", "step", "seek", "branch", "reset", "recover", "edit"})  # a change hurries by itself
LOSSES, LOSSES_S = 2, 600.0  # a run that ends its process so often within that time is not opened again


@dataclass(frozen=True)
class Limits:
    """Limits for one person and for all together, and how long runs that nobody watches are kept. Times in seconds."""

    runs: int = 64
    runs_of_owner: int = 8
    queue: int = 500
    pause_after_s: float = 3.0  # no sign of life from any viewer
    free_after_s: float = 600.0
    free_shown_after_s: float = 7_200.0  # a paused network on a screen, such as during a lesson, is silent too
    spare_after_s: float = 120.0  # a run that nobody has watched for this long makes room for a person in the queue
    ticket_s: float = 15.0  # a place in the queue is kept while the page asks again at least so often


class Hub:
    """All runs of one server process."""

    def __init__(
        self,
        workers: int | None = None,
        *,
        limits: Limits | None = None,
        pool: Callable[..., Pool] = Pool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.lock = threading.RLock()
        self.limits = limits or Limits()
        self.clock = clock
        self.pool = pool(default_workers() if workers is None else workers, self._receive, self._lost)
        self._numbers = itertools.count(1)
        self._kept_runs = KeptRuns()
        self.folder = checkpoint.Folder()  # of large checkpoints
        self._tokens: dict[str, LiveRun] = {}
        self._runs: dict[int, LiveRun] = {}
        self._tickets: dict[str, float] = {}  # owner -> when the page last asked, in order of arrival

    # ---- life of the hub ---------------------------------------------------------------------------------------------
    def start(self) -> None:
        """Start the workers; returns at once."""
        self.pool.start()

    def stop(self) -> None:
        """End all workers and runs."""
        self.pool.stop()
        with self.lock:
            self._tokens.clear()
            self._runs.clear()
        self.folder.remove()

    def tick(self) -> None:
        """Pause runs that nobody watches, free those that nobody has watched for long; to be called about twice a second."""
        now = self.clock()
        with self.lock:
            for run in list(self._runs.values()):
                silent = now - run.seen_at
                waiting = any(viewer.credit == IN_FLIGHT for viewer in run.viewers.values())  # it is we who owe a frame
                if not run.held and not waiting and silent > self.limits.pause_after_s:
                    self._hold(run, True)
                if silent > (self.limits.free_shown_after_s if run.viewers else self.limits.free_after_s):
                    self.free(run)
            self._tickets = {o: at for o, at in self._tickets.items() if now - at <= self.limits.ticket_s}
        self.pool.check(time.monotonic())

    def health(self) -> dict[str, Any]:
        """Figures for /healthz."""
        with self.lock:
            runs = list(self._runs.values())
            return {
                "workers": len(self.pool.workers),
                "alive": self.pool.alive,
                "runs": len(runs),
                "playing": sum(run.playing and not run.held for run in runs),
                "viewers": sum(len(run.viewers) for run in runs),
                "queue": len(self._tickets),
            }

    # ---- runs, called by pages ---------------------------------------------------------------------------------------
    def open(self, experiment: Experiment, owner: str) -> LiveRun:
        """A new run of `owner`, paused; raises `Busy` with a place in the queue, which later calls keep and move up."""
        with self.lock:
            self._admit(owner)
            worker = min(self.pool.workers, key=lambda w: sum(run.worker is w for run in self._runs.values()))
            run = LiveRun(self, next(self._numbers), secrets.token_urlsafe(24), owner, experiment, worker)
            run.seen_at = self.clock()
            run.open()  # first, for it raises `Refused` where an uploaded file is gone
            self._tokens[run.token] = self._runs[run.key] = run
            return run

    def find(self, token: str, owner: str) -> LiveRun | None:
        """The run of `token`, if it is this owner's."""
        with self.lock:
            run = self._tokens.get(token)
            return run if run is not None and secrets.compare_digest(run.owner.encode(), owner.encode()) else None

    def free(self, run: LiveRun) -> None:
        """End a run."""
        with self.lock:
            if self._runs.pop(run.key, None) is not None:
                del self._tokens[run.token]
                run.send("close")
                run.forget()
                run.drop_asked()
                for viewer in run.viewers.values():
                    viewer.close(protocol.notice(GONE, level="warning"))

    def number(self) -> int:
        """One that no viewer and nothing asked by a page has."""
        return next(self._numbers) % 2**32

    def _admit(self, owner: str) -> None:
        """Return where `owner` may open a run now, raise `Busy` where not."""
        own = [run for run in self._runs.values() if run.owner == owner]
        if len(own) >= self.limits.runs_of_owner and not self._spare(own, self.limits.pause_after_s):
            raise Busy(say(YOURS, runs=len(own)), 1)
        ahead = list(self._tickets).index(owner) if owner in self._tickets else len(self._tickets)
        room = self.limits.runs - len(self._runs)
        if ahead >= room and not (ahead == 0 and self._spare(list(self._runs.values()), self.limits.spare_after_s)):
            if owner in self._tickets or len(self._tickets) < self.limits.queue:
                self._tickets[owner] = self.clock()
            raise Busy(say(FULL, runs=len(self._runs), place=ahead + 1), ahead + 1)
        self._tickets.pop(owner, None)

    def _spare(self, runs: list[LiveRun], silent_s: float) -> bool:
        """Free the run that has not been watched for the longest time, if that is more than `silent_s`."""
        now = self.clock()
        idle = [r for r in runs if now - r.seen_at > (self.limits.free_after_s if r.viewers else silent_s)]
        if idle:
            self.free(min(idle, key=lambda run: run.seen_at))
        return bool(idle)

    # ---- viewers, called by the socket -------------------------------------------------------------------------------
    def attach(self, run: LiveRun, wake: Callable[[], None]) -> Viewer:
        """A new viewer; it is sent the scene first."""
        with self.lock:
            viewer = Viewer(self.number(), wake)
            run.viewers[viewer.number] = viewer
            self._seen(run)
            viewer.edited(run.edited())
            if self._kept_runs.of(run.owner):
                viewer.tell(self._kept_runs.message(run.owner))
            if run.closed is not None:
                viewer.tell(protocol.notice(run.closed, level="error", stay=True))
            run.send("refresh", viewer.number)
            run.want()
            return viewer

    def detach(self, run: LiveRun, viewer: Viewer) -> None:
        """A viewer has left; if it was the last, the lease runs out by itself."""
        with self.lock:
            run.viewers.pop(viewer.number, None)
            run.send("cancel", viewer.number)
            run.watch()

    def take(self, run: LiveRun, viewer: Viewer) -> bytes | str | None:
        """The next thing to send to `viewer`; None = nothing now."""
        with self.lock:
            message = viewer.next(run.frame, run.frames)
            run.want()
            return message

    def command(self, run: LiveRun, viewer: Viewer, message: str | bytes) -> None:
        """Do what a browser asks; raises `Refused`."""
        command = protocol.parse(message)
        with self.lock:
            self._seen(run)
            getattr(self, f"_on_{command.name}", self._forward)(run, viewer, command)
            if command.name in HURRIED:
                run.hurry()

    def _seen(self, run: LiveRun) -> None:
        run.seen_at = self.clock()
        if run.held:
            self._hold(run, False)

    def _hold(self, run: LiveRun, on: bool) -> None:
        run.held = on
        run.send("hold", on)

    # ---- one method a command ----------------------------------------------------------------------------------------
    def _forward(self, run: LiveRun, viewer: Viewer, command: protocol.Command) -> None:
        """Commands that only the worker understands: seek, branch, recover."""
        run.send(command.name, *([] if command.argument is None else [command.argument]))

    def _on_ack(self, run: LiveRun, viewer: Viewer, command: protocol.Command) -> None:
        viewer.ack()
        viewer.wake()
        run.drawn(viewer, command.argument)

    def _on_watch(self, run: LiveRun, viewer: Viewer, command: protocol.Command) -> None:
        viewer.watch(command.argument, command.arrays)
        run.viewers[viewer.number] = run.viewers.pop(viewer.number)  # of what two want differently the newer word holds
        if run.watch():  # else no newer frame follows: the one on its way is what it waits for
            run.hurry()

    def _on_play(self, run: LiveRun, viewer: Viewer, command: protocol.Command) -> None:
        run.play(command.argument)

    def _on_step(self, run: LiveRun, viewer: Viewer, command: protocol.Command) -> None:
        run.step(command.argument.unit, command.argument.n)

    def _on_speed(self, run: LiveRun, viewer: Viewer, command: protocol.Command) -> None:
        run.pace(command.argument)

    def _on_set(self, run: LiveRun, viewer: Viewer, command: protocol.Command) -> None:
        run.patch(command.argument.changes, version=command.argument.version)

    def _on_edit(self, run: LiveRun, viewer: Viewer, command: protocol.Command) -> None:
        run.send("edit", command.argument.index, command.argument.value)

    def _on_point(self, run: LiveRun, viewer: Viewer, command: protocol.Command) -> None:
        point = command.argument
        data = run.experiment.data.edited(point.op, **point.model_dump(include={"id", "x", "y", "label", "bits"}))
        run.change(run.experiment.model_copy(update={"data": data}), version=point.version)

    def _on_undo(self, run: LiveRun, viewer: Viewer, command: protocol.Command) -> None:
        run.undo()

    def _on_redo(self, run: LiveRun, viewer: Viewer, command: protocol.Command) -> None:
        run.redo()

    def _on_reset(self, run: LiveRun, viewer: Viewer, command: protocol.Command) -> None:
        run.reset()

    def _on_ask(self, run: LiveRun, viewer: Viewer, command: protocol.Command) -> None:
        ask = command.argument
        options = {**ask.options, **command.arrays}
        kept = self._kept_runs.named(run.owner, ask.options)
        run.send("ask", viewer.number, ask.id, ask.name, options, kept and (kept.body, kept.attachment()))

    def _on_forget(self, run: LiveRun, viewer: Viewer, command: protocol.Command) -> None:
        self._kept_runs.forget(run.owner)
        self._tell_kept(run.owner)

    def _tell_kept(self, owner: str) -> None:
        """Tell all tabs of a person which runs it has kept."""
        for run in self._runs.values():
            if run.owner == owner:
                run.tell(self._kept_runs.message(owner))

    def _on_cancel(self, run: LiveRun, viewer: Viewer, command: protocol.Command) -> None:
        run.send("cancel", viewer.number, command.argument)

    # ---- from the workers, in threads of the pool --------------------------------------------------------------------
    def _receive(self, worker: Worker, kind: Kind, key: int, to: int, body: bytes) -> None:
        with self.lock:
            run = self._runs.get(key)
            if run is None and kind == Kind.CHECKPOINT:  # it was on its way when the run was freed
                self.folder.drop(key)
            if run is None or run.worker is not worker:
                return
            viewers = [run.viewers[to]] if to in run.viewers else [] if to else list(run.viewers.values())
            if kind == Kind.FRAME:
                run.frame, run.asked = body, False
                run.frames += 1
                for viewer in viewers:
                    viewer.wake()
            elif kind == Kind.SCENE:
                for viewer in viewers:
                    viewer.begin(body)
            elif kind == Kind.CHECKPOINT:
                run.checkpoint = body
            elif kind == Kind.SNAPSHOT:
                told, kept = pickle.loads(body)
                self._kept_runs.add(run.owner, told, kept)
                self._tell_kept(run.owner)
            elif kind == Kind.STATE:
                state = json.loads(body)
                if "closed" in state:
                    why = state["closed"]
                    run.close_for(why if isinstance(why, str) else Told(**why))
                    return
                run.playing, run.stopped = state["playing"], state["stopped"]
                if "experiment" in state:
                    run.returned(experiment(state["experiment"]), version=state["version"])
            elif kind in (Kind.TEXT, Kind.ANSWER):
                run.answered(to, body, done=kind == Kind.ANSWER)
                for viewer in viewers:
                    viewer.tell(body if kind == Kind.ANSWER else body.decode())

    def _lost(self, worker: Worker, working_on: int) -> None:
        """Open the runs of a dead worker in its successor, from their last checkpoints, and tell their viewers.

        The run that it was working on may be what ended it: one that has done so twice is closed, and the others go on.
        """
        now = self.clock()
        with self.lock:
            for run in [run for run in self._runs.values() if run.worker is worker and run.closed is None]:
                if run.key == working_on:
                    run.losses = [at for at in run.losses if now - at < LOSSES_S] + [now]
                if len(run.losses) >= LOSSES:
                    run.close_for(CRASHED)
                    continue
                try:
                    run.open()
                except Refused as refused:  # its uploaded file had to leave this server
                    run.close_for(str(refused))
                    continue
                except Exception as error:  # one that cannot be told must not keep the others from being opened
                    _log.exception("A run cannot be opened again; it is closed.")
                    run.close_for(tell("notice.run_failed", reason=f"{type(error).__name__}: {error}"[:200]))
                    continue
                run.tell(protocol.notice(RESTORED, level="warning"))


_current: Hub | None = None


def current() -> Hub:
    """The hub of this process."""
    if _current is None:
        raise NnlabError(say("No hub is running in this process. Start the app with `python3 start.py`."))
    return _current


def use(hub: Any) -> None:
    """Make `hub` (or a stand-in, in tests) the hub of this process; None = none."""
    global _current
    _current = hub
