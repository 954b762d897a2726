"""The test of the methods over many pictures: its areas beside a plain loop with captum, its intervals beside the equation they solve."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients, LayerGradCam, Occlusion, Saliency

from nnlab.analysis.analysis import finished
from nnlab.analysis.pictures import methods
from nnlab.analysis.pictures.deletion import DELETION, NORMAL, better, wilson
from nnlab.analysis.pictures.why import WHY
from nnlab.core.errors import Refused
from nnlab.core.rng import seed_of
from nnlab.train.run import Run, start
from tests.analysis.pictures.test_why import BLOCKS, trained


@pytest.fixture(scope="module")
def run() -> Run:
    return trained(BLOCKS)


def asked(run: Run, **options: Any) -> dict[str, Any]:
    work, shares = DELETION(run, options), []
    while True:
        try:
            shares.append(next(work))
        except StopIteration as end:
            assert shares == sorted(shares) and shares[0] == 0 and shares[-1] < 1
            return dict(end.value)


def by_hand(run: Run, row: int) -> list[float]:
    """The areas of a test picture: captum's maps, then one pixel share after the other; the random ones last."""
    learner: Any = run.learner
    module = learner.module.eval()
    picture = torch.as_tensor(learner.data.parts["test"][0][row : row + 1]).float() / 255
    likely = torch.softmax(module(picture)[0], 0)
    taken = int(likely.argmax())
    base = torch.zeros_like(picture)  # digits8 are drawn on black
    x = picture.clone().requires_grad_()
    cam = LayerGradCam(module, module.conv2).attribute(x, target=taken, relu_attributions=True)
    found = [
        Saliency(module).attribute(x, target=taken)[0, 0],
        torch.nn.functional.interpolate(cam, (8, 8))[0, 0],
        IntegratedGradients(module).attribute(picture, base, target=taken, n_steps=200)[0, 0],
        Occlusion(module).attribute(picture, (1, 2, 2), (1, 1, 1), base, target=taken)[0, 0],
    ]
    generator = torch.Generator().manual_seed(seed_of(run.experiment.seed, "deletion", 2, row))
    orders = [torch.argsort(-m.detach().ravel(), stable=True) for m in found]
    orders += [torch.randperm(64, generator=generator) for _ in range(10)]
    areas = []
    for order in orders:
        curve = []
        for share in range(21):
            removed = picture.clone().ravel()
            removed[order[: round(64 * share / 20)]] = 0
            curve.append(float(torch.softmax(module(removed.view(1, 1, 8, 8))[0], 0)[taken].detach()))
        areas.append(float(np.mean(curve)))
    return [*areas[:4], float(np.mean(areas[4:]))]


def test_the_areas_are_those_of_a_plain_loop_with_captum(run: Run) -> None:
    found = asked(run, count=12)
    assert list(found["deletion_rows"]) == sorted(set(found["deletion_rows"])) and len(found["deletion_rows"]) == 12
    table = np.array([by_hand(run, int(row)) for row in found["deletion_rows"]])
    exact = [0, 1, 3, 4]  # integrated gradients are a sum of fewer steps here
    assert found["deletion_areas"][:, exact] == pytest.approx(table[:, exact], abs=1e-4)
    assert found["deletion_areas"][:, 2] == pytest.approx(table[:, 2], abs=0.03)
    share = (table[:, :4] < table[:, 4:]).mean(0)
    assert found["deletion_better"][:, 0] == pytest.approx(share) and (found["deletion_all"] <= share + 1e-6).all()
    assert ((found["deletion_marked"] > 0) & (found["deletion_marked"] >= found["deletion_better"][:, 0])).all()
    step, split, total, right = found["deletion_at"]
    assert (step, split, total) == (run.step, 1, run.learner.count("test"))
    targets = run.learner.data.parts["test"][1][found["deletion_rows"]]
    answered = run.learner.answers("test", torch.as_tensor(found["deletion_rows"])).numpy()  # type: ignore[attr-defined]
    assert (found["deletion_right"] == (answered == targets)).all() and right == found["deletion_right"].sum()


def test_a_picture_has_the_areas_that_the_view_shows_for_it(run: Run) -> None:
    found = asked(run, count=3)
    for row, areas in zip(found["deletion_rows"], found["deletion_areas"], strict=True):
        one = finished(WHY.asked(run.learner, {"split": "test", "example": int(row)}))  # type: ignore[arg-type]
        assert one["why_area"] == pytest.approx(areas, abs=1e-6)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 16, 16), (1, 28, 28), (3, 20, 32)])
def test_occlusion_in_parts_is_captums(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(int(np.prod(shape)), 5), torch.nn.Tanh())
    picture = torch.rand(1, *shape)
    at = methods.Looked(picture, 2, torch.ones(5), 2, 1.0, 1.0)
    side = max(2, min(shape[1:]) // 7)
    stride = max(1, 3 * side // 4)
    base = torch.ones_like(picture)
    captums = Occlusion(module).attribute(picture, (shape[0], side, side), (shape[0], stride, stride), base, target=2)
    for part in (1, 7, 1_000):
        mine = finished(methods._occluded(module, at, base, part))  # type: ignore[arg-type]
        assert torch.allclose(mine, captums.detach().mean(1)[0], atol=1e-5)  # type: ignore[arg-type]


@pytest.mark.parametrize(("hits", "n"), [(0, 10), (10, 10), (186, 200), (1, 3)])
def test_the_interval_of_wilson_holds_all_shares_that_would_not_be_surprised(hits: int, n: int) -> None:
    share, z2 = hits / n, NORMAL**2  # (share - p)² = z² p (1 - p) / n, which is quadratic in p
    ends = np.sort(np.roots([1 + z2 / n, -2 * share - z2 / n, share * share]).real)
    assert wilson(hits, n) == pytest.approx(ends, abs=1e-9)


def test_a_map_that_marks_nothing_is_no_better_and_a_method_that_cannot_be_applied_has_no_share() -> None:
    areas = np.array([[0.1, 0.1, 0.1, 0.9, 0.5], [0.1, 0.1, 0.1, 0.1, 0.5]])
    has = np.array([[True, True, False, True], [True, False, False, True]])
    found = better(areas, has)
    assert found[:, 0] == pytest.approx([1, 0.5, np.nan, 0.5], nan_ok=True) and np.isnan(found[2]).all()
    linear = asked(trained([]), count=4)
    assert np.isnan(linear["deletion_better"][1]).all() and np.isnan(linear["deletion_all"][1])
    assert np.isfinite(linear["deletion_better"][[0, 2, 3]]).all()


def test_the_network_trains_on_between_two_slices_and_the_test_is_of_its_own_step(run: Run) -> None:
    before, work = asked(run, count=2), DELETION(run, {"count": 2})
    kept = run.learner.flat.clone()
    next(work)
    with torch.no_grad():
        run.learner.flat.mul_(0.1)
    after = finished(work)
    with torch.no_grad():
        run.learner.flat.copy_(kept)
    assert (after["deletion_areas"] == before["deletion_areas"]).all()


@pytest.mark.parametrize(("options", "words"), [({"count": 0}, "from 1 to 200"), ({"count": "all"}, "whole number")])
def test_what_cannot_be_tested_is_told_in_a_sentence(run: Run, options: dict[str, Any], words: str) -> None:
    with pytest.raises(Refused, match=words):
        asked(run, **options)
    one = start(run.experiment)
    with torch.no_grad():
        one.learner.flat.fill_(float("nan"))
    with pytest.raises(Refused, match="no longer numbers"):
        asked(one)
