"""What a specification names by a digest because a link cannot hold it: uploaded rows, pictures, texts.

Every process has its own store: a page keeps the object in the server's (`keep`), the hub asks for it
(`DataSpec.attachment`) and sends it along with the experiment, the worker puts it into its own (`register`).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any, Protocol

from nnlab.core.errors import Refused
from nnlab.core.say import say

MAX_COUNT = 200
MAX_BYTES = 50_000_000


class Attached(Protocol):
    """Anything that can be named by a digest of its contents."""

    @property
    def digest(self) -> str:
        """SHA-256 of the contents, in hexadecimal."""

    @property
    def n_bytes(self) -> int:
        """Memory it takes."""


class Store:
    """Objects by digest; the least recently used are dropped first. All methods may be called from any thread."""

    def __init__(self, max_count: int = MAX_COUNT, max_bytes: int = MAX_BYTES) -> None:
        self._max_count, self._max_bytes = max_count, max_bytes
        self._all: OrderedDict[str, Any] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._all)

    def put(self, found: Attached) -> str:
        """Keep it and return its digest."""
        digest = found.digest
        with self._lock:
            self._all[digest] = found
            self._all.move_to_end(digest)
            while len(self._all) > 1 and (len(self._all) > self._max_count or self._n_bytes() > self._max_bytes):
                self._all.popitem(last=False)
        return digest

    def get(self, digest: str) -> Any:
        """The object of `digest`; None if it is unknown or was dropped."""
        with self._lock:
            if digest in self._all:
                self._all.move_to_end(digest)
            return self._all.get(digest)

    def _n_bytes(self) -> int:
        return sum(one.n_bytes for one in self._all.values())


_STORE = Store()


def keep(found: Attached) -> str:
    """Put an object into this process's store; its digest."""
    return _STORE.put(found)


def held(digest: str, *, field: str = "data.digest") -> Any:
    """The object of `digest` in this process; raises `Refused` where it is not here."""
    found = _STORE.get(digest)
    if found is None:
        reason = say("This link needs an uploaded file that this server does not have; upload the file again.")
        raise Refused.because(reason, field)
    return found


def register(digest: str, found: Attached) -> None:
    """Take over an object that came from another process; raises `Refused` where it is not that of `digest`."""
    if found.digest != digest:
        reason = say("The uploaded file was damaged on the way; upload it again.")
        raise Refused.because(reason, "data.digest")
    _STORE.put(found)
