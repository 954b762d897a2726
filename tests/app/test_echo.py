"""A browser that sends an old value of one widget with the new one of another does not take the first change back."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from nnlab.core.experiment import patch
from nnlab.ui import echo, live
from tests.app.conftest import DEFAULT, group, preset, session

SLIDER, TYPED, PRESET = (
    "playground:training.learning_rate:slider",
    "playground:training.learning_rate",
    f"playground:preset:{DEFAULT}",
)


def _rate(app):
    return session(app).experiment.training.learning_rate


def test_two_moves_of_a_slider_within_a_moment_keep_the_second_and_do_not_start_the_preset_again(opened, monkeypatch):
    monkeypatch.setattr(echo, "LOAD_S", 3600.0)
    app = group(opened(), "Training")
    before = app.get_by_key(TYPED).value
    app.get_by_key(SLIDER).set_value(0.1).run()
    assert _rate(app) == 0.1 and app.get_by_key(TYPED).value == 0.1
    app.get_by_key(SLIDER).set_value(0.3)
    app.get_by_key(TYPED).set_value(before)  # the browser has not drawn the answer to the first move yet
    app.get_by_key(PRESET).set_value(DEFAULT)
    app.run()
    assert _rate(app) == 0.3
    assert session(app).experiment == patch(preset(DEFAULT), {"training.learning_rate": 0.3})
    assert app.get_by_key(TYPED).value == 0.3 and app.get_by_key(PRESET).value is None


@pytest.mark.parametrize(("key", "value"), [(TYPED, 0.03), (PRESET, DEFAULT)])
def test_who_goes_back_by_one_control_alone_is_taken_at_his_word_at_once(opened, monkeypatch, key, value):
    monkeypatch.setattr(echo, "LOAD_S", 3600.0)
    app = group(opened(), "Training")
    assert _rate(app) == 0.03
    app.get_by_key(SLIDER).set_value(0.1).run()
    app.get_by_key(key).set_value(value).run()
    assert _rate(app) == 0.03


def test_the_same_value_chosen_again_by_its_own_control_counts_at_once(opened, monkeypatch):
    monkeypatch.setattr(echo, "LOAD_S", 3600.0)
    app = group(opened(), "Training")
    for rate in (0.1, 0.3, 0.1):
        app.get_by_key(SLIDER).set_value(rate).run()
        assert _rate(app) == rate


def test_the_old_value_of_a_slider_that_was_drawn_anew_is_an_echo_too(opened, monkeypatch):
    """A run of the script that is interrupted has told the slider its value, and the browser has not heard of it."""
    monkeypatch.setattr(echo, "LOAD_S", 3600.0)
    app = group(opened(), "Training")
    app.get_by_key(TYPED).set_value(0.0777).run()  # no rung of the slider: it gets one more
    assert [old for old, _ in app.session_state[f"{SLIDER}:replaced"]] == [0.03]


def test_an_echo_beside_a_button_undoes_nothing(opened, monkeypatch):
    monkeypatch.setattr(echo, "LOAD_S", 3600.0)
    app = group(opened(), "Training")
    app.get_by_key(SLIDER).set_value(0.1).run()
    app.get_by_key(SLIDER).set_value(0.3).run()
    app.get_by_key(PRESET).set_value(DEFAULT)
    app.get_by_key("playground:undo-change").click().run()
    assert _rate(app) == 0.1


def test_an_echo_beside_another_look_undoes_nothing(monkeypatch):
    done: list[str] = []
    state: dict[str, object] = {"key": "old", "key:replaced": [("old", echo.time.monotonic())], echo.DOUBTED: []}
    monkeypatch.setattr(echo.st, "session_state", state)
    assert echo.doubted("key", lambda: done.append("preset"))
    state["board"] = SimpleNamespace(look={"speed": 0})
    here = SimpleNamespace(looked=done.append)
    live._looked(here, "board")
    echo.settle()
    assert done == [{"speed": 0}]


def test_an_echo_beside_a_change_in_the_live_view_undoes_nothing(opened, monkeypatch):
    """A slow browser reports the preset that it was sent first, together with what was changed before the controls were there."""
    monkeypatch.setattr(echo, "LOAD_S", 3600.0)
    done: list[str] = []
    state: dict[str, object] = {"key": "old", "key:replaced": [("old", echo.time.monotonic())], echo.DOUBTED: []}
    monkeypatch.setattr(echo.st, "session_state", state)
    assert echo.doubted("key", lambda: done.append("preset"))
    echo.choose()
    echo.settle()
    assert done == []
    assert echo.doubted("key", lambda: done.append("preset"))
    echo.settle()
    assert done == ["preset"]  # it came alone: somebody chose it
