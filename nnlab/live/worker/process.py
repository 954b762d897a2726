"""A worker process: hosts many runs, does what the hub says, and gives every run its frames and its share of the time."""

from __future__ import annotations

import contextlib
import importlib
import math
import os
import pickle
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from types import ModuleType
from typing import Any

from nnlab.core.errors import Refused
from nnlab.core.say import say
from nnlab.live.messages.beat import SIZE, Beat, mapped
from nnlab.live.messages.kinds import HEAD, Kind
from nnlab.live.worker.child import child_process
from nnlab.live.worker.hosted import Hosted
from nnlab.live.worker.request import Request
from nnlab.live.worker.scheduler import Scheduler

NICE = 5  # the browser and the server, which answer people, go first; from 10 on a busy machine starves a worker
LEAD_S = 0.01  # of processor time that a job may be behind the others
REQUEST = 2.5  # times as much is charged to a request: training keeps more than 60 % of its rate beside one
LOADS, POLL_S = ("open", "change"), 0.005  # what may need large examples; how often to look whether they are there
BATCH = 256  # commands between two slices of work
spent = time.thread_time
SWITCH_S = 0.001  # after which a thread that loads lets a frame be made
IDLE_S = 1.0  # at most between two beats
HISTORY = 512 * 2**20  # bytes of all histories together
COALESCED = ("change", "seek", "watch", "speed")  # of several in one batch only the last has an effect
SHARED = frozenset({"open", "change", "reset"})  # after these a history may be of another size
FULL = say(
    "The networks in training leave no memory for one of this size. Choose a smaller network, or try again when "
    "others have closed theirs."
)


