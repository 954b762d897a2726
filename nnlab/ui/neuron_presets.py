"""Starting points of the page One neuron, by topic, each with a line that says what to watch; a test checks each line."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import streamlit as st

from nnlab.core.experiment import Experiment, experiment
from nnlab.ui import echo, messages, session
from nnlab.ui.presets import OWN, Preset
from nnlab.ui.session import Session

TOPICS = {
    "perceptron": "Perceptron",
    "linear": "Linear unit",
    "sigmoid": "Sigmoid neuron",
    "batches": "Batch, stochastic, mini-batch",
    "activations": "Activations",
}
# The one topic that trains nothing, so that the experiment cannot name it: the address does.
LOOKED_AT = "activations"
LOOK = (
    "**What to watch.** Choose Sigmoid: the values crowd around one half, and next to no gradient comes back through ten "
    "layers. Then ReLU with He weights: both keep their size."
)
SLOW = 3  # updates a second: each one can be followed

_RISING = [
    (2.5, 2, 1),
    (4.5, -4.5, 0),
    (2, 4, 1),
    (0, -1.5, 0),
    (1, 2.5, 1),
    (-4, -4, 0),
    (1.5, -4.5, 0),
    (-4.5, -2, 0),
]
_RISING += [(-3, 3, 0), (3, -3.5, 0), (-3.5, -1.5, 0), (-1, -0.5, 0), (-1.5, -2.5, 0), (1, -2.5, 0), (-1, 0, 0)]
_XOR = [(2, 2, 1), (2, -2, 0), (-2, -2, 1), (-2, 2, 0)]
_FAR = [(0.5, 1, 1), (-0.5, 1.5, 0), (0.5, -1, 1), (-0.5, -1.5, 0), (0.5, 3, 1), (-0.5, 0, 0), (-0.5, -3, 0)]
_FAR += [(5, 0.5, 1), (5.5, 1, 1), (5, -1, 1), (5.5, -0.5, 1), (5.5, 2, 1), (5, -2, 1), (5.5, -3, 1), (5, 3, 1)]


def _perceptron(points: Sequence[tuple[float, float, int]], lr: float = 0.02, **model: Any) -> dict[str, Any]:
    return {
        "data": {"kind": "drawn", "added": points},
        "model": {"family": "neuron", "unit": "perceptron", "w1": 0, "w2": 0, "b": 0, **model},
        "training": {"batch_size": 1, "learning_rate": lr},
    }


def _linear(data: dict[str, Any], *, w: float, b: float, model: dict[str, Any] | None = None, **training: Any) -> Any:
    return {
        "data": {"kind": "line", "samples": 20, **data},
        "model": {"family": "neuron", "unit": "linear", "w1": w, "b": b, **(model or {})},
        "training": {"loss": "mse", "batch_size": 500, **training},
    }


PRESETS: dict[str, dict[str, Preset]] = {
    "perceptron": {
        "separable": Preset(
            "One point at a time",
            "Only a point on the wrong side moves the line. In weight space w walks into the green cone, where it stays.",
            SLOW,
            _perceptron(_RISING),
        ),
        "xor": Preset(
            "XOR",
            "No line separates these four points: the weights come back to where they were, and that is found out.",
            SLOW,
            _perceptron(_XOR),
        ),
        "stray": Preset(
            "One stray point",
            "The stray point at (−3, −3) keeps the perceptron going in circles; the pocket keeps the best line it met.",
            40,
            _perceptron([*_RISING, (-3, -3, 1)]),
        ),
        "far": Preset(
            "Three rules",
            "The delta rule wants w·x + b = 1 of the far points, too, and gives up near ones for it. The other two do not.",
            60,
            _perceptron(_FAR, rule="logistic"),
        ),
        "origin": Preset(
            "No bias",
            "Without a bias every half-plane of the weight space has the origin on its edge: a cone, drawn in full.",
            SLOW,
            _perceptron(
                [(2, 1, 1), (-1, -3, 0), (3, -1, 1), (-3, 1, 0), (1, 4, 1), (-4, 2, 0), (4, -3, 1)], bias=False
            ),
        ),
    },
    "linear": {
        "bowl": Preset(
            "Down the bowl",
            "Each square is one squared error; their mean is the height in the bowl. Drag the line, or the point in the bowl.",
            10,
            _linear({"noise": 20}, w=-1.5, b=-3, learning_rate=0.03),
        ),
        "valley": Preset(
            "A valley",
            "All x lie between 2 and 6: slope and height pull on the same points, and the bowl becomes a long valley. Switch "
            "on feature scaling.",
            30,
            _linear({"noise": 20, "centre": 4, "scale": 2, "intercept": -2}, w=-0.5, b=2, learning_rate=0.03),
        ),
        "limit": Preset(
            "Just too fast",
            "The learning rate is one hundredth above 2/λmax: every step crosses the valley and lands a little higher.",
            20,
            _linear({"noise": 20}, w=0.5, b=0.5, learning_rate=0.2375),
        ),
        "outlier": Preset(
            "An outlier",
            "One point pulls the whole line down, because its error counts squared. Choose Huber or the absolute error.",
            60,
            _linear({"noise": 10, "outlier": -9}, w=0, b=0, learning_rate=0.05),
        ),
    },
    "sigmoid": {
        "plateau": Preset(
            "A bad start",
            "The same neuron twice. It starts sure and wrong: the squared error is flat there, cross-entropy is not.",
            20,
            {
                "data": {"kind": "gaussians", "samples": 40, "noise": 20},
                "model": {"family": "neuron", "w1": -3, "w2": -3, "b": 0},
                "training": {"batch_size": 500, "learning_rate": 0.5},
            },
        ),
        "example": Preset(
            "A worked example",
            "Weights (0, 1), bias 4, input (2, 3): z = 0·2 + 1·3 + 4 = 7, and sigmoid(7) = 0.9990889. Read it in the panel.",
            None,
            {
                "data": {"kind": "drawn", "added": [(2, 3, 1), (-2, -3, 0), (1, -5, 0), (-1, 2, 1)]},
                "model": {"family": "neuron", "w1": 0, "w2": 1, "b": 4},
                "training": {"batch_size": 500, "learning_rate": 0.1},
            },
        ),
    },
    "batches": {
        "three": Preset(
            "Three paths",
            "Same start, same examples. After every example: quick and restless. After all of them: one smooth step an epoch.",
            60,
            {
                "data": {"kind": "line", "samples": 40, "noise": 30},
                "model": {"family": "neuron", "unit": "linear", "race": True, "w1": -1.5, "b": -3, "mini": 8},
                "training": {"loss": "mse", "batch_size": 1, "learning_rate": 0.02},
            },
        ),
    },
}
FIRST = ("perceptron", "separable")


@functools.cache
def preset(of: str, name: str) -> Experiment:
    """The experiment of preset `name` of a topic."""
    return experiment(PRESETS[of][name].value)


def topic_of(spec: Experiment) -> str:
    """Which topic an experiment belongs to; it is read off its unit, so that a link needs to say nothing more."""
    unit = getattr(spec.model, "unit", "")
    return "batches" if unit == "linear" and getattr(spec.model, "race", False) else unit


def topic(here: Session) -> str:
    """The topic on the screen."""
    return LOOKED_AT if st.query_params.get("topic") == LOOKED_AT else topic_of(here.experiment)


def session_of(page: str) -> Session:
    """This tab's session; an experiment of another family gives way to the first preset."""
    default = preset(*FIRST)
    here = session.session_of(page, default, pace=PRESETS[FIRST[0]][FIRST[1]].pace, preset=FIRST[1])
    if topic_of(here.experiment) not in TOPICS:
        here.start(default, pace=SLOW)
        here.notes.append("The link holds another kind of network, so this page shows its first example.")
    return here


