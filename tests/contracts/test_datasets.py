"""What every registered dataset promises, of whatever form; a new line in the registry is tested by being there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlab.core.errors import Refused
from nnlab.core.experiment import experiment
from nnlab.core.fields import Control, controls
from nnlab.core.forms import TARGETS
from nnlab.core.links import from_link, to_link
from nnlab.core.registries import DATASETS, FAMILIES
from tests.examples import assert_whole, same
from tests.strategies import parts

DOCS = Path(__file__).resolve().parents[2] / "docs"
every = pytest.mark.parametrize("kind", list(DATASETS))


@every
def test_its_tag_alone_is_a_valid_specification_that_loads(kind):
    assert_whole(DATASETS.load(kind)(kind=kind))


def extremes(control: Control) -> list:
    """The values at which a field is most likely to break."""
    if control.kind == "choice":
        return list(control.choices)
    return [v for v in (control.lower, control.upper) if v is not None]


def few(kind):
    """Of pictures, as many as a test needs: to draw thousands takes a second each time."""
    return {"samples": 400} if DATASETS.load(kind)(kind=kind).form.name == "pictures" else {}


@every
def test_it_loads_at_the_extremes_of_every_field(kind):
    for control in controls(DATASETS.load(kind)):
        for value in extremes(control):
            number = int(value) if control.kind == "int" else value
            assert_whole(DATASETS.load(kind).model_validate({"kind": kind, **few(kind), control.name: number}))


@every
@settings(max_examples=25)
@given(data=st.data())
def test_it_loads_for_random_values_of_its_fields(kind, data):
    drawn = data.draw(parts(DATASETS.load(kind), kind=kind))
    assert_whole(DATASETS.load(kind).model_validate({**drawn, **few(kind)}))


@every
def test_the_same_specification_gives_the_same_examples_and_the_caller_owns_them(kind):
    spec = DATASETS.load(kind)(kind=kind)
    first, again = spec.load(), spec.load()
    assert same(first, again)
    for name in ("inputs", "targets", "is_test", "ids"):
        assert not getattr(first, name).size or getattr(first, name) is not getattr(again, name)


@every
def test_some_family_learns_from_it_and_the_others_say_why_not(kind):
    spec = DATASETS.load(kind)(kind=kind)
    assert spec.target in TARGETS
    reasons = {name: FAMILIES.load(name)(family=name).fits(spec) for name in FAMILIES}
    assert "" in reasons.values()
    for reason in filter(None, reasons.values()):
        assert reason.startswith("The data must ") and "; got " in reason and reason.endswith(".")


@every
def test_it_survives_a_link(kind):
    spec = DATASETS.load(kind)(kind=kind)
    family = next(FAMILIES.load(name) for name in FAMILIES if not FAMILIES.load(name)(family=name).fits(spec))
    value = {"data": spec.model_dump(), "model": family.example()["model"]}
    losses = family.model_validate(value["model"]).losses_for(spec)
    made = experiment(value | ({"training": {"loss": losses[0]}} if losses else {}))
    again = from_link(to_link(made))
    assert again == made
    assert same(again.data.load(), spec.load())


@every
def test_what_can_be_edited_and_downloaded_is_declared(kind):
    spec = DATASETS.load(kind)(kind=kind)
    assert set(spec.edits) <= set(type(spec).model_fields)
    if spec.edits:
        assert spec.edited("restore") == spec
    else:
        with pytest.raises(Refused, match="cannot be edited"):
            spec.edited("restore")
    if spec.downloads:
        assert spec.download()
    else:
        with pytest.raises(NotImplementedError):
            spec.download()


@every
def test_every_control_has_a_label_and_a_help_in_sentences(kind):
    for control in controls(DATASETS.load(kind)):
        assert control.param.label[0].isupper() or control.param.label.startswith("y >")
        assert control.param.help.endswith(".")
        assert control.default is not None or control.param.empty


@every
def test_its_number_fields_have_two_bounds(kind):
    numbers = [c for c in controls(DATASETS.load(kind)) if c.kind in ("int", "float")]
    assert [c.name for c in numbers if None in (c.lower, c.upper)] == []


@every
def test_it_says_in_one_sentence_what_it_is(kind):
    text = (DATASETS.load(kind).__doc__ or "").strip()
    assert len(text) > 20
    assert text.endswith(".")


def test_what_the_server_asks_of_a_dataset_loads_no_heavy_library():
    code = (
        "import sys; from nnlab.core.registries import DATASETS\n"
        "specs = [DATASETS.load(kind)(kind=kind) for kind in DATASETS]\n"
        "told = [(s.form, s.target, s.classes, s.sizes(), s.attachment()) for s in specs]\n"
        "print([m for m in ('torch', 'sklearn', 'pandas', 'scipy', 'streamlit', 'plotly') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
