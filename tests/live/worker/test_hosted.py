"""One run inside a worker, with the real engine: commands in; frames, scenes, checkpoints and answers out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from nnlab.core.experiment import experiment, patch, plain
from nnlab.live.messages import wire
from nnlab.live.messages.kinds import Kind
from nnlab.live.worker import engine
from tests.live.worker.bench import SPEC, Bench, opening, stand_in


@pytest.fixture
def bench() -> Iterator[Bench]:
    one = Bench()
    one.do("open", 1, opening())
    yield one


def test_two_runs_get_their_turns_and_do_not_disturb_each_other(bench: Bench) -> None:
    bench.do("open", 2, opening(patch(SPEC, {"seed": 5}), playing=True))
    bench.do("play", 1, True)
    bench.until(lambda: min(bench.hosted(1).run.step, bench.hosted(2).run.step) > 200)
    first, second = bench.hosted(1), bench.hosted(2)
    assert min(first.served_s, second.served_s) > 0.2 * max(first.served_s, second.served_s)
    alone = engine.start(SPEC)
    engine.advance(alone, steps=first.run.step)
    np.testing.assert_array_equal(first.run.learner.flat.numpy(), alone.learner.flat.numpy())


def test_stepping_by_batch_epoch_and_phase_shows_where_it_stands(bench: Bench) -> None:
    bench.do("step", 1, "batch", 1)
    bench.until(lambda: bench.hosted().run.step == 1)
    assert bench.frame()[0]["batch"] == 1
    bench.do("step", 1, "epoch", 1)
    bench.until(lambda: bench.hosted().run.epoch == 1)
    header, _ = bench.frame()
    assert (header["step"], header["epoch"], header["batch"]) == (5, 1, 0)
    bench.do("step", 1, "phase", 1)
    bench.until(lambda: bench.hosted().run.phase == "forward" and bench.hosted()._way is None)
    header, arrays = bench.frame()
    assert header["step"] == 5 and {"z", "a"} <= set(arrays)
    bench.do("step", 1, "batch", -1)
    bench.until(lambda: bench.hosted().run.phase == "")
    assert bench.frame()[0]["phase"] == ""


def test_going_back_finds_the_weights_as_they_were(bench: Bench) -> None:
    bench.do("step", 1, "batch", 7)
    bench.until(lambda: bench.hosted().run.step == 7)
    seventh = bench.frame()[1]["weights"]
    bench.do("play", 1, True)
    bench.until(lambda: bench.hosted().run.step > 100)
    bench.do("seek", 1, 7)
    header, arrays = bench.frame()
    assert (header["step"], header["playing"], header["span"][0]) == (7, False, 0)
    np.testing.assert_array_equal(arrays["weights"], seventh)
    assert json.loads(bench.of(Kind.STATE)[-1])["playing"] is False


def test_going_back_past_a_change_tells_what_held_there_and_shows_it(bench: Bench) -> None:
    bench.do("step", 1, "batch", 10)
    bench.until(lambda: bench.hosted().run.step == 10)
    new = patch(SPEC, {"training.learning_rate": 0.5, "data.noise": 40})
    bench.do("change", 1, {"experiment": plain(new), "attachment": None, "version": 7})
    bench.do("step", 1, "batch", 2)
    bench.until(lambda: bench.hosted().run.step == 12)
    bench.hosted().frames._scene_at = -1e9
    bench.frame()
    told, scenes = len(bench.of(Kind.STATE)), len(bench.of(Kind.SCENE))
    bench.do("seek", 1, 11)
    bench.frame()
    assert not any("experiment" in json.loads(state) for state in bench.of(Kind.STATE)[told:]), "nothing was passed"
    bench.do("seek", 1, 5)
    bench.hosted().frames._scene_at = -1e9  # scenes keep a distance; here the last one is long ago
    bench.frame()
    assert len(bench.of(Kind.SCENE)) == scenes + 1
    state = json.loads(bench.of(Kind.STATE)[-1])
    assert (experiment(state["experiment"]), state["version"]) == (SPEC, 7)
    header, _ = wire.unpack(bench.of(Kind.SCENE)[-1])
    assert header["experiment"] == SPEC.model_dump(mode="json")
    bench.do("seek", 1, 12)
    bench.frame()
    assert experiment(json.loads(bench.of(Kind.STATE)[-1])["experiment"]) == new, "and forth again"


def test_a_reset_returns_to_the_same_initial_weights_and_says_so_once(bench: Bench) -> None:
    initial = bench.frame()[1]["weights"]
    bench.do("step", 1, "batch", 9)
    bench.until(lambda: bench.hosted().run.step == 9)
    bench.do("reset", 1)
    header, arrays = bench.frame()
    assert (header["step"], header["restarted"]) == (0, True)
    np.testing.assert_array_equal(arrays["weights"], initial)
    bench.do("edit", 1, 0, 0.5)
    assert bench.frame()[0]["restarted"] is False


def test_a_live_change_goes_on_and_a_structural_one_starts_again_with_a_new_scene(bench: Bench) -> None:
    bench.do("step", 1, "batch", 3)
    bench.until(lambda: bench.hosted().run.step == 3)
    bench.frame()

    def change(changes: dict[str, Any], version: int) -> dict[str, Any]:
        new = patch(bench.hosted().run.experiment, changes)
        bench.do("change", 1, {"experiment": plain(new), "attachment": None, "version": version})
        return bench.frame()[0]

    live = change({"training.learning_rate": 0.5}, 4)
    assert (live["step"], live["version"], live["lr"], live["scene"]) == (3, 4, 0.5, 1)
    before, _ = wire.unpack(bench.of(Kind.SCENE)[-1])
    batches = change({"training.batch_size": 20}, 5)
    assert (batches["step"], batches["restarted"]) == (3, False)
    shown = batches
    while shown["scene"] == 1:  # a scene follows the one before it after a twentieth of a second
        shown = bench.frame()[0]
    scene, _ = wire.unpack(bench.of(Kind.SCENE)[-1])
    assert scene["facts"]["flops"] == 2 * before["facts"]["flops"], "the cost of an update is that of this batch"
    wide = change({"model.layers": [{"units": 6}]}, 6)
    assert (wide["step"], wide["version"], wide["restarted"], wide["scene"]) == (0, 6, True, 3)
    scene, _ = wire.unpack(bench.of(Kind.SCENE)[-1])
    assert [block["fan_out"] for block in scene["facts"]["blocks"]] == [6, 1]


def test_a_checkpoint_opens_the_same_run_elsewhere(bench: Bench) -> None:
    bench.do("play", 1, True)
    bench.until(lambda: bench.hosted().run.step > 40)
    bench.do("play", 1, False)
    saved = bench.of(Kind.CHECKPOINT)[-1]
    bench.do("open", 2, opening(checkpoint=saved))
    here, there = bench.hosted(1).run, bench.hosted(2).run
    assert (there.step, there.epoch, there.offset) == (here.step, here.epoch, here.offset)
    for run in (here, there):
        engine.advance(run, steps=25)
    np.testing.assert_array_equal(here.learner.flat.numpy(), there.learner.flat.numpy())


def test_a_playing_run_is_saved_about_once_a_second_and_not_more(bench: Bench) -> None:
    bench.do("play", 1, True)
    before = len(bench.of(Kind.CHECKPOINT))
    began = bench.host._clock()
    bench.until(lambda: bench.host._clock() - began > 1.3)
    assert 1 <= len(bench.of(Kind.CHECKPOINT)) - before <= 2


def test_a_speed_limit_is_kept(bench: Bench) -> None:
    bench.do("speed", 1, 20.0)
    bench.do("play", 1, True)
    began = bench.host._clock()
    while bench.host._clock() - began < 1.0:
        bench.host.turn()
    assert 1 <= bench.hosted().run.step <= 30


def test_a_run_whose_stop_rule_fires_pauses_and_says_why() -> None:
    bench = Bench()
    bench.do("open", 1, opening(patch(SPEC, {"training.stop.epochs": 3}), playing=True))
    bench.until(lambda: bool(bench.of(Kind.STATE)))
    state = json.loads(bench.of(Kind.STATE)[-1])
    assert state["playing"] is False and state["stopped"]
    assert bench.frame()[0]["stopped"] == state["stopped"]
    bench.do("play", 1, True)
    bench.until(lambda: bench.hosted().run.epoch > 3)


def test_a_held_run_rests_and_goes_on_where_it_was(bench: Bench) -> None:
    bench.do("play", 1, True)
    bench.until(lambda: bench.hosted().run.step > 10)
    bench.do("hold", 1, True)
    step = bench.hosted().run.step
    assert [bench.host.turn() for _ in range(3)][-1] is None
    assert bench.hosted().run.step == step
    bench.do("hold", 1, False)
    bench.until(lambda: bench.hosted().run.step > step)


def test_an_error_of_one_run_pauses_it_with_a_sentence_and_the_others_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    def broken(run: Any, *args: Any, **more: Any) -> int:
        if run.experiment.seed == 13:
            raise RuntimeError("out of luck")
        return engine.advance(run, *args, **more)

    bench = Bench(stand_in(advance=broken))
    bench.do("open", 1, opening(patch(SPEC, {"seed": 13}), playing=True))
    bench.do("open", 2, opening(playing=True))
    bench.until(lambda: bench.hosted(2).run.step > 50 and bool(bench.texts(1)))
    (told,) = bench.texts(1)
    assert (told["level"], told["code"]) == ("error", "notice.run_failed") and "out of luck" in told["values"]["reason"]
    assert bench.states()[-1]["playing"] is False
    assert not bench.texts(2)
    assert "RuntimeError" in capsys.readouterr().err


def test_an_edit_out_of_range_is_a_sentence_and_nothing_else(bench: Bench) -> None:
    bench.do("edit", 1, 10**7, 1.0)
    (told,) = bench.texts()
    assert told["level"] == "warning" and "must be" in told["text"]


def test_an_unknown_run_or_viewer_is_ignored(bench: Bench) -> None:
    bench.do("play", 99, True)
    bench.do("cancel", 1, 3, "x")
    bench.do("close", 99)
    assert bench.frame()[0]["step"] == 0


def test_a_record_on_request_comes_with_its_name(bench: Bench) -> None:
    bench.do("ask", 1, 7, 42, "formula", {"neuron": [1, 0], "at": [0.5, -1.0]})
    bench.until(lambda: bool(bench.answers()))
    ((told, arrays),) = bench.answers()
    assert (told["type"], told["id"], told["name"]) == ("answer", 42, "formula")
    assert arrays["formula_inputs"].shape == (2,)
    assert [viewer for kind, _, viewer, _ in bench.sent if kind == Kind.ANSWER] == [7]


def test_a_record_that_cannot_be_made_is_answered_with_what_went_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    bench = Bench(stand_in(answer=lambda run, name, options: 1 / 0))
    bench.do("open", 1, opening(playing=True))
    bench.do("ask", 1, 7, 43, "formula", {})
    bench.until(lambda: bool(bench.answers()) and bench.hosted().run.step > 10)
    ((told, arrays),) = bench.answers()
    assert (told["type"], told["id"]) == ("answer", 43)
    assert "(ZeroDivisionError)" in told["error"] and "division" not in told["error"] and arrays == {}
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_long_record_is_computed_in_slices_with_progress_and_can_be_cancelled() -> None:
    def slow(run: Any, name: str, options: Any) -> Any:
        def work() -> Iterator[float]:
            for i in range(options["n"]):
                yield i / options["n"]
            return {"total": np.ones(1)}

        return work()

    bench = Bench(stand_in(answer=slow))
    bench.do("open", 1, opening(playing=True))
    bench.do("ask", 1, 7, "endless", "surface", {"n": 10**9})
    bench.do("ask", 1, 7, "short", "surface", {"n": 10})
    bench.until(lambda: bool(bench.answers()) and bench.hosted().run.step > 50)
    ((told, arrays),) = bench.answers()
    assert (told["type"], told["id"], told["name"]) == ("answer", "short", "surface")
    assert arrays["total"].tolist() == [1.0]
    bench.until(lambda: any(t["type"] == "progress" and t["id"] == "endless" for t in bench.texts()))
    bench.do("cancel", 1, 7, "endless")
    assert not bench.hosted().jobs
    said, step = len(bench.texts()), bench.hosted().run.step
    bench.until(lambda: bench.hosted().run.step > step + 50)
    assert len(bench.answers()) == 1 and len(bench.texts()) == said, "nothing more is said about it"


def test_a_viewer_may_have_eight_requests_under_way_and_those_of_one_that_has_gone_are_forgotten() -> None:
    def endless(run: Any, name: str, options: Any) -> Iterator[float]:
        while True:
            yield 0.0

    bench = Bench(stand_in(answer=endless))
    bench.do("open", 1, opening())
    for viewer in (7, 8):
        for number in range(10):
            bench.do("ask", 1, viewer, number, "surface", {"n": 1})
        bench.do("ask", 1, viewer, 3, "surface", {"n": 2})  # in place of the one before
    assert sorted(bench.hosted().jobs) == [(viewer, number) for viewer in (7, 8) for number in range(8)]
    refused = [(told["id"], told["error"]) for told, _ in bench.answers()]
    assert [number for number, _ in refused] == [8, 9] * 2 and all(
        "at most 8 requests" in error for _, error in refused
    )
    bench.do("cancel", 1, 7, 0)
    bench.do("ask", 1, 7, 9, "surface", {})
    assert (7, 9) in bench.hosted().jobs
    bench.do("cancel", 1, 7)
    assert sorted(bench.hosted().jobs) == [(8, number) for number in range(8)]
