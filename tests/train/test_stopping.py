"""Stop rules: they fire at the same epoch however the run was sliced, say why, and can be passed."""

from __future__ import annotations

import math

import pytest

from nnlab.core.experiment import patch
from nnlab.core.metrics import ACCURACY, LOSS
from nnlab.core.say import Told
from nnlab.core.training import Stop
from nnlab.train.run import advance, change, proceed, seek, start
from nnlab.train.stopping import Watch, after_epoch

TEST_LOSS, TEST_ACCURACY = LOSS[1], ACCURACY[1]


def test_a_run_stops_after_its_epochs_and_says_so(small):
    run = start(small(stop={"epochs": 3}))
    assert advance(run, steps=1_000) == 12
    assert run.epoch == 3
    assert run.stopped == Told("stop.epochs", {"unit": "epoch", "count": 3, "again": False})
    assert advance(run, steps=1) == 0


def test_pressing_play_after_a_stop_goes_on_for_as_many_epochs_again(small):
    run = start(small(stop={"epochs": 3}))
    advance(run, steps=1_000)
    proceed(run)
    assert run.stopped is None
    advance(run, steps=1_000)
    assert run.epoch == 6
    assert run.stopped == Told("stop.epochs", {"unit": "epoch", "count": 3, "again": True})


def test_raising_the_limit_of_a_stopped_run_lets_it_go_on_to_the_new_one(small):
    run = start(small(stop={"epochs": 3}))
    advance(run, steps=1_000)
    change(run, patch(run.experiment, {"training.stop": {"epochs": 8}}))
    assert run.stopped is None
    advance(run, steps=1_000)
    assert run.epoch == 8


def test_a_run_stops_when_the_test_loss_reaches_the_target(small):
    run = start(small(learning_rate=0.3, stop={"target_loss": 0.3}))
    before = math.inf
    while not run.stopped:
        before = run.learner.evaluate("test")["loss"]
        advance(run, epochs=1)
    reached = run.learner.evaluate("test")["loss"]
    assert reached <= 0.3 < before
    assert run.offset == 0
    assert run.stopped == Told("stop.target", {"unit": "epoch", "metric": "Test loss", "value": reached, "target": 0.3})
    proceed(run)
    assert advance(run, epochs=5) == 20


def test_early_stopping_waits_as_long_as_its_patience():
    watch, losses = Watch(), (0.9, 0.5, 0.6, 0.7, 0.55, 0.8)
    stopped = []
    for epoch, loss in enumerate(losses, start=1):
        watch = after_epoch(watch, Stop(patience=3), epoch=epoch, measured=(TEST_LOSS, loss))
        stopped.append(watch.stop)
    said = {"unit": "epoch", "metric": "Test loss", "waited": 3, "best": 0.5, "best_epoch": 2}
    assert stopped[:5] == [None, None, None, None, Told("stop.patience", said)]


def test_early_stopping_waits_for_a_higher_value_where_higher_is_better():
    watch, stopped = Watch(), []
    for epoch, share in enumerate((0.5, 0.9, 0.8, 0.85), start=1):
        watch = after_epoch(watch, Stop(patience=2), epoch=epoch, measured=(TEST_ACCURACY, share), unit="pass")
        stopped.append(watch.stop)
    said = {"unit": "pass", "metric": "Test accuracy", "waited": 2, "best": 0.9, "best_epoch": 2}
    assert stopped == [None, None, None, Told("stop.patience", said)]


@pytest.mark.parametrize(("metric", "values"), [(TEST_LOSS, (0.9, 0.5, 0.4)), (TEST_ACCURACY, (0.2, 0.4, 0.5))])
def test_a_target_is_reached_from_the_side_that_is_worse(metric, values):
    watch, stop = Watch(), Stop(target_loss=0.45)
    watch = after_epoch(watch, stop, epoch=1, measured=(metric, values[0]))
    watch = after_epoch(watch, stop, epoch=2, measured=(metric, values[1]))
    assert watch.stop is None
    watch = after_epoch(watch, stop, epoch=3, measured=(metric, values[2]))
    assert watch.stop.code == "stop.target"
    assert watch.stop.values["value"] == values[2]


def test_early_stopping_waits_as_long_when_the_loss_is_never_a_number():
    watch = Watch()
    for epoch in (1, 2):
        watch = after_epoch(watch, Stop(patience=2), epoch=epoch, measured=(TEST_LOSS, math.nan))
    assert watch.stop.code == "stop.patience"
    assert watch.stop.values["best"] is None


@pytest.mark.parametrize("stop", [{"epochs": 7}, {"patience": 2}, {"target_loss": 0.4}])
def test_a_rule_fires_at_the_same_step_however_the_run_is_sliced(small, stop):
    made = {"data": {"noise": 50}, "learning_rate": 0.3}
    whole, sliced = start(small(stop=stop, **made)), start(small(stop=stop, **made))
    advance(whole, steps=3_000)
    while not sliced.stopped and sliced.step < 3_000:
        advance(sliced, steps=5)
    assert (whole.step, whole.stopped, whole.watch) == (sliced.step, sliced.stopped, sliced.watch)
    assert whole.stopped


def test_a_stop_is_found_again_when_going_back_to_it(small):
    run = start(small(stop={"epochs": 3}))
    advance(run, steps=1_000)
    seek(run, 5)
    assert run.stopped is None
    seek(run, 12)
    assert run.stopped.values["count"] == 3


def test_the_stop_watches_the_training_loss_where_there_are_no_test_points(small):
    run = start(small(learning_rate=0.3, stop={"target_loss": 0.3}))
    ids = [int(i) for i in run.data.ids[run.data.is_test]]
    change(run, patch(run.experiment, {"data.removed": ids}))
    advance(run, steps=5_000)
    assert (run.stopped.code, run.stopped.values["metric"]) == ("stop.target", "Training loss")
    assert run.learner.evaluate("train")["loss"] == run.stopped.values["value"] <= 0.3
