"""Who goes back and does something else can return to how it went on before: exactly, within few bytes."""

from __future__ import annotations

import numpy as np
import pytest

from nnlab.core.experiment import experiment, patch
from nnlab.train.run import (
    advance,
    advance_phase,
    change,
    edit,
    proceed,
    reset,
    return_to,
    returning,
    seek,
    start,
    step_by,
)

FASTER, SLOWER = {"training.learning_rate": 0.4}, {"training.learning_rate": 0.01}


def alter(run, changes):
    change(run, patch(run.experiment, changes))


def told(run):
    """(number, from, to) of each branch."""
    return [(b["id"], b["from"], b["to"]) for b in run.branches.told(run.timeline)]


def forked(small, **training):
    """A run of 40 updates that went back to 13, changed its learning rate and went on to 20; and its states at both ends."""
    run = start(small(**training))
    advance(run, steps=40)
    end, rows = everything(run), run.history.rows
    seek(run, 13)
    alter(run, FASTER)
    advance(run, steps=7)
    return run, (end, rows), (everything(run), run.history.rows)


def everything(run):
    """What determines what comes next, and what was measured."""
    arrays = {name: np.asarray(value).tobytes() for name, value in (run.half or run.learner.state()).items()}
    return {**arrays, "place": (run.step, run.epoch, run.offset, run.lr, run.watch), "spec": run.experiment}


# ---- the same way again ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("slices", [1, 5, 60])
def test_playing_on_in_the_past_loses_nothing_and_makes_the_same_weights(small, slices):
    run, straight = start(small()), start(small())
    advance(run, steps=50)
    end, places = everything(run), [s.place for s in run.timeline._even]
    seek(run, 11)
    while run.step < 50:
        advance(run, steps=min(slices, 50 - run.step))
        assert run.span == (0, 50) and told(run) == []
    assert everything(run) == end and [s.place for s in run.timeline._even] == places
    advance(run, steps=30)
    advance(straight, steps=80)
    assert everything(run) == everything(straight) and run.span == (0, 80)
    assert run.timeline._even[-1].step == 80


def test_an_epoch_in_one_call_that_passes_the_end_of_what_is_known_goes_on_behind_it(small):
    run, straight = start(small()), start(small())
    advance(run, steps=10)
    seek(run, 3)
    advance(run, epochs=6)
    advance(straight, epochs=6)
    assert everything(run) == everything(straight) and run.span == (0, run.step)
    for step in range(run.step):
        seek(run, step)
        assert run.step == step and len(run.branches) == 0


@pytest.mark.parametrize("phases", [1, 2, 3])
def test_half_a_batch_in_the_past_is_finished_on_the_way_that_is_known(small, phases):
    run = start(small(model={"norm": "batch"}))
    advance(run, steps=30)
    end = everything(run)
    seek(run, 9)
    for _ in range(phases):
        advance_phase(run)
    advance(run, steps=21)
    assert everything(run) == end and run.span == (0, 30) and told(run) == []


@pytest.mark.parametrize("rule", [{"epochs": 5}, {"patience": 2}])
def test_a_stop_rule_stops_where_it_stopped_before(small, rule):
    run = start(small(stop=rule, learning_rate=0.5))
    advance(run, steps=4_000)
    end = everything(run)
    assert run.stopped and run.step > 10
    seek(run, 7)
    assert not run.stopped
    advance(run, steps=4_000)
    assert everything(run) == end and told(run) == []


# ---- there and back ----------------------------------------------------------------------------------------------------
def test_the_other_course_is_found_again_exactly_and_so_is_this_one_twice(small):
    run, old, new = forked(small)
    assert told(run) == [(1, 13, 40)] and run.span == (0, 20)
    for number in (1, 3):
        assert return_to(run, number) == 40
        assert everything(run) == old[0] and np.array_equal(run.history.rows, old[1])
        assert run.span == (0, 40) and told(run) == [(number + 1, 13, 20)]
        assert return_to(run, number + 1) == 20
        assert everything(run) == new[0] and np.array_equal(run.history.rows, new[1])
        assert run.span == (0, 20) and told(run) == [(number + 2, 13, 40)]


def test_every_step_of_both_courses_is_found_again(small):
    run = start(small())
    old, new = {}, {}
    for step in range(40):
        if step in (5, 25):
            edit(run, 1, step / 50)
        old[step] = everything(run)
        advance(run, steps=1)
    seek(run, 13)
    alter(run, FASTER)
    for step in range(13, 30):
        if step == 20:
            alter(run, SLOWER)
        new[step] = everything(run)
        advance(run, steps=1)
    new = {step: old[step] for step in range(13)} | new
    for states in (old, new, old):
        return_to(run, told(run)[0][0]) if states is old or run.span[1] == 40 else None
        for step in np.random.default_rng(0).permutation(len(states)):
            seek(run, int(step))
            assert everything(run) == states[step]


