"""What a hand has done goes first: a frame out of turn, and a page that waits until it is on the screen."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from nnlab.core.experiment import patch
from nnlab.live.messages.kinds import Kind
from tests.live.server.fakes import CIRCLE, command, make, watched


def test_a_change_asks_for_a_frame_although_two_are_on_their_way() -> None:
    hub, _ = make()
    run, viewer, worker = watched(hub)
    hub._receive(worker, Kind.SCENE, run.key, 0, b"scene")  # type: ignore[arg-type]
    for i in range(3):
        hub._receive(worker, Kind.FRAME, run.key, 0, b"%d" % i)  # type: ignore[arg-type]
        while hub.take(run, viewer) is not None:
            pass
    assert not run.asked and viewer.credit == 0
    command(hub, run, viewer, "set", {"changes": {"training.learning_rate": 0.5}, "version": 1})
    assert run.asked and viewer.credit == 1
    assert worker.commands[-1][0] == "want"


def test_a_page_waits_until_a_viewer_has_drawn_its_change() -> None:
    hub, _ = make()
    run, viewer, _ = watched(hub)
    run.change(patch(CIRCLE, {"training.learning_rate": 0.5}))
    waiting = ThreadPoolExecutor(1)
    answer = waiting.submit(run.seen, 30.0)
    command(hub, run, viewer, "ack", 0)
    assert not answer.done()
    command(hub, run, viewer, "ack", run.version)
    assert answer.result(30)
    waiting.shutdown()


def test_a_page_does_not_wait_where_nobody_looks_or_nobody_draws() -> None:
    hub, _ = make()
    run, viewer, _ = watched(hub)
    run.change(patch(CIRCLE, {"training.learning_rate": 0.5}))
    assert not run.seen(0.01)
    hub.detach(run, viewer)
    assert not run.seen(3600.0)


def test_a_page_that_is_opened_waits_until_whoever_comes_has_drawn() -> None:
    hub, _ = make()
    run, viewer, _ = watched(hub)
    assert not run.pictured(0.01)
    waiting = ThreadPoolExecutor(1)
    answer = waiting.submit(run.pictured, 30.0)
    command(hub, run, viewer, "ack", 0)
    assert answer.result(30)
    hub.detach(run, viewer)
    assert not run.pictured(0.01), "whoever comes back has to draw again"
    waiting.shutdown()


def test_who_watches_what_is_watched_already_is_given_the_frame_that_has_just_come() -> None:
    hub, _ = make()
    run, viewer, worker = watched(hub)
    hub._receive(worker, Kind.SCENE, run.key, 0, b"scene")  # type: ignore[arg-type]
    hub._receive(worker, Kind.FRAME, run.key, 0, b"frame")  # type: ignore[arg-type]
    command(hub, run, viewer, "watch", {"offers": []})  # a view that needs nothing
    told = [message for _ in range(3) if (message := hub.take(run, viewer)) is not None]
    assert told[-1] == b"frame", "the worker has nothing newer to show"
