"""Each pattern against its own equation, TensorFlow Playground's rule or scikit-learn's generator."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import make_moons

from nnlab.core.registries import DATASETS
from nnlab.core.rng import stream
from nnlab.data.points.blobs import centres
from nnlab.data.points.multi_gaussian import TOPS, height


def loaded(kind, **fields):
    return DATASETS.load(kind)(kind=kind, **fields).load()


def drawn(kind, n, noise, **fields):
    return DATASETS.load(kind)(kind=kind, **fields).draw(n, noise, stream(0, "test"))


def test_the_circle_is_a_disc_inside_a_ring():
    data = loaded("circle", samples=2000)
    radius = np.hypot(*data.inputs.T)
    assert radius[data.targets == 1].max() <= 2.5
    assert 3.5 - 1e-5 <= radius[data.targets == 0].min() <= radius[data.targets == 0].max() <= 5 + 1e-5


def test_the_label_of_xor_is_the_sign_of_x_times_y():
    data = loaded("xor", samples=2000)
    assert np.array_equal(data.targets, (data.inputs.prod(axis=1) >= 0).astype(np.float32))
    assert 0.3 <= np.abs(data.inputs).min() <= np.abs(data.inputs).max() <= 5.3 + 1e-5


@pytest.mark.parametrize(("noise", "variance"), [(0, 0.5), (25, 2.25), (50, 4.0)])
def test_the_variance_of_the_gaussians_is_that_of_tensorflow_playground(noise, variance):
    x, y = drawn("gaussians", 20_000, noise / 100)
    for label, centre in ((1, 2.0), (0, -2.0)):
        cloud = x[y == label]
        assert cloud.mean(axis=0) == pytest.approx([centre, centre], abs=0.1)
        assert cloud.var(axis=0) == pytest.approx([variance, variance], rel=0.05)


@pytest.mark.parametrize("n", [10, 11, 500])
def test_the_spirals_follow_their_equation(n):
    data = loaded("spiral", samples=n)
    for label, turn in ((1, 0.0), (0, np.pi)):
        x = data.inputs[data.targets == label].astype(float)
        r = np.hypot(*x.T)
        angle = 1.75 * 2 * np.pi * r / 5 + turn
        assert np.allclose(x, np.stack([r * np.sin(angle), r * np.cos(angle)], axis=1), atol=1e-4)
        assert r == pytest.approx(5 * np.arange(len(r)) / (n / 2), abs=1e-5)


@pytest.mark.parametrize("arms", [2, 3, 5])
def test_the_arms_are_one_spiral_turned(arms):
    data = loaded("arms", samples=100 * arms, n_classes=arms, turns=1.5)
    first = data.inputs[data.targets == 0]
    for arm in range(arms):
        angle = 2 * np.pi * arm / arms
        turned = first @ np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        assert np.allclose(data.inputs[data.targets == arm], turned, atol=1e-4)


@pytest.mark.parametrize("n", [10, 11, 200])
def test_the_moons_are_those_of_scikit_learn_enlarged(n):
    data = loaded("moons", samples=n)
    x, y = make_moons(((n + 1) // 2, n // 2), shuffle=False)
    for label in (0, 1):
        assert np.allclose(data.inputs[data.targets == label], (x[y == label] - [0.5, 0.25]) * 3, atol=1e-5)


def test_the_noise_of_the_moons_is_that_of_scikit_learn():
    clean, y = drawn("moons", 5000, 0.0)
    noisy, _ = drawn("moons", 5000, 0.2)
    ours = (noisy - clean).std() / 3
    sklearn_clean = make_moons(5000, shuffle=False)[0]
    theirs = (make_moons(5000, shuffle=False, noise=0.2, random_state=0)[0] - sklearn_clean).std()
    assert ours == pytest.approx(theirs, rel=0.05)
    assert y.mean() == pytest.approx(0.5)


@pytest.mark.parametrize("cells", [2, 3, 4, 8])
def test_the_label_of_the_checkerboard_is_the_parity_of_its_cell(cells):
    data = loaded("checkerboard", samples=2000, cells=cells)
    column, row = np.floor((data.inputs.T.astype(float) + 6) / (12 / cells))
    assert np.array_equal(data.targets, (column + row) % 2)


@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_the_blobs_have_the_moments_of_make_blobs_with_these_centres(n_classes):
    from sklearn.datasets import make_blobs

    x, y = drawn("blobs", 20_000, 0.25, n_classes=n_classes)
    theirs, labels = make_blobs(20_000, centers=centres(n_classes), cluster_std=1.2, random_state=0)
    for label in range(n_classes):
        assert x[y == label].mean(axis=0) == pytest.approx(theirs[labels == label].mean(axis=0), abs=0.1)
        assert x[y == label].std(axis=0) == pytest.approx(theirs[labels == label].std(axis=0), rel=0.05)


def test_the_plane_rises_by_a_tenth_of_x_plus_y():
    data = loaded("plane", samples=2000)
    assert np.allclose(data.targets, data.inputs.sum(axis=1) / 10, atol=1e-6)


def test_the_six_tops_have_height_one_and_their_sign():
    assert np.allclose(height(TOPS[:, :2]), TOPS[:, 2])
    assert np.allclose(height(TOPS[:, :2] + [1.0, 0.0]), TOPS[:, 2] / 2)
    assert np.allclose(height(np.array([[2.0, 0.0], [-6, 6], [0, 0]])), 0)


def test_the_targets_of_multi_gaussian_are_the_heights():
    data = loaded("multi_gaussian", samples=2000)
    slow = []
    for x, y in data.inputs.astype(float):
        best = 0.0
        for cx, cy, sign in TOPS:  # TensorFlow Playground's loop, word by word
            label = sign * min(max(1 - np.hypot(x - cx, y - cy) / 2, 0), 1)
            best = label if abs(label) > abs(best) else best
        slow.append(best)
    assert np.allclose(data.targets, slow, atol=1e-5)


def test_a_point_above_the_curve_is_class_one():
    data = loaded("formula", samples=2000, f="x^3/20 - sin(x)")
    x, y = data.inputs.T.astype(float)
    gap = y - (x**3 / 20 - np.sin(x))
    clear = np.abs(gap) > 1e-4
    assert np.array_equal(data.targets[clear], (gap[clear] > 0).astype(np.float32))


def test_a_surface_is_scaled_by_its_largest_value_and_says_so():
    data = loaded("formula_surface", samples=2000, f="3*x*y + 4")
    x, y = data.inputs.T.astype(float)
    assert data.answer.scale.factor == pytest.approx(3 * 36 + 4)
    assert np.allclose(data.answer.scale.real(data.targets.astype(float)), 3 * x * y + 4, atol=1e-3)
    assert data.answer.name == "3*x*y + 4"


def test_a_surface_of_zero_and_one_with_a_pole_stay_finite():
    assert np.array_equal(loaded("formula_surface", f="0").targets, np.zeros(500))
    assert np.abs(loaded("formula_surface", f="1/x").targets).max() <= 1


@pytest.mark.parametrize("kind", ["circle", "xor", "checkerboard", "formula"])
def test_noise_swaps_labels_and_leaves_the_points_where_they_were(kind):
    clean, noisy = loaded(kind, samples=2000), loaded(kind, samples=2000, noise=30)
    swapped = (clean.targets != noisy.targets).mean()
    assert np.array_equal(clean.inputs, noisy.inputs)
    assert 0.01 < swapped < 0.4


@pytest.mark.parametrize("kind", ["gaussians", "spiral", "moons", "blobs", "arms"])
def test_more_noise_moves_the_same_points_further(kind):
    clean, some, more = (drawn(kind, 500, noise)[0] for noise in (0.0, 0.1, 0.2))
    reach = [np.linalg.norm(x - clean, axis=1) for x in (some, more)]
    if kind in ("spiral", "arms", "moons"):
        assert np.allclose(reach[1], 2 * reach[0])
    assert reach[1].mean() > reach[0].mean() > 0
