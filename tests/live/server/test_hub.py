"""The hub with a pool that only writes down what it is told: leases, owners, limits, changes and recovery."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnlab.core.errors import Busy, Refused
from nnlab.core.experiment import experiment
from nnlab.live.messages.kinds import Kind
from nnlab.live.messages.protocol import ARGUMENTS
from nnlab.live.server import hub as hubs
from nnlab.live.server.viewer import Viewer
from tests.live.server.fakes import CIRCLE, command, deliver, make, texts, watched


def test_a_run_is_found_by_its_owner_only() -> None:
    hub, _ = make()
    run = hub.open(CIRCLE, "ann")
    assert hub.find(run.token, "ann") is run
    assert hub.find(run.token, "bob") is None
    assert hub.find("x", "ann") is None
    assert len(run.token) >= 32


def test_playing_stops_three_seconds_after_the_last_viewer_fell_silent_and_goes_on_with_its_next_word() -> None:
    hub, clock = make()
    run, viewer, worker = watched(hub)
    command(hub, run, viewer, "play", True)
    deliver(hub, run, viewer)
    clock.now += 2.9
    hub.tick()
    assert not run.held
    clock.now += 0.2
    hub.tick()
    assert run.held
    assert worker.commands[-1][2:] == (True,)
    assert hub.health()["playing"] == 0
    command(hub, run, viewer, "ack", 1)
    assert not run.held and run.playing
    assert ("hold", run.key, False) in worker.commands


def test_a_viewer_that_waits_for_a_late_frame_is_not_silent() -> None:
    hub, clock = make()
    run, viewer, _ = watched(hub)
    command(hub, run, viewer, "play", True)
    clock.now += 60
    hub.tick()
    assert not run.held
    deliver(hub, run, viewer)
    hub.tick()
    assert run.held


def test_a_silent_run_is_freed_after_ten_minutes() -> None:
    hub, clock = make()
    run, viewer, worker = watched(hub)
    hub.detach(run, viewer)
    clock.now += 599
    hub.tick()
    assert hub.find(run.token, "ann") is run
    clock.now += 2
    hub.tick()
    assert hub.find(run.token, "ann") is None
    assert worker.names()[-1] == "close"


def test_a_paused_run_on_a_screen_is_kept_for_a_whole_lesson_and_told_when_it_goes() -> None:
    hub, clock = make()
    run, viewer, _ = watched(hub)
    clock.now += 7_000
    hub.tick()
    assert hub.find(run.token, "ann") is run
    clock.now += 300
    hub.tick()
    assert hub.find(run.token, "ann") is None
    assert viewer.closed and texts(viewer)[-1]["code"] == "notice.gone"


def test_runs_are_spread_over_the_workers() -> None:
    hub, _ = make(workers=3)
    runs = [hub.open(CIRCLE, f"owner {i}") for i in range(6)]
    assert sorted(run.worker.number for run in runs) == [0, 0, 1, 1, 2, 2]


def test_more_runs_than_allowed_wait_in_a_queue_and_open_in_turn() -> None:
    hub, _ = make(runs=2)
    first, _ = hub.open(CIRCLE, "a"), hub.open(CIRCLE, "b")
    for owner, place in (("c", 1), ("d", 2), ("c", 1), ("e", 3)):
        with pytest.raises(Busy, match=f"number {place} in the queue") as busy:
            hub.open(CIRCLE, owner)
        assert busy.value.place == place
    assert hub.health()["queue"] == 3
    hub.free(first)
    with pytest.raises(Busy) as busy:
        hub.open(CIRCLE, "d")
    assert busy.value.place == 2
    assert hub.open(CIRCLE, "c").owner == "c"
    with pytest.raises(Busy) as busy:
        hub.open(CIRCLE, "d")
    assert busy.value.place == 1


def test_who_leaves_the_queue_loses_the_place() -> None:
    hub, clock = make(runs=1)
    hub.open(CIRCLE, "a")
    for owner in "bc":
        with pytest.raises(Busy):
            hub.open(CIRCLE, owner)
    clock.now += 10
    with pytest.raises(Busy):
        hub.open(CIRCLE, "c")
    clock.now += 10
    hub.tick()
    with pytest.raises(Busy) as busy:
        hub.open(CIRCLE, "c")
    assert busy.value.place == 1


def test_a_run_that_nobody_looks_at_gives_way_to_the_queue() -> None:
    hub, clock = make(runs=1)
    forgotten = hub.open(CIRCLE, "a")
    clock.now += 121
    assert hub.open(CIRCLE, "b").owner == "b"
    assert hub.find(forgotten.token, "a") is None


def test_a_run_on_a_screen_gives_way_only_after_ten_silent_minutes() -> None:
    hub, clock = make(runs=1)
    hub.attach(hub.open(CIRCLE, "a"), lambda: None)
    clock.now += 500
    with pytest.raises(Busy):
        hub.open(CIRCLE, "b")
    clock.now += 200
    assert hub.open(CIRCLE, "b").owner == "b"


def test_one_person_cannot_take_all_the_room() -> None:
    hub, clock = make(runs_of_owner=2)
    for _ in range(2):
        hub.attach(hub.open(CIRCLE, "a"), lambda: None)
    clock.now += 60
    with pytest.raises(Busy, match="2 networks open"):
        hub.open(CIRCLE, "a")
    assert hub.open(CIRCLE, "b").owner == "b"


def test_a_change_reaches_the_worker_and_every_viewer() -> None:
    hub, _ = make()
    run, viewer, worker = watched(hub)
    other = hub.attach(run, lambda: None)
    texts(viewer), texts(other)
    command(hub, run, viewer, "set", {"changes": {"training.learning_rate": 0.3}, "version": 7})
    assert run.experiment.training.learning_rate == 0.3
    name, _, sent = worker.commands[-1]
    assert (name, sent["version"]) == ("change", 7)
    for one in (viewer, other):
        (told,) = texts(one)
        assert (told["type"], told["version"]) == ("experiment", 7)
        assert set(told) == {"type", "version", "experiment", "returned"}, "a link would cost more than all else"
        assert experiment(told["experiment"]) == run.experiment
        assert told["experiment"]["training"]["learning_rate"] == 0.3


def test_a_later_change_never_carries_a_smaller_version() -> None:
    hub, _ = make()
    run, viewer, _ = watched(hub)
    command(hub, run, viewer, "set", {"changes": {"seed": 1}, "version": 7})
    run.change(CIRCLE)
    assert run.version == 8
    command(hub, run, viewer, "set", {"changes": {"seed": 2}, "version": 3})
    assert run.version == 9


@pytest.mark.parametrize(
    "changes",
    [
        {"training.learning_rate": -1},
        {"nothing": 1},
        {"model.layers": [{"units": 10_000}]},
        {"data": None},
        {"a.b.c": {}},
    ],
)
def test_a_change_that_cannot_be_is_refused_and_nothing_changes(changes: dict[str, Any]) -> None:
    hub, _ = make()
    run, viewer, worker = watched(hub)
    before = list(worker.commands)
    with pytest.raises(Refused):
        command(hub, run, viewer, "set", {"changes": changes, "version": 1})
    assert (run.experiment, run.version, worker.commands) == (CIRCLE, 0, before)


def test_points_are_moved_added_and_removed() -> None:
    hub, _ = make()
    run, viewer, _ = watched(hub)
    command(hub, run, viewer, "point", {"op": "move", "id": 3, "x": 1, "y": 2})
    command(hub, run, viewer, "point", {"op": "add", "x": 0, "y": 0.5, "label": 1})
    command(hub, run, viewer, "point", {"op": "remove", "id": 4})
    data = run.experiment.data.model_dump()
    assert (data["moved"], data["added"], data["removed"]) == (((3, 1.0, 2.0),), ((0.0, 0.5, 1.0),), (4,))
    with pytest.raises(Refused, match="needed"):
        command(hub, run, viewer, "point", {"op": "move", "id": 3})
    with pytest.raises(Refused):
        command(hub, run, viewer, "point", {"op": "move", "id": 3, "x": 100, "y": 0})


def test_drawings_are_added_taken_away_and_taken_back() -> None:
    hub, _ = make()
    run, viewer, _ = watched(hub)
    pictures = {"data": {"kind": "strokes", "samples": 150}, "model": {"family": "cnn"}}
    command(hub, run, viewer, "set", {"changes": pictures, "version": 1})
    bits = "A" * 100 + "B" * 31
    for label in (7, 1):
        command(hub, run, viewer, "point", {"op": "draw", "label": label, "bits": bits})
    drawn = lambda: run.experiment.data.model_dump()["drawn"]  # noqa: E731
    assert drawn() == ((7, bits), (1, bits))
    with pytest.raises(Refused, match="example of its class already"):
        command(hub, run, viewer, "point", {"op": "draw", "label": 7, "bits": bits})
    command(hub, run, viewer, "undo", None)
    assert drawn() == ((7, bits),), "each drawing is a change of its own"
    command(hub, run, viewer, "redo", None)
    command(hub, run, viewer, "point", {"op": "undraw", "label": 7, "bits": bits})
    assert drawn() == ((1, bits),)


def test_what_viewers_watch_is_put_together() -> None:
    hub, _ = make()
    run, viewer, worker = watched(hub)
    other = hub.attach(run, lambda: None)
    focus = {"boundary": {"focus": [1, 0]}}
    command(hub, run, viewer, "watch", {"offers": ["boundary", "weights"], "options": focus})
    command(hub, run, other, "watch", {"offers": ["weights", "surface"]})
    assert worker.commands[-1][2:] == (("boundary", "weights", "surface"), focus)
    assert run.looked("boundary") == {"focus": [1, 0]} and run.looked("surface") == {}
    hub.detach(run, viewer)
    assert worker.commands[-2] == ("cancel", run.key, viewer.number), "its requests are forgotten"
    assert worker.commands[-1][2:] == (("weights", "surface"), {})


def test_one_frame_is_asked_for_at_a_time() -> None:
    hub, _ = make()
    run, viewer, worker = watched(hub)
    assert worker.names().count("want") == 1
    hub._receive(worker, Kind.SCENE, run.key, 0, b"scene")  # type: ignore[arg-type]
    hub._receive(worker, Kind.FRAME, run.key, 0, b"1")  # type: ignore[arg-type]
    assert worker.names().count("want") == 1
    received = [hub.take(run, viewer) for _ in range(4)]
    assert (received[0], received[2:]) == (b"scene", [b"1", None])
    assert worker.names().count("want") == 2


def test_a_slow_viewer_neither_gets_old_frames_nor_holds_up_another() -> None:
    hub, _ = make()
    run, slow, worker = watched(hub)
    quick = hub.attach(run, lambda: None)
    hub._receive(worker, Kind.SCENE, run.key, 0, b"scene")  # type: ignore[arg-type]
    seen: dict[str, list[bytes]] = {"slow": [], "quick": []}

    def drain(name: str, viewer: Viewer) -> None:
        while (message := hub.take(run, viewer)) is not None:
            if isinstance(message, bytes) and message != b"scene":
                seen[name].append(message)

    drain("slow", slow), drain("quick", quick)
    for i in range(50):
        assert run.asked
        hub._receive(worker, Kind.FRAME, run.key, 0, b"%d" % i)  # type: ignore[arg-type]
        drain("slow", slow), drain("quick", quick)
        command(hub, run, quick, "ack", i)
    assert seen["quick"] == [b"%d" % i for i in range(50)]
    assert seen["slow"] == [b"0", b"1"]
    command(hub, run, slow, "ack", 0)
    drain("slow", slow)
    assert seen["slow"][-1] == b"49"


def test_a_run_that_ended_by_itself_is_not_playing() -> None:
    hub, _ = make()
    run, _, worker = watched(hub)
    run.play(True)
    why = {"code": "stop.target", "values": {"epoch": 7}}
    hub._receive(worker, Kind.STATE, run.key, 0, json.dumps({"playing": False, "stopped": why}).encode())  # type: ignore[arg-type]
    assert (run.playing, run.stopped) == (False, why)


def test_there_is_no_hub_until_one_is_used() -> None:
    before = hubs._current
    try:
        hubs.use(None)
        with pytest.raises(Exception, match=r"start\.py"):
            hubs.current()
        hub, _ = make()
        hubs.use(hub)
        assert hubs.current() is hub
    finally:
        hubs.use(before)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
PATHS = "seed data data.kind data.samples data.moved model model.layers model.layers.0.units model.features"
PATHS += " training.optimizer training.optimizer.kind training.learning_rate . __class__"
paths = st.sampled_from(["", *PATHS.split()])


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(name=st.sampled_from(sorted(ARGUMENTS)), argument=values, changes=st.dictionaries(paths, values, max_size=2))
def test_no_command_does_more_than_be_refused(name: str, argument: Any, changes: dict[str, Any]) -> None:
    hub, _ = make()
    run, viewer, _ = watched(hub)
    for sent in ([name, argument], ["set", {"changes": changes, "version": 1}]):
        try:
            hub.command(run, viewer, json.dumps(sent))
        except Refused as refused:
            assert str(refused)
    assert hub.find(run.token, "ann") is run
