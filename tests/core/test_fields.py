"""A parameter is declared once: what a control needs is read from the field itself."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import AfterValidator, ValidationError

from nnlab.core.fields import Spec, controls, named, param
from nnlab.core.say import say
from nnlab.core.sentences import problems_of


class Inner(Spec):
    """A part inside a part."""

    depth: int = 1


class Sample(Spec):
    """One field of each kind."""

    tag: Literal["sample"] = "sample"
    on: bool = param(False, label="On", help="A switch.")
    count: int = param(3, ge=1, le=8, label="Count", help="How many.", unit="pieces", live=True)
    rate: float | None = param(None, gt=0, lt=2, label="Rate", help="How fast.", step=0.5, log=True)
    colour: Literal["red", "deep_blue"] = param("red", label="Colour", help="Which.", choices=(("red", "Rot"),))
    text: str = param("", label="Text", help="Words.", widget="text")
    inner: Inner = param(Inner(), label="Inner", help="A part.")
    items: tuple[int, ...] = param((), label="Items", help="A list.")


NAMES = ["red"]


class Chosen(Spec):
    """A colour of a list that grows, and of one that does not."""

    colour: Annotated[str, AfterValidator(named(NAMES, ("none",)))] = param("red", label="Colour", help="Which.")
    other: Literal["red", "blue", "none"] = param("red", label="Other", help="Which.")


BY_NAME = {control.name: control for control in controls(Sample)}


def test_fields_with_a_label_become_controls_in_their_order():
    assert list(BY_NAME) == ["on", "count", "rate", "colour", "text", "inner", "items"]


def test_the_kind_follows_from_the_annotation():
    kinds = {name: control.kind for name, control in BY_NAME.items()}
    assert kinds == {
        "on": "bool",
        "count": "int",
        "rate": "float",
        "colour": "choice",
        "text": "text",
        "inner": "spec",
        "items": "list",
    }


def test_names_of_a_registry_are_a_choice_and_another_is_refused_like_any_other_wrong_choice():
    NAMES.append("blue")
    colour, other = controls(Chosen)
    assert (colour.kind, colour.choices) == (other.kind, other.choices) == ("choice", ("red", "blue", "none"))
    assert Chosen(colour="blue").colour == "blue"
    with pytest.raises(ValidationError) as wrong:
        Chosen(colour="green", other="green")  # type: ignore[arg-type]
    first, second = (problem.message.partition(" ")[2] for problem in problems_of(wrong.value, noun=say("colour")))
    assert first == second == "must be 'red', 'blue' or 'none'; got 'green'."


def test_bounds_default_and_words_come_from_the_declaration():
    count, rate = BY_NAME["count"], BY_NAME["rate"]
    assert (count.lower, count.upper, count.default) == (1, 8, 3)
    assert (count.param.label, count.param.unit, count.param.live) == ("Count", "pieces", True)
    assert (rate.lower, rate.upper, rate.default, rate.param.log, rate.param.step) == (0, 2, None, True, 0.5)


def test_a_choice_is_shown_in_words():
    colour = BY_NAME["colour"]
    assert colour.choices == ("red", "deep_blue")
    assert [colour.caption(choice) for choice in colour.choices] == ["Rot", "Deep blue"]


@pytest.mark.parametrize(
    "wrong",
    [{"count": 0}, {"rate": float("nan")}, {"rate": float("inf")}, {"rate": 2}, {"shade": 1}, {"colour": "blue"}],
)
def test_a_specification_refuses_what_its_fields_do_not_allow(wrong):
    with pytest.raises(ValidationError):
        Sample(**wrong)


def test_a_specification_can_be_compared_and_hashed():
    assert Sample(count=4) == Sample(count=4)
    assert len({Sample(count=4), Sample(count=4), Sample()}) == 2
