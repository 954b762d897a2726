"""Stop rules: they fire at the same epoch however the run was sliced, say why, and can be passed."""

from __future__ import annotations

import math

import pytest

from nnlab.core.training import Stop
from nnlab.core.experiment import patch
from nnlab.train.run import advance, change, proceed, seek, start
from nnlab.train.stopping import Watch, after_epoch


def test_a_run_stops_after_its_epochs_and_says_so(small):
    run = start(small(stop={"epochs": 3}))
    assert advance(run, steps=1_000) == 12
    assert run.epoch == 3
    assert run.stopped == "Stopped after 3 epochs, as the stop rule says."
    assert advance(run, steps=1) == 0


def test_pressing_play_after_a_stop_goes_on_for_as_many_epochs_again(small):
    run = start(small(stop={"epochs": 3}))
    advance(run, steps=1_000)
    proceed(run)
    assert run.stopped == ""
    advance(run, steps=1_000)
    assert run.epoch == 6
    assert "another 3 epochs" in run.stopped


def test_raising_the_limit_of_a_stopped_run_lets_it_go_on_to_the_new_one(small):
    run = start(small(stop={"epochs": 3}))
    advance(run, steps=1_000)
    change(run, patch(run.experiment, {"training.stop": {"epochs": 8}}))
    assert run.stopped == ""
    advance(run, steps=1_000)
    assert run.epoch == 8


def test_a_run_stops_when_the_test_loss_reaches_the_target(small):
    run = start(small(learning_rate=0.3, stop={"target_loss": 0.3}))
    before = math.inf
    while not run.stopped:
        before = run.learner.evaluate("test")["loss"]
        advance(run, epochs=1)
    assert run.learner.evaluate("test")["loss"] <= 0.3 < before
    assert run.offset == 0
    assert "target is 0.3" in run.stopped
    proceed(run)
    assert advance(run, epochs=5) == 20


def test_early_stopping_waits_as_long_as_its_patience():
    watch, losses = Watch(), (0.9, 0.5, 0.6, 0.7, 0.55, 0.8)
    stopped = []
    for epoch, loss in enumerate(losses, start=1):
        watch = after_epoch(watch, Stop(patience=3), epoch=epoch, loss=loss)
        stopped.append(bool(watch.sentence))
    assert stopped[:5] == [False, False, False, False, True]
    assert "best: 0.5 in epoch 2" in watch.sentence


def test_early_stopping_waits_as_long_when_the_loss_is_never_a_number():
    watch = Watch()
    for epoch in (1, 2):
        watch = after_epoch(watch, Stop(patience=2), epoch=epoch, loss=math.nan)
    assert "never a number" in watch.sentence


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
    assert run.stopped == ""
    seek(run, 12)
    assert "3 epochs" in run.stopped


def test_the_stop_watches_the_training_loss_where_there_are_no_test_points(small):
    run = start(small(learning_rate=0.3, stop={"target_loss": 0.3}))
    ids = [int(i) for i in run.dataset.ids[run.dataset.is_test]]
    change(run, patch(run.experiment, {"data.removed": ids}))
    advance(run, steps=5_000)
    assert "target" in run.stopped
