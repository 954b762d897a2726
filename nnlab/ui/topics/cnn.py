"""The convolutional network on pictures, with the views that every network has."""

from __future__ import annotations

from typing import Any

from nnlab.ui.groups import USUAL
from nnlab.ui.presets import OWN, Preset
from nnlab.ui.topic import Topic

DIGITS: dict[str, Any] = {
    "data": {"kind": "digits8"},
    "model": {"family": "cnn", "init": "he"},
    "training": {"optimizer": {"kind": "adam"}, "learning_rate": 0.003, "batch_size": 32},
}
TOPIC = Topic(
    name="cnn",
    title="Convolutional network",
    icon=":material/image:",
    help="A network that reads pictures: its filters look for the same pattern everywhere.",
    family="cnn",
    presets={
        "digits": Preset(
            "Digits",
            "Two convolutions, each with pooling: within five epochs the network reads more than nine of ten digits it has never seen.",
            100,
            DIGITS,
        )
    },
    own=OWN,
    views=("curves", "confusion", "histograms"),
    groups=USUAL,
    tabs=True,
)
