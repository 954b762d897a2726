"""What the server says in one line beside the diagnosis, and for how long it stands there."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nnlab.core.errors import Problem
from nnlab.core.registries import ANALYSES
from nnlab.core.say import Told
from nnlab.live.messages import protocol
from tests.browser.bare_server import CIRCLE
from tests.browser.board.test_left_out import PLAYERS

TEXT = "document.querySelector('.message').textContent"


def test_a_closed_run_says_so_until_a_reset_opens_it_again(tab) -> None:
    tab.live.close_for(Told("notice.crashed"))
    tab.page.get_by_text("This network crashed its training process twice, so it was closed.").wait_for()
    assert tab.part(".message").get_attribute("data-level") == "error"
    tab.page.get_by_role("button", name="Reset").click()
    tab.until(f"{TEXT} === ''")
    assert tab.live.closed is None
    tab.play()


def test_who_comes_to_a_closed_run_reads_why(tab) -> None:
    tab.live.close_for("The uploaded file has left this server.")
    tab.until(f"{TEXT} === 'The uploaded file has left this server.'")
    tab.get("nnlab.drop()")
    tab.until(f"{TEXT}.startsWith('Connection lost')")
    tab.until(f"{TEXT} === 'The uploaded file has left this server.'")


def test_what_stays_outlives_what_does_not(tab) -> None:
    tab.stage.spoilt = True  # its clock is another afterwards
    tab.page.clock.install()
    tab.live.tell(protocol.notice("Gone soon."))
    tab.until(f"{TEXT} === 'Gone soon.'")
    tab.page.clock.fast_forward(10_000)
    assert tab.get(TEXT) == ""
    tab.live.tell(protocol.notice(Told("notice.crashed"), level="error", stay=True))
    tab.until(f"{TEXT}.includes('twice')")
    tab.page.clock.fast_forward(60_000)
    assert "twice" in tab.get(TEXT)
    tab.live.tell(protocol.notice("", stay=True))
    tab.until(f"{TEXT} === ''")


CLOSED = protocol.notice(Told("notice.crashed"), level="error", stay=True)


def test_what_passes_hides_what_stays_for_a_while_only(tab) -> None:
    tab.stage.spoilt = True  # its clock is another afterwards
    tab.page.clock.install()
    tab.live.tell(CLOSED)
    tab.until(f"{TEXT}.includes('twice')")
    tab.live.tell(protocol.refusal((Problem("", "No."),)))
    tab.until(f"{TEXT} === 'No.'")
    tab.page.clock.fast_forward(10_000)
    assert "twice" in tab.get(TEXT)
    assert tab.part(".message").get_attribute("data-level") == "error"
    tab.live.tell(protocol.notice("By the way."))
    tab.until(f"{TEXT} === 'By the way.'")
    assert tab.part(".message").get_attribute("data-level") == "info"
    tab.live.tell(CLOSED)  # newer than what passes
    tab.until(f"{TEXT}.includes('twice')")


def test_an_accepted_change_leaves_what_stays(tab) -> None:
    tab.live.tell(CLOSED)
    tab.until(f"{TEXT}.includes('twice')")
    tab.get("nnlab.board.set({'training.learning_rate': 0.1})")
    tab.until("nnlab.experiment.training.learning_rate === 0.1")
    assert "twice" in tab.get(TEXT)


def test_what_stays_goes_with_its_run(tab) -> None:
    tab.live.tell(CLOSED)
    tab.until(f"{TEXT}.includes('twice')")
    other = tab.server.open(CIRCLE)
    tab.get("show({...data, socket: arg})", f"/live/ws/{other.token}")
    tab.until(f"{TEXT} === ''")
    other.close()


def test_an_accepted_change_takes_an_error_off_and_leaves_a_word_of_information(tab) -> None:
    tab.live.tell(protocol.refusal((Problem("", "No."),)))
    tab.until(f"{TEXT} === 'No.'")
    tab.get("nnlab.board.set({'training.learning_rate': 0.1})")
    tab.until(f"{TEXT} === ''")
    tab.live.tell(protocol.notice("By the way."))
    tab.until(f"{TEXT} === 'By the way.'")
    tab.get("nnlab.board.set({'training.learning_rate': 0.2})")
    tab.until("nnlab.experiment.training.learning_rate === 0.2")
    assert tab.get(TEXT) == "By the way."


def test_an_analysis_that_fails_is_named_and_the_run_goes_on(
    open_board: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = ANALYSES.load("confusion")
    monkeypatch.setattr("nnlab.analysis.confusion.CONFUSION", type(broken)(fail, broken.arrays, broken.reads))
    tab = open_board("boundary", "curves", "confusion", ready="window.nnlab && nnlab.drawn > 0")
    tab.scroll_to("confusion")
    tab.page.get_by_text("The view of confusion cannot be drawn for this model: ValueError: too small").wait_for()
    tab.play()


def fail(learner: object, options: object) -> dict[str, object]:
    raise ValueError("too small")


def test_why_a_run_has_stopped_is_said(open_board: Callable) -> None:
    tab = open_board("curves", experiment=PLAYERS | {"training": {"stop": {"epochs": 2}}})
    tab.get("nnlab.send('play', true)")
    tab.part(".chip").get_by_text("Stopped after 2 epochs, as set in the stop rule.").wait_for()
    tab.until("!nnlab.playing")
