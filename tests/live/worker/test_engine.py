"""The doors into training and analysis: what is broken behind one of them costs nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from nnlab.analysis.analysis import ONCE, Analysis
from nnlab.core.experiment import patch
from nnlab.core.registries import ANALYSES
from nnlab.live.messages import wire
from nnlab.live.messages.kinds import Kind
from nnlab.live.worker import engine
from tests.live.worker.bench import SPEC, Bench, opening, stand_in


@pytest.fixture
def analyses(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The registry, to which a test may add."""
    monkeypatch.setattr(ANALYSES, "_lines", dict(ANALYSES._lines))
    return ANALYSES


def test_a_line_that_cannot_be_loaded_is_left_out_and_every_run_opens(
    analyses: Any, caplog: pytest.LogCaptureFixture
) -> None:
    analyses.add({"nowhere": "nnlab.analysis.nowhere:NOWHERE"})
    engine.preload()
    assert "nowhere" not in analyses and "boundary" in analyses
    assert "The analysis nowhere cannot be loaded" in caplog.text
    bench = Bench()
    bench.do("open", 1, opening())
    assert "nowhere" not in engine.scene(bench.hosted().run)[0]["offers"]
    assert bench.frame()[0]["step"] == 0


def test_an_analysis_of_the_scene_that_fails_is_left_out_and_said_once_and_the_page_is_drawn(
    analyses: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unlucky(learner: Any, options: Any) -> Any:
        raise ArithmeticError("out of luck")

    analyses.add({"constant": "anywhere:CONSTANT"})
    broken = Analysis(unlucky, ("constant",), every_s=ONCE, when=lambda learner: learner.experiment.seed == 13)
    load = analyses.load
    monkeypatch.setattr(analyses, "load", lambda name: broken if name == "constant" else load(name), raising=False)
    bench = Bench()
    bench.do("open", 1, opening(patch(SPEC, {"seed": 13}), playing=True))
    assert bench.frame()[0]["scene"] == 1
    (scene,) = bench.of(Kind.SCENE)
    arrays = wire.unpack(scene)[1]
    assert "constant" not in arrays and {"points", "history", "input_maps"} <= set(arrays)
    (told,) = bench.texts()
    assert (told["code"], told["values"]["name"]) == ("notice.view_failed", "constant")
    assert "out of luck" in told["values"]["reason"] and "ArithmeticError" in capsys.readouterr().err
    bench.until(lambda: bench.hosted().run.step > 20)
    bench.do("refresh", 1, 77)
    assert len(bench.of(Kind.SCENE)) == 2 and len(bench.texts()) == 1
    bench.do("watch", 1, ("boundary", "constant"), {})
    assert "boundary" in bench.frame()[1]


def test_a_scene_that_fails_pauses_its_run_with_a_sentence_and_is_tried_again_with_the_next_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    unlucky = True

    def scene(run: Any) -> Any:
        if unlucky and run.experiment.seed == 13:
            raise ArithmeticError("out of luck")
        return engine.scene(run)

    bench = Bench(stand_in(scene=scene))
    bench.do("open", 1, opening(patch(SPEC, {"seed": 13}), playing=True))
    bench.do("open", 2, opening(playing=True))
    bench.do("want", 1)
    bench.until(lambda: bench.hosted(2).run.step > 20)
    (told,) = bench.texts(1)
    assert told["code"] == "notice.run_failed" and "out of luck" in told["values"]["reason"]
    assert bench.states(1)[-1]["playing"] is False and not bench.texts(2)
    assert bench.frame(2)[0]["step"] > 20
    assert "ArithmeticError" in capsys.readouterr().err
    unlucky = False
    bench.do("play", 1, True)
    bench.until(lambda: bool(bench.of(Kind.FRAME)))
    assert len(bench.of(Kind.SCENE)) == 1
