"""Starting points of the page on optimisers, each with a line that says what to watch; a test races each and checks its line."""

from __future__ import annotations

import functools
from typing import Any

import streamlit as st

from nnlab.core.experiment import Experiment, experiment
from nnlab.ui import echo, messages, session
from nnlab.ui.presets import Preset
from nnlab.ui.session import Session

NAMES = ("blue", "orange", "green", "pink", "yellow", "red", "violet", "grey")
OWN = "**A race of your own.** A button above starts one of ours again, with what there is to see in it."


def _race(surface: str, *racers: dict[str, Any], steps: int, **start: float) -> dict[str, Any]:
    """An experiment: racers get the colours in order."""
    coloured = [racer | {"colour": colour} for racer, colour in zip(racers, NAMES, strict=False)]
    return {
        "data": {"kind": "surface", "surface": surface},
        "model": {"family": "race", "racers": coloured, **start},
        "training": {"stop": {"epochs": steps}},
    }


def _racer(kind: str, rate: float, **more: Any) -> dict[str, Any]:
    return {"optimizer": {"kind": kind}, "learning_rate": rate, **more}


PRESETS: dict[str, Preset] = {
    "ravine": Preset(
        "Ravine",
        "Plain SGD is soon on the floor and then creeps along it; momentum rolls on, Adam steps as far along the floor as "
        "across it, and both arrive in half as many steps.",
        25,
        _race("ravine", _racer("sgd", 0.03), _racer("momentum", 0.01), _racer("adam", 0.1), steps=300),
    ),
    "limit": Preset(
        "The limit of the rate",
        "The walls have curvature 40, so plain descent must stay below a rate of 2/40 = 0.05: at 0.049 it zigzags home, at "
        "0.051 each swing is longer than the last, and it leaves.",
        10,
        _race("ravine", _racer("sgd", 0.025), _racer("sgd", 0.049), _racer("sgd", 0.051), steps=250),
    ),
    "saddle": Preset(
        "Saddle",
        "All come down the ridge to the saddle, where the slope is nearly nothing. AdaGrad, RMSprop and Adam divide by the "
        "gradient's size and have left before SGD moves aside at all.",
        15,
        _race(
            "saddle",
            _racer("sgd", 0.05),
            _racer("momentum", 0.02),
            _racer("adagrad", 0.6),
            _racer("rmsprop", 0.03),
            _racer("adam", 0.1),
            steps=300,
        ),
    ),
    "banana": Preset(
        "Rosenbrock's valley",
        "Everybody is in the bent valley within thirty steps; following its floor is the race. Adam is first at the end, "
        "while SGD has not turned the corner.",
        60,
        _race(
            "rosenbrock",
            _racer("sgd", 0.001),
            _racer("momentum", 0.0003),
            _racer("nesterov", 0.0003),
            _racer("rmsprop", 0.02),
            _racer("adam", 0.1),
            _racer("lion", 0.01),
            steps=1200,
        ),
    ),
    "plateau": Preset(
        "Plateau",
        "Out here the gradient is nearly zero: RMSprop and Adam divide by its size and do not care, momentum must gather "
        "speed first, and SGD hardly moves.",
        20,
        _race(
            "plateau",
            _racer("sgd", 0.1),
            _racer("momentum", 0.1),
            _racer("rmsprop", 0.05),
            _racer("adam", 0.1),
            steps=250,
        ),
    ),
    "noise": Preset(
        "Noise and schedules",
        "Every gradient is noisy, as from small batches. At a constant rate the place keeps dancing around the minimum; "
        "with a rate that shrinks it comes to rest.",
        40,
        _race(
            "noisy_bowl",
            _racer("sgd", 0.2),
            _racer("sgd", 0.2, schedule={"kind": "cosine", "epochs": 400}),
            _racer("sgd", 0.2, schedule={"kind": "exponential", "gamma": 0.99}),
            _racer("sgd", 0.02),
            steps=800,
        ),
    ),
    "four": Preset(
        "Four minima",
        "One start, one gradient, two ends: the rule decides in which of four equal valleys it finishes. Click another start.",
        12,
        _race(
            "himmelblau",
            _racer("sgd", 0.01),
            _racer("momentum", 0.01),
            _racer("nesterov", 0.01),
            _racer("adagrad", 0.5),
            _racer("rmsprop", 0.05),
            _racer("adam", 0.2),
            steps=250,
        ),
    ),
}
DEFAULT = "ravine"


@functools.cache
def preset(name: str) -> Experiment:
    """The experiment of a preset."""
    return experiment(PRESETS[name].value)


def session_of(page: str) -> Session:
    """This tab's session of `page`; it plays the first preset where the address says nothing else."""
    return session.session_of(page, preset(DEFAULT), pace=PRESETS[DEFAULT].pace, preset=DEFAULT)


def picker(here: Session) -> None:
    """The presets as a row of buttons, and the line of the one that is racing."""
    key = here.key("preset")
    same = next((name for name in PRESETS if preset(name) == here.experiment), None)
    echo.put(key, same)
    st.pills(
        "Start from",
        list(PRESETS),
        format_func=lambda name: PRESETS[name].title,
        default=same,
        key=key,
        label_visibility="collapsed",
        wrap=True,
        on_change=messages.guarded(_start),
        args=(here, key),
    )
    here.preset = same or here.preset
    st.markdown(f"**What to watch.** {PRESETS[same].watch}" if same else OWN)


def _start(here: Session, key: str) -> None:
    """A preset was picked, or picked again: start it from its first step."""
    if echo.doubted(key, lambda: _start(here, key)):
        return
    name = st.session_state[key] or here.preset
    if name in PRESETS:
        here.preset = name
        here.start(preset(name), pace=PRESETS[name].pace)
