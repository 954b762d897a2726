"""Curvature against autograd's whole Hessian in float64 and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.linalg import LinearOperator, eigsh

from nnlab.analysis.weights import hessian as module
from nnlab.analysis.weights.hessian import hessian, product, top_eigenvalues
from nnlab.core.errors import Refused
from nnlab.families.readings import Generative
from nnlab.families.sampling import sample
from tests.studies import finished


def whole(run):
    """The Hessian of torch.nn.functional's loss of a tanh network, by torch.autograd.functional."""
    points = torch.tensor(run.data.inputs[~run.data.is_test]).double()
    labels = torch.tensor(run.data.targets[~run.data.is_test]).double()

    def loss(flat):
        a, squares = points, 0.0
        for block in run.learner.blocks:
            rows = flat[block.start : block.start + block.fan_out * block.stride].view(block.fan_out, block.stride)
            squares = squares + rows[:, :-1].square().sum()
            a = a @ rows[:, :-1].t() + rows[:, -1]
            if block is not run.learner.blocks[-1]:
                a = torch.tanh(a)
        data = torch.nn.functional.binary_cross_entropy_with_logits(a[:, 0], labels)
        return data + run.experiment.training.l2 / 2 * squares

    return torch.autograd.functional.hessian(loss, run.learner.flat.double()), loss


@pytest.mark.parametrize("layers", [[(4, "tanh"), (2, "tanh")], [(16, "tanh"), (12, "tanh")]])
@pytest.mark.parametrize("l2", [0.0, 0.1])
def test_the_top_eigenvalues_are_those_of_the_whole_hessian(trained, layers, l2):
    run = trained(*layers, steps=150, l2=l2)
    matrix, _ = whole(run)
    wanted = np.sort(np.linalg.eigvalsh(matrix.numpy()))[::-1][:5]
    found, told = finished(hessian(run, {"count": 5}))
    assert np.allclose(found["eigenvalues"], wanted, rtol=1e-5, atol=1e-7)
    assert found["limit"][0] == pytest.approx(2 / wanted[0], rel=1e-5)
    assert min(told) >= 0 and max(told) <= 1


def test_iterating_finds_the_top_of_the_whole_hessian(trained):
    run = trained((24, "tanh"), (16, "tanh"), steps=100)
    objective, flat = run.learner.objective(), run.learner.flat.double()
    matrix, _ = whole(run)
    wanted = np.sort(np.linalg.eigvalsh(matrix.numpy()))[::-1][:5]
    found, told = finished(top_eigenvalues([objective], flat, 5))
    assert len(flat) > module.FULL
    assert np.allclose(np.sort(found)[::-1], wanted, rtol=1e-5)
    assert told == sorted(told) and told[0] == 0 and told[-1] < 1


@pytest.mark.parametrize("basis", [12, 40])
def test_they_are_those_that_arpack_finds(trained, monkeypatch, basis):
    monkeypatch.setattr(module, "BASIS", basis)
    monkeypatch.setattr(module, "RESTARTS", 40)
    run = trained((32, "tanh"), (24, "tanh"), steps=200, l2=0.001)
    objective, flat = run.learner.objective(), run.learner.flat.double()
    times = [0]

    def multiplied(vector):
        times[0] += 1
        return product(objective, flat, torch.tensor(vector)).numpy()

    matrix = LinearOperator((len(flat),) * 2, matvec=multiplied, dtype=np.float64)
    wanted = np.sort(eigsh(matrix, k=5, which="LA", ncv=basis, tol=1e-9, return_eigenvectors=False))
    found, told = finished(top_eigenvalues([objective], flat, 5))
    assert np.allclose(found, wanted, rtol=1e-6)
    assert len(told) <= times[0] * 1.2, "with about as many products"


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), count=st.integers(1, 10), lowest=st.sampled_from([-2.0, -0.01, 0.0]))
def test_any_spectrum_is_found_from_its_upper_end(seed, count, lowest):
    rng = np.random.default_rng(seed)
    values = np.sort(np.concatenate([rng.uniform(lowest, 0.1, 240), rng.uniform(0.2, 3.0, 12)]))
    turned = np.linalg.qr(rng.standard_normal((252, 252)))[0]
    matrix = torch.tensor(turned * values @ turned.T)
    found, _ = finished(top_eigenvalues([lambda w: w @ (matrix @ w) / 2], torch.zeros(252, dtype=torch.float64), count))
    assert np.allclose(found, values[-count:], rtol=1e-6)


def test_between_two_products_others_may_have_the_processor(trained, monkeypatch):
    run = trained((24, "tanh"), (16, "tanh"), steps=100)
    products = []
    monkeypatch.setattr(module, "product", lambda *a: products.append(1) or product(*a))
    objective, flat = run.learner.objective(), run.learner.flat.double()
    study, last = top_eigenvalues([objective], flat, 3), 0
    for _ in study:
        assert len(products) == last + 1  # one at a time, and none twice
        last += 1
    assert last < 200


