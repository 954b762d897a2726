"""The maps of one stage at rest, number by number: for a room that asks what is under the pointer, and for whoever counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from nnlab.core.experiment import Experiment
from nnlab.core.records import Array
from nnlab.families.cnn.shapes import title_of
from nnlab.ui.chart import Chart, Given, Made
from nnlab.ui.charts.stages import classes_of, stages_of

PAGE = 16  # maps at a time: more would take long to draw, and fewer fit on a screen
PICTURES = {"above": "The one above", "test": "Test set", "train": "Training set"}
COLOURS = {"layer": "Scale of the layer", "map": "Scale of each map"}  # as the wall calls them
FOLLOWED = ("split", "example", "drawing", "off")  # of what was chosen at the wall


def form(given: Given) -> dict[str, Any]:
    """The stage and the picture; what they say is the options of the study."""
    found, key = stages_of(given.experiment), given.key
    titles = {stage.name: title_of(stage) for stage in found}
    names = list(titles)
    if st.session_state.get(key("stage")) not in (None, *names):
        del st.session_state[key("stage")]  # another network has no such stage
    first, second, third = st.columns(3)
    with first:
        stage = st.selectbox("Stage", names, 1, format_func=titles.__getitem__, key=key("stage"), filter_mode=None)
    with second:
        which = st.selectbox(
            "Picture", list(PICTURES), format_func=PICTURES.__getitem__, key=key("split"), filter_mode=None
        )
    with third:
        number = st.number_input(
            "Number of the picture",
            1,
            1_000_000,
            1,
            key=key("number"),
            help="In the test or training set. The one above needs no number: it is what the live view looks at, with the same "
            "channels switched off.",
        )
    if which == "above":
        return {"stage": stage} | {name: v for name, v in given.looked("wall").items() if name in FOLLOWED}
    return {"stage": stage, "split": which, "example": int(number) - 1}


def look(options: Mapping[str, Any], arrays: Mapping[str, Array], key: Callable[[str], str]) -> dict[str, Any]:
    """Which channels, and what the ends of the colours are."""
    count, height, width = arrays["maps_values"].shape
    if height * width == 1 or arrays["maps_at"][1] == 0:
        return {"channels": (0, count), "scale": "layer"}
    pages = {first: f"{first + 1} to {min(first + PAGE, count)}" for first in range(0, count, PAGE)}
    if st.session_state.get(key("first")) not in (None, *pages):
        del st.session_state[key("first")]  # another stage has fewer
    with st.container(horizontal=True, vertical_alignment="bottom"):
        scale = st.selectbox(
            "Colours", list(COLOURS), format_func=COLOURS.__getitem__, key=key("scale"), filter_mode=None, width=220
        )
        first = 0
        if len(pages) > 1:
            label = f"Channels of {count}"
            first = st.selectbox(
                label, list(pages), format_func=pages.__getitem__, key=key("first"), filter_mode=None, width=220
            )
    return {"channels": (first, min(first + PAGE, count)), "scale": scale}


def make(spec: Experiment, options: Mapping[str, Any], arrays: Mapping[str, Array], dark: bool) -> Made:
    """Sentences and figures."""
    from nnlab.ui.charts.maps_figure import made  # which brings plotly: a page that nobody asks needs none

    return made([title_of(stage) for stage in stages_of(spec)], classes_of(spec), options, arrays, dark=dark)


MAPS = Chart(
    name="maps",
    title="Feature maps, number by number",
    study="maps",
    help="All maps of one stage for one picture, as they are at this step. Point at a place: row, column and the number "
    "there. Below a map of a convolution stands its filter, a square for each channel that it looks at.",
    form=form,
    make=make,
    look=look,
    icon=":material/grid_on:",
)
