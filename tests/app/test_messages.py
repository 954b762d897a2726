"""A failure becomes a sentence on the page, never a traceback; what went wrong stands in the log."""

from __future__ import annotations

import logging

import pytest
from streamlit.testing.v1 import AppTest

from nnlab.core.errors import Problem
from nnlab.ui.messages import BROKEN, escaped, sentence


def _broken_page() -> None:
    import streamlit as st

    from nnlab.ui import messages

    def fail() -> None:
        raise ValueError("the secret of line 12")

    messages.guarded(fail)()
    st.write("the rest of the page")


def _refusing_page() -> None:
    from nnlab.core.errors import Refused
    from nnlab.ui import messages

    def refuse() -> None:
        raise Refused.because("The file is empty.")

    messages.guarded(refuse)()


def _broken_callback() -> None:
    import streamlit as st

    from nnlab.ui import messages

    def fail() -> None:
        raise ZeroDivisionError

    st.button("Go", on_click=messages.guarded(fail))


def _failed(app: AppTest) -> list[str]:
    assert not app.exception, "no traceback on the page"
    return [error.value for error in app.error]


def test_an_unforeseen_failure_is_a_sentence_and_the_rest_of_the_page_stands(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR, logger="nnlab.ui"):
        app = AppTest.from_function(_broken_page).run()
    assert _failed(app) == [BROKEN]
    assert "secret" not in "".join(m.value for m in app.markdown)
    assert [m.value for m in app.markdown] == ["the rest of the page"]
    assert "ValueError: the secret of line 12" in caplog.text, "it can be found in the log"


def test_a_refusal_is_shown_in_its_own_words(caplog: pytest.LogCaptureFixture) -> None:
    app = AppTest.from_function(_refusing_page).run()
    assert _failed(app) == [escaped("The file is empty.")]
    assert [record for record in caplog.records if record.name == "nnlab.ui"] == []


def test_a_callback_that_fails_is_a_sentence_too() -> None:
    app = AppTest.from_function(_broken_callback).run()
    assert _failed(app) == []
    assert _failed(app.button[0].click().run()) == [BROKEN]


def test_what_was_typed_cannot_become_a_picture_or_a_link() -> None:
    assert escaped("![x](http://a.b)") == r"\!\[x\]\(http\:\/\/a\.b\)"


def test_negative_numbers_have_a_true_minus_and_hyphens_stay() -> None:
    said = sentence([Problem("x", "x must be from -2 to 2; got -1e-05 in mini-batch 8-3.")], "Start x", "x")
    assert said == "Start x must be from \u22122 to 2; got \u22121e-05 in mini-batch 8-3."
