"""Small networks of pictures for the tests of this folder."""

from __future__ import annotations

from typing import Any

import torch

from nnlab.core.experiment import experiment
from nnlab.train.run import Run, advance, start

BLOCKS = [
    {"kind": "conv", "channels": 4, "kernel": 3, "activation": "tanh"},
    {"kind": "pool"},
    {"kind": "conv", "channels": 6, "kernel": 2, "padding": "1", "dilation": 2},
    {"kind": "batch_norm", "activation": "relu"},
    {"kind": "dropout", "rate": 0.3},
    {"kind": "dense", "units": 5},
]


def trained(*blocks: dict[str, Any], steps: int = 30, **data: Any) -> Run:
    """A run on 8 × 8 digits after so many updates."""
    value = {
        "data": {"kind": "digits8", "samples": 300} | data,
        "model": {"family": "cnn", "blocks": list(blocks or BLOCKS)},
        "training": {"optimizer": {"kind": "adam"}, "learning_rate": 0.01, "batch_size": 20},
    }
    run = start(experiment(value))
    advance(run, steps=steps)
    return run


def stage_by_stage(run: Run, pictures: torch.Tensor) -> list[torch.Tensor]:
    """What every stage gives, the picture first, by torch's own hooks."""
    found = [pictures]
    module = run.learner.module.eval()  # type: ignore[attr-defined]
    hooks = [stage.register_forward_hook(lambda _m, _i, out: found.append(out)) for _, stage in module.chain()]
    module(pictures)
    for hook in hooks:
        hook.remove()
    return found
