"""What viewers want of analyses: options belong to an analysis, arrays among them, and viewers of a run share them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnlab.core.errors import Refused
from nnlab.live.messages import wire
from nnlab.live.messages.protocol import ARGUMENTS
from nnlab.live.server.hub import Hub, LiveRun
from nnlab.live.server.viewer import Viewer
from tests.live.messages.test_packed import commands, json_values
from tests.live.server.fakes import Slot, command, make, watched

DRAWING = np.linspace(0, 1, 64 * 64, dtype=np.float32).reshape(64, 64)


def send(hub: Hub, run: LiveRun, viewer: Viewer, name: str, argument: Any, **arrays: np.ndarray) -> None:
    hub.command(run, viewer, wire.pack({"command": [name, argument]}, arrays))


def watched_by_worker(worker: Slot) -> tuple[tuple[str, ...], dict[str, dict[str, Any]]]:
    found: tuple[tuple[str, ...], dict[str, dict[str, Any]]] = [c for c in worker.commands if c[0] == "watch"][-1][2:]
    return found


def test_options_of_one_analysis_say_nothing_to_another() -> None:
    hub, _ = make()
    run, viewer, worker = watched(hub)
    options = {"bowl": {"zoom": 2}, "sigmoids": {"zoom": 3}}
    command(hub, run, viewer, "watch", {"offers": ["bowl", "sigmoids"], "options": options})
    assert watched_by_worker(worker) == (("bowl", "sigmoids"), options)


def test_two_viewers_options_are_put_together_by_analysis() -> None:
    hub, _ = make()
    run, viewer, worker = watched(hub)
    other = hub.attach(run, lambda: None)
    one = {"warp": {"layer": 1}, "boundary": {"focus": [1, 0]}}
    command(hub, run, viewer, "watch", {"offers": ["warp", "boundary"], "options": one})
    command(hub, run, other, "watch", {"offers": ["warp"], "options": {"warp": {"units": [0, 1]}}})
    assert watched_by_worker(worker)[1] == {"warp": {"layer": 1, "units": [0, 1]}, "boundary": {"focus": [1, 0]}}
    hub.detach(run, other)
    assert watched_by_worker(worker)[1] == one


def test_of_what_two_viewers_want_differently_the_newest_word_holds() -> None:
    hub, _ = make()
    run, first, worker = watched(hub)
    second = hub.attach(run, lambda: None)
    for viewer, focus in ((first, [1, 0]), (second, [1, 1]), (first, [1, 2]), (second, [1, 3])):
        command(hub, run, viewer, "watch", {"offers": ["boundary"], "options": {"boundary": {"focus": focus}}})
        assert watched_by_worker(worker)[1] == {"boundary": {"focus": focus}}


def test_the_same_wish_again_is_not_sent_again() -> None:
    hub, _ = make()
    run, viewer, worker = watched(hub)
    for _ in range(3):
        send(hub, run, viewer, "watch", {"offers": ["boundary"]}, **{"boundary.drawing": DRAWING})
    assert worker.names().count("watch") == 1
    send(hub, run, viewer, "watch", {"offers": ["boundary"]}, **{"boundary.drawing": DRAWING + 1})
    assert worker.names().count("watch") == 2


def test_an_array_joins_the_options_of_its_analysis() -> None:
    hub, _ = make()
    run, viewer, worker = watched(hub)
    argument = {"offers": ["boundary"], "options": {"boundary": {"focus": [1, 0]}}}
    send(hub, run, viewer, "watch", argument, **{"boundary.drawing": DRAWING, "warp.points.here": DRAWING[:2, :2]})
    _, options = watched_by_worker(worker)
    assert options["boundary"]["focus"] == [1, 0]
    np.testing.assert_array_equal(options["boundary"]["drawing"], DRAWING)
    np.testing.assert_array_equal(options["warp"]["points.here"], DRAWING[:2, :2])


def test_arrays_of_two_viewers_are_put_together_and_are_there_when_the_run_is_opened_again() -> None:
    hub, _ = make()
    run, viewer, worker = watched(hub)
    other = hub.attach(run, lambda: None)
    send(hub, run, viewer, "watch", {"offers": ["boundary"]}, **{"boundary.drawing": DRAWING})
    command(hub, run, other, "watch", {"offers": ["boundary"], "options": {"boundary": {"focus": [1, 0]}}})
    hub._lost(worker, 0)  # type: ignore[arg-type]
    (opening,) = [c[2] for c in worker.commands if c[0] == "open"][1:]
    assert opening["options"]["boundary"]["focus"] == [1, 0]
    np.testing.assert_array_equal(opening["options"]["boundary"]["drawing"], DRAWING)


def test_a_drawing_and_a_text_go_with_a_request_to_the_worker() -> None:
    hub, _ = make()
    run, viewer, worker = watched(hub)
    text = np.frombuffer(b"a" * 2**20, np.uint8)
    send(
        hub, run, viewer, "ask", {"id": 5, "name": "formula", "options": {"neuron": [1, 0]}}, drawing=DRAWING, text=text
    )
    op, _, to, name, analysis, options, kept = worker.commands[-1]
    assert (op, to, name, analysis, kept) == ("ask", viewer.number, 5, "formula", None)
    assert options["neuron"] == [1, 0]
    np.testing.assert_array_equal(options["drawing"], DRAWING)
    np.testing.assert_array_equal(options["text"], text)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(
    value=commands | st.tuples(st.sampled_from(sorted(ARGUMENTS)), json_values).map(list),
    names=st.lists(
        st.text(max_size=8) | st.sampled_from(["boundary.x", "of", "against", "whole", "warp."]), max_size=3
    ),
)
def test_no_command_of_bytes_does_more_than_be_refused(value: Any, names: list[str]) -> None:
    hub, _ = make()
    run, viewer, _ = watched(hub)
    try:
        hub.command(run, viewer, wire.pack({"command": value}, {name: DRAWING[:2, :2] for name in names}))
    except Refused as refused:
        assert str(refused)
    assert hub.find(run.token, "ann") is run


def test_a_text_and_bytes_mean_the_same() -> None:
    told = []
    for packed in (False, True):
        hub, _ = make()
        run, viewer, worker = watched(hub)
        for value in (["set", {"changes": {"training.learning_rate": 0.3}, "version": 7}], ["seek", 3], ["reset"]):
            hub.command(run, viewer, wire.pack({"command": value}) if packed else json.dumps(value))
        with pytest.raises(Refused, match="learning_rate"):
            send(hub, run, viewer, "set", {"changes": {"training.learning_rate": -1}})
        told.append(worker.commands[1:])  # without "open"
    assert told[0] == told[1] and len(told[0]) > 3
