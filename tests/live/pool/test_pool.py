"""Real worker processes: they start, survive errors, are replaced when killed, and never outlive the server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from nnlab.core.experiment import experiment, patch
from nnlab.live.server.hub import Hub
from tests.live.pool.eyes import Eye, wait
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.alone
SPEC = experiment({"data": {"kind": "circle", "samples": 100}, "model": {"family": "mlp"}})


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    one = Hub(2)
    one.start()
    yield one
    one.stop()


def playing(hub: Hub, owner: str, **changes: Any) -> Eye:
    eye = Eye(hub, hub.open(patch(SPEC, changes) if changes else SPEC, owner))
    eye.send("watch", {"offers": ["boundary", "weights"]})
    eye.send("play", True)
    wait(lambda: eye.step > 20, eye)
    return eye


def until_it_rests(pid: int, *eyes: Eye) -> None:
    """Until a second has passed in which the process used next to no processor time and nobody saw a frame."""
    process = psutil.Process(pid)
    since, used, seen = 0.0, 0.0, -1

    def rested() -> bool:
        nonlocal since, used, seen
        now, spent, frames = time.monotonic(), sum(process.cpu_times()[:2]), sum(len(eye.frames) for eye in eyes)
        if spent - used > 0.05 or frames != seen:
            since, used, seen = now, spent, frames
        return now - since > 1.0

    wait(rested, *eyes)


def test_a_killed_worker_is_replaced_and_its_runs_go_on_while_others_never_stopped(hub: Hub) -> None:
    one, other = playing(hub, "ann"), playing(hub, "bob")
    assert one.run.worker is not other.run.worker
    early = one.run.checkpoint
    wait(lambda: one.run.checkpoint is not early and one.step > 200, one, other)
    victim, bystander = one.run.worker.pid, other.run.worker.pid
    one.texts.clear(), other.texts.clear()
    step = one.step
    os.kill(victim, signal.SIGKILL)
    wait(lambda: bool(one.notices), one, other)
    frames = len(one.frames)
    wait(lambda: len(one.frames) > frames + 5 and one.step > step, one, other)
    assert [notice["code"] for notice in one.notices] == ["notice.restored"]
    assert one.frames[frames]["step"] > 0  # from its checkpoint, not from the beginning
    assert one.run.worker.pid not in (0, victim)
    assert (other.run.worker.pid, other.texts) == (bystander, [])
    wait(lambda: other.step > step, other)
    for eye in (one, other):
        eye.run.close()


def test_a_worker_whose_starter_died_is_replaced_too(hub: Hub) -> None:
    eye = playing(hub, "cid")
    zygote = hub.pool.starter._zygote[0]  # type: ignore[attr-defined]
    zygote.kill()
    zygote.wait()
    os.kill(eye.run.worker.pid, signal.SIGKILL)
    step = eye.step
    wait(lambda: eye.step > step + 50, eye)
    eye.run.close()


def test_what_the_browser_sets_shows_in_frames_of_that_version(hub: Hub) -> None:
    eye = playing(hub, "dan")
    eye.send("set", {"changes": {"training.learning_rate": 0.5}, "version": 9})
    wait(lambda: eye.frames[-1]["version"] >= 9, eye)
    assert eye.frames[-1]["lr"] == 0.5
    assert all(frame["lr"] == SPEC.training.learning_rate for frame in eye.frames if frame["version"] < 9)
    eye.run.close()


def test_a_run_that_nobody_looks_at_burns_no_processor(hub: Hub) -> None:
    eye = playing(hub, "eve")
    hub.detach(eye.run, eye.viewer)
    with hub.lock:
        hub._hold(eye.run, True)
    until_it_rests(eye.run.worker.pid)
    eye.run.close()


def test_a_paused_run_on_a_screen_burns_no_processor_once_everything_was_shown(hub: Hub) -> None:
    eye = playing(hub, "hal", **{"model.layers": [{"units": 32}] * 3})
    eye.send("watch", {"offers": ["boundary", "neurons", "weights", "surface", "histograms", "gradient_norms"]})
    eye.send("play", False)
    wait(lambda: not eye.frames[-1]["playing"], eye)
    until_it_rests(eye.run.worker.pid, eye)  # findings and exact metrics come behind the pictures
    eye.run.close()


def test_two_viewers_see_the_same_run(hub: Hub) -> None:
    one = playing(hub, "fay")
    two = Eye(hub, one.run)
    wait(lambda: len(two.frames) > 10, one, two)
    shared = {frame["seq"] for frame in one.frames} & {frame["seq"] for frame in two.frames}
    assert len(shared) > 3
    one.run.close()


LEAVES = """
import sys, time
from nnlab.live.server.hub import Hub
from nnlab.core.experiment import experiment
hub = Hub(1)
hub.start()
run = hub.open(experiment({"data": {"kind": "circle"}, "model": {"family": "mlp"}}), "a")
run.play(True)
while not hub.pool.alive:
    time.sleep(0.01)
print(hub.pool.workers[0].pid, hub.pool.starter._zygote[0].pid, "torch" in sys.modules, flush=True)
time.sleep(60)
"""


def test_workers_leave_when_the_server_is_killed_and_the_server_never_loads_torch() -> None:
    with subprocess.Popen([sys.executable, "-c", LEAVES], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        worker, zygote, torch = server.stdout.readline().split()
        server.kill()
    assert torch == "False"
    gone = [pid for pid in (int(worker), int(zygote)) if _ends(pid)]
    assert gone == [int(worker), int(zygote)]


def _ends(pid: int) -> bool:
    try:
        psutil.Process(pid).wait(PATIENCE_S)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return False
    return True


def test_sending_never_blocks_even_where_nobody_reads() -> None:
    hub = Hub(1)  # never started
    run = hub.open(SPEC, "a")
    done = threading.Event()

    def send() -> None:
        for _ in range(5_000):
            run.reset()
        done.set()

    threading.Thread(target=send, daemon=True).start()
    assert done.wait(PATIENCE_S)
