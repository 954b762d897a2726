"""The small CNN in training, and what its first layer sees."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from nnlab.analysis.analysis import Analysis
from nnlab.core.records import Array, Quantised
from nnlab.families.module_learner import ModuleLearner


class SmallCnnLearner(ModuleLearner):
    def make(self) -> nn.Module:
        c, dense = self.experiment.model.channels, self.experiment.model.dense
        head = (
            (nn.Linear(2 * c * 16, dense), nn.ReLU(), nn.Linear(dense, 10)) if dense else (nn.Linear(2 * c * 16, 10),)
        )
        return nn.Sequential(
            nn.Conv2d(1, c, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(c, 2 * c, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), *head,
        )  # fmt: skip

    def scores(self, outputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
        top3 = (outputs.topk(3, 1).indices == targets.long().unsqueeze(1)).any(1)
        return {**super().scores(outputs, targets), "top3": top3}


@torch.inference_mode()
def channel_maps(learner: Any, options: dict[str, Any]) -> dict[str, Array | Quantised]:
    """ "picture" (28, 28) uint8, the training picture of the option "example"; "channels" (c, 24, 24) bytes of what the
    first convolution makes of it; "likely" (10,) the probability of each class."""
    inputs, _ = learner.batch("train", slice(0, 1 + int(options.get("example", 0)) % learner.count("train")))
    seen = inputs[-1:]
    maps = learner.module[1](learner.module[0](seen))[0]
    high = float(maps.max().clamp(min=1e-6))
    bytes_ = (maps / high * 255).round().to(torch.uint8).cpu().numpy()
    return {
        "picture": (seen[0, 0] * 255).round().to(torch.uint8).cpu().numpy(),
        "channels": Quantised(bytes_, 0.0, high),
        "likely": torch.softmax(learner.module(seen)[0], 0).cpu().numpy(),
    }


CHANNEL_MAPS = Analysis(channel_maps, ("picture", "channels", "likely"), SmallCnnLearner, every_s=0.1)
