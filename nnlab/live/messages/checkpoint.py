"""A checkpoint on its way from a worker to the hub and back: small ones in the message, large ones in a file. No torch.

Checkpoints come every second or so, and a large network's would fill the pipe that frames go through. A large one is written
to a folder of the server's, in memory where the system has such a folder, and the message names it; two files a run take turns,
so that one of them is whole at any time.
"""

from __future__ import annotations

import os
import pickle
import shutil
import tempfile
from pathlib import Path
from typing import Any

MOST_IN_MESSAGE = 256 * 2**10  # bytes
IN_MEMORY = Path("/dev/shm")
ROOM = 2**30  # bytes that must be free there
INSIDE, FILE = b"I", b"F"


def folder() -> Path:
    """A new folder for the files of one server."""
    roomy = IN_MEMORY.is_dir() and os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free > ROOM
    return Path(tempfile.mkdtemp(prefix="nnlab-", dir=IN_MEMORY if roomy else None))


def packed(saved: dict[str, Any], path: Path) -> bytes:
    """`saved` as a message; where it is large, `path` holds it afterwards, whole or not at all."""
    body = pickle.dumps(saved, protocol=5)
    if len(body) <= MOST_IN_MESSAGE:
        return INSIDE + body
    new = path.with_suffix(".new")
    new.write_bytes(body)
    os.replace(new, path)
    return FILE + str(path).encode()


def unpacked(message: bytes) -> Any:
    """What was `packed`."""
    kind, body = message[:1], message[1:]
    return pickle.loads(Path(body.decode()).read_bytes() if kind == FILE else body)


def files_of(folder: Path, run: int) -> tuple[Path, Path]:
    """The two files of a run, which take turns."""
    return folder / f"run-{run}-0", folder / f"run-{run}-1"


def drop(folder: Path, run: int) -> None:
    """The run is no more: its files go, half-written ones too."""
    for one in folder.glob(f"run-{run}-*"):
        one.unlink(missing_ok=True)
