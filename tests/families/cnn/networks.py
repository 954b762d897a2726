"""The same convolutional networks written independently in plain torch, and random lists of blocks for hypothesis."""

from __future__ import annotations

from typing import Any

import torch
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from torch import Tensor, nn

from nnlab.core.experiment import Experiment, experiment, patch
from nnlab.core.forms import Pictures
from nnlab.core.registries import BLOCKS
from nnlab.families.cnn.spec import Cnn
from tests.strategies import parts

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "gelu": nn.GELU,
    "linear": nn.Identity,
}


class Skipped(nn.Module):
    """A basic block as torchvision's ResNet has it, with biases where there is no norm."""

    def __init__(self, into: int, block: Any) -> None:
        super().__init__()

        def filters(into: int, side: int, stride: int) -> nn.Sequential:
            conv = nn.Conv2d(into, block.channels, side, stride, padding=side // 2, bias=not block.norm)
            return nn.Sequential(conv, nn.BatchNorm2d(block.channels)) if block.norm else nn.Sequential(conv)

        self.first, self.second = filters(into, 3, block.stride), filters(block.channels, 3, 1)
        straight = into == block.channels and block.stride == 1
        self.skip = nn.Identity() if straight else filters(into, 1, block.stride)
        self.act = ACTIVATIONS[block.activation]()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.second(self.act(self.first(x))) + self.skip(x))


def convolution(block: Any, into: int) -> nn.Sequential:
    """With "same" and a stride, torch has no such padding: the zeros are put there by hand."""
    settings = {"stride": block.stride, "dilation": block.dilation}
    around, pad = (), 0 if block.padding == "same" else int(block.padding)
    if block.padding == "same" and block.stride == 1:
        pad = "same"  # type: ignore[assignment]
    elif block.padding == "same":
        zeros = block.dilation * (block.kernel - 1)
        around = (nn.ZeroPad2d((zeros // 2, zeros - zeros // 2, zeros // 2, zeros - zeros // 2)),)  # type: ignore[assignment]
    conv = nn.Conv2d(into, block.channels, block.kernel, padding=pad, **settings)
    return nn.Sequential(*around, conv, ACTIVATIONS[block.activation]())


def layer(block: Any, shape: tuple[int, ...]) -> nn.Module:
    """One block on what has this shape."""
    match block.kind:
        case "conv":
            return convolution(block, shape[0])
        case "pool":
            return (nn.MaxPool2d if block.mode == "max" else nn.AvgPool2d)(block.size, block.stride)
        case "batch_norm":
            norm = (nn.BatchNorm2d if len(shape) > 1 else nn.BatchNorm1d)(shape[0])
            return nn.Sequential(norm, ACTIVATIONS[block.activation]())
        case "dropout":
            return nn.Dropout(block.rate)
        case "residual":
            return Skipped(shape[0], block)
        case "global_pool":
            return nn.AvgPool2d(shape[1:])  # a flat list has no sides, which torch refuses
        case _:
            numbers = int(torch.tensor(shape).prod())
            return nn.Sequential(nn.Flatten(), nn.Linear(numbers, block.units), ACTIVATIONS[block.activation]())


def network(blocks: Any, form: Pictures, outputs: int) -> nn.Sequential:
    """The whole network in float64; each shape is found by trying. Raises what torch raises where a block does not fit."""
    x = torch.zeros(2, form.channels, form.height, form.width)
    layers: list[nn.Module] = []
    for block in blocks:
        layers.append(layer(block, tuple(x.shape[1:])))
        x = layers[-1].eval()(x)
    layers.append(nn.Sequential(nn.Flatten(), nn.Linear(x[0].numel(), outputs)))
    return nn.Sequential(*layers).double()


def with_weights(module: nn.Module, of: nn.Module) -> nn.Module:
    """`module` with the weights of another, whose parameters stand in the same order."""
    with torch.no_grad():
        for mine, theirs in zip(module.parameters(), of.parameters(), strict=True):
            mine.copy_(theirs)
    return module


def specification(*blocks: dict[str, Any], **changes: Any) -> Experiment:
    """A network of these blocks on digits of 8 × 8, without augmentation; dotted fields are replaced."""
    value = {
        "data": {"kind": "digits8", "samples": 200},
        "model": {"family": "cnn", "blocks": list(blocks)},
        "training": {"batch_size": 20, "learning_rate": 0.05},
    }
    return patch(experiment(value), changes)


def blocks_of(*blocks: dict[str, Any]) -> Any:
    """The blocks alone, possible or not."""
    return Cnn(family="cnn", blocks=blocks).blocks  # type: ignore[arg-type]


@st.composite
def lists(draw: DrawFn, most: int = 6, most_width: int = 64) -> Any:
    """Any blocks in any order, with any values that their fields allow."""
    found = []
    for kind in draw(st.lists(st.sampled_from(sorted(BLOCKS)), max_size=most)):
        block = draw(parts(BLOCKS.load(kind), kind=kind))
        for width in ("channels", "units"):
            if width in block:
                block[width] = min(block[width], most_width)
        found.append(block)
    return blocks_of(*found)


forms = st.builds(Pictures, height=st.integers(1, 33), width=st.integers(1, 33), channels=st.sampled_from([1, 3]))
