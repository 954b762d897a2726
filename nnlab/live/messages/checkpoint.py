"""A checkpoint on its way from a worker to the hub and back: small ones in the message, large ones in a file. No torch.

Checkpoints come every second or so, and a large network's would fill the pipe that frames go through. A large one is written
to a folder of the server's, in memory where the system has such a folder, and the message names it; two files a run take turns,
so that one of them is whole at any time.
"""

from __future__ import annotations

import os
import pickle
import shutil
import sys
import tempfile
import weakref
from pathlib import Path
from typing import Any

if sys.platform != "win32":
    import fcntl

MOST_IN_MESSAGE = 256 * 2**10  # bytes
IN_MEMORY = Path("/dev/shm")
ROOM = 2**30  # bytes that must be free there when a server begins
LEAVE = 2**28  # bytes that checkpoints leave to everything else: memory that is full stops other programs
PREFIX, LOCK = "nnlab-", "lock"
INSIDE, FILE = b"I", b"F"


class Folder:
    """The folder of one server. A server that was killed leaves its folder behind; the next one removes it, for nobody holds its lock."""

    def __init__(self) -> None:
        roomy = IN_MEMORY.is_dir() and os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free > ROOM
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=IN_MEMORY if roomy else None))
        new = self.path / f"{LOCK}.new"
        lock = os.open(new, os.O_CREAT | os.O_RDWR)
        self.remove = weakref.finalize(
            self, _remove, self.path, lock
        )  # when the server ends, or it is no longer referenced
        if _locked(lock):
            os.replace(new, self.path / LOCK)  # from now on others may try it
        _clear(self.path.parent)

    def drop(self, run: int) -> None:
        """Remove the files of a run that has ended, half-written ones too."""
        for one in self.path.glob(f"run-{run}-*"):
            one.unlink(missing_ok=True)


def files_of(folder: Path, run: int) -> tuple[Path, Path]:
    """The two files of a run, which take turns."""
    return folder / f"run-{run}-0", folder / f"run-{run}-1"


def packed(saved: dict[str, Any], path: Path) -> bytes:
    """`saved` as a message; where it is large, `path` holds it afterwards, whole or not at all. Raises OSError."""
    body = pickle.dumps(saved, protocol=5)
    if len(body) <= MOST_IN_MESSAGE:
        return INSIDE + body
    if shutil.disk_usage(path.parent).free < len(body) + LEAVE:
        raise OSError(f"{path.parent} must have {LEAVE >> 20} MB left beside a checkpoint of {len(body) >> 20} MB.")
    new = path.with_suffix(".new")
    new.write_bytes(body)
    os.replace(new, path)
    return FILE + str(path).encode()


def unpacked(message: bytes) -> Any:
    """What was `packed`."""
    kind, body = message[:1], message[1:]
    return pickle.loads(Path(body.decode()).read_bytes() if kind == FILE else body)


def _locked(file: int) -> bool:
    """Whether this process holds the lock now; the system releases it when the process ends."""
    if sys.platform == "win32":
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _clear(parent: Path) -> None:
    """Remove the folders of servers that have ended."""
    for path in parent.glob(f"{PREFIX}*/{LOCK}"):
        try:
            lock = os.open(path, os.O_RDWR)
        except OSError:  # another user's, or another server was quicker
            continue
        if _locked(lock):
            _remove(path.parent, lock)
        else:
            os.close(lock)


def _remove(path: Path, lock: int) -> None:
    shutil.rmtree(path, ignore_errors=True)
    os.close(lock)
