"""The history: every row is what an evaluation at that step gives, by the names that the family declares, and never too many."""

from __future__ import annotations

import numpy as np
import pytest

from nnlab.train.history import LIMIT, History
from nnlab.train.run import advance, edit, seek, start

USUAL = ("train_loss", "test_loss", "train_accuracy", "test_accuracy")


def test_every_row_is_what_the_network_gives_at_that_step(small):
    run = start(small())
    for _ in range(40):
        run.look = 0.0
        advance(run, steps=3)
    rows = run.history.rows
    assert len(rows) > 20
    again = start(small())
    for step, epoch, *metrics in rows:
        advance(again, steps=int(step) - again.step)
        train, test = again.learner.evaluate("train"), again.learner.evaluate("test")
        assert epoch == pytest.approx(again.epoch + again.offset / again.n)
        assert metrics == [train["loss"], test["loss"], train["accuracy"], test["accuracy"]]


def test_the_first_row_is_the_network_before_any_update(small):
    run = start(small())
    advance(run, steps=50)
    assert run.history.rows[0, :2].tolist() == [0, 0]


def test_a_thousand_times_too_many_rows_keep_the_first_and_the_last_and_their_spacing():
    history = History(USUAL)
    for step in range(100_000):
        history.add(step, step / 10, {"train_loss": 1 / (1 + step)})
    rows = history.rows
    assert 500 <= len(rows) <= LIMIT
    assert (rows[0, 0], rows[-1, 0]) == (0, 99_999)
    assert np.array_equal(rows[:, 2], 1 / (1 + rows[:, 0]))
    gaps = np.diff(rows[:, 0])
    assert gaps.min() > 0
    assert gaps.max() < 100_000 / 300


def test_what_is_not_measured_is_nan():
    history = History(USUAL)
    history.add(0, 0.0, {"train_loss": 1.0})
    assert np.isnan(history.rows[0, 3:]).all()


def test_a_history_ends_where_a_run_went_back_to_and_did_something_else(small):
    run = measured_often(small())
    seek(run, 31)
    assert run.history.rows[-1, 0] == 60
    edit(run, 0, 0.5)
    advance(run, steps=1)
    assert run.history.rows[-1, 0] <= 32
    assert (np.diff(run.history.rows[:, 0]) > 0).all()


def test_a_history_that_is_gone_through_again_stays_and_goes_on_behind_its_end(small):
    run = measured_often(small())
    rows = run.history.rows
    seek(run, 31)
    for _ in range(14):
        run.look = 0.0
        advance(run, steps=2)
        assert np.array_equal(run.history.rows, rows)
    for _ in range(4):
        run.look = 0.0
        advance(run, steps=2)
    assert run.history.rows[: len(rows) - 1].tolist() == rows[:-1].tolist()
    assert (np.diff(run.history.rows[:, 0]) > 0).all() and run.history.rows[-1, 0] == 67


def measured_often(spec):
    """A run of 60 updates with a row every other one."""
    run = start(spec)
    for _ in range(30):
        run.look = 0.0
        advance(run, steps=2)
    return run


def test_the_metrics_after_going_back_are_those_of_that_step(small):
    run, fresh = start(small()), start(small())
    advance(run, steps=50)
    seek(run, 20)
    advance(fresh, steps=20)
    assert run.metrics["train_loss"] == fresh.learner.evaluate("train")["loss"]


def test_what_came_since_a_step_is_exactly_the_later_rows_or_an_even_choice_of_them() -> None:
    history = History(USUAL)
    for step in range(100):
        history.add(step, step / 10, {"train_loss": 1 / (step + 1)})
    assert np.array_equal(history.since(89, 50), history.rows[90:], equal_nan=True)
    assert list(history.since(-1, 10)[:, 0]) == list(range(0, 100, 10))
    assert len(history.since(99, 10)) == 0
