"""Frames as bytes: what goes in comes out, and nothing that is damaged passes."""

from __future__ import annotations

import json
import math
import struct
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nnlab.core.records import Quantised
from nnlab.live.messages import wire

shapes = hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=7)
arrays = st.one_of(
    hnp.arrays(np.float32, shapes, elements=st.floats(width=32, allow_nan=False)),
    hnp.arrays(np.uint8, shapes),
    hnp.arrays(np.int32, shapes),
)


@given(named=st.dictionaries(st.text(max_size=8), arrays, max_size=5), note=st.text(max_size=300))
def test_what_is_packed_is_unpacked(named: dict[str, np.ndarray], note: str) -> None:
    message = wire.pack({"type": "frame", "note": note}, named)
    for form in (message, wire.squeeze(message)):
        header, found = wire.unpack(form)
        assert header["note"] == note
        assert list(found) == list(named)
        for name, array in named.items():
            assert found[name].dtype.newbyteorder("=") == array.dtype
            np.testing.assert_array_equal(found[name], array)


@given(note=st.text(st.characters(codec="ascii", exclude_characters='"\\'), min_size=40, max_size=400))
def test_payload_starts_at_a_multiple_of_four_and_no_message_looks_compressed(note: str) -> None:
    message = wire.pack({"note": note}, {"a": np.zeros(3, np.uint8), "b": np.ones(2, np.float32)})
    (length,) = struct.unpack_from("<I", message)
    header = json.loads(message[4 : 4 + length])
    assert (4 + length) % 4 == 0
    assert [line["at"] % 4 for line in header["arrays"]] == [0, 0]
    assert message[0] != wire.ZLIB


def test_a_compressed_message_is_told_by_its_first_byte() -> None:
    assert wire.squeeze(wire.pack({}))[0] == wire.ZLIB


def test_not_a_number_travels_as_null_wherever_it_stands() -> None:
    values = {
        "a": math.nan,
        "b": [math.inf, 1.5],
        "c": {"d": np.float32("nan")},
        "e": np.int64(3),
        "f": np.float64(2.5),
    }
    header, _ = wire.unpack(wire.pack(values))
    assert header == {"a": None, "b": [None, 1.5], "c": {"d": None}, "e": 3, "f": 2.5, "arrays": []}


def test_wide_numbers_become_what_the_browser_can_read() -> None:
    _, found = wire.unpack(wire.pack({}, {"f": np.array([0.1]), "i": np.array([7]), "b": np.array([True])}))
    assert [found[name].dtype.str for name in "fib"] == ["<f4", "<i4", "|u1"]


def test_double_precision_stays_exact_where_people_read_digit_by_digit() -> None:
    values = np.array([0.1, np.pi, 1e-300, 2**53 + 1.0, np.nan, np.inf])
    _, found = wire.unpack(wire.pack({}, {"f": values, "n": np.array([0.1], np.float32)}, exact=True))
    assert found["f"].tobytes() == values.astype("<f8").tobytes()
    assert found["n"].dtype.str == "<f4"


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.alone
def test_sixty_four_pictures_take_a_millisecond_at_most_to_pack(dtype: type) -> None:
    pictures = np.random.default_rng(0).random((64, 28, 28)).astype(dtype)
    took = []
    for _ in range(20):
        began = time.thread_time()
        message = wire.pack({"type": "answer", "id": 1}, {"pictures": pictures}, exact=True)
        took.append(time.thread_time() - began)
    np.testing.assert_array_equal(wire.unpack(message)[1]["pictures"], pictures)
    assert min(took) <= 5 * 0.001  # of processor time; five times, for a machine that has other things to do


def test_a_quantised_map_carries_its_range() -> None:
    levels = np.arange(4, dtype=np.uint8).reshape(2, 2)
    header, found = wire.unpack(wire.pack({}, {"map": Quantised(levels, -2.0, 3.0)}))
    assert (header["arrays"][0]["low"], header["arrays"][0]["high"]) == (-2.0, 3.0)
    np.testing.assert_array_equal(found["map"], levels)


def test_a_value_that_json_does_not_know_is_refused() -> None:
    with pytest.raises(TypeError, match="plain values"):
        wire.pack({"a": object()})


@pytest.mark.parametrize("cut", [1, 3, 20, 200])
def test_a_message_that_was_cut_short_is_refused(cut: int) -> None:
    message = wire.pack({"type": "frame"}, {"a": np.zeros(400, np.float32)})
    for form in (message, wire.squeeze(message)):
        with pytest.raises(ValueError):
            wire.unpack(form[: min(cut, len(form) - 1)])


def test_a_bomb_is_not_inflated() -> None:
    import zlib

    with pytest.raises(ValueError, match="at most"):
        wire.unpack(zlib.compress(b"\0" * (wire.MAX_INFLATED + 1), 1))
