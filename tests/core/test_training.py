"""A descent is one thing wherever it stands: of a whole run, of a racer, of a family's second group."""

from __future__ import annotations

import pytest

from nnlab.core.errors import Refused
from nnlab.core.experiment import at, changed, experiment, is_live, patch, restarts
from nnlab.core.fields import controls
from nnlab.core.links import from_link, to_link
from nnlab.core.training import Descent, Training
from nnlab.families.descent.spec import Racer
from tests.synthetic import synthetic

__all__ = ["synthetic"]

FIELDS = ("optimizer", "learning_rate", "schedule", "weight_decay", "clip_norm")
# where a descent stands -> an experiment that has one there
PLACES = {
    "training": {"data": {"kind": "circle"}, "model": {"family": "mlp"}},
    "model.racers.1": {"data": {"kind": "surface"}, "model": {"family": "race"}},
    "model.head": {"data": {"kind": "patches"}, "model": {"family": "two_descents"}},
}
NEW = {
    "optimizer": {"kind": "adamw", "beta1": 0.8},
    "learning_rate": 0.25,
    "schedule": {"kind": "step", "every": 3},
    "weight_decay": 0.125,
    "clip_norm": 1.5,
}
WRONG = {
    "optimizer": {"kind": "adan"},
    "learning_rate": 11,
    "schedule": {"kind": "steep"},
    "weight_decay": -1,
    "clip_norm": 101,
}
pytestmark = pytest.mark.usefixtures("synthetic")


@pytest.fixture(params=PLACES)
def place(request):
    return request.param


@pytest.fixture
def spec(place, synthetic):
    return experiment(PLACES[place])


def test_the_fields_of_a_descent():
    assert tuple(Descent.model_fields) == FIELDS
    assert tuple(control.name for control in controls(Descent)) == FIELDS


@pytest.mark.parametrize("kind", [Training, Racer])
def test_whatever_descends_has_the_controls_of_a_descent_and_its_own(kind):
    usual = {c.name: c for c in controls(Descent)}
    own = {c.name: c for c in controls(kind)}
    assert set(usual) <= set(own)
    for name in FIELDS:
        assert len({(c.kind, c.lower, c.upper, c.param.label) for c in (usual[name], own[name])}) == 1


@pytest.mark.parametrize("name", FIELDS)
def test_each_field_can_be_set_wherever_a_descent_stands(spec, place, name):
    assert isinstance(at(spec, place), Descent)
    path = f"{place}.{name}"
    new = patch(spec, {path: NEW[name]})
    assert changed(spec, new) == (path,)
    assert at(new, path) == at(
        patch(experiment(PLACES["training"]), {f"training.{name}": NEW[name]}), f"training.{name}"
    )
    assert from_link(to_link(new)) == new
    lives = not (place.startswith("model.racers") and name == "optimizer")  # another racer begins at the start
    assert is_live(spec, path) is lives
    assert restarts(spec, new) is not lives


@pytest.mark.parametrize("name", FIELDS)
def test_what_is_out_of_range_is_refused_at_its_own_place(spec, place, name):
    with pytest.raises(Refused) as refused:
        patch(spec, {f"{place}.{name}": WRONG[name]})
    assert [p.field for p in refused.value.problems] == [f"{place}.{name}"]


def test_a_field_of_the_optimizer_changes_wherever_it_stands(spec, place):
    adam = patch(spec, {f"{place}.optimizer": {"kind": "adam"}})
    new = patch(adam, {f"{place}.optimizer.beta1": 0.5})
    assert changed(adam, new) == (f"{place}.optimizer.beta1",)
    assert at(new, f"{place}.optimizer").beta1 == 0.5
