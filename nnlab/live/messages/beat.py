"""Eight bytes that a worker counts up between two slices of work, and eight that say whose work it does. No torch.

They lie in memory that server and worker share, so that the pool can tell a busy worker from one that hangs without asking,
and knows which run was being worked on when a process ended.
"""

from __future__ import annotations

import mmap
import struct
import tempfile
from typing import Any

SIZE = 16
PAIR = struct.Struct("<QQ")  # count, run (0 = none)


class Beat:
    """`memory` is anything with a writable buffer of `SIZE` bytes; one side moves it, the other reads it."""

    def __init__(self, memory: Any) -> None:
        self._memory = memory
        self._count = 0

    def move(self, run: int = 0) -> None:
        """One more slice, of the work of `run`."""
        self._count += 1
        PAIR.pack_into(self._memory, 0, self._count, run)

    def read(self) -> tuple[int, int]:
        """The count, and the run that is being worked on."""
        count, run = PAIR.unpack_from(self._memory, 0)
        return count, run


def shared_file() -> Any:
    """An open file of `SIZE` bytes whose descriptor another process can be given."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    file.truncate(SIZE)
    return file


def mapped(descriptor: int) -> Beat:
    """The beat in the file of `descriptor`."""
    return Beat(mmap.mmap(descriptor, SIZE))
