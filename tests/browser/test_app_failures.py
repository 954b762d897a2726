"""When things go wrong in the real app: a killed worker, a closed tab, a lost network."""

from __future__ import annotations

import time
from collections.abc import Iterator

import psutil
import pytest

from benchmarks import real_app
from benchmarks.real_app import App

PATIENCE_S = 30


@pytest.fixture(scope="module")
def two_workers() -> Iterator[App]:
    """An app of its own with two workers: one is going to be killed."""
    with real_app.running("--workers", "2") as started:
        yield started


def _busy(app: App, seconds: float = 1.0) -> dict[int, float]:
    """Share of a core that each worker used during `seconds`."""
    before = {p.pid: _seconds(p) for p in app.server().children(recursive=True)}
    time.sleep(seconds)
    after = {p.pid: _seconds(p) for p in app.server().children(recursive=True)}
    return {pid: (after[pid] - before[pid]) / seconds for pid in after if pid in before}


def _seconds(process: psutil.Process) -> float:
    spent = process.cpu_times()
    return float(spent.user + spent.system)


def test_a_killed_worker_costs_its_runs_a_notice_and_the_others_nothing(new_lab, two_workers):
    here, there = new_lab(at=two_workers).open(), new_lab(at=two_workers).open()
    there.pause()
    here.until("nnlab.playing && nnlab.step > 20000")
    load = _busy(two_workers)
    victim = max(load, key=lambda pid: load[pid])
    there.play()
    there.until("nnlab.playing && nnlab.step > 20000")
    frames = there.get("nnlab.frames")
    psutil.Process(victim).kill()
    here.page.locator(".strip .message").filter(has_text="worker").wait_for()
    step = here.get("nnlab.step")
    here.until("nnlab.playing && nnlab.step > arg", step)
    assert step > 1000, "it went back to the last checkpoint, not to the start"
    there.until("nnlab.frames > arg + 50", frames)
    assert "worker" not in there.page.locator(".strip .message").inner_text()


def test_a_closed_tab_stops_its_run_and_burns_no_cpu(new_lab, new_context, two_workers):
    context = new_context()
    lab = new_lab(context, at=two_workers).open()
    lab.until("nnlab.playing")
    address, step = lab.page.url, lab.get("nnlab.step")
    lab.page.close()
    end = time.monotonic() + PATIENCE_S
    while (load := sum(_busy(two_workers).values())) > 0.05 and time.monotonic() < end:
        pass
    assert load <= 0.05
    assert two_workers.health()["playing"] == 0
    again = new_lab(context, at=two_workers).open(address)
    assert again.get("nnlab.step") >= step


def test_a_lost_network_comes_back_to_the_same_run(lab):
    lab.until("nnlab.step > 50")
    step, address = lab.get("nnlab.step"), lab.page.url
    lab.page.context.set_offline(True)
    lab.get("nnlab.drop()")
    lab.page.locator(".strip .message").filter(has_text="Connection lost").wait_for()
    lab.page.wait_for_timeout(4000)  # longer than the silence after which a run pauses
    lab.page.context.set_offline(False)
    seen = lab.get("nnlab.frames")
    lab.until("nnlab.playing && nnlab.frames > arg + 5", seen)
    assert lab.page.url == address
    assert lab.get("nnlab.step") > step
    lab.errors.clear()  # the browser reports each attempt to connect without a network


def test_ctrl_c_ends_the_app_and_all_its_processes():
    app = real_app.start()
    children = app.server().children(recursive=True)
    assert app.stop() in (0, 130, -2)
    _, alive = psutil.wait_procs(children, timeout=10)
    app.log.unlink()
    assert alive == []
