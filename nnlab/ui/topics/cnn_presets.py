"""Starting points of the page on convolutional networks; a test trains each and checks its line."""

from __future__ import annotations

from typing import Any

from nnlab.ui.presets import Preset

POOL: dict[str, Any] = {"kind": "pool"}


def conv(channels: int, kernel: int = 3, **more: Any) -> dict[str, Any]:
    """A convolution."""
    return {"kind": "conv", "channels": channels, "kernel": kernel, **more}


def dense(units: int) -> dict[str, Any]:
    """A fully connected layer."""
    return {"kind": "dense", "units": units}


def experiment(data: dict[str, Any], *blocks: dict[str, Any], rate: float = 0.003, **model: Any) -> dict[str, Any]:
    """Adam and batches of 32."""
    return {
        "data": data,
        "model": {"family": "cnn", "blocks": list(blocks), **model},
        "training": {"optimizer": {"kind": "adam"}, "learning_rate": rate, "batch_size": 32},
    }


SMALL = (conv(8), POOL, conv(16), POOL)
LENET = (conv(6, 5, padding="2"), POOL, conv(16, 5, padding="0"), POOL, dense(120), dense(84))
RESIDUAL = (
    conv(16, 5, stride=2),
    {"kind": "batch_norm", "activation": "relu"},
    POOL,
    {"kind": "residual", "channels": 16},
    {"kind": "residual", "channels": 32, "stride": 2},
    {"kind": "global_pool"},
)
TURNED = {"shift": 8, "rotation": 12, "scale": 10}
A_LITTLE = {
    "shift": 5,
    "rotation": 10,
    "scale": 10,
}  # fonts never seen: 99.4 % instead of 98.9 after half a minute

PRESETS: dict[str, Preset] = {
    "glyphs": Preset(
        "Digits of fonts and pens",
        "Draw a digit yourself, and click a map to switch it off. The first convolution learns to find edges, the second one combines "
        "them. The fonts of the test set are new to the network.",
        100,
        experiment({"kind": "glyphs"}, *SMALL, augment=A_LITTLE),
    ),
    "fonts": Preset(
        "Digits of fonts only",
        "Draw a few digits yourself: find out what it gets wrong, and why. Add them, and train on. It is the same network, and reads new "
        "fonts well, but no pen has drawn a digit of its training set.",
        100,
        experiment({"kind": "glyphs", "strokes": 0}, *SMALL, augment=A_LITTLE),
    ),
    "lenet": Preset(
        "LeNet on handwriting",
        "LeCun's network of 1998 on 4,000 handwritten digits. Under Mistakes you see the digits that it reads wrong, and most of "
        "them are hard for you, too.",
        100,
        experiment({"kind": "mnist"}, *LENET, rate=0.002),
        view="mistakes",
    ),
    "linear": Preset(
        "Linear model",
        "No convolution: each class adds up the pixels with weights of its own. It stops near 90 %, because it looks for each "
        "pixel in one place only. Add a convolution and compare.",
        200,
        experiment({"kind": "mnist"}, rate=0.002),
    ),
    "residual": Preset(
        "Residual network on emoji",
        "Two residual blocks learn to tell 18 kinds of emoji. The test set has emoji that the network has never seen: the "
        "training accuracy runs ahead of the test accuracy.",
        60,
        experiment({"kind": "emoji"}, *RESIDUAL, rate=0.005),
        view="mistakes",
    ),
    "augmented": Preset(
        "Icons, shifted and turned",
        "Each update shifts, turns and scales the icons anew, so that the network cannot learn them by heart. Set all three to 0 "
        "under Model, Augmentation: within ten epochs the training loss falls to almost 0, and the test loss rises.",
        60,
        experiment({"kind": "icons"}, *SMALL, dense(64), augment=TURNED),
    ),
}
