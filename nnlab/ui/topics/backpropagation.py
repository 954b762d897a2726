"""Backpropagation, number by number: one update of a small network with every number on the screen."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import streamlit as st

from nnlab.core.errors import Refused
from nnlab.core.experiment import Experiment, patch
from nnlab.core.fields import Control, controls
from nnlab.core.forms import Target
from nnlab.core.parts import LOSSES_OF
from nnlab.core.training import Training
from nnlab.data.points.drawn import Drawn
from nnlab.families.mlp.spec import MLP, Layer
from nnlab.ui import controls as drawn
from nnlab.ui import echo, messages
from nnlab.ui.changes import resize
from nnlab.ui.choices import fields_of
from nnlab.ui.groups import Group
from nnlab.ui.session import Session
from nnlab.ui.topic import Topic
from nnlab.ui.topics.backpropagation_presets import PRESETS
from nnlab.ui.widgets import place_of, show_value

MAX_LAYERS = 3
MAX_UNITS = 4
TASKS: dict[str, dict[str, Any]] = {
    "A number": {"data.labels": "numbers"},
    "One of two classes": {"data.labels": "classes", "data.n_classes": 2},
    "One of three classes": {"data.labels": "classes", "data.n_classes": 3},
    "One of four classes": {"data.labels": "classes", "data.n_classes": 4},
}
TOO_LARGE = (
    "This page shows every number of a small network on your own points: at most {layers} hidden layers of {units} "
    "neurons, without dropout, normalisation or skip connections. The experiment in the link is a different one, so "
    "the page starts with its own."
)


def fits(spec: Experiment) -> bool:
    """Whether the page can show `spec`."""
    model = spec.model
    return (
        isinstance(spec.data, Drawn)
        and task_of(spec) != ""
        and isinstance(model, MLP)
        and model.plain
        and len(model.layers) <= MAX_LAYERS
        and all(layer.units <= MAX_UNITS for layer in model.layers)
    )


def task_of(spec: Experiment) -> str:
    """What the network is asked, in the words of the screen; "" for none of them."""
    classes = spec.data.classes if spec.data.target == "class" else None
    return next((name for name, changes in TASKS.items() if changes.get("data.n_classes") == classes), "")


def network(session: Session) -> None:
    """What is asked, the layers, the inputs and the weights to begin with."""
    _task(session)
    model = session.experiment.model
    if not isinstance(model, MLP):
        return
    key = session.key("model.layers:count")
    show_value(key, len(model.layers))
    st.slider(
        "Hidden layers",
        0,
        MAX_LAYERS,
        len(model.layers),
        key=key,
        on_change=messages.guarded(resize),
        args=(session, "model.layers", key, Layer),
    )
    for i, layer in enumerate(model.layers):
        _layer(session, i, layer)
    shown = {control.name: control for control in fields_of(MLP)}
    drawn.field(session, "model.features", shown["features"], model.features)
    if given(session.experiment):
        st.button(
            "New random weights",
            icon=":material/casino:",
            help="Starts from random weights instead of those of this example.",
            on_click=messages.guarded(session.edit),
            args=("model.weights", ()),
        )
        return
    for name in ("init", "init_scale"):
        drawn.field(session, f"model.{name}", shown[name], getattr(model, name))
    drawn.draw(session, "", session.experiment, skip=("data", "model", "training"))


def given(spec: Experiment) -> bool:
    """Whether the run starts from weights that the experiment lists, so that seed and scheme have no say."""
    model = spec.model
    if not isinstance(model, MLP):
        return False
    outputs = spec.data.classes if spec.data.classes > 2 else 1
    widths = [len(model.features), *(layer.units for layer in model.layers), outputs]
    return len(model.weights) == sum((below + 1) * above for below, above in pairwise(widths))


def _layer(session: Session, i: int, layer: Layer) -> None:
    """Neurons and activation of one hidden layer, side by side."""
    for place, control in zip(st.columns(2, vertical_alignment="bottom"), controls(Layer), strict=True):
        named = replace(control, param=replace(control.param, label=f"{control.param.label} {i + 1}"))
        if named.upper is not None:
            named = replace(named, upper=MAX_UNITS)
        with place:
            drawn.field(session, f"model.layers.{i}.{control.name}", named, getattr(layer, control.name))


def training(session: Session) -> None:
    """Loss, optimiser and learning rate."""
    spec = session.experiment.training
    shown: dict[str, Control] = {control.name: control for control in fields_of(Training)}
    drawn.field(session, "training.loss", shown["loss"], spec.loss)
    drawn.kind_picker(
        session,
        "training.optimizer",
        shown["optimizer"].param.label,
        help=shown["optimizer"].param.help,
    )
    drawn.draw(session, "training.optimizer", spec.optimizer)
    drawn.field(session, "training.learning_rate", shown["learning_rate"], spec.learning_rate)


def _task(session: Session) -> None:
    """What the network is asked."""
    key, tasks, task = session.key("task"), list(TASKS), task_of(session.experiment)
    show_value(key, task)
    st.selectbox(
        "Prediction",
        tasks,
        place_of(tasks, task),
        key=key,
        help="What the output means. Two classes share one output; three or more have one each.",
        on_change=messages.guarded(_ask),
        args=(session, key),
    )
    drawn.refused(session, "task")


def _ask(session: Session, key: str) -> None:
    """Another task: the examples stay where they are, their targets become the nearest that fit, and so does the loss."""
    task = st.session_state[key]
    if echo.doubted(key, lambda: _ask(session, key)):
        return
    try:
        session.change(with_task(session.now(), task), "task")
    except Refused as refused:
        session.refuse("task", task, refused)


def with_task(spec: Experiment, task: str) -> Experiment:
    """`spec` asked for `task`."""
    changes = TASKS[task]
    highest = changes.get("data.n_classes", 0) - 1
    examples = getattr(spec.data, "added", ())
    if highest > 0:
        was_numbers = spec.data.target == "number"
        labels = [int(label > 0) if was_numbers else min(int(label), highest) for _, _, label in examples]
    else:
        labels = [label for _, _, label in examples]
    wanted: Target = "number" if highest < 0 else "class"
    loss = spec.training.loss
    if loss not in LOSSES_OF[wanted]:
        loss = "mse"
    elif spec.data.target != wanted and wanted == "class":
        loss = "cross_entropy"
    added = [(x, y, label) for (x, y, _), label in zip(examples, labels, strict=True)]
    return patch(spec, {**changes, "data.added": added, "training.loss": loss})


TOPIC = Topic(
    name="backpropagation",
    section="Learning",
    title="Backpropagation",
    icon=":material/keyboard_double_arrow_left:",
    help="One update of a small network with every number on the screen, and the chain rule of each weight.",
    family="mlp",
    shows=fits,
    other=TOO_LARGE.format(layers=MAX_LAYERS, units=MAX_UNITS),
    presets=PRESETS,
    own="**Your own network.** Choose a prepared one from the list: it says what to watch.",
    views=("backprop",),
    groups=(Group("Network", network), Group("Training", training)),
    player=False,
    restorable=lambda spec: False,  # all there is was typed by hand
)
