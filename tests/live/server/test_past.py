"""Changes of an experiment taken back and made again: by themselves, and through a run of the hub."""

from __future__ import annotations

from typing import Any

import pytest

from nnlab.core.experiment import Experiment, patch
from nnlab.live.server.past import DRAG_S, MOST, Past
from tests.live.server.fakes import CIRCLE, command, make, texts, watched


def with_rate(rate: float) -> Experiment:
    return patch(CIRCLE, {"training.learning_rate": rate})


def test_changes_are_taken_back_one_by_one_and_made_again() -> None:
    past = Past(CIRCLE)
    other = patch(CIRCLE, {"data.kind": "xor"})
    past.take(other, 0.0)
    past.take(patch(other, {"seed": 3}), 0.1)
    past.back()
    assert past.now == other and past.before == CIRCLE
    past.back()
    assert past.now == CIRCLE and past.before is None and past.after == other
    past.forth()
    past.forth()
    assert past.now.seed == 3 and past.after is None


def test_a_dragged_slider_is_one_change_and_what_comes_after_a_pause_another() -> None:
    past = Past(CIRCLE)
    for i in range(5):
        past.take(with_rate(0.1 + i / 100), i * DRAG_S / 2)
    assert past.before == CIRCLE
    past.take(with_rate(0.5), 10 * DRAG_S)
    assert past.before == with_rate(0.14)


def test_a_change_after_one_that_was_taken_back_forgets_it_and_starts_anew() -> None:
    past = Past(CIRCLE)
    past.take(with_rate(0.2), 0.0)
    past.back()
    past.take(with_rate(0.3), 0.1)
    assert past.after is None and past.before == CIRCLE
    past.take(with_rate(0.3), 0.2)
    past.back()
    assert past.now == CIRCLE and past.before is None, "what changes nothing is no change"


def test_a_value_that_is_chosen_again_is_a_change_and_no_step_back() -> None:
    past = Past(CIRCLE)
    past.take(with_rate(0.2), 0.0)
    past.take(CIRCLE, 9.0)
    assert past.before == with_rate(0.2) and past.after is None


def test_the_oldest_changes_are_forgotten() -> None:
    past = Past(CIRCLE)
    for i in range(MOST + 20):
        past.take(patch(CIRCLE, {"seed": i + 1}), i * 2 * DRAG_S)
    for _ in range(MOST):
        past.back()
    assert past.before is None and past.now.seed == 20


def test_a_browser_takes_a_change_back_and_every_viewer_hears_of_it() -> None:
    hub, _ = make()
    run, viewer, worker = watched(hub)
    command(hub, run, viewer, "undo", None)
    assert run.experiment == CIRCLE and run.version == 0, "there is nothing to take back"
    command(hub, run, viewer, "set", {"changes": {"training.learning_rate": 0.2}, "version": 1})
    version = run.version
    command(hub, run, viewer, "undo", None)
    assert run.experiment == CIRCLE and run.version == version + 1
    told: list[dict[str, Any]] = [text for text in texts(viewer) if text["type"] == "experiment"]
    assert told[-1]["experiment"]["training"]["learning_rate"] == CIRCLE.training.learning_rate
    assert worker.commands[-1][0] in ("change", "want")
    command(hub, run, viewer, "redo", None)
    assert run.experiment.training.learning_rate == pytest.approx(0.2)


def test_what_the_history_leads_to_is_no_change_of_a_person() -> None:
    hub, _ = make()
    run, viewer, _ = watched(hub)
    command(hub, run, viewer, "set", {"changes": {"training.learning_rate": 0.2}, "version": 1})
    run.returned(CIRCLE, version=run.version)
    assert run.past.now == CIRCLE
    run.patch({"seed": 4})
    run.undo()
    assert run.experiment == CIRCLE


def test_after_the_history_has_led_past_a_change_it_can_be_made_again() -> None:
    hub, _ = make()
    run, viewer, _ = watched(hub)
    command(hub, run, viewer, "set", {"changes": {"training.learning_rate": 0.2}, "version": 1})
    run.returned(CIRCLE, version=run.version)
    assert run.past.before is None and run.past.after == with_rate(0.2)
    run.redo()
    assert run.experiment == with_rate(0.2)
    run.returned(with_rate(0.7), version=run.version)  # the end of another course
    run.undo()
    assert run.experiment == with_rate(0.2)


def test_what_cannot_be_dragged_is_a_change_each_time() -> None:
    past = Past(CIRCLE)
    for i in range(3):
        past.take(patch(CIRCLE, {"data.added": [[k, 0, 0] for k in range(i + 1)]}), i / 10)
    past.back()
    assert len(past.now.data.added) == 2  # type: ignore[attr-defined]
    past.back()
    assert len(past.now.data.added) == 1  # type: ignore[attr-defined]


def test_a_value_that_is_dragged_and_put_back_is_no_change() -> None:
    past = Past(CIRCLE)
    past.take(with_rate(0.2), 0.0)
    past.take(CIRCLE, 0.1)
    assert past.before is None
