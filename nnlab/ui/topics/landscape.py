"""The loss landscape of the run that the student is training: the playground's own run, seen from its weights.

Starting points: skip connections on and off, small and full batches.
"""

from __future__ import annotations

from typing import Any

from nnlab.ui.groups import USUAL
from nnlab.ui.presets import Preset
from nnlab.ui.topic import Topic


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


RANDOM: dict[str, dict[str, Any]] = {"landscape": {"plane": "random"}}

PRESETS: dict[str, Preset] = {
    "deep": Preset(
        "Deep, without skips",
        "Eight ReLU layers. On a random plane the loss is rough, with several separate minima. Click “Compare: with "
        "skip connections” to train that network and see both side by side.",
        1000,
        _deep(skip=False),
        view="landscape",
        options=RANDOM,
    ),
    "skips": Preset(
        "Deep, with skips",
        "The same eight layers, but each adds its input to its output. On a random plane there is now one wide "
        "minimum instead of several (Li et al. 2018).",
        1000,
        _deep(skip=True),
        view="landscape",
        options=RANDOM,
    ),
    "small": Preset(
        "Small batches",
        "Batches of 4: the noisy steps keep the path out of narrow valleys. Under Curvature, the largest stable "
        "learning rate, 2/λmax, is far above the one in use. Click “Compare: in full batches”: they end in a place "
        "with much larger curvature.",
        2000,
        _batches(4),
        view="curvature",
    ),
    "full": Preset(
        "Full batches",
        "The same network learns from all 250 points at once. The loss gets as low, but the curvature there is "
        "several times larger. Under Curvature, “Compare: in small batches” shows how many times; the line between "
        "both shows the barrier.",
        1000,
        _batches(250),
        view="curvature",
    ),
    "edge": Preset(
        "Edge of stability",
        "Full batches at learning rate 0.5: under Curvature, 2/λmax falls until it meets the learning rate. Then the "
        "loss jumps up and down in small bursts, but falls overall (Cohen et al. 2021).",
        100,
        _batches(250, learning_rate=0.5, loss="mse"),
        view="curvature",
    ),
}

OWN = (
    "**The loss around the weights of your playground network.** Each point of the plane is another set of weights "
    "of the same network; its height is the loss there. The red line is the path of training."
)

TOPIC = Topic(
    name="landscape",
    section="Learning",
    title="Loss landscape",
    icon=":material/landscape:",
    help="The loss around the weights of your own network, with the path of its training.",
    family="mlp",
    presets=PRESETS,
    own=OWN,
    views=("landscape", "loss_line", "curvature", "boundary", "curves"),
    lead="landscape",
    groups=USUAL,
    tabs=True,
    run_of="playground",
)