def test_going_on_without_the_later_changes_keeps_the_course_with_them(small):
    run, straight = start(small()), start(small())
    advance(run, steps=30)
    alter(run, FASTER)
    advance(run, steps=30)
    end = everything(run)
    seek(run, 20)
    advance(run, steps=5)
    assert run.span == (0, 25) and told(run) == [(1, 25, 60)], "as far as it went, it is the same course"
    advance(run, steps=20)
    assert told(run) == [(1, 30, 60)]
    advance(straight, steps=45)
    assert everything(run) == everything(straight)
    return_to(run, 1)
    assert everything(run) == end and told(run) == [(2, 30, 45)]


def test_edits_changes_and_going_on_after_a_stop_on_both_sides(small):
    run = start(small(stop={"epochs": 3}))
    advance(run, steps=100)
    proceed(run)
    edit(run, 2, 0.3)
    advance(run, steps=5)
    alter(run, {"data.noise": 35})
    advance(run, steps=100)
    assert run.stopped
    old = everything(run)
    seek(run, 6)
    edit(run, 0, -0.5)
    advance(run, steps=100)
    proceed(run)
    alter(run, {"training.stop": {"epochs": 0}, **SLOWER})
    advance(run, steps=3)
    new = everything(run)
    for states in (old, new, old, new):
        return_to(run, told(run)[0][0])
        assert everything(run) == states
        assert bool(run.stopped) == (states is old)


def test_a_course_that_diverged_is_returned_to_as_it_was():
    spec = {
        "data": {"kind": "plane"},
        "model": {"family": "mlp", "layers": [{"units": 8, "activation": "linear"}]},
        "training": {"loss": "mse", "learning_rate": 10},
    }
    run = start(experiment(spec))
    advance(run, steps=500)
    assert run.diverged
    end = everything(run)
    seek(run, run.good)
    alter(run, {"training.learning_rate": 0.01})
    advance(run, steps=10)
    assert not run.diverged
    return_to(run, 1)
    assert run.diverged and everything(run) == end
    reset(run)
    assert not run.diverged and run.step == 0
    return_to(run, next(number for number, _, to in told(run) if to == end["place"][0]))
    assert run.diverged and everything(run) == end


def test_half_a_batch_counts_as_not_yet_begun(small):
    run = start(small(model={"norm": "batch"}))
    advance(run, steps=20)
    end = everything(run)
    advance_phase(run)
    advance_phase(run)
    seek(run, 8)
    advance_phase(run)
    edit(run, 1, 0.4)
    advance(run, steps=2)
    advance_phase(run)
    other = everything(run)
    return_to(run, 1)
    assert everything(run) == end and run.phase == ""
    return_to(run, 2)
    assert everything(run) == other


@pytest.mark.parametrize("again", [False, True])
def test_what_is_changed_while_the_stop_rule_judges_a_known_epoch_is_judged_with_it(small, again):
    """The course that was left has snapshots of the same step from behind the verdict: they are not of this course."""
    run = start(small(stop={"patience": 30}))
    advance(run, steps=40)
    seek(run, 10)
    while run.judging is None:
        advance(run, steps=1) if run.offset + run.batch_size < run.n else advance(run, 1e-9)
    middle = run.step
    assert any(s.place == (middle, 0) for s in run.timeline._even), "from behind the verdict"
    edit(run, 1, 0.5)
    advance(run, steps=1)
    judged = everything(run)
    advance(run, steps=15)
    if again:
        return_to(run, 1)
        return_to(run, 2)
    run.timeline._even = [s for s in run.timeline._even if s.events == 0]
    run.timeline._recent.clear()
    seek(run, 0)
    seek(run, middle + 1)
    assert everything(run) == judged


def test_a_return_in_slices_shows_the_nearest_place_first_and_may_be_left_on_the_way(small):
    run = start(small())
    advance(run, steps=300)
    run.timeline._even[1:], run.timeline._recent = [], type(run.timeline._recent)()
    end = everything(run)
    seek(run, 100)
    run.timeline._recent.clear()
    alter(run, FASTER)
    way = returning(run, 1)
    next(way)
    assert run.step < 300 and run.span == (0, 300) and run.experiment == small()
    way.close()
    seek(run, 300)
    assert everything(run) == end


def test_a_number_that_is_no_more_leads_nowhere(small):
    run, _, new = forked(small)
    return_to(run, 1)
    return_to(run, 1)  # the second of two clicks
    assert run.step == 40 and told(run) == [(2, 13, 20)]
    return_to(run, 2)
    for number in (0, 2, 99):
        assert return_to(run, number) == 20
    assert everything(run) == new[0]


