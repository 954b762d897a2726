"""Modules that are not like the others: what is asked for itself, another's loss, hidden random numbers, parameters at rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nnlab.core.errors import Refused
from nnlab.core.experiment import experiment, patch
from nnlab.core.parts import LOSSES_OF
from nnlab.core.registries import FAMILIES, LOSSES
from nnlab.core.rng import seed_of
from nnlab.families.losses import MeanSquared
from nnlab.train.run import advance, change, seek, start
from tests.families.by_hand import Loss, arrays, by_hand, flat, spec_of
from tests.synthetic import ConvLearner, Mirror, synthetic

__all__ = ["synthetic"]
pytestmark = pytest.mark.usefixtures("synthetic", "double")
ARRAYS = ("inputs", "targets", "is_test", "ids")

ITSELF: dict[str, Loss] = {
    "mse": F.mse_loss,
    "mae": F.l1_loss,
    "huber": F.huber_loss,
    "cross_entropy": F.binary_cross_entropy_with_logits,
}


@pytest.mark.parametrize("name", LOSSES_OF["itself"])
def test_what_is_asked_for_itself_is_held_against_its_input_by_every_loss_that_is_offered(name):
    run = start(spec_of("mirror", **{"training.loss": name}))
    torch.manual_seed(seed_of(run.experiment.seed, "weights"))
    module = nn.Sequential(nn.Flatten(), nn.Linear(64, 5), nn.Tanh(), nn.Linear(5, 64)).double()
    advance(run, steps=15)
    given = torch.tensor(run.data.inputs[~run.data.is_test]).double() / 255
    groups = [("training", list(module.parameters()))]
    by_hand(run, module, (given, given.flatten(1)), steps=15, loss=ITSELF[name], groups=groups)
    torch.testing.assert_close(run.learner.flat, flat(module), rtol=0, atol=1e-9)
    with torch.no_grad():
        wanted = float(ITSELF[name](module(given), given.flatten(1)))
    assert run.learner.evaluate("train") == {"loss": pytest.approx(wanted)}


class Quartic(MeanSquared):
    """A loss from somewhere else."""

    def distance(self, output: Tensor, targets: Tensor, reduction: str) -> Tensor:
        found = (output - targets) ** 4
        return found if reduction == "none" else found.mean()


def test_a_registered_loss_can_be_named_by_a_family_and_is_trained_with(monkeypatch):
    monkeypatch.setitem(LOSSES._lines, "quartic", f"{__name__}:Quartic")
    plain = {**FAMILIES.load("mirror").example(), "training": {"loss": "quartic", "batch_size": 10}}
    with pytest.raises(Refused, match=r"Loss must be one of mse, .*; got quartic"):
        experiment(plain)
    monkeypatch.setattr(Mirror, "losses", {"itself": ("quartic",)})
    run = start(experiment(plain))
    inputs, targets = run.learner.batch("test")
    with torch.no_grad():
        wanted = ((run.learner.module(inputs) - targets.flatten(1)) ** 4).mean()
    assert run.learner.evaluate("test")["loss"] == pytest.approx(float(wanted))
    advance(run, steps=20)
    assert run.learner.evaluate("test")["loss"] < wanted


def test_what_is_not_trained_stays_and_has_no_place_among_the_weights():
    run = start(spec_of("thawed"))
    learner: Any = run.learner
    first, body = learner.module[1].weight, learner.module[3].weight
    before = first.clone(), body.detach().clone()
    assert len(learner.flat) == 12 * 17 + 3 * 13
    advance(run, steps=10)
    assert torch.equal(first, before[0]) and torch.equal(body.detach(), before[1])
    head = learner.flat[learner.groups[0].part].double()
    assert float(learner.objective()(head)) == pytest.approx(learner.evaluate("train")["loss"])


def test_a_live_switch_that_changes_the_groups_leaves_the_memory_of_those_that_stay():
    run = start(spec_of("thawed"))
    learner: Any = run.learner
    advance(run, steps=10)
    memory = {name: array for name, array in learner.state().items() if name.startswith("0.")}
    assert len(memory) > 1  # of Adam, of the head
    assert not change(run, patch(run.experiment, {"model.frozen": False}))
    assert {f"1.{name[2:]}" for name in memory} <= learner.state().keys()
    assert all(np.array_equal(learner.state()[f"1.{name[2:]}"], array) for name, array in memory.items())
    body = learner.flat[: 12 * 17].clone()
    advance(run, steps=10)
    assert not torch.equal(learner.flat[: 12 * 17], body)
    there, weights = arrays(run), learner.flat.clone()
    assert not change(run, patch(run.experiment, {"model.frozen": True}))
    advance(run, steps=5)
    assert torch.equal(learner.flat[: 12 * 17], weights[: 12 * 17]) and not torch.equal(learner.flat, weights)
    end = arrays(run)
    for step, wanted in ((5, None), (25, end), (20, None), (25, end)):
        seek(run, step)
        assert wanted is None or arrays(run) == wanted
    assert there != end


def test_a_run_without_examples_is_taken_in_parts_once_it_has_some():
    empty = spec_of("conv", **{"data.count": 2})
    none = replace(empty.data.load(), **{name: getattr(empty.data.load(), name)[:0] for name in ARRAYS})
    learner: Any = ConvLearner(empty, none, torch.device("cpu"))
    many = spec_of("conv", **{"data.count": 300})
    learner.set(many, many.data.load())
    fresh = ConvLearner(many, many.data.load(), torch.device("cpu"))
    assert (learner.part, learner.flops()) == (fresh.part, fresh.flops())


def test_random_numbers_that_no_module_draws_are_those_of_the_step_and_none_are_drawn_where_it_is_used():
    spec = spec_of("blur")
    runs = []
    for other in (1, 2):  # what a process has drawn before is nobody's business
        torch.manual_seed(other)
        runs.append(start(spec))
        advance(runs[-1], steps=20)
    assert arrays(runs[0]) == arrays(runs[1])
    learner: Any = runs[0].learner
    inputs, targets = learner.batch("test")
    wanted = float(F.mse_loss(learner.module.eval()(inputs), targets.flatten(1)).detach())
    learner.module.train()
    assert learner.evaluate("test")["loss"] == pytest.approx(wanted)
    learner.module.always = True
    first, gradient = learner.evaluate("test"), learner.gradient()
    torch.rand(3)
    assert learner.evaluate("test") == first != {"loss": pytest.approx(wanted)}
    assert torch.equal(learner.gradient(), gradient)
