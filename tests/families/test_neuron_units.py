"""Linear unit and sigmoid neuron: slopes by autograd, paths by torch.optim, three batch sizes by a plain loop, bad input in sentences."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nnlab.core.errors import Refused
from nnlab.core.experiment import experiment, patch
from nnlab.core.rng import seed_of
from nnlab.families.neuron.slopes import SLOPES
from nnlab.families.neuron.smooth import COSTS
from nnlab.train.run import advance, edit, start


def linear(data=None, model=None, **training):
    value = {"kind": "line", "samples": 24, "noise": 20, **(data or {})}
    unit = {"family": "neuron", "unit": "linear", "w1": -1.5, "b": 2.0, **(model or {})}
    return experiment({"data": value, "model": unit, "training": {"loss": "mse", "batch_size": 500, **training}})


def sigmoid(model=None, **training):
    data = {"kind": "gaussians", "samples": 40, "noise": 30}
    value = {"family": "neuron", "w1": 0.5, "w2": -1.0, "b": 0.25, **(model or {})}
    return experiment({"data": data, "model": value, "training": {"batch_size": 500, **training}})


@pytest.mark.parametrize("name", list(SLOPES))
def test_every_slope_is_the_derivative_of_its_cost(name):
    rng = np.random.default_rng(0)
    z = rng.normal(0, 3, 200)
    low = SLOPES[name].low
    t = rng.normal(0, 3, 200) if low is None else np.where(rng.random(200) > 0.5, 1.0, low)
    tensor = torch.tensor(z, requires_grad=True)
    loss = COSTS[name](tensor, torch.tensor(t))
    loss.backward()
    np.testing.assert_allclose(SLOPES[name].cost(z, t).mean(), loss.item(), rtol=1e-12)
    np.testing.assert_allclose(SLOPES[name].slope(z, t) / 200, tensor.grad.numpy(), atol=1e-12)


@pytest.mark.parametrize("name", list(SLOPES))
def test_costs_and_slopes_stay_finite_far_out(name):
    z = np.array([-1e4, -800.0, 0.0, 800.0, 1e4])
    for target in (0.0, 1.0, -1.0):
        t = np.full(5, target)
        assert np.isfinite(SLOPES[name].cost(z, t)).all() and np.isfinite(SLOPES[name].slope(z, t)).all()


def test_the_worked_example():
    data = {"kind": "drawn", "added": [(2, 3, 1)]}
    run = start(experiment({"data": data, "model": {"family": "neuron", "w1": 0, "w2": 1, "b": 4}}))
    a = (run.learner.outputs(torch.tensor([[2.0, 3.0]])).item() + 1) / 2
    assert a == pytest.approx(0.9990889, abs=5e-8)
    assert run.learner.activations(torch.tensor([[2.0, 3.0]]))[1].item() == 7


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", "lion"])
@pytest.mark.parametrize("loss", ["mse", "huber"])
def test_the_linear_unit_follows_every_optimiser_on_autograds_gradient(loss, optimizer):
    spec = linear(loss=loss, learning_rate=0.02, optimizer={"kind": optimizer})
    run = start(spec)
    twin = start(spec)
    x, t = (torch.from_numpy(part) for part in run.learner.parts["train"])
    for _ in range(60):
        w = twin.learner.flat.clone().requires_grad_()
        COSTS[loss](x @ w, t).backward()
        twin.learner.grad.copy_(w.grad)
        twin.learner._rule.update(0.02)
    advance(run, steps=60)
    np.testing.assert_allclose(run.learner.flat.numpy(), twin.learner.flat.numpy(), atol=1e-9)


@pytest.mark.parametrize("loss", ["mse", "cross_entropy"])
def test_the_sigmoid_neuron_is_torchs(loss):
    run = start(sigmoid(loss=loss, learning_rate=0.3))
    data, train = run.data, ~run.data.is_test
    x, y = torch.tensor(data.inputs[train]).double(), torch.tensor(data.targets[train]).double()
    w = torch.tensor([0.5, -1.0, 0.25], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.SGD([w], lr=0.3)
    for _ in range(50):
        z = x @ w[:2] + w[2]
        found = (torch.sigmoid(z) - y).square().mean() if loss == "mse" else None
        cost = found if found is not None else torch.nn.functional.binary_cross_entropy_with_logits(z, y)
        optimiser.zero_grad()
        cost.backward()
        optimiser.step()
    advance(run, steps=50)
    np.testing.assert_allclose(run.learner.flat.numpy(), w.detach().numpy(), atol=1e-9)
    accuracy = ((x @ w.detach()[:2] + w.detach()[2] > 0) == (y > 0.5)).double().mean().item()
    assert run.learner.evaluate("train")["accuracy"] == accuracy


def test_both_losses_of_the_sigmoid_learn_beside_each_other():
    first, other = start(sigmoid(loss="mse")), start(sigmoid(loss="cross_entropy"))
    for run in (first, other):
        advance(run, steps=30)
    np.testing.assert_array_equal(first.learner.weights, other.learner.weights)
    assert not np.allclose(first.learner.weights[0], first.learner.weights[1])


def test_three_batch_sizes_are_three_plain_loops():
    spec = linear(model={"race": True, "mini": 5}, batch_size=1, learning_rate=0.01)
    run = start(spec)
    x, t = run.learner.parts["train"]
    n = len(t)
    loops = [np.array([-1.5, 2.0]) for _ in range(3)]
    for epoch in range(3):
        order = torch.randperm(n, generator=torch.Generator().manual_seed(seed_of(spec.seed, "order", epoch))).numpy()
        for w, size in zip(loops, (1, 5, n), strict=True):
            for at in range(0, n, size):
                rows = order[at : at + size]
                w -= 0.01 * 2 * (x[rows] @ w - t[rows]) @ x[rows] / len(rows)
    advance(run, epochs=3)
    np.testing.assert_allclose(run.learner.weights, np.stack(loops), atol=1e-12)


def test_a_weight_set_by_hand_is_a_common_start_for_all():
    run = start(linear(model={"race": True}, batch_size=1, learning_rate=0.01))
    advance(run, steps=30)
    edit(run, 0, 0.75)
    advance(run, steps=1)
    assert run.learner.trace.rows[0, 1:].reshape(3, 2)[:, 0].tolist() == [0.75] * 3
    assert run.learner.weights[2, 0] == 0.75, "the batch has not moved yet"


def test_one_that_is_compared_may_diverge_and_the_run_goes_on():
    points = [(5.5, 5.5, 1.0), (-5.5, -5.0, 0.0), (4.0, 1.0, 1.0)]
    model = {"family": "neuron", "unit": "perceptron", "w1": 0, "w2": 0, "b": 0}
    value = {
        "data": {"kind": "drawn", "added": points},
        "model": model,
        "training": {"batch_size": 1, "learning_rate": 1},
    }
    run = start(experiment(value))
    advance(run, steps=600)
    assert not run.stopped and not run.diverged
    assert np.abs(run.learner.weights[1]).max() == 1e9
    assert all(np.isfinite(array).all() for array in run.learner.state().values())


def test_feature_scaling_centres_and_divides():
    run = start(linear(data={"centre": 4, "scale": 2}, model={"scaled": True}))
    x = run.learner.parts["train"][0][:, 0]
    assert abs(x.mean()) < 1e-12 and x.std() == pytest.approx(1)


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({"data": {"kind": "circle"}, "model": {"unit": "linear"}, "training": {"loss": "mse"}}, "data"),
        ({"data": {"kind": "blobs"}}, "data"),
        ({"data": {"kind": "line"}, "training": {"loss": "mse"}}, "data"),
        ({"data": {"kind": "circle"}, "model": {"unit": "perceptron"}}, "training.batch_size"),
        ({"data": {"kind": "circle"}, "training": {"loss": "hinge"}}, "training.loss"),
        ({"data": {"kind": "circle"}, "training": {"optimizer": {"kind": "adam"}}}, "training.optimizer"),
        ({"data": {"kind": "circle"}, "training": {"weight_decay": 0.1}}, "training.weight_decay"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(value, field):
    value = {**value, "model": {"family": "neuron", **value.get("model", {})}}
    with pytest.raises(Refused) as told:
        experiment(value)
    assert field in {problem.field for problem in told.value.problems}
    assert all("must" in problem.message and problem.message.endswith(".") for problem in told.value.problems)


def test_another_learning_rate_does_not_begin_the_path_again():
    run = start(linear(learning_rate=0.01))
    advance(run, steps=10)
    from nnlab.train.run import change

    change(run, patch(run.experiment, {"training.learning_rate": 0.02}))
    advance(run, steps=1)
    assert len(run.learner.trace.rows) == 12
