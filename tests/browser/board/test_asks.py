"""Whoever asks the server gets a reply: the answer, or why there will be none."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from nnlab.core.registries import ANALYSES
from nnlab.core.say import Told
from nnlab.live.messages import protocol

ASK = "void (window.replies = [nnlab.board.ask('weights')], replies.forEach((asked, i) => asked.then((a) => { replies[i] = a; })))"
REPLY = "window.replies[0].type === 'answer'"
LOST = ["The connection was lost before the answer came.", "connection", False]
DROPPED = ["The computation ended without a result. Start it again.", "run", False]


@pytest.fixture
def asked(open_board: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A board that has asked for what is never ready."""
    real = ANALYSES.load("weights")

    def never(*_: Any) -> Iterator[float]:
        while True:
            time.sleep(0.004)
            yield 0.0

    monkeypatch.setattr("nnlab.analysis.weights.parameters.WEIGHTS", type(real)(never, real.arrays))
    tab = open_board("curves")
    tab.get(ASK)
    tab.arrives("ask")
    assert not tab.get(REPLY)
    return tab


def reply(tab: Any) -> list[Any]:
    """Error, what was lost, and whether arrays came."""
    tab.until(REPLY)
    return list(tab.get("((a) => [a.error, a.lost ?? null, 'arrays' in a])(window.replies[0])"))


def test_a_lost_connection_answers_what_was_sent_with_it(asked: Any) -> None:
    asked.get("nnlab.drop()")
    assert reply(asked) == LOST


def test_so_does_a_process_that_has_ended(asked: Any) -> None:
    asked.live.tell(protocol.notice(Told("notice.restored"), level="warning"))
    assert reply(asked) == DROPPED


@pytest.mark.parametrize("why", [Told("notice.crashed"), "The uploaded file has left this server."])
def test_so_does_a_run_that_is_closed_and_what_it_is_asked_afterwards_is_answered_at_once(
    asked: Any, why: Told | str
) -> None:
    asked.live.close_for(why)
    assert reply(asked) == DROPPED
    asked.get(ASK)
    assert reply(asked) == DROPPED
    asked.page.get_by_role("button", name="Reset").click()
    asked.until("document.querySelector('.message').textContent === ''")
    asked.get(ASK)
    asked.arrives("ask", 2)
    assert not asked.get(REPLY), "the run is open again, and computes"


def test_another_notice_leaves_it_alone(asked: Any) -> None:
    asked.live.tell(protocol.notice("By the way.", level="warning"))
    asked.until("document.querySelector('.message').textContent === 'By the way.'")
    assert not asked.get(REPLY)


def test_what_is_cancelled_is_answered(asked: Any) -> None:
    asked.get("nnlab.send('cancel', replies[0].id)")
    assert reply(asked) == ["The computation was cancelled.", None, False]
    asked.arrives("cancel")


def test_what_the_server_refuses_is_answered_with_its_sentence(tab: Any) -> None:
    tab.get(ASK.replace("weights", "nonsense"))
    error, lost, arrays = reply(tab)
    assert error.startswith("ask.name must be") and (lost, arrays) == (None, False)


def test_an_error_of_the_worker_comes_without_arrays(tab: Any) -> None:
    tab.get(ASK.replace("weights", "race_grid"))
    assert reply(tab) == ["This model cannot show this.", None, False]


def test_another_run_in_its_place_answers_it(asked: Any) -> None:
    other = asked.server.open({"data": {"kind": "circle"}, "model": {"family": "mlp"}})
    asked.get("show({...data, socket: arg})", f"/live/ws/{other.token}")
    assert reply(asked) == DROPPED
    other.close()


def test_what_is_asked_without_a_connection_waits_for_one(tab: Any) -> None:
    tab.expected = ("WebSocket connection", "Failed to load resource")
    tab.page.route(
        "**/healthz", lambda route: route.abort()
    )  # a server that answers, and refuses, has no such run any more
    try:
        tab.server.hub.refuse = True
        tab.get("nnlab.drop()")
        tab.page.get_by_text("Connection lost").wait_for()
        tab.get(ASK)
        tab.page.wait_for_timeout(400)  # it is tried again meanwhile, in vain
        assert not tab.get(REPLY)
        tab.server.hub.refuse = False
        assert reply(tab) == [None, None, True]
    finally:
        tab.page.unroute("**/healthz")


def test_arrays_do_not_wait_for_a_connection(tab: Any) -> None:
    tab.get(
        "(nnlab.drop(), window.replies = [0], nnlab.board.ask('weights', {}, {text: {data: new Int32Array(1), shape: [1]}})"
        ".then((a) => { replies[0] = a; }))"
    )
    assert reply(tab) == DROPPED


def test_a_run_that_is_gone_answers_all_that_waits_and_the_page_says_so_for_good(tab: Any) -> None:
    tab.expected = ("WebSocket connection",)
    tab.get("(window.states = [], nnlab.board.on('state', (name) => states.push(name)))")
    tab.server.hub.refuse = True
    tab.get("nnlab.drop()")
    tab.get(ASK)
    assert reply(tab) == DROPPED
    assert tab.get("states.at(-1)") == "gone"
    assert tab.get("document.querySelector('.message').textContent").startswith("This network is no longer")
    tab.get(ASK)
    assert reply(tab) == DROPPED
