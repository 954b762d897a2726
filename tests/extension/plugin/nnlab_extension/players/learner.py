"""Two players in training: an update moves the discriminator, then the generator, each by its own descent."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nnlab.analysis.analysis import Analysis
from nnlab.core.records import Array
from nnlab.families.arrays import numbers
from nnlab.families.cost import NOTHING, Cost, counted
from nnlab.families.flat import seeded
from nnlab.families.learner import Group
from nnlab.families.module_learner import ModuleLearner

CODE, KEPT = 4, 256
MOVES = ("judge", "teach the discriminator"), ("make", "teach the generator")


class Players(nn.Module):
    """What is evaluated is the discriminator."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.d = nn.Sequential(nn.Linear(2, units), nn.ReLU(), nn.Linear(units, units), nn.ReLU(), nn.Linear(units, 1))
        self.g = nn.Sequential(
            nn.Linear(CODE, units), nn.ReLU(), nn.Linear(units, units), nn.ReLU(), nn.Linear(units, 2)
        )

    def forward(self, points: Tensor) -> Tensor:
        return self.d(points)


class TwoPlayersLearner(ModuleLearner):
    moves = MOVES
    phases = MOVES[0] + MOVES[1]

    def make(self) -> nn.Module:
        return Players(self.experiment.model.units)

    @property
    def groups(self) -> tuple[Group, ...]:
        cut = sum(p.numel() for p in self.module.d.parameters())
        whole = self.flat.numel()
        return Group("discriminator", slice(0, cut)), Group("generator", slice(cut, whole), "model.generator")

    def criterion(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """How hard it is for the discriminator to see that real points are real."""
        return F.softplus(-outputs[:, 0])

    def scores(self, outputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
        return {}

    def accumulate(self, start: int, stop: int, *, share: float, step: int, first: bool, move: int = 0) -> None:
        with self.learning(step, move, start):
            made = 4 * self.module.g(torch.randn(stop - start, CODE, dtype=self.dtype).to(self.device))
            if move == 0:
                real, _ = self.batch("train", self._order[start:stop])
                loss = F.softplus(-self.module.d(real)).mean() + F.softplus(self.module.d(made.detach())).mean()
            else:
                loss = F.softplus(-self.module.d(made)).mean()
            self.add_gradient(share * loss, first=first, group=move)

    def cost(self) -> Cost:
        """Of the generator's move, which goes through both players."""
        if not self.count("train"):
            return NOTHING

        def update(n: int) -> object:
            made = self.module.g(torch.zeros(n, CODE, dtype=self.dtype, device=self.device))
            return torch.autograd.grad(self.module.d(made).mean(), list(self.module.parameters()))

        with torch.enable_grad():
            return counted(update)

    @torch.inference_mode()
    def sample(self, count: int, seed: int) -> Tensor:
        """Points (count, 2) that the generator makes."""
        with seeded(seed, "sample"):
            codes = torch.randn(count, CODE, dtype=self.dtype)
        return self.decode(codes)

    @torch.inference_mode()
    def decode(self, codes: Tensor) -> Tensor:
        """Points (n, 2) from codes (n, 4)."""
        return 4 * self.module.g(codes.to(self.device))

    @torch.inference_mode()
    def gauges(self) -> dict[str, float]:
        points, made = self.batch("train", slice(0, KEPT))[0], self.sample(KEPT, 0)
        real, fake = (self.module.d(p)[:, 0] for p in (points, made))
        return {
            "off": float(torch.cdist(made, points).min(1).values.mean()) if len(points) else float("nan"),
            "d_loss": float(F.softplus(-real).mean() + F.softplus(fake).mean()),
            "g_loss": float(F.softplus(-fake).mean()),
            "real": float(torch.sigmoid(real).mean()),
            "fake": float(torch.sigmoid(fake).mean()),
        }


def fakes(learner: Any, options: dict[str, Any]) -> dict[str, Array]:
    """ "fakes" (256, 2) float32: points that the generator makes of the same codes at all times."""
    return {"fakes": numbers(learner.sample(KEPT, 0))}


FAKES = Analysis(fakes, ("fakes",), TwoPlayersLearner)
