"""The token LSTM in training, and what it expects at each place of a sequence."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from nnlab.analysis.analysis import Analysis
from nnlab.core.records import Array
from nnlab.families.module_learner import ModuleLearner

KEPT = 64  # sequences that the perplexity is taken on


class Net(nn.Module):
    def __init__(self, tokens: int, units: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(tokens, 16)
        self.lstm = nn.LSTM(16, units, batch_first=True)
        self.out = nn.Linear(units, tokens)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.out(self.lstm(self.embed(tokens))[0])


class TokenLstmLearner(ModuleLearner):
    def make(self) -> nn.Module:
        return Net(self.data.answer.classes, self.experiment.model.units)

    def scores(self, outputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
        return {"told": (outputs.argmax(2) == targets).double().mean(1)}

    def gauges(self) -> dict[str, float]:
        loss = self.evaluate("train", slice(0, KEPT)).get("loss", math.nan)
        return {"perplexity": math.exp(min(loss, 50.0))}


@torch.inference_mode()
def guesses(learner: Any, options: dict[str, Any]) -> dict[str, Array]:
    """ "tokens" (length,) of one training sequence and "guesses" (length, tokens): how likely each is to come next."""
    inputs, targets = learner.batch("train", slice(0, 1))
    return {
        "tokens": targets[0].to(torch.int32).cpu().numpy(),
        "guesses": torch.softmax(learner.module(inputs)[0], 1).cpu().numpy(),
    }


GUESSES = Analysis(guesses, ("tokens", "guesses"), TokenLstmLearner, every_s=0.1)
