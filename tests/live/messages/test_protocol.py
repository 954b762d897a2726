"""Commands of the live socket: good ones pass, and whatever else comes is answered with a sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlab.core.errors import Problem, Refused
from nnlab.live.messages import protocol

GOOD: dict[str, list[Any]] = {
    "ack": [0, 7],
    "watch": [{"offers": []}, {"offers": ["boundary", "warp"], "options": {"warp": {"layer": 1, "units": [0, 1, 2]}}}],
    "play": [True, False],
    "step": [{"unit": "epoch"}, {"unit": "phase", "n": -1}],
    "seek": [0, 12],
    "reset": [None],
    "speed": [0, 12.5],
    "set": [{"changes": {"training.learning_rate": 0.1}, "version": 3}],
    "edit": [{"index": 0, "value": -2}],
    "point": [
        {"op": "move", "id": 3, "x": 1, "y": 2},
        {"op": "add", "x": 0, "y": 0, "label": 1},
        {"op": "draw", "label": 7, "bits": "A" * 131},
    ],
    "recover": [None],
    "branch": [0, 3],
    "undo": [None],
    "redo": [None],
    "ask": [{"id": 1, "name": "formula", "options": {"neuron": [1, 0], "at": [0.5, 1]}}],
    "cancel": [1, "a"],
    "forget": [None],
}
BAD: list[tuple[str, Any]] = [
    ("ack", -1),
    ("ack", "1"),
    ("ack", True),
    ("play", 1),
    ("play", None),
    ("watch", {"offers": ["nothing"]}),
    ("watch", {"offers": ["boundary"] * 33}),
    ("watch", {"offers": [], "options": {"focus": [1]}}),
    ("watch", {"offers": [], "options": {"nothing": {"layer": 1}}}),
    ("watch", {"offers": [], "options": {"warp": [1, 0]}}),
    ("watch", {"offers": [], "options": {"warp": {"own": "x" * 3_000}}}),
    ("watch", {"offers": [], "options": {"warp": {"x" * 61: 1}}}),
    ("step", {"unit": "year"}),
    ("step", {"unit": "epoch", "n": 10**9}),
    ("seek", 1.5),
    ("speed", -1),
    ("speed", "fast"),
    ("set", {"changes": {}}),
    ("set", {"changes": {str(i): i for i in range(51)}}),
    ("edit", {"index": -1, "value": 0}),
    ("edit", {"index": 0, "value": 1e300}),
    ("point", {"op": "explode"}),
    ("point", {"op": "draw", "label": 7, "bits": "A" * 201}),
    ("point", {"op": "draw", "label": 7, "bits": [1]}),
    ("ask", {"id": 1, "name": "__class__"}),
    ("reset", 1),
]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


def test_every_command_has_an_example_here() -> None:
    assert set(GOOD) == set(protocol.ARGUMENTS)


@pytest.mark.parametrize(("name", "argument"), [(name, a) for name, many in GOOD.items() for a in many])
def test_a_good_command_passes(name: str, argument: Any) -> None:
    assert protocol.parse(json.dumps([name, argument])).name == name


@pytest.mark.parametrize(("name", "argument"), BAD)
def test_a_bad_argument_is_answered_with_its_field_and_a_sentence(name: str, argument: Any) -> None:
    with pytest.raises(Refused) as refused:
        protocol.parse(json.dumps([name, argument]))
    assert all(p.field.startswith(name) and p.message.endswith(".") for p in refused.value.problems)


@pytest.mark.parametrize(
    "message",
    [
        "",
        "ack",
        "[]",
        "{}",
        "[1, 2]",
        '["ack", 1, 2]',
        "[" * 60_000,
        '["ack", NaN]',
        '["nothing", 1]',
        "9" * 5_000,
        '["set", ' + '{"a":' * 9_000,
    ],
)
def test_what_is_no_command_is_answered_with_a_sentence(message: str) -> None:
    with pytest.raises(Refused, match=r"must be|nested"):
        protocol.parse(message)


def test_a_message_has_a_limit() -> None:
    with pytest.raises(Refused, match="65536"):
        protocol.parse(json.dumps(["set", {"changes": {"a": "x" * 70_000}}]))


@settings(max_examples=300)
@given(message=st.text(max_size=60) | json_values.map(json.dumps) | st.binary(max_size=60))
def test_no_text_does_more_than_be_refused(message: str | bytes) -> None:
    with pytest.raises(Refused):
        protocol.parse(message)


@settings(max_examples=500)
@given(name=st.sampled_from(sorted(protocol.ARGUMENTS)), argument=json_values)
def test_no_argument_does_more_than_be_refused(name: str, argument: Any) -> None:
    try:
        command = protocol.parse(json.dumps([name, argument]))
    except Refused as refused:
        assert all(len(p.message) < 1_000 for p in refused.problems)
    else:
        assert command.name == name


def test_a_refusal_says_field_and_sentence() -> None:
    answer = json.loads(protocol.refusal((Problem("training.l2", "L2 must be at least 0; got -1."),)))
    assert answer == {"type": "refused", "problems": [["training.l2", "L2 must be at least 0; got -1."]]}
