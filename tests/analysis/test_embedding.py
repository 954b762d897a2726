"""Principal components beside numpy's singular values, t-SNE and k-means beside scikit-learn, indices beside its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import squareform
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, _t_sne, trustworthiness
from sklearn.metrics import adjusted_rand_score
from sklearn.metrics.cluster import contingency_matrix

from nnlab.analysis.embedding.clusters import agreement, clustered, moved, purity
from nnlab.analysis.embedding.components import components, first_two
from nnlab.analysis.embedding.tsne import began, similarities, squared, tsne


def done(work: Any) -> Any:
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


@pytest.fixture(scope="module")
def digits() -> Any:
    return load_digits(return_X_y=True)[0][:200]


@pytest.mark.parametrize(("n", "d"), [(40, 700), (60, 12), (5, 3)])
def test_components_are_those_of_a_singular_value_decomposition_up_to_the_sign(n: int, d: int) -> None:
    examples = np.random.default_rng(n).normal(size=(n, d)) * np.linspace(0.1, 3, d) + 5
    found = done(components(examples.astype(np.float32)))
    centred = examples - examples.mean(0)
    left, values, _ = np.linalg.svd(centred, full_matrices=False)
    rank = min(n - 1, d)
    assert found.scores.shape == (n, rank)
    expected = left[:, :rank] * values[:rank]
    expected *= np.sign(expected[np.abs(expected).argmax(0), np.arange(rank)])
    assert found.scores == pytest.approx(expected, abs=2e-4 * np.abs(expected).max())
    assert found.share == pytest.approx(PCA(rank).fit(examples).explained_variance_ratio_, abs=1e-5)
    assert squared(found.scores) == pytest.approx(squared(centred), abs=1e-3 * squared(centred).max())


def test_examples_that_are_all_the_same_differ_in_no_direction() -> None:
    found = done(components(np.full((6, 9), 3.5, np.float32)))
    assert found.scores.shape == (6, 0) and found.share.shape == (0,)
    assert not first_two(found.scores).any()
    assert not done(clustered(found.scores, 3, 0)).any()


def test_similarities_are_those_of_scikit_learn(digits: Any) -> None:
    distances = squared(digits)
    expected = squareform(_t_sne._joint_probabilities(distances.astype(np.float32), 20.0, 0))
    assert done(similarities(distances, 20.0)) == pytest.approx(expected, rel=1e-3, abs=1e-9)


def test_each_update_of_t_sne_is_that_of_scikit_learn(digits: Any) -> None:
    near = done(similarities(squared(digits), 20.0))
    start = began(
        done(components(digits)).scores, 0
    )  # what rounding does to it grows: later both are as good, and not the same
    expected, _, _ = _t_sne._gradient_descent(
        _t_sne._kl_divergence,
        start.ravel().copy(),
        it=0,
        max_iter=30,
        momentum=0.5,
        learning_rate=max(len(digits) / 12 / 4, 50),
        args=[squareform(near, checks=False) * 12, 1, len(digits), 2],
        n_iter_without_progress=250,
    )
    found, _ = done(tsne(near, start, 30))
    assert np.abs(found).max() > 100 * np.abs(start).max()
    assert found == pytest.approx(expected.reshape(-1, 2), abs=1e-6 * np.abs(expected).max())


def test_where_t_sne_ends_it_is_as_good_as_scikit_learn_and_the_same_for_the_same_start(digits: Any) -> None:
    start = began(done(components(digits)).scores, 0)
    reference = TSNE(method="exact", init=start.copy(), perplexity=20, max_iter=500)
    theirs = reference.fit_transform(digits)
    near = done(similarities(squared(digits), 20.0))
    ours, divergence = done(tsne(near, start, 500))
    assert divergence == pytest.approx(reference.kl_divergence_, rel=0.1)
    assert trustworthiness(digits, ours) > trustworthiness(digits, theirs) - 0.01
    again, _ = done(tsne(near, start, 500))
    assert (again == ours).all()


def test_the_first_picture_of_t_sne_is_pca_or_where_there_is_nothing_to_see_noise() -> None:
    flat = began(np.zeros((8, 0)), 3)
    assert flat.std(0).min() > 0 and (flat == began(np.zeros((8, 0)), 3)).all()
    line = began(np.arange(8.0)[:, None] - 3.5, 3)
    assert line[:, 0].std() == pytest.approx(1e-4)
    assert 0 < line[:, 1].std() < 0.1 * line[:, 0].std()


def test_from_the_same_means_the_clusters_are_those_of_scikit_learn(digits: Any) -> None:
    begin = digits[:10].copy()
    groups, spread = done(moved(digits, begin))
    reference = KMeans(10, init=begin, n_init=1, tol=0).fit(digits)
    assert adjusted_rand_score(reference.labels_, groups) == 1
    assert spread == pytest.approx(reference.inertia_, rel=1e-6)


def test_the_tightest_of_ten_starts_is_as_tight_as_that_of_scikit_learn(digits: Any) -> None:
    groups = done(clustered(digits, 10, 4))
    spread = sum(((digits[groups == c] - digits[groups == c].mean(0)) ** 2).sum() for c in range(10))
    assert spread < 1.03 * KMeans(10, n_init=10, random_state=0).fit(digits).inertia_
    sizes = np.bincount(groups)
    assert len(sizes) == 10 and (np.diff(sizes) <= 0).all()
    assert (groups == done(clustered(digits, 10, 4))).all()


def test_a_mean_without_points_is_given_the_furthest() -> None:
    points = np.array([[0.0], [0.1], [5.0], [9.0]])
    groups, _ = done(moved(points, np.array([[0.0], [100.0], [200.0]])))
    assert len(set(groups)) == 3


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=40))
def test_purity_and_the_adjusted_rand_index_are_scikit_learns(pairs: list[tuple[int, int]]) -> None:
    clusters, classes = (np.array(column) for column in zip(*pairs, strict=True))
    assert agreement(clusters, classes) == pytest.approx(adjusted_rand_score(classes, clusters), abs=1e-9)
    table = contingency_matrix(classes, clusters)
    assert purity(clusters, classes) == pytest.approx(table.max(0).sum() / len(classes))
