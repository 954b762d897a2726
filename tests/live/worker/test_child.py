"""Long computations in a child process: the same answer, progress on the way, refusals as sentences, one at a time."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any

import numpy as np
import psutil
import pytest

from nnlab.core.errors import Refused
from nnlab.live.worker.child import child_process
from nnlab.live.worker.request import Request
from tests.waiting import PATIENCE_S, until

pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(sys.platform != "linux", reason="children are forked on Linux only"),
]


@pytest.fixture
def allowed() -> Iterator[None]:
    """As in a worker process."""
    before, child_process.allowed = child_process.allowed, lambda: True
    yield
    child_process.allowed = before
    until(lambda: child_process.free() or not child_process._pid)


def burn(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def study(length_s: float, end: Exception | None = None, steps: int = 50) -> Generator[float, None, dict[str, Any]]:
    for i in range(steps):
        burn(length_s / steps)
        yield (i + 1) / steps
    if end is not None:
        raise end
    return {"pid": np.array([os.getpid()]), "values": np.array([1.5, np.nan])}


class Said:
    """What comes of a request."""

    def __init__(self) -> None:
        self.shares: list[float] = []
        self.ends: list[Mapping[str, Any] | str] = []  # the record, or the sentence why there is none

    def progress(self, share: float) -> None:
        self.shares.append(share)

    def answer(self, arrays: Mapping[str, Any]) -> None:
        self.ends.append(arrays)

    def error(self, text: str) -> None:
        self.ends.append(text)

    def snapshot(self, told: dict[str, Any]) -> None:
        raise AssertionError("Nothing is kept here.")

    @property
    def record(self) -> Mapping[str, Any]:
        (found,) = self.ends
        assert not isinstance(found, str), found
        return found

    @property
    def sentence(self) -> str:
        (found,) = self.ends
        assert isinstance(found, str)
        return found


def asked(compute: Callable[[], Any]) -> tuple[Said, Request]:
    said = Said()
    job = Request(compute, said)
    until(lambda: _turn(job, said))
    return said, job


def _turn(job: Request, said: Said) -> bool:
    if said.ends:
        return True
    if job.ready(time.perf_counter()):
        job.work(0.005)
    return False


def pid_of(said: Said) -> int:
    return int(said.record["pid"][0])


@pytest.mark.usefixtures("allowed")
def test_work_that_tells_no_progress_is_finished_by_a_child_too() -> None:
    def silent() -> Generator[Any, None, dict[str, Any]]:
        work = study(1.0)
        while True:
            try:
                next(work)
            except StopIteration as stop:
                found: dict[str, Any] = stop.value
                return found
            yield

    said, _ = asked(silent)
    assert pid_of(said) != os.getpid()


@pytest.mark.usefixtures("allowed")
def test_a_long_computation_is_finished_by_a_child() -> None:
    said, _ = asked(lambda: study(1.0))
    assert pid_of(said) != os.getpid()
    np.testing.assert_array_equal(said.record["values"], [1.5, np.nan])
    assert said.record["values"].dtype == np.float64
    assert len(said.shares) >= 3 and said.shares == sorted(said.shares)


@pytest.mark.usefixtures("allowed")
def test_a_short_one_stays_where_it_is() -> None:
    said, _ = asked(lambda: study(0.05))
    assert pid_of(said) == os.getpid()


def test_without_leave_everything_stays_where_it_is() -> None:
    said, _ = asked(lambda: study(0.6))
    assert pid_of(said) == os.getpid()


@pytest.mark.usefixtures("allowed")
def test_there_is_one_child_at_a_time() -> None:
    said = [Said(), Said()]
    jobs = [Request(lambda: study(0.8), one) for one in said]
    others, seen = {child.pid for child in psutil.Process().children()}, [0]

    def turned() -> bool:
        # The second may follow into a child once the first one's has ended: so it is children at a time that count.
        seen.append(len({child.pid for child in psutil.Process().children()} - others))
        return all([_turn(job, one) for job, one in zip(jobs, said, strict=True)])

    until(turned)
    assert max(seen) == 1


@pytest.mark.usefixtures("allowed")
def test_a_refusal_in_the_child_is_a_sentence() -> None:
    said, _ = asked(lambda: study(0.6, Refused.because("The weights must be numbers.")))
    assert said.sentence == "The weights must be numbers."


@pytest.mark.usefixtures("allowed")
def test_a_child_that_dies_is_an_error_and_the_next_one_can_start(capfd: pytest.CaptureFixture[str]) -> None:
    def dying() -> Generator[float, None, dict[str, Any]]:
        here = os.getpid()
        for i in range(100):
            burn(0.01)
            if os.getpid() != here and i > 40:
                os._exit(3)
            yield i / 100
        return {}

    said, _ = asked(dying)
    assert "could not be computed" in said.sentence
    assert "RuntimeError" in capfd.readouterr().err
    again, _ = asked(lambda: study(0.6))
    assert pid_of(again) != os.getpid()


@pytest.mark.usefixtures("allowed")
def test_a_child_that_nobody_listens_to_ends() -> None:
    jobs, said = [Request(lambda: study(5 * PATIENCE_S, steps=20_000), Said())], Said()
    until(lambda: _turn(jobs[0], said) or jobs[0]._child is not None)
    child = child_process._pid
    assert child
    jobs.clear()  # cancelled
    until(child_process.free)
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


@pytest.mark.usefixtures("allowed")
def test_while_the_child_is_silent_the_worker_has_its_time() -> None:
    said = Said()
    job = Request(lambda: study(1.0), said)
    until(lambda: _turn(job, said) or job._child is not None)
    looks = [job.ready(time.perf_counter()) for _ in range(50)]
    assert looks.count(True) <= 2
    assert job.ready_at() > time.perf_counter()
    until(lambda: _turn(job, said))
