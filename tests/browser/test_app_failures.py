"""When things go wrong in the real app: a killed worker, a closed tab, a lost network."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import psutil
import pytest

from benchmarks import real_app
from benchmarks.real_app import App

PATIENCE_S = 60  # for a machine with much else to do
REMEMBER = """(() => {
  const board = nnlab.board, receive = board._receive;
  window.steps = [];
  board._receive = (m) => { if (m.type === "frame") window.steps.push(m.step); receive.call(board, m); };
})()"""


@pytest.fixture(scope="module")
def two_workers() -> Iterator[App]:
    """An app of its own with two workers, of which one is going to be killed; the last test ends it."""
    with real_app.running("--workers", "2") as started:
        yield started


class Cable:
    """A connection to the app that can be cut: forwards bytes between a port of its own and the app's."""

    def __init__(self, target: int) -> None:
        self.target, self.whole, self.ends = target, True, list[socket.socket]()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def __enter__(self) -> Cable:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def cut(self) -> None:
        self.whole = False
        for end in self.ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self.ends.clear()

    def mend(self) -> None:
        self.whole = True

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                if not self.whole:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self.target))
                self.ends += [near, far]
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._forward, args=pair, daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


def _busy(app: App, seconds: float = 1.0) -> dict[int, float]:
    """Share of a core that each worker used during `seconds`."""
    before = {p.pid: _seconds(p) for p in app.server().children(recursive=True)}
    time.sleep(seconds)
    after = {p.pid: _seconds(p) for p in app.server().children(recursive=True)}
    return {pid: (after[pid] - before[pid]) / seconds for pid in after if pid in before}


def _seconds(process: psutil.Process) -> float:
    spent = process.cpu_times()
    return float(spent.user + spent.system)


def _until_held(app: App, seconds: float = PATIENCE_S) -> None:
    """Wait until the app trains nothing."""
    end = time.monotonic() + seconds
    while app.health()["playing"] and time.monotonic() < end:
        time.sleep(0.2)
    assert app.health()["playing"] == 0


def test_a_killed_worker_costs_its_runs_a_notice_and_the_others_nothing(new_lab, two_workers):
    here, there = new_lab(at=two_workers).open(), new_lab(at=two_workers).open()
    there.pause()
    here.until("nnlab.playing && nnlab.step > 300")
    load = _busy(two_workers)
    victim = max(load, key=lambda pid: load[pid])
    there.play()
    there.until("nnlab.playing && nnlab.step > 300")
    frames = there.get("nnlab.frames")
    long_ago = here.get("nnlab.step")
    here.page.wait_for_timeout(3000)  # a playing run is saved once a second
    here.get(REMEMBER)
    psutil.Process(victim).kill()
    here.page.locator(".status .message").filter(has_text="ended unexpectedly").wait_for()
    seen = here.get("nnlab.frames")
    here.until("nnlab.playing && nnlab.frames > arg + 20", seen)
    assert here.get("Math.min(...steps)") >= long_ago > 300, "it went back to its last checkpoint and no further"
    there.until("nnlab.frames > arg + 50", frames)
    assert "unexpectedly" not in there.page.locator(".status .message").inner_text()


def test_a_closed_tab_stops_its_run_and_burns_no_cpu(new_lab, new_context, two_workers):
    context = new_context()
    lab = new_lab(context, at=two_workers).open()
    lab.until("nnlab.playing")
    address, step = lab.page.url, lab.get("nnlab.step")
    lab.page.close()
    _until_held(two_workers)
    end = time.monotonic() + PATIENCE_S
    while (load := sum(_busy(two_workers).values())) > 0.05 and time.monotonic() < end:
        pass
    assert load <= 0.05
    again = new_lab(context, at=two_workers).open(address)
    assert again.get("nnlab.step") >= step


def test_a_lost_network_comes_back_to_the_same_run_which_has_waited(new_lab, two_workers):
    app = two_workers
    with Cable(urlsplit(app.url).port or 0) as cable:
        far = App(app.process, f"http://127.0.0.1:{cable.port}", app.log)
        lab = new_lab(at=far).open()
        lab.until("nnlab.playing && nnlab.step > 50")
        lab.get("nnlab.send('speed', 20)")
        lab.until("nnlab.frame.speed === 20")
        lab.get(REMEMBER)
        step, token = lab.get("nnlab.step"), lab.get("new URLSearchParams(location.search).get('run')")
        began = time.monotonic()
        cable.cut()
        lab.page.locator(".status .message").filter(has_text="Connection lost").wait_for()
        _until_held(app)  # after some seconds of silence
        going = time.monotonic() - began
        lab.page.wait_for_timeout(1000 * (going + 4))  # trained on, it would have gone twice as far
        last, seen = lab.get("steps.splice(0).at(-1) ?? 0"), lab.get("nnlab.frames")
        cable.mend()
        lab.until("nnlab.playing && nnlab.frames > arg + 5", seen)
        assert lab.get("new URLSearchParams(location.search).get('run')") == token
        assert max(step, last) <= lab.get("steps[0]") <= step + 20 * (going + 2), (
            "the run was held while it was cut off"
        )
        assert lab.get("nnlab.step") > step
        assert lab.get("nnlab.mounts") == 1
        lab.errors.clear()  # the browser reports each attempt to connect without a network


def test_ctrl_c_ends_the_app_and_all_its_processes(two_workers):
    children = two_workers.server().children(recursive=True)
    assert two_workers.stop() == 0
    assert "Traceback" not in two_workers.log.read_text()
    _, alive = psutil.wait_procs(children, timeout=30)
    assert alive == []
