"""Every control is drawn from its field, changes that field and no other, and keeps what was refused beside it."""

from __future__ import annotations

import itertools
import math

import pytest

from nnlab.core.experiment import changed, experiment, patch
from nnlab.core.fields import controls
from nnlab.core.registries import DATASETS, OPTIMIZERS, SCHEDULES
from nnlab.ui.choices import fields_of, kind_of, rungs, step_of
from nnlab.ui.session import Refusal
from nnlab.ui.topics.playground import PRESETS
from tests.app.conftest import DEFAULT, group, preset, session


def _is_points(kind):
    """Whether the playground can take a set of data."""
    return DATASETS.load(kind)(kind=kind).form.name == "points"


KINDS = {
    "data": (DATASETS, [name for name in DATASETS if _is_points(name) and name not in ("line", "upload")]),
    "training.optimizer": (OPTIMIZERS, list(OPTIMIZERS)),
    "training.schedule": (SCHEDULES, list(SCHEDULES)),
}
GROUP_OF = {"data": "Data", "model": "Model", "training": "Training", "seed": "Model"}


def _fields():
    """(path, control, another allowed value) of everything in the default experiment that a widget sets."""
    start = preset(DEFAULT)
    for top, part in (("data", start.data), ("model", start.model), ("training", start.training), ("", start)):
        for control in controls(type(part)):
            kind = kind_of(control)
            if kind in ("none", "rows", "part"):
                continue
            value = getattr(part, control.name)
            yield pytest.param(
                f"{top}.{control.name}" if top else control.name, control, _other(control, value), id=control.name
            )


def _other(control, value):
    kind = kind_of(control)
    if kind == "toggle":
        return not value
    if kind == "select":
        return next(c for c in control.choices if c != value)
    if kind == "pills":
        return [control.param.choices[1][0], control.param.choices[2][0]]
    if kind == "log":
        return rungs(control.lower, control.upper, control.kind == "int")[7]
    if value is None:
        return 20.0
    number = int if control.kind == "int" else float
    return number(value + step_of(control)) if value < control.upper else number(value - step_of(control))


def _widget(app, path, suffix=""):
    return app.get_by_key(f"playground:{path}{suffix}")


@pytest.mark.parametrize(("path", "control", "value"), list(_fields()))
def test_a_control_changes_the_field_that_it_says(opened, fake, path, control, value):
    app = group(opened(), GROUP_OF[path.partition(".")[0]])
    before = session(app).experiment
    _widget(app, path, ":slider" if kind_of(control) == "log" else "").set_value(value).run()
    assert not app.exception
    run = fake.runs[session(app).token]
    assert run.experiment == patch(before, {path: value})
    assert changed(before, run.experiment) == (path,)


@pytest.mark.parametrize(("path", "kind"), [(path, kind) for path, (_, kinds) in KINDS.items() for kind in kinds])
def test_every_kind_can_be_picked_and_all_its_controls_are_drawn(opened, path, kind):
    app = group(opened(), GROUP_OF[path.partition(".")[0]])
    _widget(app, f"{path}.kind").set_value(kind).run()
    assert not app.exception and not app.error
    part = session(app).experiment
    for name in path.split("."):
        part = getattr(part, name)
    assert part.kind == kind
    for control in fields_of(type(part)):
        if kind_of(control) == "none":
            continue
        widget = _widget(app, f"{path}.{control.name}")
        assert widget.label.startswith(control.param.label)
        assert widget.value == getattr(part, control.name), "another widget of the same key must not start afresh"


def test_a_typed_learning_rate_is_taken_exactly_and_the_slider_shows_it_too(opened):
    app = group(opened(), "Training")
    _widget(app, "training.learning_rate").set_value(0.0118).run()
    assert session(app).experiment.training.learning_rate == 0.0118
    slider = _widget(app, "training.learning_rate", ":slider")
    assert slider.value == 0.0118 and "0.0118" in slider.options
    slider.set_value(0.01).run()
    slider = _widget(app, "training.learning_rate", ":slider")
    assert slider.value == 0.01 == _widget(app, "training.learning_rate").value and "0.0118" not in slider.options


def test_a_batch_size_between_two_rungs_is_on_the_slider_as_in_the_field(opened):
    app = group(opened(), "Training")
    _widget(app, "training.batch_size").set_value(8).run()
    assert _widget(app, "training.batch_size", ":slider").value == 8 == _widget(app, "training.batch_size").value


