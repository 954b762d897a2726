"""What a source is worth over the number of training pictures a class: three networks, several seeds, in altair."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from nnlab.core.experiment import Experiment
from nnlab.core.records import Array
from nnlab.ui.chart import Chart, Given, Made

UPDATES, SEEDS = (20, 40, 80, 250), (2, 5, 10)


def form(given: Given) -> dict[str, Any]:
    """After how many updates, and with how many seeds."""
    first, second = st.columns(2)
    with first:
        updates = st.selectbox("Updates", UPDATES, UPDATES.index(80), key=given.key("updates"), filter_mode=None)
    with second:
        seeds = st.selectbox("Seeds", SEEDS, SEEDS.index(5), key=given.key("seeds"), filter_mode=None)
    return {"updates": updates, "seeds": seeds}


def make(spec: Experiment, options: Mapping[str, Any], arrays: Mapping[str, Array], dark: bool) -> Made:
    """Sentence and figures."""
    from nnlab.ui.charts.few_figure import made  # which brings altair and pandas: a page that nobody asks needs neither

    return made(arrays, dark=dark)


FEW = Chart(
    name="few",
    title="How many pictures: all seeds in a table",
    study="transfer_few",
    help="Each point is a network trained anew, from other weights and with other pictures. Click a square of the table: the "
    "networks of that seed stand out in the plot.",
    form=form,
    make=make,
    icon=":material/table_chart:",
)
