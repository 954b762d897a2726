"""Activations and their derivatives against closed forms, and ten layers against a plain forward and backward pass."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from nnlab.analysis.neuron.activations import ACTIVATIONS_THROUGH, BINS, DEPTH, curves, through
from nnlab.core.errors import Refused
from nnlab.core.experiment import experiment
from nnlab.families.mlp.activations import ACTIVATIONS
from nnlab.train.run import start
from tests.studies import finished

X = np.linspace(-5, 5, 161)
S = 1 / (1 + np.exp(-X))
CLOSED = {
    "relu": (np.maximum(X, 0), (X > 0).astype(float)),
    "leaky_relu": (np.where(X > 0, X, 0.01 * X), np.where(X > 0, 1, 0.01)),
    "tanh": (np.tanh(X), 1 - np.tanh(X) ** 2),
    "sigmoid": (S, S * (1 - S)),
    "linear": (X, np.ones_like(X)),
    "silu": (X * S, S + X * S * (1 - S)),
    "sine": (np.sin(X), np.cos(X)),
}


@pytest.fixture(scope="module")
def learner():
    return start(experiment({"data": {"kind": "circle", "samples": 20}, "model": {"family": "neuron"}})).learner


def record_of(learner, **options):
    """The arrays of the analysis, through the door that a browser uses."""
    found, told = finished(ACTIVATIONS_THROUGH.asked(learner, options))
    assert told == sorted(told)
    return found


@pytest.mark.parametrize("name", list(CLOSED))
def test_curves_are_the_closed_forms(name):
    found = curves()[list(ACTIVATIONS).index(name)].numpy()
    off_kink = np.abs(X) > 1e-9  # at 0 a kink has no derivative
    np.testing.assert_allclose(found[0], CLOSED[name][0], atol=1e-12)
    np.testing.assert_allclose(found[1][off_kink], CLOSED[name][1][off_kink], atol=1e-12)


def test_every_activation_has_a_derivative_that_finite_differences_confirm():
    found = curves().numpy()
    step = X[1] - X[0]
    between = (found[:, 0, 2:] - found[:, 0, :-2]) / (2 * step)
    smooth = np.abs(X[1:-1]) > 0.1
    np.testing.assert_allclose(found[:, 1, 1:-1][:, smooth], between[:, smooth], atol=2e-3)


def test_ten_layers_are_a_plain_forward_and_backward_pass():
    (signals, _, gradients), told = finished(through("tanh", spread=1.0, scale=1.0, seed=3))
    (again, _, _), _ = finished(through("tanh", spread=1.0, scale=1.0, seed=3))
    assert len(told) == 2 * DEPTH and told == sorted(told) and max(told) < 1
    assert len(signals) == len(gradients) == DEPTH + 1
    assert all(torch.equal(a, b) for a, b in zip(signals, again, strict=True))
    # The weights of a layer follow from what came out of it, for tanh is one to one.
    weights = [torch.linalg.lstsq(a, torch.atanh(b)).solution for a, b in itertools.pairwise(signals)]
    back = gradients[-1]
    for i in range(DEPTH - 1, -1, -1):
        back = (back * (1 - signals[i + 1] ** 2)) @ weights[i].T
        np.testing.assert_allclose(back.numpy(), gradients[i].numpy(), rtol=1e-4, atol=1e-6)


def test_he_keeps_relu_at_its_size_and_sigmoid_kills_the_gradient(learner):
    kept = record_of(learner, activation="relu", init="he")["layer_facts"]
    size = kept[:, 0] ** 2 + kept[:, 1] ** 2  # mean square
    assert 0.3 < size[-1] / size[1] < 3
    assert 0.3 < kept[0, 3] / kept[-1, 3] < 3
    gone = record_of(learner, activation="sigmoid")["layer_facts"]
    assert gone[0, 3] < 1e-4 * gone[-1, 3]
    assert gone[-1, 0] == pytest.approx(0.5, abs=0.1)


def test_shares_add_up_to_what_lies_inside_the_range(learner):
    found = record_of(learner, activation="gelu", scale=2)
    assert found["layers"].shape == (DEPTH + 1, BINS)
    assert ((found["layers"].sum(1) > 0.97) & (found["layers"].sum(1) < 1.0001)).all()


@pytest.mark.parametrize(
    "options", [{"activation": "softplus"}, {"init": "zeros"}, {"scale": 0}, {"scale": 1e9}, {"scale": True}]
)
def test_bad_options_get_a_sentence(learner, options):
    with pytest.raises(Refused, match=r"must be .*; got .*\."):
        record_of(learner, **options)
