"""Optimisers on surfaces: several race down one surface from one start, seen from above, in 3-D and update by update."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import streamlit as st

from nnlab.core.errors import Refused
from nnlab.core.experiment import Experiment, patch
from nnlab.core.fields import Control
from nnlab.core.kinds import pick
from nnlab.core.registries import OPTIMIZERS
from nnlab.core.training import Stop
from nnlab.families.descent.spec import COLOURS, MOST_RACERS, Race, surface_of, usual_rate
from nnlab.surfaces.data import SurfaceData
from nnlab.ui import controls, echo, messages
from nnlab.ui.changes import with_kind
from nnlab.ui.choices import fields_of, title
from nnlab.ui.groups import Group
from nnlab.ui.session import Session
from nnlab.ui.topic import Topic
from nnlab.ui.topics.optimisers_presets import PRESETS
from nnlab.ui.widgets import show_value

# In this order new racers join: the first that is not there yet.
JOIN = ("adam", "momentum", "rmsprop", "sgd", "nesterov", "adagrad", "lion", "adamw", "muon")


def surface(session: Session) -> None:
    """Which surface, what there is to see on it, and where the race begins."""
    spec = session.experiment.data
    if not isinstance(spec, SurfaceData):
        return
    control = _control(SurfaceData, "surface")
    key = session.key("data.surface")
    show_value(key, spec.surface)
    st.selectbox(
        control.param.label,
        control.choices,
        control.choices.index(spec.surface),
        format_func=control.caption,
        key=key,
        help=f"{control.param.help} A new one brings its own start and suitable learning rates.",
        on_change=messages.guarded(_other_surface),
        args=(session, key),
    )
    controls.refused(session, "data.surface")
    if spec.surface == "typed":
        controls.field(session, "data.formula", _control(SurfaceData, "formula"), spec.formula)
    _about(session)
    controls.draw(session, "model", session.experiment.model, skip=("racers",))
    stop = _control(Stop, "epochs")
    # Of a race an epoch is one step.
    words = replace(stop.param, unit="steps", step=50, help="The race ends after this many steps; 0 means no limit.")
    limit = session.experiment.training.stop.epochs
    controls.field(session, "training.stop.epochs", replace(stop, param=words), limit)


def _about(session: Session) -> None:
    """The surface in words: formula, what to watch, source, minima."""
    known = surface_of(session.experiment.data)
    minima = ", ".join(f"({x:.4g}, {y:.4g})" for x, y, _ in known.minima) or "none is known"
    st.code(f"f(x, y) = {known.expression}", language=None, wrap_lines=True)
    st.markdown(f":small[{messages.escaped(known.watch)}]")
    st.markdown(f":small[:gray[{messages.escaped(f'Minima: {minima}. {known.source}')}]]")


def racers(session: Session) -> None:
    """One racer's controls at a time; the others are a click away."""
    model = session.experiment.model
    if not isinstance(model, Race):
        return
    count = len(model.racers)
    key = session.key("racer")
    if st.session_state.get(key) not in range(count):
        st.session_state[key] = 0
    names = [f"{i + 1} {title(OPTIMIZERS, racer.optimizer.kind)}" for i, racer in enumerate(model.racers)]
    st.segmented_control(
        "Racer",
        range(count),
        format_func=lambda i: names[i],
        default=st.session_state[key],
        key=key,
        label_visibility="collapsed",
        wrap=True,
        required=True,
    )
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Add",
            key=session.key("racer:add"),
            icon=":material/add:",
            disabled=count == MOST_RACERS,
            help=f"Adds an optimiser, at most {MOST_RACERS}.",
            on_click=messages.guarded(_add),
            args=(session, key),
        )
        st.button(
            "Remove",
            key=session.key("racer:remove"),
            icon=":material/remove:",
            disabled=count == 1,
            help="Removes this optimiser from the race.",
            on_click=messages.guarded(_remove),
            args=(session, key),
        )
    controls.refused(session, "model.racers")
    _racer(session, int(st.session_state[key]))


