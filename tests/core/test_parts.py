"""What fits together: forms of inputs, what is asked and losses, refused in a sentence at the field that is wrong."""

from __future__ import annotations

import pytest

from nnlab.core.errors import Refused
from nnlab.core.experiment import experiment, patch
from nnlab.core.forms import TARGETS
from nnlab.core.parts import LOSSES_OF
from nnlab.core.registries import DATASETS, FAMILIES
from tests.synthetic import synthetic

__all__ = ["synthetic"]

FORMS = {"circle": "points", "plane": "points", "surface": "surface", "patches": "pictures", "letters": "tokens"}
TAKES = {
    "mlp": ("Multilayer perceptron", "points"),
    "neuron": ("Neuron", "points"),
    "race": ("Race of optimisers", "surface"),
    "conv": ("Conv", "pictures"),
    "two_descents": ("TwoDescents", "pictures"),
    "recurrent": ("Recurrent", "tokens"),
    "game": ("Game", "pictures"),
}
pytestmark = pytest.mark.usefixtures("synthetic")


def value(data: str, family: str, **training):
    return {"data": {"kind": data}, "model": {"family": family}, "training": training}


def problems(wrong) -> dict[str, str]:
    """The sentences of a value that must be refused, by field."""
    with pytest.raises(Refused) as refused:
        experiment(wrong)
    assert len({p.field for p in refused.value.problems}) == len(refused.value.problems)
    return {p.field: p.message for p in refused.value.problems}


@pytest.mark.parametrize(("family", "data"), [(f, d) for f in TAKES for d in FORMS if TAKES[f][1] != FORMS[d]])
def test_data_of_another_form_are_refused_at_the_data(family, data):
    name, takes = TAKES[family]
    told = f"The data must be {takes}, which is what {name} takes; got {FORMS[data]}."
    assert problems(value(data, family)) == {"data.kind": told}
    assert problems(value(data, family, loss="hinge")) == {"data.kind": told}  # the loss is not judged before data fit


def test_a_family_that_takes_several_forms_names_them_all(monkeypatch):
    monkeypatch.setattr(FAMILIES.load("conv"), "forms", ("pictures", "table"))
    told = "The data must be pictures or table, which is what Conv takes; got points."
    assert problems(value("circle", "conv")) == {"data.kind": told}


def test_data_that_ask_for_something_else_are_refused_at_the_data(monkeypatch):
    monkeypatch.setattr(FAMILIES.load("recurrent"), "targets", ("class", "itself"))
    told = "The data must ask for classes or the input itself, which is what Recurrent can answer; got sequences."
    assert problems(value("letters", "recurrent")) == {"data.kind": told}


@pytest.mark.parametrize("family", ["mlp", "conv", "two_descents", "recurrent"])
def test_a_loss_that_cannot_be_taken_of_the_answer_is_refused_at_the_loss(family):
    for data in [data for data in FORMS if FORMS[data] == TAKES[family][1]]:
        spec = DATASETS.load(data).model_validate({"kind": data})
        allowed = LOSSES_OF[spec.target]
        for loss in LOSSES_OF["class"]:
            if loss in allowed:
                assert experiment(value(data, family, loss=loss)).training.loss == loss
            else:
                told = f"Loss must be one of {', '.join(allowed)} for this data; got {loss}."
                assert problems(value(data, family, loss=loss)) == {"training.loss": told}


@pytest.mark.parametrize("family", ["game", "race"])
def test_a_family_whose_objective_is_its_own_takes_whatever_loss_is_set(family):
    data = {"game": "patches", "race": "surface"}[family]
    for loss in LOSSES_OF["class"]:
        assert experiment(value(data, family, loss=loss)).training.loss == loss


def test_a_loss_of_its_own_choice_among_those_of_the_answer(monkeypatch):
    monkeypatch.setattr(FAMILIES.load("conv"), "losses", {"class": ("hinge", "mae")})
    told = "Loss must be one of hinge, mae for this data; got cross_entropy."
    assert problems(value("patches", "conv")) == {"training.loss": told}
    assert experiment(value("patches", "conv", loss="mae"))


def test_what_a_family_finds_by_itself_is_told_beside_the_loss():
    wrong = {**value("plane", "mlp"), "model": {"family": "mlp", "features": ["x", "x"]}}
    assert set(problems(wrong)) == {"training.loss", "model.features"}


def test_a_change_that_breaks_what_fitted_is_refused_the_same_way():
    spec = experiment(value("patches", "conv"))
    for path, new, field in (
        ("data", {"kind": "letters"}, "data.kind"),
        ("model", {"family": "mlp"}, "data.kind"),
        ("training.loss", "nothing", "training.loss"),
    ):
        with pytest.raises(Refused) as refused:
            patch(spec, {path: new})
        assert [p.field for p in refused.value.problems] == [field]


def test_every_kind_of_answer_has_losses_but_the_one_that_asks_nothing():
    assert {target for target in TARGETS if not LOSSES_OF.get(target)} == {"none"}
