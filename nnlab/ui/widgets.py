"""One function a widget: it shows a field's value and, when used, sets the field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal

import streamlit as st

from nnlab.core.errors import Refused
from nnlab.core.experiment import Experiment, at
from nnlab.core.fields import Control
from nnlab.ui import echo, messages
from nnlab.ui.choices import rungs, step_of
from nnlab.ui.session import Session

Visibility = Literal["visible", "collapsed"]
TYPED_PX = 108


def _on_use(session: Session, path: str, control: Control, key: str, read: Callable[[Any], Any]) -> None:
    """A widget was used: read its value and set the field."""
    value = st.session_state[key]
    if echo.doubted(key, lambda: _on_use(session, path, control, key, read)):
        return
    session.edit(path, None if value is None else read(value), label=control.param.label)


def _shared(
    session: Session, path: str, control: Control, read: Callable[[Any], Any], more: str = ""
) -> dict[str, Any]:
    key = session.key(path) + more
    said = messages.guarded(_on_use)
    return {"key": key, "help": control.param.help, "on_change": said, "args": (session, path, control, key, read)}


def show_value(key: str, value: Any, *, shape: tuple[Any, ...] = (), again: bool = False) -> None:
    """Make the widget show `value`, without touching it where it does already; its default must be `value`, too (see `echo`).

    `shape` is what Streamlit knows a widget by beside its key: with other bounds it is a new one. `again`: the widget has
    no default.
    """
    drawn = f"{key}:shape"
    echo.put(key, value, again=again, new=st.session_state.get(drawn, shape) != shape)
    st.session_state[drawn] = shape


def place_of(options: Sequence[Any], value: Any) -> int:
    """Where `value` stands among `options`; 0, the first, for one that was refused and is none of them (any more)."""
    return options.index(value) if value in options else 0


def _number_of(control: Control) -> Callable[[Any], Any]:
    return int if control.kind == "int" else float


def _toggle(session: Session, path: str, control: Control, value: Any, label: str, show: Visibility) -> None:
    shared = _shared(session, path, control, bool)
    show_value(shared["key"], bool(value))
    st.toggle(label, bool(value), label_visibility=show, **shared)


def _select(session: Session, path: str, control: Control, value: Any, label: str, show: Visibility) -> None:
    shared = _shared(session, path, control, str)
    show_value(shared["key"], value)
    chosen = place_of(control.choices, value)
    st.selectbox(label, control.choices, chosen, format_func=control.caption, label_visibility=show, **shared)


def _pills(session: Session, path: str, control: Control, value: Any, label: str, show: Visibility) -> None:
    names = [name for name, _ in control.param.choices]
    shared = _shared(session, path, control, lambda chosen: sorted(chosen, key=names.index))
    show_value(shared["key"], list(value))
    shared |= {"default": list(value), "format_func": control.caption, "label_visibility": show}
    st.pills(label, names, selection_mode="multi", wrap=True, **shared)


def _text(session: Session, path: str, control: Control, value: Any, label: str, show: Visibility) -> None:
    shared = _shared(session, path, control, str)
    show_value(shared["key"], value)
    st.text_input(label, value, label_visibility=show, **shared)


def _number(
    session: Session,
    path: str,
    control: Control,
    value: Any,
    label: str,
    show: Visibility,
    *,
    width: int | Literal["stretch"] = "stretch",
) -> None:
    """Typed exactly; bounds are left to the specification, which answers with a sentence."""
    number = _number_of(control)
    shared = _shared(session, path, control, number)
    shown: Any = None if value is None else number(value)
    optional = control.default is None  # with a default it could not be emptied
    show_value(shared["key"], shown, again=optional)
    start: Any = None if optional else shown
    step: Any = number(step_of(control))
    shape = "%d" if control.kind == "int" else "%.6g"
    shared |= {"placeholder": control.param.empty or None, "label_visibility": show, "width": width}
    st.number_input(label, step=step, format=shape, value=start, **shared)


def _slider(session: Session, path: str, control: Control, value: Any, label: str, show: Visibility) -> None:
    number = _number_of(control)
    shared = _shared(session, path, control, number)
    lower, upper, step = number(control.lower), number(control.upper), number(step_of(control))
    shown = min(max(number(value), lower), upper)
    show_value(shared["key"], shown, shape=(lower, upper, step))
    digits = len(f"{step:g}".partition(".")[2])
    st.slider(label, lower, upper, shown, step, format=f"%.{digits}f", label_visibility=show, **shared)


def _log(session: Session, path: str, control: Control, value: Any, label: str, show: Visibility) -> None:
    """A slider by ratios beside the exact value; a value between two rungs becomes a rung, so that both show the same."""
    number = _number_of(control)
    lower, upper = float(control.lower or 0), float(control.upper or 0)
    shared = _shared(session, path, control, number, ":slider")
    fine = isinstance(value, (int, float)) and lower <= value <= upper  # else it was typed and refused
    options, chosen = _with(rungs(lower, upper, control.kind == "int"), value if fine else at(session.experiment, path))
    show_value(shared["key"], chosen, shape=options)
    shared |= {"format_func": lambda v: f"{v:g}", "label_visibility": show}
    with _side_by_side():
        st.select_slider(control.param.label, options, chosen, **shared)
        _number(session, path, control, value, f"{label}, typed", "collapsed", width=TYPED_PX)


def _batch(session: Session, path: str, control: Control, value: Any, label: str, show: Visibility) -> None:
    """From one example to all of them, however many there are: who chose all keeps all when points are added."""
    top = int(control.upper or 1)
    n = min(training_points(session.experiment) or top, top)
    sizes = tuple(int(v) for v in rungs(float(control.lower or 1), float(max(n, 2)), True))
    options, chosen = _with(sizes, min(value, sizes[-1]))

    def read(chosen: Any) -> int:
        return top if int(chosen) == n else int(chosen)

    def caption(size: int) -> str:
        return f"all {n:,}" if size >= n else f"{size:,}"

    shared = _shared(session, path, control, read, ":slider")
    show_value(shared["key"], chosen, shape=options)
    with _side_by_side():
        st.select_slider(control.param.label, options, chosen, format_func=caption, label_visibility=show, **shared)
        shared = _shared(session, path, control, read) | {"label_visibility": "collapsed", "width": TYPED_PX}
        show_value(shared["key"], min(value, n))
        st.number_input(f"{label}, typed", step=1, format="%d", value=min(value, n), **shared)


def _with(rungs: tuple[Any, ...], value: Any) -> tuple[tuple[Any, ...], Any]:
    """`rungs` with `value` among them, and the rung that it is; a slider tells its rungs apart by what it shows of them."""
    same = next((rung for rung in rungs if f"{rung:g}" == f"{value:g}"), None)
    return (rungs, same) if same is not None else (tuple(sorted((*rungs, value))), value)


def _side_by_side() -> AbstractContextManager[Any]:
    """A row for a slider and its typed value: one block for the browser where two columns are three."""
    return st.container(horizontal=True, wrap=False, vertical_alignment="bottom", gap="small")


def training_points(spec: Experiment) -> int:
    """How many examples there are to learn from; 0 where that cannot be known here."""
    try:
        return spec.data.sizes()[0]
    except Refused:
        return 0


DRAW: Mapping[str, Callable[..., None]] = {
    "toggle": _toggle,
    "select": _select,
    "pills": _pills,
    "text": _text,
    "slider": _slider,
    "log": _log,
    "batch": _batch,
    "number": _number,
}
