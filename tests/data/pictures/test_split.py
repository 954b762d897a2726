"""The split by name: no name on both sides, no class missing, the share and the number of samples as asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.data.pictures.split import Named, cut, each_its_own

counts = st.lists(st.integers(1, 9), min_size=2, max_size=40).map(np.array)
classes = st.lists(counts.map(lambda count: Named(count, count)), min_size=2, max_size=6)
styles = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1)), min_size=3, max_size=40).map(np.array)


@given(classes, st.integers(10, 90), st.integers(0, 5))
def test_each_name_is_on_one_side_and_all_pictures_are_used(named, share, seed):
    total = sum(int(one.trains.sum()) for one in named)
    for one, found in zip(named, cut(named, total, share, seed), strict=True):
        assert sorted([*found.train_names, *found.test_names]) == list(range(len(one.trains)))
        assert found.n_train == one.trains[found.train_names].sum() > 0
        assert found.n_test == one.tests[found.test_names].sum() > 0


@given(classes, st.integers(10, 90), st.integers(0, 5))
def test_the_share_is_met_as_nearly_as_whole_names_allow(named, share, seed):
    for one, found in zip(named, cut(named, 10**6, share, seed), strict=True):
        wanted = one.tests.sum() * (100 - share) / 100
        assert found.n_test < wanted + one.tests.max() or len(found.test_names) == 1
        assert found.n_test >= wanted - 1e-6 or len(found.train_names) == 1


@given(classes, st.integers(4, 300), st.integers(10, 90))
def test_fewer_samples_are_taken_from_all_classes_in_proportion(named, samples, share):
    total = sum(int(one.trains.sum()) for one in named)
    for one, found in zip(named, cut(named, samples, share, 0), strict=True):
        exact = one.trains.sum() * min(1, samples / total)
        taken = found.n_train + found.n_test
        assert found.n_train >= 1 and found.n_test >= 1
        assert abs(taken - max(exact, 2)) <= 2


@given(styles, st.integers(10, 90), st.integers(0, 5))
def test_where_some_pictures_only_train_and_others_only_test_either_is_used_on_its_side_only(pairs, share, seed):
    named = Named(pairs[:, 0], pairs[:, 1])
    able = [i for i in range(len(pairs)) if pairs[i, 1]]
    if not any(pairs[j, 0] and i != j for i in able for j in range(len(pairs))):
        with pytest.raises(ValueError, match="two names"):
            cut([named], 10**6, share, seed)
        return
    (found,) = cut([named], 10**6, share, seed)
    assert set(found.train_names).isdisjoint(found.test_names)
    assert (named.tests[found.test_names] > 0).all() and (named.trains[found.train_names] > 0).all()
    assert (found.n_train, found.n_test) == (named.trains[found.train_names].sum(), named.tests[found.test_names].sum())


def test_a_known_split():
    (found,) = cut([each_its_own(10)], 10, 80, 0)
    assert (found.n_train, found.n_test, len(found.train_names), len(found.test_names)) == (8, 2, 8, 2)


def test_another_share_moves_only_the_names_between_the_two_cuts():
    (few,), (many,) = (cut([each_its_own(50)], 50, share, 3) for share in (80, 60))
    assert set(few.test_names) < set(many.test_names)


def test_a_class_of_one_name_cannot_be_split():
    with pytest.raises(ValueError, match="two names"):
        cut([each_its_own(1)], 10, 80, 0)
