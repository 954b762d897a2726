"""Planes in weight space against scikit-learn and the definition of filter normalisation."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA

from nnlab.analysis.weights import planes
from nnlab.analysis.weights.planes import path_plane, planing, products, random_plane
from nnlab.core.rng import stream
from nnlab.families.learner import Block
from tests.studies import finished


def rows_of(flat, block):
    """The rows of one weight matrix (fan_out, fan_in)."""
    return np.stack([flat[block.start + i * block.stride :][: block.fan_in] for i in range(block.fan_out)])


def test_every_row_of_a_random_direction_is_as_long_as_the_weights_that_it_moves(trained):
    run = trained((5, "tanh"), (3, "relu"))
    origin = run.learner.flat.numpy().astype(np.float64)
    plane = random_plane(origin, run.learner.blocks, seed=4)
    for direction in (plane.first, plane.second):
        for block in run.learner.blocks:
            wanted = np.linalg.norm(rows_of(origin, block), axis=1)
            assert np.allclose(np.linalg.norm(rows_of(direction, block), axis=1), wanted, rtol=1e-6)


@pytest.mark.parametrize("bias", [0, 1])
def test_a_layer_of_many_rows_is_scaled_at_once_and_each_row_as_the_definition_says(monkeypatch, bias):
    stride, start, n = 3 + bias, 7, 5_000
    block = Block("wide", 3, n, start, stride, start + 3 if bias else start + 3 * n, stride if bias else 1, "relu")
    origin = np.random.default_rng(2).standard_normal(start + n * stride + 5)
    rng = stream(4, "landscape")
    drawn = [rng.standard_normal(len(origin)) for _ in range(2)]
    calls, norm = [], np.linalg.norm
    monkeypatch.setattr(np.linalg, "norm", lambda *given, **more: calls.append(1) or norm(*given, **more))
    plane = random_plane(origin, (block,), seed=4)
    assert len(calls) <= 4, "a slice of a worker's time has room for a few calls, not for one a row"
    for found, direction in zip((plane.first, plane.second), drawn, strict=True):
        wanted = np.zeros_like(origin)
        for row in range(n):
            part = slice(start + row * stride, start + row * stride + 3)
            wanted[part] = direction[part] * norm(origin[part]) / (norm(direction[part]) + 1e-10)
        assert np.allclose(found, wanted, rtol=1e-12, atol=0)


def test_biases_and_norms_stay_where_they_are_on_a_random_plane(trained):
    run = trained((4, "tanh"), model={"norm": "batch"})
    plane = random_plane(run.learner.flat.numpy().astype(np.float64), run.learner.blocks, seed=0)
    weights = run.learner.mask.numpy() > 0
    for direction in (plane.first, plane.second):
        assert direction[weights].all()
        assert not direction[~weights].any()


def test_the_same_seed_gives_the_same_plane_and_another_one_another(trained):
    run = trained((4, "tanh"))
    origin = run.learner.flat.numpy().astype(np.float64)
    first, same, other = (random_plane(origin, run.learner.blocks, seed=s).first for s in (1, 1, 2))
    assert np.array_equal(first, same)
    assert not np.allclose(first, other)


def test_the_path_plane_is_the_principal_plane_of_the_path_seen_from_its_end():
    rng = np.random.default_rng(0)
    path = np.cumsum(rng.normal(size=(60, 40)) * np.linspace(3, 0.1, 40), 0)
    plane = path_plane(path[-1], path)
    # scikit-learn subtracts the mean; a path and its mirror image about the end have the end as their mean.
    mirrored = np.concatenate([path, 2 * path[-1] - path])
    oracle = PCA(2).fit(mirrored)
    for direction, component in zip((plane.first, plane.second), oracle.components_, strict=True):
        assert abs(direction @ component) == pytest.approx(1, abs=1e-9)
    assert plane.explained == pytest.approx(tuple(oracle.explained_variance_ratio_), abs=1e-9)
    found, wanted = plane.coordinates(path), oracle.transform(path)
    signs = np.sign(found[0] * wanted[0])
    assert np.allclose(found, wanted * signs, atol=1e-8)


@pytest.mark.parametrize("points", [1, 2, 3])
def test_a_path_that_spans_no_plane_is_filled_up_with_orthogonal_directions(points):
    path = np.outer(np.arange(points), [1.0, 2.0, 2.0])
    plane = path_plane(path[-1], path)
    basis = np.stack([plane.first, plane.second])
    assert np.allclose(basis @ basis.T, np.eye(2), atol=1e-9)
    assert plane.explained == pytest.approx((1.0, 0.0) if points > 1 else (0.0, 0.0))


def test_coordinates_are_those_of_the_nearest_point_even_where_directions_are_not_orthogonal(trained):
    run = trained((4, "tanh"))
    plane = random_plane(run.learner.flat.numpy().astype(np.float64), run.learner.blocks, seed=0)
    places = np.array([[0.3, -1.2], [2.0, 0.5]])
    weights = plane.points(places[:, 0], places[:, 1])
    assert np.allclose(plane.coordinates(weights), places, atol=1e-9)
    aside = np.random.default_rng(1).normal(size=weights.shape)
    basis = np.stack([plane.first, plane.second], 1)
    aside -= aside @ basis @ np.linalg.inv(basis.T @ basis) @ basis.T
    assert np.allclose(plane.coordinates(weights + aside), places, atol=1e-9)


def test_a_network_of_a_single_weight_has_a_line_for_a_plane():
    plane = path_plane(np.array([2.0]), np.array([[1.0], [2.0]]))
    assert abs(plane.first[0]) == pytest.approx(1)
    assert plane.second[0] == 0
    assert np.allclose(plane.coordinates(np.array([[5.0]])), [[3.0 * plane.first[0], 0.0]])


def test_products_in_slices_give_the_same_plane(monkeypatch):
    monkeypatch.setattr(planes, "AT_ONCE", 1_000)
    path = np.random.default_rng(3).standard_normal((12, 400))
    gram, told = finished(products(path - path[-1]))
    assert np.allclose(gram, (path - path[-1]) @ (path - path[-1]).T) and len(told) > 40
    whole, sliced = path_plane(path[-1], path), finished(planing(path[-1], path - path[-1], gram))[0]
    assert np.allclose(whole.first, sliced.first) and np.allclose(whole.second, sliced.second)


@pytest.mark.parametrize(
    "second", [[0.0, 2.0, 0.0], [1.0, 1e-3, 0.0], [0.0, 0.0, 0.0]], ids=["square", "narrow", "line"]
)
def test_the_coordinates_are_those_of_least_squares(second):
    plane = planes.Plane(np.ones(3), np.array([1.0, 0.0, 0.0]), np.array(second))
    weights = np.random.default_rng(5).standard_normal((4, 3))
    basis = np.stack([plane.first, plane.second], 1)
    wanted = np.linalg.lstsq(basis, (weights - plane.origin).T, rcond=None)[0].T
    assert np.allclose(plane.coordinates(weights), wanted, rtol=1e-6, atol=1e-9)