def picker(here: Session) -> None:
    """The topics, the presets of the present one, and the line of the preset that was picked last."""
    now = topic(here)
    _pills(here, "topic", now, TOPICS, _to_topic)
    if now == LOOKED_AT:
        st.markdown(LOOK)
        return
    presets = PRESETS[now]
    same = next((name for name in presets if preset(now, name) == here.experiment), None)
    _pills(here, "preset", same, {name: one.title for name, one in presets.items()}, _to_preset)
    here.preset = same or here.preset
    known = presets.get(here.preset)
    st.markdown(OWN if known is None else f"**What to watch.** {known.watch}")


def _pills(here: Session, name: str, value: str | None, titles: dict[str, str], act: Any) -> None:
    key = here.key(name)
    echo.put(key, value)
    draw = st.segmented_control if name == "topic" else st.pills
    draw(
        name.capitalize(),
        list(titles),
        format_func=titles.__getitem__,
        default=value,
        key=key,
        label_visibility="collapsed",
        wrap=True,
        on_change=messages.guarded(act),
        args=(here, key),
    )


def _to_topic(here: Session, key: str) -> None:
    chosen = st.session_state[key]
    if echo.doubted(key, lambda: _to_topic(here, key)):
        return
    if chosen == LOOKED_AT:
        st.query_params["topic"] = LOOKED_AT
    elif chosen in TOPICS:
        st.query_params.pop("topic", None)
        if chosen != topic_of(here.experiment):
            _start(here, chosen, next(iter(PRESETS[chosen])))


def _to_preset(here: Session, key: str) -> None:
    """A preset was picked, or picked again: start it from its first step."""
    if echo.doubted(key, lambda: _to_preset(here, key)):
        return
    now = topic_of(here.experiment)
    name = st.session_state[key] or here.preset
    if name in PRESETS[now]:
        _start(here, now, name)


def _start(here: Session, of: str, name: str) -> None:
    here.preset = name
    here.start(preset(of, name), pace=PRESETS[of][name].pace)
