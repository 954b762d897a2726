"""The convolutional network as a torch module whose stages have names, and which can be read stage by stage.

Initial weights. he: N(0, 2 / fan_in) (He et al. 2015). xavier: U(-a, a), a = sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio
2010). normal: N(0, 0.05²). All are multiplied by a scale. Biases and shifts are 0, gains 1.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import torch
from torch import Tensor, nn

from nnlab.core.forms import Pictures
from nnlab.core.registries import STAGES
from nnlab.families.cnn.blocks import Dense
from nnlab.families.cnn.shapes import INPUT, OUTPUT, stages
from nnlab.families.cnn.spec import Convolutional
from nnlab.families.cnn.stages import MONOTONE, DenseStage, PoolStage, Stage, trained

Off = Mapping[str, Collection[int]]  # by the name of a stage, the channels or units that are switched off
NORMAL = 0.05  # standard deviation of the initial weights "normal"


class CnnModule(nn.Module):
    """(n, channels, height, width) 0…1 -> logits (n, outputs). `names` are those of the stages: "input" first, "output" last."""

    def __init__(self, spec: Convolutional, form: Pictures, outputs: int) -> None:
        super().__init__()
        described = stages(spec.blocks, form, outputs)
        self.names = tuple(stage.name for stage in described)
        for block, before, stage in zip(spec.blocks, described, described[1:], strict=False):
            self.add_module(stage.name, STAGES.load(block.kind)(block, before.shape))
        answer = Dense(kind="dense", units=outputs, activation="linear")
        self.add_module(OUTPUT, DenseStage(answer, described[-2].shape))
        draw(self, spec)
        self.take(spec)

    def chain(self) -> Iterator[tuple[str, Stage]]:
        """The stages behind the input, in order, by name."""
        for name, stage in self.named_children():
            if isinstance(stage, Stage):
                yield name, stage

    def take(self, spec: Convolutional) -> None:
        """Take over the fields of all blocks that may change while the network trains."""
        for block, (_, stage) in zip(spec.blocks, self.chain(), strict=False):
            stage.take(block)
        self._short = list(_paired([stage for _, stage in self.chain()]))

    def forward(self, x: Tensor) -> Tensor:
        """Logits; in training without calling each stage by itself."""
        if self.training:
            for stage, pool in self._short:
                x = trained(stage, pool, x)
        else:
            for _, stage in self.chain():
                x = stage(x)
        return x

    def walk(self, x: Tensor, off: Off | None = None, *, sums: bool = False) -> list[Tensor]:
        """The result of every stage for pictures (n, …), in the order of `names`: the input first, the logits last.

        `off` sets channels of a stage to zero, for what follows as well; it is for looking and not for training. With `sums`,
        each stage gives what its activation is applied to instead, and what follows is computed as ever.
        """
        off = off or {}
        x = silenced(x, off.get(INPUT, ()))
        found = [x]
        for name, stage in self.chain():
            z = stage.sums(x)
            x = silenced(stage.act(z), off.get(name, ()))
            found.append(z if sums else x)
        return found


def _paired(stages: list[Stage]) -> Iterator[tuple[Stage, Stage | None]]:
    """Each stage with the maximum pooling behind it, where the two may be computed in the other order; else with None."""
    at = 0
    while at < len(stages):
        stage, after = stages[at], stages[at + 1] if at + 1 < len(stages) else None
        largest = isinstance(after, PoolStage) and after.spec.mode == "max"
        pooled = largest and not isinstance(stage, PoolStage) and getattr(stage.spec, "activation", "") in MONOTONE
        yield stage, after if pooled else None
        at += 1 + pooled


def silenced(x: Tensor, channels: Collection[int]) -> Tensor:
    """`x` (n, channels, …) with some channels at zero; `x` itself where there are none."""
    if not channels:
        return x
    mask = x.new_ones(x.shape[1])
    mask[list(channels)] = 0
    return x * mask.view(-1, *[1] * (x.dim() - 2))


@torch.no_grad()
def draw(module: nn.Module, spec: Convolutional) -> None:
    """Initial weights of everything that is a matrix or a filter, by torch's own generator."""
    for weight in module.parameters():
        if weight.dim() > 1:
            fresh = torch.empty(weight.shape)
            match spec.init:
                case "he":
                    nn.init.kaiming_normal_(fresh)
                case "xavier":
                    nn.init.xavier_uniform_(fresh)
                case _:
                    nn.init.normal_(fresh, std=NORMAL)
            weight.copy_(fresh * spec.init_scale)
