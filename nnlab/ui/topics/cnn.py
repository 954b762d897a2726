"""Convolutional networks on pictures: the maps of every stage, live, and what each channel carries of the answer."""

from __future__ import annotations

from typing import Any

from nnlab.ui.groups import USUAL
from nnlab.ui.presets import OWN, Preset
from nnlab.ui.topic import Topic

VIEWS = ("wall", "sample", "curves", "cell", "mistakes", "confusion", "histograms", "gradient_norms")


def _net(
    *blocks: dict[str, Any], data: dict[str, Any] | None = None, rate: float = 0.003, **model: Any
) -> dict[str, Any]:
    return {
        "data": data or {"kind": "digits8"},
        "model": {"family": "cnn", "blocks": list(blocks), **model},
        "training": {"optimizer": {"kind": "adam"}, "learning_rate": rate, "batch_size": 32},
    }


def _conv(channels: int, **more: Any) -> dict[str, Any]:
    return {"kind": "conv", "channels": channels, **more}


POOL = {"kind": "pool"}

PRESETS: dict[str, Preset] = {
    "small": Preset(
        "Two convolutions",
        "Edges first: each map of the first stage answers to one direction of the strokes. The second stage puts them together.",
        60,
        _net(_conv(8), POOL, _conv(16), POOL),
    ),
}

TOPIC = Topic(
    name="cnn",
    title="Convolutional network",
    icon=":material/grid_on:",
    help="Train a convolutional network on pictures and watch every map of every stage.",
    family="cnn",
    presets=PRESETS,
    own=OWN,
    views=VIEWS,
    groups=USUAL,
    tabs=True,
)
