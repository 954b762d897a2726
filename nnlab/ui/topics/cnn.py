"""Convolutional networks on pictures: the maps of every stage, live, and what each channel carries of the answer."""

from __future__ import annotations

from nnlab.ui.groups import USUAL
from nnlab.ui.presets import OWN
from nnlab.ui.topic import Topic
from nnlab.ui.topics.cnn_presets import PRESETS

TOPIC = Topic(
    name="cnn",
    title="Convolutional network",
    section="Pictures",
    icon=":material/grid_on:",
    help="Train a convolutional network on pictures and watch every map of every stage.",
    family="cnn",
    presets=PRESETS,
    own=OWN,
    views=(
        "wall",
        "sample",
        "curves",
        "cell",
        "slide",
        "why",
        "favourites",
        "mistakes",
        "confusion",
        "histograms",
        "gradient_norms",
    ),
    charts=("maps", "clusters"),
    groups=USUAL,
    tabs=True,
)
