"""A page asks its run for a record: progress, the answer, a refusal, and everything that ends the waiting without one."""

from __future__ import annotations

import json
import threading
from typing import Any

import numpy as np
import pytest

from nnlab.live.messages import wire
from nnlab.live.messages.kinds import Kind
from nnlab.live.server.asked import LOST
from nnlab.live.server.hub import Hub, LiveRun
from tests.live.server.fakes import CIRCLE, make, texts, watched


def asking() -> tuple[Hub, LiveRun, Any, int]:
    """A run with a viewer, what its page has asked, and that request's number."""
    hub, _ = make()
    run, viewer, worker = watched(hub)
    asked = run.ask("clusters", {"count": 20})
    op, key, number, name, study, options = worker.commands[-1]
    assert (op, key, name, study, options) == ("ask", run.key, "clusters", "clusters", {"count": 20})
    assert number != viewer.number
    return hub, run, asked, number


def test_progress_and_the_answer_come_to_whoever_waits_and_to_no_viewer() -> None:
    hub, run, asked, number = asking()
    (viewer,) = run.viewers.values()
    texts(viewer)
    hub._receive(run.worker, Kind.TEXT, run.key, number, json.dumps({"type": "progress", "share": 0.4}).encode())
    assert asked.share == 0.4 and not asked.over and not asked.wait(0)
    answer = wire.pack({"type": "answer"}, {"found": np.arange(3, dtype=np.int32)})
    other = threading.Timer(0.05, hub._receive, (run.worker, Kind.ANSWER, run.key, number, answer))
    other.start()
    assert asked.wait(60)
    arrays, error = asked.record()
    assert list(arrays["found"]) == [0, 1, 2] and error == ""
    assert texts(viewer) == [] and run.asked_by_pages == {}


def test_a_refusal_of_the_study_is_a_sentence() -> None:
    hub, run, asked, number = asking()
    hub._receive(run.worker, Kind.ANSWER, run.key, number, wire.pack({"type": "answer", "error": "Too few."}))
    assert asked.over and asked.record() == ({}, "Too few.")


@pytest.mark.parametrize("end", ["lost", "closed", "freed", "cancelled"])
def test_who_waits_is_told_when_no_answer_can_come(end: str) -> None:
    hub, run, asked, number = asking()
    with hub.lock:
        if end == "lost":
            hub._lost(run.worker, 0)
        elif end == "closed":
            run.close_for("It has failed.")
        elif end == "freed":
            hub.free(run)
        else:
            asked.cancel()
    assert asked.over and asked.record() == ({}, LOST)
    assert (("cancel", run.key, number) in run.worker.commands) == (end == "cancelled")  # type: ignore[attr-defined]
    hub._receive(run.worker, Kind.ANSWER, run.key, number, wire.pack({"type": "answer"}))  # too late for anybody
    assert asked.record() == ({}, LOST)


def test_a_closed_run_is_not_asked() -> None:
    hub, _ = make()
    run = hub.open(CIRCLE, "ann")
    run.close_for("It has failed.")
    assert run.ask("clusters", {}).record() == ({}, LOST)
