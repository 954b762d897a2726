"""Every registered family on its own example, and the kinds of it that its example leaves out."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from nnlab.core.experiment import Experiment, experiment
from nnlab.core.registries import FAMILIES, LEARNERS
from nnlab.families.learner import Learner
from tests.synthetic import FAMILY_LINES, synthetic

__all__ = ["synthetic"]

LINE = {"kind": "line", "samples": 40}
# name -> plain experiment: models of a registered family that differ in more than numbers from its example
OTHERS: dict[str, dict[str, Any]] = {
    "perceptron": {
        "data": {"kind": "gaussians", "samples": 60, "noise": 30},
        "model": {"family": "neuron", "unit": "perceptron"},
        "training": {"batch_size": 1, "learning_rate": 0.02},
    },
    "linear unit": {
        "data": LINE,
        "model": {"family": "neuron", "unit": "linear"},
        "training": {"loss": "mse", "batch_size": 10, "learning_rate": 0.02},
    },
    "three batch sizes": {
        "data": LINE,
        "model": {"family": "neuron", "unit": "linear", "race": True},
        "training": {"loss": "mse", "batch_size": 1, "learning_rate": 0.01},
    },
    "batch norm": {
        "data": {"kind": "blobs", "samples": 100},
        "model": {"family": "mlp", "norm": "batch", "skip": True, "dropout": 0.2},
        "training": {"l1": 0.001, "l2": 0.01, "clip_norm": 1.0},
    },
    "regression": {
        "data": {"kind": "plane", "samples": 100},
        "model": {"family": "mlp"},
        "training": {"loss": "huber", "optimizer": {"kind": "adam"}},
    },
}
EVERY = [*FAMILIES, *OTHERS, *FAMILY_LINES]  # and what nobody but the tests knows: other forms, several descents


def spec_of(name: str) -> Experiment:
    """The example of a family, or one of `OTHERS`."""
    return experiment(OTHERS.get(name) or FAMILIES.load(name).example())


def learner_of(spec: Experiment) -> Learner:
    """A fresh learner of an experiment."""
    made: Learner = LEARNERS.load(spec.model.family)(spec, spec.data.load(), torch.device("cpu"))
    return made


@pytest.fixture(params=EVERY)
def spec(request: pytest.FixtureRequest, synthetic: None) -> Experiment:
    return spec_of(request.param)


@pytest.fixture
def learner(spec: Experiment) -> Learner:
    return learner_of(spec)