def test_eigenvalues_that_do_not_settle_are_told_as_far_as_they_are_known(monkeypatch):
    monkeypatch.setattr(module, "RESTARTS", 1)
    values = torch.linspace(0, 1, 2000, dtype=torch.float64)
    found, _ = finished(
        top_eigenvalues([lambda w: (values * w * w).sum() / 2], torch.zeros(2000, dtype=torch.float64), 3)
    )
    assert found[-1] == pytest.approx(1, abs=0.01) and len(found) == 3


def test_parts_of_the_examples_add_up_to_the_whole(trained, monkeypatch):
    run = trained((20, "tanh"), (10, "tanh"), steps=100, data={"samples": 500}, l2=0.02)
    at_once, _ = finished(hessian(run, {}))
    monkeypatch.setattr(module, "AT_ONCE", 1)  # as few examples as ever
    assert len(module.parts_of(run, 1_000, 0)[0]) == 4
    in_parts, _ = finished(hessian(run, {}))
    for name in ("eigenvalues", "limit", "sharpness"):
        assert np.allclose(at_once[name], in_parts[name], rtol=1e-5)


def test_of_too_many_examples_a_sample_stands_for_all(trained, monkeypatch):
    run = trained((4, "tanh"), (3, "tanh"), steps=100, data={"samples": 500}, l2=0.02)
    monkeypatch.setattr(module, "AT_ONCE", 1)
    monkeypatch.setattr(module, "MOST_PARTS", 2)
    found, _ = finished(hessian(run, {"count": 3}))
    rows = sample(run.learner, "train", 2 * module.FEWEST)
    assert found["examples"].tolist() == [len(rows), 250] == [128, 250]
    objective = run.learner.objective()
    matrix = torch.autograd.functional.hessian(lambda w: objective(w, rows) * 250 / 128, run.learner.flat.double())
    assert np.allclose(found["eigenvalues"], torch.linalg.eigvalsh(matrix).flip(0)[:3], rtol=1e-4)


