"""The page on optimisers without workers: surface, start, racers, presets, and sentences for what cannot be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from nnlab.core.experiment import Experiment, experiment, patch
from nnlab.core.links import to_link
from nnlab.core.registries import OPTIMIZERS, SURFACES
from nnlab.families.descent.spec import MOST_RACERS, usual_rate
from nnlab.ui import echo
from nnlab.ui.session import Session
from nnlab.ui.topics.optimisers import with_usual_rates
from nnlab.ui.topics.optimisers_presets import PRESETS
from tests.app.pages import session_of, shown

DEFAULT = next(iter(PRESETS))


@pytest.fixture
def opened(fake: Any) -> Callable[..., AppTest]:
    return lambda **parameters: shown("optimisers", **parameters)


def session(app: AppTest) -> Session:
    return session_of(app, "optimisers")


def preset(name: str) -> Experiment:
    return PRESETS[name].experiment


def words(app: AppTest) -> str:
    return " ".join([m.value for m in app.markdown] + [i.value for i in app.info]).replace("\\", "")


def use(app: AppTest, widget: Any, value: Any) -> Session:
    widget.set_value(value).run()
    assert not app.exception and not app.error
    return session(app)


def test_the_page_opens_with_the_first_preset_and_waits_at_a_pace_slow_enough_to_watch(opened, fake):
    app = opened()
    (run,) = fake.runs.values()
    assert run.experiment == preset(DEFAULT)
    assert run.commands == [("pace", PRESETS[DEFAULT].pace)]
    assert PRESETS[DEFAULT].watch in words(app)
    assert "f(x, y) = (x^2 + 40*y^2)/2" in app.sidebar.code[0].value


@pytest.mark.parametrize("name", list(SURFACES))
def test_every_surface_can_be_picked_and_brings_start_rates_and_words(opened, name):
    app = opened(s=to_link(patch(preset(DEFAULT), {"model.start_x": -3.9})))
    here = use(app, app.selectbox(key="optimisers:data.surface"), name)
    known = SURFACES.load(name)
    if name != "ravine":  # picking what is there already changes nothing
        assert here.experiment.model.start_x is None
        rates = [racer.learning_rate for racer in here.experiment.model.racers]
        assert rates == [usual_rate(k, known) for k in ("sgd", "momentum", "adam")]
    assert here.experiment.data.surface == name
    assert known.watch in words(app) and known.source in words(app)


def test_a_formula_is_typed_and_raced_on(opened):
    app = opened()
    use(app, app.selectbox(key="optimisers:data.surface"), "typed")
    here = use(app, app.text_input(key="optimisers:data.formula"), "x^4 + y^2")
    assert here.experiment.data.formula == "x^4 + y^2"
    assert "Minima: (0, 0)" in words(app)


@pytest.mark.parametrize(
    ("typed", "says"), [("x +", "cannot be read"), ("log(x)", "no finite value"), ("q", "variable")]
)
def test_a_formula_that_cannot_be_gets_a_sentence_and_changes_nothing(opened, typed, says):
    app = opened()
    before = use(app, app.selectbox(key="optimisers:data.surface"), "typed").experiment
    after = use(app, app.text_input(key="optimisers:data.formula"), typed).experiment
    assert after == before
    assert says in words(app)
    assert app.text_input(key="optimisers:data.formula").value == typed, "it stays, to be mended"


def test_a_start_outside_the_surface_gets_a_sentence_and_changes_nothing(opened):
    app = opened()
    before = session(app).experiment
    after = use(app, app.number_input(key="optimisers:model.start_y"), 3.0).experiment
    assert after == before
    assert "Start y must be from \u22122 to 2 on the surface Ravine; got 3." in words(app)
    assert use(app, app.number_input(key="optimisers:model.start_y"), 1.0).experiment.model.start_y == 1.0
    assert "must be from" not in words(app)


def test_racers_are_added_up_to_eight_and_removed_down_to_one(opened):
    app = opened()
    for count in range(4, MOST_RACERS + 1):
        app.button(key="optimisers:racer:add").click().run()
        assert len(session(app).experiment.model.racers) == count
        assert app.session_state["optimisers:racer"] == count - 1
    assert app.button(key="optimisers:racer:add").disabled
    racers = session(app).experiment.model.racers
    assert len({r.optimizer.kind for r in racers}) == len({r.colour for r in racers}) == MOST_RACERS
    for count in range(MOST_RACERS - 1, 0, -1):
        app.button(key="optimisers:racer:remove").click().run()
        assert len(session(app).experiment.model.racers) == count
    assert app.button(key="optimisers:racer:remove").disabled
    assert not app.exception


@pytest.mark.parametrize("kind", list(OPTIMIZERS))
def test_a_racer_takes_any_optimiser_at_a_rate_that_suits_it(opened, kind):
    app = opened()
    here = use(app, app.selectbox(key="optimisers:model.racers.0.optimizer.kind"), kind)
    racer = here.experiment.model.racers[0]
    assert racer.optimizer.kind == kind
    assert racer.learning_rate == (0.03 if kind == "sgd" else usual_rate(kind, SURFACES.load("ravine")))


def test_rate_momentum_schedule_noise_and_colour_are_a_racers_own(opened, fake):
    app = opened()
    app.session_state["optimisers:racer"] = 1
    app.run()
    path = "optimisers:model.racers.1"
    use(app, app.number_input(key=f"{path}.learning_rate"), 0.02)
    use(app, app.slider(key=f"{path}.optimizer.momentum"), 0.5)
    use(app, app.selectbox(key=f"{path}.schedule.kind"), "exponential")
    use(app, app.number_input(key=f"{path}.noise"), 0.7)
    here = use(app, app.selectbox(key=f"{path}.colour"), "red")
    first, racer, _ = here.experiment.model.racers
    assert (racer.learning_rate, racer.optimizer.momentum, racer.noise, racer.colour) == (0.02, 0.5, 0.7, "red")
    assert racer.schedule.kind == "exponential"
    assert first == preset(DEFAULT).model.racers[0]


def test_the_betas_of_adam_are_set_in_its_own_controls(opened):
    app = opened()
    app.session_state["optimisers:racer"] = 2
    app.run()
    path = "optimisers:model.racers.2.optimizer"
    use(app, app.slider(key=f"{path}.beta1"), 0.5)
    here = use(app, app.number_input(key=f"{path}.beta2"), 0.9)
    first, second, adam = here.experiment.model.racers
    assert (adam.optimizer.kind, adam.optimizer.beta1, adam.optimizer.beta2) == ("adam", 0.5, 0.9)
    assert (first, second) == preset(DEFAULT).model.racers[:2]


def test_a_rate_out_of_bounds_gets_one_sentence(opened):
    app = opened()
    before = session(app).experiment
    after = use(app, app.number_input(key="optimisers:model.racers.0.learning_rate"), 99.0).experiment
    assert after == before
    assert "Learning rate must be less than or equal to 10; got 99.0." in words(app)
    assert "Tuple" not in words(app)


def racer(app: AppTest, i: int) -> None:
    """Look at the controls of one racer."""
    app.session_state["optimisers:racer"] = i
    app.run()


def test_a_refused_rate_goes_with_its_racer(opened):
    app = opened()
    racer(app, 1)
    path = "optimisers:model.racers.1.learning_rate"
    use(app, app.number_input(key=path), 99.0)
    assert "got 99.0" in words(app)
    racer(app, 0)
    app.button(key="optimisers:racer:remove").click().run()
    racer(app, 1)
    assert app.number_input(key=path).value == session(app).experiment.model.racers[1].learning_rate == 0.1
    assert "got 99.0" not in words(app)


def test_another_surface_takes_what_was_refused_on_the_one_before_and_leaves_the_limit_of_steps(opened):
    app = opened()
    use(app, app.number_input(key="optimisers:model.racers.0.learning_rate"), 99.0)
    use(app, app.number_input(key="optimisers:model.start_y"), 3.0)
    use(app, app.number_input(key="optimisers:training.stop.epochs"), -1)
    assert all(said in words(app) for said in ("got 99.0", "got 3.", "Stop after must be"))
    use(app, app.selectbox(key="optimisers:data.surface"), "saddle")
    assert "got 99.0" not in words(app) and "got 3." not in words(app)
    assert "Stop after must be" in words(app)


def test_another_optimiser_takes_its_refused_rate_and_leaves_the_noise(opened):
    app = opened()
    use(app, app.number_input(key="optimisers:model.racers.0.learning_rate"), 99.0)
    use(app, app.number_input(key="optimisers:model.racers.0.noise"), -5.0)
    use(app, app.selectbox(key="optimisers:model.racers.0.optimizer.kind"), "adam")
    assert "got 99.0" not in words(app)
    assert "got \u22125.0" in words(app)


def test_an_old_limit_of_steps_that_a_browser_reports_does_not_undo_that_of_a_preset(opened, monkeypatch):
    monkeypatch.setattr(echo, "LOAD_S", 3600.0)
    app = opened()
    limit, preset_key = "optimisers:training.stop.epochs", f"optimisers:preset:{DEFAULT}"
    assert app.number_input(key=limit).label == "Stop after (steps)"
    before = app.number_input(key=limit).value
    use(app, app.get_by_key(preset_key), "banana")
    assert app.number_input(key=limit).value == 1200 != before
    app.number_input(key=limit).set_value(before)  # the browser has not drawn the answer yet
    use(app, app.number_input(key="optimisers:model.racers.0.learning_rate"), 0.002)
    assert session(app).experiment.training.stop.epochs == 1200
    assert session(app).experiment.model.racers[0].learning_rate == 0.002
    assert use(app, app.number_input(key=limit), 350).experiment.training.stop.epochs == 350


@pytest.mark.parametrize("name", list(PRESETS))
def test_every_preset_starts_over_at_its_pace(opened, fake, name):
    app = opened()
    use(app, app.number_input(key="optimisers:training.stop.epochs"), 350)  # or the first one would be marked already
    use(app, app.selectbox(key=f"optimisers:preset:{DEFAULT}"), name)
    (run,) = fake.runs.values()
    assert run.experiment == preset(name)
    assert run.commands[-3:] == [("reset", None), ("pace", PRESETS[name].pace), ("play", True)]
    assert PRESETS[name].watch in words(app)


def test_a_link_opens_the_same_race(opened):
    spec = with_usual_rates(preset("banana"))
    assert session(opened(s=to_link(spec))).experiment == spec


def test_what_no_page_can_show_gives_the_first_race_with_a_sentence(opened, monkeypatch):
    monkeypatch.setattr("nnlab.ui.topic.topic_of", lambda spec: None)
    app = opened(s=to_link(experiment({"data": {"kind": "circle"}, "model": {"family": "mlp"}})))
    assert session(app).experiment == preset(DEFAULT)
    assert "for optimisers on a surface" in words(app)


@pytest.mark.parametrize("page", ["playground", "landscape"])
def test_where_no_page_can_show_a_race_the_others_start_with_their_own_network_and_a_sentence(fake, page, monkeypatch):
    monkeypatch.setattr("nnlab.ui.topic.topic_of", lambda spec: None)
    app = shown(page, s=to_link(preset("ravine")))
    assert "This page cannot show" in words(app)
    assert {run.experiment.model.family for run in fake.runs.values()} == {"mlp"}
