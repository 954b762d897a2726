"""Large examples are loaded in a thread: once, one run after the other, while the others go on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from nnlab.core.experiment import patch, plain
from nnlab.data.points.circle import Circle
from nnlab.train import loading
from tests.live.worker.bench import SPEC, Bench, opening

LARGE = patch(SPEC, {"data.samples": 400})
SLOW = patch(LARGE, {"data.noise": 10})  # waits until the test lets it go on
BAD = patch(LARGE, {"data.noise": 20})
MORE = patch(LARGE, {"data.noise": 30})


class Loads:
    """What was loaded, by its noise."""

    def __init__(self) -> None:
        self.noted: list[int] = []
        self.go_on = threading.Event()

    def load(self, spec: Circle, usual: Any) -> Any:
        self.noted.append(spec.noise)
        if spec == BAD.data:
            raise OSError("the file is not there")
        if spec == SLOW.data:
            assert self.go_on.wait(30)
        return usual(spec)


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loads]:
    found, usual = Loads(), Circle.load
    monkeypatch.setattr(Circle, "load", lambda spec: found.load(spec, usual))
    monkeypatch.setattr(loading, "HEAVY", 500)
    loading._KEPT.clear()
    others = set(threading.enumerate())
    yield found
    found.go_on.set()
    for thread in set(threading.enumerate()) - others:  # what one still loads would be kept for the next test
        thread.join(30)


def changed(spec: Any, version: int) -> dict[str, Any]:
    return {"experiment": plain(spec), "attachment": None, "version": version}


def test_a_live_change_of_a_large_run_loads_nothing_although_others_were_loaded_meanwhile(loads: Loads) -> None:
    bench = Bench()
    for key, spec in enumerate((LARGE, MORE, SLOW), start=1):
        bench.do("open", key, opening(spec))
    loads.go_on.set()
    bench.until(lambda: len(bench.host.runs) == 3)
    for version in (1, 2, 3):
        bench.do("change", 1, changed(patch(LARGE, {"training.learning_rate": 0.1 * version}), version))
        assert bench.hosted(1).version == version, "at once"
    bench.do("reset", 1)
    assert sorted(loads.noted) == [0, 10, 30]


def test_examples_that_cannot_be_loaded_are_tried_once_and_the_run_is_closed(
    loads: Loads, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = Bench()
    bench.do("open", 1, opening(BAD))
    bench.until(lambda: bool(bench.states()))
    assert "the file is not there" in str(bench.states()[-1]["closed"])
    assert loads.noted == [20] and not bench.host.runs
    assert bench.host.turn() is None
    assert "OSError" in capsys.readouterr().err


def test_one_run_loads_after_the_other_and_what_each_was_told_meanwhile_is_done(loads: Loads) -> None:
    bench = Bench()
    bench.do("open", 1, opening(SLOW))
    bench.do("open", 2, opening(MORE))
    bench.do("play", 2, True)
    bench.do("open", 3, opening(playing=True))
    bench.until(lambda: bench.hosted(3).run.step > 20)
    assert 30 not in loads.noted and list(bench.host.runs) == [3], "the others go on"
    bench.do("change", 1, changed(patch(SLOW, {"training.learning_rate": 0.5}), 4))
    loads.go_on.set()
    bench.until(lambda: 2 in bench.host.runs and bench.hosted(2).run.step > 5)
    assert bench.hosted(1).version == 4 and bench.hosted(1).run.experiment.training.learning_rate == 0.5
    assert sorted(loads.noted) == [0, 10, 30]


def test_a_beat_names_the_run_whose_examples_are_being_loaded(loads: Loads) -> None:
    """A load that ends the process must not be held against whoever is served meanwhile."""
    bench = Bench()
    bench.do("open", 1, opening(playing=True))
    bench.do("open", 2, opening(SLOW))
    bench.do("open", 3, opening(MORE))
    named = set()
    for _ in range(200):
        bench.host.turn()
        named.add(bench.host._beat.read()[1])
    assert named == {2} and bench.hosted(1).run.step > 0
    bench.do("close", 2)
    bench.until(lambda: 3 in bench.host.runs)
    step = bench.hosted(1).run.step
    bench.until(lambda: bench.hosted(1).run.step > step)
    assert bench.host._beat.read()[1] in (0, 1)


def test_a_way_over_changes_of_large_examples_waits_for_its_thread_while_the_others_go_on(loads: Loads) -> None:
    loads.go_on.set()
    bench = Bench()
    bench.do("open", 1, opening(LARGE))
    bench.until(lambda: 1 in bench.host.runs)
    states = {}
    for version, spec in enumerate((SLOW, MORE, patch(LARGE, {"data.noise": 40})), start=1):
        bench.do("change", 1, changed(spec, version))
        bench.until(lambda version=version: bench.hosted().version == version)  # type: ignore[misc]
        bench.do("step", 1, "batch", 5)
        bench.until(lambda: bench.hosted()._way is None)
        states[bench.hosted().run.step] = bench.hosted().run.learner.flat.numpy().copy()
    bench.do("open", 2, opening(playing=True))
    loads.go_on.clear()
    for step in (8, 9, 7, 3):  # a hand that drags
        bench.do("seek", 1, step)
    before, named = bench.hosted(2).run.step, set()
    bench.until(lambda: bench.hosted(2).run.step > before + 50)
    for _ in range(50):
        bench.host.turn()
        named.add(bench.host._beat.read()[1])
    assert bench.hosted(1).waits and named == {1}
    assert bench.frame(1)[0]["seeking"] == 3 and loads.noted.count(10) == 2
    loads.go_on.set()
    for step in (5, 10, 15, 5):
        bench.do("seek", 1, step)
        bench.until(lambda: bench.hosted()._way is None)
        assert bench.hosted().run.step == step
        assert np.array_equal(bench.hosted().run.learner.flat.numpy(), states[step])
