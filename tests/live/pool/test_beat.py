"""A worker that is busy is told from one that hangs, with real processes."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from nnlab.live.pool import pool
from nnlab.live.server.hub import Hub
from nnlab.live.worker import process
from tests.live.pool import toy_engine
from tests.live.pool.eyes import Eye, wait

pytestmark = pytest.mark.alone
SILENCE_S = 1.0


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience for a second instead of twenty."""
    monkeypatch.setattr(pool, "SILENCE_S", SILENCE_S)


def look(hub: Hub, seconds: float, *eyes: Eye) -> None:
    """For so long, with the hub's tick as the server has it."""
    until = time.monotonic() + seconds

    def over() -> bool:
        hub.tick()
        return time.monotonic() >= until

    wait(over, *eyes)


def test_a_worker_that_is_busy_in_bounded_slices_is_left_alone(toys: Hub, toy: Callable[..., Eye]) -> None:
    eye = toy(toy_engine.BUSY)
    wait(lambda: eye.step > 2, eye)
    pid, step = eye.run.worker.pid, eye.step
    look(toys, 6 * SILENCE_S, eye)  # two minutes of the real patience
    assert eye.run.worker.pid == pid and not eye.notices
    assert eye.step > step + 6 * SILENCE_S / 0.05 / 4


def test_an_idle_worker_is_left_alone(toys: Hub, toy: Callable[..., Eye], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "SILENCE_S", 3 * process.IDLE_S)
    eye = toy()
    wait(lambda: eye.step > 2, eye)
    eye.send("play", False)
    pid = eye.run.worker.pid
    count = eye.run.worker._beat.read()[0]  # type: ignore[union-attr]
    look(toys, 6 * process.IDLE_S, eye)
    assert eye.run.worker.pid == pid and not eye.notices
    count, before = eye.run.worker._beat.read()[0], count  # type: ignore[union-attr]
    assert count - before >= 3, "it beats all the same"
    assert eye.run.worker._beat.read()[1] == 0, "and works on nothing"  # type: ignore[union-attr]


def test_a_worker_that_hangs_is_replaced_and_its_neighbours_go_on_without_the_one_that_does_it(
    toys: Hub, toy: Callable[..., Eye]
) -> None:
    neighbour = toy()
    wait(lambda: neighbour.step > 20 and neighbour.run.checkpoint is not None, neighbour)
    pid = neighbour.run.worker.pid
    hanging = toy(toy_engine.HANGS, "bob")

    def closed() -> bool:
        toys.tick()
        return hanging.run.closed is not None

    wait(closed, neighbour, hanging)
    assert neighbour.run.worker.pid != pid
    step = neighbour.step
    wait(lambda: neighbour.step > step + 20, neighbour, hanging)
    assert [notice["code"] for notice in hanging.notices] == ["notice.restored", "notice.crashed"]
    assert [notice["code"] for notice in neighbour.notices] == ["notice.restored"] * 2
    assert neighbour.run.closed is None


def test_the_run_in_work_is_told_when_the_process_dies(toys: Hub, toy: Callable[..., Eye]) -> None:
    told = []
    lost = toys.pool.lost
    toys.pool.lost = lambda worker, run: (told.append(run), lost(worker, run))  # type: ignore[assignment,func-returns-value]
    quiet, deadly = toy(), toy(toy_engine.DIES, "bob")
    wait(lambda: bool(told), quiet, deadly)
    assert told[0] == deadly.run.key
