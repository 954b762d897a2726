"""The page One neuron: its topics and controls, and what each preset promises really happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from nnlab.analysis.neuron.rows import perceptron
from nnlab.analysis.neuron.surfaces import bowl, curvature, sigmoids
from nnlab.core.experiment import Experiment, experiment, patch
from nnlab.core.links import from_link, to_link
from nnlab.train.run import advance, start
from nnlab.ui.session import Session
from nnlab.ui.topics.one_neuron import TOPIC, kind_of
from nnlab.ui.topics.one_neuron_presets import PRESETS
from tests.app.pages import address_of, session_of, shown
from tests.studies import finished

LOOKED_AT = "activations"
EVERY = [(topic, name) for topic, presets in PRESETS.items() for name in presets]


@pytest.fixture
def opened(fake: Any) -> Callable[..., AppTest]:
    return lambda **parameters: shown("one_neuron", **parameters)


def session(app: AppTest) -> Session:
    return session_of(app, "one_neuron")


def preset(topic: str, name: str) -> Experiment:
    return PRESETS[topic][name].experiment


def said(app: AppTest) -> str:
    return " ".join(m.value for m in app.markdown)


def pick(app: AppTest, name: str, value: str) -> Session:
    app.selectbox(key=f"one_neuron:{name}").set_value(value).run()
    assert not app.exception and not app.error
    return session(app)


def test_the_page_opens_with_a_perceptron_at_a_pace_slow_enough_to_watch(opened, fake):
    app = opened()
    (run,) = fake.runs.values()
    assert run.experiment == preset("perceptron", "separable")
    assert run.commands == [("pace", 3)]
    assert "green cone" in said(app)


@pytest.mark.parametrize("topic", list(PRESETS))
def test_every_topic_opens_from_its_link_with_its_own_controls(opened, topic):
    first = preset(topic, next(iter(PRESETS[topic])))
    app = opened(s=to_link(first))
    assert session(app).experiment == first
    assert app.session_state["one_neuron:topic"] == topic
    assert next(iter(PRESETS[topic].values())).watch in said(app)
    labels = {w.label for kind in (app.selectbox, app.toggle, app.slider, app.number_input) for w in kind}
    own = {"perceptron": "Learning rule", "linear": "Feature scaling", "sigmoid": "Loss", "batches": "Mini-batch"}
    assert any(label.startswith(own[topic]) for label in labels)
    assert "Features" not in labels and "L2 penalty" not in labels


def test_activations_are_a_topic_of_the_address(opened, fake):
    app = opened(topic=LOOKED_AT)
    assert app.session_state["one_neuron:topic"] == LOOKED_AT
    assert "ten layers" in said(app).replace("\n", " ")
    (run,) = fake.runs.values()
    assert run.commands[-1] == ("play", False), "nothing trains unseen"


def test_a_topic_that_is_chosen_starts_with_its_first_example(opened, fake):
    app = opened()
    for topic in [*list(PRESETS)[1:], "perceptron"]:
        here = pick(app, "topic", topic)
        first = next(iter(PRESETS[topic].values()))
        assert here.experiment == first.experiment and first.watch in said(app)
        assert fake.runs[here.token].commands[-1] == ("play", True)
    assert len(fake.runs) == 1


def test_a_look_at_the_activations_pauses_the_run_and_the_way_back_leaves_it_as_it_was(opened, fake):
    app = opened()
    (run,) = fake.runs.values()
    run.experiment = patch(run.experiment, {"model.w1": 2})
    app.run()
    pick(app, "topic", LOOKED_AT)
    assert address_of(app, "one_neuron")["topic"] == LOOKED_AT and run.commands[-1] == ("play", False)
    assert "ten layers" in said(app).replace("\n", " ")
    commands = len(run.commands)
    here = pick(app, "topic", "perceptron")
    assert "topic" not in address_of(app, "one_neuron") and here.experiment.model.w1 == 2
    assert len(run.commands) == commands, "it is not started again"


def test_a_part_that_one_comes_back_to_is_as_it_was_left(opened, fake):
    app = opened()
    (run,) = fake.runs.values()
    pick(app, "preset:separable", "stray")
    run.experiment = dragged = patch(run.experiment, {"data.moved": [[1_000_000, 1, 1]]})  # in the live view
    here = pick(app, "topic", "linear")
    assert here.experiment == preset("linear", "bowl")
    app.number_input(key="one_neuron:model.w1").set_value(2.0).run()
    mine = here.experiment
    pick(app, "topic", LOOKED_AT)
    here = pick(app, "topic", "perceptron")
    assert here.experiment == dragged == from_link(address_of(app, "one_neuron")["s"])
    assert here.look == PRESETS["perceptron"]["stray"].look
    assert run.commands[-3:] == [("reset", None), ("pace", 40), ("play", True)]
    assert PRESETS["perceptron"]["stray"].watch in said(app)
    assert pick(app, "topic", "linear").experiment == mine


def test_a_preset_that_is_picked_in_a_part_is_what_one_comes_back_to(opened):
    app = opened()
    app.toggle(key="one_neuron:model.bias").set_value(False).run()
    pick(app, "topic", "linear")
    pick(app, "topic", "perceptron")
    pick(app, "preset:separable", "xor")
    pick(app, "topic", "linear")
    assert pick(app, "topic", "perceptron").experiment == preset("perceptron", "xor")


def test_an_address_wins_over_what_was_left(opened):
    app = opened()
    pick(app, "topic", "linear")
    other = patch(preset("perceptron", "far"), {"seed": 5})
    assert session(opened(s=to_link(other))).experiment == other


def test_what_no_page_can_show_gives_way_to_the_first_example(opened, monkeypatch):
    monkeypatch.setattr("nnlab.ui.topic.topic_of", lambda spec: None)
    app = opened(s=to_link(experiment({"data": {"kind": "circle"}, "model": {"family": "mlp"}})))
    assert session(app).experiment == preset("perceptron", "separable")
    assert any("another kind of network" in info.value.replace("\\", "") for info in app.info)


def test_a_control_changes_the_run_and_a_wrong_value_is_refused_beside_it(opened, fake):
    app = opened()
    (run,) = fake.runs.values()
    app.toggle(key="one_neuron:model.bias").set_value(False).run()
    assert run.experiment.model.bias is False
    app.number_input(key="one_neuron:model.w1").set_value(99).run()
    assert run.experiment.model.w1 == 0
    assert "between" in said(app) or "at most" in said(app) or "30" in said(app)


def test_every_topic_has_a_view_and_a_preset():
    assert [part.name for part in TOPIC.parts] == [*PRESETS, LOOKED_AT]
    assert all(part.views and (part.presets or not part.trains) for part in TOPIC.parts)


@pytest.mark.parametrize(("topic", "name"), EVERY)
def test_a_preset_is_of_its_topic_and_survives_a_link(topic, name):
    spec = preset(topic, name)
    assert kind_of(spec) == topic == TOPIC.part_of(spec).name
    assert from_link(to_link(spec)) == spec
    assert PRESETS[topic][name].watch.endswith(".")


def facts(run):
    return perceptron(run.learner, {})["perceptron"]


def test_one_point_at_a_time_converges_within_a_minute_of_watching():
    run = start(preset("perceptron", "separable"))
    advance(run, steps=180)
    found = facts(run)
    assert found[4] == 1 and 8 <= found[0] <= found[7]


def test_xor_goes_in_circles_and_the_stray_point_too_with_a_better_line_in_the_pocket():
    xor = start(preset("perceptron", "xor"))
    advance(xor, steps=30)
    assert facts(xor)[3] > 0 and facts(xor)[6] == 0
    stray = start(preset("perceptron", "stray"))
    advance(stray, steps=400)
    assert facts(stray)[3] > 0 and facts(stray)[10] == 15


def test_the_delta_rule_gives_up_near_points_for_far_ones():
    run = start(preset("perceptron", "far"))
    advance(run, steps=2400)
    rule, delta, logistic, *_ = perceptron(run.learner, {})["perceptron_right"]
    assert rule == logistic == 15 and delta < 15


def test_without_a_bias_the_cone_is_reached():
    run = start(preset("perceptron", "origin"))
    advance(run, steps=120)
    assert facts(run)[4] == 1


def optima(run):
    """The lowest place of each loss: weight, threshold and height (3, 3)."""
    return finished(bowl(run.learner, {}))[0]["bowl_optima"]


def test_the_bowl_is_descended_and_the_valley_is_long_until_it_is_scaled():
    run = start(preset("linear", "bowl"))
    advance(run, steps=300)
    assert run.learner.evaluate("train")["loss"] < 1.02 * optima(run)[0, 2]
    valley = start(preset("linear", "valley"))
    round_ = start(patch(preset("linear", "valley"), {"model.scaled": True}))
    assert curvature(valley.learner)[0] > 30 * curvature(valley.learner)[1]
    assert curvature(round_.learner)[0] < 1.01 * curvature(round_.learner)[1]


def test_just_too_fast_is_one_hundredth_above_the_limit():
    run = start(preset("linear", "limit"))
    limit = curvature(run.learner)[2]
    assert 1.005 < run.lr / limit < 1.015
    before = run.metrics["train_loss"]
    advance(run, steps=400)
    assert run.learner.evaluate("train")["loss"] > 100 * before


def test_the_outlier_pulls_the_squares_line_down():
    squares, absolute, huber = optima(start(preset("linear", "outlier")))[:, 0]
    assert squares < 0.5 < 0.6 < huber < absolute


def test_the_squared_error_is_flat_at_the_bad_start_and_cross_entropy_is_not():
    run = start(preset("sigmoid", "plateau"))
    slopes = np.abs(finished(sigmoids(run.learner, {}))[0]["sigmoids_points"][:, :, 3]).mean(0)
    assert slopes[1] > 20 * slopes[0]
    advance(run, steps=100)
    costs = [run.learner.costs(run.learner.weights[i : i + 1], row=i)[0] for i in (0, 1)]
    assert costs[0] > 0.8 and costs[1] < 0.05


def test_the_worked_example_waits_at_its_weights():
    assert PRESETS["sigmoid"]["example"].pace is None
    run = start(preset("sigmoid", "example"))
    assert run.learner.flat.tolist() == [0, 1, 4]


def test_three_paths_arrive_and_the_stochastic_one_is_ahead_at_first():
    run = start(preset("batches", "three"))
    advance(run, epochs=5)
    quick, mini, whole = (run.learner.costs(run.learner.weights[i : i + 1])[0] for i in range(3))
    assert quick < mini < whole
    advance(run, epochs=300)
    least = optima(run)[0, 2]
    assert run.learner.costs(run.learner.weights[2:])[0] < 1.02 * least


def test_points_of_a_pattern_can_be_restored_and_drawn_ones_come_back_with_their_preset(opened, fake):
    app = opened()
    assert "Restore points" not in [b.label for b in app.button], "it would take all of them away"
    (run,) = fake.runs.values()
    run.experiment = patch(run.experiment, {"data.removed": [1_000_000], "data.added": [[1, 1, 0], [2, 2, 1]]})
    app.run()
    pick(app, "preset:separable", "separable")  # none is marked: these are other points
    assert run.experiment.data == preset("perceptron", "separable").data
    app = opened(s=to_link(preset("linear", "bowl")))
    assert "Restore points" in [b.label for b in app.button]
