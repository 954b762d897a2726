"""Runs: advancing, phases, changes while they go on, and carrying them elsewhere."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch

from nnlab.core.errors import Refused
from nnlab.core.experiment import patch
from nnlab.core.registries import LEARNERS
from nnlab.core.rng import seed_of
from nnlab.core.say import Told
from nnlab.families.learner import PHASES
from nnlab.train.run import advance, advance_phase, change, checkpoint, edit, recover, reset, resume, start, step_by
from nnlab.train.updates import is_finite

OPTIMIZERS = ("sgd", "momentum", "adam", "lion", "muon")


def test_a_run_is_the_learner_stepped_by_hand_in_the_order_of_the_contract(small):
    e = small(schedule={"kind": "step", "every": 1, "gamma": 0.5})
    run = start(e)
    advance(run, steps=11)
    learner = LEARNERS.load("mlp")(e, e.data.load(), torch.device("cpu"))
    step = 0
    for epoch, starts in ((0, (0, 6, 12, 18)), (1, (0, 6, 12, 18)), (2, (0, 6, 12))):
        learner.shuffle(torch.randperm(20, generator=torch.Generator().manual_seed(seed_of(e.seed, "order", epoch))))
        for first in starts:
            learner.step(first, min(first + 6, 20), 0.03 * 0.5**epoch, step)
            step += 1
    assert torch.equal(run.learner.flat, learner.flat)
    assert (run.step, run.epoch, run.offset, run.batch, run.batches) == (11, 2, 18, 3, 4)


def test_how_a_run_is_sliced_does_not_change_its_numbers(small, state):
    whole, sliced = start(small()), start(small())
    advance(whole, steps=60)
    while sliced.step < 60:
        advance(sliced, 1e-4, steps=min(7, 60 - sliced.step))
    assert state(whole) == state(sliced)


def test_advance_stops_at_the_end_of_an_epoch_when_epochs_are_asked_for(small):
    run = start(small())
    advance(run, steps=2)
    assert advance(run, epochs=1) == 2
    assert (run.epoch, run.offset) == (1, 0)
    assert advance(run, epochs=3) == 12


def test_advance_returns_when_its_time_is_over(small):
    run = start(small())
    done = advance(run, 0.01)
    assert 0 < done == run.step


def test_advance_without_a_limit_is_refused(small):
    with pytest.raises(ValueError, match="budget_s, steps and epochs"):
        advance(start(small()))


@pytest.mark.parametrize("model", [{}, {"norm": "batch"}, {"dropout": 0.4}])
def test_four_phases_are_one_update(small, state, model):
    phased, plain = start(small(model=model)), start(small(model=model))
    for _ in range(5):
        names = [advance_phase(phased)[0] for _ in PHASES]
        assert names == list(PHASES)
    advance(plain, steps=5)
    assert state(phased) == state(plain)


@pytest.mark.parametrize("model", [{}, {"norm": "batch"}])
@pytest.mark.parametrize("phases", [1, 2, 3])
def test_playing_on_finishes_a_batch_that_was_begun(small, state, phases, model):
    phased, plain = start(small(model=model)), start(small(model=model))
    for run in (phased, plain):
        advance(run, steps=2)
    for _ in range(phases):
        advance_phase(phased)
    assert advance(phased, steps=3) == advance(plain, steps=3) == 3
    assert state(phased) == state(plain)
    assert phased.phase == ""


def test_an_edit_in_the_middle_of_a_batch_begins_the_batch_again(small, state):
    phased, plain = start(small(model={"norm": "batch"})), start(small(model={"norm": "batch"}))
    advance_phase(phased)
    advance_phase(phased)
    for run in (phased, plain):
        edit(run, 1, 0.25)
        advance(run, steps=3)
    assert state(phased) == state(plain)


def test_phases_step_backwards_too(small, state):
    run, other = start(small()), start(small())
    advance(other, steps=3)
    advance(run, steps=3)
    for _ in range(3):
        advance_phase(run)
    assert "losses" in step_by(run, "phase", -1)
    assert run.phase == "loss"
    step_by(run, "phase", -2)
    assert run.phase == ""
    assert state(run) == state(other)
    step_by(run, "phase", -1)
    assert (run.step, run.phase) == (2, "backward")


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_reset_gives_bitwise_the_same_initial_weights_and_fresh_memory(small, state, kind):
    run = start(small(optimizer={"kind": kind}))
    first = state(run)
    advance(run, steps=9)
    assert state(run) != first
    reset(run)
    assert state(run) == first
    assert run.span == (0, 0)
    assert len(run.history) == 1


def test_reset_after_a_live_change_starts_as_if_the_change_had_always_been(small, state):
    run = start(small())
    advance(run, steps=5)
    change(run, patch(run.experiment, {"training.learning_rate": 0.5, "training.optimizer": {"kind": "adam"}}))
    reset(run)
    assert state(run) == state(start(run.experiment))


def test_another_seed_restarts_with_other_weights(small):
    run = start(small())
    before = run.learner.flat.clone()
    advance(run, steps=3)
    assert change(run, patch(run.experiment, {"seed": 5})) is True
    assert run.step == 0
    assert not torch.equal(run.learner.flat, before)


def test_a_live_change_keeps_weights_and_place(small):
    run = start(small())
    advance(run, steps=6)
    weights = run.learner.flat.clone()
    for field, value in {
        "training.learning_rate": 0.2,
        "training.loss": "mse",
        "training.l2": 0.1,
        "data.noise": 40,
        "model.layers.0.activation": "relu",
        "training.optimizer": {"kind": "adam"},
    }.items():
        assert change(run, patch(run.experiment, {field: value})) is False
        assert torch.equal(run.learner.flat, weights)
        assert (run.step, run.epoch, run.offset) == (6, 1, 12)
    assert advance(run, steps=1) == 1


def test_a_structural_change_restarts(small):
    run = start(small())
    advance(run, steps=6)
    assert change(run, patch(run.experiment, {"model.layers": [{"units": 5}]})) is True
    assert (run.step, run.epoch, len(run.history)) == (0, 0, 1)
    assert run.learner.blocks[0].fan_out == 5


def test_the_same_experiment_again_changes_nothing(small, state):
    run = start(small())
    advance(run, steps=6)
    before = state(run)
    assert change(run, small()) is False
    assert state(run) == before
    assert run.timeline.events == []


def test_fewer_points_in_the_middle_of_an_epoch_begin_the_next_one(small):
    run = start(small())
    advance(run, steps=3)
    change(run, patch(run.experiment, {"data.samples": 12}))
    assert (run.n, run.epoch, run.offset) == (6, 1, 0)
    assert advance(run, epochs=1) == 1


def test_a_batch_larger_than_the_data_is_all_of_them(small):
    run = start(small(batch_size=5_000))
    assert (run.batch_size, run.batches) == (20, 1)
    assert advance(run, epochs=2) == 2


def test_without_training_points_nothing_happens_and_a_sentence_says_so(small):
    run = start(small())
    ids = run.data.ids[~run.data.is_test]
    advance(run, steps=2)
    change(run, patch(run.experiment, {"data.removed": [int(i) for i in ids]}))
    assert run.n == 0
    assert advance(run, steps=5) == 0
    assert advance_phase(run) == ("", {})
    assert run.stopped == Told("stop.nothing")
    change(run, patch(run.experiment, {"data.removed": []}))
    assert run.stopped is None
    assert advance(run, steps=5) == 5


def test_an_edited_parameter_takes_its_value(small):
    run = start(small())
    edit(run, 2, -1.5)
    assert float(run.learner.flat[2]) == -1.5


@pytest.mark.parametrize(("index", "value"), [(-1, 0.0), (10_000, 0.0), (0, math.nan), (0, math.inf), (0, 1e300)])
def test_an_impossible_edit_is_refused_with_a_sentence(small, index, value):
    run = start(small())
    before = run.learner.flat.clone()
    with pytest.raises(Refused, match="must be"):
        edit(run, index, value)
    assert torch.equal(run.learner.flat, before)


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_a_checkpoint_resumes_exactly(small, state, kind):
    run = start(small(optimizer={"kind": kind}, schedule={"kind": "cosine", "epochs": 10}))
    advance(run, steps=10)
    change(run, patch(run.experiment, {"training.batch_size": 4}))
    advance(run, steps=3)
    saved = checkpoint(run)
    other = resume(run.experiment, saved)
    assert state(other) == state(run)
    assert np.array_equal(other.history.rows, run.history.rows, equal_nan=True)
    for each in (run, other):
        advance(each, steps=17)
    assert state(other) == state(run)


def test_a_checkpoint_of_a_batch_that_is_half_done_begins_it_again(small, state):
    run, plain = start(small(model={"norm": "batch"})), start(small(model={"norm": "batch"}))
    advance_phase(run)
    other = resume(run.experiment, checkpoint(run))
    assert state(other) == state(plain)


def test_a_checkpoint_holds_arrays_and_json_only_and_is_small(small):
    run = start(small(stop={"patience": 50}))
    advance(run, epochs=20)
    saved = checkpoint(run)
    plain = {k: v for k, v in saved.items() if k not in ("state", "history")}
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert all(isinstance(v, np.ndarray) for v in (*saved["state"].values(), saved["history"]))
    assert sum(v.nbytes for v in (*saved["state"].values(), saved["history"])) < 100_000


def test_divergence_ends_the_run_and_recovering_goes_back_to_the_last_good_step(small, state):
    run = start(small(data={"kind": "plane"}, model={"layers": [{"units": 8, "activation": "linear"}]}, loss="mse"))
    advance(run, epochs=3)
    good = state(run)
    change(run, patch(run.experiment, {"training.learning_rate": 10}))
    advance(run, steps=5_000)
    assert run.diverged
    assert run.stopped == Told("stop.diverged", {"step": run.step, "good": run.good})
    assert not bool(torch.isfinite(run.learner.flat).all()) or not math.isfinite(run.metrics["train_loss"])
    assert advance(run, steps=5) == 0
    recover(run)
    assert not run.diverged
    assert run.step <= good["step"] + 1
    assert math.isfinite(run.metrics["train_loss"])
    change(run, patch(run.experiment, {"training.learning_rate": 0.01}))
    assert advance(run, steps=50) == 50


def test_a_checkpoint_of_a_diverged_run_can_still_recover(small):
    run = start(
        small(
            data={"kind": "plane"},
            loss="mse",
            learning_rate=10,
            model={"layers": [{"units": 8, "activation": "linear"}]},
        )
    )
    advance(run, steps=5_000)
    other = resume(run.experiment, checkpoint(run))
    assert other.diverged
    recover(other)
    assert other.stopped is None


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 3.4e38, -3.4e38])
@pytest.mark.parametrize("place", [0, 4, -1])
def test_a_run_has_diverged_where_any_weight_is_no_number_however_large_the_others_are(small, number, place):
    run = start(small())
    run.learner.flat[1:3] = 3.3e38  # their sum is beyond float32
    assert is_finite(run)
    run.learner.flat[place] = number
    assert is_finite(run) == math.isfinite(number)
