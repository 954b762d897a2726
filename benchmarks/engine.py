"""The speed of the training engine against the usual loop on the same batches in one run; `accuracy` compares the weights.

A row's speed is the median over alternating rounds of (time of the reference's epoch) / (time of ours), shuffling
included in both, on one thread. The reference asks for the loss of every batch, as tutorials do. Each network has two rows:
by processor time the steps alone, which other programs on the machine do not lengthen; by the clock our epoch ends with
the loss of all training examples as well, which the page shows.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks import Row, reference, row
from nnlab.core.experiment import Experiment, experiment
from nnlab.core.forms import Answer, Target
from nnlab.core.records import Examples
from nnlab.families.mlp.learner import MLPLearner
from nnlab.families.mlp.spec import MLP

ROUNDS = 15
CPU = torch.device("cpu")


def specification(units: tuple[int, ...], *, optimiser: str, batch: int, **model: Any) -> Experiment:
    """Units of the hidden layers, tanh, cross-entropy."""
    layers = [{"units": n, "activation": "tanh"} for n in units]
    return experiment(
        {
            "data": {"kind": "circle"},
            "model": {"family": "mlp", "layers": layers, **model},
            "training": {"optimizer": {"kind": optimiser}, "batch_size": batch},
        }
    )


def dataset(target: Target = "class", classes: int = 2) -> Examples:
    """TensorFlow Playground's default task: 250 training points, two classes by radius (or a smooth target)."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-6, 6, (500, 2)).astype(np.float32)
    radius = np.hypot(x[:, 0], x[:, 1])
    y = np.sin(radius) if target == "number" else np.floor(radius / radius.max() * classes * 0.999)
    is_test, ids = np.arange(500) % 2 == 1, np.arange(500)
    return Examples(x, y.astype(np.float32), is_test, ids, answer=Answer(target, classes))


def speed(spec: Experiment) -> tuple[float, float]:
    """How many times faster an epoch is than the reference's, by processor time and by the clock with the loss at its end."""
    points = dataset()
    ours = MLPLearner(spec, points, CPU)
    module = module_of(spec, points, ours)
    x, y = torch.tensor(points.inputs[~points.is_test]), torch.tensor(points.targets[~points.is_test])
    batch = spec.training.batch_size
    loader = reference.loader(x, y, batch=batch, generator=torch.Generator().manual_seed(0))
    optimisers, loss = reference.optimizers(spec, module), reference.loss_function(spec.training.loss, points)
    order = torch.Generator().manual_seed(0)

    def theirs() -> None:
        reference.epoch(module, loader, loss=loss, optimisers=optimisers, experiment=spec)

    def epochs(*, watched: bool) -> None:
        for _ in range(REPEATS):
            ours.shuffle(torch.randperm(len(x), generator=order))
            ours.steps(0, len(x), batch=batch, lr=0.03, step=0, count=len(x))
            if watched:
                ours.evaluate("train")

    ratios = []
    for _ in range(ROUNDS):
        processor, clock = _times(theirs)
        alone, _ = _times(partial(epochs, watched=False))
        _, seen = _times(partial(epochs, watched=True))
        ratios.append((processor / alone * REPEATS, clock / seen * REPEATS))
    by_processor, by_clock = zip(*ratios, strict=True)
    return statistics.median(by_processor), statistics.median(by_clock)


def _times(call: Callable[[], None]) -> tuple[float, float]:
    """Processor time and time by the clock in seconds."""
    processor, clock = time.process_time(), time.perf_counter()
    call()
    return time.process_time() - processor, time.perf_counter() - clock


REPEATS = 5  # epochs of ours a round, so that both sides of a ratio take about as long


def rows() -> list[Row]:
    """Two rows for each network and optimiser."""
    torch.set_num_threads(1)
    cases: list[tuple[str, tuple[int, ...], int, str, dict[str, Any]]] = [
        ("[2-4-2-1]", (4, 2), 10, "≥ 9", {}),
        ("six layers of 8", (8,) * 6, 10, "≥ 7", {}),
        ("[64, 64]", (64, 64), 32, "≥ 6", {}),
        ("[2-4-2-1] with dropout", (4, 2), 10, "≥ 1.9", {"dropout": 0.2}),
        ("[8, 8] with layer norm", (8, 8), 10, "≥ 2", {"norm": "layer"}),
        ("[8, 8] with batch norm", (8, 8), 10, "≥ 2", {"norm": "batch"}),
        ("[8, 8] with skips", (8, 8), 10, "≥ 2", {"skip": True}),
    ]
    found = []
    for (name, units, batch, bar, model), optimiser in itertools.product(cases, ("sgd", "adam")):
        by_processor, by_clock = speed(specification(units, optimiser=optimiser, batch=batch, **model))
        how = f"batch {batch}, 250 points; DataLoader + nn.Module + torch.optim + .item() in the same run, median of {ROUNDS} alternating rounds"
        name = f"{name}, {optimiser}"
        found += [
            row(f"Engine, {name}", by_processor, unit="times", bar=bar, how=f"processor time, steps alone; {how}"),
            row(
                f"Engine by the clock, {name}",
                by_clock,
                unit="times",
                bar=bar,
                how=f"by the clock, ours with the loss of all training examples after each epoch; {how}",
            ),
        ]
    return found


def module_of(spec: Experiment, points: Examples, start: MLPLearner) -> nn.Sequential:
    """The reference's network with the weights of `start`, in its dtype."""
    if not isinstance(spec.model, MLP):
        raise TypeError("The model must be an MLP.")
    return reference.network(spec.model, points.answer.outputs, flat=start.flat, blocks=start.blocks)
