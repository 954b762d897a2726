"""Every registered family has a landscape, a line and a curvature; one that is a torch module gets them from its module."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch
from scipy.sparse.linalg import LinearOperator, eigsh
from torch import Tensor, nn
from torch.nn import functional as F

from nnlab.analysis.analysis import studies
from nnlab.analysis.weights.landscape import blocks_in
from nnlab.analysis.weights.planes import random_plane
from nnlab.core.errors import Refused
from nnlab.core.registries import STUDIES
from nnlab.families.functional import views
from nnlab.train.run import Run, advance, start
from tests.contracts.conftest import EVERY, spec_of
from tests.studies import finished

# A study and its options, as the tests below ask for it.
Study = tuple[str, dict[str, Any]]
PATH, RANDOM = (("landscape", {"plane": plane, "resolution": 15}) for plane in ("path", "random"))
LINE, CURVATURE = ("line", {"from": 0}), ("hessian", {"count": 10})
MATRIX = 300  # parameters whose whole Hessian takes a second or so


def run_of(name: str) -> Run:
    """A young run of any family or kind of one."""
    run = start(spec_of(name))
    advance(run, steps=60)
    return run


@pytest.fixture(params=EVERY, scope="module")
def run(request: pytest.FixtureRequest, synthetic: None) -> Run:
    return run_of(request.param)


class Studied:
    """The studies of one run, each done once: what it found, how far it told to be, whether it left the run as it was."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.done: dict[str, tuple[dict[str, Any], list[float], bool]] = {}

    def __call__(self, study: Study, **more: Any) -> tuple[dict[str, Any], list[float], bool]:
        name, options = study[0], study[1] | more
        if (key := f"{name} {options}") not in self.done:
            before = self.run.learner.flat.clone()
            found, told = finished(STUDIES.load(name)(self.run, options))
            self.done[key] = found, told, torch.equal(self.run.learner.flat, before)
        return self.done[key]


@pytest.fixture(scope="module")
def studied(run: Run) -> Studied:
    return Studied(run)


def here(run: Run, group: int | None = None) -> float:
    """The training loss at the present weights, of one group such as a racer or of all."""
    own = run.learner.flat[run.learner.place(group)]
    return float(run.learner.losses_at(own.unsqueeze(0), "train", group=group))


@pytest.mark.parametrize("study", [PATH, RANDOM], ids=["path", "random"])
def test_a_landscape_shows_the_loss_at_the_present_weights_and_along_the_path(
    run: Run, studied: Studied, study: Study
) -> None:
    found, told, _ = studied(study)
    assert found["here"][0] == pytest.approx(here(run), rel=1e-5)
    assert found["path_loss"][-1] == pytest.approx([here(run)] * 2, rel=1e-5)
    assert np.ptp(found["landscape"]) > 0  # it is no plain
    assert min(told) >= 0 and max(told) <= 1


def penalty(run: Run, weights: Tensor, part: slice) -> Tensor:
    """L2 of a group's weights; without a mask there are no biases."""
    mask = getattr(run.learner, "mask", torch.ones_like(run.learner.flat))[part].double()
    return run.experiment.training.l2 / 2 * (mask * weights * weights).sum()


def test_the_objective_is_that_loss_with_its_penalty_and_its_gradient_the_learners_own(run: Run) -> None:
    whole = run.learner.gradient().double().cpu()
    for i, group in enumerate(run.learner.groups):
        w = run.learner.flat[group.part].double().cpu().requires_grad_()
        value = run.learner.objective(group=i)(w)
        told = here(run, i) + float(penalty(run, w.detach(), group.part))
        assert float(value.detach()) == pytest.approx(told, rel=1e-5)
        (gradient,) = torch.autograd.grad(value, w)
        lasso = run.experiment.training.l1 * getattr(run.learner, "mask", 0 * whole)[group.part] * w.detach().sign()
        close = 1e-5 * max(1.0, float(whole.abs().max()))
        torch.testing.assert_close(gradient + lasso, whole[group.part], rtol=1e-4, atol=close)


