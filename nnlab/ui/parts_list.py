"""A list of parts of several kinds, such as the blocks of a network: each can be changed, moved, taken out; more can be added.

Made for a sidebar of 300 px: a part is one row with its kind and two small buttons, and its settings fold out below it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import streamlit as st

from nnlab.core.experiment import at
from nnlab.core.fields import Control, Spec
from nnlab.core.parts import pick
from nnlab.ui import echo, messages
from nnlab.ui.changes import length
from nnlab.ui.session import Session
from nnlab.ui.widgets import show_value

Draw = Callable[[Session, str, Spec], None]


def parts_list(session: Session, path: str, control: Control, choices: pick, draw: Draw) -> None:
    """The list at `path`; `draw` draws the settings of one part."""
    value = at(session.experiment, path)
    lower, upper = length(session.experiment, path)[1:]
    st.markdown(f":small[{messages.escaped(control.param.label)}]", help=control.param.help)
    for i, part in enumerate(value):
        _row(session, path, i, part, choices, removable=len(value) > lower)
        with st.expander("Settings", key=session.key(f"{path}.{i}:open")):
            draw(session, f"{path}.{i}", part)
    st.button(
        "Add",
        key=session.key(f"{path}:add"),
        icon=":material/add:",
        disabled=len(value) >= upper,
        help=f"One more, at most {upper}.",
        on_click=messages.guarded(_set),
        args=(
            session,
            path,
            control,
            lambda rows: [*rows, rows[-1] if rows else {choices.tag: next(iter(choices.registry))}],
        ),
    )


def _row(session: Session, path: str, i: int, part: Spec, choices: pick, *, removable: bool) -> None:
    """The kind of one part, and what can be done with it."""
    kind = getattr(part, choices.tag)
    key, kinds = session.key(f"{path}.{i}.{choices.tag}"), list(choices.registry)
    show_value(key, kind)
    with st.container(horizontal=True, wrap=False, vertical_alignment="bottom", gap="xxsmall"):
        st.selectbox(
            f"Part {i + 1}",
            kinds,
            kinds.index(kind),
            format_func=functools.partial(_title, choices),
            key=key,
            label_visibility="collapsed",
            on_change=messages.guarded(_other_kind),
            args=(session, path, i, choices, key),
        )
        for name, icon, words, possible, change in (
            ("up", "arrow_upward", "Earlier", i > 0, functools.partial(_swapped, i - 1)),
            ("out", "close", "Take out", removable, functools.partial(_without, i)),
        ):
            st.button(
                words,
                key=session.key(f"{path}.{i}:{name}"),
                icon=f":material/{icon}:",
                type="tertiary",
                disabled=not possible,
                help=words,
                on_click=messages.guarded(session.edit),
                args=(path, change(_rows(session, path))) if possible else (),
            )


def _title(choices: pick, name: str) -> str:
    declared: str = choices.registry.load(name).title
    return declared or name.replace("_", " ").capitalize()


def _rows(session: Session, path: str) -> list[dict[str, Any]]:
    return [one.model_dump(mode="json") for one in at(session.experiment, path)]


def _swapped(i: int, rows: list[Any]) -> list[Any]:
    return [*rows[:i], rows[i + 1], rows[i], *rows[i + 2 :]]


def _without(i: int, rows: list[Any]) -> list[Any]:
    return [*rows[:i], *rows[i + 1 :]]


def _set(session: Session, path: str, control: Control, change: Callable[[list[Any]], list[Any]]) -> None:
    session.edit(path, change(_rows(session, path)), label=control.param.label)


def _other_kind(session: Session, path: str, i: int, choices: pick, key: str) -> None:
    """Another kind of part, as that kind starts."""
    kind = st.session_state[key]
    if echo.doubted(key, lambda: _other_kind(session, path, i, choices, key)):
        return
    rows = _rows(session, path)
    session.edit(path, [*rows[:i], {choices.tag: kind}, *rows[i + 1 :]])
