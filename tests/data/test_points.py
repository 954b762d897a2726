"""What all datasets share: the split, the noise of the test set, and a person's edits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.core.errors import Refused
from nnlab.data.points import edits
from nnlab.data.points.circle import Circle
from nnlab.data.points.drawn import Drawn
from nnlab.data.points.edits import ADDED, LIMIT, MAX_EDITS
from nnlab.data.points.plane import Plane
from nnlab.data.points.spec import split
from nnlab.data.points.spiral import Spiral


def circle(**fields) -> Circle:
    return Circle(kind="circle", **fields)


def place(data, id) -> list[float]:
    """Where point `id` lies."""
    return data.inputs[data.ids == id][0].tolist()


@given(st.integers(0, 200), st.floats(10, 90), st.integers(0, 99))
def test_the_split_has_the_share_and_at_least_one_of_each(n, share, seed):
    is_test = split(n, share, seed)
    n_train = int((~is_test).sum())
    assert abs(n_train - n * share / 100) <= 1
    assert n < 2 or 1 <= n_train <= n - 1


def test_a_larger_share_only_adds_to_the_training_set():
    few, many = split(300, 30, 5), split(300, 60, 5)
    assert np.all(few[many])
    assert many.sum() == 120


def test_the_split_does_not_follow_the_labels():
    data = Spiral(kind="spiral", samples=1000).load()
    assert data.targets[data.is_test].mean() == pytest.approx(0.5, abs=0.06)


def test_the_test_set_can_have_noise_of_its_own():
    clean, mixed = Spiral(kind="spiral").load(), Spiral(kind="spiral", test_noise=50).load()
    assert np.array_equal(clean.is_test, mixed.is_test)
    assert np.array_equal(clean.inputs[~clean.is_test], mixed.inputs[~clean.is_test])
    assert np.abs(clean.inputs - mixed.inputs)[clean.is_test].mean() > 0.1


def test_equal_test_noise_is_the_same_as_none_of_its_own():
    a, b = circle(noise=20).load(), circle(noise=20, test_noise=20).load()
    assert np.array_equal(a.inputs, b.inputs)
    assert np.array_equal(a.targets, b.targets)


def test_whoever_changes_a_loaded_dataset_changes_only_a_copy():
    spec = circle()
    spec.load().inputs[:] = 0
    assert np.abs(spec.load().inputs).max() > 1


def test_points_beyond_the_border_are_mirrored_back():
    from nnlab.data.points.spec import _into_plane

    x = np.array([[7.0, -7], [5, -5], [19, 0]])
    assert np.allclose(_into_plane(x), [[5, -5], [5, -5], [-5, 0]])


# edits


def test_a_moved_point_lies_where_it_was_put_and_keeps_its_label():
    before, after = circle().load(), edits.move(circle(), 7, 1.5, -2.25).load()
    assert place(after, 7) == [1.5, -2.25]
    assert np.array_equal(before.targets, after.targets)
    assert np.array_equal(np.delete(before.inputs, 7, 0), np.delete(after.inputs, 7, 0))


def test_a_drag_of_many_steps_takes_one_entry():
    spec = circle()
    for i in range(50):
        spec = edits.move(edits.move(spec, 7, i / 10, 0), 8, 0, i / 10)
    assert spec.moved == ((7, 4.9, 0.0), (8, 0.0, 4.9))


def test_added_points_train_the_network_and_have_ids_of_their_own():
    spec = edits.add(edits.add(circle(), 1, 2, 1), 3, 4, 0)
    data = spec.load()
    assert (place(data, ADDED), place(data, ADDED + 1)) == ([1, 2], [3, 4])
    assert data.targets[-2:].tolist() == [1, 0]
    assert not data.is_test[-2:].any()


def test_an_added_point_can_be_moved_without_an_entry():
    spec = edits.move(edits.add(circle(), 1, 2, 1), ADDED, -1, -2)
    assert (spec.added, spec.moved) == (((-1, -2, 1),), ())


def test_a_removed_point_is_gone_and_the_others_keep_their_ids():
    spec = edits.remove(edits.move(circle(), 7, 0, 0), 7)
    assert (spec.removed, spec.moved) == ((7,), ())
    assert spec.load().ids.tolist() == [i for i in range(500) if i != 7]


def test_removing_an_added_point_keeps_the_ids_of_the_later_ones():
    spec = circle()
    for i in range(3):
        spec = edits.add(spec, i, 0, 1)
    spec = edits.remove(spec, ADDED + 1)
    assert spec.load().ids[-2:].tolist() == [ADDED, ADDED + 2]
    spec = edits.remove(spec, ADDED + 2)
    assert (spec.added, spec.removed) == (((0, 0, 1),), ())


def test_restore_takes_every_edit_back():
    spec = edits.add(edits.move(edits.remove(circle(noise=5), 3), 4, 0, 0), 1, 1, 0)
    assert edits.restore(spec) == circle(noise=5)


def test_edits_stay_when_a_slider_moves():
    spec = edits.move(circle(), 3, 1, 1)
    assert place(spec.model_copy(update={"noise": 50.0, "samples": 100}).load(), 3) == [1, 1]


def test_an_edit_of_a_point_that_fewer_samples_left_out_is_no_fault():
    spec = edits.remove(edits.move(circle(), 400, 0, 0), 401).model_copy(update={"samples": 10})
    assert spec.load().ids.tolist() == list(range(10))


def test_all_points_removed_is_an_empty_dataset():
    spec = circle(samples=10).model_copy(update={"removed": tuple(range(10))})
    data = spec.load()
    assert (data.inputs.shape, data.targets.shape, data.is_test.shape, data.ids.shape) == ((0, 2), (0,), (0,), (0,))


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda s: edits.move(s, 500, 0, 0), "There is no point 500"),
        (lambda s: edits.move(s, -1, 0, 0), "There is no point -1"),
        (lambda s: edits.move(s, ADDED, 0, 0), "There is no point 1000000"),
        (lambda s: edits.move(s, 0, 6.1, 0), "x must be between -6 and 6; got 6.1."),
        (lambda s: edits.move(s, 0, 0, float("nan")), "y must be between"),
        (lambda s: edits.add(s, 0, float("inf"), 0), "y must be between"),
        (lambda s: edits.add(s, 0, 0, 2), "The class of a point must be 0 to 1; got 2."),
        (lambda s: edits.add(s, 0, 0, 0.5), "The class of a point"),
        (lambda s: edits.add(s, 0, 0, float("nan")), "The class of a point"),
        (lambda s: edits.remove(edits.remove(s, 3), 3), "There is no point 3"),
        (lambda s: edits.move(edits.remove(s, 3), 3, 0, 0), "There is no point 3"),
        (lambda s: edits.remove(s, ADDED + 5), "There is no point 1000005"),
    ],
)
def test_an_edit_that_cannot_be_is_refused_in_a_sentence(edit, words):
    with pytest.raises(Refused, match=words):
        edit(circle())


def test_more_edits_than_allowed_are_refused():
    full = tuple((0.0, 0.0, 1.0) for _ in range(MAX_EDITS))
    with pytest.raises(Refused, match="At most 2,000 points can be added"):
        edits.add(circle(added=full), 0, 0, 0)
    many = circle(samples=5000, moved=tuple((i, 0.0, 0.0) for i in range(MAX_EDITS)))
    with pytest.raises(Refused, match="At most 2,000 points can be moved"):
        edits.move(many, 4000, 0, 0)
    assert len(edits.move(many, 5, 1, 1).moved) == MAX_EDITS


def test_a_target_is_a_number_between_minus_one_and_one():
    plane = Plane(kind="plane")
    assert edits.add(plane, 0, 0, -0.25).load().targets[-1] == -0.25
    for wrong in (1.1, float("nan")):
        with pytest.raises(Refused, match="The target of a point"):
            edits.add(plane, 0, 0, wrong)


ops = st.lists(
    st.tuples(
        st.sampled_from(["move", "add", "remove"]),
        st.integers(0, 12) | st.integers(ADDED, ADDED + 6),
        st.floats(-LIMIT, LIMIT),
    ),
    max_size=25,
)


@given(ops)
def test_any_sequence_of_edits_gives_a_valid_specification_with_stable_ids(sequence):
    spec, known = circle(samples=10), {}
    for op, id, value in sequence:
        try:
            if op == "add":
                spec = edits.add(spec, value, 0, 1)
                known.pop(ADDED + len(spec.added) - 1, None)
            elif op == "move":
                spec = edits.move(spec, id, value, value)
            else:
                spec = edits.remove(spec, id)
        except Refused:
            continue
        data = spec.load()
        assert Circle.model_validate(spec.model_dump()) == spec
        assert len(set(data.ids.tolist())) == len(data.ids)
        if op == "move":
            assert place(data, id) == pytest.approx([value, value], abs=0.001)
        for name, label in zip(data.ids.tolist(), data.targets.tolist(), strict=True):
            assert known.setdefault(name, label) == label


# drawn


def test_nothing_is_drawn_at_first():
    data = Drawn(kind="drawn").load()
    assert (data.inputs.shape, data.answer.kind, data.answer.classes) == ((0, 2), "class", 2)


def test_drawn_points_all_train_unless_a_share_is_asked_for():
    spec = Drawn(kind="drawn", added=tuple((0.0, 0.0, float(i % 2)) for i in range(200)))
    assert spec.load().is_test.sum() == 0
    assert spec.model_copy(update={"train_share": 70.0}).load().is_test.mean() == pytest.approx(0.3, abs=0.1)


def test_one_more_drawn_point_never_moves_the_others_between_the_sets():
    lots = [Drawn(kind="drawn", train_share=60, added=((0.0, 0.0, 1.0),) * n).load().is_test for n in range(3, 40)]
    long = lots[-1]
    assert not long[0]
    assert all(np.array_equal(lot[2:], long[2 : len(lot)]) for lot in lots)
    assert all(lot.any() for lot in lots)


def test_drawn_points_can_carry_numbers():
    spec = edits.add(Drawn(kind="drawn", labels="numbers"), 1, 1, 0.5)
    data = spec.load()
    assert (data.answer.kind, data.answer.classes, data.answer.outputs) == ("number", 1, 1)
    assert data.targets.tolist() == [0.5]


def test_a_class_that_no_longer_exists_is_left_out_until_it_does():
    spec = Drawn(kind="drawn", n_classes=4, added=((0.0, 0.0, 3.0), (1.0, 1.0, 0.0)))
    fewer = spec.model_copy(update={"n_classes": 2})
    assert (spec.load().ids.tolist(), fewer.load().ids.tolist()) == ([ADDED, ADDED + 1], [ADDED + 1])
