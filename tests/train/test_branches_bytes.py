"""What branches of a run may take of its history's bytes, and what goes where there is no room."""

from __future__ import annotations

import numpy as np
import pytest

from nnlab.core.experiment import experiment, patch
from nnlab.train import branches as limits
from nnlab.train import timeline
from nnlab.train.run import advance, change, edit, return_to, seek, start


def alter(run, changes):
    change(run, patch(run.experiment, changes))


def told(run):
    """(number, from, to) of each branch."""
    return [(b["id"], b["from"], b["to"]) for b in run.branches.told(run.timeline)]


def weights(run):
    """What the learner holds, with the step."""
    return run.step, {name: np.asarray(value).tobytes() for name, value in run.learner.state().items()}


def held(run):
    """Bytes of all arrays of the run's history and its branches, each once."""
    every = [*run.timeline.snapshots, *(s for b in run.branches._all for s in b.snapshots)]
    return sum(a.nbytes for a in {id(a): a for s in every for a in s.values}.values())


BIG = {
    "data": {"kind": "circle", "samples": 20},
    "model": {"family": "mlp", "layers": [{"units": 64}] * 4},
    "training": {"optimizer": {"kind": "adam"}, "batch_size": 10},
}


@pytest.mark.parametrize("megabytes", [0.1, 0.5, 2, 8, 24])
def test_a_history_with_branches_stays_within_its_bytes(megabytes):
    run = start(experiment(BIG))
    limit = int(megabytes * timeline.MB)
    run.limit_history(limit)
    for i in range(6):
        advance(run, epochs=60)
        end = weights(run)
        seek(run, run.step - 70)
        alter(run, {"training.learning_rate": 0.001 * (i + 1)})
        assert run.timeline.beside == run.branches.nbytes <= limit // limits.SHARE
        assert held(run) <= max(limit, run.timeline.least) and run.timeline.nbytes <= max(limit, run.timeline.least)
    if megabytes >= 2:
        return_to(run, told(run)[-1][0])
        assert weights(run) == end
    assert len(run.branches) == 3 if megabytes >= 8 else True
    run.limit_history(limit // 20)
    assert held(run) <= max(limit // 20, run.timeline.least)
    assert run.timeline.beside <= limit // 20 // limits.SHARE


def test_where_there_is_little_room_the_last_place_and_one_before_the_fork_stay():
    run = start(experiment(BIG))
    advance(run, epochs=100)
    end, one = weights(run), run.timeline.least
    seek(run, 60)
    alter(run, {"training.learning_rate": 0.4})
    run.limit_history(4 * (3 * one) + 400_000)
    (branch,) = run.branches._all
    places = [s.step for s in branch.snapshots]
    assert 2 <= len(places) <= 4 and places[0] <= 60 and places[-1] == 100
    return_to(run, 1)
    assert weights(run) == end


def test_very_many_events_drop_what_leads_back_before_them_but_never_lie(small, monkeypatch):
    monkeypatch.setattr(timeline, "MAX_EVENTS", 20)
    run = start(small())
    for i in range(18):
        edit(run, i % 4, i / 70)
        advance(run, steps=1)
    late = weights(run)
    seek(run, 15)
    edit(run, 0, 2.0)
    for i in range(6):
        advance(run, steps=1)
        edit(run, i % 4, i / 9)
    assert run.span[0] > 0 and told(run) == [(1, 15, 18)]
    new = weights(run)
    return_to(run, 1)
    assert weights(run) == late
    return_to(run, 2)
    assert weights(run) == new
    for i in range(40):
        advance(run, steps=1)
        edit(run, i % 4, i / 9)
    assert told(run) == [], "the run cannot go back to where that one left"
