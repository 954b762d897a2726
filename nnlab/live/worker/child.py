"""A long computation in a child process: forked from the worker in the middle of it, so that training goes on beside it.

The child inherits the generator as it stands, and with it a copy of the run that later updates do not touch. One child a
worker, and none where the system cannot fork, an accelerator is in use (its driver does not survive a fork) or there is only
one processor: in these cases, and for everything short, the worker computes in slices between the frames.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
import warnings
from collections.abc import Callable, Generator
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

LONG_S = 0.3  # of processor time, by its own progress: shorter computations are over before a child would pay
TRIED_S = 0.02  # before its length is judged
TELL_S = 0.1
NICE = 5  # behind the workers, which train for everybody
HIGHEST = 4096  # file descriptor that may be open


class ChildProcess:
    """The one child of this process. `allowed` is set by a worker's `main`, which knows that it has no threads."""

    def __init__(self) -> None:
        self.allowed: Callable[[], bool] = lambda: False
        self._pid = 0

    def free(self) -> bool:
        """Whether a child may be started now; a child that has ended is reaped."""
        if self._pid:
            with contextlib.suppress(ChildProcessError):
                if os.waitpid(self._pid, os.WNOHANG)[0] == 0:
                    return False
            self._pid = 0
        return self.allowed()

    def start(self, work: Generator[float, None, Any], failed: Callable[[Exception], str]) -> Connection:
        """Go on with `work` in a child: gives the end where ("share", x), then ("answer", …) or ("error", words) come out."""
        here, there = Pipe(duplex=False)
        with warnings.catch_warnings():  # Python 3.12 warns where there are threads; a worker has none that hold a lock
            warnings.simplefilter("ignore", DeprecationWarning)
            self._pid = os.fork()
        if self._pid == 0:
            _child(work, there, failed)
        there.close()
        return here


def possible() -> bool:
    """Whether this machine can do it at all: Linux (elsewhere libraries do not survive a fork), and a second processor."""
    return sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1


def _child(work: Generator[float, None, Any], out: Connection, failed: Callable[[Exception], str]) -> None:
    """Never returns. It closes the worker's sockets, so that a child does not look like a live worker."""
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.closerange(3, out.fileno())
        os.closerange(out.fileno() + 1, HIGHEST)
        os.nice(NICE)
        _go_on(work, out, failed)
    finally:
        os._exit(0)


def _go_on(work: Generator[float, None, Any], out: Connection, failed: Callable[[Exception], str]) -> None:
    told = 0.0
    try:
        while True:
            share = next(work)
            if time.perf_counter() - told >= TELL_S:
                told = time.perf_counter()
                out.send(
                    ("share", float(share or 0.0))
                )  # an analysis in slices tells none; ends the child if nobody listens any more
    except StopIteration as stop:
        out.send(("answer", stop.value))
    except OSError:
        return
    except Exception as error:
        out.send(("error", failed(error)))


child_process = ChildProcess()
