"""A way through the history: a picture at once, exact in the end, and what a hand does meanwhile."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnlab.core.experiment import patch, plain
from nnlab.live.worker import engine
from tests.live.worker.bench import SPEC, VIEWS, Bench, opening
from tests.live.worker.fake import FakeRun, Laboratory

GOAL = 1_000


@pytest.fixture
def far() -> Bench:
    """A real run at step 2,000 with next to nothing in its history, so that going back takes a while."""
    bench = Bench()
    bench.do("open", 1, opening(playing=True))
    bench.until(lambda: bench.hosted().run.step > 2 * GOAL)
    bench.do("play", 1, False)
    bench.hosted().run.limit_history(2 * bench.hosted().run.timeline.snapshots[0].nbytes)
    assert bench.hosted().run.timeline.before(GOAL).step < GOAL - 500
    bench.frame()
    return bench


@pytest.fixture(scope="module")
def weights() -> Any:
    """At the goal, for who went there straight."""
    run = engine.start(SPEC)
    engine.advance(run, steps=GOAL)
    return run.learner.flat.numpy().copy()


# ---- with a pretended engine -------------------------------------------------------------------------------------------
def test_the_nearest_snapshot_is_shown_at_once_and_the_exact_place_when_it_is_reached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = FakeRun("run", step=99, replay_s=0.02)
    lab = Laboratory(monkeypatch, run)
    lab.open("run", playing=False)
    lab.go(0.5)
    before = len(lab.frames["run"])
    lab.do("seek", "run", 57)
    lab.go(0.021)
    first, _ = lab.frames["run"][before]
    assert 50 <= first["step"] <= 51 and first["seeking"] == 57
    lab.go(0.5)
    on_the_way = [header for header, _ in lab.frames["run"][before:]]
    assert [h["step"] for h in on_the_way] == sorted(h["step"] for h in on_the_way)
    assert len(on_the_way) > 4, "it is shown how it comes nearer"
    assert all(h["seeking"] == 57 for h in on_the_way if h["step"] < 57)
    assert (on_the_way[-1]["step"], on_the_way[-1]["seeking"]) == (57, None)


def test_a_place_nearby_is_shown_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    run = FakeRun("run", step=99, replay_s=0.0002)
    lab = Laboratory(monkeypatch, run)
    lab.open("run", playing=False)
    lab.go(0.5)
    before = len(lab.frames["run"])
    lab.do("seek", "run", 57)
    lab.go(0.5)
    assert [(h["step"], h["seeking"]) for h, _ in lab.frames["run"][before:]] == [(57, None)]


def test_of_a_scrubber_that_is_dragged_only_the_newest_place_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    run = FakeRun("run", step=99, replay_s=0.02)
    lab = Laboratory(monkeypatch, run)
    lab.open("run", playing=False)
    lab.go(0.5)
    for step in (58, 47, 36):
        lab.do("seek", "run", step)
        lab.go(0.05)
    lab.go(1.0)
    assert lab.frames["run"][-1][0]["step"] == run.step == 36


def test_others_keep_their_frames_while_one_goes_a_long_way(monkeypatch: pytest.MonkeyPatch) -> None:
    far, light = FakeRun("far", step=1000, replay_s=0.02), FakeRun("light")
    lab = Laboratory(monkeypatch, far, light)
    lab.open("far", playing=False)
    lab.open("light")
    lab.go(1.0)
    before = len(lab.frames["light"])
    for _ in range(20):  # one way after the other
        lab.do("seek", "far", 999)
        lab.go(0.2)
    assert (len(lab.frames["light"]) - before) / 4.0 >= 0.8 * 60


# ---- with the real one -------------------------------------------------------------------------------------------------
def begin(far: Bench) -> dict[str, Any]:
    """On the way, not there yet: the first frame of it."""
    far.do("seek", 1, GOAL)
    header, _ = far.frame()
    assert header["step"] < GOAL and header["seeking"] == GOAL
    assert far.hosted().run.step < GOAL
    return header  # type: ignore[no-any-return]


def test_the_state_that_is_reached_is_exactly_what_it_was(far: Bench, weights: np.ndarray) -> None:
    begin(far)
    header, arrays = far.frame_that(lambda header, _: header["seeking"] is None, most=500)
    assert (header["step"], header["playing"], header["span"][0]) == (GOAL, False, 0)
    assert header["span"][1] > 2 * GOAL, "what comes after is still there"
    np.testing.assert_array_equal(arrays["weights"], weights.astype(np.float32))
    assert far.hosted().run.metrics["train_loss"] == pytest.approx(
        far.hosted().run.learner.evaluate("train")["loss"], abs=1e-12
    )


def test_play_pressed_on_the_way_plays_on_from_the_goal(far: Bench, weights: np.ndarray) -> None:
    begin(far)
    far.do("play", 1, True)
    assert far.hosted().run.step < GOAL and far.hosted()._goal == GOAL, "it still goes there"
    far.until(lambda: far.hosted().run.step > GOAL + 50)
    assert far.states()[-1]["playing"] is True
    header, _ = far.frame()
    assert header["playing"] and header["seeking"] is None and header["step"] > GOAL
    alone = engine.start(SPEC)
    engine.advance(alone, steps=far.hosted().run.step)
    np.testing.assert_array_equal(far.hosted().run.learner.flat.numpy(), alone.learner.flat.numpy())


def test_pause_pressed_on_the_way_rests_where_it_stands(far: Bench) -> None:
    begin(far)
    far.do("play", 1, True)
    far.do("play", 1, False)
    step = far.hosted().run.step
    for _ in range(200):
        far.host.turn()
    header, _ = far.frame()
    assert (header["step"], header["playing"], header["seeking"]) == (step, False, None)
    assert far.states()[-1]["playing"] is False


@pytest.mark.parametrize("op", ["edit", "change"])
def test_an_edit_or_a_change_on_the_way_acts_where_the_run_stands(far: Bench, op: str) -> None:
    begin(far)
    far.do("play", 1, True)  # forgotten with the way
    stands = far.hosted().run.step
    if op == "edit":
        far.do("edit", 1, 0, 0.5)
    else:
        new = patch(SPEC, {"training.learning_rate": 0.5})
        far.do("change", 1, {"experiment": plain(new), "attachment": None, "version": 7})
    header, arrays = far.frame()
    assert (header["step"], header["seeking"], header["playing"]) == (stands, None, False)
    assert far.states()[-1]["playing"] is False, "the hub has taken it for playing"
    assert header["span"][1] == stands, "what came after is no longer what happens"
    for _ in range(200):
        far.host.turn()
    assert far.hosted().run.step == stands
    alone = engine.start(SPEC)
    engine.advance(alone, steps=stands)
    expected = alone.learner.flat.numpy().astype(np.float32)
    if op == "edit":
        expected[0] = 0.5
    else:
        assert (header["lr"], header["version"]) == (0.5, 7)
    np.testing.assert_array_equal(arrays["weights"], expected)


def test_a_reset_on_the_way_starts_over(far: Bench) -> None:
    begin(far)
    far.do("reset", 1)
    header, _ = far.frame()
    assert (header["step"], header["seeking"], header["restarted"]) == (0, None, True)


def test_a_place_beyond_the_history_is_the_nearest_in_it(far: Bench) -> None:
    last = far.hosted().run.span[1]
    far.do("seek", 1, 10**9)
    header, _ = far.frame_that(lambda header, _: header["seeking"] is None, most=500)
    assert header["step"] == last


def test_steps_that_are_asked_for_are_shown_one_by_one_and_stop_when_a_hand_does_something_else() -> None:
    bench = Bench()
    bench.do("open", 1, opening(offers=VIEWS))
    bench.frame()
    bench.do("step", 1, "epoch", 1_000)
    bench.until(lambda: bench.hosted().run.epoch > 3)
    bench.do("edit", 1, 0, 0.5)
    stands = bench.hosted().run.step
    assert stands < 5_000
    for _ in range(100):
        bench.host.turn()
    assert bench.hosted().run.step == stands
