"""Small real runs to look into."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nnlab.core.experiment import experiment
from nnlab.train.run import Run, advance, start


@pytest.fixture
def trained() -> Callable[..., Run]:
    """A run after `steps` updates; `layers` as (units, activation), keywords as parts of the experiment."""

    def make(
        *layers: tuple[int, str],
        steps: int = 40,
        data: dict[str, Any] | None = None,
        model: dict[str, Any] | None = None,
        **training: Any,
    ) -> Run:
        shape = [{"units": units, "activation": activation} for units, activation in layers]
        value = {
            "data": {"kind": "circle", "samples": 100, **(data or {})},
            "model": {"family": "mlp", "layers": shape, **(model or {})},
            "training": training,
        }
        run = start(experiment(value))
        if steps:
            advance(run, steps=steps)
        return run

    return make


@pytest.fixture(params=[True, False], ids=["tanh by sigmoid", "tanh by torch"])
def either_tanh(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures with each form of tanh, whichever this processor has faster."""
    monkeypatch.setattr("nnlab.families.mlp.pictured.sigmoid_is_faster", lambda: request.param)
