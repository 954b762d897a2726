"""Controls drawn from the fields of a specification: which widget, with which bounds, is decided here and nowhere else."""

from __future__ import annotations

import functools
import inspect
import itertools
import math
from collections.abc import Callable, Mapping
from typing import Any, Literal

import streamlit as st
from pydantic import BaseModel

from nnlab.core.fields import Control, Spec, controls
from nnlab.core.registries import DATASETS, FAMILIES, OPTIMIZERS, SCHEDULES
from nnlab.core.registry import Registry
from nnlab.ui import messages
from nnlab.ui.changes import choose, length, resize
from nnlab.ui.session import Session

Kind = Literal["toggle", "select", "pills", "text", "slider", "log", "number", "rows", "part", "none"]
Visibility = Literal["visible", "collapsed"]

# The parts of an experiment that can be of several kinds, with the tag that names the kind.
PARTS: dict[str, tuple[Registry, str]] = {
    "data": (DATASETS, "kind"),
    "model": (FAMILIES, "family"),
    "training.optimizer": (OPTIMIZERS, "kind"),
    "training.schedule": (SCHEDULES, "kind"),
}
WIDE = 500  # upper / lower from which equal steps are useless and a slider goes by ratios
STEPS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)  # rungs of a logarithmic slider in each power of ten


@functools.cache
def fields_of(spec: type[BaseModel], *, own_first: bool = False) -> tuple[Control, ...]:
    """The fields of `spec` as declared; `own_first` puts what a kind adds before what it shares with the others."""
    own = inspect.get_annotations(spec) if own_first else {}
    return tuple(sorted(controls(spec), key=lambda control: control.name not in own))


def draw(session: Session, path: str, spec: BaseModel, *, skip: tuple[str, ...] = (), own_first: bool = False) -> None:
    """Every control of `spec`, which lies at `path` of the session's experiment; numbers stand two in a row."""
    prefix = f"{path}." if path else ""
    shown = [c for c in fields_of(type(spec), own_first=own_first) if c.name not in skip and kind_of(c) != "none"]
    for small, run in itertools.groupby(shown, key=lambda control: kind_of(control) == "number"):
        numbers = list(run)
        for some in (numbers[i : i + 2] for i in range(0, len(numbers), 2)) if small else ([c] for c in numbers):
            places = st.columns(2, vertical_alignment="bottom") if len(some) == 2 else (st.container(),)
            for place, control in zip(places, some, strict=True):
                with place:
                    field(session, f"{prefix}{control.name}", control, getattr(spec, control.name))


def kind_of(control: Control) -> Kind:
    """The sort of widget for a field."""
    if control.param.widget == "none":
        return "none"
    if control.kind == "list":
        return "pills" if control.param.choices else "rows"
    simple: dict[str, Kind] = {"bool": "toggle", "choice": "select", "text": "text", "spec": "part"}
    if control.kind in simple:
        return simple[control.kind]
    lower, upper = control.lower, control.upper
    if control.param.widget == "number" or control.default is None or lower is None or upper is None:
        return "number"
    if control.param.log or (lower > 0 and upper / lower >= WIDE):
        return "log"
    steps = (upper - lower) / step_of(control)
    # A slider whose last step falls short of the upper bound could not reach it.
    return "slider" if abs(steps - round(steps)) < 1e-6 else "number"


def step_of(control: Control) -> float:
    """The declared step, else the power of ten that makes about a hundred steps and can show the default."""
    if control.param.step is not None:
        return control.param.step
    if control.kind == "int":
        return 1
    if control.lower is None or control.upper is None:
        return 0.01
    step = 10.0 ** math.floor(math.log10((control.upper - control.lower) / 100) + 1e-9)
    shown = f"{control.default:g}" if control.default else "0"
    digits = len(shown.partition(".")[2]) if "e" not in shown else 0
    return min(step, 10.0**-digits)


