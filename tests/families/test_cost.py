"""What an update costs is counted: operations as torch counts them, the same each time, and no part that takes long."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from nnlab.core.experiment import experiment, patch
from nnlab.core.registries import FAMILIES
from nnlab.families import module_learner
from nnlab.families.cost import CALL_S, PART_S, Cost, counted
from nnlab.train.run import start
from tests.synthetic import FAMILY_LINES, synthetic

__all__ = ["synthetic"]


def update(module: nn.Module, inputs: torch.Tensor, targets: torch.Tensor):
    """A step of training by hand, for so many examples."""

    def learn(n: int) -> None:
        loss = F.cross_entropy(module(inputs[:n]), targets[:n])
        torch.autograd.grad(loss, list(module.parameters()))

    return learn


def test_operations_are_those_of_the_products_forward_and_back():
    module = nn.Sequential(nn.Linear(30, 20), nn.Tanh(), nn.Linear(20, 5))
    found = counted(update(module, torch.randn(8, 30), torch.zeros(8, dtype=torch.int64)))
    forward = 2 * (30 * 20 + 20 * 5)
    assert found.operations == 3 * forward - 2 * 30 * 20  # nobody asks for the gradient of the inputs


def test_counting_again_gives_the_same():
    module = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 3))
    made = update(module, torch.randn(8, 1, 8, 8), torch.zeros(8, dtype=torch.int64))
    assert counted(made) == counted(made)


def test_what_writes_more_numbers_costs_more_though_its_products_are_the_same():
    def of(*more: nn.Module) -> Cost:
        module = nn.Sequential(nn.Linear(30, 200), *more, nn.Linear(200, 3))
        return counted(update(module, torch.randn(8, 30), torch.zeros(8, dtype=torch.int64)))

    plain, busy = of(), of(nn.Tanh(), nn.Dropout(0.5), nn.GELU())
    assert plain.operations == busy.operations
    assert busy.example_s > 1.5 * plain.example_s and busy.call_s > plain.call_s
    assert busy.part < plain.part


def test_a_part_fills_a_call_and_where_the_call_alone_is_long_takes_as_long_again():
    assert Cost(0.0, 1e-5, 0.0).part == pytest.approx(PART_S / 1e-5, abs=1)
    assert Cost(0.0, 1e-5, 1e-3).part == pytest.approx((PART_S - 1e-3) / 1e-5, abs=1)
    assert Cost(0.0, 1e-5, 0.05).part == pytest.approx(0.05 / 1e-5, abs=1)
    assert Cost(0.0, 1.0, CALL_S).part == 1


@pytest.mark.parametrize("family", FAMILY_LINES)
def test_a_family_takes_the_same_parts_whatever_its_batches_and_however_often_it_is_built(family, synthetic):
    spec = experiment(FAMILIES.load(family).example())
    parts = {start(patch(spec, {"training.batch_size": size})).learner.part for size in (5, 20_000)}
    assert len(parts) == 1 and parts.pop() >= 1


def test_without_any_example_there_is_nothing_to_count(synthetic):
    spec = experiment(FAMILIES.load("conv").example())
    learner = start(spec).learner
    empty = type(spec.data).load(spec.data)
    nothing = empty.__class__(
        **{name: getattr(empty, name)[:0] for name in ("inputs", "targets", "is_test", "ids")},
        form=empty.form,
        answer=empty.answer,
    )
    made = type(learner)(spec, nothing, torch.device("cpu"))
    assert made.evaluate("train") == {} and made.part >= 1 and made.flops() > 0


@pytest.mark.usefixtures("synthetic")
def test_parts_follow_the_loss_in_force_and_not_the_one_that_came_first():
    spec = experiment({"data": {"kind": "patches"}, "model": {"family": "conv"}})
    other = next(name for name in ("mse", "hinge", "mae") if name != spec.training.loss)
    kinds = [spec, patch(spec, {"training.loss": other})]
    found = []
    for order in (kinds, kinds[::-1]):
        module_learner._COSTS.clear()
        found.append({each.training.loss: start(each).learner.part for each in order})
    assert found[0] == found[1] and len(set(found[0].values())) == 2
    run = start(kinds[0])
    run.learner.set(kinds[1], run.data)
    assert run.learner.part == found[0][other]