class Host:
    """All runs of one worker."""

    def __init__(
        self,
        engine: ModuleType,
        send: Callable[[bytes], None],
        clock: Callable[[], float] = time.perf_counter,
        *,
        beat: Beat | None = None,
    ) -> None:
        self.runs: dict[int, Hosted] = {}
        # By run: what loads its examples, and the commands that came meanwhile. One loads at a time.
        self._waiting: dict[int, tuple[Any, list[tuple[Any, ...]]]] = {}
        self._engine, self._send, self._clock = engine, send, clock
        self._beat = beat or Beat(bytearray(SIZE))
        self._scheduler = Scheduler()
        self._reached_s = (
            0.0  # time that the job served last had had: one that comes back does not catch up on its absence
        )

    def do(self, commands: list[tuple[Any, ...]]) -> bool:
        """A batch of commands (op, run, …); False if the worker is to end."""
        commands = coalesced(commands)
        for op, key, *rest in commands:
            self._move(key)
            if op == "quit":
                return False
            if op == "close":
                if key in self.runs:
                    self.runs.pop(key).jobs.clear()
                    self._share_memory()
                self._waiting.pop(key, None)
            elif key in self._waiting:
                self._waiting[key][1].append((op, *rest))
            elif op in LOADS and (load := self._loading(key, rest[0])) is not None:
                self._waiting[key] = load, [(op, *rest)]
            else:
                self._tell(key, op, *rest)
        self._move()
        return True

    def _tell(self, key: int, op: str, *rest: Any) -> None:
        if op == "open":
            self.runs[key] = Hosted(self._engine, partial(self._post, key), self._clock, key=key)
        if key in self.runs:
            self.runs[key].do(op, *rest)
            if op in SHARED and self.runs[key].run is not None and not self._share_memory():
                self.runs[key].close(Refused.because(FULL))
            if self.runs[key].run is None:  # it could not be opened or changed, as the hub has heard
                del self.runs[key]
                self._share_memory()

    def _loading(self, key: int, told: dict[str, Any]) -> Any:
        return self._engine.loading(self.runs[key].run if key in self.runs else None, **told)

    def _loaded(self) -> None:
        """Runs whose examples are loaded, or cannot be, get the commands that came meanwhile; then the next ones are loaded."""
        for key, (load, commands) in list(self._waiting.items()):
            if load.ident is None:
                load.start()
            if not load.outcome.done():
                return
            del self._waiting[key]
            (op, *rest), *later = commands
            self._move(key)
            self._tell(key, op, *rest)  # whatever has become of its examples: it waits once
            self.do([(op, key, *rest) for op, *rest in later])

    def _move(self, key: int = 0) -> None:
        """A beat that names whose work may end the process: of several, the one whose examples are being loaded."""
        waiting = (one for one, hosted in self.runs.items() if hosted.waits)
        self._beat.move(next(iter(self._waiting), next(waiting, key)))

    def _share_memory(self) -> bool:
        """Every run's history gets the same share of what this process may hold, a large one what it cannot do without.

        Returns whether there is room for all of them.
        """
        left, sharers = HISTORY, len(self.runs)
        for least in sorted((self._engine.least_history(hosted.run) for hosted in self.runs.values()), reverse=True):
            if least * sharers <= left:
                break
            left, sharers = left - least, sharers - 1
        for hosted in self.runs.values():
            self._engine.limit_history(hosted.run, max(0, left) // max(1, sharers))
        return left >= 0

    def turn(self) -> float | None:
        """Do the next thing. Returns 0 where there is more to do at once, else seconds to wait; None = until a command comes."""
        self._loaded()
        shown = list(self.runs.values())
        jobs: list[Hosted | Request] = [*shown, *(job for hosted in shown for job in hosted.jobs.values())]
        for job in jobs:
            job.served_s = max(job.served_s, self._reached_s - LEAD_S)
        interval = self._scheduler.interval(shown)
        # Costs are counted in processor time: on a busy machine a run must not pay for being interrupted.
        before = spent()
        chosen = self._scheduler.next(self._clock(), shown, jobs)
        self._move(getattr(chosen.item, "key", 0))
        if isinstance(chosen.item, Hosted) and chosen.kind == "frame":
            chosen.item.show()
            chosen.item.pace.sent(self._clock(), interval, spent() - before)
        elif isinstance(chosen.item, Hosted | Request):
            self._reached_s = max(self._reached_s, chosen.item.served_s)
            chosen.item.work(chosen.budget_s or 0.0)
            chosen.item.served_s += (spent() - before) * (REQUEST if isinstance(chosen.item, Request) else 1)
        else:
            wait = chosen.budget_s if chosen.budget_s is not None else math.inf
            wait = min(wait, POLL_S) if self._waiting else wait
            return wait if wait != math.inf else None
        return 0.0

    def _post(self, key: int, kind: Kind, viewer: int, body: bytes) -> None:
        self._send(HEAD.pack(kind, key, viewer) + body)


def coalesced(commands: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The commands without those that a later one of the same name makes meaningless, nothing else between them."""
    kept: list[tuple[Any, ...]] = []
    for command in commands:
        if command[0] in COALESCED:
            for i in range(len(kept) - 1, -1, -1):
                if kept[i][1] != command[1] or kept[i][0] == "want":
                    continue
                if kept[i][0] == command[0]:
                    command = _with_attachment(command, kept.pop(i))
                break
        kept.append(command)
    return kept


def _with_attachment(command: tuple[Any, ...], before: tuple[Any, ...]) -> tuple[Any, ...]:
    """A change with what the one before brought along, which the hub sends once."""
    op, key, *rest = command
    if op != "change" or rest[0]["attachment"] is not None:
        return command
    return op, key, {**rest[0], "attachment": before[2]["attachment"]}


def serve(connection: Connection, engine: ModuleType, beat: Beat | None = None) -> None:
    """Host runs until the other end of the pipe closes."""
    host = Host(engine, connection.send_bytes, beat=beat)
    wait: float | None = None
    while True:
        commands: list[tuple[Any, ...]] = []
        try:
            while len(commands) < BATCH and connection.poll(IDLE_S if wait is None else min(wait, IDLE_S)):
                commands.append(pickle.loads(connection.recv_bytes()))
                wait = 0.0
            if not host.do(commands):
                return
            wait = host.turn()
        except (EOFError, OSError):
            return


def main(connection: Connection, engine: str, memory: Any) -> None:
    """The process's body; `memory` holds its beat, or is the descriptor of the file that does."""
    beat = mapped(memory) if isinstance(memory, int) else Beat(memory)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError, AttributeError):
        os.nice(NICE)
    sys.setswitchinterval(SWITCH_S)
    module = importlib.import_module(engine)
    module.preload()
    child_process.allowed = getattr(module, "forks", child_process.allowed)
    serve(connection, module, beat)
