"""The curvature of a convolutional network: against autograd's second derivatives in float64, and in float32 where it is large."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from nnlab.analysis.weights import hessian as module
from nnlab.analysis.weights.hessian import halves, hessian
from nnlab.core.experiment import experiment
from nnlab.families.cnn.learner import CnnLearner
from nnlab.train.run import Run, advance, start
from tests.studies import finished

BLOCKS = [
    {"kind": "conv", "channels": 4},
    {"kind": "batch_norm"},
    {"kind": "pool"},
    {"kind": "residual", "channels": 6, "activation": "gelu"},
    {"kind": "dense", "units": 8},
]
WIDE = [{"kind": "conv", "channels": 64}, {"kind": "dense", "units": 200}]


def run_of(blocks: list[dict[str, Any]], *, steps: int = 40, **training: Any) -> Run:
    value = {
        "data": {"kind": "digits8", "samples": 200},
        "model": {"family": "cnn", "blocks": blocks},
        "training": {"learning_rate": 0.05, "batch_size": 20, **training},
    }
    run = start(experiment(value))
    advance(run, steps=steps)
    return run


def learner_of(run: Run) -> CnnLearner:
    assert isinstance(run.learner, CnnLearner)
    return run.learner


def by_autograd(learner: CnnLearner, vector: torch.Tensor, l2: float) -> torch.Tensor:
    """Hessian times `vector`, of torch.nn.functional's loss of the module in float64, parameter by parameter."""
    inputs, targets = learner.batch("train")
    twin = CnnLearner(learner.experiment, learner.data, learner.device, dtype=torch.float64)
    twin.restore(learner.state())
    twin.module.eval()
    parameters, along = list(twin._flat.parameters), twin._flat.views(vector)
    loss = torch.nn.functional.cross_entropy(twin.module(inputs.double()), targets.long())
    loss = loss + l2 / 2 * sum(p.square().sum() for p in parameters if p.dim() > 1)
    gradients = torch.autograd.grad(loss, parameters, create_graph=True)
    told = sum((g * v).sum() for g, v in zip(gradients, along, strict=True))
    found, wanted = torch.autograd.grad(told, parameters, allow_unused=True), torch.zeros_like(vector)
    for place, one in zip(twin._flat.views(wanted), found, strict=True):
        if one is not None:
            place.copy_(one)
    return wanted


def drawn(like: torch.Tensor) -> torch.Tensor:
    vector = torch.randn(len(like), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return vector / vector.norm()


def multiplied(learner: CnnLearner, vector: torch.Tensor) -> torch.Tensor:
    """By `halves`, in the dtype of `vector`."""
    return next(t for t in halves(learner.objective(), learner.flat.to(vector.dtype), vector) if t is not None)


@pytest.mark.parametrize("l2", [0.0, 0.01])
def test_a_product_is_the_one_that_autograd_gives(l2):
    learner = learner_of(run_of(BLOCKS, l2=l2))
    vector = drawn(learner.flat)
    wanted = by_autograd(learner, vector, l2)
    torch.testing.assert_close(multiplied(learner, vector), wanted, rtol=1e-9, atol=1e-10 * float(wanted.abs().max()))


@pytest.mark.parametrize("blocks", [BLOCKS, WIDE], ids=["deep", "wide"])
def test_in_float32_it_is_the_same_to_millionths(blocks):
    learner = learner_of(run_of(blocks, l2=0.01))
    vector = drawn(learner.flat)
    wanted, found = multiplied(learner, vector), multiplied(learner, vector.float())
    assert found.dtype == torch.float32
    assert float((found - wanted).norm() / wanted.norm()) < 1e-5


def test_what_is_trained_between_two_slices_changes_nothing():
    run = run_of(BLOCKS)
    learner = learner_of(run)
    vector, flat = drawn(learner.flat), learner.flat.double().clone()
    wanted = multiplied(learner, vector)
    work = halves(learner.objective(), flat, vector)
    assert next(work) is None
    advance(run, steps=20)  # weights and running statistics
    assert torch.equal(next(work), wanted)


def test_only_of_a_large_network_it_is_taken_in_float32():
    assert not learner_of(run_of(BLOCKS, steps=0)).single
    assert learner_of(run_of(WIDE, steps=0)).single  # it has many parameters
    deep = [
        {"kind": "conv", "channels": 32},
        {"kind": "residual", "channels": 32},
        {"kind": "residual", "channels": 32},
    ]
    assert learner_of(run_of(deep, steps=0)).single  # few, but each is used at every place


def test_the_eigenvalues_of_a_large_network_are_those_of_float64(monkeypatch):
    monkeypatch.setattr(module, "MOST_PARTS", 2)
    run = run_of(WIDE)
    found = {}
    for single in (True, False):
        run.learner.single = single
        found[single], _ = finished(hessian(run, {"count": 2}))
    for name in ("eigenvalues", "limit", "sharpness"):
        assert np.allclose(found[True][name], found[False][name], rtol=1e-3), name
    assert found[True]["eigenvalues"][0] == pytest.approx(found[False]["eigenvalues"][0], rel=1e-5)