@functools.cache
def rungs(lower: float, upper: float, whole: bool) -> tuple[float, ...]:
    """1, 1.5, 2, 3, 5, 7 of each power of ten within the bounds, and the bounds themselves."""
    powers = range(math.floor(math.log10(lower)), math.ceil(math.log10(upper)) + 1)
    found = {float(f"{mantissa * 10.0**power:.3g}") for power in powers for mantissa in STEPS}
    inside = {round(v) if whole else v for v in found if lower <= v <= upper} | {lower, upper}
    return tuple(sorted(inside))


def label_of(control: Control) -> str:
    """Label and unit in one line."""
    return f"{control.param.label} ({control.param.unit})" if control.param.unit else control.param.label


def field(
    session: Session, path: str, control: Control, value: Any, *, label: str = "", show: Visibility = "visible"
) -> None:
    """The control of one field, and under it the sentence of a refused value."""
    kind = kind_of(control)
    if kind == "part":
        part(session, path, control, value)
    elif kind == "rows":
        rows(session, path, control, value)
    else:
        refusal = session.refused.get(path)
        shown = refusal.typed if refusal else value
        DRAW[kind](session, path, control, shown, label or label_of(control), show)
        if refusal:
            messages.beside(refusal.text)


def _say(session: Session, path: str, control: Control, key: str, read: Callable[[Any], Any]) -> None:
    """A widget was used: read its value and set the field."""
    value = st.session_state[key]
    session.edit(path, None if value is None else read(value), label=control.param.label)


def _common(
    session: Session, path: str, control: Control, read: Callable[[Any], Any], more: str = ""
) -> dict[str, Any]:
    key = session.key(path) + more
    said = messages.guarded(_say)
    return {"key": key, "help": control.param.help, "on_change": said, "args": (session, path, control, key, read)}


