"""Work in bounded slices: a heavy run takes its share and no more, of the others' frames, of its own training, of the processor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nnlab.core.say import Told
from tests.live.worker.fake import FakeRun, Laboratory

SECONDS = 4.0


def rates(lab: Laboratory, names: list[str]) -> list[float]:
    """Frames a second of each, after a second to settle."""
    lab.go(1.0)
    before = [len(lab.frames[name]) for name in names]
    lab.go(SECONDS)
    return [(len(lab.frames[name]) - old) / SECONDS for name, old in zip(names, before, strict=True)]


@pytest.mark.parametrize("slice_s", [0.01, 0.02])
@pytest.mark.parametrize("others", [1, 3])
def test_slow_slices_of_one_run_leave_the_others_their_frames(
    monkeypatch: pytest.MonkeyPatch, slice_s: float, others: int
) -> None:
    names = [f"light {i}" for i in range(others)]

    def played(*heavy: FakeRun) -> list[float]:
        runs = [FakeRun(name) for name in names]
        lab = Laboratory(monkeypatch, *runs, *heavy, slices={"boundary": 5}, slice_s=slice_s)
        for name in names:
            lab.open(name)
        for run in heavy:
            lab.open(run.name, ("boundary",))
        return rates(lab, names)

    alone = played()
    beside = played(FakeRun("heavy", slice_s=slice_s, frame_s=slice_s / 4, finding_slices=3, whole_slices=9))
    assert min(alone) > 55
    assert min(b / a for a, b in zip(alone, beside, strict=True)) >= 0.8


# ---- training and the pictures of one run ------------------------------------------------------------------------------
def share_of_training(lab: Laboratory, name: str, seconds: float = SECONDS) -> float:
    lab.engine.trained_s.clear(), lab.engine.behind_s.clear()
    lab.go(seconds)
    trained, behind = lab.engine.trained_s[name], lab.engine.behind_s[name]
    assert behind > 0
    return trained / (trained + behind)


@pytest.mark.parametrize("slice_s", [0.002, 0.02])
def test_pictures_findings_and_checkpoints_leave_training_three_quarters_of_the_time(
    monkeypatch: pytest.MonkeyPatch, slice_s: float, tmp_path: Path
) -> None:
    heavy = FakeRun("heavy", finding_slices=5, saving_s=0.02)
    lab = Laboratory(monkeypatch, heavy, slices={"boundary": 8, "confusion": 9}, slice_s=slice_s)
    lab.open("heavy", ("boundary", "confusion"), folder=str(tmp_path))
    lab.go(1.0)
    assert share_of_training(lab, "heavy") >= 0.74


def test_training_does_not_save_up_time_in_which_pictures_may_hold_it_up_later(monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Laboratory(monkeypatch, FakeRun("heavy"), slices={"boundary": 8})
    lab.open("heavy")
    lab.go(20.0)  # of undisturbed training
    lab.do("watch", "heavy", ("boundary",), {})
    assert share_of_training(lab, "heavy", 1.0) >= 0.7


def test_what_was_done_at_rest_is_not_held_against_the_pictures_of_a_run_that_plays_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lab = Laboratory(monkeypatch, FakeRun("heavy", whole_slices=500), slices={"boundary": 8})
    lab.open("heavy", ("boundary",), playing=False)
    lab.go(6.0)
    lab.do("play", "heavy", True)
    assert 0.7 <= share_of_training(lab, "heavy", 1.0) <= 0.8


def test_beside_a_speed_limit_pictures_take_the_time_that_is_left_and_the_rest_is_idle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slow = FakeRun("slow", slice_s=0.001, finding_slices=5)
    lab = Laboratory(monkeypatch, slow, slices={"boundary": 8}, slice_s=0.005)
    lab.open("slow", ("boundary",), speed=3.0)
    lab.go(1.0)
    steps, pictures, calls = slow.step, slow.calls["first slice of boundary"], slow.calls["advance"]
    turns = lab.go(10.0)
    assert 28 <= slow.step - steps <= 32
    assert slow.calls["first slice of boundary"] - pictures == pytest.approx(30, abs=2), "one for each update"
    assert slow.calls["advance"] - calls == slow.step - steps, "it is not asked to do nothing"
    assert turns < 10 * 3 * 40


# ---- a run at rest -----------------------------------------------------------------------------------------------------
def arrays(lab: Laboratory, name: str) -> list[dict[str, Any]]:
    return [arrays for _, arrays in lab.frames[name]]


def test_exact_metrics_that_fail_are_said_once_and_tried_again_in_another_state(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(run: FakeRun) -> Any:
        run.calls["whole"] += 1
        lab.clock.spend(0.01)
        yield
        raise ZeroDivisionError("by nothing")

    rest = FakeRun("rest", whole_slices=5)
    lab = Laboratory(monkeypatch, rest)
    monkeypatch.setattr(lab.engine, "whole", fails, raising=False)
    lab.open("rest", playing=False)
    lab.go(1.0)
    assert rest.calls["whole"] == 1 and capsys.readouterr().err.count("Traceback") == 1
    for n in (2, 3):
        lab.do("play", "rest", True)
        lab.go(0.2)
        lab.do("play", "rest", False)
        lab.go(1.0)
        assert rest.calls["whole"] == n and capsys.readouterr().err.count("Traceback") == 1


def test_a_heavy_picture_is_shown_when_it_is_done_and_begun_once_a_state(monkeypatch: pytest.MonkeyPatch) -> None:
    rest = FakeRun("rest")
    lab = Laboratory(monkeypatch, rest, slices={"boundary": 8, "confusion": 4}, rhythm={"confusion": 0.1})
    lab.open("rest", ("boundary", "weights", "confusion"), playing=False)
    lab.go(3.0)
    shown = arrays(lab, "rest")
    assert "weights" in shown[0] and "boundary" not in shown[0]
    assert {"weights", "boundary", "confusion"} <= set(shown[-1])
    assert (rest.calls["boundary"], rest.calls["confusion"]) == (8, 4)
    lab.do("play", "rest", True)
    lab.go(0.5)
    lab.do("play", "rest", False)
    lab.go(0.5)
    begun = rest.calls["boundary"]
    assert arrays(lab, "rest")[-1]["boundary"] == [rest.step] == arrays(lab, "rest")[-1]["confusion"]
    lab.go(5.0)
    assert rest.calls["boundary"] == begun


def test_once_everything_was_shown_a_paused_run_costs_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rest = FakeRun("rest", whole_slices=12, finding_slices=7, saving_s=0.02)
    lab = Laboratory(monkeypatch, rest, slices={"boundary": 8}, rhythm={"confusion": 0.1, "input_maps": float("inf")})
    lab.open("rest", ("boundary", "confusion", "input_maps"), playing=False, folder=str(tmp_path))
    lab.go(5.0)
    header, shown = lab.frames["rest"][-1]
    assert header["exact"] and header["findings"] == [{"code": "slow", "at": 0}]
    assert {"boundary", "confusion", "input_maps"} <= set(shown)
    assert (rest.calls["whole"], rest.calls["diagnosing"], rest.calls["boundary"]) == (12, 7, 8)
    assert rest.calls["checkpoint"] == 1
    before, frames = rest.calls.copy(), len(lab.frames["rest"])
    assert lab.go(60.0) <= 1
    assert rest.calls == before and len(lab.frames["rest"]) == frames
    lab.do("want", "rest")
    lab.go(1.0)
    assert rest.calls == before, "a viewer with credit changes nothing where there is nothing new"


def test_the_exact_metrics_come_after_those_of_samples_and_are_void_once_it_moves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rest = FakeRun("rest", whole_slices=30)
    lab = Laboratory(monkeypatch, rest)
    lab.open("rest", playing=False)
    lab.go(0.1)
    assert [header["exact"] for header, _ in lab.frames["rest"]] == [False]
    lab.do("play", "rest", True)
    lab.go(0.1)
    lab.do("play", "rest", False)
    lab.go(1.0)
    assert lab.frames["rest"][-1][0]["exact"] and lab.frames["rest"][-1][0]["step"] == rest.step
    assert 30 < rest.calls["whole"] < 60, "from its beginning, for the state of now"


def test_every_frame_at_rest_has_all_there_is_for_a_viewer_who_missed_those_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rest = FakeRun("rest", whole_slices=40)
    lab = Laboratory(monkeypatch, rest, slices={"boundary": 3}, rhythm={"confusion": 0.1})
    lab.open("rest", ("boundary", "confusion"), playing=False)
    lab.go(3.0)
    shown = arrays(lab, "rest")
    assert len(shown) == 3  # at once, with the picture, with the exact metrics
    assert ["confusion" in found for found in shown] == [True, True, True]
    assert ["boundary" in found for found in shown] == [False, True, True]


def test_another_choice_of_a_viewer_voids_what_was_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    rest = FakeRun("rest")
    lab = Laboratory(monkeypatch, rest, slices={"boundary": 50})
    lab.open("rest", ("boundary",), playing=False)
    lab.go(0.1)
    assert 0 < rest.calls["boundary"] < 50
    done = rest.calls["boundary"]
    lab.do("watch", "rest", ("boundary",), {"boundary": {"focus": [1, 0]}})
    lab.go(2.0)
    assert rest.calls["boundary"] == done + 50
    assert rest.calls["first slice of boundary"] == 2


def test_a_diagnosis_that_fails_is_tried_once_a_network_at_rest_and_while_it_plays(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rest = FakeRun("rest", finding_slices=1)
    lab = Laboratory(monkeypatch, rest)

    def failing(run: FakeRun) -> Any:
        run.calls["failed"] += 1
        raise ZeroDivisionError
        yield

    lab.engine.diagnosing = failing  # type: ignore[method-assign]
    lab.open("rest", playing=False)
    lab.go(5.0)
    assert rest.calls["failed"] == 1
    assert lab.frames["rest"][-1][0]["findings"] == []
    lab.do("play", "rest", True)
    lab.go(3.0)
    assert rest.calls["failed"] == 1 and rest.step > 100, "another state of it fails as well"
    lab.do("play", "rest", False)

    def reset(run: FakeRun) -> None:
        run.learner = FakeRun("another")

    lab.engine.reset = reset  # type: ignore[attr-defined]
    lab.do("reset", "rest")
    lab.go(3.0)
    assert rest.calls["failed"] == 2 == capsys.readouterr().err.count("Traceback")


def test_a_picture_that_fails_half_way_is_told_once_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rest = FakeRun("rest")
    lab = Laboratory(monkeypatch, rest, slices={"boundary": 2})
    told: list[Told] = []

    def failing(run: FakeRun, name: str) -> Any:
        run.calls["tried"] += 1
        yield
        raise ZeroDivisionError("by nothing")

    lab.engine._analysis = failing  # type: ignore[method-assign]
    lab.open("rest", ("boundary", "weights"), playing=True)
    lab.hosted("rest").frames._say = told.append
    lab.go(3.0)
    (one,) = told
    assert one.code == "notice.view_failed"
    assert one.values == {"name": "boundary", "reason": "ZeroDivisionError: by nothing"}
    assert rest.calls["tried"] == 1 and "weights" in arrays(lab, "rest")[-1]
    lab.do("watch", "rest", ("boundary",), {"boundary": {"focus": [0, 0]}})
    lab.go(1.0)
    assert rest.calls["tried"] == 2, "with other options it is tried again"
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_frame_that_cannot_be_made_is_told_once_and_not_tried_until_something_happens(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rest = FakeRun("rest")
    lab = Laboratory(monkeypatch, rest)

    def failing(run: FakeRun) -> Any:
        run.calls["tried"] += 1
        raise ZeroDivisionError

    lab.engine.header = failing  # type: ignore[method-assign]
    lab.open("rest", playing=False)
    lab.go(3.0)
    assert rest.calls["tried"] == 1
    assert "ZeroDivisionError" in capsys.readouterr().err
