"""The link in the address bar: it holds every experiment, and whatever else it holds is refused in a sentence."""

from __future__ import annotations

import base64
import json
import re
import tracemalloc
import zlib
from hashlib import sha512

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlab.core.errors import Refused
from nnlab.core.experiment import Experiment, experiment, patch, plain
from nnlab.core.links import MAX_LINK, USUAL, Look, from_link, look_of, to_link
from nnlab.core.registries import ANALYSES
from tests.strategies import experiments, hostile

SMALL = {"data": {"kind": "circle"}, "model": {"family": "mlp"}}


def packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(zlib.compress(data, 9)).decode().rstrip("=")


def refusal(link: str) -> str:
    """The sentence of a link that must be refused."""
    with pytest.raises(Refused) as error:
        from_link(link)
    return str(error.value)


@given(experiments())
def test_a_link_gives_back_the_same_experiment(value):
    spec = experiment(value)
    assert from_link(to_link(spec)) == spec


@given(experiments())
def test_a_link_needs_no_escaping_in_an_address(value):
    assert re.fullmatch(r"[A-Za-z0-9_-]+", to_link(experiment(value)))


def test_the_default_link_is_short():
    assert len(to_link(experiment(SMALL))) < 200


def test_too_many_edited_points_are_refused_for_a_link():
    many = [[i / 1000, -i / 997, i % 2] for i in range(2_000)]
    with pytest.raises(Refused, match="too many edited examples"):
        to_link(patch(experiment(SMALL), {"data.added": many}))


@pytest.mark.parametrize(
    "link", ["", "a", "AAAA", "!!!!", "ä", "\x00", "\ud800", "=" * 8, "a b", "eJw", "-" * 100], ids=ascii
)
def test_text_that_is_no_link_is_called_damaged(link):
    assert "damaged" in refusal(link)


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda b: base64.urlsafe_b64encode(b).decode()))
@settings(max_examples=300)
def test_random_text_is_refused(link):
    assert refusal(link).endswith(".")


@given(st.binary(max_size=200).map(packed))
def test_random_bytes_well_packed_are_refused(link):
    assert refusal(link).endswith(".")


@given(st.data())
def test_a_truncated_or_altered_link_is_refused_or_an_experiment(data):
    link = to_link(experiment(SMALL))
    cut = data.draw(st.integers(0, len(link) - 1))
    assert refusal(link[:cut])
    changed = link[:cut] + data.draw(st.sampled_from("Aa0-_")) + link[cut + 1 :]
    try:
        assert isinstance(from_link(changed), Experiment)
    except Refused as error:
        assert str(error).endswith((".", "?"))


@given(hostile())
@settings(max_examples=250)
def test_any_json_in_a_link_is_refused_or_an_experiment(value):
    link = packed(json.dumps(value).encode())
    try:
        assert isinstance(from_link(link), Experiment)
    except Refused as error:
        assert str(error).endswith((".", "?"))


@pytest.mark.parametrize("value", [None, 1, "x", [], [1], True])
def test_json_that_is_no_object_is_called_damaged(value):
    assert "damaged" in refusal(packed(json.dumps(value).encode()))


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b'{"data":' * 8_000 + b"1" + b"}" * 8_000,
        b'{"seed": ' + b"9" * 60_000 + b"}",
        b'{"seed": NaN, "data": Infinity}',
        b"\xff\xfe{}",
        b'{"seed": 1e99999}',
    ],
    ids=["lists", "open-objects", "nested-data", "long-integer", "no-json-number", "bad-utf8", "overflow"],
)
def test_nested_and_huge_json_is_refused(text):
    assert refusal(packed(text))


