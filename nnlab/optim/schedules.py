"""Learning-rate schedules, one factor an epoch. No torch here; the tests hold them equal to torch.optim.lr_scheduler."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

from nnlab.core.fields import param
from nnlab.core.kinds import ScheduleSpec


class Constant(ScheduleSpec):
    """The learning rate stays as it was set."""

    kind: Literal["constant"]

    def factor(self, epoch: int) -> float:
        return 1.0


class StepDecay(ScheduleSpec):
    """Multiplied by `gamma` every `every` epochs (torch's StepLR)."""

    title: ClassVar[str] = "Step decay"
    kind: Literal["step"]
    every: int = param(
        100,
        ge=1,
        le=100_000,
        label="Every",
        unit="epochs",
        live=True,
        widget="number",
        help="Epochs between two drops.",
    )
    gamma: float = param(
        0.5, ge=0.01, le=1, label="Factor", live=True, help="Each drop multiplies the learning rate by this."
    )

    def factor(self, epoch: int) -> float:
        return float(self.gamma ** (epoch // self.every))


class Exponential(ScheduleSpec):
    """Multiplied by `gamma` every epoch (torch's ExponentialLR)."""

    kind: Literal["exponential"]
    gamma: float = param(
        0.999,
        ge=0.9,
        le=1,
        label="Factor per epoch",
        live=True,
        step=0.0001,
        help="Each epoch multiplies the learning rate by this.",
    )

    def factor(self, epoch: int) -> float:
        return float(self.gamma**epoch)


class Cosine(ScheduleSpec):
    """Half a cosine from 1 down to `floor` over `epochs`, then constant (Loshchilov and Hutter 2017, equation 5)."""

    kind: Literal["cosine"]
    epochs: int = param(
        500,
        ge=1,
        le=1_000_000,
        label="Length",
        unit="epochs",
        live=True,
        widget="number",
        help="Epochs until the learning rate reaches its floor.",
    )
    floor: float = param(
        0.0, ge=0, le=1, label="Floor", live=True, help="Share of the learning rate that is left at the end."
    )

    def factor(self, epoch: int) -> float:
        done = min(1.0, epoch / self.epochs)
        return self.floor + (1 - self.floor) * (1 + math.cos(math.pi * done)) / 2


class Warmup(ScheduleSpec):
    """Linear rise over `epochs`, then constant (torch's LinearLR with start_factor = 1 / epochs)."""

    title: ClassVar[str] = "Linear warm-up"
    kind: Literal["warmup"]
    epochs: int = param(
        20,
        ge=1,
        le=100_000,
        label="Length",
        unit="epochs",
        live=True,
        widget="number",
        help="Epochs until the full learning rate is reached.",
    )

    def factor(self, epoch: int) -> float:
        return min(1.0, (1 + epoch * (self.epochs - 1) / self.epochs) / self.epochs)


class Cyclic(ScheduleSpec):
    """A triangle between `floor` and 1 (Smith 2017): up for `half`, down for `half` epochs."""

    kind: Literal["cyclic"]
    half: int = param(
        50,
        ge=1,
        le=100_000,
        label="Half a cycle",
        unit="epochs",
        live=True,
        widget="number",
        help="Epochs from the lowest to the highest learning rate.",
    )
    floor: float = param(0.1, ge=0, le=1, label="Floor", live=True, help="Lowest share of the learning rate.")

    def factor(self, epoch: int) -> float:
        phase = (epoch % (2 * self.half)) / self.half
        return self.floor + (1 - self.floor) * (1 - abs(phase - 1))