def test_a_refused_value_stays_in_its_control_with_a_sentence_and_nothing_else_is_lost(opened):
    app = group(opened(), "Training")
    _widget(app, "training.l1").set_value(0.5).run()
    before = session(app).experiment
    _widget(app, "training.learning_rate").set_value(-3.0).run()
    assert session(app).experiment == before
    assert _widget(app, "training.learning_rate").value == -3.0
    said = [m.value for m in app.markdown if ":red[" in m.value]
    assert len(said) == 1 and "Learning rate must be" in said[0].replace("\\", "")
    _widget(app, "training.learning_rate").set_value(0.1).run()
    assert session(app).experiment == patch(before, {"training.learning_rate": 0.1})
    assert not [m for m in app.markdown if ":red[" in m.value]


def test_a_refused_formula_says_why_under_the_formula(opened):
    app = opened()
    _widget(app, "data.kind").set_value("formula").run()
    before = session(app).experiment
    _widget(app, "data.f").set_value("__import__('os') ![x](http://x.example/a.png)").run()
    assert not app.exception
    assert session(app).experiment == before
    said = [m.value for m in app.markdown if ":red[" in m.value]
    assert len(said) == 1
    assert "![x](" not in said[0], "what was typed must not be drawn as a picture"


def test_no_features_are_refused_beside_the_features(opened):
    app = group(opened(), "Model")
    _widget(app, "model.features").set_value([]).run()
    assert [m for m in app.markdown if "Features must" in m.value.replace("\\", "")]
    assert session(app).experiment.model.features == ("x", "y")


def test_features_keep_their_order_whatever_order_they_were_picked_in(opened):
    app = group(opened(), "Model")
    _widget(app, "model.features").set_value(["sin_y", "x", "xy"]).run()
    assert session(app).experiment.model.features == ("x", "xy", "sin_y")


def _red(app):
    return [m.value.replace("\\", "") for m in app.markdown if ":red[" in m.value]


def test_a_value_refused_in_a_layer_goes_with_the_layer_and_another_part_keeps_its_own(opened):
    app = group(opened(), "Model")
    _widget(app, "model.layers:count").set_value(3).run()
    _widget(app, "model.layers.2.units").set_value(0).run()
    _widget(app, "seed").set_value(-1).run()
    assert len(_red(app)) == 2 and _widget(app, "model.layers.2.units").value == 0
    _widget(app, "model.layers:count").set_value(2).run()
    _widget(app, "model.layers:count").set_value(3).run()
    assert _widget(app, "model.layers.2.units").value == session(app).experiment.model.layers[2].units == 2
    assert len(_red(app)) == 1 and _red(app)[0].startswith(":small[:red[:material/error: Seed")
    assert _widget(app, "seed").value == -1


def test_a_value_refused_in_one_kind_of_data_goes_with_that_kind(opened):
    app = opened()
    _widget(app, "data.seed").set_value(-1).run()
    assert len(_red(app)) == 1
    _widget(app, "data.kind").set_value("xor").run()
    assert not _red(app) and _widget(app, "data.seed").value == session(app).experiment.data.seed


def test_what_is_set_takes_its_own_refusal_away_and_no_neighbours(opened, monkeypatch):
    here = session(opened())
    monkeypatch.setattr(here, "_change", lambda spec: None)  # no script runs that could write an address
    paths = ("data.noise", "model.layers", "model.layers.1.units", "model.layers.10.units")
    here.refused = {path: Refusal(0, "No.") for path in paths}
    here.change(patch(here.experiment, {"model.layers.1.units": 5}))
    assert set(here.refused) == {"data.noise", "model.layers", "model.layers.10.units"}
    here.change(here.experiment, "model.layers")  # the same again
    assert set(here.refused) == {"data.noise"}


@pytest.mark.parametrize("count", range(9))
def test_layers_are_added_and_taken_away_and_those_that_stay_keep_their_values(opened, count):
    app = group(opened(), "Model")
    _widget(app, "model.layers.0.activation").set_value("relu").run()
    _widget(app, "model.layers:count").set_value(count).run()
    layers = session(app).experiment.model.layers
    assert [(layer.units, layer.activation) for layer in layers] == [(4, "relu"), *[(2, "tanh")] * 7][:count]
    assert not app.exception


def test_one_layer_is_changed_alone(opened):
    app = group(opened(), "Model")
    _widget(app, "model.layers.1.units").set_value(32).run()
    assert [layer.units for layer in session(app).experiment.model.layers] == [4, 32]