def test_a_bomb_is_refused_before_it_is_inflated():
    bomb = packed(b"0" * 5_900_000)  # as large as fits into the characters that a link may have
    assert 7_000 < len(bomb) <= MAX_LINK
    tracemalloc.start()
    sentence = refusal(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "damaged" in sentence
    assert peak < 1_000_000


def test_the_97_kB_bomb_is_refused_by_its_length():
    bomb = packed(b"0" * 100_000_000)
    assert len(bomb) > 97_000
    assert f"at most {MAX_LINK} characters" in refusal(bomb)


def test_something_after_the_packed_experiment_is_no_harm():
    link = to_link(experiment(SMALL))
    raw = base64.urlsafe_b64decode(link + "=" * (-len(link) % 4))
    assert from_link(base64.urlsafe_b64encode(raw + b"more").decode().rstrip("=")) == experiment(SMALL)


# ---- how it is looked at -----------------------------------------------------------------------------------------------
looks = st.builds(
    Look,
    speed=st.none() | st.floats(0, 1e6),
    view=st.sampled_from(("", "boundary", "curves", "histograms")),
    options=st.sampled_from(
        ({}, {"boundary": {"focus": [1, 0]}}, {"warp": {"layer": 1, "units": [0, 1]}, "bowl": {"zoom": 2}})
    ),
)


@given(experiments(), looks)
@settings(max_examples=30)
def test_pace_view_and_options_travel_beside_the_experiment(value, look):
    link = to_link(experiment(value), look)
    assert from_link(link) == experiment(value)
    assert look_of(link) == look


def test_a_look_that_is_as_usual_adds_nothing_to_a_link():
    spec = experiment(SMALL)
    assert to_link(spec, Look()) == to_link(spec, USUAL) == to_link(spec)
    assert (look_of(to_link(spec)), Look(speed=0.0).said, Look().said) == (USUAL, {"speed": 0.0}, {})


@pytest.mark.parametrize(
    "look",
    [
        {"speed": -1},
        {"speed": float("nan")},
        {"speed": "fast"},
        {"view": "x" * 61},
        {"options": {str(i): {} for i in range(21)}},
        {"options": []},
        {"options": {"boundary": None}},
        {"options": {"boundary": [1, 0]}},
        {"options": {"boundary": "focus"}},
        {"colour": "red"},
        [],
        "boundary",
        7,
    ],
    ids=str,
)
def test_a_look_that_cannot_be_leaves_the_experiment_as_it_is_and_is_as_usual(look):
    link = packed(json.dumps({**SMALL, "look": look}).encode())
    assert from_link(link) == experiment(SMALL)
    assert look_of(link) == USUAL


@pytest.mark.parametrize("link", ["", "AAAA", "ä", "x" * 9_000])
def test_the_look_of_what_is_no_link_is_as_usual(link):
    assert look_of(link) == USUAL


def test_a_look_cannot_make_a_link_longer_than_a_browser_takes():
    many = Look(options={name: {"text": sha512(name.encode()).hexdigest() * 3} for name in list(ANALYSES)[:20]})
    numbers = {"all": [i * 7919 % 9973 for i in range(4_000)]}
    many = many.model_copy(update={"options": {**many.options, "numbers": numbers}})
    with pytest.raises(Refused, match="for a link"):
        to_link(experiment(SMALL), many)


def link_with(look: str) -> str:
    """A link whose look is this text, whatever it is."""
    text = json.dumps(plain(experiment({"data": {"kind": "circle"}, "model": {"family": "mlp"}})))
    packed = zlib.compress((text[:-1] + f', "look": {look}}}').encode())
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


@pytest.mark.parametrize(
    "look",
    [
        '{"options": {"__proto__": {"evil": 1}}}',
        '{"options": {"nnlab.unit": {"a": 1}}}',
        '{"options": {"view.nothing": {"a": 1}}}',
        '{"options": {"warp": {"a": ' + "[" * 400 + "]" * 400 + "}}}",
        '{"options": {"warp": {"a": "' + "x" * 3000 + '"}}}',
        '{"options": {"warp": {"' + "x" * 61 + '": 1}}}',
        '{"speed": -1}',
        '{"view": 3}',
        "[]",
    ],
)
def test_a_hostile_look_is_the_usual_one(look: str) -> None:
    assert look_of(link_with(look)) == USUAL


def test_what_is_no_number_in_a_link_is_nothing() -> None:
    assert look_of(link_with('{"options": {"warp": {"a": NaN, "b": Infinity}}}')).options == {
        "warp": {"a": None, "b": None}
    }


def test_a_look_holds_options_of_analyses_studies_and_views() -> None:
    options = {"warp": {"layer": 1}, "landscape": {"plane": "random"}, "view.curves": {"time": True}}
    found = look_of(link_with(json.dumps({"options": options, "speed": 3})))
    assert found.options == options and found.speed == 3
