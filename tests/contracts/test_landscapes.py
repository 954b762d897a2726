"""Every registered family has a landscape, a line and a curvature; one that is a torch module gets them from its module."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nnlab.core.experiment import Experiment, experiment
from nnlab.core.registries import FAMILIES, LEARNERS, STUDIES
from nnlab.families.functional import views
from nnlab.families.learner import Block, Learner, Phase, Split
from nnlab.train.run import Run, advance, start
from tests.studies import finished

SURROUNDINGS = ("landscape", "line", "hessian")


LINE = {"kind": "line", "samples": 40}
OTHERS: dict[str, dict[str, Any]] = {
    "perceptron": {
        "data": {"kind": "gaussians", "samples": 60, "noise": 30},
        "model": {"family": "neuron", "unit": "perceptron"},
        "training": {"batch_size": 1, "learning_rate": 0.02},
    },
    "linear unit": {
        "data": LINE,
        "model": {"family": "neuron", "unit": "linear"},
        "training": {"loss": "mse", "batch_size": 10, "learning_rate": 0.02},
    },
    "three batch sizes": {
        "data": LINE,
        "model": {"family": "neuron", "unit": "linear", "race": True},
        "training": {"loss": "mse", "batch_size": 1, "learning_rate": 0.01},
    },
}


def run_of(name: str) -> Run:
    """A young run of any family, on the first kind of data that it takes, or one of `OTHERS`."""
    spec = OTHERS.get(name)
    if spec is None:
        surface = "descent" in FAMILIES.load(name).tasks
        data = {"kind": "surface"} if surface else {"kind": "circle", "samples": 100}
        spec = {"data": data, "model": {"family": name}, "training": {"batch_size": 10}}
    run = start(experiment(spec))
    advance(run, steps=60)
    return run


@pytest.fixture(params=[*FAMILIES, *OTHERS], scope="module")
def run(request: pytest.FixtureRequest) -> Run:
    return run_of(request.param)


@pytest.mark.parametrize("plane", ["path", "random"])
def test_a_landscape_shows_the_loss_at_the_present_weights_and_along_the_path(run: Run, plane: str) -> None:
    found, told = finished(STUDIES.load("landscape")(run, {"plane": plane, "resolution": 15}))
    here = run.learner.losses_at(run.learner.flat[run.learner.members[0]].unsqueeze(0), "train")
    assert found["here"][0] == pytest.approx(float(here), rel=1e-5)
    assert found["path_loss"][-1] == pytest.approx([float(here)] * 2, rel=1e-5)
    assert np.ptp(found["landscape"]) > 0  # it is no plain
    assert min(told) >= 0 and max(told) <= 1


def test_the_loss_at_the_present_weights_is_the_one_that_the_learner_tells(run: Run) -> None:
    members = [run.learner.losses_at(run.learner.flat[m].unsqueeze(0), "train") for m in run.learner.members]
    assert min(float(m) for m in members) == pytest.approx(run.learner.evaluate("train")["loss"], rel=1e-5)


def test_members_lie_one_after_the_other_and_are_all_of_flat(run: Run) -> None:
    places = [i for m in run.learner.members for i in range(m.start, m.stop)]
    assert places == list(range(run.learner.flat.numel()))


def test_the_objective_is_that_loss_and_its_gradient_the_learners_own(run: Run) -> None:
    whole = run.learner.gradient().double().cpu()
    for member in run.learner.members:
        w = run.learner.flat[member].double().cpu().requires_grad_()
        value = run.learner.objective()(w)
        told = run.learner.losses_at(w.detach().to(run.learner.flat.dtype).unsqueeze(0), "train")
        assert float(value.detach()) == pytest.approx(float(told), rel=1e-5)
        (gradient,) = torch.autograd.grad(value, w)
        assert torch.allclose(gradient, whole[member], atol=1e-5 * max(1.0, float(whole.abs().max())))


def test_eigenvalues_limit_and_rate_are_those_of_each_member(run: Run) -> None:
    for i, member in enumerate(run.learner.members):
        found, _ = finished(STUDIES.load("hessian")(run, {"count": 10, "member": i}))
        w = run.learner.flat[member].double().cpu()
        matrix = torch.autograd.functional.hessian(run.learner.objective(), w).numpy()
        wanted = np.sort(np.linalg.eigvalsh(matrix))[::-1][:10]
        assert np.allclose(found["eigenvalues"], wanted, rtol=1e-5, atol=1e-6)
        assert found["limit"][0] == pytest.approx(2 / wanted[0] if wanted[0] > 0 else np.inf, rel=1e-4)
        assert found["lr"][0] == pytest.approx(run.learner.member_lr(i, run.lr))


def test_a_line_goes_from_a_step_of_the_past_to_the_present(run: Run) -> None:
    found, _ = finished(STUDIES.load("line")(run, {"from": 0}))
    assert found["ends"].tolist() == [0, run.step]
    at = np.argmin(abs(found["alpha"] - 1))
    here = run.learner.losses_at(run.learner.flat[run.learner.members[0]].unsqueeze(0), "train")
    assert found["train"][at] == pytest.approx(float(here), rel=1e-4)


@pytest.mark.parametrize("study", SURROUNDINGS)
def test_a_study_leaves_the_run_as_it_was(run: Run, study: str) -> None:
    before = run.learner.flat.clone()
    finished(STUDIES.load(study)(run, {}))
    assert torch.equal(run.learner.flat, before)


def test_a_race_has_a_landscape_for_every_racer_and_lines_between_them() -> None:
    race = run_of("race")
    place = race.learner.flat[4:6].numpy()
    found, _ = finished(STUDIES.load("landscape")(race, {"plane": "random", "member": 2, "resolution": 15}))
    begun = found["path"][0] * max(1.0, np.linalg.norm(place)) + place  # two parameters are their own plane
    assert begun == pytest.approx(race.learner.facts()["surface"]["start"], abs=1e-5)
    line, _ = finished(STUDIES.load("line")(race, {"from": race.step, "member": 0, "to_member": 1}))
    ends = [float(race.learner.losses_at(race.learner.flat[m].unsqueeze(0), "train")) for m in race.learner.members[:2]]
    at = [int(np.argmin(abs(line["alpha"] - a))) for a in (0, 1)]
    assert line["train"][at] == pytest.approx(ends, rel=1e-4)
    assert np.isnan(line["test"]).all()


# ---- a family that is a torch module -----------------------------------------------------------------------------------
class Pictures(Learner):
    """A convolution, a norm with running statistics and a linear layer; nothing about landscapes but what every module has."""

    def __init__(self, spec: Experiment) -> None:
        torch.manual_seed(0)
        self.device, self.experiment, self.dataset = torch.device("cpu"), spec, spec.data.load()
        self.module = nn.Sequential(
            nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Tanh(), nn.Flatten(), nn.Linear(8, 3)
        ).eval()
        self.module[1].running_var.fill_(0.7)
        parameters = list(self.module.parameters())
        self.flat = torch.cat([p.detach().flatten() for p in parameters])
        at = 0
        for p in parameters:
            p.data = self.flat[at : at + p.numel()].view(p.shape)
            at += p.numel()
        self.grad, self.mask = torch.zeros_like(self.flat), torch.ones_like(self.flat)
        self.blocks = (Block("conv", 9, 2, 0, 9, 18, 1, "tanh"), Block("out", 8, 3, 24, 8, 48, 1, "softmax"))
        self.offers = frozenset({"weights"})
        self._pictures, self._classes = torch.randn(40, 1, 4, 4), torch.randint(0, 3, (40,))

    def examples(self, split: Split) -> tuple[Tensor, Tensor]:
        return self._pictures, self._classes

    def criterion(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return F.cross_entropy(outputs, targets, reduction="none")

    @torch.no_grad()
    def evaluate(self, split: Split) -> dict[str, float]:
        inputs, targets = self.examples(split)
        return {"loss": float(self.criterion(self.module(inputs), targets).mean())}

    def state(self) -> dict[str, Any]:
        return {"flat": self.flat.numpy().copy()}

    def step(self, start: int, stop: int, lr: float, step: int) -> None:
        inputs, targets = (rows[start:stop] for rows in self.examples("train"))
        loss = self.criterion(self.module(inputs), targets).mean()
        found = torch.autograd.grad(loss, list(self.module.parameters()))
        self.flat -= lr * torch.cat([g.flatten() for g in found])

    def set(self, experiment: Experiment, dataset: Any) -> None: ...
    def shuffle(self, order: Tensor) -> None: ...
    def phase(self, name: Phase, start: int, stop: int, lr: float, step: int) -> dict[str, Any]:
        return {}

    def outputs(self, points: Tensor) -> Tensor:
        return points

    def activations(self, points: Tensor) -> list[Tensor]:
        return [points]

    def full_gradient(self) -> Tensor:
        return self.grad

    def restore(self, state: Any) -> None: ...
    def flops(self) -> int:
        return 1


@pytest.fixture
def pictures(monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run of that family: 32 points stand for its examples, which nothing but `step` counts."""
    training = {"l2": 0.1, "batch_size": 8}
    spec = experiment({"data": {"kind": "circle", "samples": 80}, "model": {"family": "mlp"}, "training": training})
    load = LEARNERS.load
    monkeypatch.setattr(
        LEARNERS, "load", lambda name: (lambda e, d, device: Pictures(e)) if name == "mlp" else load(name)
    )
    run = start(spec)
    advance(run, steps=30)
    return run


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
    model = copy.deepcopy(learner.module).double()
    inputs, targets = learner.examples("train")

    def loss(flat: Tensor) -> Tensor:
        at, parts = 0, {}
        for name, p in model.named_parameters():
            parts[name] = flat[at : at + p.numel()].view(p.shape)
            at += p.numel()
        found = F.cross_entropy(torch.func.functional_call(model, parts, (inputs.double(),)), targets)
        return found + 0.1 / 2 * flat.square().sum()

    matrix = torch.autograd.functional.hessian(loss, learner.flat.double())
    wanted = np.sort(np.linalg.eigvalsh(matrix.numpy()))[::-1][:5]
    found, _ = finished(STUDIES.load("hessian")(pictures, {"count": 5}))
    assert np.allclose(found["eigenvalues"], wanted, rtol=1e-5, atol=1e-7)


def test_parameters_that_lie_elsewhere_are_found_out(pictures: Run) -> None:
    learner: Any = pictures.learner
    learner.module[4].bias = nn.Parameter(torch.zeros(3))
    with pytest.raises(ValueError, match=r"4\.bias is not"):
        views(learner.module, learner.flat)
