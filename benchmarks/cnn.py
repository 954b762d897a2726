"""The convolutional network against the usual loop on the same batches in one run, and how many updates a second it makes.

A ratio is the median over alternating rounds of (processor time of the reference's epoch) / (processor time of ours), on one thread,
shuffling included in both. The reference is nn.Sequential, DataLoader, torch.optim and loss.item(), as tutorials have it.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks import Row, reference, row
from benchmarks.speed import slowness
from nnlab.core.experiment import Experiment, experiment
from nnlab.core.forms import Answer, Pictures
from nnlab.core.records import Examples
from nnlab.families.cnn.learner import CnnLearner

ROUNDS, SIDE, BATCH, COUNT, CLASSES = 15, 28, 32, 1_024, 10
CPU = torch.device("cpu")
# name -> channels of two convolutions, units of a dense block (0 for none), batch norm, the bar
NETWORKS: dict[str, tuple[int, int, int, bool, str]] = {
    "conv8–pool–conv16–pool–fc": (8, 16, 0, False, "≥ 1.6"),
    "conv16–pool–conv32–pool–fc64–fc": (16, 32, 64, False, "≥ 1.6"),
    "conv16–pool–conv32–pool–fc64–fc with batch norm": (16, 32, 64, True, "≥ 1.6"),
}


def pictures() -> Examples:
    """Noise, all for training: only time is measured."""
    rng = np.random.default_rng(0)
    inputs = rng.integers(0, 256, (COUNT, 1, SIDE, SIDE)).astype(np.uint8)
    targets = rng.integers(0, CLASSES, COUNT).astype(np.float32)
    rows = np.arange(COUNT)
    return Examples(inputs, targets, rows < 0, rows, Pictures(SIDE, SIDE), Answer("class", CLASSES))


def specification(first: int, second: int, dense: int, norm: bool, *, optimiser: str) -> Experiment:
    """Two convolutions of 3 × 3, each with pooling."""
    blocks: list[dict[str, Any]] = []
    for channels in (first, second):
        blocks.append({"kind": "conv", "channels": channels, "activation": "linear" if norm else "relu"})
        blocks += [{"kind": "batch_norm", "activation": "relu"}] if norm else []
        blocks.append({"kind": "pool"})
    blocks += [{"kind": "dense", "units": dense}] if dense else []
    return experiment(
        {
            "data": {"kind": "digits8"},  # the pictures themselves are given to the learner
            "model": {"family": "cnn", "blocks": blocks},
            "training": {"optimizer": {"kind": optimiser}, "batch_size": BATCH, "learning_rate": 0.01},
        }
    )


def network(first: int, second: int, dense: int, norm: bool) -> nn.Sequential:
    """The same in plain torch."""
    layers: list[nn.Module] = []
    for into, out in ((1, first), (first, second)):
        layers += [nn.Conv2d(into, out, 3, padding=1), *([nn.BatchNorm2d(out)] if norm else []), nn.ReLU()]
        layers.append(nn.MaxPool2d(2))
    numbers = second * (SIDE // 4) ** 2
    head = [nn.Linear(numbers, dense), nn.ReLU(), nn.Linear(dense, CLASSES)] if dense else [nn.Linear(numbers, CLASSES)]
    return nn.Sequential(*layers, nn.Flatten(), *head)


def speed(shape: tuple[int, int, int, bool], *, optimiser: str) -> tuple[float, float]:
    """How many times faster an epoch is than the reference's, and our seconds for one update."""
    spec, data = specification(*shape, optimiser=optimiser), pictures()
    ours, module = CnnLearner(spec, data, CPU), network(*shape)
    x, y = torch.tensor(data.inputs).float() / 255, torch.tensor(data.targets)
    batches = reference.loader(x, y, batch=BATCH, generator=torch.Generator().manual_seed(0))
    optimisers, loss = reference.optimizers(spec, module), reference.loss_function("cross_entropy", data)
    order = torch.Generator().manual_seed(0)
    ratios, ours_s = [], []
    for _ in range(ROUNDS):
        began = time.process_time()
        reference.epoch(module, batches, loss=loss, optimisers=optimisers, experiment=spec)
        between = time.process_time()
        ours.shuffle(torch.randperm(COUNT, generator=order))
        ours.steps(0, COUNT, batch=BATCH, lr=0.01, step=0, count=COUNT)
        taken = time.process_time() - between
        ratios.append((between - began) / taken)
        ours_s.append(taken / (COUNT // BATCH))
    return statistics.median(ratios), min(ours_s)


def rows() -> list[Row]:
    """A ratio for each network and optimiser, and the updates a second of the smallest."""
    torch.set_num_threads(1)
    found = []
    how = f"processor time, batch {BATCH}, {COUNT:,} pictures of {SIDE} × {SIDE}; DataLoader + nn.Module + torch.optim + .item() in the same run, median of {ROUNDS} alternating rounds"
    for name, (*shape, bar) in NETWORKS.items():
        for optimiser in ("sgd", "adam"):
            ratio, update_s = speed(tuple(shape), optimiser=optimiser)  # type: ignore[arg-type]
            found.append(row(f"CNN engine, {name}, {optimiser}", ratio, unit="times", bar=bar, how=how))
            if name == next(iter(NETWORKS)) and optimiser == "sgd":
                told = f"batch {BATCH}, the fastest of {ROUNDS} epochs, processor time, one thread"
                rate = row(f"CNN updates, {name}", 1 / update_s, unit="/s", bar="≥ 400", how=told, slower=slowness())
                found.append(rate)
    return found
