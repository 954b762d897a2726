"""How worker processes are started: forked from a process that has torch loaded, or anew on Windows."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import socket
import struct
import subprocess
import sys
import threading
from multiprocessing.connection import Connection
from typing import Any, Protocol

from nnlab.live.messages.beat import SIZE, Beat, mapped, shared_file

ENGINE = "nnlab.live.worker.engine"


class Starter(Protocol):
    """Makes worker processes."""

    def start(self) -> tuple[int, Connection, Beat]:
        """Process id, the server's end of the pipe, and the process's beat; raises OSError."""

    def stop(self) -> None:
        """Release everything."""


class Forked:
    """Workers forked from a zygote that has torch loaded: 2 s once, then 20 ms each. Not on Windows."""

    def __init__(self, engine: str) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._stopping = False
        self._zygote: tuple[subprocess.Popen[bytes], socket.socket] | None = None

    def start(self) -> tuple[int, Connection, Beat]:
        with self._lock:
            try:
                return self._fork()
            except OSError:  # the zygote died: a new one, once
                self._drop()
                return self._fork()

    def stop(self) -> None:
        self._stopping = True
        zygote = self._zygote
        if zygote is not None:  # wakes a fork that waits for an answer
            with contextlib.suppress(OSError):
                zygote[1].shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._drop()

    def _fork(self) -> tuple[int, Connection, Beat]:
        control = (self._zygote or self._start_zygote())[1]
        ours, theirs = socket.socketpair()
        with ours, shared_file() as file:
            with theirs:
                socket.send_fds(control, [b"w"], [theirs.fileno(), file.fileno()])
            answer = control.recv(4, socket.MSG_WAITALL)
            if len(answer) < 4:
                raise ConnectionError("The process that forks workers has ended.")
            return struct.unpack("<i", answer)[0], Connection(ours.detach()), mapped(file.fileno())

    def _start_zygote(self) -> tuple[subprocess.Popen[bytes], socket.socket]:
        if self._stopping:
            raise ConnectionError("The pool is closing.")
        ours, theirs = socket.socketpair()
        ours.settimeout(120)
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-m", "nnlab.live.worker.zygote", str(theirs.fileno()), self._engine],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=environment,
            )
        self._zygote = process, ours
        return self._zygote

    def _drop(self) -> None:
        if self._zygote is None:
            return
        process, control = self._zygote
        self._zygote = None
        control.close()
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Spawned:
    """Workers started anew, for Windows: 2-4 s each."""

    def __init__(self, engine: str) -> None:
        self._engine = engine
        self._processes: list[Any] = []

    def start(self) -> tuple[int, Connection, Beat]:
        from nnlab.live.worker.process import main

        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        memory = context.RawArray("B", SIZE)
        process = context.Process(target=main, args=(theirs, self._engine, memory), daemon=True)
        process.start()
        theirs.close()
        self._processes = [p for p in self._processes if p.is_alive()] + [process]
        return process.pid or 0, ours, Beat(memory)

    def stop(self) -> None:
        for process in self._processes:
            process.join(3)
