"""The doors into training and analysis: what is broken behind one of them costs nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from nnlab.analysis.analysis import ONCE, Analysis
from nnlab.core.experiment import patch
from nnlab.core.registries import ANALYSES
from nnlab.live.worker import engine
from tests.live.worker.bench import SPEC, Bench, opening


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


def test_a_scene_that_fails_pauses_its_run_with_a_sentence_and_the_others_go_on(
    analyses: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def constant(learner: Any, options: Any) -> Any:
        raise ArithmeticError("out of luck")

    analyses.add({"constant": "anywhere:CONSTANT"})
    broken = Analysis(constant, ("constant",), every_s=ONCE, when=lambda learner: learner.experiment.seed == 13)
    load = analyses.load
    monkeypatch.setattr(analyses, "load", lambda name: broken if name == "constant" else load(name), raising=False)
    bench = Bench()
    bench.do("open", 1, opening(patch(SPEC, {"seed": 13}), playing=True))
    bench.do("open", 2, opening(playing=True))
    bench.do("want", 1)
    bench.until(lambda: bench.hosted(2).run.step > 20)
    (told,) = bench.texts(1)
    assert told["code"] == "notice.run_failed" and "out of luck" in told["values"]["reason"]
    assert bench.states(1)[-1]["playing"] is False and not bench.texts(2)
    assert bench.frame(2)[0]["step"] > 20
    assert "ArithmeticError" in capsys.readouterr().err