def test_muon_without_hidden_layers_is_refused_beside_the_layers(opened):
    app = group(opened(), "Training")
    _widget(app, "training.optimizer.kind").set_value("muon").run()
    group(app, "Model")
    _widget(app, "model.layers:count").set_value(0).run()
    assert [m for m in app.markdown if "Muon needs at least one hidden layer" in m.value.replace("\\", "")]
    assert len(session(app).experiment.model.layers) == 2


def test_another_kind_of_data_keeps_the_fields_that_both_have(opened):
    app = opened()
    _widget(app, "data.noise").set_value(25.0).run()
    _widget(app, "data.samples").set_value(120).run()
    _widget(app, "data.kind").set_value("spiral").run()
    data = session(app).experiment.data
    assert (data.kind, data.noise, data.samples) == ("spiral", 25.0, 120)


def test_another_kind_of_data_starts_with_its_own_training_share_unless_one_was_chosen(opened):
    app = opened()
    _widget(app, "data.kind").set_value("drawn").run()
    assert session(app).experiment.data.train_share == _widget(app, "data.train_share").value == 100
    _widget(app, "data.kind").set_value("circle").run()
    _widget(app, "data.train_share").set_value(70.0).run()
    _widget(app, "data.kind").set_value("drawn").run()
    assert session(app).experiment.data.train_share == _widget(app, "data.train_share").value == 70


def test_data_of_other_pages_are_not_offered(opened):
    assert not {"Surface", "Line", "CSV file"} & set(_widget(opened(), "data.kind").options)


def test_the_batch_goes_from_one_example_to_all_of_them(opened):
    app = group(opened(), "Training")
    slider = _widget(app, "training.batch_size", ":slider")
    assert (slider.options[0], slider.options[-1]) == ("1", "all 250")
    slider.set_value(250).run()
    assert session(app).experiment.training.batch_size >= 250
    app = group(app, "Data")
    _widget(app, "data.train_share").set_value(60.0).run()
    group(app, "Training")
    assert _widget(app, "training.batch_size").value == 300, "all stays all when points are added"
    assert _widget(app, "training.batch_size", ":slider").value == 300


def test_another_optimiser_keeps_the_fields_that_both_have(opened):
    app = group(opened(), "Training")
    _widget(app, "training.optimizer.kind").set_value("adam").run()
    _widget(app, "training.optimizer.beta1").set_value(0.8).run()
    _widget(app, "training.optimizer.kind").set_value("adamw").run()
    assert session(app).experiment.training.optimizer.beta1 == 0.8


def test_regression_data_change_a_loss_that_does_not_fit_and_say_so(opened):
    app = opened()
    _widget(app, "data.kind").set_value("plane").run()
    assert session(app).experiment.training.loss == "mse"
    (told,) = [i.value.replace("\\", "") for i in app.info]
    assert told == "Cross-entropy does not fit numbers, so the loss is now mean squared error."
    _widget(app, "data.noise").set_value(5.0).run()
    assert not app.info, "it is said until the next change"
    _widget(app, "data.kind").set_value("xor").run()
    assert session(app).experiment.training.loss == "mse", "a loss that fits is left alone"
    assert not app.info


def test_edited_points_are_left_behind_with_their_data_and_that_is_said(opened, fake):
    app = opened()
    run = fake.runs[session(app).token]
    run.experiment = patch(run.experiment, {"data.moved": [[1, 2.0, 3.0]], "data.added": [[0.5, 0.5, 1.0]]})
    app.run()
    _widget(app, "data.kind").set_value("xor").run()
    assert session(app).experiment.data.moved == () and session(app).experiment.data.added == ()
    assert any("not kept" in i.value for i in app.info)


def test_a_logarithmic_slider_has_its_bounds_and_its_default_on_rungs():
    for spec in (type(preset(DEFAULT).training), type(preset(DEFAULT).data)):
        for control in controls(spec):
            if kind_of(control) == "log":
                options = rungs(control.lower, control.upper, control.kind == "int")
                assert (options[0], options[-1]) == (control.lower, control.upper)
                assert control.default in options
                assert max(b / a for a, b in itertools.pairwise(options)) <= 2 + 1e-9


def test_a_plain_slider_can_reach_both_its_bounds():
    for registry in (DATASETS, OPTIMIZERS, SCHEDULES):
        for name in registry:
            if name == "upload":
                continue
            for control in controls(registry.load(name)):
                if kind_of(control) == "slider":
                    steps = (control.upper - control.lower) / step_of(control)
                    assert math.isclose(steps, round(steps), abs_tol=1e-6), (name, control.name)


def test_there_are_six_presets_and_each_is_an_experiment():
    assert len(PRESETS) == 6
    assert all(experiment(p.value) == preset(name) for name, p in PRESETS.items())
