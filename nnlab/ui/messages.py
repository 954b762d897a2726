"""Sentences on the screen: always plain text, beside what they are about, never a traceback."""

from __future__ import annotations

import functools
import logging
import re
import zlib
from collections.abc import Callable, Iterable
from typing import ParamSpec, TypeVar

import streamlit as st

from nnlab.core.errors import NnlabError, Problem
from nnlab.core.say import translated

P = ParamSpec("P")
R = TypeVar("R")

BROKEN = "Something went wrong; the log has the details. Reload the page: the address keeps your experiment."
DAMAGED = "{reason} The default experiment is shown instead."
TOO_LONG = "{reason} The address keeps the experiment without those examples."
LOST = "The server closed this run, so its training starts again at step 0."
LEFT_BEHIND = "Your changes to the examples belong to the old data and were not kept."
PART = "Number {number} of the list:"
OTHER_LOSS = "{old} does not fit {task}, so the loss is now {new}."

_log = logging.getLogger("nnlab.ui")
_MINUS = re.compile(r"(?<![\w.])-(?=\d)")  # before a number, where Python writes a hyphen
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:^=&\"'/@])")


def escaped(text: str) -> str:
    """`text` so that Streamlit's Markdown shows it as it is: typed text must not become a picture or a link."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def sentence(problems: Iterable[Problem], label: str = "", path: str = "") -> str:
    """The problems as one text; a message that starts with its field's path starts with `label` instead.

    Negative numbers have a true minus. `path` leads to the control; where it is a list and one part of it is to blame, the text names that part by its number.
    """
    shown = []
    for problem in problems:
        message = translated(problem.message)
        if label and problem.field and message.startswith(f"{problem.field} "):
            message = label + message[len(problem.field) :]
        part = problem.field.removeprefix(f"{path}.").partition(".")[0] if path else ""
        shown.append(f"{PART.format(number=int(part) + 1)} {message}" if part.isdecimal() else message)
    return _MINUS.sub("\u2212", " ".join(dict.fromkeys(shown)))


def beside(text: str) -> None:
    """A refusal, directly under the control it concerns."""
    st.markdown(f":small[:red[:material/error: {escaped(text)}]]")


def note(text: str) -> None:
    """Something that was done for the user, or could not be done, at this place of the page."""
    st.info(escaped(text), icon=":material/info:")


def notes(texts: list[str], *, key: str) -> None:
    """Notes over the lower edge of the page, where they move nothing; screen readers speak them (role status).

    After half a minute, or a click, they are gone. Each set of notes has a container of its own: one that stayed mounted
    would stay faded.
    """
    if not texts:
        return
    with st.container(key=f"{key}-{zlib.crc32(repr(texts).encode()):08x}-notes", gap="xxsmall"):
        for text in texts:
            note(text)
        st.button("Close", key=f"{key}:close", icon=":material/close:", type="tertiary", on_click=texts.clear)


def guarded(act: Callable[P, R]) -> Callable[P, R | None]:
    """`act`, with every failure as a sentence on the screen and its traceback in the log."""

    @functools.wraps(act)
    def safe(*args: P.args, **kwargs: P.kwargs) -> R | None:
        try:
            return act(*args, **kwargs)
        except NnlabError as error:
            st.error(escaped(str(error)), icon=":material/error:")
        except Exception:
            _log.exception("a page or callback failed")
            st.error(BROKEN, icon=":material/error:")
        return None

    return safe
