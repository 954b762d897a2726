"""The page on backpropagation: its controls, its presets and what each of them promises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from nnlab.core.experiment import Experiment, experiment, patch
from nnlab.core.links import to_link
from nnlab.core.parts import LOSSES_OF
from nnlab.core.registries import OPTIMIZERS
from nnlab.train.run import advance, start
from nnlab.ui.choices import title
from nnlab.ui.session import Refusal, Session
from nnlab.ui.topics.backpropagation import MAX_LAYERS, MAX_UNITS, TASKS, fits, given, task_of, with_task
from nnlab.ui.topics.backpropagation_presets import PRESETS
from tests.app.pages import session_of, shown
from tests.studies import finished

DEFAULT = next(iter(PRESETS))


@pytest.fixture
def opened(fake: Any) -> Callable[..., AppTest]:
    return lambda **parameters: shown("backpropagation", **parameters)


def session(app: AppTest) -> Session:
    return session_of(app, "backpropagation")


def preset(name: str) -> Experiment:
    return PRESETS[name].experiment


def use(app: AppTest, widget: Any, value: Any) -> Session:
    widget.set_value(value).run()
    assert not app.exception and not app.error
    return session(app)


def record_of(spec: Any) -> dict[str, Any]:
    from nnlab.analysis.mlp.backprop import backprop

    return finished(backprop(start(spec), {}))[0]


def test_the_page_opens_with_the_first_preset_and_waits(opened, fake):
    app = opened()
    (run,) = fake.runs.values()
    assert run.experiment == preset(DEFAULT)
    assert run.commands == []
    assert "Two sigmoid neurons" in " ".join(m.value for m in app.markdown)


def test_layers_neurons_and_activations_are_changed_by_ordinary_controls(opened):
    app = opened()
    here = use(app, app.slider(key="backpropagation:model.layers:count"), 3)
    assert len(here.experiment.model.layers) == 3
    here = use(app, app.slider(key="backpropagation:model.layers.1.units"), MAX_UNITS)
    here = use(app, app.selectbox(key="backpropagation:model.layers.1.activation"), "tanh")
    assert (here.experiment.model.layers[1].units, here.experiment.model.layers[1].activation) == (4, "tanh")
    assert app.slider(key="backpropagation:model.layers:count").max == MAX_LAYERS
    assert app.slider(key="backpropagation:model.layers.1.units").max == MAX_UNITS == 4


def test_loss_optimiser_and_learning_rate_are_changed_by_ordinary_controls(opened):
    app = opened()
    here = use(app, app.selectbox(key="backpropagation:training.loss"), "huber")
    assert here.experiment.training.loss == "huber"
    picker = app.selectbox(key="backpropagation:training.optimizer.kind")
    assert set(picker.options) == {title(OPTIMIZERS, name) for name in OPTIMIZERS}
    here = use(app, picker, "adam")
    assert here.experiment.training.optimizer.kind == "adam"
    here = use(app, app.number_input(key="backpropagation:training.learning_rate"), 0.25)
    assert here.experiment.training.learning_rate == 0.25


def test_only_losses_that_fit_are_offered(opened):
    app = opened()
    assert len(app.selectbox(key="backpropagation:training.loss").options) == 3
    use(app, app.selectbox(key="backpropagation:task"), "One of two classes")
    assert len(app.selectbox(key="backpropagation:training.loss").options) == 5


def test_given_weights_give_way_to_drawn_ones(opened):
    app = opened()
    assert given(session(app).experiment)
    assert not any(w.key == "backpropagation:model.init" for w in app.selectbox)
    next(b for b in app.button if b.label == "New random weights").click().run()
    assert not given(session(app).experiment)
    assert app.selectbox(key="backpropagation:model.init").value == "xavier"


def test_what_no_page_can_show_gives_the_default_and_a_sentence_that_says_what_this_one_is_for(opened, monkeypatch):
    monkeypatch.setattr("nnlab.ui.topic.topic_of", lambda spec: None)
    large = experiment({"data": {"kind": "circle"}, "model": {"family": "mlp"}})
    app = opened(s=to_link(large))
    assert session(app).experiment == preset(DEFAULT)
    assert any("at most 3 hidden layers" in note.value.replace("\\", "") for note in app.info)


def test_a_link_to_a_small_network_is_taken(opened):
    mine = patch(preset("batch"), {"training.learning_rate": 0.7})
    assert session(opened(s=to_link(mine))).experiment == mine


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", PRESETS)
def test_another_task_keeps_the_examples_and_fits(name, task):
    old = preset(name)
    new = with_task(old, task)
    assert task_of(new) == task and fits(new)
    assert [row[:2] for row in new.data.added] == [row[:2] for row in old.data.added]
    assert len(new.data.load().targets) == len(old.data.added)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_fits_starts_from_its_own_weights_and_learns(name):
    spec = preset(name)
    assert fits(spec) and given(spec)
    record = record_of(spec)
    assert record["error"].max() < 1e-8
    assert record["loss_after"][0] < record["loss"][0]


def test_the_first_preset_starts_where_its_line_says():
    record = record_of(preset("first"))
    assert (record["z"][0, 0], record["a"][0, 0], record["slope"][0, 0]) == (0, 0.5, 0.25)


def test_the_gradient_vanishes_layer_by_layer_with_sigmoid_and_less_so_with_tanh():
    def sizes(activation: str) -> Any:
        changes = {f"model.layers.{i}.activation": activation for i in range(3)}
        delta = np.abs(record_of(patch(preset("vanishing"), changes))["delta"][:, 0])
        return np.array([delta[0:2].max(), delta[2:4].max(), delta[4:6].max(), delta[6]])

    vanishing = sizes("sigmoid")
    assert (vanishing[:-1] < vanishing[1:] / 2).all()
    assert vanishing[0] / vanishing[-1] < 0.02
    tanh = sizes("tanh")
    assert tanh[0] / tanh[-1] > 5 * vanishing[0] / vanishing[-1]


def test_the_dead_neuron_never_wakes():
    run = start(preset("dead"))
    before = run.learner.flat[3:6].clone()
    advance(run, steps=50)
    assert run.learner.flat[3:6].tolist() == before.tolist() == [1, 0.5, -5]


def test_in_the_batch_the_examples_pull_in_different_directions():
    record = record_of(preset("batch"))
    assert record["losses"].shape == (4,)
    output = record["delta"][-1]
    assert (output > 0).any() and (output < 0).any()


def test_softmax_pulls_the_right_class_up_and_pushes_the_others_down():
    record = record_of(preset("classes"))
    assert record["delta"][-3:, 0].tolist() == pytest.approx((record["a"][-3:, 0] - [0, 0, 1]).tolist())
    assert (np.sign(record["delta"][-3:, 0]) == [1, 1, -1]).all()


def test_a_loss_that_another_tab_has_made_impossible_gets_its_sentence_and_the_page_goes_on(opened):
    app = opened()
    here = session(app)
    assert "hinge" not in LOSSES_OF[here.experiment.data.target]
    here.refused["training.loss"] = Refusal("hinge", "Hinge does not fit regression.")
    for _ in range(2):
        app.run()
        assert not app.exception and not app.error
        assert any("Hinge does not fit regression" in m.value for m in app.markdown)


def test_a_refused_task_is_said_under_its_control_until_another_is_asked(opened):
    app = opened()
    session(app).refused["task"] = Refusal("A number", "This cannot be asked.")
    app.run()
    assert any("This cannot be asked" in m.value for m in app.markdown)
    use(app, app.selectbox(key="backpropagation:task"), "One of two classes")
    assert not any("This cannot be asked" in m.value for m in app.markdown)
