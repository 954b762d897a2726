"""Commands with arrays: a drawing, a picture and a text arrive as they were, and whatever else comes is refused in a sentence."""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlab.core.errors import Refused
from nnlab.live.messages import protocol, wire
from nnlab.live.messages.protocol import MAX_ARRAYS, MAX_BYTES, MAX_MESSAGE, MAX_NAME, Command, parse

ASK = ["ask", {"id": 1, "name": "formula", "options": {"neuron": [1, 0]}}]
WATCH = ["watch", {"offers": ["boundary"], "options": {"boundary": {"focus": [1, 0]}}}]
DRAWING = np.linspace(0, 1, 64 * 64, dtype=np.float32).reshape(64, 64)
TEXT = np.frombuffer(("To be, or not to be: " * 50_000).encode()[: 2**20], np.uint8)


def sent(command: Any, **arrays: np.ndarray) -> bytes:
    return wire.pack({"command": command}, arrays)


def framed(header: Any, payload: bytes = b"") -> bytes:
    """A message with any header, right or wrong."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<I", len(text)) + text + payload


def line(**wrong: Any) -> dict[str, Any]:
    """A header of one array of two bytes, with something wrong about it."""
    return {"command": ASK, "arrays": [{"name": "a", "dtype": "u1", "shape": [2], "at": 0} | wrong]}


def test_a_drawing_and_a_text_of_a_megabyte_arrive_as_they_were() -> None:
    command = parse(sent(ASK, drawing=DRAWING, text=TEXT))
    assert (command.name, command.argument.name, command.argument.options) == ("ask", "formula", {"neuron": [1, 0]})
    np.testing.assert_array_equal(command.arrays["drawing"], DRAWING)
    np.testing.assert_array_equal(command.arrays["text"], TEXT)
    assert bytes(command.arrays["text"]).decode().startswith("To be, or not to be")


def test_arrays_of_what_is_watched_belong_to_an_analysis() -> None:
    command = parse(sent(WATCH, **{"boundary.drawing": DRAWING}))
    np.testing.assert_array_equal(command.arrays["boundary.drawing"], DRAWING)
    for name in ("drawing", "nothing.drawing", "boundary.", ".drawing", ""):
        with pytest.raises(Refused, match=r'named "analysis\.option"'):
            parse(sent(WATCH, **{name: DRAWING}))


def test_a_message_may_be_of_bytes_without_arrays() -> None:
    assert parse(sent(["play", True])) == Command("play", True)
    with pytest.raises(Refused, match="play must be"):
        parse(sent(["play", 1]))


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\x01",
        b"\xff" * 40,
        framed(b"{"),
        framed(b"\xff\xfe"),
        framed([]),
        framed({}),
        framed({"command": ASK}),
        framed({"arrays": []}),
        framed({"command": ASK, "arrays": 7}),
        framed({"command": ASK, "arrays": ["a"]}),
        framed({"command": ASK, "arrays": [{}]}),
        struct.pack("<I", 10_000) + b"{}",
        framed(line(), b"x"),
        framed(line(shape=[-1]), b"xx"),
        framed(line(shape=[-1, -2]), b"xx"),
        framed(line(shape=[2**62, 2**62]), b"xx"),
        framed(line(shape=[10**400]), b"xx"),
        framed(line(shape=[1.5]), b"xx"),
        framed(line(shape="2"), b"xx"),
        framed(line(shape=None), b"xx"),
        framed(line(shape=[1] * 200), b"xx"),
        framed(line(at=-1), b"xx"),
        framed(line(at=10**30), b"xx"),
        framed(line(at=3, shape=[0]), b"xx"),
        framed(line(dtype="O"), b"xx"),
        framed(line(dtype="u8"), b"xx"),
        framed(line(dtype=["u1"]), b"xx"),
        framed(line(name=7), b"xx"),
        framed(line(name=["a"]), b"xx"),
        framed(line(name=None), b"xx"),
        framed(line(name="a" * (MAX_NAME + 1)), b"xx"),
        framed(b"[" * 60_000),
        framed(b'{"command":' * 5_000),
        framed(b'{"command": ["ack", 1], "arrays": [], "x": ' + b"[" * 30_000 + b"]" * 30_000 + b"}"),
        framed(b" " * (MAX_MESSAGE + 1)),
        framed(b'{"command": ["set", {"training.learning_rate": NaN}], "arrays": []}'),
        wire.squeeze(sent(ASK, drawing=DRAWING)),
        zlib.compress(b"\0" * 100_000_000, 9),
    ],
)
def test_a_damaged_one_is_refused_in_a_sentence(message: bytes) -> None:
    with pytest.raises(Refused, match="must be whole; got a damaged one"):
        parse(message)


def test_one_that_is_too_large_is_refused_and_says_what_is_allowed() -> None:
    with pytest.raises(Refused, match=r"at most 4,194,304 bytes; got 5,000,\d+"):
        parse(sent(ASK, text=np.zeros(5_000_000, np.uint8)))
    assert len(parse(sent(ASK, text=np.zeros(MAX_BYTES - 1_000, np.uint8))).arrays["text"]) == MAX_BYTES - 1_000


def test_one_with_too_many_arrays_is_refused() -> None:
    arrays = {f"a{i}": np.zeros(1, np.uint8) for i in range(MAX_ARRAYS + 1)}
    with pytest.raises(Refused, match="at most 16 arrays; got 17"):
        parse(sent(ASK, **arrays))


@pytest.mark.parametrize(
    "value", [None, [], {}, "ack", ["nothing"], ["ack", -1], ["ask", {"id": 1, "name": "x"}], [ASK]]
)
def test_one_whose_command_is_none_is_refused_like_a_text(value: Any) -> None:
    with pytest.raises(Refused) as packed:
        parse(sent(value, drawing=DRAWING))
    with pytest.raises(Refused) as text:
        parse(json.dumps(value))
    assert packed.value.problems == text.value.problems


def harmless(message: bytes) -> None:
    """It is refused in a short sentence, or is a command."""
    try:
        command = parse(message)
    except Refused as refused:
        assert all(0 < len(problem.message) < 1_000 for problem in refused.problems)
        return
    assert command.name in protocol.ARGUMENTS and len(command.arrays) <= MAX_ARRAYS
    assert all(array.nbytes <= len(message) for array in command.arrays.values())


GOOD = [sent(ASK, drawing=DRAWING[:4, :4], text=TEXT[:20]), sent(WATCH, **{"boundary.drawing": DRAWING[:3, :3]})]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
shapes = st.lists(st.integers(-3, 2**70) | st.floats() | st.booleans() | st.none(), max_size=5)
names = st.text(max_size=8) | st.sampled_from(["boundary.drawing", "__class__", "whole", "of"]) | json_values
lines = st.fixed_dictionaries(
    {},
    optional={
        "name": names,
        "dtype": st.sampled_from(["u1", "i4", "f4", "f8", "O", "V", 7]),
        "shape": shapes | json_values,
        "at": st.integers(-5, 2**70) | json_values,
    },
)
commands = st.sampled_from([ASK, WATCH, ["play", True]]) | json_values
headers = st.fixed_dictionaries(
    {}, optional={"command": commands, "arrays": st.lists(lines, max_size=20) | json_values}
)


@settings(max_examples=400)
@given(header=headers | json_values, payload=st.binary(max_size=64))
def test_no_header_does_more_than_be_refused(header: Any, payload: bytes) -> None:
    harmless(framed(header, payload))


@settings(max_examples=400)
@given(good=st.sampled_from(GOOD), data=st.data())
def test_no_damage_to_a_good_one_does_more_than_be_refused(good: bytes, data: st.DataObject) -> None:
    message = bytearray(good)
    for _ in range(data.draw(st.integers(1, 5))):
        message[data.draw(st.integers(0, len(message) - 1))] = data.draw(st.integers(0, 255))
    harmless(bytes(message[: data.draw(st.integers(0, len(message)))]))


@settings(max_examples=200)
@given(message=st.binary(max_size=200))
def test_no_bytes_do_more_than_be_refused(message: bytes) -> None:
    harmless(message)
