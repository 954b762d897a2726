"""Going back is exact: whatever was done, any step is found again bit by bit."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlab.core.experiment import experiment, patch
from nnlab.train import timeline as limits
from nnlab.train.run import advance, change, checkpoint, edit, proceed, resume, return_to, seek, start, step_by

CHANGES = (
    {"training.learning_rate": 0.3},
    {"training.batch_size": 7},
    {"training.batch_size": 1},
    {"training.optimizer": {"kind": "adam"}},
    {"training.optimizer": {"kind": "momentum"}},
    {"training.loss": "mse"},
    {"training.schedule": {"kind": "exponential", "gamma": 0.95}},
    {"data.samples": 30},
    {"data.samples": 60},
    {"data.noise": 45},
    {"model.layers.0.activation": "relu"},
    {"model.dropout": 0.3},
    {"training.stop": {"epochs": 3}},
    {"training.stop": {"patience": 2}},
)
ACTION = st.one_of(
    st.tuples(st.just("advance"), st.integers(1, 23)),
    st.tuples(st.just("change"), st.sampled_from(CHANGES)),
    st.tuples(st.just("edit"), st.tuples(st.integers(0, 12), st.floats(-2, 2, width=32))),
    st.tuples(st.just("seek"), st.floats(0, 1)),
    st.tuples(st.just("proceed"), st.none()),
    st.tuples(st.just("checkpoint"), st.none()),
    st.tuples(st.just("return"), st.integers(0, 2)),
)


def test_every_step_is_found_again_after_edits_and_changes(small, state):
    run = start(small())
    seen = {}
    for i in range(120):
        if i in (17, 18, 60):
            edit(run, i % 5, 0.5)
        if i % 11 == 3:
            change(run, patch(run.experiment, CHANGES[i // 11 % 12]))
        seen[run.step] = state(run)
        advance(run, steps=1)
    seen[run.step] = state(run)
    for step in np.random.default_rng(0).permutation(121):
        assert seek(run, int(step)) == step
        assert state(run) == seen[step]


def test_a_replay_repeats_edits_and_changes_where_no_snapshot_lies_between(small, state):
    run = start(small())
    seen = {}
    for i in range(90):
        if i % 9 == 4:
            edit(run, i % 5, 0.25 * (i % 3))
        if i % 7 == 3:
            change(run, patch(run.experiment, CHANGES[i // 7 % 12]))
        seen[run.step] = state(run)
        advance(run, steps=1)
    for step in np.random.default_rng(1).permutation(90)[:40]:
        run.timeline._spread(run.timeline._even[:1])
        run.timeline._recent.clear()
        seek(run, 0)
        seek(run, int(step))
        assert state(run) == seen[step]


@settings(max_examples=60)
@given(st.lists(ACTION, min_size=1, max_size=14))
def test_any_sequence_of_actions_gives_what_a_replay_from_scratch_gives(actions):
    """The oracle knows no snapshots: it starts anew and repeats every action that lies behind the present state."""
    e = experiment(
        {
            "data": {"kind": "gaussians", "samples": 40, "noise": 20},
            "model": {"family": "mlp", "layers": [{"units": 3}]},
            "training": {"batch_size": 6},
        }
    )
    run, done, left = start(e), [], {}
    for name, value in actions:
        course, before, end = run.branches.course, done, run.span[1]
        if name == "checkpoint":
            done, left = [d for d in done if d[0] <= run.step], {}
            run = resume(run.experiment, checkpoint(run))
            continue
        if name == "seek":
            first, last = run.span
            seek(run, first + round(value * (last - first)))  # what lies ahead stays until something is done
        elif name == "return":
            known = run.branches.told(run.timeline)
            if value < len(known):
                done, end = left[known[value]["id"]], known[value]["to"]
                assert return_to(run, known[value]["id"]) == end == run.span[1]
        else:
            done = [d for d in done if d[0] <= run.step]
            _act(run, name, value)
            if name != "advance":
                done = [*done, (run.step, name, value)]
        if run.branches.course > course:
            left[run.branches.course] = before
        assert _bytes(run) == _bytes(_from_scratch(e, [d for d in done if d[0] <= run.step], run.step))
        assert run.timeline.beside <= run.timeline.limit // 4 and len(run.branches) <= 3


def _act(run, name, value):
    match name:
        case "advance":
            advance(run, steps=value)
        case "change":
            change(run, patch(run.experiment, value))
        case "edit":
            edit(run, *value)
        case "proceed":
            proceed(run)


def _from_scratch(e, done, step):
    run = start(e)
    for at, name, value in done:
        advance(run, steps=at - run.step)
        _act(run, name, value)
    advance(run, steps=step - run.step)
    return run


def _bytes(run):
    arrays = {name: value.tobytes() for name, value in run.learner.state().items()}
    return {**arrays, "place": (run.step, run.epoch, run.offset, run.watch), "experiment": run.experiment}


def test_going_on_from_the_past_without_what_was_changed_after_it(small, state):
    run = start(small())
    advance(run, steps=30)
    change(run, patch(run.experiment, {"training.learning_rate": 1.0}))
    advance(run, steps=30)
    seek(run, 20)
    assert run.span == (0, 60)
    assert run.experiment == small()
    advance(run, steps=25)
    assert run.span == (0, 45)
    assert run.history.rows[-1, 0] <= 45
    straight = start(small())
    advance(straight, steps=45)
    assert state(run) == state(straight)


def test_a_changed_setting_in_the_past_begins_another_future(small, state):
    run = start(small())
    advance(run, steps=40)
    seek(run, 13)
    change(run, patch(run.experiment, {"training.learning_rate": 0.4}))
    assert run.span == (0, 13)
    advance(run, steps=7)
    straight = start(small())
    advance(straight, steps=13)
    change(straight, patch(straight.experiment, {"training.learning_rate": 0.4}))
    advance(straight, steps=7)
    assert state(run) == state(straight)


def test_one_batch_and_one_epoch_back(small):
    run = start(small())
    advance(run, steps=10)  # four batches an epoch
    step_by(run, "batch", -1)
    assert (run.step, run.epoch, run.offset) == (9, 2, 6)
    step_by(run, "epoch", -1)
    assert (run.step, run.epoch, run.offset) == (8, 2, 0)
    step_by(run, "epoch", -1)
    assert (run.step, run.epoch, run.offset) == (4, 1, 0)
    step_by(run, "epoch", 1)
    assert (run.step, run.epoch, run.span) == (8, 2, (0, 10))
    step_by(run, "batch", 5)
    assert run.step == 10
    step_by(run, "batch", 5)
    assert (run.step, run.span) == (15, (0, 15))
    step_by(run, "epoch", -99)
    assert run.step == 0


def test_snapshots_stay_few_and_evenly_spread(small):
    run = start(small(batch_size=20))
    advance(run, epochs=5_000)
    steps = np.array([s.step for s in run.timeline._even])
    assert len(run.timeline.snapshots) <= limits.MANY
    assert steps[0] == 0
    assert np.diff(steps)[1:].max() <= 2 * np.diff(steps)[1:].min()


def test_snapshots_of_a_large_network_stay_within_their_memory():
    e = experiment(
        {
            "data": {"kind": "circle", "samples": 20},
            "model": {"family": "mlp", "layers": [{"units": 64}] * 8},
            "training": {"optimizer": {"kind": "adam"}, "batch_size": 10},
        }
    )
    run = start(e)
    advance(run, epochs=150)
    assert run.timeline.nbytes <= run.timeline.limit
    assert len(run.timeline.snapshots) > 20


def test_the_history_of_the_default_network_takes_half_a_megabyte(small):
    run = start(experiment({"data": {"kind": "circle"}, "model": {"family": "mlp"}}))
    advance(run, steps=5)
    tracemalloc.start()
    try:
        advance(run, epochs=700)
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(run.timeline.snapshots) > 150
    assert taken < 500_000


def test_dragging_a_slider_or_a_weight_leaves_one_event_a_step(small):
    run = start(small())
    advance(run, steps=5)
    for i in range(50):
        change(run, patch(run.experiment, {"training.learning_rate": 0.01 + i / 1000}))
    for i in range(50):
        edit(run, 3, i / 10)
    assert len(run.timeline.events) == 2
    advance(run, steps=5)
    after = run.learner.flat.clone()
    seek(run, 0)
    seek(run, 10)
    assert bool((run.learner.flat == after).all())


def test_very_many_events_move_the_beginning_forward_but_never_lie(small, monkeypatch, state):
    monkeypatch.setattr(limits, "MAX_EVENTS", 20)
    run = start(small())
    seen = {}
    for i in range(70):
        edit(run, i % 4, i / 70)
        seen[run.step] = state(run)
        advance(run, steps=1)
    first, last = run.span
    assert 0 < first < last == 70
    for step in range(first, last):
        seek(run, step)
        assert state(run) == seen[step]


@pytest.mark.parametrize("step", [-5, 0, 10**9])
def test_seeking_outside_of_the_history_goes_to_its_end(small, step):
    run = start(small())
    advance(run, steps=12)
    assert seek(run, step) == min(max(step, 0), 12)


def test_events_with_many_edited_points_stay_within_their_share_of_the_memory(small):
    spec = small()
    points = tuple((float(i % 12 - 6), 0.5, 0) for i in range(1_000))
    run = start(patch(spec, {"data.added": points}))
    for i in range(60):
        advance(run, steps=1)
        moved = (*points[:-1], (0.1 * i - 3, 1.0, 1))
        change(run, patch(run.experiment, {"data.added": moved}))
    held = sum(len(e.what.data.added) for e in run.timeline.events)
    assert 1 < len(run.timeline.events) < 60
    assert held * limits.EDIT_BYTES <= 1.4 * run.timeline.limit / limits.EVENTS_SHARE
    assert run.timeline._noted == sum(e.nbytes for e in run.timeline.events)
    seek(run, run.span[0])
    assert run.span[1] == 60
