"""Small real runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnlab.core.experiment import Experiment, experiment
from nnlab.train.run import Run


@pytest.fixture
def small() -> Callable[..., Experiment]:
    """An experiment of 40 points (20 to train on) and three tanh units; `data`, `model` and further keywords go into its parts."""

    def make(data: dict[str, Any] | None = None, model: dict[str, Any] | None = None, **training: Any) -> Experiment:
        return experiment(
            {
                "data": {"kind": "gaussians", "samples": 40, "noise": 20, **(data or {})},
                "model": {"family": "mlp", "layers": [{"units": 3}], **(model or {})},
                "training": {"batch_size": 6, **training},
            }
        )

    return make


@pytest.fixture
def state() -> Callable[[Run], dict[str, Any]]:
    """Everything that determines what comes next, as bytes, for `==`."""

    def read(run: Run) -> dict[str, Any]:
        arrays = {name: np.asarray(value).tobytes() for name, value in (run.half or run.learner.state()).items()}
        place = {"step": run.step, "epoch": run.epoch, "offset": run.offset, "lr": run.lr, "watch": run.watch}
        return {**place, "experiment": run.experiment, **arrays}

    return read
