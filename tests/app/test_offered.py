"""Only what fits is offered, all that fits is offered, and what does not fit is refused in a sentence beside its control."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from nnlab.core.errors import Refused
from nnlab.core.experiment import Experiment, at, experiment, patch
from nnlab.core.fields import controls
from nnlab.core.registries import DATASETS, FAMILIES, OPTIMIZERS, SCHEDULES, TOPICS
from nnlab.core.training import Training
from nnlab.ui import changes
from nnlab.ui.changes import narrowed, offered, with_kind
from nnlab.ui.controls import several
from tests.app import toys
from tests.app.conftest import FakeHub
from tests.app.pages import presets, session_of, shown

SPECS = [pytest.param(one.experiment, id=f"{page}-{name}") for page in TOPICS for name, one in presets(page).items()]
LOSS = next(control for control in controls(Training) if control.name == "loss")
every_preset = pytest.mark.parametrize("spec", SPECS)


def choices_at(spec: Experiment, path: str) -> Any:
    found = several(spec, path)
    assert found is not None
    return found


def accepted(spec: Experiment, path: str, kind: str) -> bool:
    try:
        new, _ = with_kind(spec, path, choices_at(spec, path), kind)
    except Refused as refused:
        assert str(refused)
        return False
    assert at(new, path).kind == kind and experiment(new.model_dump(mode="json")) == new
    return True


# ---- what is offered ---------------------------------------------------------------------------------------------------
@every_preset
@pytest.mark.parametrize("path", ["data", "training.optimizer", "training.schedule"])
def test_each_kind_that_is_offered_is_accepted(spec: Experiment, path: str) -> None:
    kinds = offered(spec, path, choices_at(spec, path))
    assert at(spec, path).kind in kinds
    for kind in kinds:
        assert accepted(spec, path, kind), kind


@every_preset
@pytest.mark.parametrize(
    ("path", "registry"), [("data", DATASETS), ("training.optimizer", OPTIMIZERS), ("training.schedule", SCHEDULES)]
)
def test_each_kind_that_is_not_offered_is_refused_or_stands_in_no_list(
    spec: Experiment, path: str, registry: Any
) -> None:
    for kind in set(registry) - set(offered(spec, path, choices_at(spec, path))):
        assert not getattr(registry.load(kind), "listed", True) or not accepted(spec, path, kind), kind


@every_preset
def test_the_losses_that_are_offered_are_those_that_are_accepted(spec: Experiment) -> None:
    shown = narrowed(spec, "training.loss", LOSS).choices
    assert shown == spec.model.losses_for(spec.data)
    for loss in LOSS.choices:
        try:
            fits = patch(spec, {"training.loss": loss}).training.loss == loss
        except Refused as refused:
            assert f"got {loss}." in str(refused)
            fits = False
        assert fits == (loss in shown) or not shown, loss  # where the objective is the model's own, none is asked for


@every_preset
def test_another_kind_of_data_brings_a_loss_that_fits_and_says_so(spec: Experiment) -> None:
    for kind in offered(spec, "data", choices_at(spec, "data")):
        new, notes = with_kind(spec, "data", choices_at(spec, "data"), kind)
        fitting = new.model.losses_for(new.data)
        assert not fitting or new.training.loss in fitting
        changed = new.training.loss != spec.training.loss
        assert any("so the loss is now" in note for note in notes) == changed


def test_a_loss_that_fits_both_kinds_of_data_stays() -> None:
    spec = experiment({"data": {"kind": "plane"}, "model": {"family": "mlp"}, "training": {"loss": "mae"}})
    assert with_kind(spec, "data", choices_at(spec, "data"), "circle")[0].training.loss == "mae"


def test_data_of_another_form_are_never_offered(toy: FakeHub) -> None:
    for page in TOPICS:
        spec = TOPICS.load(page).first.experiment
        kinds = offered(spec, "data", choices_at(spec, "data"))
        assert all(DATASETS.load(kind).model_validate({"kind": kind}).form.name in spec.model.forms for kind in kinds)
        assert ("toy_digits" in kinds) == ("pictures" in spec.model.forms)


def test_every_family_takes_what_its_example_is_made_of() -> None:
    for name in FAMILIES:
        spec = experiment(FAMILIES.load(name).example())
        assert spec.model.fits(spec.data) == ""


# ---- what is refused ---------------------------------------------------------------------------------------------------
def refused(app: AppTest) -> list[str]:
    return [m.value.replace("\\", "") for m in app.markdown if ":red[" in m.value]


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("surface", "Multilayer perceptron"),
        ("toy_digits", "Multilayer perceptron"),
    ],
)
def test_data_that_do_not_fit_are_refused_beside_their_control(
    toy: FakeHub, monkeypatch: pytest.MonkeyPatch, kind: str, says: str
) -> None:
    """A browser may still have the list of another network."""
    monkeypatch.setattr(changes, "_fits", lambda *_: True)
    app = shown("playground")
    before = session_of(app, "playground").experiment
    app.get_by_key("playground:data.kind").set_value(kind).run()
    assert not app.exception and not app.error
    assert session_of(app, "playground").experiment == before
    (sentence,) = refused(app)
    assert says in sentence and sentence.rstrip("]").endswith(".")
    app.get_by_key("playground:data.kind").set_value("xor").run()
    assert session_of(app, "playground").experiment.data.kind == "xor" and not refused(app)


def test_an_optimiser_that_does_not_fit_is_not_in_the_list_and_refused_beside_it(
    fake: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = shown("playground")
    run = fake.runs[session_of(app, "playground").token]
    run.experiment = patch(run.experiment, {"model.layers": []})
    app.session_state["playground:group"] = "Training"
    app.run()
    picker = app.get_by_key("playground:training.optimizer.kind")
    assert "Muon" not in picker.options and "Adam" in picker.options
    monkeypatch.setattr(changes, "_fits", lambda *_: True)
    app.run()
    app.get_by_key("playground:training.optimizer.kind").set_value("muon").run()
    assert session_of(app, "playground").experiment.training.optimizer.kind == "sgd"
    (sentence,) = refused(app)
    assert "Muon needs at least one hidden layer" in sentence


def test_a_loss_that_does_not_fit_is_not_in_the_list_and_refused_beside_it(
    fake: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = shown("playground")
    app.get_by_key("playground:data.kind").set_value("plane").run()
    app.session_state["playground:group"] = "Training"
    app.run()
    assert app.get_by_key("playground:training.loss").options == ["Mean squared error", "Mean absolute error", "Huber"]
    monkeypatch.setattr("nnlab.ui.controls.narrowed", lambda spec, path, control: control)
    app.run()
    app.get_by_key("playground:training.loss").set_value("hinge").run()
    assert session_of(app, "playground").experiment.training.loss == "mse"
    (sentence,) = refused(app)
    assert "Loss must be one of mse, mae, huber for this data; got hinge." in sentence


def test_the_toy_takes_only_the_losses_that_it_knows(toy: FakeHub) -> None:
    app = shown("toy")
    app.session_state["toy:group"] = "Training"
    app.run()
    assert app.get_by_key("toy:training.loss").options == ["Cross-entropy", "Mean squared error"]
    assert app.get_by_key("toy:training.batch_size:slider").options[-1] == "all 20,000"
    assert toys.LOADED == [], "its size is known without loading it"
