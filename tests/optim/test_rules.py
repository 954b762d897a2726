"""The rules over one flat vector give the numbers of torch.optim, and of the paper where torch has no such rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from benchmarks.reference import PaperLion
from benchmarks.torch_optimizers import torch_optimizers
from nnlab.core.registries import OPTIMIZERS, RULES
from nnlab.optim.rules import FlatParameters, Rule

KINDS = list(OPTIMIZERS)


def torch_march(
    parameters: FlatParameters, spec: Any, slope: Callable[[Tensor, int], Tensor], *, steps: int, decay: float
) -> Tensor:
    """The same steps on separate tensors by torch.optim."""
    start = parameters.values.clone()
    block = start[:16].view(4, 4)
    matrix, bias, rest = (torch.nn.Parameter(t.clone()) for t in (block[:, :-1], block[:, -1], start[16:]))
    optimisers: list[torch.optim.Optimizer]
    if spec.kind == "lion":
        groups = [{"params": [matrix, rest], "weight_decay": decay}, {"params": [bias]}]
        optimisers = [PaperLion(groups, 0.01, beta1=spec.beta1, beta2=spec.beta2)]
    else:
        optimisers = torch_optimizers(
            spec, weights=[matrix, rest], others=[bias], hidden=[matrix], lr=0.01, weight_decay=decay
        )
    flat = lambda: torch.cat([torch.cat([matrix, bias[:, None]], 1).flatten(), rest]).detach()  # noqa: E731
    for step in range(steps):
        gradient = slope(flat(), step)
        matrix.grad, bias.grad = gradient[:16].view(4, 4)[:, :-1].clone(), gradient[:16].view(4, 4)[:, -1].clone()
        rest.grad = gradient[16:].clone()
        for optimiser in optimisers:
            optimiser.step()
    return flat()


@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("steps", [1, 200])
def test_a_rule_equals_torch_optim(kind, decay, steps, parameters, slope, spec_of, rule_of, march):
    expected = torch_march(parameters, spec_of(kind), slope, steps=steps, decay=decay)
    found = march(rule_of(kind, decay), steps=steps)
    torch.testing.assert_close(found.values, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_rule_still_equals_torch_optim_after_500_steps(kind, parameters, slope, spec_of, rule_of, march):
    expected = torch_march(parameters, spec_of(kind), slope, steps=500, decay=0.02)
    torch.testing.assert_close(march(rule_of(kind, 0.02), steps=500).values, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_weight_decay_leaves_biases_alone(kind, rule_of):
    made: Rule = rule_of(kind, 0.5)
    before = made.values.clone()
    made.update(0.001)  # the gradient is zero, so only decay acts
    biases = made.mask == 0
    assert torch.equal(made.values[biases], before[biases])
    assert (made.values[~biases].abs() < before[~biases].abs()).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_rule_goes_on_from_its_state_exactly(kind, rule_of, march):
    made = march(rule_of(kind, 0.01), steps=20)
    kept, values = made.state(), made.values.clone()
    expected = march(made, steps=20, first=20).values.clone()
    march(made, steps=3)
    made.values.copy_(values)
    made.restore(kept)
    assert torch.equal(march(made, steps=20, first=20).values, expected)


@pytest.mark.parametrize("kind", KINDS)
def test_a_state_is_a_copy_that_later_steps_do_not_change(kind, rule_of, march):
    made = march(rule_of(kind), steps=3)
    kept = made.state()
    before = {name: array.copy() for name, array in kept.items()}
    march(made, steps=3, first=3)
    assert all(np.array_equal(kept[name], before[name]) for name in before)


@pytest.mark.parametrize("kind", [k for k in KINDS if "momentum" in OPTIMIZERS.load(k).model_fields])
def test_settings_change_in_mid_run_and_memory_stays(kind, rule_of, spec_of, march):
    made = march(rule_of(kind), steps=5)
    kept, values = made.state(), made.values.clone()
    unchanged = march(made, steps=2, first=5).values.clone()
    made.values.copy_(values)
    made.restore(kept)
    made.set(spec_of(kind).model_copy(update={"momentum": 0.5}), 0.0)
    assert all(np.array_equal(array, kept[name]) for name, array in made.state().items())
    assert not torch.equal(march(made, steps=2, first=5).values, unchanged)


@pytest.mark.parametrize("kind", KINDS)
def test_values_that_are_not_finite_raise_nothing(kind, rule_of):
    made: Rule = rule_of(kind, 0.1)
    made.grad.fill_(float("nan"))
    made.update(0.1)
    # A sign is -1, 0 or 1 whatever it is of, so Lion's weights stay finite and its memory tells.
    assert made.values.isnan().any() or (kind == "lion" and made.memory["mean"].isnan().all())


def test_every_optimiser_that_can_be_chosen_has_a_rule():
    assert list(RULES) == KINDS
    assert all(issubclass(RULES.load(kind), Rule) for kind in RULES)
