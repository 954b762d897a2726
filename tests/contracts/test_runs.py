"""A run of every registered family: exact however it is sliced, gone back in, carried elsewhere or shown phase by phase."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nnlab.core.experiment import patch
from nnlab.core.metrics import watched
from nnlab.core.say import Told
from nnlab.families.learner import Learner
from nnlab.train.run import (
    Run,
    advance,
    advance_phase,
    change,
    checkpoint,
    edit,
    proceed,
    recover,
    reset,
    resume,
    seek,
    settling,
    start,
    step_by,
)
from tests.studies import finished


def everything(run: Run) -> dict[str, object]:
    """All that determines what comes next, as bytes."""
    arrays = {name: np.asarray(array).tobytes() for name, array in (run.half or run.learner.state()).items()}
    return {**arrays, "place": (run.step, run.epoch, run.offset, run.watch), "experiment": run.experiment}


@pytest.fixture
def run(spec) -> Run:
    return start(spec)


def test_how_it_is_sliced_does_not_change_its_numbers(run, spec):
    sliced = start(spec)
    advance(run, steps=40)
    while sliced.step < 40:
        advance(sliced, 1e-4, steps=min(3, 40 - sliced.step))
    assert everything(run) == everything(sliced)


def test_any_step_of_its_past_is_found_again(run):
    seen = {}
    for i in range(40):
        if i == 20:
            edit(run, 0, 0.25)
        seen[run.step] = everything(run)
        advance(run, steps=1)
    for step in (7, 39, 20, 21, 0, 33):
        seek(run, step)
        assert everything(run) == seen[step]


def test_a_checkpoint_goes_on_exactly_in_another_process_too(run):
    advance(run, steps=17)
    saved = checkpoint(run)
    assert all(isinstance(array, np.ndarray) for array in saved["state"].values())
    other = resume(run.experiment, saved)
    assert np.array_equal(other.history.rows, run.history.rows, equal_nan=True)
    for each in (run, other):
        advance(each, steps=11)
    assert everything(run) == everything(other)


def test_its_own_phases_one_by_one_are_its_updates(run, spec):
    names = run.learner.phases
    for _ in range(3):
        assert [advance_phase(run)[0] for _ in names] == list(names)
    plain = start(spec)
    advance(plain, steps=3)
    assert everything(run) == everything(plain)
    advance_phase(run)
    step_by(run, "phase", -1)
    assert everything(run) == everything(plain)


def in_parts(spec) -> Run:
    """A run whose batches go through in three parts."""
    run = start(spec)
    if type(run.learner).accumulate is Learner.accumulate:
        pytest.skip("Its updates are never large.")
    advance(run, steps=0)  # what comes before the first update
    run.learner.part = max(1, run.batch_size // 3)
    return run


@pytest.mark.parametrize("shown", range(6))
def test_of_a_large_batch_every_move_is_made_however_many_phases_are_shown(spec, shown):
    run, plain = in_parts(spec), in_parts(spec)
    before = run.learner.flat.clone()
    names = run.learner.phases
    gradients, changes = zip(*run.learner.moves, strict=True)
    assert [n for n in names if n in gradients + changes] == [n for move in run.learner.moves for n in move]
    for name in (names * 2)[:shown]:
        told, numbers = advance_phase(run)
        assert told == name
        assert name not in gradients or np.any(numbers["grad"])
    for each in (run, plain):
        advance(each, steps=3 - each.step)
    assert everything(run) == everything(plain)
    moved = [bool((run.learner.flat != before)[group.part].any()) for group in run.learner.groups]
    assert moved == [run.learner.group_lr(i, run.lr) > 0 for i in range(len(moved))]


def test_a_phase_that_is_shown_again_in_the_past_forgets_nothing(run):
    advance(run, steps=4)
    edit(run, 0, 0.25)
    advance(run, steps=3)
    seen = {}
    for step in (3, 4, 5):
        seek(run, step)
        seen[step] = everything(run)
    seek(run, 3)
    for step in (4, 5):
        for _ in run.learner.phases:
            advance_phase(run)
        assert (run.step, run.phase, run.span[1]) == (step, run.learner.phases[-1], 7)
        assert everything(run) == seen[step]
    seek(run, 7)
    step_by(run, "phase", -1)
    assert (run.step, run.span[1]) == (6, 7)


def test_steps_lead_on_and_back(run):
    step_by(run, "batch", 3)
    assert run.step == 3
    step_by(run, "batch", -2)
    assert (run.step, run.span) == (1, (0, 3))
    step_by(run, "epoch", 1)
    assert run.offset == 0 or run.step == run.span[1]


def test_what_is_measured_and_kept_has_the_names_that_it_declares(run):
    for _ in range(5):
        run.look = 0.0
        advance(run, steps=2)
    declared = [metric.name for metric in run.learner.metrics]
    tested = run.learner.count("test") > 0
    measured = [m.name for m in run.learner.metrics if m.split != "test" or tested]
    assert list(run.history.names) == declared
    assert set(run.metrics) == set(measured)
    for name in declared:
        column = run.history.column(name)
        assert len(column) == len(run.history)
        assert np.isfinite(column).all() if name in measured else np.isnan(column).all()
    assert np.isnan(run.history.column("nonsense")).all()


def test_a_rule_stops_it_and_it_can_be_told_to_go_on(run):
    change(run, patch(run.experiment, {"training.stop.epochs": 2}))
    advance(run, steps=10_000)
    unit = run.experiment.model.pass_name
    assert (run.epoch, run.stopped) == (2, Told("stop.epochs", {"unit": unit, "count": 2, "again": False}))
    proceed(run)
    advance(run, steps=10_000)
    assert run.epoch == 4


def test_the_metric_that_rules_watch_has_a_good_side_and_is_tested_where_it_can_be(run):
    tested = run.learner.count("test") > 0
    metric = watched(run.learner.metrics, tested=tested)
    assert metric.better
    if tested and any(m.split == "test" and m.better for m in run.learner.metrics):
        assert metric.split == "test"
    change(run, patch(run.experiment, {"training.stop.patience": 3}))
    advance(run, steps=1_000)
    assert run.stopped is None or run.stopped.values["metric"] == metric.label


def test_weights_that_are_no_numbers_end_it_and_recovering_begins_again_from_the_last_good_step(run):
    advance(run, steps=5)
    run.learner.flat[0] = math.inf
    advance(run, steps=1)
    if not run.diverged:  # racers who leave are put back where they were last seen
        assert run.experiment.model.family == "race"
        return
    assert run.stopped == Told("stop.diverged", {"step": run.step, "good": run.good})
    recover(run)
    assert not run.diverged and run.step <= 5
    assert advance(run, steps=3) == 3


def test_reset_gives_its_first_state(run, spec):
    advance(run, steps=9)
    reset(run)
    assert everything(run) == everything(start(spec))
    finished(settling(run))
    assert (run.span, len(run.history)) == ((0, 0), 1)
