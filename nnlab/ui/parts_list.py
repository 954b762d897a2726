"""A list of parts of several kinds, such as the blocks of a network: each can be changed, moved, taken out; more can be added.

Made for a sidebar of 300 px: a part is one row with its kind and two small buttons, and its settings fold out below it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import streamlit as st

from nnlab.core.experiment import at
from nnlab.core.fields import Control, Spec, controls
from nnlab.core.kinds import pick
from nnlab.ui import echo, messages
from nnlab.ui.changes import length
from nnlab.ui.choices import kind_of, title
from nnlab.ui.session import Session
from nnlab.ui.widgets import show_value

Draw = Callable[[Session, str, Spec], None]
Rows = list[Any]


def parts_list(session: Session, path: str, control: Control, choices: pick, draw: Draw) -> None:
    """The list at `path`; `draw` draws the settings of one part."""
    value = at(session.experiment, path)
    lower, upper = length(session.experiment, path)[1:]
    change = functools.partial(_change, session, path, control.param.label)
    st.markdown(f":small[{messages.escaped(control.param.label)}]", help=control.param.help)
    for i, part in enumerate(value):
        _row(session, f"{path}.{i}", part, choices, change, last_of_all=len(value) <= lower)
        if any(kind_of(one) != "none" for one in controls(type(part))):
            with st.expander("Settings", key=session.key(f"{path}.{i}:open")):
                draw(session, f"{path}.{i}", part)
    st.button(
        "Add",
        key=session.key(f"{path}:add"),
        icon=":material/add:",
        disabled=len(value) >= upper,
        help=f"Adds one more, at most {upper}.",
        on_click=messages.guarded(change),
        args=(functools.partial(_longer, choices),),
    )


def _row(
    session: Session,
    path: str,
    part: Spec,
    choices: pick,
    change: Callable[[Callable[[Rows], Rows]], None],
    *,
    last_of_all: bool,
) -> None:
    """The kind of one part, and what can be done with it."""
    i, kind = int(path.rpartition(".")[2]), getattr(part, choices.tag)
    key, kinds = session.key(f"{path}.{choices.tag}"), list(choices.registry)
    show_value(key, kind)
    acts = session.key(f"{path}-acts")  # where the words of buttons are for screen readers (see `style`)
    with st.container(horizontal=True, wrap=False, vertical_alignment="bottom", gap="xxsmall", key=acts):
        st.selectbox(
            f"Part {i + 1}",
            kinds,
            kinds.index(kind),
            format_func=functools.partial(title, choices.registry),
            key=key,
            label_visibility="collapsed",
            on_change=messages.guarded(_other_kind),
            args=(i, choices, key, change),
        )
        for name, icon, words, off, to in (
            ("up", "arrow_upward", "Move up", i == 0, functools.partial(_swapped, i - 1)),
            ("out", "close", "Remove", last_of_all, functools.partial(_without, i)),
        ):
            st.button(
                words,
                key=session.key(f"{path}:{name}"),
                icon=f":material/{icon}:",
                type="tertiary",
                disabled=off,
                help=words,
                on_click=messages.guarded(change),
                args=(to,),
            )


def _change(session: Session, path: str, label: str, to: Callable[[Rows], Rows]) -> None:
    """Another list, made of the one that there is now: it may have changed since the page was drawn."""
    rows = [one.model_dump(mode="json") for one in at(session.now(), path)]
    session.edit(path, to(rows), label=label)


def _longer(choices: pick, rows: Rows) -> Rows:
    """One more like the last."""
    return [*rows, rows[-1] if rows else {choices.tag: next(iter(choices.registry))}]


def _swapped(i: int, rows: Rows) -> Rows:
    return [*rows[:i], *reversed(rows[i : i + 2]), *rows[i + 2 :]]


def _without(i: int, rows: Rows) -> Rows:
    return [*rows[:i], *rows[i + 1 :]]


def _other_kind(i: int, choices: pick, key: str, change: Callable[[Callable[[Rows], Rows]], None]) -> None:
    """Another kind of part, as that kind starts."""
    kind = st.session_state[key]
    if echo.doubted(key, lambda: _other_kind(i, choices, key, change)):
        return
    change(lambda rows: [*rows[:i], {choices.tag: kind}, *rows[i + 1 :]])
