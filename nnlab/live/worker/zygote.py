"""The process that worker processes are forked from, with torch loaded once: `python -m nnlab.live.worker.zygote FD ENGINE`.

multiprocessing's own forkserver imports the server's `__main__` again in every child: Streamlit's command line, or
whichever page script runs at that moment. This one knows only nnlab. A request is one byte with one end of a socket pair
and the file of the beat (SCM_RIGHTS); the answer is the new worker's process id. It ends when the server's end of the control socket closes.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import socket
import struct
import sys
import traceback
from multiprocessing.connection import Connection
from typing import NoReturn

from nnlab.live.worker import process

PID = struct.Struct("<i")


def main(control_fd: int, engine: str) -> None:
    """Load torch and the engine, then fork a worker for each request."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole terminal; the server decides when to stop
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system reaps dead workers
    control = socket.socket(fileno=control_fd)
    importlib.import_module(engine).preload()
    gc.collect()
    gc.freeze()  # pages that the collector never touches again stay shared between the workers
    while True:
        request, fds, _, _ = socket.recv_fds(control, 1, 2)
        if not request or len(fds) < 2:
            return
        pid = os.fork()
        if pid == 0:
            control.close()
            _work(fds[0], fds[1], engine)
        for fd in fds:
            os.close(fd)
        try:
            control.sendall(PID.pack(pid))
        except BrokenPipeError:  # the server has left meanwhile; the worker finds its own pipe closed
            return


def _work(pipe: int, beat: int, engine: str) -> NoReturn:
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        process.main(Connection(pipe), engine, beat)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
