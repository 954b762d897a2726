"""The worker processes: started, spoken to, watched and replaced. No torch in this process.

A `Worker` is a slot that always answers to the same name: when its process dies, a new one is forked in its place and the
owner of the pool is told, so that it can open the runs again. Sending never blocks: a thread a worker writes to the pipe.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import queue
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from nnlab.live.messages.beat import Beat
from nnlab.live.messages.kinds import HEAD, Kind
from nnlab.live.pool.starters import ENGINE, Forked, Spawned, Starter

_log = logging.getLogger("nnlab.live")
SILENCE_S = 20.0  # a worker that has not finished a slice of work for so long hangs, and is killed
RETRY_S = 1.0  # before the second attempt to start a worker that fails at once; doubled each time
LONGEST_RETRY_S = 30.0


def cores() -> int:
    """Processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def default_workers() -> int:
    """`NNLAB_WORKERS`, or one core fewer than there are: the server needs one."""
    chosen = os.environ.get("NNLAB_WORKERS", "")
    return max(1, min(64, int(chosen))) if chosen.isdecimal() else max(1, cores() - 1)


class Worker:
    """One slot of the pool."""

    def __init__(self, number: int, pool: Pool) -> None:
        self.number = number
        self.pid = 0
        self.ready = False
        self._pool = pool
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._connection: Connection | None = None
        self._beat: Beat | None = None
        self._beaten = (-1, 0.0)  # the count when it was last seen to move, and when that was
        self._thread = threading.Thread(target=self._live, daemon=True, name=f"live-worker-{number}")

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def send(self, op: str, run: int, *rest: Any) -> None:
        """Queue a command for the process; never blocks."""
        self._outbox.put(pickle.dumps((op, run, *rest), protocol=5))

    def kill(self) -> None:
        """End the process at once; a new one takes its place."""
        if self.pid:
            with contextlib.suppress(ProcessLookupError):  # it has ended, and its thread has not seen that yet
                os.kill(self.pid, getattr(signal, "SIGKILL", signal.SIGTERM))

    def check(self, now: float) -> None:
        """Kill a process that has not finished a slice of work for `SILENCE_S`: it is not busy, it hangs."""
        if not self.ready or self._beat is None:
            return
        count, seen_at = self._beaten
        if self._beat.read()[0] != count:
            self._beaten = self._beat.read()[0], now
        elif now - seen_at > SILENCE_S:
            self.kill()

    def stop(self) -> None:
        """Close the pipe: the process leaves when it sees that."""
        self._outbox.put(None)

    def join(self, timeout: float) -> bool:
        """Whether the slot's thread has ended within `timeout`."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _live(self) -> None:
        """One process after the other; whatever goes wrong with one, there is a next."""
        failures = 0
        while not self._pool.stopping:
            if failures:  # it fails before it begins: do not spin
                time.sleep(min(LONGEST_RETRY_S, RETRY_S * 2 ** (failures - 1)))
            try:
                self.pid, connection, self._beat = self._pool.starter.start()
                failures = 0 if self._serve(connection) else failures + 1
            except Exception:
                failures += 1
                if not self._pool.stopping:
                    _log.exception("Worker %d cannot be started; it is tried again.", self.number)
                continue
            if not self._pool.stopping:
                self._tell(self._pool.lost, self._beat.read()[1])

    def _serve(self, connection: Connection) -> bool:
        """Speak with the process until it ends; whether it has said anything."""
        self._connection, outbox = connection, self._outbox
        writer = threading.Thread(target=_write, args=(connection, outbox), daemon=True)
        writer.start()
        self._beaten = -1, time.monotonic()
        self.ready = True
        heard = self._read(connection)
        self.ready, self.pid = False, 0
        self._outbox = queue.SimpleQueue()
        outbox.put(None)
        writer.join()
        connection.close()
        return heard

    def _read(self, connection: Connection) -> bool:
        """Hand over messages until the process ends; whether there were any. One that sends what is no message is ended."""
        heard = False
        while True:
            try:
                message = connection.recv_bytes()
                number, run, viewer = HEAD.unpack_from(message)
                kind = Kind(number)
            except (EOFError, OSError):
                return heard
            except Exception:
                _log.exception("Worker %d sends what is no message; another one takes its place.", self.number)
                self.kill()
                return heard
            heard = True
            self._tell(self._pool.receive, kind, run, viewer, message[HEAD.size :])

    def _tell(self, owner: Callable[..., None], *news: Any) -> None:
        """Tell the owner of the pool. An error of its own costs one message, not the slot."""
        try:
            owner(self, *news)
        except Exception:
            _log.exception("News of worker %d could not be taken in.", self.number)


class Pool:
    """All worker processes. `receive` and `lost` are called from threads of the pool; `lost` is told whose work was under way."""

    def __init__(
        self,
        size: int,
        receive: Callable[[Worker, Kind, int, int, bytes], None],
        lost: Callable[[Worker, int], None],
        *,
        starter: Starter | None = None,
    ) -> None:
        self.receive, self.lost = receive, lost
        self.stopping = False
        self.starter: Starter = starter or (Spawned(ENGINE) if sys.platform == "win32" else Forked(ENGINE))
        self.workers = [Worker(number, self) for number in range(size)]

    def start(self) -> None:
        """Start all workers; returns at once, commands wait until they are ready."""
        for worker in self.workers:
            worker.start()

    @property
    def alive(self) -> int:
        """Workers that take commands now."""
        return sum(worker.ready for worker in self.workers)

    def check(self, now: float) -> None:
        """Look after silent workers; to be called about every second."""
        for worker in self.workers:
            worker.check(now)

    def stop(self) -> None:
        """End all processes; returns when they have ended, after at most a few seconds."""
        self.stopping = True
        for worker in self.workers:
            worker.stop()
        deadline = time.monotonic() + 3
        for worker in self.workers:
            if worker.ready and not worker.join(max(0.0, deadline - time.monotonic())):
                worker.kill()
        self.starter.stop()


def _write(connection: Connection, outbox: queue.SimpleQueue[bytes | None]) -> None:
    """Send what is queued until None comes, then half-close, so that the process sees the end and the reader its answer."""
    while (message := outbox.get()) is not None:
        try:
            connection.send_bytes(message)
        except (OSError, ValueError):
            return
    _half_close(connection)


def _half_close(connection: Connection) -> None:
    """Close the writing half of a socket pair; on Windows a word of its own ends the worker."""
    if sys.platform == "win32":
        connection.send_bytes(pickle.dumps(("quit", 0)))
        return
    with socket.socket(fileno=os.dup(connection.fileno())) as end:
        try:
            end.shutdown(socket.SHUT_WR)
        except OSError:
            return