def test_a_product_with_the_hessian_is_the_matrix_times_the_vector(trained):
    run = trained((6, "tanh"), (3, "tanh"), l2=0.05)
    matrix, _ = whole(run)
    vector = torch.randn(len(matrix), dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(
        product(run.learner.objective(), run.learner.flat.double(), vector), matrix @ vector, atol=1e-9
    )


def test_the_objective_is_the_training_loss_with_its_penalty(trained):
    run = trained((6, "tanh"), (3, "tanh"), l2=0.05)
    _, loss = whole(run)
    flat = run.learner.flat.double()
    assert float(run.learner.objective()(flat)) == pytest.approx(float(loss(flat)), abs=1e-12)
    w = flat.clone().requires_grad_()
    (found,) = torch.autograd.grad(run.learner.objective()(w), w)
    (wanted,) = torch.autograd.grad(loss(w), w)
    assert torch.allclose(found, wanted, atol=1e-10)


@pytest.mark.parametrize("model", [{"norm": "batch"}, {"norm": "layer", "skip": True}, {"dropout": 0.3}])
def test_the_objective_of_other_networks_is_the_loss_that_evaluate_tells(trained, model):
    run = trained((4, "gelu"), (4, "tanh"), model=model, steps=60)
    found = float(run.learner.objective()(run.learner.flat.double()))
    assert found == pytest.approx(run.learner.evaluate("train")["loss"], abs=1e-5)


def test_sharpness_is_the_rise_one_step_up_the_gradient(trained):
    run = trained((5, "tanh"), steps=100)
    _, loss = whole(run)
    w = run.learner.flat.double().requires_grad_()
    value = loss(w)
    (gradient,) = torch.autograd.grad(value, w)
    wanted = (loss(w + 0.05 * gradient / gradient.norm()) - value).item()
    found, _ = finished(hessian(run, {}))
    assert found["sharpness"][0] == pytest.approx(wanted, rel=1e-5)


def test_gradient_descent_is_stable_below_the_limit_and_diverges_above_it(trained):
    run = trained(steps=0, data={"kind": "plane"}, loss="mse")  # no hidden layer: the loss is a quadratic
    found, _ = finished(hessian(run, {}))
    limit, objective = float(found["limit"][0]), run.learner.objective()
    lengths = []
    for factor in (0.95, 1.05):
        w = torch.randn(len(run.learner.flat), dtype=torch.float64, generator=torch.Generator().manual_seed(1))
        for _ in range(400):
            w = w.detach().requires_grad_()
            w = w - factor * limit * torch.autograd.grad(objective(w), w)[0]
        lengths.append(w.detach().norm().item())
    assert lengths[0] < 10 and lengths[1] > 1e6


def test_a_matrix_with_repeated_and_negative_eigenvalues_is_seen_through():
    values = torch.tensor([3.0, 3.0, 3.0, 1.0, 0.0, -5.0, *([0.5] * 294)], dtype=torch.float64)
    found, _ = finished(
        top_eigenvalues([lambda w: (values * w * w).sum() / 2], torch.zeros(300, dtype=torch.float64), 3)
    )
    assert found[-1] == pytest.approx(3.0, abs=1e-6)


def test_a_flat_loss_has_no_limit(trained):
    run = trained((3, "relu"), steps=0, model={"init": "zeros"}, data={"kind": "plane"}, loss="mae")
    found, _ = finished(hessian(run, {}))
    assert found["eigenvalues"][0] <= 1e-6 or np.isfinite(found["limit"][0])
    straight, _ = finished(top_eigenvalues([lambda w: w.sum()], torch.zeros(300, dtype=torch.float64), 2))
    assert not np.any(straight)


@pytest.mark.parametrize(("count", "sentence"), [(0, "count must be from 1 to 10"), ("x", "got x"), (11, "got 11")])
def test_a_count_that_makes_no_sense_is_refused(trained, count, sentence):
    with pytest.raises(Refused, match=sentence):
        finished(hessian(trained((3, "tanh"), steps=5), {"count": count}))


def test_weights_that_are_no_longer_numbers_get_a_sentence(trained):
    run = trained((3, "tanh"), steps=5)
    with torch.inference_mode():
        run.learner.flat[0] = torch.inf
    with pytest.raises(Refused, match="Go back to the last good step"):
        finished(hessian(run, {}))


def test_a_family_without_such_a_function_says_so(trained, monkeypatch):
    run = trained((3, "tanh"), steps=5)
    monkeypatch.setattr(module, "Smooth", Generative)  # a protocol that a perceptron has not
    with pytest.raises(Refused, match="second derivatives"):
        finished(hessian(run, {}))


def test_differences_of_gradients_are_the_product_in_two_calls(trained):
    run = trained((20, "tanh"), (10, "tanh"), steps=100, l2=0.01)
    objective, flat = run.learner.objective(), run.learner.flat.double()
    vector = 30 * torch.randn(len(flat), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    terms = list(module.differences(objective, flat, vector))
    wanted = product(objective, flat, vector)
    assert len(terms) == 2
    torch.testing.assert_close(sum(terms), wanted, rtol=1e-6, atol=1e-8 * float(wanted.abs().max()))


def test_halves_are_the_product_in_two_slices(trained):
    run = trained((20, "tanh"), (10, "relu"), steps=100, l2=0.01)
    objective, flat = run.learner.objective(), run.learner.flat.double()
    vector = torch.randn(len(flat), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    first, second = module.halves(objective, flat, vector)
    assert first is None
    torch.testing.assert_close(second, product(objective, flat, vector), rtol=1e-12, atol=1e-12)
    (straight,) = (term for term in module.halves(lambda w: w.sum(), flat, vector) if term is not None)
    assert not straight.any()


def test_a_large_basis_is_worked_through_in_pieces_with_the_same_result(trained, monkeypatch):
    run = trained((24, "tanh"), (16, "tanh"), steps=100)
    objective, flat = run.learner.objective(), run.learner.flat.double()
    monkeypatch.setattr(module, "BASIS", 12)
    at_once, told = finished(top_eigenvalues([objective], flat, 5))
    monkeypatch.setattr(module, "LONG", 100)
    basis = torch.zeros(12, len(flat))
    monkeypatch.setattr(module, "_pieces", lambda basis: [slice(at, at + 100) for at in range(0, len(flat), 100)])
    in_pieces, more = finished(top_eigenvalues([objective], flat, 5))
    assert np.allclose(at_once, in_pieces, rtol=1e-6)
    assert len(more) > 10 * len(told)
    monkeypatch.undo()
    monkeypatch.setattr(module, "ROOM", 12 * 7)
    pieces = module._pieces(basis)
    assert torch.cat([torch.arange(len(flat))[piece] for piece in pieces]).tolist() == list(range(len(flat)))
    assert max(basis[:, piece].numel() for piece in pieces) == 12 * 7


@pytest.mark.parametrize("size", [1, 3, 12])
def test_of_few_parameters_all_eigenvalues_are_found(size):
    values = torch.linspace(-1, 2, size, dtype=torch.float64)
    found, _ = finished(
        top_eigenvalues([lambda w: (values * w * w).sum() / 2], torch.zeros(size, dtype=torch.float64), size)
    )
    assert np.allclose(found, values, atol=1e-9)