def largest_eigenvalues(objective: Any, w: Tensor) -> np.ndarray:
    """The largest, descending: ten of the whole Hessian, or where that takes long three by ARPACK."""
    if len(w) <= MATRIX:
        return np.linalg.eigvalsh(torch.autograd.functional.hessian(objective, w).numpy())[::-1][:10]
    (gradient,) = torch.autograd.grad(objective(w.requires_grad_()), w, create_graph=True)

    def product(v: np.ndarray) -> np.ndarray:
        return torch.autograd.grad(gradient, w, torch.tensor(v.ravel()), retain_graph=True)[0].numpy()

    if not product(np.ones(len(w))).any():  # blocks that are kept still: ARPACK knows no matrix of zeros
        return np.zeros(3)
    found = eigsh(
        LinearOperator((len(w), len(w)), product, dtype=np.float64), 3, which="LA", tol=1e-6, return_eigenvectors=False
    )
    return np.sort(found)[::-1]


def test_eigenvalues_limit_and_rate_are_those_of_each_group(run: Run, studied: Studied) -> None:
    for i, group in enumerate(run.learner.groups):
        found, *_ = studied(CURVATURE, member=i)
        wanted = largest_eigenvalues(run.learner.objective(group=i), run.learner.flat[group.part].double().cpu())
        assert np.allclose(found["eigenvalues"][: len(wanted)], wanted, rtol=1e-4, atol=1e-5)
        assert found["limit"][0] == pytest.approx(2 / wanted[0] if wanted[0] > 0 else np.inf, rel=1e-4)
        assert found["lr"][0] == pytest.approx(run.learner.group_lr(i, run.lr))


def test_without_a_group_all_that_moves_is_measured_together(synthetic: None) -> None:
    run = run_of("two_descents")
    learner: Any = run.learner
    whole = slice(0, learner.flat.numel())
    found, _ = finished(STUDIES.load("hessian")(run, {"count": 3}))
    wanted = largest_eigenvalues(learner.objective(), learner.flat.double())
    alone = [
        largest_eigenvalues(learner.objective(group=i), learner.flat[g.part].double())[0]
        for i, g in enumerate(learner.groups)
    ]
    assert np.allclose(found["eigenvalues"], wanted[:3], rtol=1e-4)
    assert wanted[0] > 1.01 * max(alone)  # it is no block of the matrix
    assert found["lr"][0] == pytest.approx(max(learner.group_lr(i, run.lr) for i in (0, 1)))
    landscape, _ = finished(STUDIES.load("landscape")(run, {"plane": "random", "resolution": 15}))
    assert landscape["origin"].shape == (whole.stop,) and landscape["filters"] == 1
    line, _ = finished(STUDIES.load("line")(run, {"from": run.step, "weights": learner.flat.numpy() * 2}))
    half = learner.losses_at(1.5 * learner.flat.unsqueeze(0), "train")
    assert line["train"][np.argmin(abs(line["alpha"] - 0.5))] == pytest.approx(float(half), rel=1e-4)
    frozen = run_of("thawed").learner  # what rests is no direction
    assert frozen.place(None) == frozen.groups[0].part != whole


def test_a_groups_directions_are_as_long_as_its_own_filters(synthetic: None) -> None:
    learner = run_of("two_descents").learner
    for member, layers in ((0, learner.blocks[:1]), (1, learner.blocks[1:]), (None, learner.blocks)):
        at = learner.place(member).start
        own = blocks_in(learner, member)
        assert [(b.name, b.start + at) for b in own] == [(b.name, b.start) for b in layers]
        origin = learner.flat[learner.place(member)].double().numpy()
        plane = random_plane(origin, own, seed=3)
        assert plane.filters
        for block in layers:
            rows = learner.flat[block.start :][: block.fan_out * block.fan_in].view(block.fan_out, -1).double().numpy()
            drawn = plane.first[block.start - at :][: rows.size].reshape(rows.shape)
            np.testing.assert_allclose(np.linalg.norm(drawn, axis=1), np.linalg.norm(rows, axis=1), rtol=1e-6)


def test_a_line_goes_from_a_step_of_the_past_to_the_present(run: Run, studied: Studied) -> None:
    found, *_ = studied(LINE)
    assert found["ends"].tolist() == [0, run.step]
    at = np.argmin(abs(found["alpha"] - 1))
    assert found["train"][at] == pytest.approx(here(run), rel=1e-4)


