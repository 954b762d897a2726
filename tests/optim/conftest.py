"""A small problem with weights, biases and one hidden matrix for the optimisers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from nnlab.core.kinds import OptimizerSpec
from nnlab.core.registries import OPTIMIZERS
from nnlab.optim.rules import FlatParameters, Matrix, Rule, rule

ROWS, COLUMNS = 4, 3  # of the hidden matrix; its bias is the last column of [4, 4], and 5 more weights follow


@pytest.fixture
def parameters() -> FlatParameters:
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(ROWS * (COLUMNS + 1) + 5, generator=generator, dtype=torch.float64)
    mask = torch.ones_like(values)
    mask[: ROWS * (COLUMNS + 1)].view(ROWS, COLUMNS + 1)[:, -1] = 0
    matrix = Matrix(start=0, rows=ROWS, columns=COLUMNS, stride=COLUMNS + 1)
    return FlatParameters(values, torch.zeros_like(values), mask, (matrix,))


@pytest.fixture
def slope() -> Callable[[Tensor, int], Tensor]:
    """The gradient of a bowl that turns with the step, so that momentum has something to remember."""

    def gradient(values: Tensor, step: int) -> Tensor:
        scale = torch.linspace(0.5, 3, len(values), dtype=values.dtype)
        return scale * values + 0.3 * torch.sin(values * 3 + step)

    return gradient


@pytest.fixture
def spec_of() -> Callable[[str], OptimizerSpec]:
    return lambda kind: OPTIMIZERS.load(kind)(kind=kind)


@pytest.fixture
def march(slope: Callable[[Tensor, int], Tensor]) -> Callable[..., Rule]:
    """Runs a rule for some steps."""

    def go(made: Rule, *, steps: int, lr: float = 0.01, first: int = 0) -> Rule:
        for step in range(first, first + steps):
            made.grad.copy_(slope(made.values, step))
            made.update(lr)
        return made

    return go


@pytest.fixture
def rule_of(parameters: FlatParameters, spec_of: Callable[[str], OptimizerSpec]) -> Callable[..., Rule]:
    return lambda kind, weight_decay=0.0: rule(spec_of(kind), parameters, weight_decay)
