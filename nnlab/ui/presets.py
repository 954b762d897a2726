"""Six starting points of the playground, each with a line that says what to watch; a test trains each and checks its line."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from nnlab.core.experiment import Experiment, experiment
from nnlab.families.mlp.spec import MLP
from nnlab.ui import echo, messages, session
from nnlab.ui.session import Session


@dataclass(frozen=True, eq=False)
class Preset:
    """A starting point: `title` on its button, `watch` under it, `pace` in updates a second, slow enough to watch."""

    title: str
    watch: str
    pace: float | None
    value: Mapping[str, Any]


def _mlp(*units: int, activation: str = "tanh", **more: Any) -> dict[str, Any]:
    return {"family": "mlp", "layers": [{"units": n, "activation": activation} for n in units], **more}


PRESETS: dict[str, Preset] = {
    "circle": Preset(
        "Circle",
        "Each neuron of the first layer draws one straight edge; watch the next ones bend them into a ring around the "
        "inner points.",
        1000,
        {"data": {"kind": "circle"}, "model": _mlp(4, 2)},
    ),
    "product": Preset(
        "XOR in one step",
        "There is no hidden layer: the product xy alone tells the two classes apart. Swap it for x and y, and no line will.",
        200,
        {"data": {"kind": "xor"}, "model": _mlp(features=["xy"])},
    ),
    "arms": Preset(
        "Three arms",
        "Three layers and Adam wind three classes around each other within fifty epochs; SGD at the same rate takes far "
        "longer.",
        400,
        {
            "data": {"kind": "arms", "n_classes": 3},
            "model": _mlp(8, 8, 8),
            "training": {"optimizer": {"kind": "adam"}, "learning_rate": 0.01},
        },
    ),
    "overfitting": Preset(
        "Overfitting",
        "Too many neurons for thirty noisy points: the training loss sinks towards zero while the test loss climbs.",
        200,
        {
            "data": {"kind": "gaussians", "samples": 100, "train_share": 30, "noise": 50},
            "model": _mlp(16, 16),
            "training": {"optimizer": {"kind": "adam"}, "learning_rate": 0.01},
        },
    ),
    "vanishing": Preset(
        "Vanishing gradients",
        "Six sigmoid layers: next to no gradient comes back to the first one, and the loss stands still. With tanh it "
        "falls.",
        500,
        {"data": {"kind": "circle"}, "model": _mlp(6, 6, 6, 6, 6, 6, activation="sigmoid")},
    ),
    "hills": Preset(
        "Hills",
        "Not classes but a number for each place: the surface grows one hill and one hollow after the other out of the plain.",
        1000,
        {
            "data": {"kind": "multi_gaussian"},
            "model": _mlp(8, 8),
            "training": {"loss": "mse", "optimizer": {"kind": "adam"}, "learning_rate": 0.01},
        },
    ),
}
DEFAULT = "circle"
OTHER_PAGE = "The link holds something that another page shows, so this page starts with its own network."
OWN = "**An experiment of your own.** A button above starts one of ours again, with what there is to see in it."


def preset(name: str) -> Experiment:
    """The experiment of one of the playground's presets."""
    return experiment_of(PRESETS[name])


@functools.cache
def experiment_of(preset: Preset) -> Experiment:
    """The experiment of a preset."""
    return experiment(preset.value)


def session_of(page: str, name: str) -> Session:
    """This tab's session of `page`; it plays the preset `name` where the address says nothing else.

    A link to what other pages show, such as a race of optimisers, gives the preset and a sentence.
    """
    here = session.session_of(page, preset(name), pace=PRESETS[name].pace, preset=name)
    if not isinstance(here.experiment.model, MLP):
        here.token, here.experiment = "", here.default
        here.notes.append(OTHER_PAGE)
    return here


def picker(here: Session, among: Mapping[str, Preset] = PRESETS, *, own: str = OWN) -> None:
    """The presets as a row of buttons, and the line of the one that was picked last; `own` where it is none of them."""
    key = here.key("preset" if among is PRESETS else f"preset:{next(iter(among))}")
    same = next((name for name in among if experiment_of(among[name]) == here.experiment), None)
    echo.put(key, same)
    st.pills(
        "Start from",
        list(among),
        format_func=lambda name: among[name].title,
        default=same,
        key=key,
        label_visibility="collapsed",
        wrap=True,
        on_change=messages.guarded(_start),
        args=(here, key, among),
    )
    here.preset = same or here.preset
    with st.container(key=f"{key}-watch"):
        st.markdown(_watch(here, among) or own)


def _watch(here: Session, among: Mapping[str, Preset]) -> str:
    """What the preset that was picked last tells people to watch, as long as its data are there to be watched; else ""."""
    chosen = among.get(here.preset)
    if chosen is None or chosen.value["data"]["kind"] != here.experiment.data.kind:
        return ""
    return f"**What to watch.** {chosen.watch}"


def _start(here: Session, key: str, among: Mapping[str, Preset]) -> None:
    """A preset was picked, or picked again: start it from its first step."""
    if echo.doubted(key, lambda: _start(here, key, among)):
        return
    name = st.session_state[key] or here.preset
    if name in among:
        here.preset = name
        here.start(experiment_of(among[name]), pace=among[name].pace)
