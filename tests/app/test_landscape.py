"""The page on the loss landscape without workers: the playground's own run, its presets, and what they promise."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from streamlit.util import calc_hash

from nnlab.analysis.weights.hessian import hessian
from nnlab.analysis.weights.landscape import landscape
from nnlab.train import run
from nnlab.ui.topics.landscape import PRESETS
from tests.app.pages import shown
from tests.studies import finished


def words(app: Any) -> str:
    return " ".join(m.value for m in app.markdown)


def test_the_page_shows_the_run_of_the_playground(fake: Any) -> None:
    app = shown("playground")
    run_before = app.session_state["session:playground"].token
    app._page_hash = calc_hash("landscape")
    app.run()
    assert not app.exception and not app.error
    assert list(fake.runs) == [run_before]
    assert "The loss around the weights of your playground network" in words(app)


@pytest.mark.parametrize("name", list(PRESETS))
def test_a_preset_starts_and_says_what_to_watch(fake: Any, name: str) -> None:
    app = shown("landscape")
    app.get_by_key("playground:preset:deep").set_value(name).run()
    assert not app.exception and not app.error
    session = app.session_state["session:playground"]
    assert session.experiment == PRESETS[name].experiment
    assert ("play", True) in fake.runs[session.token].commands
    assert PRESETS[name].watch in words(app)


# ---- what the presets say ---------------------------------------------------------------------------------------------
def hollows(one: run.Run) -> int:
    """Places of a random plane that lie lower than all eight neighbours."""
    z = finished(landscape(one, {"plane": "random", "resolution": 31}))[0]["landscape"]
    inner = z[1:-1, 1:-1]
    around = [z[1 + i : 30 + i, 1 + j : 30 + j] for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j]
    return int(np.all([inner < other for other in around], axis=0).sum())


def trained(name: str, steps: int) -> run.Run:
    one = run.start(PRESETS[name].experiment)
    run.advance(one, steps=steps)
    return one


@pytest.mark.parametrize("steps", [500, 2000])
def test_without_skips_there_are_several_hollows_and_with_them_fewer(steps: int) -> None:
    without, with_skips = (hollows(trained(name, steps)) for name in ("deep", "skips"))
    assert without >= 5
    assert with_skips <= without / 3


def test_full_batches_end_several_times_more_sharply_at_as_good_a_loss() -> None:
    small, full = trained("small", 8_000), trained("full", 2_000)
    losses = [one.learner.evaluate("train")["loss"] for one in (small, full)]
    limits = [float(finished(hessian(one, {"count": 1}))[0]["limit"][0]) for one in (small, full)]
    assert losses[1] == pytest.approx(losses[0], rel=0.25)
    assert limits[0] > 4 * limits[1]
    assert limits[0] > 20 * 0.2, "far above the learning rate"


def test_at_the_edge_the_limit_sinks_to_the_learning_rate_and_the_loss_sinks_all_the_same() -> None:
    one = run.start(PRESETS["edge"].experiment)
    limits, losses = [], []
    for _ in range(25):
        run.advance(one, steps=40)
        limits.append(float(finished(hessian(one, {"count": 1}))[0]["limit"][0]))
        losses.append(one.learner.evaluate("train")["loss"])
    assert limits[0] > 1.5 * 0.5
    assert min(limits) < 1.1 * 0.5
    assert not one.stopped
    assert losses[-1] < 0.8 * losses[2]
    assert any(after > before for before, after in itertools.pairwise(losses)), "bursts"
