"""Controls drawn from the fields of a specification, with the sentence of a refused value under its control."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import Any

import streamlit as st
from pydantic import BaseModel

from nnlab.core.experiment import Experiment, at
from nnlab.core.fields import Control, Spec
from nnlab.core.kinds import pick, picked
from nnlab.ui import messages
from nnlab.ui.changes import choose, length, narrowed, offered, resize
from nnlab.ui.choices import Kind, fields_of, kind_of, label_of, title
from nnlab.ui.parts_list import parts_list
from nnlab.ui.session import Session
from nnlab.ui.widgets import DRAW, Visibility, show_value


def several(spec: Experiment, path: str) -> pick | None:
    """Among which kinds the part at `path`, or each part of the list there, is picked; None where there is one kind."""
    parent, _, name = path.rpartition(".")
    return picked(type(at(spec, parent) if parent else spec), name)


def draw(session: Session, path: str, spec: BaseModel, *, skip: tuple[str, ...] = (), own_first: bool = False) -> None:
    """Every control of `spec`, which lies at `path` of the session's experiment ("" = the experiment itself)."""
    prefix = f"{path}." if path else ""
    shown = (c for c in fields_of(type(spec), own_first=own_first) if c.name not in skip and kind_of(c) != "none")
    for together in _in_rows(shown):
        places = st.columns(2, vertical_alignment="bottom") if len(together) == 2 else (st.container(),)
        for place, control in zip(places, together, strict=True):
            with place:
                field(session, f"{prefix}{control.name}", control, getattr(spec, control.name))


def _in_rows(shown: Iterable[Control]) -> Iterator[tuple[Control, ...]]:
    """One control a row, but two numbers that follow each other share one."""
    waiting: list[Control] = []
    for control in shown:
        if kind_of(control) != "number":
            yield from ((one,) for one in waiting)
            waiting = []
            yield (control,)
        elif waiting:
            yield waiting.pop(), control
        else:
            waiting.append(control)
    yield from ((one,) for one in waiting)


def field(session: Session, path: str, control: Control, value: Any) -> None:
    """The control of one field."""
    kind, control = kind_of(control), narrowed(session.experiment, path, control)
    if kind == "part":
        part(session, path, control, value)
    elif kind == "rows" and (choices := several(session.experiment, path)):
        parts_list(session, path, control, choices, draw)
        refused(session, path)
    elif kind == "rows":
        rows(session, path, control, value)
    else:
        _widget(session, path, control, value, kind=kind, label=label_of(control))


def _widget(
    session: Session, path: str, control: Control, value: Any, *, kind: Kind, label: str, show: Visibility = "visible"
) -> None:
    """A widget that shows `value`, or what was typed and refused with the reason under it."""
    refusal = session.refused.get(path)
    DRAW[kind](session, path, control, refusal.typed if refusal else value, label, show)
    refused(session, path)


def refused(session: Session, path: str) -> None:
    """The sentence about a refused value of the control at `path`, if there is one, and the nearest value that fits on a button."""
    if path not in session.refused:
        return
    messages.beside(session.refused[path].text)
    if instead := session.refused[path].instead:
        st.button(
            "Use the nearest that fits",
            key=session.key(f"{path}:instead"),
            icon=":material/build:",
            on_click=messages.guarded(session.edit),
            args=(path, None),
            kwargs={"changes": instead},
        )


def part(session: Session, path: str, control: Control, value: Spec) -> None:
    """A part of the experiment: its kind, where it has several, and the controls of that kind."""
    if several(session.experiment, path):
        kind_picker(session, path, control.param.label, help=control.param.help)
        draw(session, path, value)
    else:
        with st.expander(control.param.label, key=session.key(f"{path}:open")):
            draw(session, path, value)


def kind_picker(session: Session, path: str, label: str, *, help: str = "") -> None:
    """Which kind of dataset, optimiser or schedule, of those that fit; a new kind keeps the values of fields that both have."""
    choices = several(session.experiment, path)
    if choices is None:
        raise ValueError(f"The part must be of one of several kinds; got {path!r}.")
    key = session.key(f"{path}.{choices.tag}")
    kind, names = getattr(at(session.experiment, path), choices.tag), offered(session.experiment, path, choices)
    show_value(key, kind)
    st.selectbox(
        label,
        names,
        names.index(kind),
        format_func=functools.partial(title, choices.registry),
        key=key,
        help=help or None,
        on_change=messages.guarded(choose),
        args=(session, path, choices, key),
    )
    refused(session, f"{path}.{choices.tag}")


def rows(session: Session, path: str, control: Control, value: tuple[Spec, ...]) -> None:
    """A list of parts of one sort, such as the layers of a network: how many, and a row of controls for each."""
    item, lower, upper = length(session.experiment, path)
    key = session.key(f"{path}:count")
    show_value(key, len(value))
    shown: dict[str, Any] = {
        "help": control.param.help,
        "on_change": messages.guarded(resize),
        "args": (session, path, key, item),
    }
    st.slider(control.param.label, lower, upper, len(value), 1, key=key, **shown)
    for i, one in enumerate(value):
        _row(session, f"{path}.{i}", one, i)
    refused(session, path)


def _row(session: Session, path: str, one: Spec, i: int) -> None:
    """The controls of the i-th part side by side; only the first row carries labels that show."""
    parts = [control for control in fields_of(type(one)) if kind_of(control) != "none"]
    for column, control in zip(st.columns(len(parts), gap="small"), parts, strict=True):
        with column:
            kind = kind_of(control)
            _widget(
                session,
                f"{path}.{control.name}",
                control,
                getattr(one, control.name),
                kind="number" if kind in ("slider", "log") else kind,  # a slider would be too short
                label=f"{control.param.label}, layer {i + 1}" if i else control.param.label,
                show="collapsed" if i else "visible",
            )
