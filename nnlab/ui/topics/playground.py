"""The playground: data, model and training on the left, the network that learns on the right.

Six starting points, each with a line that says what to watch; a test trains each and checks its line.
"""

from __future__ import annotations

from typing import Any

from nnlab.ui.groups import USUAL
from nnlab.ui.presets import OWN, Preset
from nnlab.ui.topic import Topic

VIEWS = (
    "network", "boundary", "curves", "histograms", "gradient_norms", "confusion", "warp", "landscape", "loss_line", "curvature",
    "surface",
)  # fmt: skip


def _mlp(*units: int, activation: str = "tanh", **more: Any) -> dict[str, Any]:
    return {"family": "mlp", "layers": [{"units": n, "activation": activation} for n in units], **more}


PRESETS: dict[str, Preset] = {
    "circle": Preset(
        "Circle",
        "Each neuron of the first layer draws a straight edge. The next layers combine the edges into a ring around "
        "the inner points.",
        1000,
        {"data": {"kind": "circle"}, "model": _mlp(4, 2)},
    ),
    "product": Preset(
        "XOR without a hidden layer",
        "There is no hidden layer: the feature xy alone separates the two classes. Choose x and y instead: no line separates them.",
        200,
        {"data": {"kind": "xor"}, "model": _mlp(features=["xy"])},
    ),
    "arms": Preset(
        "Three arms",
        "Three layers with Adam separate the arms within fifty epochs; SGD at the same learning rate takes far longer.",
        400,
        {
            "data": {"kind": "arms", "n_classes": 3},
            "model": _mlp(8, 8, 8),
            "training": {"optimizer": {"kind": "adam"}, "learning_rate": 0.01},
        },
    ),
    "overfitting": Preset(
        "Overfitting",
        "Too many neurons for thirty noisy points: the training loss falls towards zero while the test loss rises.",
        200,
        {
            "data": {"kind": "gaussians", "samples": 100, "train_share": 30, "noise": 50},
            "model": _mlp(16, 16),
            "training": {"optimizer": {"kind": "adam"}, "learning_rate": 0.01},
        },
    ),
    "vanishing": Preset(
        "Vanishing gradients",
        "Six sigmoid layers: almost no gradient reaches the first one, and the loss stays the same. Choose tanh: the "
        "loss falls.",
        500,
        {"data": {"kind": "circle"}, "model": _mlp(6, 6, 6, 6, 6, 6, activation="sigmoid")},
        view="gradient_norms",
    ),
    "hills": Preset(
        "Hills",
        "A number for each point instead of a class: hills and valleys form one after the other.",
        1000,
        {
            "data": {"kind": "multi_gaussian"},
            "model": _mlp(8, 8),
            "training": {"loss": "mse", "optimizer": {"kind": "adam"}, "learning_rate": 0.01},
        },
        view="surface",
    ),
}
TOPIC = Topic(
    name="playground",
    title="Playground",
    icon=":material/play_circle:",
    help="A network that learns while you watch: change its data, layers and training.",
    family="mlp",
    presets=PRESETS,
    own=OWN,
    views=VIEWS,
    groups=USUAL,
    tabs=True,
)