# ---- which there are ---------------------------------------------------------------------------------------------------
def test_at_most_three_are_kept_and_the_oldest_goes(small):
    run = start(small())
    advance(run, steps=50)
    ends = {}
    for i in range(5):
        ends[i + 1] = everything(run)
        seek(run, 40 - 5 * i)
        edit(run, 0, i / 10)
        advance(run, steps=10 + i)
    assert [number for number, _, _ in told(run)] == [3, 4, 5]
    return_to(run, 3)
    assert everything(run) == ends[3]
    assert [number for number, _, _ in told(run)] == [6, 4, 5], "it stands in its place"


def test_where_they_part_follows_a_course_that_is_left_earlier(small):
    run = start(small())
    advance(run, steps=60)
    first = everything(run)
    seek(run, 40)
    edit(run, 0, 0.1)
    advance(run, steps=30)
    second = everything(run)
    seek(run, 10)
    edit(run, 0, 0.2)
    advance(run, steps=5)
    assert told(run) == [(1, 10, 60), (2, 10, 70)]
    for number, end in ((1, first), (2, second)):
        return_to(run, number)
        assert everything(run) == end
        assert run.timeline._even[0].step == 0 and len(run.timeline._even) > 5, "its snapshots are there as well"


def test_a_course_that_is_gone_through_again_is_no_branch_any_more(small):
    run = start(small())
    advance(run, steps=30)
    seek(run, 13)
    edit(run, 0, 0.5)
    advance(run, steps=4)
    seek(run, 9)
    advance(run, steps=10)
    assert [(a, b) for _, a, b in told(run)] == [(19, 30), (13, 17)]
    advance(run, steps=10)
    assert [(a, b) for _, a, b in told(run)] == [(29, 30), (13, 17)]
    advance(run, steps=1)
    assert [(a, b) for _, a, b in told(run)] == [(13, 17)], "that to 30 lies behind"


def test_dragging_a_slider_in_the_past_leaves_one_branch(small):
    run = start(small())
    advance(run, steps=30)
    seek(run, 12)
    for i in range(50):
        alter(run, {"training.learning_rate": 0.01 + i / 1000})
    assert told(run) == [(1, 12, 30)]


def test_another_run_has_none(small):
    run, *_ = forked(small)
    alter(run, {"seed": 5})
    assert told(run) == [] and run.timeline.beside == 0


@pytest.mark.parametrize("batch", [False, True])
def test_a_reset_leaves_the_course_as_a_branch_and_goes_the_same_way_again(small, batch):
    run, fresh = start(small()), start(small())
    advance(run, steps=40)
    end, rows = everything(run), run.history.rows
    if batch:
        advance_phase(run)
    reset(run)
    assert everything(run) == everything(fresh) and run.span == (0, 0) and len(run.history) == 1
    assert run.metrics == fresh.metrics and not run.stale
    assert told(run) == [(1, 0, 40)]
    advance(run, steps=20)
    advance(fresh, steps=20)
    assert everything(run) == everything(fresh)
    return_to(run, 1)
    assert everything(run) == end and np.array_equal(run.history.rows, rows)
    assert told(run) == [], "the shorter course of the same settings tells nothing more"


def test_a_reset_keeps_the_settings_of_now_and_its_branch_has_those_of_then(small):
    run, _, (end, rows) = forked(small)
    reset(run)
    assert run.experiment.training.learning_rate == 0.4 and (run.step, run.epoch) == (0, 0)
    fresh = start(patch(small(), FASTER))
    advance(run, steps=9)
    advance(fresh, steps=9)
    assert np.array_equal(run.learner.flat.numpy(), fresh.learner.flat.numpy())
    number = next(n for n, _, to in told(run) if to == 20)
    return_to(run, number)
    assert everything(run) == end and np.array_equal(run.history.rows, rows)


def test_resets_one_after_the_other_leave_one_branch(small):
    run = start(small())
    for steps in (30, 40, 10):
        advance(run, steps=steps)
        reset(run)
    assert told(run) == [(2, 0, 40)]
    reset(run)
    assert told(run) == [(2, 0, 40)]


def test_after_a_reset_to_other_examples_nothing_leads_back(small):
    run = start(small())
    advance(run, steps=30)
    alter(run, {"data.samples": 150} if "samples" in type(run.experiment.data).model_fields else {"seed": 3})
    reset(run)
    assert run.step == 0 and told(run) == []


def test_steps_and_phases_onwards_follow_the_course_and_leave_none(small):
    run, *_ = forked(small)
    advance(run, steps=10)
    step_by(run, "batch", -9)
    for unit in ("phase", "batch", "epoch"):
        step_by(run, unit, 1)
    assert told(run) == [(1, 13, 40)] and run.span == (0, 30)
