"""Each schedule gives the learning rates of torch.optim.lr_scheduler."""

from __future__ import annotations

import warnings

import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, CyclicLR, ExponentialLR, LinearLR, LRScheduler, StepLR

from nnlab.core.registries import SCHEDULES

LR = 0.3


def rates(make, epochs: int) -> list[float]:
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=LR)
    scheduler: LRScheduler = make(optimiser)
    found = []
    for _ in range(epochs):
        found.append(optimiser.param_groups[0]["lr"])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns that no step was taken; none is needed for the rates
            scheduler.step()
    return found


CASES = [
    ({"kind": "step", "every": 7, "gamma": 0.3}, lambda o: StepLR(o, 7, 0.3), 50),
    ({"kind": "exponential", "gamma": 0.95}, lambda o: ExponentialLR(o, 0.95), 50),
    ({"kind": "cosine", "epochs": 40, "floor": 0.1}, lambda o: CosineAnnealingLR(o, 40, eta_min=LR * 0.1), 41),
    ({"kind": "warmup", "epochs": 20}, lambda o: LinearLR(o, start_factor=1 / 20, total_iters=20), 50),
    ({"kind": "warmup", "epochs": 1}, lambda o: LinearLR(o, start_factor=1, total_iters=1), 5),
    (
        {"kind": "cyclic", "half": 5, "floor": 0.2},
        lambda o: CyclicLR(o, LR * 0.2, LR, step_size_up=5, cycle_momentum=False),
        33,
    ),
]


@pytest.mark.parametrize(("spec", "make", "epochs"), CASES, ids=lambda v: v["kind"] if isinstance(v, dict) else "")
def test_a_schedule_equals_torchs(spec, make, epochs):
    schedule = SCHEDULES.load(spec["kind"])(**spec)
    found = [LR * schedule.factor(epoch) for epoch in range(epochs)]
    assert found == pytest.approx(rates(make, epochs), abs=1e-9)


def test_cosine_stays_at_its_floor():
    schedule = SCHEDULES.load("cosine")(kind="cosine", epochs=10, floor=0.25)
    assert [schedule.factor(epoch) for epoch in (10, 11, 1_000_000)] == pytest.approx([0.25] * 3)


@pytest.mark.parametrize("kind", list(SCHEDULES))
def test_a_factor_lies_between_zero_and_one(kind):
    schedule = SCHEDULES.load(kind)(kind=kind)
    assert all(0 <= schedule.factor(epoch) <= 1 for epoch in [*range(300), 10**6])
