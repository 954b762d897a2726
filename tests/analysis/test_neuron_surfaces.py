"""Bowl and sigmoid surfaces against plain loops, optima against independent solvers, and 2 / lambda_max against real runs."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from nnlab.analysis.neuron.rows import neuron_rows
from nnlab.analysis.neuron.surfaces import bowl, curvature, least_absolute, least_huber, least_squares, sigmoids
from nnlab.core.errors import Refused
from nnlab.core.experiment import experiment, patch
from nnlab.train.run import advance, start
from tests.studies import finished


def line(model=None, data=None, **training):
    spec = {"kind": "line", "samples": 20, "noise": 25, **(data or {})}
    unit = {"family": "neuron", "unit": "linear", "w1": -1.0, "b": 2.0, **(model or {})}
    value = {"data": spec, "model": unit, "training": {"loss": "mse", "batch_size": 500, **training}}
    return start(experiment(value))


def bowl_of(run, **options):
    """The arrays of the bowl, all slices done."""
    return finished(bowl(run.learner, options))[0]


def problem(seed, n=25):
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.uniform(-5, 5, n), np.ones(n)])
    y = x @ rng.normal(0, 1, 2) + rng.normal(0, 1, n)
    y[:3] += rng.uniform(-8, 8, 3)
    return x, y


@pytest.mark.parametrize("seed", range(6))
def test_the_lowest_points_are_those_of_independent_solvers(seed):
    x, y = problem(seed)
    np.testing.assert_allclose(least_squares(x, y), np.linalg.solve(x.T @ x, x.T @ y), atol=1e-10)
    pairs = (np.linalg.solve(x[[i, j]], y[[i, j]]) for i, j in itertools.combinations(range(len(y)), 2))
    best = min(np.abs(x @ w - y).mean() for w in pairs)  # a least-absolute line passes through two of the points
    assert np.abs(x @ least_absolute(x, y) - y).mean() == pytest.approx(best, abs=1e-9)

    def huber(w):
        return torch.nn.functional.huber_loss(torch.tensor(x @ w), torch.tensor(y)).item()

    found = minimize(
        huber, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-14, "maxiter": 4000}
    )
    assert huber(least_huber(x, y)) <= found.fun + 1e-9


@pytest.mark.parametrize("loss", ["mse", "mae", "huber"])
@pytest.mark.parametrize("scaled", [False, True])
def test_the_bowl_is_a_plain_loop_over_the_points(loss, scaled):
    run = line(model={"scaled": scaled}, loss=loss)
    found = bowl_of(run)
    x = run.data.inputs[:, 0].astype(float)
    if scaled:
        x = (x - x.mean()) / x.std()
    a0, a1, b0, b1 = found["bowl_axes"].astype(float)
    cost = {"mse": lambda e: e * e, "mae": abs, "huber": lambda e: e * e / 2 if abs(e) < 1 else abs(e) - 0.5}[loss]
    for i, j in [(0, 0), (60, 0), (0, 60), (17, 43), (30, 30)]:
        w, b = a0 + (a1 - a0) * j / 60, b0 + (b1 - b0) * i / 60
        expected = sum(cost(w * p + b - q) for p, q in zip(x, run.data.targets.astype(float), strict=True)) / len(x)
        assert found["bowl"][i, j] == pytest.approx(expected, rel=1e-4)
    here = ["mse", "mae", "huber"].index(loss)
    assert found["bowl_optima"][here, 2] <= found["bowl"].min() + 1e-6
    assert [(a0 + a1) / 2, (b0 + b1) / 2] == pytest.approx(found["bowl_optima"][here, :2].tolist(), abs=1e-5)


@pytest.mark.parametrize("loss", ["mse", "huber"])
def test_the_curvature_is_that_of_autograds_hessian(loss):
    learner = line(loss=loss).learner
    hessian = torch.autograd.functional.hessian(learner.objective(), learner.flat.clone())
    values = torch.linalg.eigvalsh(hessian)
    found = curvature(learner)
    assert found[:2].tolist() == pytest.approx(values.flip(0).tolist(), rel=1e-9, abs=1e-12)
    assert found[2] == pytest.approx(2 / values[-1].item())


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("centre", [0, 3.5])
def test_a_run_converges_just_below_two_over_lambda_max_and_diverges_just_above(centre, scaled):
    data, model = {"centre": centre, "scale": 2}, {"scaled": scaled}
    limit = curvature(line(data=data, model=model).learner)[2]
    below = line(data=data, model=model, learning_rate=0.99 * limit)
    best = bowl_of(below)["bowl_optima"][0, 2]
    first = below.metrics["train_loss"]
    advance(below, steps=1500)
    assert below.learner.evaluate("train")["loss"] == pytest.approx(best, rel=1e-3)
    above = line(data=data, model=model, learning_rate=1.01 * limit)
    advance(above, steps=1500)
    assert above.learner.evaluate("train")["loss"] > 1e6 * first
    assert not math.isnan(above.learner.flat.sum().item()) or above.diverged


def test_feature_scaling_turns_the_valley_into_a_circle():
    valley = curvature(line(data={"centre": 4, "scale": 2}).learner)
    circle = curvature(line(data={"centre": 4, "scale": 2}, model={"scaled": True}).learner)
    assert valley[0] > 20 * valley[1]
    assert circle[0] == pytest.approx(circle[1]) == pytest.approx(2.0)


def test_an_outlier_moves_squares_far_and_the_others_little():
    with_it, without = (bowl_of(line(data={"noise": 10, "outlier": far}))["bowl_optima"] for far in (-9, 0))
    moved = np.abs(with_it - without)[:, 0]
    assert moved[0] > 50 * moved[1] and moved[0] > 3 * moved[2]


@pytest.mark.parametrize("across", ["w2", "b"])
def test_both_surfaces_of_the_sigmoid_are_a_plain_loop(across):
    data = {"kind": "gaussians", "samples": 30, "noise": 20}
    run = start(experiment({"data": data, "model": {"family": "neuron", "w1": 1, "w2": -2, "b": 0.5}}))
    found, _ = finished(sigmoids(run.learner, {"across": across}))
    a0, a1, b0, b1 = found["sigmoids_axes"].astype(float)
    train = ~run.data.is_test
    x, y = run.data.inputs[train].astype(float), run.data.targets[train]
    for i, j in [(0, 0), (44, 3), (20, 31), (44, 44)]:
        w, up = a0 + (a1 - a0) * j / 44, b0 + (b1 - b0) * i / 44
        w2, b = (up, 0.5) if across == "w2" else (-2, up)
        mse = ce = 0.0
        for (p, q), target in zip(x, y, strict=True):
            z = w * p + w2 * q + b
            mse += (1 / (1 + math.exp(-z)) - target) ** 2 / len(y)
            ce += (
                math.log1p(math.exp(-abs(z))) + max(-z, 0) if target else math.log1p(math.exp(-abs(z))) + max(z, 0)
            ) / len(y)
        assert found["sigmoids"][:, i, j].tolist() == pytest.approx([mse, ce], rel=1e-4, abs=1e-7)


def test_rows_and_path_are_what_the_learner_did():
    run = line(model={"race": True, "mini": 4}, batch_size=1, learning_rate=0.01)
    seen = [run.learner.weights.copy()]
    for _ in range(50):
        advance(run, steps=1)
        seen.append(run.learner.weights.copy())
    found = neuron_rows(run.learner, {})
    np.testing.assert_allclose(found["neuron_rows"], seen[-1], rtol=1e-6)
    np.testing.assert_allclose(found["neuron_trace"][:51, 1:], np.stack(seen).reshape(51, -1), rtol=1e-6)
    assert found["neuron_trace"][:51, 0].tolist() == list(range(51))
    x, t = run.learner.parts["train"]
    expected = [((x @ w - t) ** 2).mean() for w in seen[-1]]
    np.testing.assert_allclose(found["neuron_costs"], expected, rtol=1e-6)
    on_the_way = [[((x @ w - t) ** 2).mean() for w in weights] for weights in seen]
    np.testing.assert_allclose(found["neuron_trace_costs"][:51], on_the_way, rtol=1e-6)


def test_a_long_path_is_thinned_evenly_and_keeps_its_start():
    run = line(model={"race": True}, batch_size=1, learning_rate=0.001)
    advance(run, steps=5000)
    examples = neuron_rows(run.learner, {})["neuron_trace"][:-1, 0]
    assert examples[0] == 0 and 128 <= len(examples) <= 256
    assert len(set(np.diff(examples).tolist())) == 1


@pytest.mark.parametrize("ask", [bowl, sigmoids, neuron_rows])
def test_another_family_is_refused_in_a_sentence(ask):
    other = start(experiment({"data": {"kind": "circle", "samples": 20}, "model": {"family": "mlp"}}))
    with pytest.raises(Refused, match="single neuron"):
        finished(iter(ask(other.learner, {})))


def test_no_points_at_all_are_legal():
    run = line(data={"removed": list(range(20))})
    assert np.isfinite(bowl_of(run)["bowl"]).all()
    assert run.stopped
    two = start(experiment({"data": {"kind": "drawn"}, "model": {"family": "neuron"}}))
    assert finished(sigmoids(two.learner, {}))[0]["sigmoids_points"].shape == (0, 2, 4)
    value = {
        "data": {"kind": "drawn"},
        "model": {"family": "neuron", "unit": "perceptron"},
        "training": {"batch_size": 1},
    }
    from nnlab.analysis.neuron.rows import perceptron

    assert perceptron(start(experiment(value)).learner, {})["perceptron"][8] == 0


def test_the_view_is_never_wider_or_narrower_than_it_may():
    run = line()
    widths = [float(np.ptp(bowl_of(run, zoom=z)["bowl_axes"][:2])) for z in (1, 2, 1e9, "x")]
    assert widths[1] == pytest.approx(2 * widths[0]) and widths[2] == pytest.approx(20 * widths[0], rel=1e-5)
    assert widths[3] == widths[0]
    assert patch(run.experiment, {"model.scaled": True}).model.scaled


def test_a_bowl_over_many_points_is_exact_and_comes_in_slices():
    run = line(data={"samples": 500})
    found, slices = finished(bowl(run.learner, {}))
    assert len(slices) > 5
    x, y = run.learner.parts["train"]
    a0, a1, b0, b1 = found["bowl_axes"].astype(float)
    for i, j in [(0, 0), (44, 10), (60, 60)]:
        at = np.array([a0 + (a1 - a0) * j / 60, b0 + (b1 - b0) * i / 60])
        assert found["bowl"][i, j] == pytest.approx(np.square(x @ at - y).mean(), rel=1e-5)
    again, slices = finished(bowl(run.learner, {}))
    assert slices == [] and np.array_equal(again["bowl"], found["bowl"]), "kept until something changes"


def test_the_costs_of_rows_are_exact_where_those_of_a_long_path_are_taken_on_a_sample():
    data = {"kind": "gaussians", "samples": 5_000, "train_share": 90, "noise": 40}
    run = start(experiment({"data": data, "model": {"family": "neuron"}, "training": {"batch_size": 10}}))
    advance(run, steps=600)
    found = neuron_rows(run.learner, {})
    assert found["neuron_costs"][run.learner.lead] == pytest.approx(run.learner.evaluate("train")["loss"], rel=1e-6)
    assert found["neuron_trace_costs"][-1] == pytest.approx(found["neuron_costs"], rel=0.2)
