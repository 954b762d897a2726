"""The four networks that learn the target, as one module, and how each begins with what the source has taught."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, Self

import torch
from torch import Tensor, nn

from nnlab.core.forms import Pictures
from nnlab.families.cnn.module import CnnModule
from nnlab.families.cnn.shapes import OUTPUT
from nnlab.families.cnn.spec import Convolutional
from nnlab.families.cnn.stages import Stage


class Plan(NamedTuple):
    """How one network begins: `copied` of its first blocks are the source's, the first `still` do not learn."""

    copied: int
    still: int


class Side(nn.Module):
    """Networks of one design side by side: (n, channels, height, width) -> logits (n, networks, outputs).

    All begin with the same weights, apart from what they copy.
    """

    def __init__(self, spec: Convolutional, form: Pictures, outputs: int, plans: Mapping[str, Plan]) -> None:
        super().__init__()
        self.plans = plans
        first: CnnModule | None = None
        for name in plans:
            net = CnnModule(spec, form, outputs)
            if first is None:
                first = net
            net.load_state_dict(first.state_dict())
            self.add_module(name, net)

    def nets(self) -> Iterator[tuple[str, CnnModule]]:
        """By name, in order."""
        for name in self.plans:
            yield name, self.net(name)

    def net(self, name: str) -> CnnModule:
        """One of them."""
        found = self.get_submodule(name)
        if not isinstance(found, CnnModule):
            raise TypeError(f"{name!r} must be a network; got {type(found).__name__}.")
        return found

    def take(self, spec: Convolutional) -> None:
        """Take over what may change while the networks train."""
        for _, net in self.nets():
            net.take(spec)

    def copy(self, source: CnnModule) -> None:
        """The first blocks of each network as its plan says, from `source`."""
        for name, net in self.nets():
            for stage, origin in zip(body(net)[: self.plans[name].copied], body(source), strict=False):
                stage.load_state_dict(origin.state_dict())

    def train(self, mode: bool = True) -> Self:
        """Blocks that do not learn keep their running statistics, too."""
        super().train(mode)
        for name, net in self.nets():
            for stage in body(net)[: self.plans[name].still]:
                stage.eval()
        return self

    def forward(self, x: Tensor) -> Tensor:
        """Without gradients for what does not learn."""
        return torch.stack([walked(net, x, self.plans[name].still) for name, net in self.nets()], 1)


def body(net: CnnModule) -> list[Stage]:
    """The stages of the blocks, without the output."""
    return [stage for name, stage in net.chain() if name != OUTPUT]


def walked(net: CnnModule, x: Tensor, still: int) -> Tensor:
    """The logits (n, outputs) of a network whose first `still` blocks get no gradient."""
    stages = [stage for _, stage in net.chain()]
    if still:
        with torch.no_grad():
            for stage in stages[:still]:
                x = stage(x)
    for stage in stages[still:]:
        x = stage(x)
    return x


def vector_of(net: nn.Module) -> Tensor:
    """All weights and running statistics of a network (n,), in the order of its state."""
    return torch.cat([value.detach().reshape(-1).float() for value in net.state_dict().values()])


@torch.no_grad()
def from_vector(net: nn.Module, vector: Tensor) -> None:
    """The other way; in place."""
    at = 0
    for value in net.state_dict().values():
        value.copy_(vector[at : at + value.numel()].view(value.shape))
        at += value.numel()
