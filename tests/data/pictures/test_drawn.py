"""Drawings as examples: added, taken away, bounded, carried by a link, and never tested on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays

from nnlab.core.errors import Refused
from nnlab.core.experiment import experiment, is_live, restarts
from nnlab.core.links import from_link, to_link
from nnlab.data.pictures.drawn import CHARACTERS, DRAWN, MAX_DRAWN, packed, unpacked
from tests.data.pictures.oracles import spec_of
from tests.examples import assert_whole, same
from tests.synthetic import synthetic

__all__ = ["synthetic"]
every = pytest.mark.parametrize("kind", ["glyphs", "strokes", "mnist", "icons"])


def ink(k: int = 0) -> np.ndarray:
    """A line somewhere."""
    picture = np.zeros((28, 28), np.uint8)
    picture[3 : 10 + k % 17, 4 + k // 17] = 255
    return picture


def with_lines(kind: str, n: int):
    spec = spec_of(kind, samples=150)
    for k in range(n):
        spec = spec.edited("draw", label=k % 10, bits=packed(ink(k)))
    return spec


@given(arrays(bool, (28, 28)))
def test_bits_become_text_and_bits_again(picture):
    text = packed(picture)
    assert len(text) == CHARACTERS
    assert np.array_equal(unpacked(text), picture * 255)


def test_the_first_character_holds_the_first_six_pixels_of_the_first_row():
    picture = np.zeros((28, 28), bool)
    picture[0, 5] = True
    assert packed(picture) == "B" + "A" * 130
    assert packed(np.where(picture, 128, 127)) == packed(picture)


@every
def test_a_drawing_becomes_a_training_example_of_its_class(kind):
    blank = spec_of(kind, samples=150)
    spec = blank.edited("draw", label=3, bits=packed(ink()))
    data, before = assert_whole(spec), blank.load()
    assert spec.sizes() == (blank.sizes()[0] + 1, blank.sizes()[1])
    (row,) = np.flatnonzero(data.ids >= DRAWN)
    assert np.array_equal(data.inputs[row, 0], ink()) and data.targets[row] == 3 and not data.is_test[row]
    assert np.array_equal(np.delete(data.inputs, row, axis=0), before.inputs)


@every
def test_taking_one_away_leaves_the_ids_of_the_others(kind):
    spec = with_lines(kind, 3)
    ids = spec.load().ids[-3:]
    left = spec.edited("undraw", id=int(ids[1]))
    assert left.load().ids[-2:].tolist() == [ids[0], ids[2]]
    assert left.edited("undraw", id=int(ids[0])).edited("undraw", id=int(ids[2])) == spec_of(kind, samples=150)
    assert same(spec.edited("restore").load(), spec_of(kind, samples=150).load())


def test_one_is_taken_away_by_what_it_is_too_and_ids_fit_32_bits():
    spec = with_lines("strokes", 60)
    assert np.array_equal(spec.load().ids.astype(np.int32), spec.load().ids)
    left = spec.edited("undraw", label=1, bits=packed(ink(1)))
    assert left.drawn == (spec.drawn[0], *spec.drawn[2:])
    with pytest.raises(Refused, match="There is no drawing"):
        left.edited("undraw", label=1, bits=packed(ink(1)))


@pytest.mark.parametrize(
    ("op", "values", "sentence"),
    [
        ("draw", {"label": 10, "bits": packed(ink())}, "The class of a drawing must be 0 to 9; got 10."),
        ("draw", {"label": -1, "bits": packed(ink())}, "must be 0 to 9; got -1."),
        ("draw", {"label": 1.5, "bits": packed(ink())}, "must be 0 to 9; got 1.5."),
        ("draw", {"label": float("nan"), "bits": packed(ink())}, "must be 0 to 9; got nan."),
        ("draw", {"bits": packed(ink())}, "must be 0 to 9; got None."),
        ("draw", {"label": 1}, "must be 28 × 28 bits; this one is something else."),
        ("draw", {"label": 1, "bits": "A" * 130}, "must be 28 × 28 bits"),
        ("draw", {"label": 1, "bits": "é" * 131}, "must be 28 × 28 bits"),
        ("draw", {"label": 1, "bits": "+" * 131}, "must be 28 × 28 bits"),
        ("draw", {"label": 1, "bits": "A" * 131}, "The drawing is empty; draw something first."),
        ("undraw", {"id": DRAWN}, "There is no drawing 1000000; it may have been removed in another window."),
        ("undraw", {}, "There is no drawing None"),
        ("move", {"id": 1}, "An edit must be one of draw, undraw, restore; got move."),
    ],
)
def test_what_is_no_drawing_is_refused_in_a_sentence(op, values, sentence):
    spec = with_lines("strokes", 1)
    with pytest.raises(Refused) as refused:
        spec.edited(op, **values)
    assert sentence in str(refused.value)


def test_the_same_drawing_counts_once():
    spec = with_lines("strokes", 2)
    with pytest.raises(Refused, match="already"):
        spec.edited("draw", label=1, bits=packed(ink(1)))
    assert spec.edited("draw", label=2, bits=packed(ink(1))).sizes()[0] == spec.sizes()[0] + 1
    twice = spec_of("strokes", samples=150, drawn=[*spec.drawn, *spec.drawn])
    assert same(assert_whole(twice), spec.load())


def test_a_drawing_of_a_class_that_is_no_more_is_left_out():
    letters = spec_of("glyphs", samples=150, what="capitals").edited("draw", label=20, bits=packed(ink()))
    assert len(letters.load()) == 151
    digits = letters.model_copy(update={"what": "digits"})
    assert len(assert_whole(digits)) == 150


def test_there_are_two_hundred_at_most():
    spec = with_lines("strokes", MAX_DRAWN)
    assert len(assert_whole(spec)) == 150 + MAX_DRAWN
    with pytest.raises(Refused, match="At most 200 drawings can be added"):
        spec.edited("draw", label=1, bits=packed(ink(250)))
    with pytest.raises(ValueError):
        spec_of("strokes", drawn=[*spec.drawn, [1, packed(ink(250))]])


@pytest.mark.parametrize("drawn", [[[1, "x"]], [[1, "+" * 131]], [[-1, packed(ink())]], [["a", packed(ink())]], [1]])
def test_a_link_cannot_bring_what_is_no_drawing(drawn):
    with pytest.raises(ValueError):
        spec_of("strokes", drawn=drawn)


def test_a_drawing_goes_on_with_the_run_and_travels_in_a_link(synthetic):
    blank = experiment({"data": {"kind": "strokes", "samples": 150}, "model": {"family": "conv"}})
    drawn = blank.model_copy(update={"data": with_lines("strokes", 20)})
    assert is_live(blank, "data.drawn") and not is_live(blank, "data.noise")
    assert not restarts(blank, drawn)
    assert from_link(to_link(drawn)) == drawn