def _show(key: str, value: Any) -> None:
    """Make the widget show `value`, without touching it where it does already."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def _number_of(control: Control) -> Callable[[Any], Any]:
    return int if control.kind == "int" else float


def _toggle(session: Session, path: str, control: Control, value: Any, label: str, show: Visibility) -> None:
    common = _common(session, path, control, bool)
    _show(common["key"], bool(value))
    st.toggle(label, label_visibility=show, **common)


def _select(session: Session, path: str, control: Control, value: Any, label: str, show: Visibility) -> None:
    common = _common(session, path, control, str)
    _show(common["key"], value)
    st.selectbox(label, control.choices, format_func=control.caption, label_visibility=show, **common)


def _pills(session: Session, path: str, control: Control, value: Any, label: str, show: Visibility) -> None:
    names = [name for name, _ in control.param.choices]
    common = _common(session, path, control, lambda chosen: sorted(chosen, key=names.index))
    _show(common["key"], list(value))
    st.pills(label, names, selection_mode="multi", format_func=control.caption, label_visibility=show, **common)


def _text(session: Session, path: str, control: Control, value: Any, label: str, show: Visibility) -> None:
    common = _common(session, path, control, str)
    _show(common["key"], value)
    st.text_input(label, label_visibility=show, **common)


def _number(session: Session, path: str, control: Control, value: Any, label: str, show: Visibility) -> None:
    """Typed exactly; bounds are left to the specification, which answers with a sentence."""
    number = _number_of(control)
    common = _common(session, path, control, number)
    _show(common["key"], None if value is None else number(value))
    start: Literal["min"] | None = None if control.default is None else "min"
    step: Any = number(step_of(control))
    shape = "%d" if control.kind == "int" else "%.6g"
    hint = "the same" if control.default is None else None
    st.number_input(label, step=step, format=shape, value=start, placeholder=hint, label_visibility=show, **common)


def _slider(session: Session, path: str, control: Control, value: Any, label: str, show: Visibility) -> None:
    number = _number_of(control)
    common = _common(session, path, control, number)
    lower, upper, step = number(control.lower), number(control.upper), number(step_of(control))
    _show(common["key"], min(max(number(value), lower), upper))
    digits = len(f"{step:g}".partition(".")[2])
    st.slider(label, lower, upper, step=step, format=f"%.{digits}f", label_visibility=show, **common)


def _log(session: Session, path: str, control: Control, value: Any, label: str, show: Visibility) -> None:
    """A slider by ratios beside the exact value; between two rungs the slider shows the nearer one."""
    number = _number_of(control)
    options = rungs(float(control.lower or 0), float(control.upper or 0), control.kind == "int")
    slide, typed = st.columns([3, 2], vertical_alignment="bottom", gap="small")
    common = _common(session, path, control, number, ":slider")
    if isinstance(value, (int, float)) and value > 0:
        _show(common["key"], min(options, key=lambda rung: abs(math.log(rung / value))))
    slide.select_slider(control.param.label, options, format_func=lambda v: f"{v:g}", label_visibility=show, **common)
    with typed:
        _number(session, path, control, value, f"{label}, typed", "collapsed")


DRAW: Mapping[str, Callable[..., None]] = {
    "toggle": _toggle,
    "select": _select,
    "pills": _pills,
    "text": _text,
    "slider": _slider,
    "log": _log,
    "number": _number,
}


def part(session: Session, path: str, control: Control, value: Spec) -> None:
    """A part of the experiment: its kind, where it has several, and the controls of that kind."""
    if path in PARTS:
        kind_picker(session, path, control.param.label, help=control.param.help)
        draw(session, path, value)
    else:
        with st.expander(control.param.label, key=session.key(f"{path}:open")):
            draw(session, path, value)


def kind_picker(session: Session, path: str, label: str, *, help: str = "", hidden: tuple[str, ...] = ()) -> None:
    """Which kind of dataset, optimiser or schedule; a new kind keeps the values of fields that both have."""
    registry, tag = PARTS[path]
    key = session.key(f"{path}.{tag}")
    value: Any = session.experiment
    for name in path.split("."):
        value = getattr(value, name)
    kind = getattr(value, tag)
    _show(key, kind)
    names = [name for name in registry if name not in hidden or name == kind]
    said = messages.guarded(choose)
    args = (session, path, registry, tag, key)
    st.selectbox(
        label,
        names,
        format_func=functools.partial(title, registry),
        key=key,
        help=help or None,
        on_change=said,
        args=args,
    )
    refusal = session.refused.get(f"{path}.{tag}")
    if refusal:
        messages.beside(refusal.text)


@functools.cache
def title(registry: Registry, name: str) -> str:
    """A kind's name on the screen."""
    declared: str = registry.load(name).title
    return declared or name.replace("_", " ").capitalize()


def rows(session: Session, path: str, control: Control, value: tuple[Spec, ...]) -> None:
    """A list of parts of one sort, such as the layers of a network: how many, and a row of controls for each."""
    item, lower, upper = length(session.experiment, path)
    key = session.key(f"{path}:count")
    _show(key, len(value))
    said = messages.guarded(resize)
    st.slider(
        control.param.label,
        lower,
        upper,
        step=1,
        key=key,
        help=control.param.help,
        on_change=said,
        args=(session, path, key, item),
    )
    for i, one in enumerate(value):
        shown: Visibility = "visible" if i == 0 else "collapsed"
        parts = [c for c in fields_of(type(one)) if kind_of(c) != "none"]
        for column, inner in zip(st.columns(len(parts), gap="small"), parts, strict=True):
            with column:
                name = inner.param.label if i == 0 else f"{inner.param.label}, layer {i + 1}"
                where = f"{path}.{i}.{inner.name}"
                refusal = session.refused.get(where)
                DRAW[_in_row(inner)](
                    session, where, inner, refusal.typed if refusal else getattr(one, inner.name), name, shown
                )
                if refusal:
                    messages.beside(refusal.text)
    refusal = session.refused.get(path)
    if refusal:
        messages.beside(refusal.text)


def _in_row(control: Control) -> Kind:
    """In a narrow row a slider becomes a number."""
    kind = kind_of(control)
    return "number" if kind in ("slider", "log") else kind


__all__ = ["PARTS", "draw", "field", "kind_of", "kind_picker", "rungs", "step_of", "title"]
