"""A worker's slot outlives what goes wrong in it: messages that are none, errors of the pool's owner, starts that fail."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

import pytest

from nnlab.live.messages.beat import SIZE, Beat
from nnlab.live.messages.kinds import HEAD, Kind
from nnlab.live.pool import pool
from nnlab.live.pool.pool import Pool
from tests.waiting import PATIENCE_S, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes are ended by a signal")
NEWS = HEAD.pack(Kind.STATE, 7, 0) + b"{}"


class Starter:
    """Processes that only sleep; `ends` are their ends of the pipe. `fails` in place of the first starts."""

    def __init__(self, *fails: Exception) -> None:
        self.fails, self.ends = list(fails), list[Connection]()
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> tuple[int, Connection, Beat]:
        if self.fails:
            raise self.fails.pop(0)
        ours, theirs = Pipe()
        self.processes.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"]))
        self.ends.append(theirs)
        return self.processes[-1].pid, ours, Beat(bytearray(SIZE))

    def stop(self) -> None:
        for end, process in zip(self.ends, self.processes, strict=True):
            end.close()
            process.kill()
            process.wait(PATIENCE_S)


class Owner:
    """What the pool tells; `unlucky` messages and losses are errors."""

    def __init__(self) -> None:
        self.heard: list[int] = []
        self.losses = 0
        self.unlucky = True

    def receive(self, worker: Any, kind: Kind, run: int, viewer: int, body: bytes) -> None:
        if run == 13:
            raise ZeroDivisionError("by nothing")
        self.heard.append(run)

    def lost(self, worker: Any, working_on: int) -> None:
        self.losses += 1
        if self.unlucky:
            raise ZeroDivisionError("by nothing")


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., tuple[Starter, Owner]]]:
    """A pool with one slot."""
    monkeypatch.setattr(pool, "RETRY_S", 0.01)
    pools = []

    def begin(*fails: Exception) -> tuple[Starter, Owner]:
        starter, owner = Starter(*fails), Owner()
        pools.append(Pool(1, owner.receive, owner.lost, starter=starter))
        pools[0].start()
        until(lambda: bool(starter.ends))
        return starter, owner

    yield begin
    for one in pools:
        one.stopping = True
        one.starter.stop()  # as processes that leave at once
        assert one.workers[0].join(PATIENCE_S)


@pytest.mark.parametrize("message", [HEAD.pack(99, 7, 0), b"x"], ids=["no kind", "too short"])
def test_a_worker_that_sends_what_is_no_message_is_ended_and_another_one_takes_its_place(
    begun: Callable[..., tuple[Starter, Owner]], message: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    starter, owner = begun()
    starter.ends[0].send_bytes(message)
    until(lambda: len(starter.ends) == 2)
    assert starter.processes[0].wait(PATIENCE_S) == -signal.SIGKILL
    starter.ends[1].send_bytes(NEWS)
    until(lambda: owner.heard == [7])
    assert owner.losses == 1 and "what is no message" in caplog.text


def test_an_error_over_a_message_costs_that_message_and_not_the_slot(
    begun: Callable[..., tuple[Starter, Owner]], caplog: pytest.LogCaptureFixture
) -> None:
    starter, owner = begun()
    starter.ends[0].send_bytes(HEAD.pack(Kind.STATE, 13, 0))
    starter.ends[0].send_bytes(NEWS)
    until(lambda: owner.heard == [7])
    assert len(starter.ends) == 1 and "ZeroDivisionError" in caplog.text


def test_an_error_over_a_loss_leaves_the_slot_its_next_process(
    begun: Callable[..., tuple[Starter, Owner]], caplog: pytest.LogCaptureFixture
) -> None:
    starter, owner = begun()
    starter.ends[0].close()
    until(lambda: len(starter.ends) == 2)
    starter.ends[1].send_bytes(NEWS)
    until(lambda: owner.heard == [7])
    assert owner.losses == 1 and "ZeroDivisionError" in caplog.text


def test_a_start_that_fails_in_whatever_way_is_tried_again(
    begun: Callable[..., tuple[Starter, Owner]], caplog: pytest.LogCaptureFixture
) -> None:
    starter, owner = begun(OSError("no room"), RuntimeError("no threads"))
    starter.ends[0].send_bytes(NEWS)
    until(lambda: owner.heard == [7])
    assert owner.losses == 0 and "RuntimeError" in caplog.text


def test_a_process_that_has_just_ended_may_be_killed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[int] = []

    def gone(pid: int, signal: int) -> None:
        killed.append(pid)
        raise ProcessLookupError(3, "No such process")

    monkeypatch.setattr(pool.os, "kill", gone)
    worker = Pool(1, Owner().receive, Owner().lost, starter=Starter()).workers[0]
    worker.pid = 4_194_305
    worker.kill()
    assert killed == [worker.pid]
