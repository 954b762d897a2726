"""The maps of captum against the same by hand, and the deletion curves against removing pixels one share after the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import Occlusion

from nnlab.analysis.analysis import finished
from nnlab.analysis.pictures.methods import _border
from nnlab.analysis.pictures.why import METHODS, WHY
from nnlab.core.experiment import experiment
from nnlab.train.run import Run, advance, start

BLOCKS = [
    {"kind": "conv", "channels": 6},
    {"kind": "pool"},
    {"kind": "conv", "channels": 8},
    {"kind": "dense", "units": 16},
]


def trained(blocks: list[dict[str, Any]]) -> Run:
    value = {
        "data": {"kind": "digits8", "samples": 600},
        "model": {"family": "cnn", "blocks": blocks},
        "training": {"optimizer": {"kind": "adam"}, "learning_rate": 0.01, "batch_size": 20},
    }
    run = start(experiment(value))
    advance(run, epochs=4)
    return run


@pytest.fixture(scope="module")
def run() -> Run:
    return trained(BLOCKS)


def asked(run: Run, **options: Any) -> dict[str, Any]:
    return dict(finished(WHY.asked(run.learner, options)))  # type: ignore[arg-type]


def test_saliency_and_grad_cam_are_those_by_hand(run: Run) -> None:
    found = asked(run, example=3)
    picture, _ = run.learner.batch("test", slice(3, 4))
    module = run.learner.module.eval()
    taken = int(found["why_facts"][0])
    x = picture.detach().clone().requires_grad_()
    stages = module.walk(x)
    by_picture, by_maps = torch.autograd.grad(stages[-1][0, taken], [x, stages[3]])
    assert found["why_maps"][0] == pytest.approx(by_picture[0].abs().amax(0).numpy(), rel=1e-4, abs=1e-6)
    weights = by_maps[0].mean((1, 2))  # Selvaraju et al. 2017, equation 1
    cam = torch.relu((weights[:, None, None] * stages[3][0]).sum(0)).detach().numpy()
    assert found["why_maps"][1] == pytest.approx(np.kron(cam, np.ones((2, 2))), rel=1e-4, abs=1e-5)


def test_integrated_gradients_are_a_sum_along_the_way_and_add_up(run: Run) -> None:
    found = asked(run, example=5)
    picture, _ = run.learner.batch("test", slice(5, 6))
    module, taken = run.learner.module.eval(), int(found["why_facts"][0])
    total = torch.zeros_like(picture)
    steps = 400
    for k in range(steps):  # the midpoint rule
        x = (picture * (k + 0.5) / steps).detach().requires_grad_()
        total += torch.autograd.grad(module(x)[0, taken], x)[0] / steps
    by_hand = (total * picture).sum(1)[0].numpy()
    assert found["why_maps"][2] == pytest.approx(by_hand, abs=0.05 * float(np.abs(by_hand).max()))
    with torch.no_grad():
        difference = float((module(picture) - module(torch.zeros_like(picture)))[0, taken])
    assert found["why_facts"][3] == pytest.approx(difference, abs=1e-4)
    assert found["why_facts"][2] == pytest.approx(difference, rel=0.05)


def test_occlusion_is_what_the_answer_loses_where_the_picture_is_covered(run: Run) -> None:
    found = asked(run, example=2)
    picture, _ = run.learner.batch("test", slice(2, 3))
    module, taken = run.learner.module.eval(), int(found["why_facts"][0])
    lost, times = np.zeros((8, 8)), np.zeros((8, 8))
    with torch.no_grad():
        whole = float(module(picture)[0, taken])
        for row in range(0, 7):  # squares of two pixels, one pixel apart
            for column in range(0, 7):
                covered = picture.clone()
                covered[..., row : row + 2, column : column + 2] = 0
                lost[row : row + 2, column : column + 2] += whole - float(module(covered)[0, taken])
                times[row : row + 2, column : column + 2] += 1
    assert found["why_maps"][3] == pytest.approx(lost / times, abs=1e-4)


@pytest.mark.parametrize(("kind", "side", "stride"), [("digits8", 2, 1), ("shapes", 4, 3)])
def test_occlusion_a_few_places_at_a_time_is_that_of_captum(kind: str, side: int, stride: int) -> None:
    blocks = [{"kind": "conv", "channels": 3, "stride": 2}]
    found = start(
        experiment({"data": {"kind": kind, "samples": 100}, "model": {"family": "cnn", "blocks": blocks}})
    )  # in colour, and squares that reach beyond the border
    advance(found, steps=3)
    found.learner.part = 5
    told = asked(found, example=1)
    picture, _ = found.learner.batch("test", slice(1, 2))
    channels, taken = picture.shape[1], int(told["why_facts"][0])
    base = torch.full_like(picture, float(_border(picture).mean() > 0.5))
    with torch.no_grad():
        wanted = Occlusion(found.learner.module.eval()).attribute(
            picture, (channels, side, side), (channels, stride, stride), base, target=taken
        )
    assert told["why_maps"][3] == pytest.approx(wanted.mean(1)[0].numpy(), abs=1e-5)


def test_a_network_that_learns_on_meanwhile_is_explained_as_it_was(run: Run) -> None:
    before = asked(run, example=4)
    work: Any = WHY.asked(run.learner, {"example": 4})
    next(work)
    kept = run.learner.state()
    advance(run, steps=5)
    after = dict(finished(work))
    run.learner.restore(kept)
    for name in ("why_maps", "why_curves", "why_random"):
        assert after[name] == pytest.approx(before[name], abs=1e-6)


def test_a_curve_is_the_probability_with_the_first_pixels_removed(run: Run) -> None:
    found = asked(run, example=7)
    picture, _ = run.learner.batch("test", slice(7, 8))
    module, taken = run.learner.module.eval(), int(found["why_facts"][0])
    for i, name in enumerate(METHODS):
        order = np.argsort(-found["why_maps"][i].ravel(), kind="stable")
        for k in (0, 2, 11, 20):
            removed = picture.clone().view(1, 1, -1)
            removed[0, 0, torch.as_tensor(order[: round(64 * k / 20)].copy())] = 0
            with torch.no_grad():
                p = float(torch.softmax(module(removed.view(1, 1, 8, 8))[0], 0)[taken])
            assert found["why_curves"][i, k] == pytest.approx(p, abs=1e-5), (name, k)
    assert found["why_area"][4] == pytest.approx(found["why_random"].mean(), abs=1e-6)
    assert found["why_random"][:, 0] == pytest.approx(found["why_facts"][1], abs=1e-5)


def test_over_many_pictures_the_marked_pixels_matter_more_than_random_ones(run: Run) -> None:
    areas = np.array([asked(run, example=i)["why_area"] for i in range(40)])
    better = (areas[:, :4] < areas[:, 4:]).mean(0)
    assert better[2] >= 0.9 and better[3] >= 0.9  # integrated gradients, occlusion


def test_with_random_upper_layers_the_network_itself_stays(run: Run) -> None:
    before = run.learner.flat.clone()
    found = asked(run, example=3, randomise=True)
    assert torch.equal(run.learner.flat, before)
    plain = asked(run, example=3)
    assert (plain["why_agree"] == 2).all() and (np.abs(found["why_agree"]) <= 1).all()
    assert not np.allclose(found["why_maps"][2], plain["why_maps"][2])
    assert abs(found["why_agree"][2]) < 0.9


def test_a_network_without_maps_has_no_grad_cam_and_the_rest() -> None:
    found = asked(trained([]), example=1)
    assert (found["why_maps"][1] == 0).all() and (found["why_maps"][2] != 0).any()
