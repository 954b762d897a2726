"""What each preset tells people to watch really happens, within the epochs that somebody would wait for."""

from __future__ import annotations

import numpy as np
import torch

from nnlab.core.experiment import patch
from nnlab.train import run
from tests.app.conftest import preset


def trained(experiment, epochs):
    """Metrics after each of `epochs`, which rise."""
    one = run.start(experiment)
    found = []
    for epoch in epochs:
        run.advance(one, epochs=epoch - one.epoch)
        train, test = one.learner.evaluate("train"), one.learner.evaluate("test")
        found.append({f"train_{k}": v for k, v in train.items()} | {f"test_{k}": v for k, v in test.items()})
    return one, found


def gradient_of_layers(one):
    """Length of the weight gradient of each layer."""
    flat = one.learner.gradient().numpy()
    found = []
    for block in one.learner.blocks:
        rows = block.start + block.stride * np.arange(block.fan_out)[:, None] + np.arange(block.fan_in)
        found.append(float(np.linalg.norm(flat[rows])))
    return found


def test_circle_closes_a_ring_around_the_inner_points():
    one, (end,) = trained(preset("circle"), [400])
    assert end["test_accuracy"] > 0.95
    centre, *around = (
        one.learner.outputs(torch.tensor([[0.0, 0], [5, 0], [0, 5], [-5, 0], [0, -5]])).squeeze(1).tolist()
    )
    assert centre > 0.5 and max(around) < -0.5


def test_one_product_solves_xor_and_two_coordinates_alone_do_not():
    _, (end,) = trained(preset("product"), [50])
    assert end["test_accuracy"] > 0.98
    _, (without,) = trained(patch(preset("product"), {"model.features": ["x", "y"]}), [400])
    assert without["test_accuracy"] < 0.75


def test_adam_winds_three_arms_within_fifty_epochs_and_sgd_takes_several_times_as_long():
    _, (adam,) = trained(preset("arms"), [50])
    assert adam["test_accuracy"] > 0.9
    _, sgd = trained(patch(preset("arms"), {"training.optimizer": {"kind": "sgd"}}), [50, 150])
    assert all(at["test_accuracy"] < 0.9 and at["train_loss"] > 2 * adam["train_loss"] for at in sgd)


def test_overfitting_lowers_the_training_loss_and_raises_the_test_loss():
    _, marks = trained(preset("overfitting"), [5, 20, 100, 400])
    train, test = [m["train_loss"] for m in marks], [m["test_loss"] for m in marks]
    assert train == sorted(train, reverse=True) and train[-1] < 0.02
    assert test == sorted(test) and test[-1] > 3 * test[0]


def test_the_gradient_vanishes_in_sigmoid_layers_and_not_in_tanh_layers():
    _, (end,) = trained(preset("vanishing"), [100])
    fresh = gradient_of_layers(run.start(preset("vanishing")))
    assert fresh == sorted(fresh), "smaller in each layer further back"
    assert fresh[0] < 1e-3 * fresh[-1]
    assert end["train_loss"] > 0.95 * np.log(2), "it stands still"
    tanh = patch(preset("vanishing"), {f"model.layers.{i}.activation": "tanh" for i in range(6)})
    _, (freed,) = trained(tanh, [100])
    assert freed["train_loss"] < 0.05


def test_hills_grow_out_of_the_plain():
    one, (first, end) = trained(preset("hills"), [1, 400])
    spread = float(np.var(one.data.targets[one.data.rows("train")]))
    assert first["train_loss"] > spread / 2, "at first hardly better than one number for every place"
    assert end["train_loss"] < spread / 5 and end["test_loss"] < spread / 5
