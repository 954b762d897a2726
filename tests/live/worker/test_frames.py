"""What a run shows, with the real engine: the scene first, frames for credit, findings and exact metrics behind them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from nnlab.analysis.analysis import studies
from nnlab.analysis.diagnosis.diagnose import stamp
from nnlab.core.experiment import experiment, patch
from nnlab.core.registries import ANALYSES
from nnlab.live.messages import wire
from nnlab.live.messages.kinds import Kind
from nnlab.live.worker import engine, frames
from nnlab.train import evaluation
from nnlab.train import run as running
from tests.live.worker.bench import SPEC, VIEWS, Bench, opening

DIVERGES = {
    "data": {"kind": "plane", "samples": 100},
    "model": {"family": "mlp"},
    "training": {"learning_rate": 10, "loss": "mse"},
}


@pytest.fixture
def bench() -> Bench:
    one = Bench()
    one.do("open", 1, opening())
    return one


def test_the_scene_comes_before_the_first_frame(bench: Bench) -> None:
    header, arrays = bench.frame()
    kinds = [kind for kind, *_ in bench.sent if kind in (Kind.SCENE, Kind.FRAME)]
    assert kinds == [Kind.SCENE, Kind.FRAME]
    scene, fixed = wire.unpack(bench.of(Kind.SCENE)[0])
    assert scene["scene"] == header["scene"] == 1
    assert scene["experiment"]["data"]["samples"] == 100
    assert fixed["points"].shape == (100, 4) and fixed["ids"].shape == (100,)
    assert fixed["input_maps"].shape == (2, 25, 25) and fixed["input_maps"].dtype == np.uint8
    assert fixed["history"].shape == (1, 6)
    assert (header["step"], header["playing"], header["batches"], header["version"]) == (0, False, 5, 0)
    assert set(VIEWS) <= set(arrays)
    assert arrays["boundary"].shape == (100, 100)


def test_a_frame_comes_only_for_credit_and_only_where_something_is_new(bench: Bench) -> None:
    bench.frame()
    bench.do("want", 1)
    for _ in range(20):
        bench.host.turn()
    assert len(bench.of(Kind.FRAME)) == 1
    bench.do("edit", 1, 0, 0.5)
    bench.until(lambda: len(bench.of(Kind.FRAME)) == 2)
    bench.do("play", 1, True)
    for _ in range(20):
        bench.host.turn()
    assert len(bench.of(Kind.FRAME)) == 2


def test_the_weights_of_a_frame_are_those_of_the_step_it_names(bench: Bench) -> None:
    bench.do("play", 1, True)
    bench.until(lambda: bench.hosted().run.step > 30)
    header, arrays = bench.frame()
    again = engine.start(SPEC)
    engine.advance(again, steps=header["step"])
    np.testing.assert_allclose(arrays["weights"], again.learner.flat.numpy(), atol=1e-6)


def test_costly_arrays_come_at_most_ten_times_a_second_and_all_once_it_pauses(bench: Bench) -> None:
    bench.do("watch", 1, (*VIEWS, "surface", "confusion", "histograms"), {})
    bench.do("play", 1, True)
    began, seen = bench.host._clock(), []
    while bench.host._clock() - began < 1.0:
        seen.append("surface" in bench.frame()[1])
    assert 1 <= sum(seen) <= 12
    bench.do("play", 1, False)
    all_of_them = {"surface", "confusion", "hist_weights", "boundary"}
    bench.frame_that(lambda _, arrays: all_of_them <= set(arrays), most=4)


def test_a_run_with_too_large_a_learning_rate_says_so_and_goes_back_to_where_it_was_well() -> None:
    bench = Bench()
    bench.do("open", 1, opening(experiment(DIVERGES), playing=True))
    bench.until(lambda: bool(bench.hosted().run.diverged))
    header, _ = bench.frame_that(lambda header, _: header["findings"], most=2)
    assert [finding["code"] for finding in header["findings"]] == ["diverged"]
    assert header["stopped"]["code"] == "stop.diverged"
    assert header["playing"] is False
    bench.do("recover", 1)
    back, arrays = bench.frame()
    assert back["step"] < header["step"]
    assert np.isfinite(arrays["weights"]).all() and np.isfinite(back["metrics"]["train_loss"])
    assert back["findings"] == []


def test_what_was_found_is_void_where_it_is_no_longer_so() -> None:
    for op in ("recover", "reset"):
        bench = Bench()
        bench.do("open", 1, opening(experiment(DIVERGES), playing=True))
        bench.until(lambda bench=bench: bool(bench.hosted().run.diverged))  # type: ignore[misc]
        bench.frame_that(lambda header, _: header["findings"], most=2)
        bench.do(op, 1)
        assert bench.frame()[0]["findings"] == []


def test_each_state_of_a_weight_that_is_dragged_at_rest_gets_its_pictures_and_findings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(frames, "ENOUGH_S", 1.0)  # on a busy machine costly arrays may wait for the next frame
    bench = Bench()
    bench.do("open", 1, opening(offers=(*VIEWS, "surface", "histograms")))
    bench.do("step", 1, "batch", 3)
    bench.until(lambda: bench.hosted().run.step == 3)
    seen = []
    for value in (0.5, 2.5, -4.5, 0.5):
        bench.do("edit", 1, 0, value)
        header, arrays = bench.frame()
        assert (header["step"], arrays["weights"][0]) == (3, np.float32(value))
        assert {"surface", "hist_weights", "boundary"} <= set(arrays)
        seen.append((arrays["surface"].tobytes(), stamp(bench.hosted().run)))
    assert seen[0][0] == seen[3][0] and len({picture for picture, _ in seen}) == 3
    assert all(one != other for (_, one), (_, other) in pairwise(seen)), "findings of the value before are out of date"


def test_metrics_of_samples_say_so_and_those_of_a_run_at_rest_become_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "ENOUGH_S", 0.0)  # as if a hundred examples took all the time there is
    monkeypatch.setattr(evaluation, "FAIR_S", 0.0)
    bench = Bench()
    spec = patch(SPEC, {"data.samples": 500, "data.noise": 30})
    bench.do("open", 1, opening(spec, playing=True))
    bench.until(lambda: bench.hosted().run.step > 30)
    header, _ = bench.frame()
    assert header["sampled"] == {"train": 128, "test": 128}
    bench.do("play", 1, False)
    first, _ = bench.frame()
    assert first["sampled"]
    exact, _ = bench.frame_that(lambda header, _: not header["sampled"])
    learner = bench.hosted().run.learner
    for split in ("train", "test"):
        whole = learner.evaluate(split)
        assert exact["metrics"][f"{split}_loss"] == pytest.approx(whole["loss"], rel=1e-6)
        assert exact["metrics"][f"{split}_accuracy"] == pytest.approx(whole["accuracy"], abs=1e-9)
    assert first["metrics"]["train_loss"] != exact["metrics"]["train_loss"]
    bench.do("edit", 1, 0, 0.5)
    assert bench.frame()[0]["sampled"], "another state is measured anew"


def test_a_frame_says_whether_its_metrics_are_of_its_own_step_so_that_no_curve_stands_still(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(running, "LOOK_S", 3600.0)  # while it trains nothing is measured
    bench = Bench()
    bench.do("open", 1, opening(playing=True))
    bench.until(lambda: bench.hosted().run.step > 30)
    header, arrays = bench.frame()
    assert header["stale"] and header["step"] > 30
    assert "curve" not in arrays or arrays["curve"][:, 0].max() < header["step"]
    bench.do("play", 1, False)
    header, _ = bench.frame()
    assert not header["stale"]
    assert header["metrics"]["train_loss"] == pytest.approx(bench.hosted().run.learner.evaluate("train")["loss"])


def test_a_scene_tells_all_that_the_screen_draws_from(bench: Bench) -> None:
    bench.frame()
    scene, _ = wire.unpack(bench.of(Kind.SCENE)[0])
    run = bench.hosted().run
    assert scene["form"]["name"] == "points" and scene["answer"]["kind"] == "class"
    assert scene["counts"] == {"train": run.data.count("train"), "test": run.data.count("test")}
    assert [metric["name"] for metric in scene["metrics"]] == list(run.history.names)
    assert scene["phases"] == ["forward", "loss", "backward", "update"] and scene["pass_name"] == "epoch"
    assert scene["groups"] == [{"name": "all", "path": "training"}]
    offered = {name for name in ANALYSES if ANALYSES.load(name).offered(run.learner)}
    assert set(scene["offers"]) == offered | set(studies(run.learner))


def test_a_viewer_who_comes_later_gets_the_scene_alone_and_all_arrays_in_the_next_frame(bench: Bench) -> None:
    bench.do("watch", 1, (*VIEWS, "surface"), {})
    bench.frame_that(lambda _, arrays: "surface" in arrays)
    before: list[Any] = list(bench.sent)
    bench.do("refresh", 1, 77)
    scenes = [(viewer, body) for kind, _, viewer, body in bench.sent[len(before) :] if kind == Kind.SCENE]
    assert [viewer for viewer, _ in scenes] == [77]
    assert {"surface", "boundary"} <= set(bench.frame()[1])