def _racer(session: Session, i: int) -> None:
    """Optimiser with its own settings, learning rate, schedule, noise, decay and colour."""
    model = session.experiment.model
    if not isinstance(model, Race):
        return
    racer, path = model.racers[i], f"model.racers.{i}"
    control = _control(type(racer), "optimizer")
    key = session.key(f"{path}.optimizer.kind")
    show_value(key, racer.optimizer.kind)
    st.selectbox(
        control.param.label,
        list(OPTIMIZERS),
        list(OPTIMIZERS).index(racer.optimizer.kind),
        format_func=functools.partial(title, OPTIMIZERS),
        key=key,
        help=control.param.help,
        on_change=messages.guarded(_other_kind),
        args=(session, i, key),
    )
    controls.refused(session, f"{path}.optimizer.kind")
    if racer.optimizer.kind != "muon":  # what it could set is about matrices
        controls.draw(session, f"{path}.optimizer", racer.optimizer)
    controls.draw(session, path, racer, skip=("optimizer",))


def _control(spec: Any, name: str) -> Control:
    return next(control for control in fields_of(spec) if control.name == name)


def _other_surface(session: Session, key: str) -> None:
    """Another surface, with its own start and learning rates that suit it."""
    name = st.session_state[key]
    if echo.doubted(key, lambda: _other_surface(session, key)):
        return
    changes = {"data.surface": name, "model.start_x": None, "model.start_y": None}
    try:
        session.change(with_usual_rates(patch(session.now(), changes)), "data", "model")
    except Refused as refused:
        session.refuse("data.surface", name, refused)


def with_usual_rates(spec: Experiment) -> Experiment:
    """`spec` with every racer at the learning rate that is usual for it on this surface."""
    if not isinstance(spec.model, Race):
        return spec
    known = surface_of(spec.data)
    rates = {
        f"model.racers.{i}.learning_rate": usual_rate(racer.optimizer.kind, known)
        for i, racer in enumerate(spec.model.racers)
    }
    return patch(spec, rates)


def _other_kind(session: Session, i: int, key: str) -> None:
    """Another optimiser for a racer, at its usual learning rate here."""
    kind, path = st.session_state[key], f"model.racers.{i}"
    if echo.doubted(key, lambda: _other_kind(session, i, key)):
        return
    try:
        new, _ = with_kind(session.now(), f"{path}.optimizer", pick(OPTIMIZERS, "kind"), kind)
        new = patch(new, {f"{path}.learning_rate": usual_rate(kind, surface_of(new.data))})
        session.change(new, f"{path}.optimizer", f"{path}.learning_rate")
    except Refused as refused:
        session.refuse(f"{path}.optimizer.kind", kind, refused)


def _add(session: Session, key: str) -> None:
    """One more: the first kind and colour that is not there yet."""
    model = session.experiment.model
    if not isinstance(model, Race):
        return
    kinds, colours = [r.optimizer.kind for r in model.racers], [r.colour for r in model.racers]
    kind = next((k for k in JOIN if k not in kinds), "sgd")
    new = {
        "optimizer": {"kind": kind},
        "learning_rate": usual_rate(kind, surface_of(session.experiment.data)),
        "colour": next((c for c in COLOURS if c not in colours), COLOURS[0]),
    }
    session.edit("model.racers", [*(r.model_dump(mode="json") for r in model.racers), new], label="Racers")
    st.session_state[key] = len(model.racers)


def _remove(session: Session, key: str) -> None:
    """Without the racer that is shown."""
    model = session.experiment.model
    if not isinstance(model, Race) or len(model.racers) == 1:
        return
    gone = int(st.session_state[key])
    session.edit("model.racers", [r.model_dump(mode="json") for i, r in enumerate(model.racers) if i != gone])
    st.session_state[key] = max(0, gone - 1)


TOPIC = Topic(
    name="optimisers",
    section="Learning",
    title="Optimisers",
    icon=":material/downhill_skiing:",
    help="Optimisers race down a surface from one start: paths, standings, and each update taken apart.",
    family="race",
    other="This page is for optimisers on a surface. The experiment in the link is a different one, so the page "
    "starts with its own.",
    presets=PRESETS,
    own="**Your own race.** Choose a prepared one from the list: it says what to watch.",
    views=(
        "race",
        "race_table",
        "race_curves",
        "race_surface",
        "race_step",
        "race_curvature",
        "landscape",
        "loss_line",
        "race_map",
    ),
    groups=(Group("Surface", surface), Group("Racers", racers)),
)
