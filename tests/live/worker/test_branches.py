"""A course that was left, as a worker's commands and frames tell it: where it parts, and the way back to its end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nnlab.core.experiment import patch, plain
from nnlab.live.messages import wire
from nnlab.live.messages.kinds import Kind
from nnlab.live.worker import process
from tests.live.worker.bench import SPEC, Bench, opening
from tests.live.worker.fake import FakeRun, Laboratory

FASTER = patch(SPEC, {"training.learning_rate": 0.3})
END, FORK = 300, 120


def change(bench: Bench, spec: Any, run: int = 1, version: int = 1) -> None:
    bench.do("change", run, {"experiment": plain(spec), "attachment": None, "version": version})


def go(bench: Bench, steps: int, run: int = 1) -> None:
    """So many updates onwards, to their end."""
    bench.do("step", run, "batch", steps)
    bench.until(lambda: bench.hosted(run)._way is None)


def back(bench: Bench, step: int, run: int = 1) -> None:
    bench.do("seek", run, step)
    bench.until(lambda: bench.hosted(run)._way is None)


def to_branch(bench: Bench, number: int, run: int = 1) -> None:
    bench.do("branch", run, number)
    bench.until(lambda: bench.hosted(run)._way is None)


@pytest.fixture
def forked() -> Bench:
    """A run that stood at END, went back to FORK, got a larger learning rate and went on for 50 updates."""
    bench = Bench()
    bench.do("open", 1, opening())
    go(bench, END)
    bench.weights = weights(bench)  # type: ignore[attr-defined]
    back(bench, FORK)
    bench.frame()
    change(bench, FASTER)
    go(bench, 50)
    return bench


def thinned(branch: Any) -> Any:
    """With the place before the fork only, so that the way to its end is long."""
    return replace(branch, snapshots=branch.snapshots[:1])


def weights(bench: Bench, run: int = 1) -> bytes:
    return bench.hosted(run).run.learner.flat.numpy().tobytes()


def test_frames_tell_of_branches_only_where_there_are_some(forked: Bench) -> None:
    header, _ = forked.frame()
    assert header["branches"] == [{"id": 1, "from": FORK, "to": END}]
    assert header["course"] == [1, FORK] and header["span"] == [0, FORK + 50]
    forked.do("reset", 1)
    header, _ = forked.frame()
    assert header["restarted"] and header["span"] == [0, 0]
    assert [branch["to"] for branch in header["branches"]] == [END, FORK + 50]


def test_the_command_leads_to_the_end_as_it_was_and_tells_the_hub_what_holds_there(forked: Bench) -> None:
    forked.do("play", 1, True)
    forked.until(lambda: forked.hosted().run.step > 200)
    forked.do("branch", 1, 1)
    forked.until(lambda: forked.hosted()._way is None)
    assert forked.hosted().run.step == END and weights(forked) == forked.weights  # type: ignore[attr-defined]
    told = [state for state in forked.states() if "experiment" in state][-1]
    assert told["experiment"] == plain(SPEC) and told["version"] == 1
    header, arrays = forked.frame()
    assert (header["step"], header["playing"], header["seeking"], header["lr"]) == (END, False, None, 0.03)
    (other,) = header["branches"]
    assert (other["id"], other["from"]) == (2, FORK) and other["to"] > 200, "and the way that it came from"
    np.testing.assert_array_equal(arrays["weights"].tobytes(), forked.weights)  # type: ignore[attr-defined]


def test_a_scene_brings_the_curves_of_the_other_course_and_its_data() -> None:
    bench = Bench()
    bench.do("open", 1, opening())
    for _ in range(10):
        bench.hosted().run.look = 0.0  # measured each time
        go(bench, END // 10)
    rows = bench.hosted().run.history.rows.astype(np.float32)
    assert len(rows) > 10
    back(bench, FORK)
    change(bench, patch(SPEC, {"data.noise": 40}))
    go(bench, 20)
    bench.frame()
    scenes = len(bench.of(Kind.SCENE))
    to_branch(bench, 1)
    header, _ = bench.frame_that(lambda header, _: len(bench.of(Kind.SCENE)) == scenes + 1, most=100)
    scene, arrays = wire.unpack(bench.of(Kind.SCENE)[-1])
    assert header["scene"] == scene["scene"] and scene["experiment"] == SPEC.model_dump(mode="json")
    np.testing.assert_array_equal(arrays["history"], rows)


def test_to_and_fro_ends_where_it_was_each_time(forked: Bench) -> None:
    here = weights(forked)
    for number, expected in enumerate([forked.weights, here] * 2, start=1):  # type: ignore[attr-defined]
        to_branch(forked, number)
        assert weights(forked) == expected
    assert [state["experiment"] for state in forked.states() if "experiment" in state][-4:] == [
        plain(SPEC),
        plain(FASTER),
    ] * 2


def test_the_second_of_two_clicks_and_an_unknown_number_do_nothing(forked: Bench) -> None:
    to_branch(forked, 1)
    said, states = len(forked.texts()), len(forked.states())
    for number in (1, 0, 2**53):
        to_branch(forked, number)
    assert forked.hosted().run.step == END and len(forked.states()) == states
    assert len(forked.texts()) == said


def test_play_pressed_on_the_way_plays_on_from_the_end(forked: Bench) -> None:
    run = forked.hosted().run
    run.branches._all[0] = thinned(run.branches._all[0])
    forked.do("branch", 1, 1)
    header, _ = forked.frame()
    assert header["seeking"] in (END, None)
    forked.do("play", 1, True)
    forked.until(lambda: run.step > END)
    header, _ = forked.frame()
    assert header["playing"] and header["span"][1] >= header["step"] > END


def test_another_command_on_the_way_acts_where_the_run_stands(forked: Bench) -> None:
    run = forked.hosted().run
    run.branches._all[0] = thinned(run.branches._all[0])
    hosted = forked.hosted()
    hosted._goal, hosted._way = END, hosted.engine.returning(run, 1)
    next(hosted._way)
    assert FORK // 2 < run.step < END
    forked.do("edit", 1, 0, 0.25)
    header, _ = forked.frame()
    assert header["seeking"] is None and header["span"][1] == header["step"] < END
    assert {b["to"] for b in header["branches"]} == {FORK + 50, END}, "neither end is lost"


def test_playing_in_the_past_keeps_the_span_and_sends_no_row_of_the_curves_twice() -> None:
    bench = Bench()
    bench.do("open", 1, opening(speed=2_000.0))
    go(bench, 2_000)
    bench.frame()
    back(bench, 100)
    bench.frame()
    bench.do("play", 1, True)
    while bench.hosted().run.step < 1_500:
        header, arrays = bench.frame()
        assert "branches" not in header and header["span"] == [0, 2_000]
        assert "curve" not in arrays
    bench.until(lambda: bench.hosted().run.step > 2_300)
    header, arrays = bench.frame()
    assert arrays["curve"][:, 0].min() >= 2_000 and header["span"][1] >= header["step"]


def test_the_curves_of_another_course_are_sent_from_where_it_left(forked: Bench) -> None:
    run = forked.hosted().run
    for _ in range(4):
        run.look = 0.0  # measured each time
        go(forked, 10)
    _, arrays = forked.frame()
    sent = arrays["curve"][:, 0].tolist()
    assert len(sent) >= 4 and sent == [step for step in run.history.rows[:, 0] if step > FORK]


def test_branches_are_counted_in_what_a_worker_may_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "HISTORY", 900_000)
    bench = Bench()
    for run in (1, 2, 3):
        bench.do("open", run, opening())
        go(bench, 400, run)
        back(bench, 150, run)
        change(bench, FASTER, run)
        go(bench, 100, run)
        runs = [hosted.run for hosted in bench.host.runs.values()]
        assert sum(run.timeline.nbytes for run in runs) <= process.HISTORY
        assert all(run.timeline.beside == run.branches.nbytes <= run.timeline.limit // 4 for run in runs)
    assert any(run.timeline.beside for run in runs)


def test_a_pretended_way_to_a_branch_is_shown_as_it_comes_nearer(monkeypatch: pytest.MonkeyPatch) -> None:
    run = FakeRun("run", step=99, replay_s=0.02)
    lab = Laboratory(monkeypatch, run)
    lab.open("run", playing=True)
    lab.go(0.2)
    before = len(lab.frames["run"])
    lab.do("branch", "run", 157)
    lab.go(0.6)
    on_the_way = [header for header, _ in lab.frames["run"][before:]]
    assert on_the_way[0]["seeking"] == 157 and not on_the_way[0]["playing"]
    assert (on_the_way[-1]["step"], on_the_way[-1]["seeking"]) == (157, None)
    lab.do("branch", "run", 0)
    lab.go(0.1)
    assert run.step == 157
