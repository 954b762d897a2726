"""A record on request: computed between the frames, in slices where the analysis allows it, long ones in a child process."""

from __future__ import annotations

import inspect
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from typing import Any, Protocol

from nnlab.core.errors import NnlabError
from nnlab.core.records import Array, Quantised
from nnlab.core.say import Told, tell
from nnlab.live.worker.child import LONG_S, TRIED_S, child_process

TELL_S = 0.1  # between two reports of the progress
LOOK_S = 0.02  # between two checks whether a child has sent something


class Replies(Protocol):
    """Where a request's progress and, once, its end go."""

    def progress(self, share: float) -> None:
        """How far it is, 0…1."""

    def answer(self, arrays: Mapping[str, Array | Quantised]) -> None:
        """The record: the request is done."""

    def error(self, text: str) -> None:
        """Why there is none: the request is done."""

    def snapshot(self, told: dict[str, Any]) -> None:
        """A run that comes with the record, for the server to keep."""


class Request:
    """A request under way. An analysis that is a generator yields its progress (0…1) and is advanced in slices.

    `compute()` begins it; `replies` takes what comes of it; `key` is that of its run.
    """

    def __init__(self, compute: Callable[[], Any], replies: Replies, *, key: int = 0) -> None:
        self._compute, self._replies, self.key = compute, replies, key
        self._work: Any = None
        self._told_at = 0.0
        self._child: Connection | None = None
        self._own_s = 0.0  # processor time that it has had
        self.served_s = 0.0

    def ready(self, now: float) -> bool:
        """Always, unless a child works for it and has sent nothing new."""
        return self._child is None or self._child.poll()

    def ready_at(self) -> float:
        """At once, or when to look again whether the child has sent something."""
        return 0.0 if self._child is None else time.perf_counter() + LOOK_S

    def work(self, budget_s: float) -> None:
        """Go on for about `budget_s` seconds; the answer ends it."""
        try:
            if self._child is None:
                self._go_on(time.perf_counter() + budget_s)
            else:
                self._hear(self._child)
        except Exception as error:
            self._replies.error(unanswered(error))

    def _go_on(self, until: float) -> None:
        if self._work is None:
            self._work = self._compute()
        if not inspect.isgenerator(self._work):
            self._answer(self._work)
            return
        began = time.thread_time()
        try:
            share: Any = next(self._work)
            while time.perf_counter() < until:
                share = next(self._work)
        except StopIteration as stop:
            self._work = stop.value
            self._go_on(until)
            return
        self._own_s += time.thread_time() - began
        share = share or 0.0
        if until - self._told_at >= TELL_S:
            self._told_at = until
            self._replies.progress(float(share))
        if self._own_s > TRIED_S and self._own_s > LONG_S * share and child_process.free():
            work: Any = self._work
            self._child, self._work = child_process.start(work, unanswered), None

    def _hear(self, child: Connection) -> None:
        """Handle a message of the child; the answer ends the request."""
        try:
            what, value = child.recv()
        except EOFError:
            raise RuntimeError("the computation ended before its answer") from None
        if what == "share":
            self._replies.progress(float(value))
        elif what == "answer":
            self._answer(value)
        else:
            self._replies.error(value)

    def _answer(self, found: Mapping[str, Any]) -> None:
        if "keep" in found:
            self._replies.snapshot(dict(found["keep"]))
        self._replies.answer({name: value for name, value in found.items() if name != "keep"})


def why(error: Exception) -> Told | str:
    """Why a run stands still, for a person: what nnlab says on purpose, else that the run has failed."""
    return str(error) if isinstance(error, NnlabError) else tell("notice.run_failed", reason=reason_of(error))


def reason_of(error: Exception) -> str:
    """The error for a person: what nnlab says on purpose in full, anything else by its kind."""
    return str(error) if isinstance(error, NnlabError) else f"{type(error).__name__}: {error}"[:200]


def unanswered(error: Exception) -> str:
    """Why a question has no answer, for a person; what was not foreseen stands in the log."""
    if isinstance(error, NnlabError):
        return str(error)
    traceback.print_exception(error, file=sys.stderr)
    return f"This could not be computed ({type(error).__name__}). The log of the server has the details."