def test_a_study_leaves_the_run_as_it_was(studied: Studied) -> None:
    for study in (PATH, RANDOM, LINE, CURVATURE):
        *_, untouched = studied(study)
        assert untouched, study


def test_a_race_has_a_landscape_for_every_racer_and_lines_between_them() -> None:
    race = run_of("race")
    place = race.learner.flat[4:6].numpy()
    found, _ = finished(STUDIES.load("landscape")(race, {"plane": "random", "member": 2, "resolution": 15}))
    begun = found["path"][0] * max(1.0, np.linalg.norm(place)) + place  # two parameters are their own plane
    assert begun == pytest.approx(race.learner.facts()["surface"]["start"], abs=1e-5)
    line, _ = finished(STUDIES.load("line")(race, {"from": race.step, "member": 0, "to_member": 1}))
    ends = [here(race, i) for i in (0, 1)]
    at = [int(np.argmin(abs(line["alpha"] - a))) for a in (0, 1)]
    assert line["train"][at] == pytest.approx(ends, rel=1e-4)
    assert np.isnan(line["test"]).all()


def test_a_line_has_two_ends_of_one_size() -> None:
    with pytest.raises(Refused, match="got 6 and 2"):
        finished(STUDIES.load("line")(run_of("race"), {"to_member": 0}))


# ---- a family that is a torch module -----------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def pictures(synthetic: None) -> Run:
    """A young convolution with running statistics."""
    return run_of("conv")


@pytest.mark.parametrize("plane", ["path", "random"])
def test_a_module_has_a_landscape_without_writing_one(pictures: Run, plane: str) -> None:
    found, _ = finished(STUDIES.load("landscape")(pictures, {"plane": plane, "resolution": 15}))
    origin, project = found["origin"], found["project"]
    place = np.array([found["axes"][0, 4], found["axes"][1, 9]])
    weights = origin + np.linalg.pinv(project) @ place
    learner: Any = pictures.learner
    kept = learner.flat.clone()
    learner.flat.copy_(torch.tensor(weights))
    alone = learner.evaluate("train")["loss"]
    learner.flat.copy_(kept)
    assert found["landscape"][9, 4] == pytest.approx(alone, rel=1e-4)


def test_a_module_has_a_curvature_without_writing_one(pictures: Run) -> None:
    learner: Any = pictures.learner
    model = copy.deepcopy(learner.module).double().eval()
    rows = ~pictures.data.is_test
    inputs = torch.tensor(pictures.data.inputs[rows]).double() / 255
    targets = torch.tensor(pictures.data.targets[rows]).long()

    def loss(flat: Tensor) -> Tensor:
        at, parts = 0, {}
        for name, p in model.named_parameters():
            parts[name] = flat[at : at + p.numel()].view(p.shape)
            at += p.numel()
        return F.cross_entropy(torch.func.functional_call(model, parts, (inputs,)), targets)

    matrix = torch.autograd.functional.hessian(loss, learner.flat.double())
    wanted = np.sort(np.linalg.eigvalsh(matrix.numpy()))[::-1][:5]
    found, _ = finished(STUDIES.load("hessian")(pictures, {"count": 5}))
    assert np.allclose(found["eigenvalues"][: len(wanted)], wanted, rtol=1e-5, atol=1e-7)


def test_parameters_that_lie_elsewhere_are_found_out(synthetic: None) -> None:
    learner: Any = run_of("conv").learner
    learner.module[5].bias = nn.Parameter(torch.zeros(3))
    with pytest.raises(ValueError, match=r"5\.bias is not"):
        views(learner.module, learner.flat)


def test_a_study_is_offered_only_where_the_model_has_what_it_reads(
    pictures: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {"landscape", "line", "hessian", "keep", "twin"} == set(studies(pictures.learner))
    monkeypatch.setattr(pictures.learner, "evaluate", lambda split, rows: {"balance": 1.0})
    assert set(studies(pictures.learner)) == {"hessian", "keep", "twin"}
    for name in ("landscape", "line"):
        with pytest.raises(Refused, match="cannot show this"):
            STUDIES.load(name)(pictures, {})
    assert not STUDIES.load("hessian").offered(object())
