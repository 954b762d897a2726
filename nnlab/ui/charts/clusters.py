"""What a stage makes of many pictures: PCA and t-SNE side by side, clusters beside classes; whoever selects in one selects in all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from nnlab.core.experiment import Experiment
from nnlab.core.records import Array
from nnlab.families.cnn.shapes import title_of
from nnlab.ui.chart import Chart, Given, Made
from nnlab.ui.charts.stages import classes_of, stages_of

SPLIT_NAMES = {"test": "Test set", "train": "Training set"}


def form(given: Given) -> dict[str, Any]:
    """The controls; what they say is the options of the study."""
    found, key = stages_of(given.experiment), given.key
    titles = {stage.name: title_of(stage) for stage in found}
    names = list(titles)
    if st.session_state.get(key("stage")) not in (None, *names):
        del st.session_state[key("stage")]  # another network has no such stage
    first, second = st.columns(3), st.columns(3)
    with first[0]:
        stage = st.selectbox(
            "Stage", names, len(names) - 2, format_func=titles.__getitem__, key=key("stage"), filter_mode=None
        )
    with first[1]:
        split = st.selectbox(
            "Of which pictures",
            ["test", "train"],
            format_func=SPLIT_NAMES.__getitem__,
            key=key("split"),
            filter_mode=None,
        )
    with first[2]:
        count = st.slider("Pictures", 20, 400, 300, 20, key=key("count"))
    with second[0]:
        groups = st.number_input(
            "Clusters",
            2,
            20,
            None,
            key=key("clusters"),
            placeholder="One a class",
            help="How many clusters k-means makes. Empty: as many as there are classes.",
        )
    with second[1]:
        perplexity = st.slider(
            "Perplexity", 5, 100, 30, 5, key=key("perplexity"), help="About how many neighbours t-SNE keeps close."
        )
    with second[2]:
        updates = st.slider(
            "Updates of t-SNE",
            250,
            2_000,
            1_000,
            250,
            key=key("updates"),
            help="t-SNE moves its points so many times. With few the groups have not come apart yet.",
        )
    options = {"stage": stage, "split": split, "count": count, "perplexity": perplexity, "updates": updates}
    return options | {"clusters": groups or 0}


def make(spec: Experiment, options: Mapping[str, Any], arrays: Mapping[str, Array], dark: bool) -> Made:
    """Sentences and figures."""
    from nnlab.ui.charts.clusters_figure import (
        made,
    )  # which brings altair and pandas: a page that nobody asks needs neither

    return made([title_of(stage) for stage in stages_of(spec)], classes_of(spec), options, arrays, dark=dark)


CLUSTERS = Chart(
    name="clusters",
    title="PCA, t-SNE and clusters of a stage",
    study="clusters",
    help="Every point is a picture, placed by what one stage of the network makes of it. Its colour is its class, its shape its "
    "k-means cluster. Draw a box in either plot: the same pictures stand out in the other one, in the bars and below.",
    form=form,
    make=make,
)
