"""Starting points of the page on backpropagation, each with a line that says what to watch; a test checks each line."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from nnlab.core.experiment import Experiment, experiment
from nnlab.ui import echo, messages, session
from nnlab.ui.session import Session


@dataclass(frozen=True)
class Preset:
    """A starting point: `title` on its button, `watch` under it."""

    title: str
    watch: str
    value: Mapping[str, Any]


def _value(
    examples: list[tuple[float, float, float]],
    layers: list[tuple[int, str]],
    weights: list[float],
    *,
    classes: int = 0,
    **training: Any,
) -> dict[str, Any]:
    asked = {"n_classes": classes} if classes else {"labels": "numbers"}
    return {
        "data": {"kind": "drawn", "added": examples, **asked},
        "model": {
            "family": "mlp",
            "layers": [{"units": units, "activation": activation} for units, activation in layers],
            "weights": weights,
        },
        "training": {"loss": "mse", "learning_rate": 0.1, "batch_size": 100, **training},
    }


# Weights stand as the network keeps them: each neuron's row of weights with its bias behind it, layer by layer.
PRESETS: dict[str, Preset] = {
    "first": Preset(
        "One example",
        "Two sigmoid neurons and one number to hit. Neuron 1 starts at z = 0, where the sigmoid is 0.5 and its slope 0.25. "
        "Step on and check every number in your head; then click a line.",
        _value([(1, 2, 1)], [(2, "sigmoid")], [0.5, -0.25, 0, 1, 0.5, -1, 2, -1, 0]),
    ),
    "vanishing": Preset(
        "Vanishing gradient",
        "Three sigmoid layers: on the way back δ is multiplied by a slope of at most 0.25 in each, so little is left for the "
        "first. Choose tanh and compare.",
        _value(
            [(1, -1, 1)],
            [(2, "sigmoid"), (2, "sigmoid"), (2, "sigmoid")],
            [0.8, -0.6, 0.1, -0.5, 0.9, 0, 0.7, -0.4, 0, 0.6, 0.5, -0.2, 0.9, -0.8, 0.1, 0.4, 0.7, 0, 1, -1, 0],
        ),
    ),
    "dead": Preset(
        "Dead ReLU",
        "Neuron 2 has a bias of −5: its z is negative, so it gives 0 and its slope is 0. Nothing comes back through it, and "
        "no update will ever wake it for this example.",
        _value([(1, 2, 1)], [(3, "relu")], [0.5, 0.5, 0, 1, 0.5, -5, -0.5, 1, 0, 0.5, 1, -0.5, 0]),
    ),
    "batch": Preset(
        "Batch of four",
        "The four corners of XOR as one batch: each weight's gradient is the mean over four examples, which pull in different "
        "directions. Look at them one by one with ‹ and ›.",
        _value(
            [(1, 1, 0), (-1, 1, 1), (-1, -1, 0), (1, -1, 1)],
            [(3, "tanh")],
            [1, 0.5, 0, -0.5, 1, 0.5, 0.8, -0.9, 0.2, 1, -0.5, 0.7, 0],
            classes=2,
            loss="cross_entropy",
            learning_rate=0.5,
        ),
    ),
    "classes": Preset(
        "Three classes",
        "Softmax turns three sums into probabilities. With cross-entropy δ is simply probability minus target: the right "
        "class is pulled up, the others are pushed down.",
        _value(
            [(1, -0.5, 2)],
            [(3, "tanh")],
            [0.5, -1, 0, -0.5, 0.5, 0.2, 1, 0.5, 0, 0.6, -0.4, 0.1, 0, -0.3, 0.8, 0.2, 0, 0.5, 0.1, -0.7, 0],
            classes=3,
            loss="cross_entropy",
            learning_rate=0.5,
        ),
    ),
}
DEFAULT = "first"
OWN = "**A network of your own.** A button above starts one of ours again, with what there is to see in it."


@functools.cache
def preset(name: str) -> Experiment:
    """The experiment of a preset."""
    return experiment(PRESETS[name].value)


def session_of(page: str) -> Session:
    """This tab's session of `page`; it waits at the first preset where the address says nothing else."""
    return session.session_of(page, preset(DEFAULT), pace=None, preset=DEFAULT)


def picker(here: Session) -> None:
    """The presets as a row of buttons, and the line of the one that was picked last."""
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
    chosen = PRESETS.get(here.preset)
    same_examples = chosen is not None and list(_examples(here)) == chosen.value["data"]["added"]
    st.markdown(f"**What to watch.** {chosen.watch}" if chosen and same_examples else OWN)


def _examples(here: Session) -> Any:
    return getattr(here.experiment.data, "added", ())


def _start(here: Session, key: str) -> None:
    """A preset was picked, or picked again: start it from its first step."""
    if echo.doubted(key, lambda: _start(here, key)):
        return
    name = st.session_state[key] or here.preset
    if name in PRESETS:
        here.preset = name
        here.start(preset(name), pace=None)
