"""Checkpoints of a run as large as 400,000 parameters, with a real process: through a file, and little is ever lost."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nnlab.live.messages.checkpoint import LOCK
from nnlab.live.messages.kinds import Kind
from nnlab.live.server.hub import Hub
from tests.live.pool import toy_engine
from tests.live.pool.eyes import Eye, wait

pytestmark = pytest.mark.alone
LOST_S = 3.0  # of training, at most
PIPE = 2**20  # bytes a second and run, on average


def files(hub: Hub) -> set[str]:
    return {path.name for path in hub.folder.path.iterdir()} - {LOCK}


def test_at_most_three_seconds_of_training_are_lost_when_the_worker_is_killed(
    toys: Hub, toy: Callable[..., Eye]
) -> None:
    eye = toy(toy_engine.LARGE)
    wait(lambda: eye.run.checkpoint is not None and eye.step > 100, eye)
    for _ in range(2):
        goal = eye.frames[-1]["trained_s"] + 2.0
        wait(lambda goal=goal: eye.frames[-1]["trained_s"] > goal, eye)  # type: ignore[misc]
        before = eye.frames[-1]["trained_s"]
        eye.texts.clear()
        os.kill(eye.run.worker.pid, signal.SIGKILL)
        wait(lambda: bool(eye.notices), eye)
        frames = len(eye.frames)
        wait(lambda frames=frames: len(eye.frames) > frames + 5, eye)  # type: ignore[misc]
        first = eye.frames[frames]
        assert first["whole"], "no half of a state is ever taken"
        assert before - first["trained_s"] < LOST_S
        with toys.lock:
            eye.run.losses = []


def test_the_pipe_carries_next_to_nothing_of_a_large_one(toys: Hub, toy: Callable[..., Eye]) -> None:
    carried = []
    receive = toys.pool.receive

    def noting(worker: object, kind: Kind, run: int, viewer: int, body: bytes) -> None:
        if kind == Kind.CHECKPOINT:
            carried.append(len(body))
        receive(worker, kind, run, viewer, body)  # type: ignore[arg-type]

    toys.pool.receive = noting
    eye = toy(toy_engine.LARGE)
    wait(lambda: bool(carried), eye)
    carried.clear()
    began = time.monotonic()
    wait(lambda: len(carried) >= 3, eye)
    assert sum(carried) / (time.monotonic() - began) < PIPE / 1000
    key = eye.run.key
    assert files(toys) >= {f"run-{key}-0", f"run-{key}-1"}
    assert toys.folder.path.joinpath(f"run-{key}-0").stat().st_size > 4 * toy_engine.NUMBERS


def test_files_go_with_their_run_and_with_the_server(toys: Hub, toy: Callable[..., Eye]) -> None:
    eye, other = toy(toy_engine.LARGE), toy(toy_engine.LARGE, "bob")
    keys = [one.run.key for one in (eye, other)]

    def all_there() -> bool:
        return {f"run-{key}-{turn}" for key in keys for turn in (0, 1)} <= files(toys)

    wait(all_there, eye, other)
    eye.run.close()
    step = other.step
    wait(lambda: other.step > step + 100 and len(files(toys)) <= 3, other)
    assert not any(name.startswith(f"run-{keys[0]}-") for name in files(toys))
    folder: Path = toys.folder.path
    toys.stop()
    assert not folder.exists()


def test_a_run_that_has_become_small_leaves_no_files_of_when_it_was_large(toys: Hub, toy: Callable[..., Eye]) -> None:
    eye = toy(toy_engine.LARGE)
    wait(lambda: len(files(toys)) >= 2, eye)
    with toys.lock:  # its last checkpoint came in a message
        eye.run.checkpoint = b"I"
    eye.run.close()
    wait(lambda: files(toys) == set(), eye)
