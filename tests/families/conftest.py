"""Experiments and data for the families."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from benchmarks.engine import dataset
from nnlab.core.experiment import Experiment, experiment
from nnlab.core.records import Examples
from nnlab.families.mlp.learner import MLPLearner
from nnlab.families.module_learner import ModuleLearner


@pytest.fixture
def spec() -> Callable[..., Experiment]:
    """spec(model={...}, **training); tanh layers of 4 and 3 where nothing else is said."""

    def make(
        *, data: str = "circle", seed: int = 0, model: dict[str, Any] | None = None, **training: Any
    ) -> Experiment:
        layers = [{"units": 4, "activation": "tanh"}, {"units": 3, "activation": "tanh"}]
        return experiment(
            {
                "seed": seed,
                "data": {"kind": data},
                "model": {"family": "mlp", "layers": layers, **(model or {})},
                "training": {"batch_size": 30, **training},
            }
        )

    return make


@pytest.fixture
def points() -> Callable[..., Examples]:
    """points(target, classes): 500 points, every other one for training."""
    return dataset


@pytest.fixture
def learn(points: Callable[..., Examples]) -> Callable[..., MLPLearner]:
    """A learner on the two-class circle in float64, or on other data."""

    def make(spec: Experiment, data: Examples | None = None, dtype: torch.dtype = torch.float64) -> MLPLearner:
        return MLPLearner(spec, data or points(), torch.device("cpu"), dtype=dtype)

    return make


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch) -> None:
    """In float64 the comparison is one of equations and not of rounding."""
    monkeypatch.setitem(ModuleLearner.__init__.__kwdefaults__, "dtype", torch.float64)
