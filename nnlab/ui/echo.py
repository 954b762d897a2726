"""Values that the script put into widgets, distinguished from what the user chose.

A widget is told its value by the run that sets it, and by no later one. Where the page runs again before the browser has
drawn the widget, it begins at its default and reports that as if it had been chosen: every widget's default is therefore
the value that it shows, and a number that may be left empty, which has no default, is told its value again for a while.

A browser sends the values of all its widgets with every request. If a user changes two controls quickly, it sends the
second value together with an old one of a widget that the script has set meanwhile; Streamlit treats that as a choice, too,
and calls the widget's callback, which would undo the first change.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import streamlit as st

LOAD_S = 10.0  # by then a busy browser has drawn what it was sent, and fetched the code of a widget that it had none of before
DOUBTED, CHOSEN = "echo:doubted", "echo:chosen"


def put(key: str, value: Any, *, again: bool = False, new: bool = False) -> None:
    """Make the widget `key` show `value`, without touching it where it does already.

    `again`: the widget's default is another; it is told its value in each run of the next seconds. `new`: the browser has to
    draw another widget there, which is told its value in any case.
    """
    now = time.monotonic()
    if key not in st.session_state:
        st.session_state[f"{key}:told"] = now
        st.session_state[key] = value
        return
    old = st.session_state[key]
    if old != value:
        st.session_state[f"{key}:replaced"] = [*_lately(key), (old, now)]
        st.session_state[f"{key}:told"] = now
        st.session_state[key] = value
    elif new or (again and st.session_state.get(f"{key}:told", -LOAD_S) > now - LOAD_S):
        st.session_state[key] = value


def doubted(key: str, act: Callable[[], None]) -> bool:
    """Whether the browser's value of `key` may be the echo of one that `put` has replaced a moment ago.

    To be asked by a widget's callback, which returns where it is so; `settle` does `act` if nothing else was chosen.
    """
    chosen = st.session_state.get(DOUBTED) is None or all(old != st.session_state[key] for old, _ in _lately(key))
    if chosen:
        choose()
        st.session_state.pop(f"{key}:told", None)  # the browser knows it better now: it may be two clicks ahead
    else:
        st.session_state[DOUBTED].append(act)
    return not chosen


def choose() -> None:
    """Something was chosen, by a widget, a button or in the live view: what is in doubt beside it is an echo."""
    st.session_state[CHOSEN] = True


def settle() -> None:
    """After the callbacks: what was in doubt is done if it came alone, else it was an echo. To be called by each script run."""
    acts = st.session_state.pop(DOUBTED, [])
    if not st.session_state.pop(CHOSEN, False):
        for act in acts:
            act()
        st.session_state.pop(CHOSEN, None)
    st.session_state[DOUBTED] = []  # from here to the next run's callbacks there may be doubts again


def _lately(key: str) -> list[tuple[Any, float]]:
    since = time.monotonic() - LOAD_S
    return [(old, at) for old, at in st.session_state.get(f"{key}:replaced", []) if at > since]
