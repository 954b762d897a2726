"""The history of a run within its bytes: never more than its limit, as close as half a second while there is room."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.core.experiment import experiment, patch
from nnlab.core.registries import FAMILIES
from nnlab.train.run import Run, advance, advance_phase, checkpoint, resume, seek, seeking, start
from nnlab.train.stopping import Watch
from nnlab.train.timeline import LARGE_LIMIT, LIMIT, MB, RECENT, REPLAY_S, Snapshot, Timeline, limit_of
from tests.synthetic import synthetic

__all__ = ["synthetic"]
SPEC = experiment({"data": {"kind": "circle"}, "model": {"family": "mlp"}})
ARRAYS = ("flat", "mean", "squares")  # what a run with Adam keeps
SIZES = (25, 1_000, 30_000, 100_000, 100_001, 400_000)


def snapshot(step: int, per_epoch: int, clock_s: float, parameters: int) -> Snapshot:
    """One of a run with so many parameters; its arrays are never written, so that they cost no memory."""
    epoch, offset = divmod(step, per_epoch)
    values = tuple(np.empty(parameters, np.float32) for _ in ARRAYS)
    return Snapshot(step, 0, epoch, offset, SPEC, Watch(), ARRAYS, values, clock_s)


def train(timeline: Timeline, parameters: int, *, steps: range, step_s: float, per_epoch: int, every: int = 1) -> None:
    """What `advance` does with a timeline: a snapshot where one is due, and one of each frame; nothing is ever beyond its bytes."""
    for step in steps[::every]:
        clock_s, (epoch, offset) = step * step_s, divmod(step, per_epoch)
        timeline.last = step
        if timeline.due(epoch=epoch, offset=offset, clock_s=clock_s):
            timeline.keep(snapshot(step, per_epoch, clock_s, parameters))
        if step % 7 == 0:
            timeline.pass_by(snapshot(step, per_epoch, clock_s, parameters))
        if step % 40 < every:
            assert timeline.nbytes <= timeline.limit


def gaps(timeline: Timeline) -> list[float]:
    """Seconds of replay between neighbours."""
    return [after.clock_s - before.clock_s for before, after in pairwise(timeline.snapshots)]


@pytest.mark.parametrize(("step_s", "per_epoch"), [(2e-5, 25), (1e-3, 4), (0.02, 50), (0.3, 3), (2.0, 1)])
@pytest.mark.parametrize("parameters", SIZES)
def test_bytes_bound_everything_and_the_first_and_the_last_place_stay(parameters, step_s, per_epoch):
    timeline = Timeline(limit=limit_of(parameters))
    timeline.keep(snapshot(0, per_epoch, 0.0, parameters))
    train(timeline, parameters, steps=range(1, 2_000), step_s=step_s, per_epoch=per_epoch)
    assert timeline.first == 0 and len(timeline.snapshots) >= 10
    final = snapshot(5_000, per_epoch, 5_000 * step_s, parameters)
    timeline.keep(final)
    assert timeline.before(10**9) is final and timeline.first == 0
    assert timeline.nbytes <= timeline.limit


@pytest.mark.parametrize(("step_s", "per_epoch"), [(1e-3, 4), (0.02, 50), (0.05, 1_000), (0.3, 3)])
def test_while_there_is_room_no_way_back_is_longer_than_half_a_second_and_a_step(step_s, per_epoch):
    timeline = Timeline(limit=limit_of(25))
    timeline.keep(snapshot(0, per_epoch, 0.0, 25))
    steps = range(1, 12_000 if step_s < 0.01 else 3_000)
    train(timeline, 25, steps=steps, step_s=step_s, per_epoch=per_epoch)
    assert timeline.nbytes < timeline.limit / 2
    assert max(gaps(timeline)) <= REPLAY_S + step_s + 1e-9


def test_a_young_run_keeps_every_epoch_and_an_old_one_does_not_keep_hundreds_that_lie_close():
    timeline = Timeline(limit=limit_of(25))
    timeline.keep(snapshot(0, 5, 0.0, 25))
    train(timeline, 25, steps=range(1, 500), step_s=1e-4, per_epoch=5)
    assert {s.step for s in timeline.snapshots} >= set(range(0, 500, 5))
    train(timeline, 25, steps=range(500, 20_000), step_s=1e-4, per_epoch=5, every=5)
    assert len(timeline.snapshots) < 900


def test_where_there_is_no_room_the_places_lie_evenly():
    timeline = Timeline(limit=LIMIT)
    timeline.keep(snapshot(0, 100, 0.0, 100_000))
    train(timeline, 100_000, steps=range(1, 6_000), step_s=0.01, per_epoch=100)
    even = [after.clock_s - before.clock_s for before, after in pairwise(timeline._even)]
    assert max(even[:-1]) <= 2.5 * min(even[:-1])
    assert len(timeline._recent) <= RECENT and timeline._recent[-1].step == 5_999 // 7 * 7


def test_who_goes_back_and_on_again_has_room_for_close_places():
    timeline = Timeline(limit=LIMIT)
    timeline.keep(snapshot(0, 10, 0.0, 100_000))
    train(timeline, 100_000, steps=range(1, 4_000), step_s=0.05, per_epoch=10)
    assert max(gaps(timeline)) > 4
    timeline.forget_future(20)
    train(timeline, 100_000, steps=range(21, 60), step_s=0.05, per_epoch=10)
    late = [s.clock_s for s in timeline.snapshots if s.step > 30]
    assert max(after - before for before, after in pairwise(late)) <= REPLAY_S + 0.05 + 1e-9


@given(st.lists(st.tuples(st.sampled_from(["keep", "pass", "forget", "limit"]), st.integers(0, 400)), max_size=60))
def test_whatever_is_done_bytes_are_counted_rightly_and_places_stay_in_order(acts):
    timeline = Timeline(limit=MB)
    timeline.keep(snapshot(0, 10, 0.0, 5_000))
    for act, number in acts:
        match act:
            case "keep":
                timeline.keep(snapshot(number, 10, number / 10, 5_000))
            case "pass":
                timeline.pass_by(snapshot(number, 10, number / 10, 5_000))
            case "forget":
                timeline.forget_future(number)
            case "limit":
                timeline.limit = MB // 4 + number * 2_000
                timeline.fit()
        assert timeline._held == sum(s.nbytes for s in timeline._even)
        assert timeline.nbytes <= max(timeline.limit, 2 * 61_000), "the first and the last stay whatever the limit"
        places = [s.place for s in timeline._even]
        assert places == sorted(set(places)) and places[0] == (0, 0)


def test_a_run_may_keep_more_where_it_has_more_parameters():
    assert [limit_of(n) // MB for n in SIZES] == [24, 24, 24, 24, 96, 96]
    run = start(SPEC)
    run.limit_history(10**12)
    assert run.timeline.limit == LIMIT < LARGE_LIMIT
    advance(run, epochs=200)
    run.limit_history(50_000)
    assert run.timeline.nbytes <= 50_000 and run.span == (0, run.step)


# ---- real runs ---------------------------------------------------------------------------------------------------------
def arrays(run: Run) -> dict[str, bytes]:
    return {name: np.asarray(array).tobytes() for name, array in run.learner.state().items()}


NETWORKS: dict[str, dict[str, Any]] = {
    "plain": {"data": {"kind": "circle", "samples": 100}, "model": {"family": "mlp"}},
    "batch norm and dropout": {
        "data": {"kind": "circle", "samples": 100},
        "model": {"family": "mlp", "norm": "batch", "dropout": 0.3},
    },
    "convolution": {"data": {"kind": "patches"}, "model": {"family": "conv"}},
    "recurrent": {"data": {"kind": "letters"}, "model": {"family": "recurrent"}},
    "two descents": {"data": {"kind": "patches"}, "model": {"family": "two_descents"}},
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_way_back_stops_first_at_the_nearest_place_and_ends_exactly(name, synthetic):
    run = start(patch(experiment(NETWORKS[name]), {"training.batch_size": 10, "training.optimizer": {"kind": "adam"}}))
    seen = {0: arrays(run)}
    for _ in range(90):
        advance(run, steps=1)
        seen[run.step] = arrays(run)
    for goal in (71, 23, 88, 4, 47):
        run.timeline._recent.clear()
        nearest = max(s.step for s in run.timeline.snapshots if s.step <= goal)
        behind = run.step < nearest or run.step > goal
        way = seeking(run, goal)
        next(way)
        assert run.step == (nearest if behind else run.step) and arrays(run) == seen[run.step]
        passed = [run.step, *(run.step for _ in way)]
        assert passed == sorted(passed) and run.step == goal
        assert arrays(run) == seen[goal]


def test_a_long_way_comes_in_short_pieces_and_leaves_places_behind(synthetic):
    run = start(patch(experiment(FAMILIES.load("conv").example()), {"data.count": 600}))
    advance(run, steps=400)
    end = arrays(run)
    run.timeline._spread(run.timeline._even[:1])
    run.timeline._recent.clear()
    seek(run, 0)
    slices = sum(1 for _ in seeking(run, 400))
    assert arrays(run) == end and slices >= 20
    assert len(run.timeline.snapshots) > 2, "the next way back is short"


@pytest.mark.parametrize("name", NETWORKS)
def test_a_place_in_the_middle_of_a_batch_is_that_before_it(name, synthetic):
    run = start(experiment(NETWORKS[name]))
    advance(run, steps=5)
    before = arrays(run)
    advance_phase(run)
    other = resume(run.experiment, checkpoint(run))
    assert arrays(other) == before
    seek(run, 5)
    assert arrays(run) == before


def test_a_large_network_among_many_keeps_no_more_than_fits_and_always_one():
    one = snapshot(0, 10, 0.0, 100_000).nbytes
    timeline = Timeline(limit=2 * one)
    timeline.keep(snapshot(0, 10, 0.0, 100_000))
    train(timeline, 100_000, steps=range(1, 200), step_s=0.05, per_epoch=10)
    assert (timeline.first, len(timeline.snapshots)) == (0, 2), "the first and the last"
    timeline.limit = 2 * one - 1
    timeline.fit()
    train(timeline, 100_000, steps=range(200, 400), step_s=0.05, per_epoch=10)
    assert timeline.nbytes == one and timeline.first == timeline.snapshots[0].step > 200
    timeline.limit = one // 2
    timeline.fit()
    assert timeline.nbytes == one, "from which everything goes on"
