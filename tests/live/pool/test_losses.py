"""Runs that cannot be opened or end their process, with real processes: they are closed, the others go on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nnlab.live.server.hub import Hub
from tests.live.pool import toy_engine
from tests.live.pool.eyes import Eye, wait


def trained_s(eye: Eye) -> float:
    return float(eye.frames[-1]["trained_s"])


@pytest.mark.parametrize("seed", [toy_engine.DIES, toy_engine.DIES_OPENING])
def test_a_run_that_ends_its_process_twice_is_closed_and_the_others_go_on_from_their_checkpoints(
    toys: Hub, toy: Callable[..., Eye], seed: int
) -> None:
    neighbour = toy()
    wait(lambda: neighbour.step > 20 and neighbour.run.checkpoint is not None, neighbour)
    before = trained_s(neighbour)
    deadly = toy(seed, "bob")
    wait(lambda: deadly.run.closed is not None, neighbour, deadly)
    frames = len(neighbour.frames)
    wait(lambda: len(neighbour.frames) > frames + 20, neighbour, deadly)
    assert neighbour.frames[frames]["trained_s"] > before - 3.0, "not from the beginning"
    assert neighbour.run.closed is None
    last = deadly.notices[-1]
    assert (last["code"], last["level"], last["stay"]) == ("notice.crashed", "error", True)
    pid = neighbour.run.worker.pid
    for _ in range(50):
        toys.tick()
        neighbour.look(), deadly.look()
    wait(lambda: len(neighbour.frames) > frames + 60, neighbour, deadly)
    assert neighbour.run.worker.pid == pid, "it is not opened again by itself"


@pytest.mark.parametrize(
    ("seed", "says"),
    [(toy_engine.REFUSED, "The seed must be lucky; got 104."), (toy_engine.BROKEN, "ZeroDivisionError")],
)
def test_a_run_that_cannot_be_opened_is_closed_with_a_sentence_and_costs_nobody_the_worker(
    toys: Hub, toy: Callable[..., Eye], seed: int, says: str
) -> None:
    neighbour = toy()
    wait(lambda: neighbour.step > 5, neighbour)
    pid = neighbour.run.worker.pid
    unlucky = toy(seed, "bob")
    wait(lambda: unlucky.run.closed is not None, neighbour, unlucky)
    step = neighbour.step
    wait(lambda: neighbour.step > step + 20 and bool(unlucky.notices), neighbour, unlucky)
    assert neighbour.run.worker.pid == pid and not neighbour.notices
    (told,) = unlucky.notices
    assert says in str(told) and told["stay"]
    assert unlucky.frames == []
    late = Eye(toys, unlucky.run)
    wait(lambda: bool(late.notices), late)
    assert late.notices[0] == told


@pytest.mark.parametrize("seed", [toy_engine.REFUSED, toy_engine.DIES])
def test_a_change_opens_it_again(toys: Hub, toy: Callable[..., Eye], seed: int) -> None:
    eye = toy(seed)
    wait(lambda: eye.run.closed is not None, eye)
    eye.send("set", {"changes": {"seed": 0}, "version": 5})
    eye.send("play", True)
    wait(lambda: eye.step > 20, eye)
    assert eye.notices[-1]["text"] == "" and eye.run.closed is None
    assert {frame["version"] for frame in eye.frames if frame["step"] > 0} == {5}


def test_a_reset_opens_it_again_and_it_may_fail_again(toys: Hub, toy: Callable[..., Eye]) -> None:
    eye = toy(toy_engine.DIES)
    for _ in range(2):
        wait(lambda: eye.run.closed is not None, eye)
        eye.send("reset")
        assert eye.run.closed is None
        eye.send("play", True)
    wait(lambda: [notice.get("code") for notice in eye.notices].count("notice.crashed") == 3, eye)
    assert eye.run.closed is not None
