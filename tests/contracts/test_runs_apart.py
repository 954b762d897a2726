"""Runs in one process never touch each other: interleaved or alone, each gives bitwise the same numbers."""

from __future__ import annotations

import numpy as np
import pytest

from nnlab.core.experiment import Experiment, experiment, patch
from nnlab.train.run import Run, advance, start


def _spec(seed: int, **model: object) -> Experiment:
    layers = [{"units": 6, "activation": "tanh"}, {"units": 6, "activation": "relu"}]
    mlp = {"family": "mlp", "layers": layers, **model}
    training = {"optimizer": {"kind": "adam"}}
    return experiment({"seed": seed, "data": {"kind": "spiral"}, "model": mlp, "training": training})


def _weights(run: Run) -> np.ndarray:
    return run.learner.flat.detach().numpy().copy()


def _apart(specs: list[Experiment]) -> None:
    """Each run alone, then all of them in turns."""
    alone = []
    for spec in specs:
        run = start(spec)
        advance(run, steps=120)
        alone.append((_weights(run), run.learner.evaluate("test")))
    together = [start(spec) for spec in specs]
    for _ in range(40):
        for run in together:
            advance(run, steps=3)
    for run, (weights, metrics) in zip(together, alone, strict=True):
        assert np.array_equal(_weights(run), weights)
        assert run.learner.evaluate("test") == metrics


@pytest.mark.parametrize("model", [{}, {"dropout": 0.3}, {"norm": "batch"}], ids=["plain", "dropout", "norm"])
def test_two_interleaved_networks_give_what_each_gives_alone(model):
    _apart([_spec(1, **model), _spec(2, **model)])


def test_two_interleaved_runs_of_any_family_give_what_each_gives_alone(spec):
    _apart([patch(spec, {"seed": 1}), patch(spec, {"seed": 2})])


def test_another_seed_gives_other_numbers():
    one, other = start(_spec(1)), start(_spec(2))
    assert not np.array_equal(_weights(one), _weights(other))
