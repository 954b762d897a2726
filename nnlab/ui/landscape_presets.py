"""Starting points of the page on the loss landscape: skip connections on and off, small and full batches."""

from __future__ import annotations

from typing import Any

from nnlab.ui.presets import Preset


def _deep(*, skip: bool) -> dict[str, Any]:
    layers = [{"units": 12, "activation": "relu"}] * 8
    return {
        "data": {"kind": "spiral"},
        "model": {"family": "mlp", "layers": layers, "skip": skip, "init": "he"},
        "training": {"learning_rate": 0.01, "batch_size": 20},
    }


def _batches(size: int, *, learning_rate: float = 0.2, loss: str = "cross_entropy") -> dict[str, Any]:
    return {
        "data": {"kind": "xor", "noise": 20},
        "model": {"family": "mlp", "layers": [{"units": 16, "activation": "tanh"}] * 2},
        "training": {"learning_rate": learning_rate, "batch_size": size, "loss": loss},
    }


PRESETS: dict[str, Preset] = {
    "deep": Preset(
        "Deep, without skips",
        "Eight layers of ReLU. On a random plane the ground is rough: several separate hollows. One click on “Compare: with skip "
        "connections” trains its twin and puts the two side by side.",
        1000,
        _deep(skip=False),
    ),
    "skips": Preset(
        "Deep, with skips",
        "The same eight layers, each with its input added to its output. On a random plane one wide hollow is left where there were "
        "several: what Li et al. saw in 2018.",
        1000,
        _deep(skip=True),
    ),
    "small": Preset(
        "Small batches",
        "Batches of 4: the noise of the steps keeps the path out of narrow ravines. Under Curvature 2 / λmax is far above the "
        "learning rate; one click on “Compare: in full batches” shows how much more sharply those end.",
        2000,
        _batches(4),
    ),
    "full": Preset(
        "Full batches",
        "The same network on all 250 points at once: as good a loss, in a place that curves several times more sharply. "
        "“Compare: in small batches” under Curvature says how many times, the line between both how high the barrier is.",
        1000,
        _batches(250),
    ),
    "edge": Preset(
        "Edge of stability",
        "Full batches at a rate of 0.5: under Curvature, 2 / λmax sinks until it meets the learning rate. The loss then rises and "
        "falls in small bursts and sinks all the same (Cohen et al. 2021).",
        100,
        _batches(250, learning_rate=0.5, loss="mse"),
    ),
}

OWN = (
    "**The run of your playground, seen from its weights.** Each place on the ground is another set of weights of the same network, "
    "its height the loss there; the red line is the way that training has gone."
)
