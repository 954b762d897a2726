"""A picture made to excite a channel: it does so more than grey and than any example, and a second network is asked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from nnlab.analysis.analysis import finished as analysed
from nnlab.analysis.pictures.favourites import FAVOURITES
from nnlab.analysis.pictures.made import MADE
from nnlab.core.experiment import experiment, patch
from nnlab.core.registries import STUDIES
from nnlab.train.run import Run, advance, start
from tests.analysis.pictures.trained import stage_by_stage, trained
from tests.studies import finished


@pytest.fixture(scope="module")
def run() -> Run:
    return trained(steps=60)


def says(run: Run, picture: Any) -> Any:
    """Its probabilities of the classes for a picture of bytes."""
    with torch.no_grad():
        logits = run.learner.module.eval()(torch.tensor(picture)[None].float() / 255)  # type: ignore[attr-defined]
        return torch.softmax(logits[0], 0).numpy()


@pytest.mark.parametrize(("stage", "channel"), [(1, 1), (3, 2), (6, 4), (7, 0), (7, 5)])
def test_it_excites_the_channel_more_than_grey_and_any_example(run: Run, stage: int, channel: int) -> None:
    found, told = finished(MADE(run, {"stage": stage, "channel": channel}))
    picture = torch.tensor(found["made_picture"])[None].float() / 255
    with torch.no_grad():
        value = float(stage_by_stage(run, picture)[stage][0, channel].max())
    before, after = found["made_values"]
    assert after == pytest.approx(value, abs=1e-4)
    assert after >= before
    if stage == 3:  # without an activation that ends at 1 or 0; of a class, what grows is how far it leads
        liked = dict(analysed(FAVOURITES.asked(run.learner, {"stage": stage, "channel": channel})))  # type: ignore[arg-type]
        assert after > liked["liked_values"][0]
    assert told == sorted(told) and told[0] == 0 and told[-1] <= 1


def test_both_networks_are_asked_and_the_second_one_is_a_run_from_another_start() -> None:
    run = trained({"kind": "conv", "channels": 6}, {"kind": "pool"}, {"kind": "conv", "channels": 8}, steps=90)
    found, _ = finished(MADE(run, {"stage": 4, "channel": 3}))
    other = start(patch(run.experiment, {"seed": run.experiment.seed + 1}))
    advance(other, steps=90)
    assert found["made_updates"].tolist() == [90, 90]
    for k, one in enumerate((run, other)):
        assert found["made_likely"][k] == pytest.approx(says(one, found["made_picture"]), abs=2e-3)
        right = one.learner.answers("test", slice(None)) == one.learner.examples("test")[1]  # type: ignore[attr-defined]
        assert found["made_right"][k] == pytest.approx(float(right.float().mean()), abs=0.02)
    assert found["made_likely"][0][3] > 0.9
    assert np.abs(found["made_likely"][0] - found["made_likely"][1]).max() > 0.005, "it is another network"


@pytest.mark.parametrize("stage", [2, 3])
def test_a_channel_that_grey_does_not_reach_is_reached(stage: int) -> None:
    run = trained({"kind": "conv", "channels": 3}, {"kind": "pool"}, {"kind": "batch_norm"}, steps=20)
    with torch.no_grad():
        conv = dict(run.learner.module.chain())["conv1"]  # type: ignore[attr-defined]
        conv.bias[1] = -0.3 - 0.5 * conv.weight[1].sum()  # at grey it is below 0, where ReLU has no slope
    found, _ = finished(MADE(run, {"stage": stage, "channel": 1}))
    before, after = found["made_values"]
    assert after > before + 0.05


def test_it_leaves_the_run_alone_and_gives_the_same_twice(run: Run) -> None:
    before = run.learner.state()
    first, _ = finished(MADE(run, {"stage": 3}))
    after = run.learner.state()
    assert all(np.array_equal(before[name], after[name]) for name in before)
    again, _ = finished(MADE(run, {"stage": 3}))
    assert (first["made_picture"] == again["made_picture"]).all()


def test_where_this_network_has_learned_nothing_the_second_has_not_either() -> None:
    found, _ = finished(MADE(trained(steps=0), {}))
    assert found["made_updates"].tolist() == [0, 0]
    assert found["made_likely"].sum(1) == pytest.approx([1, 1], abs=1e-5)


def test_it_is_offered_to_networks_of_pictures_alone(run: Run) -> None:
    plane = start(experiment({"data": {"kind": "circle"}, "model": {"family": "mlp"}}))
    assert STUDIES.load("made").offered(run.learner) and not STUDIES.load("made").offered(plane.learner)
